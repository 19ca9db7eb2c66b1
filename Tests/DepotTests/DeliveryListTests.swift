import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// The list of deliveries in pages: the order of the work, what is searched, and how it goes on.
struct DeliveryListTests {
    let folder: TemporaryFolder
    let store: Store
    let today = "2026-11-28"

    init() throws {
        folder = TemporaryFolder()
        store = try TestStore.open("\(folder.path)/db")
    }

    @discardableResult
    func expect(_ note: String, _ supplier: String = "Rexel", on day: String? = nil, dock: String? = nil) throws
        -> Int64
    {
        let announced = Announced(note: note, supplier: supplier, expectedOn: day, dock: dock)
        return try store.deliveries.expect(announced, source: "file") ?? 0
    }

    func list(_ change: (inout DeliveryList.Question) -> Void = { _ in }) throws -> DeliveryList {
        var question = DeliveryList.Question(today: today, since: 0)
        change(&question)
        return try store.deliveries.list(question)
    }

    @Test func openOnesComeFirstThenTheMostLate() throws {
        try expect("E-none")
        try expect("D-later", on: "2026-12-01")
        try expect("C-today", on: "2026-11-28")
        try expect("B-late", on: "2026-11-27")
        try expect("A-latest", on: "2026-11-22")
        let open = try expect("F-open", on: "2026-12-24")
        try store.database.run("UPDATE delivery SET status='open', zone='dock-1', opened=5 WHERE id=?", .integer(open))
        let closed = try expect("G-closed", on: "2026-11-01")
        try store.database.run("UPDATE delivery SET status='closed', closed=9 WHERE id=?", .integer(closed))
        let list = try list()
        #expect(
            list.deliveries.map(\.note) == ["F-open", "A-latest", "B-late", "C-today", "D-later", "E-none", "G-closed"])
        #expect(list.counts == [.open: 1, .late: 2, .today: 1, .later: 2, .closed: 1])
        #expect(list.total == 7 && list.next == nil)
        #expect(try self.list { $0.since = 10 }.counts[.closed] == nil, "closed before")
        #expect(try self.list { $0.states = [.late] }.deliveries.map(\.note) == ["A-latest", "B-late"])
        #expect(try self.list { $0.dock = "dock-1" }.deliveries.map(\.note) == ["F-open"])
    }

    @Test func everyPageGoesOnWhereTheLastEnded() throws {
        for n in 1...25 { try expect("N\(n)", on: n % 2 == 0 ? "2026-11-2\(n % 10)" : nil) }
        var seen: [Int64] = []
        var after: Int64?
        repeat {
            let page = try list {
                $0.limit = 7
                $0.after = after
            }
            #expect(page.deliveries.count <= 7 && page.total == 25)
            seen += page.deliveries.map(\.id)
            // What was read meanwhile takes its own place, and none of the others is skipped or doubled.
            if after == nil, let first = seen.first {
                try store.database.run("UPDATE delivery SET status='open', opened=1 WHERE id=?", .integer(first))
            }
            after = page.next
        } while after != nil
        #expect(Set(seen).count == 25 && seen.count == 25)
    }

    @Test func eachWordIsSearchedWithoutCaseAndAccents() throws {
        try expect("BL-1", "Électricité Dupont")
        try expect("BL-2", "Sonepar", dock: "dock-2")
        let third = try expect("BL-3", "Sonepar")
        try store.deliveries.keep(names: ["PO-4711"], of: third)
        #expect(try list { $0.text = "electricite" }.deliveries.map(\.note) == ["BL-1"])
        #expect(try list { $0.text = "SONEPAR dock 2" }.deliveries.map(\.note) == ["BL-2"])
        #expect(try list { $0.text = "po-4711" }.deliveries.map(\.note) == ["BL-3"])
        #expect(try list { $0.text = "%" }.total == 3, "a sign alone is no word")
        #expect(try list { $0.supplier = "Sonepar" }.total == 2)
        #expect(try list { $0.supplier = "Sonepar" }.suppliers.count == 2, "others can still be chosen")
    }
}
