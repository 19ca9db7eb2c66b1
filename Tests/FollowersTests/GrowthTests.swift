import Identifiers
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import Followers

/// What one of each leaves in the tables: the table of docs/reference/growth.md.
struct GrowthTests {
    private static let gtin = "03608439390616"

    private let folder = TemporaryFolder()
    private let store: Store
    private let applier: Applier
    private let nadia = Author("Nadia", station: "dock")
    private let queue = QueueFollower(location: { "WH/\($0)" }, plan: { _ in NumberPlan() })
    /// Made by whoever writes first, not by what is written.
    private static let once: Set<String> = ["follower", "stream", "stream_boot", "archive_file", "archived"]

    private final class Sender {
        var next: UInt64 = 1
        var time: Int64 = 1_000_000
    }

    private let sender = Sender()

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = ["dock": ZoneRule(kind: .dock), "shelf": ZoneRule(kind: .store)]
        applier = Applier(store: store)
        try store.run(queue)
        try store.run(AuditFollower())
        try send([.barcode(device: "g", zone: "attic", Barcode(text: "first"))])
    }

    private func send(_ rows: [Model.Row]) throws {
        sender.time += 1000
        let plain = Frame.body(of: rows.map { $0.encoded(at: 0) })
        let frame = Frame(
            epoch: 7, lane: .bulk, first: sender.next, count: rows.count, boot: Boot(counter: 1, random: 2),
            origin: sender.time, synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain
        ).encoded
        let result = try applier.apply([("dock-1", frame)], at: sender.time)
        #expect(result.applied == rows.count)
        sender.next += UInt64(rows.count)
    }

    private func tag(_ serial: UInt64, _ zone: String = "attic") -> Model.Row {
        let id = TagID(.epcGen2, EPC.sgtin96(gtin: GrowthTests.gtin, companyDigits: 6, serial: serial)!)
        return .appeared(.init(device: "r", zone: zone, tag: id, rssiDBm: nil, antenna: nil, reads: 1))
    }

    private func call(_ number: Int, isMissed: Bool) -> Model.Row {
        var call = CallSnapshot(call: "\(number)", revision: 1, startedAt: sender.time)
        (call.state, call.direction, call.called) = (.ended, .inbound, "101")
        call.caller = Party(number: "06123400\(10 + number)", name: nil)
        call.endedAt = sender.time + 9000
        call.legs = [.init(id: "a", desk: "101", state: .ended, rangAt: sender.time)]
        if isMissed {
            call.missedBy = ["101"]
        } else {
            call.answeredAt = sender.time + 1
            call.answeredBy = ["101"]
            call.legs[0].answeredAt = sender.time + 1
        }
        return .call(device: "pbx", call)
    }

    private func counts() throws -> [String: Int64] {
        var out: [String: Int64] = [:]
        for table in try store.database.tables() where !table.hasPrefix("search") && !GrowthTests.once.contains(table) {
            out[table] = try store.database.integer("SELECT count(*) FROM \"\(table)\"")
        }
        return out
    }

    /// What `times` of something left, as the page says it.
    private func left(_ times: Int64, _ body: () throws -> Void) throws -> String {
        let before = try counts()
        try body()
        try store.run(AuditFollower())
        try store.run(queue)
        let after = try counts()
        let grown = after.map { ($0.key, $0.value - (before[$0.key] ?? 0)) }.filter { $0.1 != 0 }.sorted { $0 < $1 }
        return grown.map { "`\($0.0)` \($0.1 % times == 0 ? "\($0.1 / times)" : "\($0.1) for \(times)")" }.joined(
            separator: ", ")
    }

    @Test func thePageSaysWhatOneOfEachLeaves() throws {
        var lines: [(String, String)] = []
        lines.append(
            (
                "a barcode where nothing is open",
                try left(100) {
                    try send((0..<100).map { .barcode(device: "g", zone: "attic", Barcode(text: "B\($0)")) })
                }
            ))
        lines.append(("a tag that was never seen", try left(100) { try send((0..<100).map { tag(UInt64($0)) }) }))
        lines.append(("the same tag again", try left(100) { try send((0..<100).map { tag(UInt64($0)) }) }))
        lines.append(
            ("a tag that moves in the book", try left(100) { try send((0..<100).map { tag(UInt64($0), "shelf") }) }))
        lines.append(
            ("a call that was answered", try left(10) { for n in 0..<10 { try send([call(n, isMissed: false)]) } }))
        lines.append(
            ("a call that was missed", try left(10) { for n in 10..<20 { try send([call(n, isMissed: true)]) } }))
        lines.append(
            (
                "a delivery of 10 tagged pieces of one line, announced, opened, closed, for an ERP",
                try left(1) {
                    let desk = ReceivingDesk(store)
                    let announced = Announced(
                        note: "BL-1", supplier: "Rexel", dock: nil,
                        lines: [.init(gtin: GrowthTests.gtin, description: "Breaker", quantity: 10)], units: [])
                    let id = try #require(try store.deliveries.expect(announced, source: "file"))
                    #expect(try desk.open(id, zone: "dock", by: nadia, at: sender.time))
                    applier.forgetReceptions()
                    try send((1000..<1010).map { tag(UInt64($0), "dock") })
                    #expect(try desk.close(id, .init(), by: nadia, at: sender.time))
                }
            ))
        let page = String(decoding: Fixture.bytes(at: "\(Fixture.root)/docs/reference/growth.md"), as: UTF8.self)
        for (what, rows) in lines {
            let isThere = page.contains("| \(what) | \(rows) |\n")
            #expect(isThere, "| \(what) | \(rows) |")
        }
    }
}
