import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Scans made in a page go the way of a reader's, each once by its key.
struct PageScanTests {
    private static let gtin = "09521234000013"
    private static let other = "09521234000020"
    private static let now: Int64 = 1_800_000_000_000

    private let folder = TemporaryFolder()
    private let store: Store
    private let desks: Desks
    private let nadia = Person(id: 1, name: "Nadia", desk: nil)

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        desks = Desks(store)
        try store.database.execute(
            """
            INSERT INTO user (id, name, created) VALUES (1, 'Nadia', 0), (2, 'Omar', 0);
            INSERT INTO product (gtin, description) VALUES ('\(PageScanTests.gtin)', 'Valve');
            INSERT INTO delivery (id, note, supplier, status) VALUES (1, 'BL-1', 'S', 'expected'), (2, 'BL-2', 'S', 'expected');
            INSERT INTO delivery_line (delivery, position, gtin, description, quantity)
                VALUES (1, 1, '\(PageScanTests.gtin)', 'Valve', 2000), (2, 1, '\(PageScanTests.other)', 'Pump', 1000);
            """)
    }

    /// As a browser makes them: the order of keys is that of the scans.
    private static func key(_ number: Int) -> String {
        let text = String(number, radix: 10)
        return "01" + String(repeating: "0", count: 24 - text.utf8.count) + text
    }

    private func scan(_ number: Int, _ text: String, zone: String = "dock-1", at: Int64 = now, person: Int64? = nil)
        -> PageScan
    {
        PageScan(key: PageScanTests.key(number), zone: zone, text: text, at: at, person: person)
    }

    private func take(_ scans: PageScan..., clock: Int64 = now, at now: Int64 = now) throws -> [JSON] {
        try desks.intake.take(scans, clock: clock, from: nadia, at: now).answers
    }

    private func outcomes(_ answers: [JSON]) -> [String] { answers.compactMap { $0["outcome"]?.text } }

    private var received: [Quantity] { get throws { try store.deliveries.view(1)?.lines.map(\.received) ?? [] } }

    @Test func aScanDoesWhatAReadersDoes() throws {
        let answers = try take(
            scan(1, PageScanTests.gtin), scan(2, "BL-1"), scan(3, PageScanTests.gtin), scan(4, PageScanTests.other),
            scan(5, "nobody knows"), scan(6, "nobody knows"), scan(7, "BL-1"))
        // What came before the note waited for it, as a reader's would.
        #expect(outcomes(answers) == ["stray", "opened", "complete", "extra", "unknown", "refused", "refused"])
        #expect(answers[5]["reason"] == "asked" && answers[6]["reason"] == "same-note")
        #expect(answers[2]["description"] == "Valve" && answers[2]["note"] == "BL-1" && answers[2]["delivery"] == 1)
        // What was announced, and the one that nobody announced.
        #expect(try received == [2, 1])
        // Whoever scanned stands in the record.
        #expect(try store.database.text("SELECT device FROM record WHERE seq=3") == "Nadia")
        let trail = try store.deliveries.trail(delivery: 1, gtin: PageScanTests.gtin)
        #expect(trail.last?["record"] == "@pages/0000000000000001/s/3")
    }

    @Test func aKeyIsAppliedOnceAlsoDaysLaterAndByAnotherProcess() throws {
        _ = try take(scan(1, "BL-1"))
        let first = try take(scan(2, PageScanTests.gtin))
        let days = PageScanTests.now + 9 * 86_400_000
        let other = Desks(try TestStore.open("\(folder.path)/db"))
        let again = try other.intake.take(
            [scan(2, PageScanTests.gtin)], clock: days, from: nadia, at: days)
        #expect(again.events == [] && again.answers.map { $0["again"] } == [true])
        #expect(outcomes(again.answers) == outcomes(first))
        // The same twice in one batch, too; another key is another piece.
        let batch = try take(scan(3, PageScanTests.gtin), scan(3, PageScanTests.gtin))
        #expect(batch.map { $0["again"] } == [nil, true])
        #expect(try received == [2])
        #expect(try store.records.recordCount() == 3)
    }

    @Test func aKeyIsForgottenWhenNoneSoOldIsAppliedAnyMore() throws {
        let day: Int64 = 86_400_000
        _ = try take(scan(1, "BL-1"), scan(2, PageScanTests.gtin))
        let late = PageScanTests.now + 30 * day
        // Known for a day longer than it is applied.
        #expect(try desks.intake.forgetPageScans(at: late) == 0)
        #expect(try take(scan(2, PageScanTests.gtin), clock: late, at: late).map { $0["again"] } == [true])
        let later = PageScanTests.now + 32 * day
        #expect(try desks.intake.forgetPageScans(at: later) == 2)
        #expect(try store.database.integer("SELECT count(*) FROM page_scan") == 0)
        let again = try take(scan(2, PageScanTests.gtin), clock: later, at: later)
        #expect(again[0]["outcome"] == "refused" && again[0]["reason"] == "too-old")
        #expect(try received == [1])
        #expect(try store.records.recordCount() == 2)
    }

    @Test func manyKeysAreForgottenInPortions() throws {
        try store.database.run(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<700)
            INSERT INTO page_scan SELECT substr('00000000000000000000000000' || i, -26), i, 1, 1, 'dock-1', 0, 0, '{}' FROM n
            """)
        #expect(try desks.intake.forgetPageScans(at: PageScanTests.now) == 500)
        #expect(try desks.intake.forgetPageScans(at: PageScanTests.now) == 200)
        #expect(try store.database.integer("SELECT count(*) FROM page_scan") == 0)
    }

    @Test func aScanCountsAtItsOwnZone() throws {
        _ = try take(scan(1, "BL-1"), scan(2, "BL-2", zone: "dock-2"))
        let answers = try take(
            scan(3, PageScanTests.gtin), scan(4, PageScanTests.other, zone: "dock-2"),
            scan(5, PageScanTests.gtin, zone: "dock-3"))
        #expect(outcomes(answers) == ["expected", "complete", "stray"])
        #expect(answers.map { $0["delivery"] } == [1, 2, nil])
    }

    @Test func aZoneOfASiteIsOpenToThoseWhoAreSignedIn() throws {
        // Readers of other sites may not speak of it; people stand there.
        try store.gateways.keep(
            GatewayBook.Grant(
                name: "lyon", site: "lyon", zones: ["dock-1"], state: .confirmed, who: "Nadia", at: 0))
        #expect(outcomes(try take(scan(1, "BL-1"), scan(2, PageScanTests.gtin))) == ["opened", "expected"])
    }

    @Test func anOldScanHasItsOwnMoment() throws {
        let hour: Int64 = 3_600_000
        // The browser's clock is a day ahead: what counts is how long ago it was.
        let clock = PageScanTests.now + 24 * hour
        _ = try take(
            scan(1, "BL-1", at: clock - 5 * hour), scan(2, PageScanTests.gtin, at: clock - 4 * hour), clock: clock)
        let moments = try store.database.rows("SELECT captured FROM record ORDER BY seq") { $0.integer(0) }
        #expect(moments == [PageScanTests.now - 5 * hour, PageScanTests.now - 4 * hour])
        // A clock that was set in between tells nothing.
        for at in [clock + 1, 0] {
            #expect(PageScan.moment(at, clock: clock, now: PageScanTests.now) == PageScanTests.now)
        }
        #expect(PageScan.moment(.min, clock: .max, now: 5) == 5)
    }

    @Test func whoScannedIsNamedAlsoWhereAnotherSends() throws {
        _ = try take(scan(1, "BL-1", person: 2), scan(2, PageScanTests.gtin, person: 99))
        let kept = try store.database.rows("SELECT device FROM record ORDER BY seq") { $0.text(0) }
        #expect(kept == ["Omar", "Nadia"])
        #expect(try store.database.integer("SELECT sender FROM page_scan WHERE person=2") == 1)
    }

    @Test func aStockTakeAndItsRemoveModeAnswerInTheirWords() throws {
        let opened = try desks.counting.open(
            zone: "dock-1", sources: [], blind: false, by: Author("Nadia"), at: PageScanTests.now)
        let id = try #require(opened)
        #expect(outcomes(try take(scan(1, PageScanTests.gtin))) == ["counted"])
        #expect(try desks.counting.set(.remove, on: id, by: Author("Nadia"), at: PageScanTests.now))
        let answers = try take(scan(2, PageScanTests.gtin), scan(3, PageScanTests.gtin))
        #expect(outcomes(answers) == ["removed", "refused"] && answers[1]["reason"] == "not-counted")
        #expect(answers.allSatisfy { $0["take"] == .int(id) })
    }

    @Test func readersAndPagesShareWhatIsCounted() throws {
        _ = try take(scan(1, "BL-1"), scan(2, "(01)\(PageScanTests.gtin)(21)A7"))
        // A reader's frame in between: what was remembered of the reception holds for both.
        let body = Frame.body(of: [
            Model.Row.barcode(device: "r", zone: "dock-1", Barcode(text: "(01)\(PageScanTests.gtin)(21)A7")).encoded(
                at: 0)
        ])
        let frame = Frame(
            epoch: 7, lane: .bulk, first: 1, count: 1, boot: Boot(counter: 1, random: 1), origin: PageScanTests.now,
            synced: true, codec: .plain, crc: CRC32C.checksum(body), body: body)
        let result = try desks.intake.apply([(agent: "dock", payload: frame.encoded)], at: PageScanTests.now)
        guard case .refused(_, _, _, .again)? = result.events.first else {
            Issue.record("\(result.events)")
            return
        }
        #expect(try received == [1])
    }

    @Test func keysAreWhatBrowsersMake() {
        #expect(PageScan.isKey("01JD0000000000000000000000"))
        for text in [
            "", "01JD", "01jd0000000000000000000000", "01JD000000000000000000000U", "01JD000000000000000000000é",
        ] {
            #expect(!PageScan.isKey(text), "\(text)")
        }
    }
}
