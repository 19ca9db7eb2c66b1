import Identifiers

/// What an article is called in tables, answers and pages, where they say `gtin`: the GTIN of one piece, or a code of our own where
/// it has none (docs/decisions/0019). The one place that tells the two apart.
public enum ArticleCode: Hashable, Sendable {
    /// 14 digits.
    case gtin(String)
    /// By its reference as it is written, of the ERP or of a supplier: `#AB-1`.
    case reference(String)
    /// By the ERP's number of it, where it has no reference or another article has that: `#erp:57`.
    case erp(String)

    /// In characters: printable, no space at the ends.
    public static let lengths = 1...64

    /// As it stands in a table.
    public var text: String {
        switch self {
        case .gtin(let gtin): gtin
        case .reference(let reference): "#\(reference)"
        case .erp(let id): "#erp:\(id)"
        }
    }

    /// Nil where the text cannot be one: empty, too long, with control signs.
    public init?(reference text: String) {
        // Those would be read as the other kind.
        guard ArticleCode.isPrintable(text), !text.hasPrefix("erp:") else { return nil }
        self = .reference(text)
    }

    /// Of an article of the ERP; a number of more than 64 characters is cut.
    public init(erp id: String) { self = .erp(String(id.prefix(ArticleCode.lengths.upperBound))) }

    /// As a page, a client or a scanned label says it: a GTIN in any form, or one of our codes.
    public init?(asked text: String) {
        guard ArticleCode.isOwn(text) else {
            guard let gtin = GS1.gtin(scanned: text) else { return nil }
            self = .gtin(gtin)
            return
        }
        let rest = String(text.dropFirst())
        if rest.hasPrefix("erp:") {
            let id = String(rest.dropFirst(4))
            guard ArticleCode.isPrintable(id) else { return nil }
            self = .erp(id)
        } else {
            self.init(reference: rest)
        }
    }

    /// Whether a code of a table is one of ours. A GTIN of an ERP may have a wrong check digit: everything else is one.
    public static func isOwn(_ code: String) -> Bool { code.utf8.first == 0x23 }

    /// The reference that a code of a table is made of; nil for GTINs and the ERP's numbers.
    public static func reference(of code: String) -> String? {
        guard isOwn(code), !code.hasPrefix("#erp:") else { return nil }
        return String(code.dropFirst())
    }

    /// The ERP's number that a code of a table is made of.
    public static func remote(of code: String) -> String? {
        code.hasPrefix("#erp:") ? String(code.dropFirst(5)) : nil
    }

    /// What a label of it says, and a person reads: the reference without our sign, else the code.
    public static func printed(_ code: String) -> String { reference(of: code) ?? code }

    static func isPrintable(_ text: String) -> Bool {
        guard let first = text.first, let last = text.last, !first.isWhitespace, !last.isWhitespace,
            text.utf8.count <= 4 * lengths.upperBound, lengths.contains(text.count)
        else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: false
            default: true
            }
        }
    }
}
