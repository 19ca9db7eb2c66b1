import Devices
import Model
import Testing

@testable import Drivers

/// Readers that speak HTTP and JSON.
struct HTTPReaderTests {
    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: HTTP

    @Test(arguments: [1, 2, 3, 7, 1000])
    func aMessageIsTheSameHoweverItIsCut(size: Int) throws {
        let text =
            "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc\r\nHTTP/1.1 200 OK\r\n"
            + "Transfer-Encoding: Chunked\r\n\r\n4;x=y\r\nwiki\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
            + "POST /a HTTP/1.1\nContent-Length: 0\n\n"
        var stream = HTTPStream()
        var (heads, body, ends) = ([String](), [UInt8](), 0)
        let all = HTTPReaderTests.bytes(text)
        for start in stride(from: 0, to: all.count, by: size) {
            for piece in try stream.take(Array(all[start..<min(start + size, all.count)])) {
                switch piece {
                case .head(let head): heads.append(head.line)
                case .body(let bytes): body += bytes
                case .end: ends += 1
                }
            }
        }
        #expect(heads == ["HTTP/1.1 204 No Content", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK", "POST /a HTTP/1.1"])
        #expect(String(decoding: body, as: UTF8.self) == "abcwiki0123456789" && ends == 4)
    }

    @Test(arguments: [
        "SSH-2.0-x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", String(repeating: "x", count: 20_000),
    ])
    func whatIsNoHTTPIsRefused(text: String) {
        #expect(throws: HTTPStream.Problem.self) {
            var stream = HTTPStream()
            _ = try stream.take(HTTPReaderTests.bytes(text))
        }
    }

    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ])
    func base64IsTheStandards(plain: String, text: String) {
        #expect(Base64.text(Array(plain.utf8)) == text)
        #expect(Base64.bytes(text) == Array(plain.utf8))
        #expect(Base64.bytes(String(text.prefix { $0 != "=" })) == Array(plain.utf8))
    }

    @Test func base64OfOtherThingsIsNone() {
        for wrong in ["A", "A===", "Zg=", "Z g=", "Zg==Zg==", "é"] where wrong != "Zg=" {
            #expect(Base64.bytes(wrong) == nil)
        }
        #expect(Base64.bytes("-_") == Base64.bytes("+/"))
    }

    // MARK: Impinj

    private static func settings(power: Double? = nil) -> SessionSettings {
        SessionSettings(name: "dev", region: .eu, powerDBm: power, user: "root", secret: "impinj")
    }

    @Test func thePowerAndAntennasOfTheSiteAreSet() {
        var settings = HTTPReaderTests.settings(power: 27.5)
        settings.antennas = [1, 3]
        settings.memory = [MemoryRead(.tid)]
        var line = DeviceTests.Conversation(.impinjIoT, ImpinjIoTDevice(secret: "cm9vdDppbXBpbmo="), settings: settings)
        line.pass(.seconds(1))
        let sent = line.script.filter { $0.hasPrefix(">") }.compactMap { Hex.bytes($0.dropFirst(2)) }.map {
            String(decoding: $0, as: UTF8.self)
        }
        #expect(line.conditions.last == .ready)
        #expect(sent.count == 5 && sent[2].hasPrefix("POST /api/v1/profiles/stop HTTP/1.1\r\n"))
        #expect(sent[3].contains(#""antennaPort":1,"transmitPowerCdbm":2750"#) && sent[3].contains(#""antennaPort":3"#))
        #expect(sent[3].contains(#""tagMemoryReads":[{"memoryBank":"tid","wordOffset":0,"wordCount":6}]"#))
    }

    /// The secret is neither shown nor put into an address.
    @Test func aWrongSecretIsSaidWithoutIt() throws {
        var settings = HTTPReaderTests.settings()
        settings.secret = "hunter2"
        let line = DeviceTests.Conversation(.impinjIoT, ImpinjIoTDevice(secret: "cm9vdDppbXBpbmo="), settings: settings)
        guard case .failing("refused", let text)? = line.conditions.last else {
            Issue.record("\(line.conditions)")
            return
        }
        #expect(text.contains("user and secret") && !text.contains("hunter2"))
        let sent = String(decoding: try #require(Hex.bytes(line.script[0].dropFirst(2))), as: UTF8.self)
        #expect(sent.hasPrefix("GET /api/v1/system HTTP/1.1\r\n") && !sent.contains("hunter2"))
    }

    /// A reader that ends each connection is asked on over the next.
    @Test func aConnectionForEachAnswerIsEnough() {
        var session = Driver.impinjIoT.session(HTTPReaderTests.settings())
        _ = session.handle(.opened, at: .zero)
        let answer = HTTPReaderTests.bytes("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        let reaction = session.handle(.bytes(answer), at: .zero)
        #expect(reaction.restart == .zero && reaction.send.isEmpty && reaction.deadline == nil)
        _ = session.handle(.closed, at: .zero)
        let next = session.handle(.opened, at: .zero)
        #expect(String(decoding: next.send, as: UTF8.self).hasPrefix("GET /api/v1/system/region "))
    }

    @Test func aSilentStreamIsDeadAfterTwoKeepalives() {
        var line = DeviceTests.Conversation(.impinjIoT, ImpinjIoTDevice(), settings: HTTPReaderTests.settings())
        line.pass(.seconds(300))
        #expect(line.conditions.last == .ready)
        let dead = line.session.handle(.tick, at: line.now + .seconds(70))
        #expect(dead.restart == .seconds(1))
        guard case .failing("silent", _)? = dead.condition else {
            Issue.record("\(String(describing: dead.condition))")
            return
        }
    }

    @Test func aReaderThatSpeaksLLRPIsToldFromOne() {
        var session = Driver.impinjIoT.session(HTTPReaderTests.settings())
        _ = session.handle(.opened, at: .zero)
        for _ in 0..<2 {
            _ = session.handle(
                .bytes(HTTPReaderTests.bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")), at: .zero)
        }
        let missing = session.handle(
            .bytes(HTTPReaderTests.bytes("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")), at: .zero)
        guard case .failing("refused", let text)? = missing.condition else {
            Issue.record("\(String(describing: missing.condition))")
            return
        }
        #expect(text.contains("IoT device interface"))
    }

    // MARK: Zebra

    /// What readers say on numbered connections, and what each is told.
    private struct Door {
        var session: any Session
        var tags: [TagRead] = []
        var faults: [String] = []
        var noise = 0

        init(secret: String? = nil) {
            session = Driver.zebraIoT.session(SessionSettings(name: "dev", user: "gate", secret: secret))
            _ = session.handle(.opened, at: .zero)
        }

        mutating func say(_ events: GatheredLine.Event...) -> [GatheredLine.Event] {
            let reaction = session.handle(.bytes(events.flatMap(GatheredLine.encode)), at: .zero)
            noise += reaction.noise
            for observation in reaction.observations {
                switch observation {
                case .tag(let read): tags.append(read)
                case .fault(let fault): faults.append(fault.text)
                default: break
                }
            }
            var line = GatheredLine()
            return line.take(reaction.send).events
        }

        static func status(_ event: GatheredLine.Event?) -> String? {
            guard case .bytes(_, let bytes)? = event else { return nil }
            return String(decoding: bytes.dropFirst(9).prefix(3), as: UTF8.self)
        }
    }

    private static func post(_ body: String, _ fields: String = "") -> [UInt8] {
        bytes("POST / HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    private static let tag =
        #"{"data":{"idHex":"3074257BF7194E4000001A85","peakRssi":-51.5,"antenna":4,"USER":"ABCD"}}"#

    @Test func linesWithoutHTTPAreTakenToo() {
        var door = Door()
        let text = HTTPReaderTests.tag + "\n[" + HTTPReaderTests.tag + "]\r\n"
        #expect(door.say(.opened(1), .bytes(1, HTTPReaderTests.bytes(text))).isEmpty)
        #expect(door.tags.count == 2 && door.tags[0].rssiDBm == -51.5 && door.tags[0].antenna == 4)
        #expect(door.tags[0].userMemory == [0xAB, 0xCD] && door.noise == 0)
    }

    @Test func aBatchOfANewerConnectorIsTaken() {
        var door = Door()
        let body = #"{"type":"CUSTOM","data":{"tagData":[{"idHex":"E280"},{"idHex":"zz"},{"eventNum":3}]}}"#
        #expect(Door.status(door.say(.opened(1), .bytes(1, HTTPReaderTests.post(body))).first) == "200")
        #expect(door.tags.map(\.id.hex) == ["E280"] && door.noise == 2)
    }

    @Test func whoHasNoSecretIsSentAway() {
        var door = Door(secret: "dock")
        let bare = door.say(.opened(1), .bytes(1, HTTPReaderTests.bytes(HTTPReaderTests.tag + "\n")))
        #expect(bare == [.closed(1)])
        let wrong = door.say(
            .opened(2), .bytes(2, HTTPReaderTests.post(HTTPReaderTests.tag, "Authorization: Basic eA==\r\n")))
        #expect(Door.status(wrong.first) == "401" && wrong.last == .closed(2))
        #expect(door.tags.isEmpty && door.faults.count == 1)
        let right = "Authorization: Basic \(Base64.text(Array("gate:dock".utf8)))\r\nConnection: close\r\n"
        let good = door.say(.opened(3), .bytes(3, HTTPReaderTests.post(HTTPReaderTests.tag, right)))
        #expect(Door.status(good.first) == "200" && good.last == .closed(3) && door.tags.count == 1)
    }

    @Test func whatIsTooMuchIsRefused() {
        var door = Door()
        #expect(
            Door.status(door.say(.opened(1), .bytes(1, HTTPReaderTests.bytes("GET / HTTP/1.1\r\n\r\n"))).first) == "405"
        )
        var answers = door.say(
            .opened(2), .bytes(2, HTTPReaderTests.bytes("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n")))
        for _ in 0..<5 where answers.isEmpty { answers = door.say(.bytes(2, [UInt8](repeating: 0x20, count: 65_536))) }
        #expect(Door.status(answers.first) == "413" && answers.last == .closed(2))
        // One connection too many: the one that has been silent longest goes.
        var closed: [GatheredLine.Event] = []
        for id in 10...(10 + ZebraIoT.connectionLimit) { closed += door.say(.opened(id)) }
        #expect(closed == [.closed(10)])
    }
}
