/// How many wrong tries are free, and how long one waits after them. Times in milliseconds.
struct SignInLimit {
    var free: Int64
    /// After the last free try; twice as long after each further one.
    var first: Int64
    var longest: Int64
    /// Without a try for this long, everything is forgotten.
    var memory: Int64

    /// Of one subject from one source.
    static let pair = SignInLimit(free: 5, first: 30_000, longest: 3_600_000, memory: 86_400_000)
    /// Of one badge that opens nothing: it is held there again and again.
    static let badge = SignInLimit(free: 5, first: 5000, longest: 60_000, memory: 3_600_000)
    /// Of one subject from everywhere: slows a guesser with many addresses, and never keeps anybody out for long.
    static let anywhere = SignInLimit(free: 20, first: 1000, longest: 30_000, memory: 3_600_000)
    /// Of one source, whomever it tries. An office behind one address is one source: short as well.
    static let source = SignInLimit(free: 30, first: 5000, longest: 60_000, memory: 3_600_000)

    /// Until when one waits who has failed `count` times.
    func until(_ count: Int64, at now: Int64) -> Int64 {
        count < free ? 0 : now + min(longest, first << min(12, count - free))
    }
}
