/// One normalised call event, as `docs/reference/calls.md` lists them.
public struct CallSignal: Equatable, Sendable {
    public enum Event: String, Sendable {
        case offered = "call.offered"
        case queued = "call.queued"
        case dequeued = "call.dequeued"
        /// A telephone calls somebody: it takes part from here on, and nothing rings at it.
        case dialling = "leg.dialling"
        case ringing = "leg.ringing"
        case answered = "leg.answered"
        case held = "leg.held"
        case resumed = "leg.resumed"
        case legEnded = "leg.ended"
        case transferred = "call.transferred"
        case merged = "call.merged"
        case identity = "call.identity"
        case ended = "call.ended"
        case sourceUp = "source.up"
        case sourceDown = "source.down"
        case resynced = "source.resynced"
    }

    public var event: Event
    /// `source/root`; empty for events of a source.
    public var call: String
    public var leg: String?
    /// Extension of the telephone this leg belongs to.
    public var desk: String?
    public var direction: CallDirection?
    public var caller: Party?
    public var called: String?
    public var queue: String?
    /// blind, attended, blonde, redirect, pickup, forward; of a `leg.ended`, `record`.
    public var how: String?
    public var by: String?
    public var to: String?
    public var cause: CallCause?
    /// For `call.merged`: the call that remains.
    public var into: String?
    /// For `source.resynced`: calls that may have come and gone unseen.
    public var doubt: Int?
    /// For `call.ended` and a record, where the exchange itself has measured: how long it rang and how long people talked, in seconds.
    public var ringSeconds: Int?
    public var talkSeconds: Int?
    /// The command (click to call) this call was made by.
    public var command: String?
    /// The conference that the call sits in.
    public var conference: String?

    /// How a `leg.ended` came: afterwards, from the exchange's records. It settles a leg that was lost from sight, and nothing else.
    public static let record = "record"

    public init(_ event: Event, call: String = "") {
        self.event = event
        self.call = call
    }

    public var json: JSON {
        .object([
            ("kind", "call"),
            ("event", .string(event.rawValue)),
            ("call", call.isEmpty ? nil : .string(call)),
            ("leg", leg.map(JSON.string)),
            ("desk", desk.map(JSON.string)),
            ("direction", direction.map { .string($0.rawValue) }),
            ("caller", caller?.json),
            ("called", called.map(JSON.string)),
            ("queue", queue.map(JSON.string)),
            ("how", how.map(JSON.string)),
            ("by", by.map(JSON.string)),
            ("to", to.map(JSON.string)),
            ("cause", cause.map { .string($0.rawValue) }),
            ("into", into.map(JSON.string)),
            ("doubt", doubt.map { .int(Int64($0)) }),
            ("ringSeconds", ringSeconds.map { .int(Int64($0)) }),
            ("talkSeconds", talkSeconds.map { .int(Int64($0)) }),
            ("command", command.map(JSON.string)),
            ("conference", conference.map(JSON.string)),
        ])
    }
}

public enum CallDirection: String, Sendable, CaseIterable {
    case inbound, outbound, `internal`
}

public enum CallCause: String, Sendable, CaseIterable {
    case normal
    case answeredElsewhere = "answered-elsewhere"
    case callerGaveUp = "caller-gave-up"
    case noAnswer = "no-answer"
    case busy, declined, unreachable, forwarded
    case rejected = "rejected-by-pbx"
    case failed, lost
    case pbxStopped = "pbx-stopped"
}

/// Somebody on the line. A withheld number is never kept: `number` and `name` are nil then.
public struct Party: Equatable, Sendable {
    public let number: String?
    public let name: String?
    public let withheld: Bool

    /// Longest number and name kept, in characters; strangers choose them.
    public static let numberLimit = 64
    public static let nameLimit = 128

    public init(number: String?, name: String?, withheld: Bool = false) {
        self.number = withheld ? nil : number.map { String($0.prefix(Party.numberLimit)) }
        self.name = withheld ? nil : name.map { String($0.prefix(Party.nameLimit)) }
        self.withheld = withheld
    }

    /// What exchanges and carriers write in a number's place, in lower case.
    public static let wordsForWithheld: Set<String> = [
        "anonymous", "anonyme", "restricted", "private", "unavailable", "withheld",
    ]

    public static let hidden = Party(number: nil, name: nil, withheld: true)

    public var json: JSON {
        .object([
            ("number", number.map(JSON.string)), ("name", name.map(JSON.string)), ("withheld", .bool(withheld)),
        ])
    }

    public init?(json: JSON?) {
        guard let json, json.isObject else { return nil }
        self.init(
            number: json.name("number"), name: json.name("name", limit: 4 * Party.nameLimit),
            withheld: json["withheld"]?.truth ?? false)
    }
}
