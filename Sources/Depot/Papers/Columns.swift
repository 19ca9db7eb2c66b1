import Identifiers

/// Which column of a table holds which field: by what a person said, else by its name, else, for article numbers, by what is
/// in it.
struct Columns {
    /// A field, the name it has in our templates, and what suppliers and programs call it, folded (`Cell.folded`).
    struct Field: Sendable {
        var name: String
        var names: [String]

        init(_ name: String, _ names: String...) {
            (self.name, self.names) = (name, [Cell.folded(name)] + names)
        }
    }

    private let places: [String: Int]
    /// The column that was taken for the article number by its content.
    private(set) var guessed: String?
    /// Fields whose column is known by words in its heading, with the heading.
    private(set) var likely: [(field: String, heading: String)] = []

    /// Throws when the map names what is not there, or the file is no table. `map` is field to heading; an empty heading beside
    /// others says that the field has no column.
    init(_ csv: CSV, _ fields: [Field], map: [String: String]) throws(ImportError) {
        if let problem = csv.problem { throw .noTable(problem) }
        var places: [String: Int] = [:]
        for (field, heading) in map.sorted(by: { $0.key < $1.key }) {
            guard fields.contains(where: { $0.name == field }) else {
                throw .badMap(field, found: fields.map(\.name))
            }
            guard !heading.isEmpty else { continue }
            guard let place = csv.header.firstIndex(of: Cell.folded(heading)) else {
                throw .badMap(heading, found: csv.titles)
            }
            places[field] = place
        }
        let none = places.isEmpty ? [] : Set(map.keys)
        let isDeliveries = fields.contains { $0.name == "delivery_note" }
        // What came, where what was ordered stands beside it.
        if isDeliveries, places["quantity"] == nil, !none.contains("quantity") {
            let found = csv.titles.indices.filter { Columns.isDelivered(csv.titles[$0]) }
            if found.count == 1 { places["quantity"] = found[0] }
        }
        if isDeliveries, places["delivery_note"] == nil, !none.contains("delivery_note"), Columns.isOfLines(csv.titles),
            !csv.header.contains(where: fields[0].names.contains)
        {
            places["delivery_note"] = csv.header.firstIndex {
                ["reference", "referenz", "order reference", "reference de commande", "source document"].contains($0)
            }
        }
        for field in fields where places[field.name] == nil && !none.contains(field.name) {
            let taken = Set(places.values)
            places[field.name] =
                field.names.lazy.compactMap { name in
                    csv.header.indices.first { csv.header[$0] == name && !taken.contains($0) }
                }.first
        }
        for field in fields where places[field.name] == nil && !none.contains(field.name) {
            let taken = Set(places.values)
            // Exports of Odoo name a field by its path; some programs write TelFixe.
            let path = csv.titles.indices.first {
                let words = Columns.words(csv.titles[$0])
                return !taken.contains($0) && words != csv.header[$0] && field.names.contains(words)
            }
            guard let place = path ?? Columns.place(of: field.name, in: csv.titles, besides: taken) else { continue }
            places[field.name] = place
            likely.append((field.name, csv.titles[place]))
        }
        if fields.contains(where: { $0.name == "gtin" }), places["gtin"] == nil, !none.contains("gtin"),
            let place = Columns.articles(csv, besides: Set(places.values))
        {
            places["gtin"] = place
            guessed = csv.titles[place]
        }
        self.places = places
    }

    /// Every name that a heading of any kind of file has.
    static let known = Set([deliveries, products, codes, tags, parties].joined().flatMap(\.names))

    /// Which heading a field that is missing could have, by what is in the columns that nobody claims; nil where none or
    /// several could.
    func proposal(_ field: String, _ csv: CSV) -> String? {
        let taken = Set(places.values)
        let sample = csv.rows.prefix(50)
        let found = csv.header.indices.filter { place in
            guard !taken.contains(place), !csv.titles[place].isEmpty else { return false }
            let cells = sample.compactMap { $0.filled(place) }
            let good = cells.count { cell in
                switch field {
                case "quantity": if case .of = Cell.amount(cell) { cell.count < 10 } else { false }
                case "expected", "expires": Cell.day(cell) != nil
                default: false
                }
            }
            // A number that stands in every row is the paper's own.
            let isOwn = cells.count > 1 && cells.allSatisfy { $0 == cells[0] } && (cells.first?.count ?? 0) > 2
            return good > 0 && good * 10 >= cells.count * 8 && !(field == "quantity" && isOwn)
        }
        return found.count == 1 ? csv.titles[found[0]] : nil
    }

    subscript(_ field: String) -> Int? { places[field] }

    /// The column most of whose cells are article numbers with a right check digit.
    private static func articles(_ csv: CSV, besides taken: Set<Int>) -> Int? {
        let sample = csv.rows.prefix(50)
        let scores = csv.header.indices.filter { !taken.contains($0) }.map { place in
            let cells = sample.compactMap { $0.filled(place) }
            let good = cells.count { Cell.gtin($0) != nil && $0.count >= 8 }
            return (place, good, cells.count)
        }
        return scores.filter { $0.1 > 0 && $0.1 * 10 >= $0.2 * 8 }.max { ($0.1, -$0.0) < ($1.1, -$1.0) }?.0
    }
}

extension Columns {
    /// The fields of a kind of file; nil for a kind that is none.
    static func fields(_ kind: String) -> [Field]? {
        switch kind {
        case "deliveries": deliveries
        case "products": products
        case "codes": codes
        case "tags": tags
        case "parties": parties
        default: nil
        }
    }

    static let deliveries = [
        Field(
            "delivery_note", "note", "bl", "bon de livraison", "n bl", "no bl", "n de bl", "numero bl", "numero de bl",
            "num bl", "n bon de livraison", "numero de bon de livraison", "bon", "delivery number", "despatch advice",
            "lieferschein", "lieferscheinnummer", "lieferschein nr", "pakbon", "pakbonnummer", "bon livraison",
            "n bordereau",
            "numero de livraison", "n livraison", "n de livraison", "reference bl", "delivery", "delivery note number",
            "packing slip", "no de bl", "n expedition", "ref bl", "livraison", "expedition", "shipment", "dn", "asn",
            "document", "n document", "numero de document", "n piece", "numero de piece", "ls nr", "beleg nr",
            "belegnummer"),
        Field(
            "supplier", "fournisseur", "nom fournisseur", "fourn", "raison sociale fournisseur", "proveedor",
            "fornitore", "nom du fournisseur", "vendor", "vendor name",
            "supplier name",
            "lieferant", "leverancier", "expediteur"),
        Field(
            "gtin", "ean", "ean13", "ean 13", "code ean", "ean gtin", "gencod", "gencode", "code barre", "code barres",
            "code a barres", "barcode", "code article", "code ean13", "ean code", "ean upc", "upc", "gtin 13",
            "gtin 14",
            "gtin13", "gtin14", "strichcode", "gencod ean"),
        Field(
            "reference", "ref", "reference article", "ref article", "reference fournisseur", "ref fournisseur",
            "supplier reference", "reference fabricant", "ref fabricant", "reference interne", "internal reference",
            "code produit", "product code", "artikelnummer", "artikel nr", "art nr", "code sonepar", "code rexel",
            "article",
            "ref fab", "ref constructeur", "reference constructeur", "reference commerciale", "ref commerciale",
            "ref sonepar",
            "ref rexel", "reference produit", "ref produit", "sku", "item number", "item", "interne referenz",
            "product internal reference"),
        Field(
            "description", "designation", "libelle", "libelle article", "designation article", "libelle produit",
            "produit",
            "product", "nom", "name", "bezeichnung", "artikelbezeichnung", "omschrijving", "intitule",
            "designation produit",
            "item description", "beschreibung", "artikel", "artikelbez", "descripcion", "descrizione", "product name"),
        Field(
            "quantity", "quantite", "qty", "qte", "quantite livree", "qte livree", "quantite expediee", "qte expediee",
            "quantite bl", "qte bl", "delivered", "delivered quantity", "menge", "aantal", "qte liv", "qte exp", "nb",
            "nombre", "liefermenge", "shipped", "shipped quantity", "quantity delivered", "quantity shipped",
            "qty delivered",
            "qty shipped", "quantites", "quantite livre", "units", "anzahl", "cantidad", "quantita", "nbre",
            "quantite facturee"),
        Field(
            "unit", "unite", "unite de mesure", "unit of measure", "uom", "udm", "um", "mengeneinheit", "einheit",
            "unite de vente", "quantity unit", "unite quantite", "eenheid"),
        Field(
            "expected", "date", "expected on", "date de livraison", "date livraison", "livraison prevue", "date prevue",
            "delivery date", "scheduled date", "liefertermin"),
        Field(
            "client", "client reference", "customer", "customer reference", "reference client", "ref client", "chantier"
        ),
        Field("dock", "quai"),
        Field("lot", "batch", "numero de lot", "n lot", "n de lot", "no lot", "charge"),
        Field("expires", "expiry", "dlc", "dluo", "ddm", "peremption", "date de peremption", "expiration date"),
        Field("serials", "serial", "numeros de serie", "numero de serie", "n de serie", "n serie", "serial number"),
        Field("sscc", "pallet", "palette", "code sscc", "n palette", "support"),
    ]
    static let products = [
        Field(
            "gtin", "ean", "ean13", "ean 13", "code ean", "gencod", "gencode", "code barre", "code barres",
            "code a barres", "barcode", "code ean13", "upc", "gtin 13", "gtin13", "strichcode"),
        Field(
            "description", "designation", "libelle", "libelle article", "nom", "name", "product", "produit",
            "display name",
            "nom affiche", "product name", "bezeichnung", "artikelbezeichnung", "omschrijving", "produktname",
            "intitule",
            "designation article", "designation produit", "description courte", "artikel"),
        Field(
            "reference", "ref", "reference article", "ref article", "reference interne", "internal reference",
            "reference fabricant", "ref fabricant", "code article", "code produit", "default code", "interne referenz",
            "sku",
            "artikelnummer", "internal ref", "ref interne", "art nr", "artikel nr", "ref fab", "ref fournisseur",
            "reference fournisseur", "reference sonepar", "ref sonepar", "reference rexel", "ref rexel"),
        Field("supplier", "fournisseur", "vendor", "marque", "fabricant", "brand", "lieferant", "hersteller"),
        Field("unit", "unite", "unite de mesure", "unit of measure", "uom", "udm", "mengeneinheit", "einheit"),
        Field("tracking", "suivi"),
        Field("minimum", "stock mini", "min", "stock minimum", "mindestbestand"),
        Field("carton_gtin", "gtin carton", "ean carton"),
        Field("carton_quantity", "quantite carton", "colisage", "quantite par carton"),
    ]
    static let codes = [
        Field(
            "gtin", "ean", "ean13", "ean 13", "code ean", "gencod", "gencode", "code barre", "code barres", "barcode",
            "article", "gtin 13", "gtin13"),
        Field(
            "code", "autre code", "reference fournisseur", "ref fournisseur", "supplier reference", "vendor code",
            "vendor product code", "reference", "ref", "code fournisseur", "code article fournisseur", "artikelnummer",
            "lieferantennummer", "code produit fournisseur", "code barre secondaire", "ancien ean", "alias",
            "ref rexel",
            "reference rexel", "ref sonepar", "reference sonepar"),
    ]
    static let tags = [
        Field(
            "tag", "epc", "uid", "text", "etiquette", "n etiquette", "numero d etiquette", "etiquette rfid", "epc hex",
            "code epc",
            "epc code", "tid", "rfid", "tag id", "n tag", "numero de tag", "puce", "puce rfid"),
        Field("gtin", "ean", "code barres", "barcode"),
        Field("serial", "numero de serie", "n de serie"), Field("lot", "batch", "numero de lot"),
    ]
    static let parties = [
        Field(
            "company", "societe", "client", "raison sociale", "entreprise", "company name", "firma", "related company",
            "societe liee", "organization name", "customer", "kunde", "bedrijf", "nom de la societe", "parent",
            "compte",
            "intitule", "ct intitule", "denomination", "denomination sociale", "nom de l entreprise", "organisation",
            "nom societe"
        ),
        Field(
            "name", "nom", "contact", "nom affiche", "display name", "nom complet", "interlocuteur", "complete name",
            "full name", "contact name", "nom du contact", "ansprechpartner", "naam", "angezeigter name", "ct contact",
            "nom contact", "contact principal", "last name", "nom de famille", "responsable"),
        Field(
            "phone", "telephone", "tel", "telephone fixe", "fixe", "phone number", "numero de telephone", "telefon",
            "tel fixe",
            "telephone 1", "tel 1", "phone 1", "business phone", "telefoon", "telefonnummer", "n de telephone",
            "n telephone", "ct telephone", "telephone principal", "primary phone", "tel bureau", "telephone bureau"),
        Field(
            "mobile", "portable", "telephone mobile", "telephone portable", "gsm", "handy", "mobile phone",
            "tel portable",
            "tel mobile", "mobil", "mobiel", "n portable", "cell", "mobilnummer", "mobile number", "numero de portable"),
        Field(
            "phone2", "telephone 2", "tel 2", "phone 2", "home phone", "standard", "ligne directe", "autre telephone",
            "other phone"),
        Field(
            "reference", "ref", "id", "code client", "numero client", "n client", "reference client", "external id",
            "identifiant externe", "identifiant", "externe id", "kundennummer", "klantnummer", "customer number",
            "code tiers"),
    ]
}

extension Import {
    /// The heading of an empty file of that kind, as it can be filled in.
    public static func template(_ kind: String) -> String? { Columns.fields(kind).map { CSV.line($0.map(\.name)) } }

    /// Rows that were refused as a file of the same form, each with the reason behind it: to be mended and imported.
    public static func rejects(of csv: CSV, _ report: ImportReport) -> String {
        let rows = Dictionary(csv.rows.map { ($0.line, $0.fields) }) { first, _ in first }
        guard csv.problem == nil else { return "" }
        var out = CSV.line(csv.titles + ["line", "reason"])
        for refusal in report.refused {
            let fields = rows[refusal.line] ?? []
            let padding = Array(repeating: "", count: max(0, csv.titles.count - fields.count))
            out += CSV.line(fields.prefix(csv.titles.count) + padding + ["\(refusal.line)", refusal.reason])
        }
        return out
    }
}
