import Model
import SQLite

/// Which delivery a note names: its supplier's. The number alone may be another supplier's too.
extension DeliveryTable {
    /// A note that was announced: its state, whose it is and who said so.
    struct KnownNote: Equatable {
        var id: Int64
        var status: String
        var supplier: String
        var source: String
        var erp: String?
        /// It was closed once, and opened again: what the ERP announces under its note is another one.
        var wasClosed = false
        /// It is what was missing of this delivery.
        var restOf: Int64?

        /// A paper announced it and it is not closed: what the ERP says is linked with it.
        var isOfPaper: Bool { status != "closed" && !wasClosed && source != "erp" && source != "blind" }
    }

    /// Every delivery of that number: those that are not closed first.
    func known(note: String) throws -> [KnownNote] {
        try database.rows(
            """
            SELECT id, status, supplier, source, erp, EXISTS (SELECT 1 FROM reopening WHERE reopening.delivery=delivery.id), rest_of
            FROM delivery WHERE note=? ORDER BY status='closed', id
            """, .text(note)
        ) {
            KnownNote(
                id: $0.integer(0), status: $0.text(1), supplier: $0.text(2), source: $0.text(3),
                erp: $0.optionalText(4), wasClosed: $0.bool(5), restOf: $0.optionalInteger(6))
        }
    }

    /// The delivery that this supplier's paper means; several where the paper does not say enough, none where it is new. Papers and ERP may
    /// call one supplier by different names: what the one announced is the other's while nobody else has that number.
    func known(note: String, of supplier: String, source: String, erp: String? = nil) throws -> [KnownNote] {
        // A delivery and what is missing of it are one to a paper: the rest is what may still come.
        let every = try known(note: note)
        let past = Set(every.compactMap(\.restOf))
        let all = every.filter { !past.contains($0.id) }
        if let erp, let same = all.first(where: { $0.erp == erp }) { return [same] }
        if let same = all.first(where: { $0.supplier == supplier && !supplier.isEmpty }) { return [same] }
        let alike = all.filter { Again.isSame($0.supplier, supplier) }
        let isOnce = all.count == 1 && (erp == nil || all[0].erp == nil)
        if alike.isEmpty, isOnce, source == "erp" || all[0].source == "erp" { return all }
        return alike
    }

    func status(note: String, of supplier: String, source: String) throws -> String? {
        try known(note: note, of: supplier, source: source).first?.status
    }

    /// A delivery of that number; of several, the first that is not closed.
    public func id(note: String) throws -> Int64? { try known(note: note).first?.id }

    /// Every delivery of that number, those that are not closed first.
    public func ids(note: String) throws -> [Int64] { try known(note: note).map(\.id) }

    /// A paper that counts cartons: the goods are counted in pieces.
    func packed(_ line: Announced.Line) -> Announced.Line {
        var line = line
        let carton = store.articles.packaging(line.gtin)
        line.quantity = line.quantity.packed(carton?.quantity)
        line.gtin = carton?.gtin ?? line.gtin
        return line
    }
}
