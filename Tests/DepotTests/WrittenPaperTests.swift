import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Headings, codes and days as suppliers' programs and people write them, beyond the names that we know.
struct WrittenPaperTests {
    let store: Store
    private let folder = TemporaryFolder()
    static let gtin = PaperTests.gtins[0]

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    func take(_ text: String) throws -> ImportReport {
        try Import.deliveries(Array(text.utf8), options: .init(), into: store, dryRun: false, now: 0)
    }

    func expected(_ note: String = "N") throws -> [String: Quantity] {
        guard let id = try store.deliveries.id(note: note), let view = try store.deliveries.view(id) else {
            return [:]
        }
        return Dictionary(view.lines.map { (String($0.gtin.dropFirst()), $0.expected) }) { $0 + $1 }
    }

    @Test(arguments: [
        "BL N°;Fournisseur;EAN;Désignation;Quantité",
        "Bordereau de livraison;Fournisseur;Code GTIN;Désignation;Qtés livrées",
        "Delivery note no.;Supplier;EAN code;Product name;Quantity (pcs)", "ASN;Supplier;EAN;Description;Shipped Qty",
        "LS-Nr.;Lieferant;GTIN/EAN;Artikel;Gelieferte Menge", "Pakbonnr.;Leverancier;EAN;Omschrijving;Aantal",
        "NumeroBL;Fournisseur;CodeEAN;Designation;QuantiteLivree", "N° pièce;Fourn.;EAN UC;Désignation;Qté UC",
        "Référence;Contact;Mouvements de stock/Produit/Code-barres;Mouvements de stock/Produit/Nom;Mouvements de stock/Quantité",
    ])
    func aHeadingIsKnownByItsWords(heading: String) throws {
        let report = try take("\(heading)\nN;Sonepar;\(Self.gtin);Gaine;5\n")
        #expect(report.refused.isEmpty)
        #expect(try expected() == [Self.gtin: 5])
    }

    /// What is ordered, what comes later and what is in a carton are no deliveries.
    @Test(arguments: [
        "Qté commandée;Qté livrée;Reliquat", "Quantité;Quantité livrée;Reste", "Qty;Qty shipped;Qty per carton",
    ])
    func whatWasDeliveredCountsAndNotWhatWasOrdered(columns: String) throws {
        _ = try take("BL;EAN;\(columns)\nN;\(Self.gtin);10;5;3\n")
        #expect(try expected() == [Self.gtin: 5])
    }

    @Test func anOrderNumberIsNoDeliveryNote() {
        #expect(throws: ImportError.self) { try take("N° de commande;EAN;Qté\nN;\(Self.gtin);5\n") }
        #expect(throws: ImportError.self) { try take("Date BL;EAN;Qté\nN;\(Self.gtin);5\n") }
    }

    @Test func aNoteWrittenOnceIsOfTheRowsBelowIt() throws {
        let other = PaperTests.gtins[1]
        let report = try take("BL;EAN;Qté\nN;\(Self.gtin);5\n;\(other);6\nM;\(other);7\n;\(Self.gtin);8\n")
        #expect(report.refused.isEmpty && report.remarks.map(\.line) == [3, 5])
        #expect(try expected() == [Self.gtin: 5, other: 6] && expected("M") == [other: 7, Self.gtin: 8])
    }

    /// Where a note stands on every row of it, a row without one is a slip.
    @Test func aMissingNoteAmongRowsThatHaveOneIsRefused() throws {
        let report = try take("BL;EAN;Qté\nN;\(Self.gtin);5\nN;\(Self.gtin);5\n;\(Self.gtin);6\nM;\(Self.gtin);7\n")
        #expect(report.refused.map(\.line) == [4])
    }

    @Test func aRowOfTextBelowTheTableIsLeftOut() throws {
        let report = try take("BL;EAN;Qté\nN;\(Self.gtin);5\nDocument édité le 27/11/2026;;\n")
        #expect(report.refused.isEmpty && report.remarks.map(\.line) == [3])
        #expect(try take("BL;EAN;Libellé;Qté\nM;;Port;1\n").refused.map(\.line) == [2], "something is to come")
    }

    @Test(arguments: [
        "EPC:E20011223344556677880011", "#e20011223344556677880011", "E20011223344556677880011h",
        "H'E20011223344556677880011'",
    ]) func aTagIsReadHoweverItIsMarked(tag: String) throws {
        let checked = try Import.check(tags: CSV(Array("Étiquette RFID;EAN\n\(tag);\(Self.gtin)\n".utf8)))
        guard case .label(_, let subject)? = checked.rows.first else {
            Issue.record("\(tag) is no tag")
            return
        }
        #expect(subject == "tag:E20011223344556677880011")
    }

    @Test func aPalletsNumberThatExcelHasShortenedIsSaidToBe() throws {
        let report = try take("BL;EAN;Qté;SSCC\nN;\(Self.gtin);5;1,95212E+17\n")
        #expect(report.refused.first?.reason.contains("Excel") == true)
    }

    @Test func aTagThatLostADigitIsRefused() throws {
        let checked = try Import.check(tags: CSV(Array("epc;gtin\nE2801160600002040000AB1;\(Self.gtin)\n".utf8)))
        #expect(checked.report.refused.map(\.line) == [2])
    }

    @Test(arguments: [
        "CT_Intitule;CT_Contact;CT_Telephone", "NomSociete;NomContact;TelFixe",
        "Dénomination;Responsable;Téléphone principal",
    ]) func headingsOfClientsAreKnown(heading: String) throws {
        let checked = try Import.check(
            parties: CSV(Array("\(heading)\nAcme;Zoé;01 99 00 12 34\n".utf8)), region: "FR")
        #expect(checked.report.parties == 1 && checked.report.refused.isEmpty)
    }

    @Test func aGTINIsReadHoweverItIsWritten() {
        let gtin = "0" + Self.gtin
        for text in ["EAN \(Self.gtin)", "EAN13:\(Self.gtin)", "*\(Self.gtin)*", "952-\(Self.gtin.dropFirst(3))"] {
            #expect(Cell.gtin(text) == gtin, "\(text)")
        }
        #expect(Cell.gtin("36000291452") == "00036000291452", "a spreadsheet took the zero in front for nothing")
        #expect(Cell.gtin("36000291453") == nil && Cell.gtin("REF-12345") == nil)
    }

    @Test(arguments: [
        ("31/12/2027 8h00", "2027-12-31"), ("le 31/12/2027", "2027-12-31"), ("31/12/2027 matin", "2027-12-31"),
    ]) func aDayWithItsHourIsADay(text: String, day: String) { #expect(Cell.day(text) == day) }

    @Test(arguments: ["12/27", "12.27", "202712", "12/2027"]) func anExpiryMayBeAMonth(text: String) {
        #expect(Cell.day(text, month: true) == "2027-12-31")
    }

    @Test(arguments: [
        ("31122027", "4"), ("311227", "2"), ("202712", "610"), ("202712310800+0100", "205"),
        ("2027123120280102", "711"),
    ]) func aDayOfAMessageHasManyForms(text: String, format: String) {
        #expect(DESADV.day(text, format: format) == "2027-12-31")
    }
}
