import Depot
import Model
import TestSupport
import Testing

@testable import Followers

/// What pages are told, and what it costs to have them open.
struct PageTests {
    private let budget = SocketBudget(limit: 3000)

    private func socket(_ id: UInt64, person: Int64 = 1, cut: @escaping @Sendable () -> Void = {}) -> BrowserSocket {
        BrowserSocket(id: id, person: person, label: "Firefox", session: "s\(id)", budget: budget, cut: cut)
    }

    private func entry(_ seq: Int64, _ fact: Fact) -> Entry {
        Entry(seq: seq, at: seq, author: Author("Nadia"), site: nil, fact: fact)
    }

    @Test func eachSubjectIsToldOnceInTheOrderOfItsLastChange() {
        let topics = PageTopic.changed(in: [
            entry(1, Fact(.deliveryOpened, 7)), entry(2, Fact(.takeOpened, 3)), entry(3, Fact(.deliveryClosed, 7)),
            entry(4, Fact(.sessionOpened, "Nadia")),
        ])
        #expect(topics == [.take(3), .delivery(7)])
    }

    @Test func aPushIsNotMistakenForAnotherOfTheSameNumber() {
        #expect(PageTopic(Fact(.pushed(.take), "17")) == .job("quai/take/17"))
        #expect(PageTopic(Fact(.pushed(.reception), "17")) == .job("quai/reception/17"))
        #expect(PageTopic(Fact(.pushRetried, "quai/reception/17")) == .job("quai/reception/17"))
        #expect(
            PageTopic(Fact(.pushRetried, "quai/01KB3S6Z0Q1Y8X7W6V5T4S3R2P/reception/17")) == .job("quai/reception/17"))
    }

    @Test func whoJoinsTwiceIsThereOnce() {
        var hub = Hub(seq: 0)
        let socket = socket(1)
        let joined = [hub.join(socket, at: 0), hub.join(socket, at: 0)]
        #expect(joined == [true, false])
        hub.tell(1, PageMessage(.missed), at: 0)
        hub.closeAll()
        let late = hub.join(self.socket(2), at: 0)
        #expect(!late, "nobody is let in any more")
        var told = 0
        while case .messages(let messages) = socket.next() {
            told += messages.count { (try? JSON(parsing: $0))?["type"] == "missed" }
        }
        #expect(told == 1)
    }

    @Test func aNumberThatIsNoneShowsNothing() {
        #expect(PageTopic(Fact(.deliveryOpened, "")) == nil, "as an erasure leaves it")
        #expect(PageTopic(Fact(Fact.Kind(rawValue: "moon.landed"), "1")) == nil, "of a version to come")
    }

    @Test func ofALongListOnlyWhatChangedIsTold() throws {
        func view(_ received: Int64) -> JSON {
            .object([
                ("id", 7), ("received", .int(received)),
                (
                    "lines",
                    .array((0..<300).map { .object([("gtin", .int($0)), ("received", .int($0 == 9 ? received : 0))]) })
                ),
                ("decisions", .array([])),
            ])
        }
        let patch = Patch.of(view(2), since: ToldView(view(1)))
        #expect(patch["received"] == 2)
        #expect(patch["patch"]?["lines"]?["set"]?.list?.count == 1)
        #expect(patch["patch"]?["lines"]?["set"]?.list?.first?.list?.first == 9)
        #expect(patch["patch"]?["lines"]?["count"] == 300)
        #expect(patch["patch"]?["decisions"] == nil, "it did not change")
        #expect(patch.text8.count < 200)
        let first = Patch.of(view(1), since: nil)
        #expect(first["partial"] == true)
        #expect(first["lines"] == nil)
    }

    @Test func whatIsRememberedTellsEachKindOfValueFromTheOthers() {
        let values: [JSON] = [
            .null, false, true, 0, 1, .number(1), "", "0", .array([]), .array([0]), .array([.array([])]), .members([]),
            .object([("a", 1)]), .object([("a", .null)]), .object([("b", 1)]), "a",
        ]
        for at in [0, 1] {
            let views = values.map { ToldView(.object([("x", at == 0 ? $0 : .array([$0]))])) }
            for (one, view) in views.enumerated() {
                #expect(views.indices.filter { views[$0] == view } == [one])
            }
        }
    }

    @Test func aBrowserThatDoesNotReadIsCutAndItsBytesGivenBack() {
        let isCut = Flag()
        var hub = Hub(seq: 5)
        do {
            let socket = socket(1, cut: { isCut.set() })
            hub.join(socket, at: 0)
            for _ in 0..<20 {
                hub.tellAll(
                    PageMessage(.deliveries, .object([("text", .string(String(repeating: "x", count: 200)))])), at: 0)
            }
            #expect(isCut.value)
            #expect(socket.isSlow)
            #expect(budget.bytes <= 3000)
            hub.leave(1, at: 0)
        }
        #expect(hub.cut == 1)
        #expect(hub.count == 0)
        #expect(budget.bytes == 0, "nothing is kept for whoever has gone")
    }

    @Test func theOneUsedLastIsLoud() {
        var hub = Hub(seq: 0)
        let (first, second) = (socket(1), socket(2))
        hub.join(first, at: 0)
        hub.join(second, at: 0)
        hub.use(2, at: 0)
        hub.closeAll()
        var last: JSON?
        while case .messages(let messages) = second.next() { last = messages.last.flatMap { try? JSON(parsing: $0) } }
        #expect(last?["data"]?["loud"] == true)
    }

    @Test func aSessionThatHasEndedClosesItsPagesAndNoOthers() {
        var hub = Hub(seq: 0)
        let (first, second) = (socket(1), socket(2, person: 2))
        hub.join(first, at: 0)
        hub.join(second, at: 0)
        hub.close(exceptSessions: ["s2"])
        #expect(first.isSignedOut)
        #expect(!second.isSignedOut)
    }

    /// The page's own table and docs/reference/http.md hold every type there is.
    @Test func everyTypeOfMessageIsKnownToThePageAndTheReference() {
        let page =
            Fixture.text("../Sources/IngestServer/Web/app.js") + Fixture.text("../Sources/IngestServer/Web/stream.js")
        let reference = Fixture.text("../docs/reference/http.md")
        for kind in PageMessage.Kind.allCases {
            #expect(page.contains("\"\(kind.rawValue)\""), "\(kind) in app.js")
            #expect(reference.contains("`\(kind.rawValue)`"), "\(kind) in http.md")
        }
    }

    final class Flag: @unchecked Sendable {
        private(set) var value = false
        func set() { value = true }
    }
}
