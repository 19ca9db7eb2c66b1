public import Drivers
public import Model

/// An R700 whose RFID interface is the IoT device interface: answers what our driver asks over HTTP/1.1, then streams a JSON line
/// a tag in chunks (Impinj Reader Configuration REST API 1.6). Its user is `root`, its password `impinj`, where any is sent.
public struct ImpinjIoTDevice: SimulatedDevice {
    static let cycle: Duration = .milliseconds(50)
    /// Nothing new for so long: CR LF.
    static let keepalive: Duration = .seconds(30)

    public var field = Field()
    private var pending: [UInt8] = []
    private var isRunning = false
    private var isStreaming = false
    private var next: Instant?
    private var quiet: Instant?
    /// What must stand in Authorization.
    private let secret: String?

    public var isSpokenTo: Bool { true }
    public var due: Instant? { isStreaming ? [next, quiet].compactMap(\.self).min() : nil }

    /// `secret` is `user:password` in base64, as it is sent; nil takes everybody.
    public init(secret: String? = nil) { self.secret = secret }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened, .closed: (pending, isStreaming, next, quiet) = ([], false, nil, nil)
        case .bytes(let bytes):
            pending += bytes
            while let request = takeRequest() { answer(request, now, &reaction) }
        case .tick: if isStreaming { stream(now, &reaction) }
        default: break
        }
        reaction.deadline = due
        return reaction
    }

    /// Method, path and fields of a request that is here whole.
    private mutating func takeRequest() -> [String]? {
        let gap: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard let end = pending.indices.first(where: { pending[$0...].starts(with: gap) }) else { return nil }
        let lines = pending[..<end].split(whereSeparator: { $0 == 0x0D || $0 == 0x0A }).map {
            String(decoding: $0, as: UTF8.self)
        }
        let length =
            lines.first { $0.lowercased().hasPrefix("content-length: ") }.flatMap { Int($0.dropFirst(16)) } ?? 0
        let size = end + gap.count + max(0, length)
        guard pending.count >= size else { return nil }
        pending.removeFirst(size)
        return lines
    }

    private mutating func answer(_ request: [String], _ now: Instant, _ reaction: inout Reaction) {
        if let secret, !request.contains("Authorization: Basic \(secret)") {
            return say("401 Unauthorized", #"{"message":"unauthorized"}"#, &reaction)
        }
        switch request.first?.split(separator: " ").prefix(2).joined(separator: " ") {
        case "GET /api/v1/system":
            say(
                "200 OK", #"{"productModel":"R700","productSku":"IPJ-R700-241","serialNumber":"370-21-03-0123"}"#,
                &reaction)
        case "GET /api/v1/system/region":
            say("200 OK", #"{"operatingRegion":"ETSI EN 302 208 v3.1.1"}"#, &reaction)
        case "POST /api/v1/profiles/stop":
            isRunning = false
            say("204 No Content", nil, &reaction)
        case "POST /api/v1/profiles/inventory/start", "POST /api/v1/profiles/inventory/presets/default/start":
            if isRunning { return say("409 Conflict", #"{"message":"a preset is running"}"#, &reaction) }
            isRunning = true
            say("204 No Content", nil, &reaction)
        case "GET /api/v1/data/stream":
            reaction.send += Array(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
            (isStreaming, next, quiet) = (true, now + ImpinjIoTDevice.cycle, now + ImpinjIoTDevice.keepalive)
        default: say("404 Not Found", #"{"message":"not found"}"#, &reaction)
        }
    }

    private func say(_ status: String, _ body: String?, _ reaction: inout Reaction) {
        let content = body.map { "Content-Type: application/json\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
        reaction.send += Array("HTTP/1.1 \(status)\r\n\(content)\r\n\(body ?? "")".utf8)
    }

    private mutating func stream(_ now: Instant, _ reaction: inout Reaction) {
        func chunk(_ line: String) {
            let text = line + "\r\n"
            reaction.send += Array("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n".utf8)
            quiet = now + ImpinjIoTDevice.keepalive
        }
        if let moment = quiet, now >= moment { chunk("") }
        guard let moment = next, now >= moment else { return }
        next = now + ImpinjIoTDevice.cycle
        guard isRunning else { return }
        for sighting in field.sightings(at: now) {
            let event = JSON.object([
                ("timestamp", "2026-11-27T10:00:00.000000000Z"), ("hostname", "impinj-14-06-40"),
                ("eventType", "tagInventory"),
                (
                    "tagInventoryEvent",
                    .object([
                        ("epcHex", .string(sighting.tag.hex)), ("antennaPort", .int(Int64(sighting.antenna))),
                        ("peakRssiCdbm", .int(Int64(sighting.rssiDBm * 100))), ("frequency", 866_300),
                    ])
                ),
            ])
            chunk(event.description)
        }
    }
}
