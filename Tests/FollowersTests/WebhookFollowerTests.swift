import Depot
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// What webhooks are told of the ledger, and how it is signed.
struct WebhookFollowerTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private let nadia = Author("Nadia")
    private let keys: WebhookKeys

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        keys = try #require(WebhookKeys(master: "0123456789abcdef0123456789abcdef"))
    }

    private func add(_ types: [String] = [], personal: Bool = false) throws -> Webhook {
        try WebhookDesk(store).add(
            .init(name: "ERP", url: "https://erp.example/", types: types, isPersonal: personal, key: keys.fresh()),
            by: nadia, at: 1)
    }

    private func told(_ hook: Webhook) throws -> [String] {
        try store.webhooks.deliveries(of: hook.id, state: .waiting, before: nil, limit: 99).reversed().map(\.type)
    }

    private func linked(_ seq: Int64) throws -> (entry: Entry, link: String) {
        var found: (Entry, String)?
        try store.ledger.linked(after: seq - 1) { entry, link in
            found = (entry, link)
            return false
        }
        return try #require(found)
    }

    @Test func aWebhookIsToldWhatHappensFromThenOnAndWhatItWants() throws {
        try store.tell(Fact(.deliveryOpened, "17"), by: nadia, at: 1)
        let (all, some) = (try add(), try add(["quai.take.*"]))
        try WebhookFollower.catchUp(store)
        try store.tell(Fact(.deliveryClosed, "17"), by: nadia, at: 2)
        try store.tell(Fact(.takePosted, "3"), by: nadia, at: 3)
        try store.tell(Fact(.callMissed, "pbx/1"), by: nadia, at: 4)
        try store.tell(Fact(.sessionOpened, "Nadia"), by: nadia, at: 5)
        try WebhookFollower.catchUp(store)
        try WebhookFollower.catchUp(store)
        #expect(try told(all) == ["quai.delivery.close", "quai.take.post"])
        #expect(try told(some) == ["quai.take.post"])
    }

    @Test func callsAndClientsAreForThoseThatMayHaveThem() throws {
        let hook = try add(personal: true)
        try store.tell(Fact(.callMissed, "pbx/1"), by: nadia, at: 4)
        try WebhookFollower.catchUp(store)
        #expect(try told(hook) == ["quai.call.missed"])
    }

    @Test func aTestIsForItsWebhookAlone() throws {
        let (one, other) = (try add(["quai.take.*"]), try add())
        let seq = try WebhookDesk(store).test(one.id, by: nadia, at: 2)
        try WebhookFollower.catchUp(store)
        #expect(try told(one) == ["quai.webhook.test"])
        #expect(try told(other) == [])
        let (entry, link) = try linked(seq)
        #expect(CloudEvent(entry, link: link, instance: "centre", personal: true) == nil, "nobody else's")
        #expect(CloudEvent(entry, link: link, instance: "centre", for: one)?.type == "quai.webhook.test")
    }

    @Test func oneThatIsOffIsToldNothing() throws {
        let hook = try add()
        _ = try WebhookDesk(store).change(hook.id, .init(isDisabled: true), by: nadia, at: 2)
        try store.tell(Fact(.deliveryClosed, "17"), by: nadia, at: 3)
        try WebhookFollower.catchUp(store)
        _ = try WebhookDesk(store).change(hook.id, .init(isDisabled: false), by: nadia, at: 4)
        try store.tell(Fact(.deliveryClosed, "18"), by: nadia, at: 5)
        try WebhookFollower.catchUp(store)
        let waiting = try store.webhooks.deliveries(of: hook.id, state: nil, before: nil, limit: 9)
        #expect(waiting.map(\.subject) == ["18"])
    }

    @Test func withoutWebhooksNothingIsFollowed() throws {
        let hook = try add()
        try WebhookDesk(store).remove(hook.id, by: nadia, at: 2)
        try WebhookFollower.catchUp(store)
        #expect(try store.ledger.watermark(of: WebhookFollower.name) == nil)
    }

    @Test func aMessageIsTheCloudEventAndItsSignatures() throws {
        let hook = try add()
        try store.tell(Fact(.deliveryClosed, "17"), by: nadia, at: 1000)
        let (entry, link) = try linked(try store.ledger.tip())
        let message = try WebhookMessage(
            entry, link: link, instance: "centre", for: hook, keys: keys, rfc3339: { "\($0)" }, at: 5_000_999)
        let headers = Dictionary(uniqueKeysWithValues: message.headers.map { ($0.name, $0.value) })
        let event = try #require(CloudEvent(entry, link: link, instance: "centre", personal: false))
        #expect(message.body == Array(event.json(time: "1000").description.utf8))
        #expect(headers["webhook-id"] == event.id)
        #expect(headers["webhook-id"] == (try delivery(of: hook, entry).message))
        #expect(headers["webhook-timestamp"] == "5000")
        #expect(headers["content-type"] == "application/cloudevents+json; charset=utf-8")
        #expect(
            WebhookSignature.isGood(
                headers["webhook-signature"] ?? "", body: message.body, id: event.id, timestamp: "5000",
                secret: keys.secret(hook.salt), now: 5000))
    }

    private func delivery(of hook: Webhook, _ entry: Entry) throws -> WebhookDelivery {
        try WebhookFollower.catchUp(store)
        return try #require(try store.webhooks.delivery(entry.seq, of: hook.id))
    }

    @Test func whatWasErasedIsNotSent() throws {
        let hook = try add(personal: true)
        try store.tell(Fact(.callMissed, "pbx/1", "+33612345678"), by: nadia, at: 1)
        let seq = try store.ledger.tip()
        #expect(try store.ledger.erase(mentioning: ["+33612345678"]) == 1)
        let (entry, link) = try linked(seq)
        #expect(throws: WebhookMessage.Unsendable.nothing) {
            try WebhookMessage(
                entry, link: link, instance: "centre", for: hook, keys: keys, rfc3339: { "\($0)" }, at: 0)
        }
    }

    // MARK: keys

    @Test func keysAreMadeOfTheInstallationsSecretAndASalt() throws {
        let again = try #require(WebhookKeys(master: "0123456789abcdef0123456789abcdef"))
        let other = try #require(WebhookKeys(master: "0123456789abcdef0123456789abcdeX"))
        #expect(again.secret("a") == keys.secret("a") && again.mark == keys.mark)
        #expect(other.secret("a") != keys.secret("a") && other.mark != keys.mark)
        #expect(keys.secret("a") != keys.secret("b") && keys.publicKey("a") != keys.publicKey("b"))
        #expect(keys.secret("a").hasPrefix("whsec_") && keys.secret("a").count == 50)
        #expect(keys.publicKey("a").hasPrefix("whpk_") && keys.publicKey("a").count == 49)
        #expect(keys.fresh() != keys.fresh())
        #expect(WebhookKeys(master: "too short") == nil)
    }

    @Test func whileAKeyIsChangedBothSign() throws {
        var hook = try add()
        (hook.oldSalt, hook.oldUntil) = ("old", 2000)
        func parts(_ now: Int64) throws -> [String] {
            let text = keys.signatures(of: [1, 2], id: "i", timestamp: "1", for: hook, at: now)
            return try #require(text).split(separator: " ").map { String($0.prefix { $0 != "," }) }
        }
        #expect(try parts(1999) == ["v1", "v1a", "v1", "v1a"])
        #expect(try parts(2000) == ["v1", "v1a"])
        let text = try #require(keys.signatures(of: [1, 2], id: "i", timestamp: "1", for: hook, at: 1999))
        for salt in [hook.salt, "old"] {
            #expect(
                WebhookSignature.isGood(
                    text, body: [1, 2], id: "i", timestamp: "1", secret: keys.secret(salt), now: 1))
        }
        hook.mark = "another"
        #expect(keys.signatures(of: [], id: "i", timestamp: "1", for: hook, at: 0) == nil)
    }

    // MARK: answers

    private func fate(_ status: Int?, attempts: Int64 = 0, retryAfter: Int64? = nil) -> TryResult {
        WebhookAnswer(status: status, text: "a\r\nb", retryAfter: retryAfter, milliseconds: 3).result(
            attempts: attempts, failures: 2, at: 1_000_000, jitter: 0)
    }

    @Test func whatATryComesTo() {
        #expect(fate(204).fate == .taken && fate(200).sentence == "HTTP 200")
        #expect(fate(410).fate == .gone)
        #expect(fate(500).fate == .later(due: 1_005_000) && fate(500).sentence == "HTTP 500: a  b")
        #expect(fate(302).fate == .later(due: 1_005_000) && fate(302).sentence.contains("redirects"))
        #expect(fate(nil).fate == .later(due: 1_005_000) && fate(nil).status == nil)
        #expect(fate(500, attempts: 1).fate == .later(due: 1_300_000))
        #expect(fate(500, attempts: 9).fate == .never)
        #expect(fate(503, retryAfter: 60).fate == .later(due: 1_060_000))
        #expect(fate(500, attempts: .max).fate == .never)
    }

    @Test func aReceiverThatFailsAsAWholeIsLeftAloneForAWhile() {
        #expect(fate(500).rest == 1_004_000 && fate(nil).rest == 1_004_000)
        #expect(fate(400).rest == 0, "another event may be taken")
        #expect(fate(429, retryAfter: 90).rest == 1_090_000)
        let refused = WebhookAnswer(status: 403, text: "", milliseconds: 0)
        #expect(
            refused.result(attempts: 0, failures: 3, at: 0, jitter: 0).rest > 0, "three running are no event's fault")
        let long = WebhookAnswer(status: nil, text: "", milliseconds: 0)
        #expect(long.result(attempts: 0, failures: .max, at: 0, jitter: 0).rest == 60_000)
    }

    // MARK: addresses

    @Test func rangesAreReadAndHoldAddresses() throws {
        let ten = try #require(AddressRange("10.0.0.0/8"))
        #expect(ten.contains([10, 200, 3, 4]) && !ten.contains([11, 0, 0, 1]))
        #expect(ten.contains([UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 1, 1, 1]))
        let one = try #require(AddressRange("192.168.1.5"))
        #expect(one.contains([192, 168, 1, 5]) && !one.contains([192, 168, 1, 6]))
        let local = try #require(AddressRange("fd00::/8"))
        #expect(local.contains([0xfd] + [UInt8](repeating: 1, count: 15)) && !local.contains([10, 0, 0, 1]))
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/-1", "10.0.0.0/", "erp.example", "fd00::/129", "/8"] {
            #expect(AddressRange(bad) == nil, "\(bad)")
        }
    }

    @Test func onlyWhatIsPublicOrAllowedIsConnectedTo() throws {
        let none = AddressGuard()
        let some = AddressGuard(allowed: [try #require(AddressRange("127.0.0.0/8"))])
        #expect(none.permits([9, 9, 9, 9]) && !none.permits([127, 0, 0, 1]) && !none.permits([]))
        #expect(some.permits([127, 0, 0, 1]) && !some.permits([10, 0, 0, 1]))
    }
}
