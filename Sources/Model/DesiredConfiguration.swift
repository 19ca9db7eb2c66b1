/// What the centre wants an agent to be set to (topic `cfg`): retained at the broker, so that an agent hears it
/// whenever it comes.
public struct DesiredConfiguration: Equatable, Sendable {
    /// Grows with every change.
    public var revision: Int64
    /// A whole agent.toml; empty for the agent's own file.
    public var text: String
    /// SHA-256 of the text, lower-case hex.
    public var hash: String
    /// Unix milliseconds after which it is not to be applied any more; nil never.
    public var expires: Int64?

    public init(revision: Int64, text: String, expires: Int64? = nil) {
        self.revision = revision
        self.text = text
        self.expires = expires
        hash = Topic.digest(of: text)
    }

    public var json: JSON {
        .object([
            ("v", 1), ("revision", .int(revision)), ("hash", .string(hash)), ("text", .string(text)),
            ("expires", expires.map(JSON.int)),
        ])
    }

    /// Longest text, in UTF-8 bytes.
    public static let textLimit = 256 * 1024

    /// Nil for another version, for a text that is not the one the hash speaks of, and for numbers out of range.
    public init?(json: JSON) {
        guard json["v"]?.integer == 1, let revision = json.bounded("revision", in: Bounded.revisions), revision > 0,
            json.allows("expires", in: Bounded.times), let text = json["text"]?.text,
            text.utf8.count <= DesiredConfiguration.textLimit, let hash = json["hash"]?.text,
            Topic.digest(of: text) == hash
        else { return nil }
        self.init(revision: revision, text: text, expires: json.bounded("expires", in: Bounded.times))
    }
}

/// The configuration that an agent has from the centre: what it keeps, what it tries, and what it would not have. A value;
/// one that cuts the agent off is taken back by itself.
public struct ManagedConfiguration: Equatable, Sendable {
    public struct Version: Equatable, Sendable {
        public var revision: Int64
        public var text: String

        public init(revision: Int64, text: String) {
            self.revision = revision
            self.text = text
        }
    }

    public enum Answer: Equatable, Sendable {
        /// Known already, older, or void.
        case ignore
        case refuse(String)
        /// Stored: start again with it.
        case restart
    }

    /// Starts that a version on trial may take: one that makes the agent crash is taken back, too.
    public static let startLimit = 3

    public private(set) var kept: Version?
    public private(set) var trial: Version?
    public private(set) var starts = 0
    /// The newest that was refused or taken back, and why.
    public private(set) var refused: (revision: Int64, reason: String)?

    public static func == (a: Self, b: Self) -> Bool { a.json == b.json }

    public init() {}

    /// What the agent works with; nil is its own file.
    public var text: String? { (trial ?? kept).flatMap { $0.text.isEmpty ? nil : $0.text } }

    /// `problem` says what is wrong with a text, or nil.
    public mutating func offer(
        _ desired: DesiredConfiguration, at wall: Int64, problem: (String) -> String?
    ) -> Answer {
        let newest = max(kept?.revision ?? 0, trial?.revision ?? 0, refused?.revision ?? 0)
        guard desired.revision > newest, desired.expires.map({ wall < $0 }) ?? true else { return .ignore }
        if !desired.text.isEmpty, let problem = problem(desired.text) {
            refused = (desired.revision, problem)
            return .refuse(problem)
        }
        (trial, starts) = (Version(revision: desired.revision, text: desired.text), 0)
        return .restart
    }

    /// A process begins; false when what was on trial has had its chances.
    public mutating func start() -> Bool {
        guard trial != nil else { return true }
        starts += 1
        guard starts > ManagedConfiguration.startLimit else { return true }
        takeBack("the agent did not stay up with it")
        return false
    }

    /// The centre is reached with it.
    public mutating func confirm() {
        guard let version = trial else { return }
        (kept, trial, starts, refused) = (version, nil, 0, nil)
    }

    public mutating func takeBack(_ reason: String) {
        guard let version = trial else { return }
        (trial, starts, refused) = (nil, 0, (version.revision, reason))
    }

    public var json: JSON {
        func version(_ version: Version?) -> JSON? {
            version.map { .object([("revision", .int($0.revision)), ("text", .string($0.text))]) }
        }
        return .object([
            ("v", 1), ("kept", version(kept)), ("trial", version(trial)), ("starts", .int(Int64(starts))),
            ("refused", refused.map { .object([("revision", .int($0.revision)), ("reason", .string($0.reason))]) }),
        ])
    }

    public init(json: JSON) {
        func version(_ name: String) -> Version? {
            guard let revision = json[name]?.bounded("revision", in: Bounded.revisions),
                let text = json[name]?["text"]?.text
            else { return nil }
            return Version(revision: revision, text: text)
        }
        kept = version("kept")
        trial = version("trial")
        starts = Int((json["starts"]?.integer ?? 0).clamped(to: 0...Int64(ManagedConfiguration.startLimit)))
        if let revision = json["refused"]?.bounded("revision", in: Bounded.revisions),
            let reason = json["refused"]?["reason"]?.text
        {
            refused = (revision, reason)
        }
    }

    /// For the centre and for people: which revision, and how it stands.
    public var status: JSON {
        .object([
            ("revision", (trial ?? kept).map { .int($0.revision) }),
            ("state", .string(trial != nil ? "trial" : text != nil ? "kept" : "own")),
            ("refused", refused.map { .int($0.revision) }), ("reason", refused.map { .string($0.reason) }),
        ])
    }
}
