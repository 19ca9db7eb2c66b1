import Model

/// A version on its way to the gateways: canaries first, then wave after wave, each watched before the next. It stops by itself and says why. A value:
/// what the gateways say and the time go in, orders come out (`Rollout+Rules`).
public struct Rollout: Equatable, Sendable {
    public enum State: String, CaseIterable, Sendable {
        case running, paused
        /// By itself: something is wrong with a gateway that has the version, or does not come to it.
        case stopped
        case done, abandoned

        /// Nothing comes after it.
        public var isOver: Bool { self == .done || self == .abandoned }
    }

    /// What is the same for all of it.
    public struct Plan: Equatable, Sendable {
        public var version: String
        /// Each goes back to the version that it had, and not to this one.
        public var isBack = false
        /// Gateways of one wave behind the canaries.
        public var wave = 10
        /// For how long a gateway is watched with the version, in milliseconds.
        public var watch: Int64 = 10 * 60_000
        /// How long it may take from the order to the version, in milliseconds.
        public var patience: Int64 = 20 * 60_000

        public static let waves: ClosedRange<Int64> = 1...500
        /// In minutes. From three on what heals by itself in a minute is no reason to stop.
        public static let watches: ClosedRange<Int64> = 3...1440
        public static let patiences: ClosedRange<Int64> = 5...1440

        public init(version: String) { self.version = version }
    }

    public struct Member: Equatable, Sendable {
        public enum State: String, CaseIterable, Sendable {
            /// Its wave has not come, or it is away.
            case waiting
            case ordered
            /// It has the version, and is looked at.
            case watched
            case good
            /// Why the whole was stopped.
            case failed
            /// It does not take versions from the centre, or holds another one.
            case skipped
        }

        public var name: String
        /// 0 are the canaries.
        public var wave: Int
        /// What it is to have.
        public var target: String
        public var state = State.waiting
        /// The order that it was given, by its id.
        public var command: String?
        /// Unix milliseconds: first said, said last, and when it was seen with the version.
        public var ordered: Int64?
        public var said: Int64?
        public var came: Int64?
        /// How it was when it was ordered.
        public var before: Look?
        public var reason: Reason?

        public init(name: String, wave: Int, target: String) {
            (self.name, self.wave, self.target) = (name, wave, target)
        }
    }

    /// What counts of what a gateway says of itself.
    public struct Look: Equatable, Sendable {
        public var isOnline = false
        /// When it was heard last, in Unix milliseconds.
        public var seen: Int64 = 0
        /// The package's version where it says it, else the program's.
        public var version: String?
        /// Code and subject of what is broken, or a warning.
        public var findings: Set<String> = []
        public var pending: Int64 = 0
        public var alarm: String?
        /// Why its buffer takes nothing.
        public var trouble: String?
        /// Nil where its program knows nothing of this.
        public var isAllowed: Bool?
        public var hold: String?
        public var update = Update()

        /// What became of the last order, as the gateway says.
        public struct Update: Equatable, Sendable {
            public var command: String?
            public var state: String?
            public var code: String?
            public var reason: String?

            public init() {}
        }

        public init() {}
    }

    /// Why a gateway stopped it, or was left out.
    public struct Reason: Equatable, Sendable {
        public enum Rule: String, CaseIterable, Sendable {
            /// The machine says that it could not.
            case failed = "update-failed"
            case absent = "not-back"
            case other = "other-version"
            case worse = "worse-findings"
            case alarm = "new-alarm"
            case buffer = "buffer-grows"
            /// Left out.
            case off = "not-allowed"
            case held
        }

        public var rule: Rule
        /// What was seen, in English.
        public var evidence: String

        public init(_ rule: Rule, _ evidence: String) { (self.rule, self.evidence) = (rule, evidence) }
    }

    public var plan: Plan
    public var state = State.running
    public var members: [Member]
    public var who: String
    public var begun: Int64
    public var ended: Int64?

    /// Gateways of one.
    public static let limit = 5000

    public init(_ plan: Plan, members: [Member], who: String, at now: Int64) {
        (self.plan, self.members, self.who, begun) = (plan, members, who, now)
    }

    /// Members in their waves: those that are named, or so many of `names`, are canaries; the others follow in their order.
    public static func waves(_ names: [String], canaries: [String], size: Int, target: String) -> [Member] {
        let first = Set(canaries)
        let others = names.filter { !first.contains($0) }
        return canaries.map { Member(name: $0, wave: 0, target: target) }
            + others.enumerated().map { Member(name: $1, wave: 1 + $0 / max(1, size), target: target) }
    }

    /// Why it stands still, a gateway each.
    public var reasons: [Why] {
        members.compactMap { member in
            member.state == .failed ? member.reason.map { Why(name: member.name, reason: $0) } : nil
        }
    }

    public struct Why: Sendable {
        public var name: String
        public var reason: Reason

        public var words: String { "\(name): \(reason.rule.rawValue): \(reason.evidence)" }
    }

    public func count(_ state: Member.State) -> Int { members.count { $0.state == state } }

    /// The wave that is at work; nil when all have passed.
    public func wave(_ looks: [String: Look]) -> Int? {
        let waves = Set(members.map(\.wave)).sorted()
        return waves.first { wave in
            let those = members.filter { $0.wave == wave }
            let isOpen = those.contains { member in
                switch member.state {
                case .ordered, .watched, .failed: true
                // Who is away holds nobody up, and is asked when it comes.
                case .waiting: looks[member.name]?.isOnline ?? false
                case .good, .skipped: false
                }
            }
            // Nothing was learned from canaries that are all away.
            return isOpen || wave == 0 && those.allSatisfy { $0.state == .waiting }
        }
    }
}
