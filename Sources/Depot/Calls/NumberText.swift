/// A text in which a telephone number stands, taken apart: what is dialled is parsed, never what is left when the other
/// characters are dropped. A value without tables; whether digits are a number, the region's plan says.
///
/// Taken off: URI parts (RFC 3966, RFC 3261 §19.1.1), percent-encoding (RFC 3986 §2.1), a label in front (`Tél. :`), and
/// behind the number an extension (`ext. 12`, `x12`, `,12`, `poste 12`, `p.12`, `#12`), pauses (`p`, `w`, `,`, `;`), a
/// remark or a second number. A text that is no number for sure has no candidates: a service code (3GPP TS 22.030 §6.5.2),
/// letters between digits, a number that a spreadsheet has rounded (`6,12E+08`).
struct NumberText {
    /// Longest text that is looked at, in bytes of UTF-8; the longest number with its words has far fewer.
    static let limit = 256

    /// The number first as it stands, then what stands before a slash, a dash or a bracket, where that alone may be one.
    private(set) var candidates: [String] = []
    /// Words stand around it: then only a whole subscriber number counts, no short number and no extension.
    private(set) var isWordy = false

    init(bare: String) {
        guard bare.utf8.count <= NumberText.limit else { return }
        var text = bare[...]
        guard dropLabel(&text), let first = text.first, first != "*", first != "#" else { return }
        let head = text.prefix { NumberText.isSign($0) || NumberText.isDigit($0) }
        // A plus within is another number's beginning.
        let plus = head.dropFirst().firstIndex { $0 == "+" }
        let start = head.firstIndex(where: NumberText.isDigit)
        let end = plus.flatMap { plus in start.map { $0 < plus ? plus : head.endIndex } } ?? head.endIndex
        guard allows(tail: text[end...], after: head[..<end]) else { return }
        candidates = NumberText.parts(String(head[..<end]))
    }

    // MARK: around the number

    /// In front: signs such as ☎, or a word that a space, a colon or a full stop sets apart. False where it is part of a
    /// name or says that an extension follows.
    private mutating func dropLabel(_ text: inout Substring) -> Bool {
        text = text.drop { !$0.isLetter && !NumberText.isDigit($0) && !"+*#([".contains($0) }
        guard text.first?.isLetter ?? false else { return true }
        guard let start = text.firstIndex(where: { NumberText.isDigit($0) || "+*#".contains($0) }) else { return false }
        let label = text[..<start]
        let words = label.split { !$0.isLetter }.map { $0.lowercased() }
        guard let last = words.last, !NumberText.extensionWords.contains(last) else { return false }
        let isApart = label.last.map { " :.°)(".contains($0) } ?? false
        guard isApart || NumberText.labels.contains(last) && label.last?.isLetter ?? false else { return false }
        isWordy = true
        text = text[start...]
        if label.last == "(" { text = "(" + text }
        return true
    }

    /// Whether what stands behind the digits leaves no doubt that they end there.
    private mutating func allows(tail: Substring, after head: Substring) -> Bool {
        guard let next = tail.first else { return true }
        let isGlued = head.last.map(NumberText.isDigit) ?? false
        if next.isLetter {
            isWordy = true
            return !isGlued
                || NumberText.extensionWords.contains(tail.prefix { $0.isLetter }.lowercased())
        }
        if tail.dropFirst().contains(where: \.isLetter) { isWordy = true }
        switch next {
        case "*": return false
        case "+": return true
        default: return !isGlued || ",;#&|\"'\n<>:!?".contains(next)
        }
    }

    // MARK: the number

    private static func parts(_ head: String) -> [String] {
        var whole = head.trimming(" .-/([")
        // Whole numbers of a spreadsheet: 199001234.0
        if whole.hasSuffix(".0"), whole.dropLast(2).allSatisfy(isDigit), whole.utf8.count > 10 {
            whole = String(whole.dropLast(2))
        }
        if head.first == "(" || head.first == "[" { whole = String(head.first!) + whole }
        var parts = [whole]
        func split(at index: String.Index?) {
            guard let index, index > whole.startIndex else { return }
            parts.append(String(whole[..<index]).trimming(" .-/(["))
        }
        if let slash = whole.firstIndex(of: "/") {
            let rest = whole[whole.index(after: slash)...].drop { $0 == " " || $0 == "/" }
            let isApart = whole[..<slash].last == " " || whole[slash...].dropFirst().first == " "
            let isNumber = (rest.first == "0" || rest.first == "+") && rest.filter(isDigit).count >= 9
            // Two numbers in one cell never make a third.
            if isNumber || isApart && !(whole.first.map { "0+(".contains($0) } ?? false) { parts = [] }
            split(at: slash)
        }
        if let dash = whole.firstRange(of: " - ") { split(at: dash.lowerBound) }
        if let bracket = whole.lastIndex(where: { $0 == "(" || $0 == "[" }) { split(at: bracket) }
        return parts.filter { $0.contains(where: isDigit) }
    }

    static func isDigit(_ character: Character) -> Bool { character.isASCII && character.isWholeNumber }

    private static func isSign(_ character: Character) -> Bool { " .-/()[]+·".contains(character) }

    // MARK: the text

    /// Without scheme, host, parameters, percent-encoding, name and quotes; digits and signs in ASCII.
    static func bare(_ input: String) -> String {
        var text = plain(input.utf8.count <= 4 * limit ? input[...] : Substring(input.unicodeScalars.prefix(limit)))
        // Name-addr (RFC 3261 §25.1): "Zoé" <sip:…>
        if let open = text.lastIndex(of: "<"), text[open...].contains(":") {
            text = String(text[text.index(after: open)...].prefix { $0 != ">" })
        }
        let lower = text.lowercased()
        var scheme = ""
        for name in ["tel:", "sip:", "sips:", "callto:"] where lower.hasPrefix(name) { scheme = name }
        // Lower case may have other lengths; the schemes have not.
        text = String(text.dropFirst(scheme.count))
        if scheme != "", text.hasPrefix("//") { text = String(text.dropFirst(2)) }
        let isSIP = scheme.hasPrefix("sip")
        if let end = text.firstIndex(of: "@") {
            text = String(text[..<end])
        } else if isSIP {
            text = String(text.prefix { !";?:".contains($0) })
            if text.contains(".") { return "" }  // a host alone
        }
        var parameters = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        text = parameters.isEmpty ? "" : parameters.removeFirst()
        if isSIP { text = String(text.prefix { $0 != ":" }) }
        text = plain(decoded(text)[...])
        if scheme != "", !text.hasPrefix("+"),
            let context = parameters.first(where: { $0.lowercased().hasPrefix("phone-context=") })
        {
            let prefix = decoded(String(context.dropFirst("phone-context=".count)))
            if prefix.hasPrefix("+"), prefix.dropFirst().allSatisfy({ isDigit($0) || "-.()".contains($0) }) {
                text = prefix + text
            }
        }
        return text
    }

    /// Digits, spaces, dashes and plus of other scripts as ASCII; without marks that turn the direction of writing or
    /// have no width, and without a spreadsheet's quotes around it.
    private static func plain(_ text: Substring) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0xAD, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2069, 0xFEFF: break
            case 0x09, 0xA0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: out.append(" ")
            case 0x0A, 0x0D, 0x2028, 0x2029: out.append("\n")
            case 0x2010...0x2015, 0x2212, 0xFE63, 0xFF0D: out.append("-")
            case 0xFF03, 0xFF08...0xFF0B, 0xFF0E, 0xFF0F: out.append(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)))
            default:
                if scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue,
                    (0...9).contains(value)
                {
                    out.append(Unicode.Scalar(0x30 + UInt8(value)))
                } else {
                    out.append(scalar)
                }
            }
        }
        return String(out).trimming(" \n\"'=")
    }

    /// `%2B` is `+`; what is no pair of hexadecimal digits, or no UTF-8, stays.
    private static func decoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.contains(UInt8(ascii: "%")) else { return text }
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = Character(Unicode.Scalar(bytes[index + 1])).hexDigitValue,
                let low = Character(Unicode.Scalar(bytes[index + 2])).hexDigitValue
            {
                out.append(UInt8(high << 4 | low))
                index += 3
            } else {
                out.append(bytes[index])
                index += 1
            }
        }
        return String(validating: out, as: UTF8.self) ?? text
    }

    // MARK: prefixes

    /// What stands behind a prefix that shows or withholds the caller's own number for one call: `#31#` and `*31#`
    /// (3GPP TS 22.030 §6.5.5.4), `*31*` of exchanges, France's 3651, 141 and 1470 of the British Isles, `*67` and `*82`
    /// of North America. Nil where there is none.
    static func behindPrefix(_ bare: String, region: String) -> String? {
        var prefixes = ["#31#", "*31#", "*31*", "#31*"]
        if ["US", "CA"].contains(region) { prefixes += ["*67", "*82"] }
        if FrenchNumbers.regions.contains(region) { prefixes += ["3651"] }
        if ["GB", "IE"].contains(region) { prefixes += ["141", "1470"] }
        for prefix in prefixes where bare.hasPrefix(prefix) {
            var rest = String(bare.dropFirst(prefix.count)).trimming(" ")
            if rest.last == "#" { rest.removeLast() }
            // A prefix of digits is one where a whole number follows, perhaps with an extension, and no more.
            if prefix.allSatisfy(isDigit), !(9...40).contains(rest.filter(isDigit).count) { continue }
            // One prefix: behind a second stands no number, and hundreds would be taken off one by one.
            if let first = rest.first, first != "*", first != "#" { return rest }
        }
        return nil
    }

    // MARK: words

    /// Behind a number, of an extension or a pause; in front of one, of no number.
    static let extensionWords: Set<String> = [
        "x", "p", "w", "pp", "ww", "ext", "extn", "exten", "extension", "poste", "post", "pst", "int", "interne",
        "interno", "interior", "dw", "durchwahl", "klappe", "kl", "nst", "nebenstelle", "toestel", "tst", "anexo",
        "ramal",
        "wew", "tone", "pause", "wait",
    ]

    private static let labels: Set<String> = [
        "t", "tel", "tél", "telephone", "téléphone", "telefon", "telefoon", "telefono", "teléfono", "tlf", "phone",
        "ph",
        "mob", "mobile", "mobil", "port", "portable", "gsm", "cell", "cel", "fixe", "bureau", "office", "fax", "n",
        "no",
        "num", "numero", "numéro",
    ]
}
