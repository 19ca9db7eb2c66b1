public import Model

/// Whether the centre that works, and has no broker, gives its place to one that stands by and has it. Where nobody has it nobody moves.
/// A value: what is seen comes in, what is to be done goes out.
public struct HandOver: Equatable, Sendable {
    /// Without a broker for so long: one that begins anew, or whose address moves, is back before.
    public static let patience: Duration = .seconds(3)
    /// One that has not had it yet since it works has just begun, and connects.
    public static let firstPatience: Duration = .seconds(10)
    /// Another has said so for so long, by looks of after the loss, while this one tried again and did not reach it.
    public static let steady: Duration = .seconds(2)
    /// What another says counts for so long: it looks each second meanwhile, and may take two for it (`BrokerLook`). Milliseconds.
    public static let fresh: Int64 = 4000
    /// Between two of all centres: where whoever works loses the broker and whoever stands by has it, each time, they do not go round.
    public static let rest: Duration = .seconds(60)

    public enum Step: Equatable, Sendable {
        case stay
        /// The broker is there: it is tried at once, whatever pause there was to be.
        case tryAgain
        /// The name of one that has the broker.
        case give(to: String)
    }

    private var hadBroker = false
    private var lost: Instant?
    private var offered: Instant?
    private var tried: Instant?

    public init() {}

    /// To be asked with every sign of life. `last`: the last hand-over of any centre, in milliseconds ago.
    public mutating func look(
        hasBroker: Bool, others: [CentreSeat.Other], last: Int64?, at now: Instant
    ) -> Step {
        guard !hasBroker else {
            self = HandOver()
            hadBroker = true
            return .stay
        }
        let since = now - (lost ?? now)
        lost = lost ?? now
        guard let other = others.first(where: { $0.offers(after: since.milliseconds) }) else {
            (offered, tried) = (nil, nil)
            return .stay
        }
        let begin = offered ?? now
        offered = begin
        let isRested = last.map { $0 >= HandOver.rest.milliseconds } ?? true
        let patience = hadBroker ? HandOver.patience : HandOver.firstPatience
        if isRested, since >= patience, now - begin >= HandOver.steady { return .give(to: other.name) }
        guard tried.map({ now - $0 >= HandOver.steady }) ?? true else { return .stay }
        tried = now
        return .tryAgain
    }
}

/// Whether one that stands by, and does not reach the broker, lets one go first that does. A value.
public struct Courtesy: Equatable, Sendable {
    /// Nobody works for so long: it goes itself, and people have their pages.
    public static let patience: Duration = .seconds(2)

    private var free: Instant?

    public init() {}

    public mutating func yields(reachesBroker: Bool, to others: [CentreSeat.Other], at now: Instant) -> Bool {
        guard !others.contains(where: { $0.works && $0.silent < CentreSeat.silence }) else {
            free = nil
            return !reachesBroker && others.contains(where: \.isBetter)
        }
        let begin = free ?? now
        free = begin
        return !reachesBroker && others.contains(where: \.isBetter) && now - begin < Courtesy.patience
    }
}

extension CentreSeat.Other {
    /// It stands by, and reached the broker when it looked last.
    fileprivate var isBetter: Bool { isThere && !works && reachesBroker == true }

    /// It is there, and has looked since `loss` milliseconds ago.
    fileprivate func offers(after loss: Int64) -> Bool {
        isBetter && silent < HandOver.fresh && looked < min(loss, HandOver.fresh)
    }

    /// It works, and says that it has no broker.
    public var lacksBroker: Bool { works && silent < CentreSeat.silence && reachesBroker == false }
}
