import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Files as suppliers, offices and Excel really write them.
struct PaperTests {
    let store: Store
    private let folder = TemporaryFolder()

    static let head = "delivery_note;supplier;gtin;description;quantity"
    static let gtins = (0..<6).map { number in
        let digits = "95212340007\(number)"
        let sum = digits.enumerated().reduce(0) { $0 + $1.element.wholeNumberValue! * ($1.offset % 2 == 0 ? 1 : 3) }
        return "\(digits)\((10 - sum % 10) % 10)"
    }

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    func take(_ bytes: [UInt8], map: [String: String] = [:]) throws -> ImportReport {
        try Import.deliveries(bytes, options: .init(map: map), into: store, dryRun: false, now: 0)
    }

    func take(_ text: String, map: [String: String] = [:]) throws -> ImportReport {
        try take(Array(text.utf8), map: map)
    }

    func table(_ rows: String...) throws -> ImportReport {
        try take(([PaperTests.head] + rows).joined(separator: "\r\n") + "\r\n")
    }

    /// GTIN-13 to what is expected.
    func lines(_ note: String = "N") throws -> [String: Quantity] {
        guard let id = try store.deliveries.id(note: note), let view = try store.deliveries.view(id) else {
            return [:]
        }
        return Dictionary(view.lines.map { (String($0.gtin.dropFirst()), $0.expected) }) { $0 + $1 }
    }

    // MARK: codes

    @Test func furtherCodesComeByFileAndFindTheArticle() throws {
        try store.articles.save(ProductView(gtin: "0\(Self.gtins[0])", description: "Disjoncteur", reference: "A9F-77"))
        try store.articles.save(ProductView(gtin: "0\(Self.gtins[1])", description: "Câble"))
        let csv = CSV(
            Array(
                """
                EAN;Réf. fournisseur
                \(Self.gtins[0]);REX 1234
                A9F77;Ancien-9
                \(Self.gtins[1]);a9f77
                \(Self.gtins[1]);REX 1234
                \(Self.gtins[2]);X-1

                """.utf8))
        let checked = try Import.check(codes: csv, in: store)
        #expect(checked.report.accepted == 2 && checked.report.refused.map(\.line) == [4, 5, 6])
        _ = try checked.finish(into: store, dryRun: false, by: "t", now: 0)
        let report = try table("N;S;rex-1234;A;2", "N;S;ANCIEN 9;A;3")
        #expect(report.refused.isEmpty)
        #expect(try lines() == [Self.gtins[0]: 5])
    }

    // MARK: characters

    @Test func aLineThatIsNotUTF8IsWindows1252AndNothingIsDropped() throws {
        let gtin = Self.gtins[0]
        var bytes = Array("\(Self.head)\r\nN;L".utf8)
        bytes +=
            [0x92, 0x8C] + Array("uvre ".utf8) + [0x96] + Array(" ".utf8) + [0xC9] + Array("lec;\(gtin);10 ".utf8) + [
                0x80
            ]
        bytes += Array(";4\r\n".utf8)
        _ = try take(bytes)
        let id = try #require(try store.deliveries.id(note: "N"))
        let view = try #require(try store.deliveries.view(id))
        #expect(view.supplier == "L’Œuvre – Élec" && view.lines.first?.description == "10 €")
    }

    @Test func oneForeignByteSpoilsNothingElse() {
        let text = PaperText.read(Array("Sonélec;Câble ".utf8) + [0x80] + Array("\nCâble".utf8))
        #expect(text == "Sonélec;Câble €\nCâble")
    }

    @Test(arguments: [true, false]) func unicodeTextOfExcelIsRead(hasMark: Bool) throws {
        let text =
            (hasMark ? "\u{FEFF}" : "")
            + "\(Self.head)\nN;Sonélec;\(Self.gtins[0]);Câble;4\n"
            .replacing(";", with: "\t")
        _ = try take(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] })
        #expect(try lines() == [Self.gtins[0]: 4])
    }

    // MARK: form

    @Test(arguments: ["sep=;\r\n", "\r\n;;;;\r\n", "\u{FEFF}"]) func whatStandsAboveTheHeadingIsRead(top: String) throws
    {
        _ = try take("\(top)\(Self.head)\r\nN;S;\(Self.gtins[0]);A;4\r\n")
        #expect(try lines() == [Self.gtins[0]: 4])
    }

    @Test(arguments: [";", ",", "\t", "|"]) func anySeparatorIsFound(separator: String) throws {
        let text = "\(Self.head)\nN;S;\(Self.gtins[0]);A;4\n".replacing(";", with: separator)
        _ = try take(text)
        #expect(try lines() == [Self.gtins[0]: 4])
    }

    @Test func shortEmptyAndTotalRowsAreNoFault() throws {
        let report = try take(
            "delivery_note\u{A0};supplier;gtin;description;quantity;expected;lot\nN;S;\(Self.gtins[0]);A;4\n;;;;;;\n"
                + "N;S;\(Self.gtins[1]);B;5;2027-01-01\n;Total;;;9;;\n")
        #expect(report.refused.isEmpty)
        #expect(report.remarks.map(\.line) == [5])
        #expect(try lines() == [Self.gtins[0]: 4, Self.gtins[1]: 5])
    }

    @Test func aQuoteThatNeverEndsIsItsOwnRowsFault() throws {
        let report = try table("N;S;\(Self.gtins[0]);\"PROMO;5", "N;S;\(Self.gtins[1]);Coude;7")
        #expect(report.refused.map(\.line) == [2] && report.refused[0].reason.contains("quote"))
        #expect(try lines() == [Self.gtins[1]: 7])
    }

    @Test func manyQuotesWithoutAnEndTakeNoTime() throws {
        let rows = (0..<20_000).map { "N;S;\(Self.gtins[0]);\"\($0);\"\"5" }
        let report = try take(([PaperTests.head] + rows).joined(separator: "\n"))
        #expect(report.refused.count == 20_000)
    }

    @Test func inchSignsAndQuotedQuotesAreText() throws {
        let report = try table("N;S;\(Self.gtins[0]);Tube 3/4\" galva;5", "N;S;\(Self.gtins[1]);\"1/2\"\";laiton\";6")
        #expect(report.refused.isEmpty)
        #expect(try lines() == [Self.gtins[0]: 5, Self.gtins[1]: 6])
    }

    @Test func aFieldTooManyIsNotGuessedAt() throws {
        let report = try table("N;S;\(Self.gtins[0]);A;B;5")
        #expect(report.refused.map(\.line) == [2])
    }

    // MARK: numbers, codes, days

    @Test(arguments: [
        ("5", 5), ("5,00", 5), ("5.0", 5), ("1 200", 1200), ("1\u{A0}200", 1200), ("1\u{202F}200,00", 1200),
        ("1.200,00", 1200),
        ("1,200.00", 1200), ("1'200", 1200), ("1.200.000", 1_200_000), ("5 pcs", 5), ("12 Pièces", 12), ("=\"7\"", 7),
    ]) func aWholeNumberIsOneHoweverItIsWritten(text: String, number: Int) {
        #expect(Cell.number(Cell.text(text)) == .whole(number))
    }

    @Test(arguments: ["12.000", "12,500", "2,5", "-2", "5 m", "abc", "", "1,2,3", "1.20.300", "5E+3", "3,6E+12", "٣"])
    func whatIsNoWholeNumberIsNone(text: String) {
        if case .whole = Cell.number(Cell.text(text)) { Issue.record("\(text) is taken for a number") }
    }

    @Test(arguments: ["12.000", "12,500", "3,6E+12"]) func whatCouldBeAnotherNumberIsSaid(text: String) {
        guard case .doubtful(let reason) = Cell.number(text) else {
            Issue.record("\(text) is not doubted")
            return
        }
        #expect(reason.text.contains("could be") || reason.text.contains("Excel"))
    }

    @Test(arguments: [
        ("31/12/2027", "2027-12-31"), ("1.2.27", "2027-02-01"), ("2027-12-31", "2027-12-31"),
        ("20271231", "2027-12-31"),
        ("31-12-2027 00:00:00", "2027-12-31"), ("2027-12-31T08:00:00", "2027-12-31"), ("12/31/2027", "2027-12-31"),
    ]) func aDayIsReadAsPeopleWriteIt(text: String, day: String) { #expect(Cell.day(text) == day) }

    @Test(arguments: ["demain", "31/02/2027", "46387", "99/99/9999", "", "1/2", "2027-13-01"])
    func whatIsNoDayIsNone(text: String) { #expect(Cell.day(text) == nil) }

    @Test func whatExcelDoesToACodeIsTakenBackOrSaid() throws {
        let report = try table(
            "N;S;=\"\(Self.gtins[0])\";A;5", "N;S;'\(Self.gtins[1]);B;6", "N;S;\(Self.gtins[2])\u{A0};C;7",
            "N;S;\(Self.gtins[3]),0;D;8", "N;S;9,52123E+12;E;9")
        #expect(report.refused.map(\.line) == [6] && report.refused[0].reason.contains("Excel"))
        #expect(try lines().values.sorted() == [5, 6, 7, 8])
    }

    @Test func nothingToComeAndNoDayAreRemarks() throws {
        let report = try take(
            "\(Self.head);expected\nN;S;\(Self.gtins[0]);A;0;\nN;S;\(Self.gtins[1]);B;5;demain\n")
        #expect(report.refused.isEmpty && report.remarks.map(\.line) == [2, 3])
        #expect(try lines() == [Self.gtins[1]: 5])
    }

    @Test func anArticleOnTwoLinesAdds() throws {
        let report = try table(
            "N;S;\(Self.gtins[0]);cde 1;5", "N;S;\(Self.gtins[1]);B;2", "N;S;\(Self.gtins[0]);cde 2;7")
        #expect(report.refused.isEmpty && report.accepted == 3)
        #expect(try lines() == [Self.gtins[0]: 12, Self.gtins[1]: 2])
        let json = """
            {"note":"J","supplier":"S","lines":[{"gtin":"\(Self.gtins[0])","quantity":5},{"gtin":"\(Self.gtins[0])","quantity":7}]}
            """
        #expect(try take(json).refused.isEmpty)
        #expect(try lines("J") == [Self.gtins[0]: 12])
    }

    // MARK: columns

    @Test func headingsOfOthersAreKnown() throws {
        let report = try take(
            "N° BL;Fournisseur;Code EAN;Réf. fournisseur;Libellé article;Qté livrée;Date de livraison\n"
                + "N;Sonepar;\(Self.gtins[0]);X1;Gaine;4;31/12/2027\n")
        #expect(report.refused.isEmpty)
        #expect(try lines() == [Self.gtins[0]: 4])
    }

    @Test func aColumnCanBeNamed() throws {
        let text = "BL;Colonne 2;Divers;Pris\nN;\(Self.gtins[0]);X;4\n"
        #expect(throws: ImportError.self) { try take(text) }
        #expect(throws: ImportError.self) { try take(text, map: ["quantity": "Gris"]) }
        #expect(throws: ImportError.self) { try take(text, map: ["quantite": "Pris"]) }
        let report = try take(text, map: ["quantity": "pris"])
        #expect(try lines() == [Self.gtins[0]: 4])
        #expect(report.remarks.first?.reason.contains("Colonne 2") == true, "its check digits gave it away")
    }

    @Test func aReferenceThatTheCatalogueKnowsIsAnArticle() throws {
        let products = "Barcode;Name;Internal Reference\n\(Self.gtins[0]);Prise;077012\n"
        #expect(try Import.products(CSV(Array(products.utf8)), into: store, dryRun: false).products == 1)
        let report = try table("N;S;077012;Prise;5", "N;S;ZZ-1;Prise;5")
        #expect(report.refused.map(\.line) == [3])
        #expect(try lines() == [Self.gtins[0]: 5])
        let desadv = DESADVTests.interchange([DESADVTests.head + ["LIN+1", "PIA+1+077012:SA", "QTY+12:10:PCE"]])
        #expect(try take(desadv).refused.isEmpty)
        let json = "{\"note\":\"J\",\"supplier\":\"S\",\"lines\":[{\"reference\":\"077012\",\"quantity\":3}]}"
        #expect(try take(json).refused.isEmpty)
        #expect(try lines("J") == [Self.gtins[0]: 3])
    }

    @Test func refusedRowsComeBackWithTheirReason() throws {
        let text = "\(Self.head)\nN;S;\(Self.gtins[0]);A;4\nN;S;123;=B;x\n"
        let report = try take(text)
        let back = CSV(Array(Import.rejects(of: CSV(Array(text.utf8)), report).utf8))
        #expect(back.rows.count == 1)
        #expect(back.rows.first.map { $0.field(back.column(["line"])) } == "3")
        let mended = try Import.deliveries(
            Array(Import.rejects(of: CSV(Array(text.utf8)), report).utf8), into: store, dryRun: true, now: 0)
        #expect(mended.refused.count == 1, "the file can be imported as it is")
    }

    @Test func aTemplateCanBeFilledIn() throws {
        for kind in ["deliveries", "products", "tags", "parties"] {
            let template = try #require(Import.template(kind))
            #expect(CSV(Array(template.utf8)).titles.count >= 4)
        }
        #expect(Import.template("other") == nil)
    }

    // MARK: notes that come again

    @Test func aNoteThatComesAgainIsReplacedAndSaid() throws {
        _ = try table("N;S;\(Self.gtins[0]);A;5")
        let report = try table("N;S;\(Self.gtins[1]);B;7")
        #expect(report.remarks.contains { $0.reason.contains("N was announced before") })
        #expect(try lines() == [Self.gtins[1]: 7])
        let id = try #require(try store.deliveries.id(note: "N"))
        _ = try ReceivingDesk(store).open(id, zone: "dock", by: Author("Zoe"), at: 1)
        for file in [
            "\(Self.head)\nN;S;\(Self.gtins[2]);C;1\n",
            "{\"note\":\"N\",\"supplier\":\"S\",\"lines\":[{\"gtin\":\"\(Self.gtins[2])\",\"quantity\":1}]}",
        ] {
            let late = try take(file)
            #expect(late.refused.count == 1 && late.refused[0].reason.contains("begun"))
        }
        #expect(try lines() == [Self.gtins[1]: 7])
    }

    @Test func whatIsNotOnItsWayIsLeftOut() throws {
        let text = DESADVTests.interchange([
            DESADVTests.head + [
                "LIN+1++\(Self.gtins[0]):EN", "QTY+12:0:PCE", "QTY+21:5:PCE", "LIN+2++\(Self.gtins[1]):EN",
                "QTY+12:2:PCE",
            ]
        ])
        let parsed = DESADV.parse(Array(text.utf8))
        #expect(parsed.refused.isEmpty && parsed.remarks.count == 1)
        #expect(parsed.deliveries.first?.lines.map(\.quantity) == [2])
    }

    // MARK: clients and tags

    func clients(_ rows: String...) throws -> ImportReport {
        let text = (["company;name;phone;mobile;reference"] + rows).joined(separator: "\n")
        return try Import.parties(CSV(Array(text.utf8)), into: store, region: "FR", dryRun: false, now: 0)
    }

    func keys(_ company: String) throws -> [String] {
        try store.database.rows(
            "SELECT key FROM party_number JOIN party ON party.id=party WHERE company=? ORDER BY key", .text(company)
        ) { $0.text(0) }
    }

    @Test(arguments: [
        ("01 99 00 12 01 (poste 12)", ["+33199001201"]),
        ("01 99 00 12 02 / 02 61 91 12 03", ["+33199001202", "+33261911203"]),
        ("01 99 00 12 04 ou 02 61 91 12 05", ["+33199001204", "+33261911205"]),
        ("01.99.00.12.04;02.61.91.12.05", ["+33199001204", "+33261911205"]),
        ("01/99/00/12/06", ["+33199001206"]), ("Tél : 01 99 00 12 07", ["+33199001207"]),
        ("+33 (0)1 99 00 12 08", ["+33199001208"]),
    ]) func aCellHasEachOfItsNumbers(cell: String, numbers: [String]) throws {
        #expect(try clients("Alpha;A;\"\(cell)\";;").refused.isEmpty)
        #expect(try keys("Alpha") == numbers)
    }

    @Test(arguments: ["6,12346E+08", "anonymous", "voir standard", "rappeler"]) func whatCanNeverRingIsRefused(
        cell: String
    )
        throws
    {
        #expect(try clients("Alpha;A;\(cell);;").refused.map(\.line) == [2])
    }

    @Test(arguments: [
        "-", "--", "—", ".", "néant", "n/a", "N/A", "NC", "N.C.", "aucun", "Sans", "x", "XX", "(vide)", "#N/A",
    ])
    func aCellWithNothingToSayIsEmpty(cell: String) throws {
        let report = try clients("Alpha;A;\(cell);06 12 34 01 12;\(cell)", "Beta;\(cell);\(cell);\(cell);")
        #expect(report.refused.isEmpty && report.parties == 2)
        #expect(try keys("Alpha") == ["+33612340112"] && keys("Beta").isEmpty)
        let named = try store.database.rows("SELECT name FROM party ORDER BY company") { $0.text(0) }
        #expect(named == ["A", Cell.isNothing(cell) ? "" : cell])
    }

    @Test func anOptionalCellOfADeliveryMaySayNothing() throws {
        let head = "\(Self.head);lot;expires;sscc;client"
        let report = try take("\(head)\nN;-;\(Self.gtins[0]);A;5;néant;-;n/a;--\n")
        #expect(report.refused.isEmpty)
        let view = try #require(try store.deliveries.id(note: "N").flatMap { try store.deliveries.view($0) })
        #expect(view.supplier == "" && view.client == nil && view.units.isEmpty)
        #expect(
            try store.database.integer("SELECT count(*) FROM delivery_line WHERE lot IS NULL AND expires IS NULL") == 1)
    }

    @Test(arguments: [
        ("poste 101", ["ext:101"]), ("Poste n° 204", ["ext:204"]), ("204#", ["ext:204"]), ("204 #", ["ext:204"]),
        ("int. 101 / poste 204", ["ext:101", "ext:204"]), ("101", ["ext:101"]),
        ("01 99 00 12 34 poste 101", ["+33199001234"]), ("( 00 ) 33 1 99 00 12 34", ["+33199001234"]),
        ("( 00 33 ) ( 0 ) 1 99 00 12 34", ["+33199001234"]), ("Tél. ( 00 ) 33 199001234", ["+33199001234"]),
        ("poste 901", nil), ("901#", nil), ("poste 101", nil as [String]?), ("#204", nil), ("*204#", nil),
    ]) func anExtensionIsReadWhereTheDialPlanHasIt(cell: String, numbers: [String]?) throws {
        // The same words without a plan are refused with the reason.
        let isPlanned = numbers != nil || cell != "poste 101"
        let text = "company;phone\nAlpha;\(cell)\n"
        let checked = try Import.check(
            parties: CSV(Array(text.utf8)), region: "FR", internalPlan: isPlanned ? "^[1-4][0-9]{2}$" : nil)
        _ = try checked.finish(into: store, dryRun: false, by: "t", now: 0)
        #expect(try keys("Alpha") == numbers ?? [])
        #expect(checked.report.refused.isEmpty == (numbers != nil))
        guard numbers == nil, !cell.contains("*"), cell.first != "#" else { return }
        #expect(checked.report.refused.first?.reason.contains("internal-plan") == true)
    }

    @Test func aClientWhoComesAgainHasTheNumbersOfTheNewerFile() throws {
        _ = try clients("Zeta;A;01 99 00 12 30;;R-1", "Zeta;A;01 99 00 12 32;;R-1")
        #expect(try keys("Zeta") == ["+33199001230", "+33199001232"], "two rows of one file add")
        _ = try clients("Zeta;A;01 99 00 12 31;;R-1")
        #expect(try keys("Zeta") == ["+33199001231"])
        _ = try clients("Zeta;A;;;R-1")
        #expect(try keys("Zeta") == ["+33199001231"], "a file that tells none takes none away")
    }

    @Test(arguments: [
        ("E2 00 11 22 33 44 55 66 77 88 00 11", "tag:E20011223344556677880011"),
        ("0xE2801160600002040000AB12", "tag:E2801160600002040000AB12"),
        ("e2-80-11:60", "tag:E2801160"), ("Palette 7", "text:Palette 7"),
    ]) func aTagIsReadHoweverItIsGrouped(label: String, subject: String) throws {
        let text = "tag;gtin\n\(label);\(Self.gtins[0])\n"
        #expect(try Import.tags(CSV(Array(text.utf8)), into: store, dryRun: false, by: "t", now: 0).tags == 1)
        #expect(try store.database.integer("SELECT count(*) FROM label WHERE subject=?", .text(subject)) == 1)
    }

    @Test(arguments: ["1,23E+10", "0xE2801", ""]) func aTagThatCanNeverBeReadIsRefused(label: String) throws {
        let text = "tag;gtin\n\(label);\(Self.gtins[0])\n"
        #expect(try Import.tags(CSV(Array(text.utf8)), into: store, dryRun: false, by: "t", now: 0).refused.count == 1)
    }
}
