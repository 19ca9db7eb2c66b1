/// Headings that are none of the known names, by the words in them: `Qtés livrées`, `N° du bordereau de livraison`,
/// `Mouvements de stock/Quantité`, `NumeroBL`.
extension Columns {
    /// What stands behind the last `/` of an export of Odoo, folded, with words of `camelCase` apart.
    static func words(_ title: String) -> String {
        var out = ""
        var before: Character = " "
        // A path has no blanks around its slashes; EAN/UPC is none.
        let parts = title.split(separator: "/")
        let isPath = parts.count > 1 && parts.allSatisfy { $0.first?.isUppercase ?? false && $0.count > 3 }
        var last = (isPath ? parts.last : nil) ?? title[...]
        if isPath, parts.count > 2, ["Name", "Nom"].contains(last) { last = parts[parts.count - 2] }
        for character in last {
            if character.isUppercase, before.isLowercase { out += " " }
            out.append(character)
            before = character
        }
        return Cell.folded(out)
    }

    /// An export of Odoo, whose lines are named by a path from their parent: there "Reference" is the paper's own.
    static func isOfLines(_ titles: [String]) -> Bool {
        let parents: Set<String> = [
            "stock moves", "mouvements de stock", "lagerbuchungen", "lagerbewegungen", "operations", "move lines",
            "stock move", "product", "produit", "produkt", "order lines", "lignes de la commande", "lignes de commande",
            "auftragszeilen",
        ]
        return titles.contains { title in
            guard let slash = title.firstIndex(of: "/") else { return false }
            return parents.contains(Cell.folded(String(title[..<slash])))
        }
    }

    /// The column of a field by the words of its heading; nil where none or several fit equally well.
    static func place(of field: String, in titles: [String], besides taken: Set<Int>) -> Int? {
        let scores = titles.indices.filter { !taken.contains($0) }.map { (place: $0, score: score(field, titles[$0])) }
        guard let best = scores.map(\.score).max(), best > 0 else { return nil }
        let found = scores.filter { $0.score == best }
        return found.count == 1 ? found[0].place : nil
    }

    /// 0 where the heading is not of that field, else how well it says so.
    static func score(_ field: String, _ title: String) -> Int {
        let text = words(title)
        let words = Set(text.split(separator: " ").map(String.init))
        func has(_ list: Set<String>) -> Bool { !words.isDisjoint(with: list) }
        switch field {
        case "quantity":
            guard has(counts), !has(notDelivered) else { return 0 }
            return has(delivered) ? 2 : 1
        case "delivery_note":
            guard !has(["date", "jour", "ligne", "line", "quantite", "qte", "menge", "position", "pos"]) else {
                return 0
            }
            return has([
                "bl", "lieferschein", "lieferscheinnummer", "pakbon", "pakbonnr", "pakbonnummer", "ddt", "albaran",
                "asn",
            ])
                || phrases.contains { text.contains($0) } ? 1 : 0
        case "gtin":
            guard
                has(["ean", "ean13", "gtin", "gtin13", "gtin14", "gencod", "gencode", "barcode", "upc"])
                    || text.contains("code barre") || text.contains("codebarre")
            else { return 0 }
            return has(["carton", "colis", "palette", "emballage", "outer", "karton", "case", "pallet"]) ? 0 : 1
        default: return 0
        }
    }

    /// Whether a heading says that it is what was delivered, and not what was ordered.
    static func isDelivered(_ title: String) -> Bool { score("quantity", title) == 2 }

    private static let phrases = [
        "bon de livraison", "bordereau de livraison", "bon livraison", "delivery note", "delivery number",
        "packing list",
        "packing slip", "despatch note", "dispatch note", "despatch advice", "shipping note", "ls nr", "ls nummer",
    ]
    private static let counts: Set<String> = [
        "qte", "qtes", "quantite", "quantites", "qty", "quantity", "quantities", "menge", "liefermenge", "anzahl",
        "aantal", "cantidad", "quantita", "nbre", "demand", "demande", "bedarf", "stuckzahl",
    ]
    private static let delivered: Set<String> = [
        "livre", "livree", "livrees", "livres", "liv", "expedie", "expediee", "expediees", "exp", "delivered",
        "shipped",
        "despatched", "dispatched", "geliefert", "gelieferte", "liefermenge", "geleverd", "done", "effectue", "bl",
    ]
    private static let notDelivered: Set<String> = [
        "commande", "commandee", "commandees", "cde", "cdee", "cdees", "ordered", "order", "bestellt", "bestellte",
        "besteld",
        "reliquat", "reste", "restante", "restant", "rest", "remaining", "backorder", "par", "per", "carton", "colis",
        "palette", "conditionnement", "prix", "price", "unite", "unit", "stock", "mini", "facturee", "invoiced",
        "ligne",
    ]
}
