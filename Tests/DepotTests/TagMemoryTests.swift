import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// TID and user memory that readers were asked for, at the centre.
extension InventoryTests {
    @Test func theMemoryOfATagIsKeptWithIt() throws {
        var sighting = Self.sighting(Self.epc(1), "dock")
        (sighting.tid, sighting.userMemory) = ([0xE2, 0x80, 0x11, 0x05], [0xAB, 0xCD])
        try send([.appeared(sighting), Self.tag(2)])
        // A read that failed to give it takes nothing away; a newer one counts.
        (sighting.tid, sighting.userMemory) = (nil, [0x12, 0x34])
        try send([.left(sighting, present: .seconds(1)), Self.tag(1)])
        let item = try #require(try store.stock.items(epc: Self.epc(1).hex, gtin: nil, limit: 1).first)
        #expect(item["tid"] == "E2801105" && item["user"] == "1234")
        let other = try #require(try store.stock.items(epc: Self.epc(2).hex, gtin: nil, limit: 1).first)
        #expect(other["tid"] == nil && other["user"] == nil)
        #expect(try store.stock.items(epc: nil, gtin: Self.breaker, limit: 9).count == 2)
    }

    /// A database of before it has none, and takes it from then on.
    @Test func anOlderDatabaseTakesMemoryToo() throws {
        let folder = TemporaryFolder()
        do {
            let old = try Database(path: "\(folder.path)/db")
            for step in Schema.steps.dropLast() { try old.execute(step) }
            try old.execute("PRAGMA user_version=\(Schema.steps.count - 1)")
            try old.execute(
                "INSERT INTO item (epc, zone, present, first_seen, last_seen) VALUES ('E280', 'dock', 1, 1, 2)")
        }
        let store = try Store(path: "\(folder.path)/db")
        var sighting = Self.sighting(TagID(.epcGen2, [0xE2, 0x80]), "dock")
        sighting.tid = [1, 2]
        try store.stock.remember(sighting, at: 3)
        #expect(try store.stock.items(epc: "E280", gtin: nil, limit: 1).first?["tid"] == "0102")
    }
}
