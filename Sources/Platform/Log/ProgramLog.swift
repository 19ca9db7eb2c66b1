import Glibc
public import Logging
import Model

/// The log of both programs, on standard error: a line of text, or one JSON object a line (docs/reference/logs.md). Messages and metadata hold
/// what devices, agents and exchanges have said; nothing of it begins a line of its own or moves a terminal's cursor.
public struct ProgramLog: LogHandler {
    public enum Form: String, CaseIterable, Sendable {
        case text, json
    }

    public var metadata = Logger.Metadata()
    public var metadataProvider: Logger.MetadataProvider?
    /// The program's, which may change while it runs, or one of its own.
    public var logLevel: Logger.Level {
        get { own ?? level.with { $0 } }
        set { own = newValue }
    }
    private var own: Logger.Level?
    private let level: Locked<Logger.Level>
    private let program: String
    private let form: Form
    /// Standard error is the journal: it is told how grave a line is (sd-daemon(3)).
    private let isJournal: Bool

    public init(
        _ program: String, _ form: Form, level: Locked<Logger.Level> = Locked(.info),
        isJournal: Bool = ProgramLog.isJournal
    ) {
        (self.program, self.form, self.level, self.isJournal) = (program, form, level, isJournal)
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) { Terminal.error(line(of: event, at: Clocks.wall)) }

    /// As it is printed, without its end; `now` in Unix milliseconds.
    func line(of event: LogEvent, at now: Int64) -> String {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }
        if let error = event.error { fields["error"] = "\(error)" }
        let sorted = fields.sorted { $0.key < $1.key }
        let prefix = isJournal ? "<\(ProgramLog.priority(of: event.level))>" : ""
        switch form {
        case .text:
            let words = sorted.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
            let line =
                "\(ProgramLog.local(now)) \(event.level) \(program):\(words.isEmpty ? "" : " \(words)") "
                + "[\(event.source)] \(event.message)"
            return prefix + CleanLog.escaped(line)
        case .json:
            // What others' libraries say is worded as they like: no name of ours.
            let isOurs = ["EdgeAgent", "IngestServer", "Platform"].contains(event.source)
            let name = isOurs ? ProgramLog.name(of: "\(event.message)") : "library"
            let json = JSON.object([
                ("time", .string(rfc3339(now))), ("severity", .string("\(event.level)")),
                ("program", .string(program)), ("event", .string(name)), ("message", .string("\(event.message)")),
                ("source", isOurs ? nil : .string(event.source)),
                ("fields", .object(sorted.map { ($0.key, JSON.string("\($0.value)")) })),
            ])
            return prefix + json.description
        }
    }

    /// `the broker refuses a message` is `the-broker-refuses-a-message`: messages of ours have no values in them.
    static func name(of message: String) -> String {
        message.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.joined(separator: "-")
    }

    /// RFC 5424, 6.2.1, table 2.
    private static func priority(of level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// `2026-11-28T06:00:00+0100`
    private static func local(_ now: Int64) -> String {
        var (seconds, parts) = (time_t(now / 1000), tm())
        localtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 40)
        let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &parts)
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// `JOURNAL_STREAM` names the device and the number of the journal's end of standard error (systemd.exec(5)).
    public static let isJournal: Bool = {
        var information = stat()
        guard let text = getenv("JOURNAL_STREAM"), fstat(2, &information) == 0 else { return false }
        return String(cString: text) == "\(information.st_dev):\(information.st_ino)"
    }()
}
