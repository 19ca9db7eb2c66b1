public import Model

/// An event as it is kept.
public struct StoredEvent: Equatable, Sendable {
    /// How its capture by a repository stands.
    public enum State: String, CaseIterable, Sendable {
        /// There is no repository.
        case kept
        case waiting
        /// It was sent, and what became of it is not known: the repository is asked before it is sent again.
        case sent
        /// The repository works on it, as `job`.
        case begun
        case done
        /// It was given up, or refused; somebody has to look.
        case dead
    }

    /// From 1, in the order in which they were told.
    public var id: Int64
    public var event: String
    /// It says that the event of this id was wrong.
    public var isError: Bool
    /// Unix milliseconds: when it was told here.
    public var told: Int64
    public var body: JSON
    public var state: State
    /// Tries that failed.
    public var attempts: Int64
    /// When it is tried next, in Unix milliseconds.
    public var due: Int64
    public var job: String?
    public var sentence: String?

    /// A member of an `eventList`.
    public var json: JSON { body.with("recordTime", .string(EPCISEvent.time(told))) }
}

/// What is asked for, by the names of EPCIS 2.0 §8.2.7.1. Moments are Unix milliseconds; nil asks for all.
public struct EPCISQuery: Equatable, Sendable {
    /// `GE_eventTime`, `LT_eventTime`
    public var happened: (from: Int64?, to: Int64?)
    /// `GE_recordTime`, `LT_recordTime`
    public var told: (from: Int64?, to: Int64?)
    /// `EQ_bizStep`, `EQ_action`, `eventType`; any of them.
    public var steps: [EPCISEvent.Step] = []
    public var actions: [EPCISEvent.Action] = []
    public var kinds: [EPCISEvent.Kind] = []
    /// After this one.
    public var after: Int64 = 0
    /// `perPage`
    public var limit = EPCISQuery.usual

    public static let usual = 30
    public static let limits = 1...1000
    /// Values of one parameter.
    public static let most = 20

    public init() { (happened, told) = ((nil, nil), (nil, nil)) }

    public static func == (a: EPCISQuery, b: EPCISQuery) -> Bool {
        a.happened == b.happened && a.told == b.told && a.steps == b.steps && a.actions == b.actions
            && a.kinds == b.kinds && a.after == b.after && a.limit == b.limit
    }
}
