import Drivers
import Model

/// FreeSWITCH's event socket, inbound mode (mod_event_socket).
struct FreeSWITCHFace: ExchangeFace {
    private struct Connection {
        var pending: [UInt8] = []
        var loggedIn = false
        var format: String?
    }

    private let secret: String
    private let epoch: Int64
    private var connections: [Int: Connection] = [:]
    private var out = FaceOutput()
    /// Sessions since its start, as `status` says.
    private var sessions = 0
    /// Names that whoever started a call chose for its first leg.
    private var tags: [Int: String] = [:]

    init(secret: String, epoch: Int64) {
        self.secret = secret
        self.epoch = epoch
    }

    mutating func connect(_ id: Int) {
        connections[id] = Connection()
        out.put("Content-Type: auth/request\n\n", on: id)
    }

    mutating func disconnect(_ id: Int) {
        connections[id] = nil
        out.forget(id)
    }

    mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) { out.take() }

    mutating func heartbeat() { emit([("Event-Name", "HEARTBEAT")]) }

    // MARK: what happens

    mutating func tell(_ happening: Exchange.Happening, legs: [Exchange.Leg], at now: Instant) {
        switch happening {
        case .began(let leg):
            sessions += 1
            if let tag = leg.tag { tags[leg.id] = tag }
        case .dialled: sessions += 1
        default: break
        }
        switch happening {
        case .began(let leg): created(leg, by: nil)
        case .dialled(let by, let leg): created(leg, by: by)
        case .ringing(let by, let leg): state(leg, "RINGING", by: by)
        case .answered(let by, let leg):
            state(leg, "ACTIVE", by: by)
            guard by.id != leg.id else { return }
            if by.isOrigin { state(by, "ACTIVE", by: leg) }
            emit(header("CHANNEL_BRIDGE", by, other: leg))
        case .held(let leg): state(leg, "HELD", by: nil)
        case .resumed(let leg): state(leg, "UNHELD", by: nil)
        case .queued(let leg, _): state(leg, "ACTIVE", by: nil)
        case .attended(_, _, let other, let target): emit(header("CHANNEL_BRIDGE", other, other: target))
        case .pickedUp(let by, _, let caller):
            emit(header("CHANNEL_BRIDGE", caller, other: by))
        case .ended(_, let leg, let cause):
            let reason =
                switch cause {
                case .normal: "NORMAL_CLEARING"
                case .cancelled: "ORIGINATOR_CANCEL"
                case .elsewhere: "LOSE_RACE"
                case .busy: "USER_BUSY"
                case .declined: "CALL_REJECTED"
                case .transferred: "ATTENDED_TRANSFER"
                }
            emit(header("CHANNEL_HANGUP_COMPLETE", leg, other: nil) + [("Hangup-Cause", reason)])
        case .dequeued, .blind, .over: break
        }
    }

    private mutating func created(_ leg: Exchange.Leg, by: Exchange.Leg?) {
        emit(header("CHANNEL_CREATE", leg, other: by))
    }

    private mutating func state(_ leg: Exchange.Leg, _ state: String, by: Exchange.Leg?) {
        emit(header("CHANNEL_CALLSTATE", leg, other: by) + [("Channel-Call-State", state)])
    }

    private func uuid(_ leg: Exchange.Leg) -> String { uuid(leg.id, leg.tag) }

    private func uuid(_ id: Int, _ tag: String?) -> String {
        if let tag { return tag }
        let digits = String(id, radix: 16)
        return "00000000-0000-4000-8000-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }

    private func header(_ event: String, _ leg: Exchange.Leg, other: Exchange.Leg?) -> [(String, String)] {
        // A dialled leg shows who calls; the caller's own shows what it dialled.
        let isDialled = !leg.isOrigin || leg.tag != nil
        let caller = leg.isOrigin ? (leg.tag != nil ? leg.called : leg.number) : leg.peer?.number ?? ""
        let name = leg.isOrigin ? leg.name : leg.peer?.name
        var fields = [
            ("Event-Name", event), ("Unique-ID", uuid(leg)),
            ("Channel-Call-UUID", leg.id == leg.call ? uuid(leg) : uuid(leg.call, tags[leg.call])),
            ("Channel-Name", "sofia/\(leg.isDesk ? "internal" : "external")/\(leg.number)@10.0.0.4"),
            ("Call-Direction", isDialled ? "outbound" : "inbound"), ("Caller-Caller-ID-Number", caller),
            ("Caller-Caller-ID-Name", name ?? caller),
            ("Caller-Destination-Number", isDialled ? leg.number : leg.called),
            ("Caller-Privacy-Hide-Number", leg.isPrivate ? "true" : "false"),
        ]
        if let other { fields.append(("Other-Leg-Unique-ID", uuid(other))) }
        return fields
    }

    private mutating func emit(_ fields: [(String, String)], body inner: String = "") {
        for id in connections.keys where connections[id]!.format != nil {
            let body: String
            if connections[id]!.format == "json" {
                body =
                    JSON.object((fields + (inner.isEmpty ? [] : [("_body", inner)])).map { ($0.0, .string($0.1)) })
                    .description
            } else {
                body =
                    fields.map { "\($0.0): \(FreeSWITCHFace.encoded($0.1))\n" }.joined()
                    + (inner.isEmpty ? "" : "Content-Length: \(inner.utf8.count)\n") + "\n" + inner
            }
            out.put(
                "Content-Length: \(body.utf8.count)\nContent-Type: text/event-\(connections[id]!.format!)\n\n\(body)",
                on: id)
        }
    }

    /// Values of plain events are written as in a URL.
    private static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { out, byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            if isPlain || "-_.~/@".utf8.contains(byte) {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                out += "%" + Hex.string([byte])
            }
        }
    }

    // MARK: commands

    mutating func receive(_ bytes: [UInt8], on id: Int, legs: [Exchange.Leg]) -> [Exchange.Request] {
        connections[id]?.pending += bytes
        var requests: [Exchange.Request] = []
        while let command = take(id) {
            if let request = obey(command, id, legs) { requests.append(request) }
        }
        return requests
    }

    /// A command and its headers, up to an empty line.
    private mutating func take(_ id: Int) -> [String]? {
        guard var pending = connections[id]?.pending else { return nil }
        while pending.first == 0x0A { pending.removeFirst() }
        guard let end = pending.indices.first(where: { $0 > 0 && pending[$0] == 0x0A && pending[$0 - 1] == 0x0A })
        else {
            connections[id]?.pending = pending
            return nil
        }
        let lines = String(decoding: pending[..<end], as: UTF8.self).split(separator: "\n").map(String.init)
        connections[id]?.pending = Array(pending[(end + 1)...])
        return lines.isEmpty ? take(id) : lines
    }

    private mutating func obey(_ command: [String], _ id: Int, _ legs: [Exchange.Leg]) -> Exchange.Request? {
        let words = command[0].split(separator: " ").map(String.init)
        if words[0] == "auth" {
            guard words.count == 2, words[1] == secret else {
                out.put("Content-Type: command/reply\nReply-Text: -ERR invalid\n\n", on: id)
                out.close(id)
                return nil
            }
            connections[id]!.loggedIn = true
            out.put("Content-Type: command/reply\nReply-Text: +OK accepted\n\n", on: id)
            return nil
        }
        guard connections[id]!.loggedIn else { return nil }
        switch words[0] {
        case "event":
            connections[id]!.format = words.count > 1 && words[1] == "json" ? "json" : "plain"
            reply(id, "+OK event listener enabled \(connections[id]!.format!)")
        case "exit":
            reply(id, "+OK bye")
            out.close(id)
        case "api" where words.dropFirst().joined(separator: " ") == "show channels as json": list(id, legs)
        case "api" where words.count == 3 && words[1] == "uuid_dump":
            let body =
                legs.first { uuid($0) == words[2] }.map { leg in
                    (header("CHANNEL_DATA", leg, other: nil) + [("Channel-Call-State", FreeSWITCHFace.state(leg))])
                        .map { "\($0.0): \(FreeSWITCHFace.encoded($0.1))\n" }.joined() + "\n"
                } ?? "-ERR No such channel!\n"
            out.put("Content-Type: api/response\nContent-Length: \(body.utf8.count)\n\n\(body)", on: id)
        case "api" where words == ["api", "status"]:
            let body = "UP 0 years, 0 days, 1 hour\nFreeSWITCH is ready\n\(sessions) session(s) since startup\n"
            out.put("Content-Type: api/response\nContent-Length: \(body.utf8.count)\n\n\(body)", on: id)
        case "bgapi":
            let job = command.dropFirst().first { $0.hasPrefix("Job-UUID: ") }.map { String($0.dropFirst(10)) } ?? "job"
            reply(id, "+OK Job-UUID: \(job)")
            let request = background(words, legs)
            // An originate is answered by what becomes of it; these at once.
            if words.count > 1, words[1].hasPrefix("uuid_") {
                let body = request == nil ? "-ERR No such channel!\n" : "+OK Success\n"
                emit([("Event-Name", "BACKGROUND_JOB"), ("Job-UUID", job)], body: body)
            }
            return request
        default: reply(id, "-ERR command not found")
        }
        return nil
    }

    private func background(_ words: [String], _ legs: [Exchange.Leg]) -> Exchange.Request? {
        if words.count >= 3, words[1] == "uuid_kill", let leg = legs.first(where: { uuid($0) == words[2] }) {
            return words.last == "ORIGINATOR_CANCEL" ? .hangUp(leg: leg.id) : .leave(leg: leg.id)
        }
        if words.count >= 5, words[1] == "uuid_transfer", words[3] == "-bleg",
            let leg = legs.first(where: { uuid($0) == words[2] }), leg.state == .up || leg.state == .held
        {
            return .transfer(leg: leg.id, to: words[4])
        }
        // originate {origination_uuid=…,…}user/101 0612340091 XML default
        guard words.count >= 4, words[1] == "originate", let end = words[2].firstIndex(of: "}") else { return nil }
        let variables = words[2][..<end].dropFirst().split(separator: ",").map { $0.split(separator: "=") }
        guard let tag = variables.first(where: { $0.first == "origination_uuid" })?.last else { return nil }
        let desk = words[2].split(separator: "/").last.map(String.init) ?? ""
        return .originate(desk: desk, number: words[3], tag: String(tag))
    }

    private mutating func reply(_ id: Int, _ text: String) {
        out.put("Content-Type: command/reply\nReply-Text: \(text)\n\n", on: id)
    }

    private static func state(_ leg: Exchange.Leg) -> String {
        switch leg.state {
        case .down, .dialling: "DOWN"
        case .ringing: "RINGING"
        case .up: "ACTIVE"
        case .held: "HELD"
        }
    }

    private mutating func list(_ id: Int, _ legs: [Exchange.Leg]) {
        let rows = legs.map { leg -> JSON in
            let fields = Dictionary(uniqueKeysWithValues: header("", leg, other: nil))
            return .object([
                ("uuid", .string(uuid(leg))), ("direction", fields["Call-Direction"].map(JSON.string)),
                ("name", fields["Channel-Name"].map(JSON.string)),
                ("cid_name", fields["Caller-Caller-ID-Name"].map(JSON.string)),
                ("cid_num", fields["Caller-Caller-ID-Number"].map(JSON.string)),
                ("dest", fields["Caller-Destination-Number"].map(JSON.string)),
                ("callstate", .string(FreeSWITCHFace.state(leg))),
                ("call_uuid", fields["Channel-Call-UUID"].map(JSON.string)),
            ])
        }
        let body = JSON.object([
            ("row_count", .int(Int64(rows.count))), ("rows", rows.isEmpty ? nil : .array(rows)),
        ]).description
        out.put("Content-Type: api/response\nContent-Length: \(body.utf8.count)\n\n\(body)", on: id)
    }
}
