import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// A badge at a dock's reader opens a session at the screen that is bound to it, nowhere else, and is no goods there.
struct ScreenTests {
    private static let badge = "E280689400005018A1B2C3D4"
    private static let home = "192.0.2.10"

    private let folder = TemporaryFolder()
    private let store: Store
    private let applier: Applier
    private var desk: ScreenDesk { ScreenDesk(store) }
    private let nadia = Author("Nadia")
    private let sender = InventoryTests.Sender()

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = ["dock": ZoneRule(kind: .dock), "gate": ZoneRule(kind: .dock)]
        applier = Applier(store: store)
        _ = try store.people.save(user: "Nadia", .init(password: "kept", rights: [.users]), by: nadia, at: 0)
        _ = try store.people.save(user: "Karim", .init(badge: Password.badge(Self.badge)), by: nadia, at: 0)
        _ = try store.people.save(user: "Léa", .init(badge: Password.badge("04a2b3c4")), by: nadia, at: 0)
    }

    private func sighting(_ hex: String, _ zone: String, _ device: String = "portal") throws -> Model.Row.Sighting {
        let bytes = try #require(Hex.bytes(hex))
        return .init(device: device, zone: zone, tag: TagID(.epcGen2, bytes), rssiDBm: nil, antenna: nil, reads: 1)
    }

    /// What the centre makes of one row of the agent `lyon`, which was captured `ago` milliseconds before it comes.
    private func events(_ row: Model.Row, ago: Int64 = 0) throws -> [CentreEvent] {
        sender.time += 10_000
        let frame = InventoryTests.frame([row.encoded(at: 0)], first: sender.next, origin: sender.time - ago)
        sender.next += 1
        return try applier.apply([("lyon", frame)], at: sender.time).events
    }

    private func reads(_ row: Model.Row, ago: Int64 = 0) throws -> [BadgeRead] {
        try events(row, ago: ago).compactMap { if case .badge(let read) = $0 { read } else { nil } }
    }

    private func items() throws -> Int64 { try store.database.integer("SELECT count(*) FROM item") ?? 0 }

    @Test func aBadgeIsLookedForWhereAScreenIsBoundAlone() throws {
        let badge = try sighting(Self.badge, "dock")
        #expect(try reads(.appeared(badge)).isEmpty)
        #expect(try items() == 1, "without a screen it is a tag as others")
        try store.database.run("DELETE FROM item")
        let screen = try desk.bind("Dock", zone: "dock", device: nil, secret: "s", by: nadia, at: 1)
        let read = BadgeRead(screen: screen.id, zone: "dock", badge: Password.badge(Self.badge))
        #expect(try reads(.appeared(badge)) == [read])
        #expect(try reads(.moved(badge, from: "gate")) == [read])
        // It stays, it goes: nothing is opened again, and nothing of it is goods.
        #expect(try reads(.still(badge)).isEmpty && reads(.left(badge, present: .seconds(1))).isEmpty)
        #expect(try events(.appeared(badge), ago: 0) == [.badge(read)], "no stray, no count")
        #expect(try items() == 0)
        #expect(try reads(.appeared(try sighting(Self.badge, "gate"))).isEmpty, "another dock has no screen")
        // A card's UID, in small letters as it was typed; a wedge's text, a code.
        let lea = Password.badge("04a2b3c4")
        #expect(try reads(.appeared(try sighting("04A2B3C4", "dock", "card"))).map(\.badge) == [lea])
        #expect(try reads(.key(device: "w", zone: "dock", text: "04a2b3c4")).map(\.badge) == [lea])
        #expect(try reads(.barcode(device: "g", zone: "dock", Barcode(text: Self.badge))) == [read])
        // What was brought late opens nothing, and is no goods either.
        #expect(try reads(.appeared(badge), ago: Screen.freshness + 1).map(\.isOld) == [true])
        // Whoever is let in no more has no badge.
        _ = try store.people.save(user: "Karim", .init(isDisabled: true), by: nadia, at: 2)
        #expect(try reads(.appeared(badge)).map(\.badge) == [nil])
    }

    @Test func whatNobodyKnowsIsSaidAtTheScreenAndStaysATag() throws {
        let screen = try desk.bind("Dock", zone: "dock", device: nil, secret: "s", by: nadia, at: 1)
        let stranger = try sighting("E28011606000020000000001", "dock")
        #expect(try reads(.appeared(stranger)) == [BadgeRead(screen: screen.id, zone: "dock")])
        #expect(try items() == 1)
        #expect(try reads(.still(stranger)).isEmpty && reads(.appeared(stranger), ago: Screen.freshness + 1).isEmpty)
        _ = try store.deliveries.expect(
            Announced(note: "BL1", supplier: "S", lines: [.init(gtin: InventoryTests.breaker, quantity: 1)]),
            source: "csv")
        applier.forgetReceptions()
        #expect(
            try events(.barcode(device: "g", zone: "dock", Barcode(text: "BL1"))).contains {
                if case .delivery = $0 { true } else { false }
            })
        #expect(try reads(.appeared(stranger)).isEmpty, "a delivery is open: it is counted there, and asked about")
    }

    @Test func ofTwoScreensTheReadersOwnIsMeant() throws {
        let zone = try desk.bind("Dock", zone: "dock", device: nil, secret: "a", by: nadia, at: 1)
        let card = try desk.bind("Desk", zone: "dock", device: "lyon/card", secret: "b", by: nadia, at: 1)
        #expect(throws: ScreenDesk.Refusal.taken("Dock")) {
            try desk.bind("Other", zone: "dock", device: nil, secret: "c", by: nadia, at: 1)
        }
        #expect(try reads(.appeared(try sighting(Self.badge, "dock", "card"))).map(\.screen) == [card.id])
        #expect(try reads(.appeared(try sighting(Self.badge, "dock"))).map(\.screen) == [zone.id])
        #expect(try desk.end(zone.id, by: nadia, at: 2) == [])
        #expect(try reads(.appeared(try sighting(Self.badge, "dock"))).isEmpty)
        #expect(try desk.end(zone.id, by: nadia, at: 2) == nil)
    }

    @Test func aSessionEndsWithItsScreen() throws {
        let screen = try desk.bind("Dock", zone: "dock", device: nil, secret: "secret", by: nadia, at: 1)
        let signIn = SignInDesk(store)
        let kept = Password.badge(Self.badge)
        func open(_ digest: String, at now: Int64) throws -> Person? {
            try signIn.begin(.badge(kept), from: Self.home, at: now)
            return try signIn.openSession(
                badge: kept, station: "dock", session: digest, from: Self.home, screen: screen.id, at: now)
        }
        let person = try #require(try open("a", at: 10))
        #expect(person.name == "Karim" && person.station == "dock")
        #expect(try store.screens.screen(secret: "secret")?.id == screen.id && store.screens.screen(secret: "a") == nil)
        #expect(try desk.end(screen.id, by: nadia, at: 20) == ["a"])
        #expect(try store.people.person(session: "a", at: 21) == nil)
        #expect(try open("b", at: 22) == nil, "bound no more when the badge came")
        let kinds = try store.ledger.entries(after: 0, limit: 100).map(\.fact.kind)
        #expect(kinds.contains(.screenBound) && kinds.contains(.screenEnded) && kinds.contains(.sessionOpened))
    }

    @Test func aScreenThatAsksFromElsewhereIsTold() throws {
        var screen = try desk.bind("Dock", zone: "dock", device: nil, secret: "secret", by: nadia, at: 1)
        func use(_ source: String, at now: Int64) throws -> Int {
            try desk.use(screen, from: source, at: now)
            screen = try #require(try store.screens.screen(screen.id))
            return try store.ledger.entries(after: 0, limit: 100).count { $0.fact.kind == .screenMoved }
        }
        #expect(try use(Self.home, at: 1000) == 0)
        #expect(try use(Self.home, at: 2000) == 0 && screen.used == 1000, "noted now and then")
        #expect(try use("203.0.113.9", at: 1_000_000) == 1 && screen.source == "203.0.113.9")
        #expect(try use(Self.home, at: 1_000_100) == 1, "once in a while: two at once would fill the trail")
    }

    @Test func oneQuestionOfAScreenWaitsAtATime() {
        var queue = ScreenQueue()
        let read = BadgeRead(screen: 1, zone: "dock", badge: "b")
        #expect(queue.show(read, at: 0) == .unused(because: "no screen stood at its sign-in"))
        #expect(queue.show(read, at: 1000) == .unused(because: nil), "the trail is told once in ten minutes")
        let first = queue.wait(for: 1, at: 2000)
        #expect(first.answers.isEmpty)
        let second = queue.wait(for: 1, at: 3000)
        #expect(second.answers == [.init(number: first.number, shown: .replaced)])
        #expect(
            queue.show(BadgeRead(screen: 2, zone: "gate", badge: "b"), at: 3000)
                == .unused(because: "no screen stood at its sign-in"))
        #expect(queue.show(read, at: 4000) == .answer(.init(number: second.number, shown: .badge("b"))))
        // Somebody is signed in there: nothing waits, and nothing is kept for later.
        guard case .unused = queue.show(read, at: 4100) else {
            Issue.record("\(queue)")
            return
        }
        #expect(queue.wait(for: 1, at: 4200).answers.isEmpty)
        #expect(queue.count == 1)
    }

    @Test func aBadgeBetweenTwoQuestionsIsNotLost() {
        var queue = ScreenQueue()
        let read = BadgeRead(screen: 1, zone: "dock", badge: "b")
        let first = queue.wait(for: 1, at: 0)
        #expect(queue.end(first.number, of: 1, at: 25_000)?.shown == .over)
        #expect(queue.end(first.number, of: 1, at: 25_000) == nil)
        #expect(queue.show(read, at: 25_100) == .kept)
        let next = queue.wait(for: 1, at: 25_200)
        #expect(next.answers == [.init(number: next.number, shown: .badge("b"))] && queue.count == 0)
        // Of one that went away nobody is on the way back; and too late is too late.
        let gone = queue.wait(for: 1, at: 30_000)
        #expect(queue.end(gone.number, of: 1, isBack: false, at: 30_100) != nil)
        guard case .unused = queue.show(read, at: 30_200) else {
            Issue.record("kept")
            return
        }
        let stranger = queue.wait(for: 1, at: 40_000)
        #expect(
            queue.show(BadgeRead(screen: 1, zone: "dock"), at: 40_100)
                == .answer(.init(number: stranger.number, shown: .stranger)))
        #expect(queue.show(BadgeRead(screen: 1, zone: "dock"), at: 40_200) == .unused(because: nil))
        #expect(queue.show(read, at: 40_300) == .kept, "it is reading that, and comes back")
        #expect(queue.wait(for: 1, at: 43_000).answers.isEmpty)
        #expect(queue.show(BadgeRead(screen: 1, zone: "dock", badge: "b", isOld: true), at: 43_100) != .kept)
        #expect(queue.forget(1)?.shown == .replaced && queue.forget(1) == nil)
    }
}
