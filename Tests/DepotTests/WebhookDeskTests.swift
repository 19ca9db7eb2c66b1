import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Who is told what happens, and what becomes of each try.
struct WebhookDeskTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia")
    private var desk: WebhookDesk { WebhookDesk(store) }

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func add(_ name: String = "ERP", types: [String] = []) throws -> Webhook {
        try desk.add(
            .init(name: name, url: "https://erp.example/in?t=s3", types: types, key: .init(salt: "aa", mark: "m")),
            by: nadia, at: 1)
    }

    /// Tells a fact, and to a webhook what it is told of it.
    @discardableResult
    private func tell(_ subject: String, to hook: Webhook, at now: Int64 = 10) throws -> Int64 {
        try store.tell(Fact(.deliveryClosed, subject), by: nadia, at: now)
        let entry = try #require(try store.ledger.entries(after: try store.ledger.tip() - 1, limit: 1).first)
        try desk.queue(entry, for: hook)
        return entry.seq
    }

    private func due(_ hook: Webhook, at now: Int64 = 100) throws -> [Int64] {
        try store.webhooks.due(of: hook.id, limit: 10, at: now).map(\.seq)
    }

    private func result(_ fate: TryResult.Fate, status: Int64? = 500, rest: Int64 = 0) -> TryResult {
        TryResult(fate, "HTTP 500", status: status, milliseconds: 7, rest: rest)
    }

    private func notices() throws -> [String] {
        try store.database.rows("SELECT kind FROM notice WHERE done IS NULL ORDER BY id") { $0.text(0) }
    }

    @Test func oneOfASubjectAfterTheOtherAndTheOthersBesideThem() throws {
        let hook = try add()
        let (first, second, other) = (try tell("17", to: hook), try tell("17", to: hook), try tell("18", to: hook))
        #expect(try due(hook) == [first, other])
        try desk.settle(first, of: hook.id, result(.taken, status: 204), at: 20)
        #expect(try due(hook) == [second, other])
        // What failed holds up its own subject alone, until it is given up.
        try desk.settle(second, of: hook.id, result(.later(due: 5000)), at: 30)
        let third = try tell("17", to: hook)
        #expect(try due(hook) == [other] && due(hook, at: 5000) == [second, other])
        try desk.settle(second, of: hook.id, result(.never), at: 5000)
        #expect(try due(hook, at: 6000) == [other, third])
    }

    @Test func whatWasNotSettledIsSentAgainUnderTheSameID() throws {
        let hook = try add()
        try tell("17", to: hook)
        let first = try store.webhooks.due(of: hook.id, limit: 1, at: 100)
        #expect(first.first?.attempts == 0 && first.first?.type == "quai.delivery.close")
        // A crash: nothing was written down.
        #expect(try TestStore.open("\(folder.path)/db").webhooks.due(of: hook.id, limit: 1, at: 100) == first)
    }

    @Test func theLastTryIsADeadLetterThatSomebodySees() throws {
        let hook = try add()
        let seq = try tell("17", to: hook)
        try desk.settle(seq, of: hook.id, result(.never), at: 20)
        #expect(try store.webhooks.deliveries(of: hook.id, state: .dead, before: nil, limit: 9).map(\.seq) == [seq])
        #expect(try notices() == ["webhook-dead"])
        #expect(try store.webhooks.standing(hook).dead == 1)
        // A second answer to the same try changes nothing.
        try desk.settle(seq, of: hook.id, result(.taken, status: 200), at: 21)
        #expect(try store.webhooks.standing(hook).dead == 1)
        #expect(try desk.replayDead(hook.id, by: nadia, at: 30) == 1)
        #expect(try notices() == [])
        #expect(try due(hook) == [seq])
        #expect(try store.webhooks.delivery(seq, of: hook.id)?.attempts == 0)
    }

    @Test func goneIsToldNothingMoreUntilSomebodyEnablesIt() throws {
        let hook = try add()
        let seq = try tell("17", to: hook)
        try desk.settle(seq, of: hook.id, result(.gone, status: 410), at: 20)
        let gone = try #require(try store.webhooks.hook(hook.id))
        #expect(gone.disabled == 20 && gone.why == .gone && gone.status == 410)
        #expect(try store.webhooks.active().isEmpty)
        #expect(try notices() == ["webhook-disabled"])
        #expect(throws: WebhookDesk.Refusal.isDisabled) { try desk.test(hook.id, by: nadia, at: 21) }
        let back = try desk.change(hook.id, .init(isDisabled: false), by: nadia, at: 30)
        #expect(back.disabled == nil && back.why == nil)
        #expect(back.since >= seq, "what happened meanwhile is replayed where it is wanted")
        #expect(try notices() == [])
    }

    @Test func failuresAreCountedUntilOneIsTaken() throws {
        let hook = try add()
        let (first, second) = (try tell("17", to: hook), try tell("18", to: hook))
        try desk.settle(first, of: hook.id, result(.later(due: 50), rest: 70), at: 20)
        try desk.settle(second, of: hook.id, result(.later(due: 50), rest: 90), at: 21)
        #expect(try store.webhooks.hook(hook.id)?.failures == 2)
        #expect(try store.webhooks.hook(hook.id)?.rest == 90)
        try desk.settle(first, of: hook.id, result(.taken, status: 200), at: 60)
        #expect(try store.webhooks.hook(hook.id)?.failures == 0)
        #expect(try store.webhooks.hook(hook.id)?.rest == 0)
    }

    @Test func anotherAddressIsTriedAtOnce() throws {
        let hook = try add()
        let seq = try tell("17", to: hook)
        try desk.settle(seq, of: hook.id, result(.later(due: 90_000), rest: 50_000), at: 20)
        #expect(try due(hook) == [])
        let moved = try desk.change(hook.id, .init(url: "https://other.example/"), by: nadia, at: 30)
        #expect(moved.rest == 0 && moved.failures == 0)
        #expect(try due(hook) == [seq])
    }

    @Test func aRangeIsToldAgainOnceAndUnderItsIDs() throws {
        let hook = try add()
        let (first, second) = (try tell("17", to: hook), try tell("18", to: hook))
        let ids = try store.webhooks.due(of: hook.id, limit: 9, at: 100).map(\.message)
        for seq in [first, second] { try desk.settle(seq, of: hook.id, result(.taken, status: 200), at: 20) }
        let isClosing = { (_: Webhook, entry: Entry) in entry.fact.kind == .deliveryClosed }
        #expect(try desk.replay(hook.id, from: 1, to: second, tells: isClosing, by: nadia, at: 30) == 2)
        #expect(try store.webhooks.due(of: hook.id, limit: 9, at: 100).map(\.message) == ids)
        #expect(try desk.replay(hook.id, from: second, to: second, tells: isClosing, by: nadia, at: 30) == 1)
        #expect(try due(hook) == [first, second], "it waits already")
        for (from, to) in [(0, 1), (2, 1), (1, 10_001), (1, Int64.max)] as [(Int64, Int64)] {
            #expect(throws: WebhookDesk.Refusal.badRange) {
                try desk.replay(hook.id, from: from, to: to, tells: isClosing, by: nadia, at: 30)
            }
        }
    }

    @Test func anotherKeyKeepsTheOldOneForAWhileWhereItCanBeMade() throws {
        let hook = try add()
        let renewed = try desk.rotate(hook.id, .init(salt: "bb", mark: "m"), overlap: 1000, by: nadia, at: 50)
        #expect(renewed.salt == "bb" && renewed.oldSalt == "aa" && renewed.oldUntil == 1050)
        let other = try desk.rotate(hook.id, .init(salt: "cc", mark: "other"), overlap: 1000, by: nadia, at: 60)
        #expect(other.oldSalt == nil && other.oldUntil == nil && other.mark == "other")
    }

    @Test func aNewKeyHelpsOneWhoseKeyWasLost() throws {
        let hook = try add()
        try desk.disable(hook.id, .key, "its keys are gone", at: 5)
        #expect(try notices() == ["webhook-disabled"])
        #expect(
            try desk.rotate(hook.id, .init(salt: "bb", mark: "n"), overlap: 0, by: nadia, at: 6).disabled == nil)
        #expect(try notices() == [])
    }

    @Test func oneThatIsRemovedLeavesNothing() throws {
        let hook = try add()
        let seq = try tell("17", to: hook)
        try desk.settle(seq, of: hook.id, result(.never), at: 20)
        try desk.remove(hook.id, by: nadia, at: 30)
        #expect(try store.webhooks.rows().isEmpty && notices() == [])
        #expect(try store.database.integer("SELECT count(*) FROM webhook_delivery") == 0)
        #expect(throws: WebhookDesk.Refusal.noSuchWebhook) { try desk.remove(hook.id, by: nadia, at: 31) }
        #expect(try add().id > hook.id, "its number is not given again")
        // Answers that come late find nothing.
        try desk.settle(seq, of: hook.id, result(.taken), at: 40)
    }

    @Test func thereAreNotMoreThanMayBe() throws {
        for number in 1...WebhookTable.limit { _ = try add("\(number)") }
        #expect(throws: WebhookDesk.Refusal.full) { try add("one more") }
    }

    @Test func whatIsOverIsForgottenButForTheNewest() throws {
        let hook = try add()
        try store.transaction {
            for number in 1...WebhookTable.keptDone + 5 { try tell("\(number)", to: hook) }
        }
        try store.database.run("UPDATE webhook_delivery SET state='done'")
        let waiting = try tell("x", to: hook)
        try desk.forget()
        #expect(
            try store.database.integer("SELECT count(*) FROM webhook_delivery") == Int64(WebhookTable.keptDone + 1))
        #expect(try due(hook) == [waiting])
    }

    @Test func oneThatIsTooFarBehindIsToldNothingMore() throws {
        let hook = try add()
        try tell("17", to: hook)
        var late = try #require(try store.ledger.entries(after: 0, limit: 1).first)
        late.seq = WebhookTable.backlog + 10
        try desk.queue(late, for: hook)
        #expect(try store.webhooks.hook(hook.id)?.why == .backlog)
        #expect(try notices() == ["webhook-disabled"])
    }

    @Test func theTrailAndNoticesHoldNoAddress() throws {
        let hook = try add()
        let seq = try tell("17", to: hook)
        _ = try desk.change(hook.id, .init(url: "https://erp.example/other?t=s4"), by: nadia, at: 5)
        try desk.settle(seq, of: hook.id, result(.never), at: 20)
        let said = try store.ledger.entries(after: 0, limit: 100).map { $0.fact.detail ?? "" }.joined()
        #expect(said.contains("erp.example") && !said.contains("s3") && !said.contains("s4"))
    }

    @Test func anOlderDatabaseTakesWebhooksToo() throws {
        let other = TemporaryFolder()
        let version = try #require(Schema.steps.firstIndex(of: Schema.webhooks))
        do {
            let old = try Database(path: "\(other.path)/db")
            for step in Schema.steps[..<version] { try old.execute(step) }
            try old.execute("PRAGMA user_version=\(version)")
        }
        let store = try Store(path: "\(other.path)/db")
        #expect(try !store.webhooks.isAny())
        let hook = try WebhookDesk(store).add(
            .init(name: "ERP", url: "https://erp.example", key: .init(salt: "aa", mark: "m")), by: nadia, at: 1)
        #expect(try store.webhooks.active() == [hook])
    }

    @Test(
        arguments: [
            "https://erp.example/in?token=a%20b", "https://[2001:db8::1]:8443/x", "HTTPS://erp.example:443",
            "https://10.0.0.1/",
        ])
    func anAddressWithTLSFits(_ text: String) {
        #expect(WebhookAddress.objection(to: text, mayPlain: false) == nil)
    }

    @Test(
        arguments: [
            "", "erp.example", "ftp://erp.example", "https://", "https:///x", "https://user@erp.example/",
            "https://a b/", "https://erp.example/#part", "https://erp.example:0/", "https://erp.example:70000/",
            "https://erp.example:x/", "https://[::1/", "https://é.example/", "https://erp.example/\r\nX: y",
            "http://erp.example",
            "https://erp.example/" + String(repeating: "a", count: 2000),
        ])
    func whatIsNoAddressIsRefused(_ text: String) {
        #expect(WebhookAddress.objection(to: text, mayPlain: false) != nil)
        #expect((WebhookAddress.objection(to: text, mayPlain: true) == nil) == (text == "http://erp.example"))
    }

    @Test func typesNameAFactOrARoom() {
        for good in ["quai.delivery.close", "quai.delivery.*", "quai.notice.low-stock"] {
            #expect(Webhook.isType(good))
        }
        for bad in [
            "", "quai", "quai.*", "quai.delivery", "delivery.close", "quai.delivery.*.x", "quai.De.x", "quai..x",
        ] {
            #expect(!Webhook.isType(bad), "\(bad)")
        }
    }

    @Test func aWebhookWantsWhatItNames() throws {
        let some = try add(types: ["quai.delivery.*", "quai.take.post"])
        #expect(some.wants(type: "quai.delivery.close") && some.wants(type: "quai.take.post"))
        #expect(!some.wants(type: "quai.take.open") && !some.wants(type: "quai.deliveryx.close"))
        #expect(try add("all").wants(type: "quai.take.open"))
    }
}
