import Depot
import Model
import Sheets
import TestSupport
import Testing

@testable import IngestServer

/// What the sheets of the centre say of their columns.
struct ReportTests {
    /// Names stay as they are written: kinds and the machine's titles hang on them.
    @Test func secondsOfCallsAreNumbersAndTheirStartIsADate() {
        let text = "started;direction;ring_s;note\r\n2027-01-01T08:00:00+01:00;inbound;12;ok\r\n"
        let sheet = Reports.calls(CSV(Array(text.utf8)))(.machine)
        #expect(sheet.columns.map(\.kind) == [.date, .text, .number, .text])
        #expect(sheet.columns.map(\.title) == ["started", "direction", "ring_s", "note"])
        #expect(sheet.rows.first?[2] == .number(12))
    }

    @Test func whatThePaperSaysStandsAboveTheTable() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        var announced = Announced(note: "N", supplier: "S", lines: [.init(gtin: "09521234000020", quantity: 3)])
        announced.details = [
            .init(kind: .party, code: "carrier", value: "Transports"),
            .init(kind: .party, code: "supplier", value: "S"),
            .init(kind: .reference, code: "order", value: "PO-1"),
            .init(kind: .reference, code: "order", value: "PO-2"),
        ]
        let id = try #require(try store.deliveries.expect(announced, source: "message"))
        let view = try #require(try store.deliveries.view(id))
        let facts = Reports.reception(view)(.fr).subtitle.map { "\($0.label): \($0.value)" }
        #expect(facts == ["Fournisseur: S", "Quai: –", "Transporteur: Transports", "Commande: PO-1, PO-2"])
        let many = (0..<20).map { Announced.Detail(kind: .reference, code: "X\($0)", value: "1") }
        #expect(PaperWords.facts(many, .en).count == PaperWords.limit)
    }

    @Test func metresAreRealNumbersWithTheirUnit() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        try store.articles.save(ProductView(gtin: "09521234000013", description: "Câble", unit: "mètre"))
        let lines = [
            Announced.Line(gtin: "09521234000013", description: "Câble", quantity: Quantity(thousandths: 250_500)),
            Announced.Line(gtin: "09521234000020", description: "Prise", quantity: 3),
        ]
        let id = try #require(
            try store.deliveries.expect(Announced(note: "N", supplier: "S", lines: lines), source: "file"))
        #expect(try store.deliveries.open(delivery: id, zone: "dock", by: Author("Nadia"), at: 1))
        try store.deliveries.decide(
            Decision(
                at: 2, who: "Nadia", kind: .adjust, gtin: "09521234000013", quantity: Quantity(thousandths: 100_250)),
            delivery: id)
        let view = try #require(try store.deliveries.view(id))
        let sheet = Reports.reception(view)(.machine)
        #expect(sheet.columns.last?.title == "unit")
        #expect(sheet.rows.map { $0[4] } == [.decimal("250.5"), .number(3)])
        #expect(sheet.rows.map { $0[6] } == [.decimal("150.25"), .number(3)])
        #expect(sheet.rows.map(\.last) == [.text("MTR"), .text("C62")])
        #expect(String(decoding: sheet.csv(), as: UTF8.self).contains(";250,5;100,25;150,25;0;"))
        let french = Reports.reception(view)(.fr)
        #expect(french.rows.map(\.last) == [.text("m"), .text("")])
        let footer = try #require(french.footer.first)
        #expect(footer.contains(" Nadia : Corrigé 09521234000013 · 100,25"))
        #expect(footer.hasPrefix("01/01/1970 ") || footer.hasPrefix("31/12/1969 "))
        #expect(Reports.reception(view)(.en).footer.first?.contains(" Nadia: Corrected ") == true)
    }

    @Test func cellsAreWordsForPeopleAndCodesForPrograms() throws {
        let text =
            "started;direction;number;name;called;queue;answered_by;missed_by;ring_s;talk_s;cause;disposition;note\n"
            + "2026-11-28T07:00:00+01:00;inbound;1;A;2;;;;3;4;caller-gave-up;order;order\n"
        let sheet = Reports.calls(CSV(Array(text.utf8)))
        #expect(sheet(.fr).rows.first?[1] == .text("Entrant"))
        #expect(sheet(.fr).rows.first?[10...] == [.text("l’appelant a raccroché"), .text("Commande"), .text("order")])
        #expect(sheet(.machine).rows.first?[1] == .text("inbound"))
        #expect(ReportWords.who("scan at dock-1", .fr) == "lecture à dock-1")
        #expect(ReportWords.who("scan at dock-1", .en) == "scan at dock-1")
        #expect(ReportWords.word("movement", "new-kind", .fr) == "new-kind")
    }
}
