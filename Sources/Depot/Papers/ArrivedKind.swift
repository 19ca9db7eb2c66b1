/// What a file holds that somebody put there: by how its name begins, else by what is in it.
public enum ArrivedKind: String, Sendable, CaseIterable {
    case deliveries, products, parties, codes, tags

    /// Why a file is not read.
    public static let unknown: Phrase =
        "it cannot be told what the file holds: begin its name with deliveries, products, clients, codes or tags"

    /// What names begin with, folded: `livraisons-2027-03.csv`, `Clients.xlsx`.
    private var words: Set<String> {
        switch self {
        case .deliveries: ["deliveries", "delivery", "livraisons", "livraison", "desadv", "expeditions", "attendus"]
        case .products: ["products", "product", "produits", "produit", "articles", "article", "catalogue"]
        case .parties: ["parties", "clients", "client", "customers", "contacts", "tiers"]
        case .codes: ["codes", "code"]
        case .tags: ["tags", "tag", "etiquettes"]
        }
    }

    /// Columns of which a table of this kind has one of each.
    private var columns: [[String]] {
        switch self {
        case .deliveries: [["delivery_note"], ["gtin", "reference"], ["quantity"]]
        case .products: [["gtin", "reference"], ["description"]]
        case .parties: [["company", "name"], ["phone", "mobile", "phone2"]]
        case .codes: [["gtin"], ["code"]]
        case .tags: [["tag"], ["gtin"]]
        }
    }

    /// Nil where nothing tells. `store` remembers what a person said of tables like it.
    public init?(name: String, bytes: [UInt8], in store: Store) {
        let start = Cell.folded(name).split(separator: " ").first.map(String.init) ?? ""
        let word = String(start.prefix { $0.isLetter })
        if let named = ArrivedKind.allCases.first(where: { $0.words.contains(word) }) {
            self = named
            return
        }
        if ArrivedKind.isMessage(bytes) {
            self = .deliveries
            return
        }
        let csv = CSV(bytes)
        // Whoever has a quantity of a note announces; whoever has a telephone is somebody; a tag is worn by an article.
        for kind in [ArrivedKind.deliveries, .parties, .tags, .products, .codes] {
            guard let table = try? Table(csv, kind.rawValue, Import.Options(), in: store) else { continue }
            guard kind.columns.allSatisfy({ $0.contains { table.columns[$0] != nil } }) else { continue }
            self = kind
            return
        }
        return nil
    }

    /// EDIFACT, XML or JSON, by how it begins: as `Import.check(deliveries:)`.
    private static func isMessage(_ bytes: [UInt8]) -> Bool {
        let start = bytes.drop { $0 <= 0x20 || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
        return start.starts(with: Array("UNA".utf8)) || start.starts(with: Array("UNB".utf8))
            || start.first.map { Array("<{[".utf8).contains($0) } ?? false || UBL.isWide(bytes)
    }
}
