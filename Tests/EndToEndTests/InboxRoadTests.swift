import Model
import Platform
import Rig
import TestSupport
import Testing

/// An inbox from the fact to its people: by the API and by the stream, both the same.
@Suite(.serialized)
struct InboxRoadTests {
    private static func isInbox(unread: Int64) -> @Sendable (JSON) -> Bool {
        { $0["type"]?.text == "inbox" && $0["data"]?["unread"]?.integer == unread }
    }

    @Test
    func theStreamAndTheListSayTheSameToOnePersonAlone() throws {
        let stand = try RoadTests.stand("inbox-road")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let (first, second) = (
            try PageClient(port: stand.httpPort, name: "Nadia"), try PageClient(port: stand.httpPort, name: "Nadia")
        )
        let other = try PageClient(port: stand.httpPort, name: "Bruno")
        for page in [first, second, other] {
            try page.follow()
            #expect(page.wait(milliseconds: 10_000, for: InboxRoadTests.isInbox(unread: 0)) != nil, "at the start")
        }
        for number in 1...3 {
            try first.request("POST", "/api/v1/inbox/test", .object([("text", .string("number \(number)"))]))
        }
        for page in [first, second] {
            let told = try #require(page.wait(milliseconds: 10_000, for: InboxRoadTests.isInbox(unread: 3)))
            #expect(try told.json["data"] == page.request("GET", "/api/v1/inbox/count"))
        }
        let list = try first.request("GET", "/api/v1/inbox?lang=en")
        let entries = try #require(list["entries"]?.list)
        #expect(entries.compactMap { $0["title"]?.text } == [3, 2, 1].map { "Announcement: number \($0)" })
        #expect(list["counts"]?["unread"] == 3)
        // Read in one place, read in all.
        let id = try #require(entries.first?["id"]?.integer)
        let changed = try second.request("POST", "/api/v1/inbox/\(id)/read", .object([]))
        #expect(changed["changed"] == 1 && changed["counts"]?["unread"] == 2)
        #expect(first.wait(milliseconds: 10_000, for: InboxRoadTests.isInbox(unread: 2)) != nil)
        #expect(try other.request("GET", "/api/v1/inbox")["entries"]?.list?.isEmpty == true)
        #expect(throws: PageClient.Failure.self, "it is none of his") {
            try other.request("GET", "/api/v1/inbox/\(id)")
        }
        #expect(try other.request("POST", "/api/v1/inbox/\(id)/read", .object([]))["changed"] == 0)
    }
}
