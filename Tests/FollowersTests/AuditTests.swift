import Depot
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// The trail that people read follows from what happened.
struct AuditTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia", station: "dock-1")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        try store.run(AuditFollower())
    }

    private func tell(_ kind: Fact.Kind, _ subject: String, by author: Author? = nil) throws {
        try store.tell(Fact(kind, subject), by: author ?? nadia, at: 1)
    }

    private func trail(before: Int64? = nil, subject: String? = nil, who: String? = nil, limit: Int = 10) throws
        -> [Int64]
    {
        try store.trail.entries(before: before, subject: subject, who: who, limit: limit).map(\.seq)
    }

    @Test func theTrailIsWhatPeopleDidNewestFirst() throws {
        try tell(.deliveryOpened, "17")
        try tell(.callEnded, "pbx/1")
        try tell(.deliveriesPulled, "3", by: Author("edge-ingest"))
        try tell(.callMissed, "pbx/1")
        try tell(.callNoted, "pbx/1", by: Author("Karim"))
        try tell(.deliveryClosed, "17")
        #expect(try trail().isEmpty, "nobody has followed yet")
        try store.run(AuditFollower())
        #expect(try trail() == [6, 5, 1])
        #expect(try trail(before: 6) == [5, 1])
        #expect(try trail(limit: 1) == [6])
        #expect(try trail(subject: "17") == [6, 1])
        #expect(try trail(who: "Karim") == [5])
        #expect(try trail(subject: "17", who: "Karim").isEmpty)
        try store.run(AuditFollower())
        #expect(try trail() == [6, 5, 1], "each once")
    }

    @Test func whatIsErasedIsInTheTrailWithoutItsWords() throws {
        try tell(.dialled, "0145670002")
        try store.run(AuditFollower())
        #expect(try store.ledger.erase(mentioning: ["0145670002"]) == 1)
        let entry = try #require(try store.trail.entries(before: nil, subject: nil, who: nil, limit: 10).first)
        #expect(entry.isErased && entry.fact.subject.isEmpty)
    }
}
