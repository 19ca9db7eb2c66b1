public import Model

/// One HTTP request to an ERP, as a value.
public struct ERPRequest: Equatable, Sendable {
    public struct Header: Equatable, Sendable {
        public var name: String
        public var value: String

        public init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    /// GET, POST, PUT, DELETE
    public var method: String
    /// Absolute path with its query, below the server's address: `/jsonrpc`, `/depot/rpc/`.
    public var path: String
    /// Authorisation among them: never logged, never shown.
    public var headers: [Header]
    public var body: JSON?
    /// What it does, for people and for the trail: `stock.picking.write 12`.
    public var summary: String
    /// Changes something there. A dry run records such requests and does not send them; when the outcome of one is unknown,
    /// the state is read before it is repeated.
    public var isWrite: Bool
    /// Longest wait for the answer, in seconds.
    public var timeout: Int

    public init(
        method: String = "POST", path: String, headers: [Header] = [], body: JSON? = nil, summary: String,
        isWrite: Bool = false, timeout: Int = 30
    ) {
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.summary = summary
        self.isWrite = isWrite
        self.timeout = timeout
    }
}

public struct ERPReply: Equatable, Sendable {
    public var status: Int
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

/// Sends one request and returns the answer, whatever its status. Throws `.unreachable` when nothing can have happened
/// there, `.unknownOutcome` when it may have. Redirects are not followed; answers are cut at a limit.
public typealias ERPWire = @Sendable (ERPRequest) async throws(ERPFault) -> ERPReply

/// Why an ERP did not do what was asked. `sentence` is the server's own where it has one: one line, at most 300
/// characters, never a traceback.
public struct ERPFault: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Kind: String, Equatable, Sendable {
        /// No connection: nothing was sent.
        case unreachable
        /// A broken connection, no answer in time, 5xx: it may have happened. Read before repeating.
        case unknownOutcome = "unknown-outcome"
        /// 429, 503, a database that is busy: later, at the earliest after `retryAfter` seconds.
        case busy
        /// Wrong user, password or key: asking again makes it worse.
        case credentials
        /// The service user lacks a right.
        case right
        /// A rule of the ERP: missing serial number, duplicate lot. For a person.
        case rule
        /// The record is gone.
        case gone
        /// A model, field or module that this server does not have.
        case unsupported
        /// Somebody else changed it meanwhile, or it is done with other quantities. For a person.
        case conflict
        /// What answers is not this ERP: a page, a redirect, something that is no JSON.
        case foreign
    }

    public var kind: Kind
    public var sentence: String
    /// Seconds, where the server said so; a day at most.
    public var retryAfter: Int?

    public init(_ kind: Kind, _ sentence: String, retryAfter: Int? = nil) {
        self.kind = kind
        self.sentence = ERPFault.short(sentence)
        self.retryAfter = retryAfter.map { min(max($0, 0), 86_400) }
    }

    public var description: String { sentence }

    /// Whether it may go by itself.
    public var isPassing: Bool { [.unreachable, .unknownOutcome, .busy].contains(kind) }

    /// One line of at most 300 characters: an ERP has answered with 182 kB.
    public static func short(_ text: String) -> String {
        var line = ""
        var isSpace = false
        for scalar in text.unicodeScalars.prefix(2000) {
            if scalar.value < 0x20 || scalar == " " || scalar.value == 0x7F {
                isSpace = !line.isEmpty
                continue
            }
            if line.count >= 299 { return line + "…" }
            if isSpace { line.append(" ") }
            isSpace = false
            line.unicodeScalars.append(scalar)
        }
        return line
    }
}
