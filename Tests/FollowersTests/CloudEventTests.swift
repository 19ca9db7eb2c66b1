import Depot
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// What other programs are told of the ledger.
struct CloudEventTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia", station: "dock-1", reason: "counted twice")

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func events(after seq: Int64 = 0, personal: Bool = false) throws -> [CloudEvent] {
        var events: [CloudEvent] = []
        try store.ledger.linked(after: seq) { entry, link in
            if let event = CloudEvent(entry, link: link, instance: "centre", personal: personal) {
                events.append(event)
            }
            return true
        }
        return events
    }

    @Test func aFactIsACloudEvent() throws {
        try store.tell(Fact(.deliveryClosed, "17"), by: nadia, site: "lyon", at: 1000)
        let event = try #require(try events().first)
        let json = event.json(time: "1970-01-01T00:00:01.000Z")
        #expect(json["specversion"] == .string("1.0"))
        #expect(json["source"] == .string("urn:quai:centre"))
        #expect(json["type"] == .string("quai.delivery.close"))
        #expect(json["subject"] == .string("17"))
        #expect(json["time"] == .string("1970-01-01T00:00:01.000Z"))
        #expect(json["data"] == .object([("seq", .int(1)), ("site", .string("lyon"))]))
        #expect(event.id.hasPrefix("1-") && event.id.count == 18)
    }

    @Test func anEventKeepsItsId() throws {
        try store.tell(Fact(.deliveryClosed, "17"), by: nadia, at: 1)
        try store.tell(Fact(.deliveryClosed, "17"), by: nadia, at: 1)
        let ids = try events().map(\.id)
        #expect(Set(ids).count == 2)
        #expect(try events(personal: true).map(\.id) == ids)
    }

    @Test func whatPeopleDidAndSaidNeedsTheScope() throws {
        try store.tell(Fact(.callMissed, "pbx/1", "+33123456789"), by: nadia, at: 1)
        try store.tell(Fact(.partyCreated, "4", "Martin"), by: nadia, at: 1)
        try store.tell(Fact(.deliveryClosed, "17", "words"), by: nadia, at: 1)
        #expect(try events().map(\.type) == ["quai.delivery.close"])
        #expect(try events().first?.data == .object([("seq", .int(3))]))
        let all = try events(personal: true)
        #expect(all.map(\.type) == ["quai.call.missed", "quai.party.create", "quai.delivery.close"])
        #expect(all.last?.data["who"] == .string("Nadia"))
        #expect(all.last?.data["reason"] == .string("counted twice"))
        #expect(all.last?.data["detail"] == .string("words"))
    }

    @Test func signInsAccountsAndUnknownKindsAreNeverTold() throws {
        let kinds: [Fact.Kind] = [
            .sessionOpened, .userAdded, .configurationSet, .numberErased, .deliveriesPulled,
            Fact.Kind(rawValue: "secret.shown"),
        ]
        for kind in kinds { try store.tell(Fact(kind, "x"), by: nadia, at: 1) }
        #expect(try events(personal: true).isEmpty)
    }

    @Test func whatWasErasedIsNotTold() throws {
        try store.tell(Fact(.callNoted, "pbx/1", "+33123456789"), by: nadia, at: 1)
        _ = try store.ledger.erase(mentioning: ["+33123456789"])
        #expect(try events(personal: true).isEmpty)
    }

    @Test func oneGoesOnAfterAnEntryOrFromATime() throws {
        // 2026-11-28T06:00:00Z.
        let six: Int64 = 1_795_845_600_000
        for at in [six - 1, six, six + 1] { try store.tell(Fact(.deliveryOpened, "1"), by: nadia, at: at) }
        #expect(try store.ledger.start(since: "2") == 2)
        #expect(try store.ledger.start(since: "2026-11-28T06:00:00Z") == 1)
        #expect(try store.ledger.start(since: "2026-11-28T07:00:00+01:00") == 1)
        #expect(try store.ledger.start(since: "2026-11-28") == 0)
        #expect(try store.ledger.start(since: "2027-01-01") == 3)
        for text in ["-1", "", "now", "yesterday", "2026-13-45", "2460000.5"] {
            #expect(try store.ledger.start(since: text) == nil, "\(text)")
        }
        #expect(try events(after: 2).count == 1)
    }

    @Test func oneGoesOnAfterTheIdOfAnEvent() throws {
        for id in 1...3 { try store.tell(Fact(.deliveryOpened, Int64(id)), by: nadia, at: 1) }
        let ids = try events().map(\.id)
        #expect(try ids.map { try store.ledger.start(since: $0) } == [1, 2, 3])
        // The chain of before a restore: its numbers are others' now.
        #expect(try store.ledger.start(since: "2-0000000000000000") == 3)
        #expect(try store.ledger.start(since: "99-0000000000000000") == 99)
        for text in ["2-", "-2-0000000000000000", "2-000000000000000", "x-0000000000000000"] {
            #expect(try store.ledger.start(since: text) == nil, "\(text)")
        }
    }

    @Test func batchesGoOnWhereTheLastOneEnded() throws {
        for id in 1...5 {
            try store.tell(Fact(id == 3 ? .sessionOpened : .deliveryOpened, Int64(id)), by: nadia, at: 1)
        }
        var (last, told, turns) = (Int64(0), [Int64](), 0)
        while turns < 9 {
            let batch = try EventBatch(
                after: last, of: store.ledger, instance: "centre", personal: false, atMost: 2, rfc3339: { String($0) })
            told += batch.events.map(\.seq)
            #expect(batch.bytes == batch.events.reduce(0) { $0 + $1.text.utf8.count })
            (last, turns) = (batch.last, turns + 1)
            if batch.isWhole { break }
        }
        #expect(told == [1, 2, 4, 5] && last == 5 && turns == 3)
    }

    private func stream(after seq: Int64?, personal: Bool = false) throws -> [String] {
        let stream = try EventStream(
            after: seq, of: store.ledger, instance: "centre", personal: personal, rfc3339: { String($0) })
        return stream.text.split(separator: "\n").map(String.init)
    }

    private func ids(_ lines: [String]) -> [String] { lines.filter { $0.hasPrefix("id: ") } }

    @Test func aStreamGoesOnAfterWhatTheClientHas() throws {
        for id in 1...3 { try store.tell(Fact(.deliveryOpened, Int64(id)), by: nadia, at: 1) }
        let lines = try stream(after: 1)
        #expect(lines.filter { $0.hasPrefix("data: ") }.count == 2)
        #expect(ids(lines) == ["id: 2", "id: 3", "id: 3"])
        #expect(ids(try stream(after: nil)) == ["id: 3"])
        #expect(ids(try stream(after: 99)) == ["id: 3"])
    }

    @Test func aStreamMovesOverWhatItDoesNotTell() throws {
        try store.tell(Fact(.sessionOpened, "Nadia"), by: nadia, at: 1)
        try store.tell(Fact(.callMissed, "pbx/1"), by: nadia, at: 1)
        #expect(ids(try stream(after: 0)) == ["id: 2"])
        #expect(ids(try stream(after: 0, personal: true)) == ["id: 2", "id: 2"])
    }

    @Test func aStreamEndsAtItsLimit() throws {
        try store.transaction {
            for id in 1...EventBatch.entryLimit + 5 {
                try store.tell(Fact(.deliveryOpened, Int64(id)), by: nadia, at: 1)
            }
        }
        #expect(ids(try stream(after: 0)).last.flatMap { Int($0.dropFirst(4)) } ?? 0 <= EventBatch.entryLimit)
        #expect(ids(try stream(after: Int64(EventBatch.entryLimit))).count == 6)
    }
}
