import Glibc

/// Which names and numbers are this site's own telephones: a POSIX extended regular expression, with `\d` for a digit.
/// The C library's, because Swift's would add two megabytes to the agent.
public struct DialPlan {
    private final class Pattern {
        var compiled = regex_t()
        deinit { regfree(&compiled) }

        init?(_ text: String) {
            var posix = ""
            var escaped = false
            for character in text {
                if escaped {
                    posix += character == "d" ? "[0-9]" : "\\\(character)"
                } else if character != "\\" {
                    posix.append(character)
                }
                escaped = !escaped && character == "\\"
            }
            guard regcomp(&compiled, posix, REG_EXTENDED | REG_NOSUB) == 0 else { return nil }
        }
    }

    private let pattern: Pattern?
    private var known: [String: Bool] = [:]

    /// Answers kept; beyond it a name is compared anew each time.
    static let knownLimit = 10_000

    /// A pattern that is not a regular expression matches nothing; `isValid` tells before it comes this far.
    public init(pattern: String) { self.pattern = Pattern(pattern) }

    public var isValid: Bool { pattern != nil }

    /// Digits, `+`, `*` and `#`, at most 32 of them: nothing that would end a line or begin another field.
    public static func isDialable(_ number: String) -> Bool {
        (1...32).contains(number.utf8.count)
            && number.utf8.allSatisfy { (0x30...0x39).contains($0) || "+*#".utf8.contains($0) }
    }

    public mutating func isExtension(_ text: String) -> Bool {
        if let answer = known[text] { return answer }
        guard let pattern else { return false }
        let answer = regexec(&pattern.compiled, text, 0, nil, 0) == 0
        if known.count < DialPlan.knownLimit { known[text] = answer }
        return answer
    }
}
