import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// By what the ERP knows our work again.
struct ERPKeyTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia")

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func queue(_ subject: String) throws -> String {
        try store.jobs.queue(.reception, subject: subject, payload: .null, by: nadia, at: 1)
        return try #require(try store.jobs.job(of: .reception, subject: subject)).key
    }

    @Test func twoInstallationsNeverHaveTheSameKey() throws {
        let (first, second) = (try queue("17"), try queue("18"))
        let name = try store.jobs.installation(at: 9)
        #expect(name.utf8.count == 26)
        #expect(first == "quai/\(name)/reception/17" && second == "quai/\(name)/reception/18")
        let other = try TestStore.open("\(folder.path)/other")
        try other.jobs.queue(.reception, subject: "17", payload: .null, by: nadia, at: 1)
        #expect(try other.jobs.job(of: .reception, subject: "17")?.key != first)
        #expect(try TestStore.open("\(folder.path)/db").jobs.installation(at: 20) == name, "it stays")
    }

    @Test func aRestoredDatabaseIsAnotherInstallationAndWhatWaitsKeepsItsKey() throws {
        let before = try queue("17")
        try store.jobs.renewInstallation(at: 5)
        try store.jobs.queue(.reception, subject: "17", payload: true, by: nadia, at: 6)
        #expect(try store.jobs.rows(state: nil, limit: 9).map(\.key) == [before], "renewed, not told twice")
        #expect(try queue("18").split(separator: "/")[1] != before.split(separator: "/")[1])
    }

    @Test func keysOfBeforeAreKeptAndFound() throws {
        try store.database.execute(
            """
            INSERT INTO erp_job (key, kind, subject, state, attempts, due, created, who, payload)
                VALUES ('quai/reception/17', 'reception', '17', 'waiting', 1, 0, 0, 'Nadia', '{}');
            """)
        #expect(try queue("17") == "quai/reception/17")
        #expect(try store.jobs.job(key: "quai/reception/17")?.subject == "17")
    }

    @Test func aPageCallsAJobWithoutTheInstallation() throws {
        let key = try queue("17")
        #expect(ERPJob.name(key: key) == "quai/reception/17")
        #expect(try store.jobs.job(key: ERPJob.name(key: key))?.key == key)
        #expect(ERPJob.name(key: "quai/call/lyon/17") == "quai/call/lyon/17")
        try store.jobs.queue(.call, subject: "lyon/pbx/1", payload: .null, by: nadia, at: 1)
        #expect(try store.jobs.job(key: "quai/call/lyon/pbx/1")?.kind == .call)
        #expect(try store.jobs.job(key: "") == nil && store.jobs.job(key: "quai/moon/1") == nil)
    }
}
