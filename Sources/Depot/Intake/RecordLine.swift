public import Model

/// A record as files have it: what came, from whom, when, with the key by which it is applied once.
public struct RecordLine: Equatable, Sendable {
    public var stream: Int64
    public var agent: String
    public var epoch: UInt64
    public var seq: Int64
    public var kind: Int64
    /// Unix milliseconds, by the agent's clock; then by the centre's.
    public var captured: Int64
    public var received: Int64
    public var isSynced: Bool
    public var device: String?
    public var zone: String?
    public var subject: String?
    /// As it stood in its frame (docs/reference/wire.md).
    public var body: [UInt8]

    public static let columns = [
        "record", "kind", "captured", "received", "synced", "device", "zone", "subject", "body",
    ]

    /// Calls, and who decided what: of people, in no file of this kind.
    public static let personal: [Row.Kind] = [.call, .decided]

    static let kinds = ["skipped", "appeared", "left", "barcode", "key", "device", "call", "moved", "still", "decided"]

    /// `AGENT/EPOCH/s/NUMBER`, as pages name it.
    public var name: String { "\(agent)/\(Hex.word(epoch))/s/\(seq)" }

    private var kindName: String {
        RecordLine.kinds.indices.contains(Int(kind)) ? RecordLine.kinds[Int(kind)] : "\(kind)"
    }

    /// One for each column; empty where there is nothing.
    public func fields(_ time: (Int64) -> String) -> [String] {
        [
            name, kindName, time(captured), time(received), isSynced ? "1" : "0", device ?? "", zone ?? "",
            subject ?? "",
            Hex.string(body),
        ]
    }

    /// `time` writes Unix milliseconds.
    public func csv(_ time: (Int64) -> String) -> String { PlainCSV.line(fields(time)) }

    /// Whether it is one of these badges (`Password.badge`): whoever has it opened a session with it, and a file does not say when.
    public func shows(_ badges: Set<String>) -> Bool {
        guard !badges.isEmpty, let subject else { return false }
        return badges.contains(Password.badge(subject)) || badges.contains(Password.badge(subject.lowercased()))
    }

    /// The place of a record of which nothing is said.
    public var blank: RecordLine {
        var line = self
        (line.device, line.zone, line.subject, line.body) = (nil, nil, nil, [])
        return line
    }
}

/// CSV for programs (RFC 4180): commas, UTF-8 without a mark, a line feed at the end, and every text as it is.
public enum PlainCSV {
    /// `isDefused`: a text that a spreadsheet would run as a formula has an apostrophe before it.
    public static func line(_ fields: [String], isDefused: Bool = false) -> String {
        var out = ""
        for (index, field) in fields.enumerated() {
            if index > 0 { out += "," }
            if isDefused, let first = field.utf8.first, "=+-@\t\r".utf8.contains(first), Double(field) == nil {
                out += quoted("'" + field)
            } else {
                out += quoted(field)
            }
        }
        return out + "\n"
    }

    private static func quoted(_ field: String) -> String {
        // Bytes, not characters: CR LF is one character, and so is a quote with an accent over it.
        guard field.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return field }
        var bytes: [UInt8] = [0x22]
        for byte in field.utf8 { bytes += byte == 0x22 ? [0x22, 0x22] : [byte] }
        return String(decoding: bytes + [0x22], as: UTF8.self)
    }
}
