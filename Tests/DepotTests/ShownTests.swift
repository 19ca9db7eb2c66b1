import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What is shown to whom: cards, deliveries, notices and inboxes, by what somebody may and where.
struct ShownTests {
    private static func person(_ rights: Set<Permission>, zones: Set<String> = [], sites: Set<String> = []) -> Person {
        var person = Person(id: 1, name: "Zoé", desk: nil)
        (person.isOpenHouse, person.rights) = (false, rights)
        person.reach = Reach(Scope([.zones: zones, .sites: sites]), zonesOfSites: [])
        return person
    }

    private static let card = """
        {"call":"dock/pbx/1","mine":"ringing","withheld":false,"direction":"inbound","sentName":"Zorglub",
         "number":{"display":"06 12 34 00 91","e164":"+33612340091","kind":"subscriber"},"link":"https://crm/?name=Zorglub",
         "note":{"rev":1,"note":"Zorglub rappelle","who":"Nadia"},"lastCalls":[{"at":1,"note":"pour Zorglub"}],
         "parties":[{"id":7,"name":"Zorglub","company":"Quxcorp","numbers":["06 12 34 00 91"]}],
         "deliveries":[{"note":"BL-1","zone":"dock-1"},{"note":"BL-2","zone":"dock-2"},{"note":"BL-3"}]}
        """

    @Test func aCardShowsTheNumberAloneWhereClientsAreNotShown() throws {
        let card = try JSON(parsing: Self.card)
        func text(_ person: Person) -> String { person.shown(.object([("card", card)])).description }
        let all: Set<Permission> = [.callsSee, .clientsSee, .deliveriesSee, .personal]
        #expect(text(Self.person(all)) == JSON.object([("card", card)]).description)
        let number = text(Self.person(all.subtracting([.clientsSee])))
        for word in ["Quxcorp", "\"Zorglub\"", "crm", "BL-"] { #expect(!number.contains(word), "\(word)") }
        #expect(number.contains("06 12 34 00 91") && number.contains("Zorglub rappelle"))
        let masked = text(Self.person([.callsSee]))
        for word in ["Quxcorp", "Zorglub", "12 34", "BL-"] { #expect(!masked.contains(word), "\(word)") }
        #expect(masked.contains("06 •• •• •• 91") && masked.contains("Nadia"))
        // The client's deliveries are those that they would find elsewhere.
        let scoped = text(Self.person(all, zones: ["dock-2"]))
        #expect(
            scoped.contains("BL-2") && scoped.contains("BL-3") && !scoped.contains("BL-1") && scoped.contains("Quxcorp")
        )
        #expect(!text(Self.person(all.subtracting([.deliveriesSee]))).contains("BL-"))
    }

    @Test func whoSignedIsShownToThoseWhoMaySeeNames() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let desk = ReceivingDesk(store)
        let author = Author("Nadia", station: "dock-1")
        let id = try #require(
            try desk.openBlind(
                supplier: "R", zone: "dock-1", note: "BL-20261128001", day: "2026-11-28", by: author, at: 1))
        let photo = try desk.keep(photo: [1], type: "image/png", by: author, at: 1)
        try desk.decide(Decision(at: 2, who: "Nadia", kind: .signed, reason: "M. Zorglub", photo: photo), on: id)
        let view = try #require(try store.deliveries.view(id))
        let worker = Self.person([.deliveriesSee])
        for json in [worker.shown(view).json, worker.shown(delivery: view.json)] {
            let signed = try #require(json["decisions"]?.list?.first)
            #expect(
                signed["kind"] == "signed" && signed["reason"] == nil && signed["photo"] == nil
                    && signed["who"] == "Nadia")
            #expect(json["note"] == "BL-20261128001", "the number of a paper is nobody's")
        }
        #expect(Self.person([.deliveriesSee, .personal]).shown(view) == view)
        // The trail says of it who signed, where others say why.
        let entry = try #require(
            try store.ledger.entries(after: 0, limit: 9).last { $0.fact.kind.rawValue == "delivery.signed" })
        #expect(entry.json["reason"] == "M. Zorglub" && worker.shown(entry.json)["reason"] == nil)
    }

    @Test func aNoticeIsShownAndSettledAsFarAsItIsSeen() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try store.transaction {
            for kind in ["call", "take"] {
                try store.stock.notice(
                    .pushDead, subject: "quai/\(kind)/1",
                    data: .object([
                        ("job", 1), ("kind", .string(kind)), ("title", kind == "call" ? "Quxcorp, Zorglub" : "shelf-a"),
                        ("who", "Nadia"),
                        ("fault", "refused"), ("sentence", kind == "call" ? "no Zorglub" : "shelf-a is no place"),
                    ]), at: 1)
            }
            try store.stock.notice(
                .bufferFilling, subject: "buffer-a",
                data: .object([("agent", "a"), ("note", "BL-20261128001"), ("level", "warn")]), at: 2)
        }
        let everything = Self.person([.erpSee, .gatewaysSee, .clientsSee, .personal])
        func open(_ person: Person) throws -> [JSON] { try store.stock.openNotices(for: person) }
        #expect(try open(everything) == store.stock.openNotices())
        for rights in [[Permission.erpSee, .clientsSee], [.erpSee, .personal]] {
            let told = try open(Self.person(Set(rights))).description
            #expect(!told.contains("Zorglub") && !told.contains("Quxcorp") && told.contains("quai/call/1"), "\(rights)")
            #expect(told.contains("shelf-a is no place") && told.contains("Nadia"))
        }
        // Of a gateway of another site, and by whoever sees none of them: nothing is there to be settled.
        let desk = NoticeDesk(store)
        let lyon = Self.person([.erpSee, .gatewaysSee, .personal, .clientsSee], sites: ["lyon"])
        #expect(try open(lyon).count == 2)
        let ids = try store.stock.openNotices().compactMap { $0["id"]?.integer }
        for id in ids { #expect(try !desk.settle(id, by: Self.person([.stockSee]), at: 3)) }
        let buffer = try #require(
            try store.stock.openNotices().first { $0["kind"] == "buffer-filling" }?["id"]?.integer)
        #expect(try !desk.settle(buffer, by: lyon, at: 3) && desk.settle(buffer, by: everything, at: 3))
    }

    @Test func aLineOfAnInboxNamesNoClientToWhomNoneIsShown() {
        func line(_ type: NoticeType, _ subject: String, _ words: [String: String]) -> InboxEntry {
            InboxEntry(
                id: 1, seq: 1, type: type, priority: .normal, since: 0, at: 0, count: 1, isGroup: false,
                subject: subject,
                words: words, expires: 0)
        }
        let call = line(.callMissed, "a/1", ["detail": "Quxcorp", "body": "06 12 34 00 91"])
        #expect(Self.person([.callsSee, .personal]).shown(call).words == ["detail": "06 12 34 00 91"])
        #expect(Self.person([.callsSee]).shown(call).words == ["detail": "06 •• •• •• 91"])
        #expect(Self.person([.clientsSee]).shown(call).words == ["detail": "•••", "body": "06 •• •• •• 91"])
        let push = line(.pushFailed, "quai/x/call/1", ["subject": "Quxcorp", "body": "Zorglub 0612340091 unknown"])
        #expect(Set(Self.person([.erpSee, .personal]).shown(push).words.values) == ["•••"])
        #expect(Set(Self.person([.erpSee, .clientsSee]).shown(push).words.values) == ["•••"])
        let count = line(.pushFailed, "quai/x/take/1", ["subject": "shelf-a"])
        #expect(Self.person([.erpSee, .personal]).shown(count) == count)
    }

    /// Whoever does not see a note does not write the mask over it.
    @Test func aNoteThatIsNotShownStays() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let sight = CallDesk.Sight(isShown: true, running: nil, scope: CallScope(desks: []))
        func write(_ words: CallDesk.Words, over base: Int64, _ rights: Set<Permission>) throws -> CallNote {
            try CallDesk(store).write(words, on: "pbx/1", over: base, seeing: sight, by: Self.person(rights), at: 10)
        }
        _ = try write(.init(note: "Zorglub rappelle"), over: 0, [.personal])
        let kept = try write(.init(note: PersonalMask.name, disposition: "quote"), over: 1, [])
        #expect(kept.note == "Zorglub rappelle" && kept.disposition == "quote")
        #expect(try write(.init(note: "another"), over: 2, []).note == "another")
    }
}
