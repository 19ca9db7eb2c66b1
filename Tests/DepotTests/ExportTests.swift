import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Rows for other programs: all of them once, whatever a portion is, and nobody in them who is not asked for.
struct ExportTests {
    private let folder = TemporaryFolder()
    private let store: Store

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        for (agent, site) in [("pbx", "lyon"), ("dock", "nice")] {
            try store.gateways.update(agent: agent, site: site, online: true, status: nil, at: 1)
        }
    }

    @Test func everyCallIsThereOnceAlsoWhereManyBeginAtOnce() throws {
        for number in 0..<(ExportTable.portion + 30) {
            try CallTests.save(
                CallTests.call("\(number)", at: 1_000_000 + Int64(number / 700), answeredBy: "101"), in: store)
        }
        var seen: [String] = []
        try store.export.calls(.init(from: 1_000_000, to: 1_000_003)) { row, site in
            #expect(site == "nice")
            seen.append(row.snapshot.call)
        }
        #expect(seen.count == ExportTable.portion + 30 && Set(seen).count == seen.count)
        seen = []
        try store.export.calls(.init(from: 1_000_001, to: 1_000_002)) { row, _ in seen.append(row.snapshot.call) }
        #expect(seen.count == 700)
        try store.export.calls(.init(site: "lyon")) { _, _ in Issue.record("another site's call") }
    }

    @Test func recordsAreThoseOfGoods() throws {
        try store.database.run("INSERT INTO stream (id, agent, epoch) VALUES (1, 'dock', 5), (2, 'pbx', 5)")
        for seq in 1...(ExportTable.portion + 5) {
            try store.database.run(
                "INSERT INTO record VALUES (1, ?1, ?2, 1, ?3, 1, 'gun', NULL, 'x', x'8403')", .integer(seq),
                .integer(seq == 7 ? 6 : 3), .integer(1000 + seq))
        }
        try store.database.run("INSERT INTO record VALUES (2, 1, 3, 1, 1003, 0, NULL, NULL, 'y', x'80')")
        func names(_ range: ExportTable.Range) throws -> [String] {
            var out: [String] = []
            try store.export.records(range) { out.append($0.name) }
            return out
        }
        #expect(try names(.init()).count == ExportTable.portion + 5)
        #expect(try names(.init(from: 1003, to: 1005)).map { $0.suffix(2) } == ["/3", "/4", "/1"])
        #expect(try names(.init(site: "lyon")) == ["pbx/0000000000000005/s/1"])
        var line = ""
        try store.export.records(.init(to: 1002)) { line = $0.csv { "T\($0)" } }
        #expect(line == "dock/0000000000000005/s/1,barcode,T1,T1001,1,gun,,x,8403\n")
        #expect(PlainCSV.line(["=1+1", "a,\"b\"", "-5"], isDefused: true) == "'=1+1,\"a,\"\"b\"\"\",-5\n")
    }

    @Test func factsAreOfATimeAndASite() throws {
        for number in 0..<10 {
            try store.tell(Fact(.deliveryClosed, "\(number)"), by: Author("Alice"), at: Int64(number) * 1000)
        }
        var seen: [String] = []
        try store.export.facts(.init(from: 2000, to: 5000)) { entry, link in
            seen.append("\(entry.fact.subject) \(link.isEmpty)")
        }
        #expect(seen == ["2 false", "3 false", "4 false"])
        #expect(try store.export.moment("2026-11-28") == 1_795_824_000_000 && store.export.moment("soon") == nil)
    }
}
