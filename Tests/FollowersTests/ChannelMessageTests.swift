import Depot
import Model
import TestSupport
import Testing

@testable import Followers

/// What is sent by people's channels, and what becomes of it.
struct ChannelMessageTests {
    private let keys = ChannelKeys(master: "an installation's secret of a test")
    private let one = ChannelMessage(
        [.init(title: "Passerelle hors ligne : lyon", body: "été", link: "https://quai.example/gateways")], .critical,
        in: .fr)

    private func json(_ request: ChannelRequest) throws -> JSON { try JSON(parsing: request.body) }

    // RFC 8291, Appendix A.
    @Test func webPushIsEncryptedAsTheStandardsExample() throws {
        func bytes(_ text: String) throws -> [UInt8] { try #require(Sealing.bytes(base64URL: text)) }
        let push = try #require(
            WebPush(
                endpoint: "https://push.example.net/push/x",
                key: "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
                auth: "BTBZMqHH6r4Tts7J_aSIgg"))
        guard let own = P256(secret: try bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")) else {
            Issue.record("no key")
            return
        }
        #expect(
            Sealing.base64URL(own.publicKey)
                == "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8")
        let sealed = push.encrypted(
            Array("When I grow up, I want to be a watermelon".utf8), by: own, salt: try bytes("DGv6ra1nlYgDCS1FRnbzlw"))
        #expect(
            Sealing.base64URL(sealed ?? [])
                == "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        )
    }

    @Test func aKeyThatIsNoPointIsRefusedAndNeverTraps() throws {
        #expect(WebPush(endpoint: "https://x/", key: "BA", auth: "BTBZMqHH6r4Tts7J_aSIgg") == nil)
        let off = Sealing.base64URL([4] + [UInt8](repeating: 7, count: 64))
        let push = try #require(WebPush(endpoint: "https://x/", key: off, auth: "BTBZMqHH6r4Tts7J_aSIgg"))
        #expect(keys?.request(push, one, contact: "mailto:a@b", at: 1) == nil)
        for byte: UInt8 in [0, 0xff] {
            if P256(secret: [UInt8](repeating: byte, count: 32)) != nil { Issue.record("\(byte) is no key") }
        }
        for der: [UInt8] in [[], [0x30], [0x30, 6, 2, 1, 1, 2, 9, 1], [0x30, 7, 2, 1, 1, 2, 1, 1, 0]] {
            #expect(P256.parts(der) == nil)
        }
    }

    @Test func aLongMessageFitsIntoAPush() {
        let lines = (0..<60).map { ChannelMessage.Line(title: "№ \($0) \"\(String(repeating: "é", count: 200))\"") }
        #expect(PushMessage.web(ChannelMessage(lines, .low, in: .en)).count <= WebPush.limit)
    }

    @Test func anAddressIsSealedAndOpenedByItsOwnSecretAlone() throws {
        let keys = try #require(keys)
        let sealed = keys.seal("topic-é")
        #expect(keys.open(sealed) == "topic-é" && !sealed.contains("topic") && keys.seal("topic-é") != sealed)
        let other = try #require(ChannelKeys(master: "another secret of an installation"))
        #expect(other.open(sealed) == nil && keys.open("") == nil && keys.open("A") == nil)
        #expect(ChannelKeys(master: "short") == nil)
        let token = keys.token(of: 17)
        #expect(keys.channel(ofToken: token) == 17 && other.channel(ofToken: token) == nil)
        #expect(keys.channel(ofToken: "18" + token.dropFirst(2)) == nil && keys.channel(ofToken: "") == nil)
        let email = try #require(ChannelAddress(typed: "lea@example.com", .email, NumberPlan()))
        #expect(keys.kept(email).mark == keys.kept(email).mark && keys.kept(email).shown == "lea@example.com")
        let topic = try #require(ChannelAddress(typed: "secret-topic", .ntfy, NumberPlan()))
        #expect(topic.shown == "sec…", "a topic is a password")
    }

    @Test(
        arguments: [
            ("a@example.com", true), ("a.b+c@sub.example.com", true), ("a@localhost", true), ("@example.com", false),
            ("a@", false), ("a b@example.com", false), ("a@b@c", false), ("a@example.com\r\nBcc: x@y", false),
            ("<a@example.com>", false), (".a@example.com", false), ("a@-x.com", false), ("a@x..com", false),
        ])
    func anAddressIsOneAddress(_ text: String, _ isOne: Bool) { #expect(MailMessage.isAddress(text) == isOne) }

    @Test func aLetterHasItsHeadersAndNothingOfOutsideBecomesOne() {
        let message = ChannelMessage(
            [.init(title: "Stock bas :\r\nBcc: x@y.example \(String(repeating: "é", count: 90))")], .high, in: .fr)
        let letter = MailMessage(
            message, from: "quai@example.com", name: "Quai, dépôt", to: "lea@example.com", date: "D", id: "1",
            unsubscribe: "https://q/u")
        let head = letter.text.split(separator: "\r\n\r\n", maxSplits: 1)[0]
        #expect(!head.contains("\r\nBcc") && !head.contains("List-Unsubscribe"), "who chose a type ends it there")
        #expect(letter.text.utf8.allSatisfy { $0 < 0x7F })
        #expect(letter.text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
        #expect(head.contains("Importance: high") && head.contains("Auto-Submitted: auto-generated"))
        let digest = MailMessage(
            ChannelMessage([.init(title: "a")], .low, in: .en, isDigest: true), from: "q@x", name: "", to: "l@x",
            date: "D", id: "1",
            unsubscribe: "https://q/u")
        #expect(
            digest.text.contains(
                "List-Unsubscribe: <https://q/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"))
    }

    @Test func ntfyAndGotifyAreToldInTheirWords() throws {
        let ntfy = PushMessage.ntfy(one, topic: "depot", server: "https://ntfy.example", token: "tk")
        let body = try json(ntfy)
        #expect(
            body["topic"]?.text == "depot" && body["priority"]?.integer == 5
                && body["click"]?.text == "https://quai.example/gateways")
        #expect(body["tags"]?.list?.first?.text == "rotating_light" && body["message"]?.text == "été")
        #expect(ntfy.headers.contains { $0.name == "Authorization" && $0.value == "Bearer tk" })
        let gotify = PushMessage.gotify(one, server: "https://gotify.example", token: "Abc")
        #expect(
            gotify.url == "https://gotify.example/message"
                && gotify.headers.contains { $0.name == "X-Gotify-Key" && $0.value == "Abc" })
        #expect(
            try json(gotify)["extras"]?["client::notification"]?["click"]?["url"]?.text
                == "https://quai.example/gateways")
    }

    @Test func severalThatWaitedAreOneMessage() {
        let many = ChannelMessage((0..<70).map { .init(title: "t\($0)", body: "b") }, .high, in: .en, home: "https://q")
        #expect(many.title == "70 notices: t0" && many.text.hasSuffix("… and 20 more") && many.link == "https://q")
        #expect(one.title == "Passerelle hors ligne : lyon" && one.text == "été")
        #expect(one.short(20).count == 20)
        let raised = ChannelMessage(one.lines, .critical, in: .en, raised: "Alice, Bruno")
        #expect(raised.title.hasPrefix("[nobody has read it]") && raised.text.hasPrefix("Not read by: Alice, Bruno"))
    }

    @Test func aTextMessageIsEscapedAsItsPlaceAsks() throws {
        func body(_ type: String, _ body: String, url: String = "https://sms.example/{number}") throws -> (
            String, String
        ) {
            let template = try SMSTemplate(
                method: "POST", url: url, headers: ["Content-Type: \(type)", "X-Key: {secret}"], body: body)
            let request = template.request(number: "+33612", text: "a\"b&<\n\u{1}é", secret: "s\r\nX: y")
            #expect(request.headers.last?.value == "sX: y")
            return (request.url, String(decoding: request.body, as: UTF8.self))
        }
        let written = try body("application/json", #"{{"to":"{number}","text":"{text}"}}"#)
        #expect(
            try JSON(parsing: Array(written.1.utf8))["text"]?.text == "a\"b&<\n\u{1}é"
                && written.0 == "https://sms.example/%2B33612")
        #expect(try body("application/x-www-form-urlencoded", "t={text}").1 == "t=a%22b%26%3C%0A%01%C3%A9")
        #expect(try body("text/xml", "<t>{text}</t>").1 == "<t>a&quot;b&amp;&lt;\n é</t>")
        #expect(throws: SMSTemplate.Fault.place("x")) { try body("text/plain", "{text}{x}") }
        #expect(throws: SMSTemplate.Fault.noText) { try body("text/plain", "") }
        #expect(throws: SMSTemplate.Fault.open) { try body("text/plain", "{text} {") }
        #expect(throws: SMSTemplate.Fault.type("none")) {
            try SMSTemplate(method: "POST", url: "https://x/{number}", headers: [], body: "{text}")
        }
        #expect(throws: SMSTemplate.Fault.self) {
            try SMSTemplate(method: "POST", url: "https://x/", headers: ["x"], body: "")
        }
    }

    @Test func whatFailsIsTriedForHoursAndAGoneBrowserNotAtAll() {
        func result(_ status: Int?, _ kind: NoticeChannel.Kind = .push, attempts: Int64 = 0, retry: Int64? = nil)
            -> TryResult.Fate
        {
            ChannelPlan.result(
                http: status, "x\r\ny", of: kind, retryAfter: retry, attempts: attempts, at: 0, jitter: 0
            ).fate
        }
        #expect(result(201) == .taken && result(410) == .gone && result(404) == .gone)
        #expect(result(404, .ntfy) == .later(due: 15_000) && result(nil) == .later(due: 15_000))
        #expect(result(429, retry: 120) == .later(due: 120_000) && result(503, attempts: 5) == .later(due: 14_400_000))
        #expect(result(503, attempts: 6) == .never)
        func mail(_ status: Int?) -> TryResult.Fate {
            ChannelPlan.result(smtp: status, "no", isTaken: false, attempts: 0, at: 0, jitter: 0).fate
        }
        #expect(mail(550) == .never && mail(451) == .later(due: 15_000) && mail(535) == .later(due: 15_000))
    }
}
