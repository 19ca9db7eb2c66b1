/// A configuration for whoever helps from afar: every key, and the values that are nobody's.
public struct PlainSettings: Sendable {
    /// Keys whose texts are somebody's neither by what they say nor by what they are for.
    public var harmless: Set<String>
    /// Of a key by its path: where a secret lies, which may be shown where it is no secret itself.
    public var isSecret: @Sendable ([String]) -> Bool

    public init(harmless: Set<String>, isSecret: @escaping @Sendable ([String]) -> Bool) {
        (self.harmless, self.isSecret) = (harmless, isSecret)
    }

    /// The configuration as lines `[table] key = value`.
    public func text(_ sources: [(file: String, text: String)]) -> String {
        var out = sources.map { "# \($0.file)\n" }.joined()
        let reader: SettingsReader
        do throws(Problems) { reader = try SettingsReader(sources) } catch {
            return out + error.list.map { "# \($0.file):\($0.line): it is no TOML\n" }.joined()
        }
        for (path, value) in reader.everything {
            let place = path.dropLast().isEmpty ? "" : "[\(path.dropLast().joined(separator: "."))] "
            let key = path.last ?? ""
            let isSecret = isSecret(path)
            switch value {
            case .table: continue
            case .list(let count): out += "\(place)\(key) = […] (\(count))\n"
            case .plain(let text): out += "\(place)\(key) = \(isSecret ? "…" : text)\n"
            case .text(let text):
                let isShown =
                    isSecret
                    ? text.hasPrefix("credential:") || text.hasPrefix("file:")
                    : harmless.contains(key) && !text.contains("@")
                out += "\(place)\(key) = \(isShown ? "\"\(text)\"" : "… (\(text.count) characters)")\n"
            }
        }
        return out
    }

    /// `"url" must be …, not "…"`: the second quote is the user's.
    public static func withoutQuotes(_ sentence: String) -> String {
        guard let place = sentence.firstRange(of: "not \"") else { return sentence }
        return "\(sentence[..<place.upperBound])…\""
    }
}
