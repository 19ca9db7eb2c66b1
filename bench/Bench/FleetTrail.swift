import Model

/// What one gateway went through until it was served: the last ones of a storm are shown by it.
struct FleetTrail: Sendable {
    /// Steps kept of one gateway.
    static let limit = 40

    private var steps: [(at: Instant, line: StaticString, what: StaticString)] = []

    mutating func note(_ line: StaticString, _ what: StaticString, at now: Instant) {
        if steps.count < FleetTrail.limit { steps.append((now, line, what)) }
    }

    /// In seconds since `begin`.
    func text(since begin: Instant) -> String {
        steps.map { "\(Double(($0.at - begin).milliseconds) / 1000) \($0.line) \($0.what)" }.joined(separator: ", ")
    }
}
