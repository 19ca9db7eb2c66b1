/// Which screens stand at their sign-in and wait for a badge. One question of a screen waits at a time: a newer one takes its place.
public struct ScreenQueue: Sendable {
    /// What a screen is told.
    public enum Shown: Equatable, Sendable {
        /// As it is kept: whose it is opens a session there.
        case badge(String)
        /// It is nobody's.
        case stranger
        /// Nothing was shown; it asks again.
        case over
        /// Another page of the same screen waits now, or it is bound no more.
        case replaced
    }

    /// To whom, by the number of the question.
    public struct Answer: Equatable, Sendable {
        public var number: UInt64
        public var shown: Shown
    }

    /// What became of something that was read.
    public enum Fate: Equatable, Sendable {
        case answer(Answer)
        /// The screen asks again in a moment, and is told then.
        case kept
        /// It opens nothing; the trail is told why, where that is due.
        case unused(because: String?)
    }

    /// A screen that was answered counts as waiting for so long, in milliseconds: it is on its way back.
    public static let gap: Int64 = 2000
    /// Between two entries of the trail for one dock, in milliseconds.
    static let tellPause: Int64 = 600_000

    private var last: UInt64 = 0
    /// By screen: at most `Screen.limit`.
    private var waiting: [Int64: UInt64] = [:]
    private var between: [Int64: Int64] = [:]
    private var kept: [Int64: (badge: String, at: Int64)] = [:]
    private var told: [String: Int64] = [:]

    public init() {}

    public var count: Int { waiting.count }

    /// A question of a screen: its number, and what is answered at once; to it, and to the one before.
    public mutating func wait(for screen: Int64, at now: Int64) -> (number: UInt64, answers: [Answer]) {
        last += 1
        var answers: [Answer] = []
        if let before = waiting.updateValue(last, forKey: screen) {
            answers.append(Answer(number: before, shown: .replaced))
        }
        between[screen] = nil
        if let (badge, at) = kept.removeValue(forKey: screen), abs(now - at) <= ScreenQueue.gap {
            waiting[screen] = nil
            answers.append(Answer(number: last, shown: .badge(badge)))
        }
        return (last, answers)
    }

    /// Its time is over, or whoever asked went away (`isBack`: then nobody is on the way back).
    public mutating func end(_ number: UInt64, of screen: Int64, isBack: Bool = true, at now: Int64) -> Answer? {
        guard waiting[screen] == number else { return nil }
        waiting[screen] = nil
        if isBack { between[screen] = now }
        return Answer(number: number, shown: .over)
    }

    /// It is bound no more.
    public mutating func forget(_ screen: Int64) -> Answer? {
        (between[screen], kept[screen]) = (nil, nil)
        return waiting.removeValue(forKey: screen).map { Answer(number: $0, shown: .replaced) }
    }

    public mutating func show(_ read: BadgeRead, at now: Int64) -> Fate {
        guard let badge = read.badge else {
            guard let number = waiting.removeValue(forKey: read.screen) else { return .unused(because: nil) }
            between[read.screen] = now
            return .answer(Answer(number: number, shown: .stranger))
        }
        guard !read.isOld else { return unused(read.zone, "it was brought too late", at: now) }
        if let number = waiting.removeValue(forKey: read.screen) {
            return .answer(Answer(number: number, shown: .badge(badge)))
        }
        guard let since = between[read.screen], abs(now - since) <= ScreenQueue.gap else {
            return unused(read.zone, "no screen stood at its sign-in", at: now)
        }
        kept[read.screen] = (badge, now)
        return .kept
    }

    private mutating func unused(_ zone: String, _ why: String, at now: Int64) -> Fate {
        guard told[zone].map({ abs(now - $0) >= ScreenQueue.tellPause }) ?? true else { return .unused(because: nil) }
        if told.count >= Screen.limit { told = [:] }
        told[zone] = now
        return .unused(because: why)
    }
}
