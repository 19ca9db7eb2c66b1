import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// A note that comes again, whatever the form of its paper; columns that a person named; what papers say beside their lines.
struct AgainTests {
    let paper: PaperTests

    init() throws { paper = try PaperTests() }

    static let gtins = PaperTests.gtins

    /// The same delivery in every form that is read: note N of Sonepar, two pieces of an article.
    static func papers(_ gtin: String) -> [[UInt8]] {
        let table = "\(PaperTests.head)\nN;Sonepar;\(gtin);A;2\n"
        let json = "{\"note\":\"N\",\"supplier\":\"Sonepar\",\"lines\":[{\"gtin\":\"\(gtin)\",\"quantity\":2}]}"
        let head = ["BGM+351+N+9", "NAD+SU+3012345000015::9++Sonepar"]
        let desadv = DESADVTests.interchange([head + ["LIN+1++\(gtin):EN", "QTY+12:2:PCE"]])
        let row = WorkbookTests.cells(["N", "Sonepar", gtin, "A", "2"])
        let sheet = WorkbookTests.sheet([
            (1, WorkbookTests.cells(PaperTests.head.split(separator: ";").map(String.init))), (2, row),
        ])
        return [table, json, desadv].map { Array($0.utf8) } + [WorkbookTests.book([("A", sheet)])]
    }

    func take(_ bytes: [UInt8], adding: Bool = false) throws -> ImportReport {
        try Import.deliveries(bytes, options: .init(isAddition: adding), into: paper.store, dryRun: false, now: 1)
    }

    func open() throws -> Int64 {
        let id = try #require(try paper.store.deliveries.id(note: "N"))
        _ = try ReceivingDesk(paper.store).open(id, zone: "dock", by: Author("Zoe"), at: 1)
        return id
    }

    @Test(arguments: 0..<4) func oneRuleHoldsForEveryForm(form: Int) throws {
        let (first, second) = (Self.papers(Self.gtins[0])[form], Self.papers(Self.gtins[1])[form])
        #expect(try take(first).remarks.isEmpty)
        #expect(try take(second).remarks.first?.reason.contains("replaces") == true)
        #expect(try paper.lines() == [Self.gtins[1]: 2])
        let id = try open()
        let begun = try take(first)
        #expect(begun.deliveries == 0 && begun.refused.count == 1)
        #expect(begun.refused.first?.reason.contains("--add") == true)
        let added = try take(first, adding: true)
        #expect(added.refused.isEmpty && added.deliveries == 1)
        #expect(try paper.lines() == [Self.gtins[0]: 2, Self.gtins[1]: 2])
        let twice = try take(first, adding: true)
        #expect((twice.deliveries, twice.accepted) == (0, 0) && twice.refused.first?.reason.contains("before") == true)
        #expect(try paper.lines() == [Self.gtins[0]: 2, Self.gtins[1]: 2], "a paper is added once")
        #expect(try paper.store.deliveries.close(delivery: id, by: Author("Zoe"), at: 2))
        for adding in [false, true] {
            let closed = try take(first, adding: adding)
            #expect(closed.deliveries == 0 && closed.refused.first?.reason.contains("back-order") == true)
        }
    }

    @Test(arguments: [
        ("Sonepar", "SONEPAR SAS", true), ("Lefèvre et Fils", "Lefevre", true), ("9521234900016", "Rexel", true),
        ("", "Rexel", true),
        ("Sonepar", "Rexel", false), ("9521234900016", "9521234900023", false), ("SA", "SARL", false),
        ("Demo", "Demos", false),
    ]) func namesOfOneSupplierAreKnown(a: String, b: String, isSame: Bool) {
        #expect(Again.isSame(a, b) == isSame && Again.isSame(b, a) == isSame)
    }

    @Test func whatIsAddedAddsToTheSameLineAndIsTold() throws {
        _ = try paper.table("N;S;\(Self.gtins[0]);A;5")
        let id = try open()
        #expect(try take(Array("\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;7\n".utf8), adding: true).refused.isEmpty)
        #expect(try paper.store.deliveries.view(id)?.lines.map(\.expected) == [12])
        let told = try paper.store.database.integer("SELECT count(*) FROM delivery_line WHERE delivery=?", .integer(id))
        #expect(told == 1)
    }

    @Test func aPaperIsNotAddedToItself() throws {
        let text = Array("\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;5\n".utf8)
        _ = try take(text)
        _ = try open()
        #expect(try take(text, adding: true).refused.count == 1)
        #expect(try paper.lines() == [Self.gtins[0]: 5])
    }

    @Test func aDeliveryThatBeginsWhileItsFileIsReadIsSaid() throws {
        _ = try paper.table("N;S;\(Self.gtins[0]);A;5")
        let checked = try Import.check(
            deliveries: Self.papers(Self.gtins[1])[0].replacing("Sonepar", "S"), in: paper.store)
        _ = try open()
        let report = try checked.finish(into: paper.store, dryRun: false, by: "t", now: 1)
        #expect(report.deliveries == 0 && report.refused.first?.reason.contains("begun") == true)
        #expect(try paper.lines() == [Self.gtins[0]: 5])
    }

    // MARK: columns

    @Test func aColumnIsNamedOnce() throws {
        let text = "BL;EAN;Pris\nN;\(Self.gtins[0]);4\n"
        do {
            _ = try paper.take(text)
            Issue.record("a column nobody knows was taken")
        } catch let error as ImportError {
            #expect("\(error)".contains("--map quantity=\"Pris\""), "its content proposes it")
        }
        _ = try paper.take(text, map: ["quantity": "Pris"])
        let again = try paper.take(text.replacing("\nN;", with: "\nM;"))
        #expect(again.refused.isEmpty && again.remarks.first?.reason.contains("Pris") == true)
        #expect(try paper.lines("M") == [Self.gtins[0]: 4])
        #expect(throws: ImportError.self) { try paper.take(text.replacing("EAN", with: "Gencod")) }
    }

    @Test func aFieldMayHaveNoColumn() throws {
        let text = "BL;EAN;Qté;Client\nN;\(Self.gtins[0]);4;17\n"
        let report = try paper.take(
            text, map: ["delivery_note": "BL", "gtin": "EAN", "quantity": "Qté", "client": ""])
        #expect(report.columns?.fields.first { $0.name == "client" }?.heading == nil)
        #expect(report.columns?.fields.first { $0.name == "gtin" }?.heading == "EAN")
        // It is remembered too; a map of nothing but empty headings forgets all.
        let again = try paper.take(text.replacing("\nN;", with: "\nM;"))
        #expect(again.columns?.fields.first { $0.name == "client" }?.heading == nil)
        let forgotten = try paper.take(text.replacing("\nN;", with: "\nO;"), map: ["client": ""])
        #expect(forgotten.columns?.fields.first { $0.name == "client" }?.heading == "Client")
    }

    @Test func aTrialRemembersNothing() throws {
        let text = Array("BL;EAN;Pris\nN;\(Self.gtins[0]);4\n".utf8)
        _ = try Import.deliveries(
            text, options: .init(map: ["quantity": "Pris"]), into: paper.store, dryRun: true, now: 0)
        #expect(throws: ImportError.self) { try paper.take(text) }
    }

    @Test func whatTheTableDoesNotSayAPersonMay() throws {
        let text = Array("EAN;Libellé;Qté\n\(Self.gtins[0]);A;4\n".utf8)
        #expect(throws: ImportError.self) { try paper.take(text) }
        _ = try Import.deliveries(
            text, options: .init(supplier: "Rexel", note: "N"), into: paper.store, dryRun: false, now: 0)
        #expect(try paper.lines() == [Self.gtins[0]: 4])
        #expect(try paper.store.deliveries.known(note: "N").first?.supplier == "Rexel")
    }

    @Test(arguments: [
        "Export, du 27/11/2026, 10:00\nClient;Moi\n\n", "\"sep=;\"\r\n", "Bon de livraison;;;;\n;;;;\n",
    ]) func theHeadingIsFoundBelowALetterhead(top: String) throws {
        let report = try paper.take(
            "\(top)\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;4\n\(PaperTests.head)\nN;S;\(Self.gtins[1]);B;2\n")
        #expect(report.refused.isEmpty)
        #expect(try paper.lines() == [Self.gtins[0]: 4, Self.gtins[1]: 2])
    }

    // MARK: days

    @Test func aColumnOfDatesHasOneOrder() throws {
        let head = "\(PaperTests.head);expires"
        let month = try paper.take(
            "\(head)\nN;S;\(Self.gtins[0]);A;4;03/04/2027\nN;S;\(Self.gtins[1]);B;4;04/25/2027\n")
        #expect(month.refused.isEmpty)
        let days = try paper.store.database.rows("SELECT expires FROM delivery_line ORDER BY position") { $0.text(0) }
        #expect(days == ["2027-03-04", "2027-04-25"])
        let mixed = try paper.take(
            "\(head)\nM;S;\(Self.gtins[0]);A;4;03/04/2027\nM;S;\(Self.gtins[1]);B;4;04/25/2027\nM;S;\(Self.gtins[2]);C;4;25/04/2027\n"
        )
        #expect(mixed.refused.map(\.line) == [2] && mixed.refused[0].reason.contains("two meanings"))
    }

    @Test(arguments: [
        ("31 décembre 2027", "2027-12-31"), ("31-déc.-27", "2027-12-31"), ("Dec 31, 2027", "2027-12-31"),
        ("1er mars 2027", "2027-03-01"),
        ("vendredi 31 décembre 2027", "2027-12-31"), ("mar. 2 mars 2027", "2027-03-02"),
        ("31. Dezember 2027", "2027-12-31"),
        ("2 jui 2027", nil), ("31 2027", nil), ("31 brumaire 2027", nil),
    ]) func monthsHaveNames(text: String, day: String?) { #expect(Cell.day(text) == day) }

    @Test func aMonthAloneIsItsLastDayWhereItIsAnExpiry() {
        #expect(Cell.day("02/2028", month: true) == "2028-02-29" && Cell.day("2027-11", month: true) == "2027-11-30")
        #expect(Cell.day("02/2028") == nil && Cell.day("13/2028", month: true) == nil)
    }

    @Test(arguments: ["5 10", "5 pcs 3", "1.200 000", "1 20", "1,200,000.5"]) func digitsAreNotPutTogether(text: String)
    {
        if case .whole(let number) = Cell.number(text) { Issue.record("\(text) is taken for \(number)") }
    }

    // MARK: what a message says beside its lines

    @Test func partiesDatesAndReferencesOfAMessageAreKept() throws {
        let text = DESADVTests.interchange([
            [
                "BGM+351+DA-1+9", "DTM+137:20261121:102", "DTM+17:20261123:102", "RFF+DQ:N", "RFF+ON:PO-1",
                "DTM+171:20261101:102",
                "NAD+SU+3012345000015::9++Lefèvre", "NAD+CA+++Transports", "LIN+1++\(Self.gtins[0]):EN", "QTY+12:2:PCE",
                "RFF+ON:PO-2:1",
            ]
        ])
        #expect(try take(Array(text.utf8)).refused.isEmpty)
        let id = try #require(try paper.store.deliveries.id(note: "N"))
        let details = try paper.store.papers.details(delivery: id).map { "\($0.code) \($0.value)" }
        #expect(
            details == [
                "estimated 2026-11-23", "issued 2026-11-21", "order 2026-11-01", "carrier Transports",
                "supplier Lefèvre (3012345000015)", "advice DA-1", "order PO-1", "order PO-2",
            ])
        #expect(try paper.store.deliveries.view(id)?.json["details"]?.list?.count == 8)
        _ = try paper.table("N;Lefèvre;\(Self.gtins[0]);A;2")
        #expect(
            try paper.store.papers.details(delivery: id).isEmpty, "a paper that replaces another replaces what it said")
    }

    @Test func aReferenceWhereAGTINShouldBeFindsTheArticleOfAMessage() throws {
        _ = try Import.products(
            CSV(Array("gtin;description;reference\n\(Self.gtins[0]);Prise;077012\n".utf8)), into: paper.store,
            dryRun: false)
        for lines in [["LIN+1++077012:EN"], ["LIN+1++077012:SA"], ["LIN+1", "PIA+1+ZZ:IN+077012:SA"]] {
            let text = DESADVTests.interchange([["BGM+351+N+9", "NAD+SU+1::9++S"] + lines + ["QTY+12:2:PCE"]])
            #expect(try take(Array(text.utf8)).refused.isEmpty, "\(lines)")
            #expect(try paper.lines() == [Self.gtins[0]: 2])
        }
    }

    // MARK: clients

    @Test(arguments: [
        "01 99 00 12 31 - 02 61 91 12 32", "01 99 00 12 31  02 61 91 12 32", "+33199001231+33261911232",
        "01 99 00 12 31\r\n02 61 91 12 32",
        "Bureau 01 99 00 12 31 domicile 02 61 91 12 32",
    ]) func twoNumbersWithoutASlashAreTwo(cell: String) throws {
        #expect(try paper.clients("Alpha;A;\"\(cell)\";;").refused.isEmpty)
        #expect(try paper.keys("Alpha") == ["+33199001231", "+33261911232"])
    }

    @Test func aClientWhoGetsAReferenceStaysTheSame() throws {
        _ = try paper.clients("Zeta;A;01 99 00 12 30;;")
        _ = try paper.clients("Zeta;A;01 99 00 12 31;;R-1")
        #expect(try paper.keys("Zeta") == ["+33199001231"])
        _ = try paper.clients("Zeta;A;01 99 00 12 32;;")
        #expect(try paper.keys("Zeta") == ["+33199001232"])
        #expect(try paper.store.articles.count(of: .party) == 1)
        _ = try paper.clients("Zeta;A;01 99 00 12 33;;R-2")
        #expect(try paper.store.articles.count(of: .party) == 2, "another reference is another client")
    }

    @Test func aTagIsOneArticle() throws {
        let text =
            "tag;gtin\nE2 80 11 60;\(Self.gtins[0])\n0xe2801160;\(Self.gtins[1])\ne2-80-11-60;\(Self.gtins[0])\n3E+12;\(Self.gtins[0])\n"
        let report = try Import.tags(CSV(Array(text.utf8)), into: paper.store, dryRun: false, by: "t", now: 0)
        #expect(report.refused.map(\.line) == [3, 5])
    }
}

extension [UInt8] {
    fileprivate func replacing(_ a: String, _ b: String) -> [UInt8] {
        Array(String(decoding: self, as: UTF8.self).replacing(a, with: b).utf8)
    }
}
