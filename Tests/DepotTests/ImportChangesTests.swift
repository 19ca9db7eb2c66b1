import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What an import would change is told before it does, and how a text was read is told and may be said.
struct ImportChangesTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private static let gtins = PaperTests.gtins

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func check(_ text: String, _ options: Import.Options = .init()) throws -> CheckedImport {
        try Import.check(deliveries: Array(text.utf8), options: options, in: store)
    }

    private func take(_ checked: CheckedImport) throws {
        _ = try checked.finish(into: store, dryRun: false, by: "t", now: 1)
    }

    /// Written once, the same file changes nothing.
    private func isQuiet(_ checked: CheckedImport) throws -> Bool {
        let changes = try checked.changes(in: store)
        return changes.new + changes.changed + changes.gone == 0 && changes.unchanged > 0
    }

    // MARK: now and then

    @Test func aPaperThatComesAgainIsShownBesideWhatItReplaces() throws {
        let first = "\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;4\nN;S;\(Self.gtins[1]);B;5\nN;S;\(Self.gtins[3]);D;9\n"
        try take(check(first))
        let next = "\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;6\nN;S;\(Self.gtins[2]);C;1\nN;S;\(Self.gtins[3]);D;9\n"
        let changes = try check(next).changes(in: store)
        #expect(changes.new == 1 && changes.changed == 1 && changes.gone == 1 && changes.unchanged == 1)
        #expect(changes.rows.map(\.kind) == [.changed, .gone, .new])
        #expect(changes.rows.map(\.title) == ["N · A", "N · B", "N · C"])
        #expect(changes.rows.first?.fields == [.init("quantity", "4", "6")])
        #expect(changes.rows[1].fields.first == .init("quantity", "5", nil))
        #expect(changes.rows[2].fields.first == .init("quantity", nil, "1"))
        try take(check(next))
        #expect(try isQuiet(check(next)))
    }

    @Test func whatIsAddedIsShownAsTheSumItMakes() throws {
        try take(check("\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;4\nN;S;\(Self.gtins[1]);B;5\n"))
        let more = "\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;2\n"
        let checked = try check(more, .init(isAddition: true))
        let changes = try checked.changes(in: store)
        #expect(changes.changed == 1 && changes.gone == 0 && changes.new == 0)
        #expect(changes.rows.first?.fields == [.init("quantity", "4", "6")])
        try take(checked)
        // The same lines are taken once.
        #expect(try isQuiet(check(more, .init(isAddition: true))))
    }

    @Test func whatStandsAboveTheLinesIsShownToo() throws {
        let head = "\(PaperTests.head);expected\n"
        try take(check("\(head)N;S;\(Self.gtins[0]);A;4;2027-03-01\n"))
        let changes = try check("\(head)N;S;\(Self.gtins[0]);A;4;2027-03-05\n").changes(in: store)
        #expect(changes.changed == 1 && changes.unchanged == 1)
        #expect(changes.rows.first?.title == "N")
        #expect(changes.rows.first?.fields == [.init("expected", "2027-03-01", "2027-03-05")])
    }

    @Test func productsAreShownFieldByField() throws {
        try store.articles.save(
            ProductView(gtin: "0\(Self.gtins[0])", description: "Disjoncteur", reference: "A1", minimum: 5))
        let text =
            "gtin;description;reference;minimum\n\(Self.gtins[0]);Disjoncteur 16 A;;7\n\(Self.gtins[1]);Câble;C9;\n"
        let checked = try Import.check(products: CSV(Array(text.utf8)), in: store)
        let changes = try checked.changes(in: store)
        #expect(changes.new == 1 && changes.changed == 1 && changes.unchanged == 0)
        #expect(
            changes.rows.first?.fields == [
                .init("description", "Disjoncteur", "Disjoncteur 16 A"), .init("minimum", "5", "7"),
            ])
        // What the file leaves empty stays, and is not shown.
        #expect(changes.rows.last?.fields == [.init("description", nil, "Câble"), .init("reference", nil, "C9")])
        try take(checked)
        #expect(try isQuiet(Import.check(products: CSV(Array(text.utf8)), in: store)))
    }

    @Test func clientsCodesAndTagsAreShownAndThenAreThere() throws {
        func clients(_ phone: String) throws -> CheckedImport {
            let text = "company;name;phone;reference\nAcme;Zoé;\(phone);C7\n"
            return try Import.check(parties: CSV(Array(text.utf8)), region: "FR", in: store)
        }
        try take(clients("01 99 00 12 34"))
        #expect(try isQuiet(clients("01 99 00 12 34")))
        let changes = try clients("01 99 00 12 35").changes(in: store)
        #expect(changes.changed == 1 && changes.rows.first?.fields.map(\.name) == ["phone"])
        #expect(changes.rows.first?.title == "Acme")

        try store.articles.save(ProductView(gtin: "0\(Self.gtins[0])", description: "Disjoncteur"))
        let codes = CSV(Array("gtin;code\n\(Self.gtins[0]);REX 1234\n".utf8))
        #expect(try Import.check(codes: codes, in: store).changes(in: store).new == 1)
        try take(Import.check(codes: codes, in: store))
        #expect(try isQuiet(Import.check(codes: codes, in: store)))

        let tags = CSV(Array("tag;gtin;lot\nE280116060000204;\(Self.gtins[0]);L1\n".utf8))
        #expect(try Import.check(tags: tags, in: store).changes(in: store).new == 1)
        try take(Import.check(tags: tags, in: store))
        #expect(try isQuiet(Import.check(tags: tags, in: store)))
    }

    @Test func aLongFileShowsItsFirstRowsAndCountsThemAll() throws {
        let changes = try Import.check(products: ImportPortionTests.products(250)).changes(in: store)
        #expect(changes.new == 250 && changes.rows.count == ImportChanges.rowLimit)
    }

    // MARK: how it is read

    private func reading(_ bytes: [UInt8]) throws -> TableReading? {
        try Import.check(deliveries: bytes, in: store).report.columns?.reading
    }

    @Test func howATextWasReadIsTold() throws {
        let rows = "\(PaperTests.head)\nN;Sonélec;\(Self.gtins[0]);Câble;12,50\nN;Sonélec;\(Self.gtins[1]);Vis;1.200\n"
        #expect(try reading(Array(rows.utf8)) == .init(separator: .semicolon, encoding: .utf8, decimal: .comma))
        let tabs = rows.replacing(";", with: "\t").replacing("12,50", with: "12")
        let wide = tabs.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        #expect(try reading(wide) == .init(separator: .tab, encoding: .utf16))
        let western = rows.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        #expect(try reading(western)?.encoding == .windows1252)
    }

    @Test(arguments: [(TableReading.DecimalSign.comma, 12 as Quantity), (.point, 12_000)])
    func aSignThatIsSaidDecidesWhatWasDoubtful(sign: TableReading.DecimalSign, quantity: Quantity) throws {
        let rows = "\(PaperTests.head)\nN;S;\(Self.gtins[0]);A;12,000\n"
        #expect(try check(rows).report.refused.count == 1)
        try take(check(rows, .init(reading: .init(decimal: sign))))
        let id = try #require(try store.deliveries.id(note: "N"))
        #expect(try store.deliveries.view(id)?.lines.first?.expected == quantity)
    }

    @Test func aFileIsReadAsThePersonSaidOfTheLastLikeIt() throws {
        func file(_ note: String) -> String { "\(PaperTests.head)\n\(note);S;\(Self.gtins[0]);A;12,000\n" }
        func columns(_ checked: CheckedImport) throws -> TableColumns { try #require(checked.report.columns) }
        let said = try check(file("N1"), .init(reading: .init(decimal: .point)))
        #expect(try !columns(said).isAsBefore)
        // What was only looked at is not remembered.
        #expect(try check(file("N2")).report.refused.count == 1)
        try take(said)
        let next = try check(file("N2"))
        #expect(next.report.refused.isEmpty)
        #expect(try columns(next).isAsBefore && columns(next).reading?.decimal == .point)
        // Other headings, another program.
        #expect(try check("\(PaperTests.head);x\nN3;S;\(Self.gtins[0]);A;12,000;\n").report.refused.count == 1)
        // What is said now goes before, and replaces it.
        try take(check(file("N4"), .init(reading: .init(decimal: .comma))))
        try take(check(file("N5")))
        let id = try #require(try store.deliveries.id(note: "N5"))
        #expect(try store.deliveries.view(id)?.lines.first?.expected == 12)
        // Left aside, and forgotten once it is taken.
        let plain = "\(PaperTests.head)\nN6;S;\(Self.gtins[0]);A;4\n"
        let fresh = try check(plain, .init(isFresh: true))
        #expect(try !columns(fresh).isAsBefore)
        #expect(try columns(check(plain)).isAsBefore)
        try take(fresh)
        #expect(try !columns(check(plain)).isAsBefore)
    }

    @Test func aSeparatorThatWasSaidIsFoundAgainByTheHeadingsAsTheyStand() throws {
        // Read with the comma that stands most often, nothing would have its column.
        let text = "\(PaperTests.head.replacing(";", with: "|"))\nN7|S|\(Self.gtins[0])|A, b, c, d|4\n"
        try take(check(text, .init(reading: .init(separator: .bar))))
        let again = try check(text.replacing("N7", with: "N8"))
        #expect(again.report.columns?.isAsBefore == true && again.report.columns?.reading?.separator == .bar)
        #expect(again.report.accepted == 1)
    }

    @Test func onlySoManyReadingsAreRemembered() throws {
        for number in 0...ReadingMemory.limit {
            try store.transaction {
                try store.papers.remember(
                    ColumnMemory(
                        kind: "products", headings: "h\(number)", map: [:],
                        reading: .init(headings: "h\(number)", reading: .init(decimal: .comma))))
            }
        }
        #expect(try store.papers.reading("products", headings: "h0") == nil)
        #expect(try store.papers.reading("products", headings: "h1") == .init(decimal: .comma))
        #expect(try store.papers.reading("deliveries", headings: "h1") == nil)
    }

    @Test(arguments: ["12.5", "1,2,3", "1.20,5"]) func aNumberAgainstTheSignThatIsSaidIsRefused(text: String) {
        guard case .doubtful(let reason) = Cell.amount(text, decimal: .comma) else {
            Issue.record("\(text) is taken for a number")
            return
        }
        #expect(reason.template == "\"{}\" is no number where \"{}\" is the decimal sign")
    }

    @Test func whatIsSaidOfATextIsObeyedWhateverItLooksLike() throws {
        let text = "\(PaperTests.head)\nN;S;\(Self.gtins[0]);Câble;4\n"
        do {
            _ = try check(text, .init(reading: .init(separator: .comma)))
            Issue.record("it has no such columns")
        } catch ImportError.missingColumns(let columns) {
            #expect(columns.reading?.separator == .comma && columns.headings.count == 1)
        }
        let western = CSV(Array(text.utf8), reading: .init(encoding: .windows1252))
        #expect(western.rows.first?.fields[3] == "CÃ¢ble" && western.reading?.encoding == .windows1252)
        let wide = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(CSV([0xFE, 0xFF] + wide, reading: .init(encoding: .utf16)).rows.first?.fields[3] == "Câble")
        #expect(CSV([0xC3], reading: .init(encoding: .utf8)).titles == ["\u{FFFD}"])
        // A workbook says by itself what its cells are.
        #expect(CSV(Fixture.bytes("DepotTests/Workbooks/openpyxl-3.1.xlsx")).reading == nil)
    }

    @Test func signsAreSaidByTheirWordsOrAsTheyAreWritten() {
        #expect(TableReading.Separator(said: ";") == .semicolon && TableReading.Separator(said: "tab") == .tab)
        #expect(TableReading.DecimalSign(said: ".") == .point && TableReading.DecimalSign(said: "comma") == .comma)
        #expect(TableReading.Separator(said: "semi") == nil && TableReading.DecimalSign(said: "") == nil)
    }
}
