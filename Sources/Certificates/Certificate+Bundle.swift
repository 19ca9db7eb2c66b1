extension Certificate {
    /// Most certificates of a bundle that are read: an authority and the one that takes its place are two.
    public static let bundleLimit = 8

    /// Each certificate of a PEM text (RFC 7468 §5), in its order and without what stands between them; empty where one of them is none.
    public static func all(in pem: String) -> [Certificate] {
        guard pem.utf8.count <= limit else { return [] }
        var found: [Certificate] = []
        var block: String?
        for line in pem.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("-----BEGIN CERTIFICATE-----") { block = "" }
            block?.append("\(line)\n")
            guard line.hasPrefix("-----END CERTIFICATE-----"), let whole = block else { continue }
            guard found.count < bundleLimit, let one = Certificate(whole) else { return [] }
            found.append(one)
            block = nil
        }
        return found
    }

    /// First digits of its SHA-256: enough to tell a site's authorities apart, and to read aloud.
    public var mark: String {
        let digits = Array("0123456789abcdef")
        return String(digest.prefix(8).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
