/// Tells two machines that live with one buffer from one that started again: by the nonce that each process draws. A value.
public struct CloneWatch: Sendable {
    public enum Verdict: Equatable, Sendable {
        case welcome
        /// The other of the two is younger and was found out by this hello: it is told when it speaks next.
        case foundAnother
        /// This one is the younger; it must stop.
        case cloned
    }

    /// Nonces remembered of an agent.
    static let limit = 8
    /// Younger ones remembered in all; the oldest are forgotten first.
    static let cloneLimit = 1000

    private var known: [String: [UInt64]] = [:]
    private var clones: [UInt64] = []

    public init() {}

    public mutating func greet(_ agent: String, nonce: UInt64) -> Verdict {
        if clones.contains(nonce) { return .cloned }
        var nonces = known[agent] ?? []
        // Who was told to stop asks once more to hear it: that makes nobody else the younger.
        guard nonces.last != nonce else { return .welcome }
        var verdict = Verdict.welcome
        // A nonce that was replaced and speaks again: two processes live with one buffer.
        if nonces.contains(nonce), let younger = nonces.last {
            clones.append(younger)
            if clones.count > CloneWatch.cloneLimit { clones.removeFirst() }
            nonces.removeAll { $0 == nonce }
            verdict = .foundAnother
        }
        known[agent] = (nonces + [nonce]).suffix(CloneWatch.limit)
        return verdict
    }

    public mutating func forget(_ agent: String) { known[agent] = nil }
}
