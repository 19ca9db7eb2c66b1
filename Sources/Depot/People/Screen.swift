public import Model

/// A dock's screen that stands there for good, by a secret that its browser alone has: a badge that is read at its reader opens a session on
/// it. Whoever had the secret elsewhere could be signed in by somebody else's badge, so it is kept as a digest, listed, and ended with all
/// sessions that were opened on it.
public struct Screen: Equatable, Sendable {
    /// All of them.
    public static let limit: Int64 = 100
    /// What a person sees: in the page's list.
    public static let nameLimit = 60
    /// How long a read of a badge counts, in milliseconds: what an agent brings later, because its line was down, opens nothing.
    public static let freshness: Int64 = 5000
    /// Between two notes that it is used, in milliseconds.
    static let usePause: Int64 = 600_000

    public var id: Int64
    public var name: String
    /// The dock whose reads count here.
    public var zone: String
    /// `agent/reader`; nil: each reader of the zone.
    public var device: String?
    public var created: Int64
    /// Who bound it.
    public var who: String
    /// When it last stood at its sign-in, as far as that is noted, and from where.
    public var used: Int64?
    public var source: String?

    public static let shape = Shape<Screen>(
        "DockScreen",
        [
            .integer("id", \.id), .text("name", \.name), .text("zone", \.zone), .text("device", ifAny: \.device),
            .moment("created", \.created), .text("who", \.who), .moment("used", ifAny: \.used),
            .text("source", ifAny: \.source),
        ])

    public var json: JSON { Screen.shape.json(self) }
}

/// A badge that was read where a screen is bound.
public struct BadgeRead: Equatable, Sendable {
    /// The screen whose reader it was: the one of that reader, else the one of the zone.
    public var screen: Int64
    public var zone: String
    /// As it is kept; nil: what was read is nobody's badge, and no goods that are known.
    public var badge: String?
    /// It was brought too late to open anything.
    public var isOld = false
}
