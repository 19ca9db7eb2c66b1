import Drivers
import Model
import Platform
import Settings
import Testing
import Uplink

@testable import EdgeAgent
@testable import Ports

/// The page at the depot: who may ask, what is told, and what the configuration allows.
struct LocalPageTests {
    private static func parse(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration(parsing: "version = 1\n" + text, file: "a.toml")
    }

    private static func problems(_ text: String) -> String {
        do {
            _ = try parse(text)
            return ""
        } catch { return "\(error)" }
    }

    // MARK: configuration

    @Test func thePageIsOffUnlessItIsAskedFor() throws {
        #expect(try Self.parse("").local.listen == nil)
        let local = try Self.parse("[local]\nlisten = \"127.0.0.1:8088\"\nhosts = [\"Dock-1.depot.lan\"]").local
        #expect(local.listen == .init(host: "127.0.0.1", port: 8088) && local.url == "http://127.0.0.1:8088/")
        #expect(local.hosts == ["dock-1.depot.lan"] && !local.mayScan)
        #expect(try Self.parse("[local]\nlisten = \"127.0.0.1:8088\"\nscan = true").local.mayScan)
        #expect(try Self.parse("[local]\nlisten = \"[::1]:8088\"").local.url == "http://[::1]:8088/")
    }

    @Test(arguments: ["8088", "localhost:8088", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "127.1:x", ":8088", ""])
    func aPlaceThatIsNoneIsSaid(text: String) {
        #expect(Self.problems("[local]\nlisten = \"\(text)\"").contains("must be ADDRESS:PORT"))
    }

    @Test func mistakesAreReportedWithTheirPlace() {
        #expect(Self.problems("[local]\n").contains("[local] needs \"listen\""))
        #expect(
            Self.problems("[local]\nlisten = \"127.0.0.1:8088\"\nhosts = [\"a:80\"]").contains("\"hosts\" lists names"))
        let reader = "[reader.door]\ndriver = \"llrp\"\nport = \"listen:0.0.0.0:5084\"\n"
        #expect(
            Self.problems(reader + "[local]\nlisten = \"127.0.0.1:5084\"").contains(
                "a device of this file is listened for"))
    }

    @Test func whatOthersCouldSeeIsWarnedOf() throws {
        #expect(try Self.parse("[local]\nlisten = \"127.0.0.1:8088\"").local.warning == nil)
        let lan = try Self.parse("[local]\nlisten = \"192.168.4.2:8088\"").warnings
        #expect(lan.contains { $0.contains("whoever reaches http://192.168.4.2:8088/ sees what is read here") })
        #expect(try Self.parse("[local]\nlisten = \"127.0.0.1:80\"").local.warning?.contains("below 1024") == true)
    }

    @Test func theCentreOpensNoPage() throws {
        let own = try Self.parse("[downlink]\nconfiguration = true\n[local]\nlisten = \"127.0.0.1:8088\"")
        let managed = try Self.parse("[local]\nlisten = \"0.0.0.0:80\"\nscan = true")
        #expect(ManagedPolicy(own: own).effective(managed).local == own.local)
        #expect(ManagedPolicy(own: AgentConfiguration()).effective(managed).local.listen == nil)
    }

    // MARK: answers

    private static func request(
        _ path: String, host: String = "localhost", method: String = "GET"
    ) -> HTTPRequest {
        HTTPRequest(method: method, path: path, query: "", host: host, fields: [], keepsOpen: true)
    }

    private static let page = LocalPage(hosts: ["dock-1.depot.lan"], status: { Array("{}".utf8) })

    @Test func theTableIsAllThereIs() {
        for (path, type) in [
            ("/", "text/html"), ("/page.css", "text/css"), ("/page.js", "text/javascript"),
            ("/status.json", "application/json"), ("/goods.json", "application/json"),
        ] {
            let reply = Self.page.answer(Self.request(path))
            #expect(reply.status == 200 && reply.type == type && !reply.body.isEmpty)
        }
        for path in ["//", "/../etc/passwd", "/%2e%2e/", "/status.json/", "/index.html", "/metrics/", "/page.js%00"] {
            #expect(Self.page.answer(Self.request(path)).status == 404)
        }
        for method in ["POST", "HEAD", "OPTIONS", "DELETE"] {
            #expect(Self.page.answer(Self.request("/", method: method)).status == 405)
        }
    }

    @Test func namesThatOthersPointHereAreRefused() {
        for host in ["localhost", "127.0.0.1", "192.168.4.2", "::1", "fe80::1", "dock-1.depot.lan"] {
            #expect(Self.page.answer(Self.request("/", host: host)).status == 200, "\(host)")
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "depot.lan", "0x7f.1"] {
            #expect(Self.page.answer(Self.request("/status.json", host: host)).status == 421, "\(host)")
        }
        #expect(LocalPage.names(of: "Dock-1.depot.lan") == ["dock-1.depot.lan", "dock-1", "dock-1.local"])
        #expect(LocalPage.names(of: "") == [])
    }

    private static func post(
        _ body: String, origin: String? = "http://dock-1.depot.lan:8088", token: String? = "secret",
        type: String = "application/json", method: String = "POST"
    ) -> HTTPRequest {
        var request = Self.request("/scan", host: "dock-1.depot.lan", method: method)
        let fields = [
            ("host", "Dock-1.depot.lan:8088"), ("origin", origin), ("x-quai-token", token), ("content-type", type),
        ]
        request.fields = fields.compactMap { name, value in value.map { .init(name: name, value: $0) } }
        request.body = Array(body.utf8)
        return request
    }

    @Test func onlyThePageItselfMayScan() {
        let taken = Locked<[LocalScans.Scan]>([])
        var page = Self.page
        page.scan = LocalPage.Scanning(
            token: "secret", zones: { ["dock-1"] },
            take: { scan in
                taken.change { $0.append(scan) }
                return HTTPReply(200)
            })
        let good = #"{"key":"0123456789","zone":"dock-1","text":"3608439390616"}"#
        #expect(page.answer(Self.post(good)).status == 200)
        #expect(page.answer(Self.post(good, origin: "https://DOCK-1.depot.lan:8088")).status == 200)
        #expect(taken.with { $0.map(\.text) } == ["3608439390616", "3608439390616"])
        let wrong = [
            Self.post(good, origin: nil), Self.post(good, origin: "null"),
            Self.post(good, origin: "http://evil.example"),
            Self.post(good, origin: "http://dock-1.depot.lan"), Self.post(good, token: nil), Self.post(good, token: ""),
            Self.post(good, type: "text/plain"),
        ]
        for request in wrong { #expect(page.answer(request).status == 403) }
        #expect(page.answer(Self.post(good, method: "GET")).status == 405)
        for body in [
            "", "[]", "{}", #"{"key":"short","zone":"dock-1","text":"x"}"#,
            #"{"key":"0123456789","zone":"yard","text":"x"}"#,
            #"{"key":"0123456789","zone":"dock-1","text":" "}"#, #"{"key":"0123456789","zone":"dock-1","text":5}"#,
            #"{"key":"0123456789","zone":"dock-1","text":""# + String(repeating: "x", count: 1025) + #""}"#,
        ] {
            #expect(page.answer(Self.post(body)).status == 400, "\(body)")
        }
        #expect(taken.with { $0.count } == 2)
        // Where the page only shows, there is no such place.
        #expect(Self.page.answer(Self.post(good)).status == 405)
    }

    @Test func theFilesAreSmallAndKeepTheirOwnPolicy() {
        let all = LocalPage.document + LocalPage.style + LocalPage.script
        #expect(all.utf8.count < 40_000)
        // What the policy would refuse: code and colours in the document, and anything from elsewhere.
        for text in ["style=", "onclick", "<style", "http:", "https:", "eval("] { #expect(!all.contains(text)) }
        #expect(LocalPage.document.ranges(of: "<script").count == 1)
        #expect(LocalPage.script.contains("/* begin */"))
    }

    // MARK: the state

    @Test func theStateIsTheAgentsOwnWithoutItsSecretsAndWithItsReads() throws {
        let device: JSON = .object([
            ("name", "gate"), ("kind", "reader"), ("zone", "dock-1"), ("state", "gone"), ("reason", "unplugged"),
            ("port", "usb:1A86:7523"), ("identity", .object([("serial", "A1")])),
        ])
        let description: JSON = .object([
            ("agent", "dock"), ("site", "lyon"), ("epoch", "00"), ("buffer", .object([("pending", 312)])),
            ("uplink", .object([("delivering", false), ("reason", "refused")])), ("devices", .array([device])),
        ])
        let json = LocalStatus.json(description, reads: [])
        #expect(json["agent"]?.text == "dock" && json["buffer"]?["pending"]?.integer == 312)
        #expect(json["uplink"]?["delivering"]?.truth == false && json["uplink"]?["reason"] == nil)
        let shown = try #require(json["devices"]?.list?.first)
        #expect(shown["state"]?.text == "gone" && shown["reason"]?.text == "unplugged")
        #expect(shown["port"] == nil && shown["identity"] == nil && json["epoch"] == nil)
        #expect(json["reads"] == .array([]))
    }

    private static func scan(_ text: String) -> Outbox.Entry {
        Outbox.Entry(.barcode(device: "gate", zone: "dock-1", Barcode(text: text)), at: .zero)
    }

    @Test func theLastFiftyReadsAreKeptNewestFirst() {
        let reads = RecentReads()
        reads.add(RecentReads.shown((1...60).map { Self.scan("\($0)") }), refused: nil, at: 1)
        reads.add(RecentReads.shown([Self.scan("lost")]), refused: .diskFull, at: 2)
        let list = reads.list
        #expect(list.count == RecentReads.limit && list[0].text == "lost" && list[0].refused == "disk-full")
        #expect(list[1].text == "60" && list[1].refused == nil && list[49].text == "12" && list[0].number == 51)
    }

    @Test func aReadIsShownShortAndStatesAreNone() {
        let long = RecentReads.shown([Self.scan(String(repeating: "é", count: 500))])
        #expect(long[0].text.utf8.count <= RecentReads.textLimit.scan)
        let state = Row.device(name: "gate", driver: "barcode", state: "ready", reason: nil)
        #expect(RecentReads.shown([Outbox.Entry(state, at: .zero)]).isEmpty)
        let tag = Row.Sighting(
            device: "portal", zone: "dock-1", tag: TagID(.epcGen2, [0xE2, 0x80]), rssiDBm: nil, antenna: nil, reads: 1)
        let shown = RecentReads.shown([Outbox.Entry(.appeared(tag), at: .zero), Outbox.Entry(.still(tag), at: .zero)])
        #expect(shown.map(\.text) == ["E280"] && shown[0].form == "epc-gen2" && shown[0].zone == "dock-1")
    }
}
