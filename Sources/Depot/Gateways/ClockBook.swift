public import Model

/// How far each agent's clock is from this machine's: a value, fed with what agents say of their clocks when they say it.
///
/// A message that waited on its way makes a clock look behind, never ahead; so the least of the last samples counts. Two
/// that agree and are far from it say that the clock was set back. Only the difference of clocks is corrected: how long a
/// record waited stays true, because its time and the clock that gave it are shifted together.
public struct ClockBook: Sendable {
    /// Samples remembered of an agent.
    static let kept = 5
    /// Nearer than this a clock is right: a minute is less than any age that decides, and more than a road takes.
    public static let tolerance: Int64 = 60_000
    /// Two samples that differ by less show the same clock.
    static let agreement: Int64 = 5000
    /// A hello is no older than this, and its broker's life is ten seconds: one that says more shows that the clock was set.
    static let helloLife: Int64 = 15_000
    /// Agents remembered; invented names must not grow it.
    static let agentLimit = 20_000

    private struct Known {
        var samples: [Int64]
        /// Not yet heard in the life of this process: from the status that was kept.
        var isOld = false
    }

    private var known: [String: Known] = [:]

    public init() {}

    /// `clock` is what the agent's clock showed, in Unix milliseconds, when it sent what came at `now`; 0 says nothing.
    /// A hello lives for ten seconds; a status may be one that the broker kept, and counts only behind a hello.
    public mutating func hear(_ agent: String, clock: Int64, at now: Int64, isHello: Bool = true) {
        guard clock > 0, Bounded.times.contains(clock), Bounded.times.contains(now) else { return }
        guard var was = known[agent], !was.isOld else {
            guard isHello else { return }
            if known.count < ClockBook.agentLimit || known[agent] != nil {
                known[agent] = Known(samples: [now - clock])
            }
            return
        }
        let sample = now - clock
        if let last = was.samples.last, let least = was.samples.min(),
            abs(last - sample) < ClockBook.agreement, min(last, sample) - least > ClockBook.agreement
        {
            was.samples = [last]
        }
        if isHello, let least = was.samples.min(), sample - least > ClockBook.helloLife { was.samples = [] }
        was.samples = (was.samples + [sample]).suffix(ClockBook.kept)
        known[agent] = was
    }

    /// What was known before this process began, until the agent is heard.
    public mutating func recall(_ agent: String, offset: Int64) {
        guard known[agent] == nil, known.count < ClockBook.agentLimit, Bounded.offsets.contains(offset) else { return }
        known[agent] = Known(samples: [offset], isOld: true)
    }

    public mutating func forget(_ agent: String) { known[agent] = nil }

    /// What is to be added to the agent's times, in whole seconds of milliseconds; 0 where its clock is right or unknown.
    public func offset(of agent: String) -> Int64 {
        guard let least = known[agent]?.samples.min(), abs(least) >= ClockBook.tolerance else { return 0 }
        return (least + (least < 0 ? -500 : 500)) / 1000 * 1000
    }

    /// A time of an agent by this machine's clock, which shows `now`; as it was told where the sum would be no moment, or
    /// is still to come while what was told is not: then the agent's clock was set since it was heard.
    public static func corrected(_ time: Int64, by offset: Int64, at now: Int64) -> Int64 {
        let (sum, overflows) = time.addingReportingOverflow(offset)
        guard !overflows, Bounded.times.contains(sum) else { return time }
        return sum - tolerance > now && time - tolerance <= now ? time : sum
    }

    /// `15 min behind`: roughly, so that it is not told anew every minute.
    public static func words(_ offset: Int64) -> String {
        let minutes = (abs(offset) + 30_000) / 60_000
        let size =
            switch minutes {
            case ..<120: "\(minutes) min"
            case ..<(48 * 60): "\((minutes + 30) / 60) h"
            default: "\((minutes + 720) / 1440) days"
            }
        return "\(size) \(offset > 0 ? "behind" : "ahead")"
    }
}

extension CallSnapshot {
    /// With its times by this machine's clock, and marked; once, where an agent's word comes in.
    public func corrected(by told: Int64, at now: Int64) -> CallSnapshot {
        var call = self
        // All of its times or none.
        let newest = max(startedAt, endedAt ?? answeredAt ?? startedAt)
        let offset = ClockBook.corrected(newest, by: told, at: now) - newest
        call.clockCorrection = offset == 0 ? nil : offset
        guard offset != 0 else { return call }
        func moved(_ time: Int64?) -> Int64? {
            time.map { min(max($0 + offset, Bounded.times.lowerBound), Bounded.times.upperBound) }
        }
        call.startedAt = moved(startedAt) ?? startedAt
        (call.answeredAt, call.endedAt) = (moved(answeredAt), moved(endedAt))
        for index in call.legs.indices {
            call.legs[index].rangAt = moved(call.legs[index].rangAt)
            call.legs[index].answeredAt = moved(call.legs[index].answeredAt)
            call.legs[index].endedAt = moved(call.legs[index].endedAt)
        }
        return call
    }
}
