import _StringProcessing

/// Which names and numbers are this site's own telephones.
struct DialPlan {
    private let pattern: Regex<AnyRegexOutput>?
    private var known: [String: Bool] = [:]

    /// A pattern that is not a regular expression matches nothing; `check` reports it before it comes this far.
    init(pattern: String) { self.pattern = try? Regex(pattern) }

    mutating func isExtension(_ text: String) -> Bool {
        if let answer = known[text] { return answer }
        let answer = pattern.map { text.firstMatch(of: $0) != nil } ?? false
        if known.count < 10_000 { known[text] = answer }
        return answer
    }
}
