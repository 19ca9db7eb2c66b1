import Model
import TestSupport
import Testing

struct CodecTests {
    static func row(_ random: inout SeededRandom) -> Row {
        func text() -> String {
            String((0..<Int.random(in: 0...12, using: &random)).map { _ in "aé€😀 \"\\".randomElement(using: &random)! })
        }
        var sighting = Row.Sighting(
            device: text(), zone: text(),
            tag: TagID(
                TagID.Scheme.allCases.randomElement(using: &random)!,
                (0..<Int.random(in: 1...62, using: &random)).map { _ in UInt8.random(in: .min ... .max, using: &random)
                }),
            rssiDBm: Bool.random(using: &random) ? Double(Int.random(in: -900...0, using: &random)) / 10 : nil,
            antenna: Bool.random(using: &random) ? Int.random(in: 1...16, using: &random) : nil,
            reads: Int.random(in: 1...1000, using: &random))
        func memory() -> [UInt8]? {
            Bool.random(using: &random)
                ? nil
                : (0..<Int.random(in: 1...62, using: &random)).map { _ in
                    UInt8.random(in: .min ... .max, using: &random)
                }
        }
        (sighting.tid, sighting.userMemory) = (memory(), memory())
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .skipped(reason: text())
        case 1: return .appeared(sighting)
        case 2:
            return .left(
                sighting, present: .milliseconds(Int64.random(in: 0...100_000, using: &random)),
                direction: [nil, .entry, .exit].randomElement(using: &random)!)
        case 5: return .moved(sighting, from: text())
        case 6: return .still(sighting)
        case 3:
            return .barcode(
                device: text(), zone: text(),
                Barcode(symbology: Bool.random(using: &random) ? "]C1" : nil, text: text()))
        case 4:
            return .device(
                name: text(), driver: text(), state: text(), reason: Bool.random(using: &random) ? text() : nil)
        default:
            var call = CallSnapshot(
                call: "pbx/\(random.next())", revision: Int64.random(in: 0...1 << 40, using: &random), startedAt: 5)
            call.caller = Party(number: "0612340001", name: text())
            call.legs = [.init(id: "1", desk: "101", state: .talking, rangAt: 6, answeredAt: 7, holds: 2)]
            call.transfers = [.init(how: "blind", by: "101", to: "102")]
            call.answeredBy = ["101"]
            return .call(device: text(), call)
        }
    }

    @Test func aRowSurvivesItsRoundTrip() throws {
        for seed in 1...2000 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let row = CodecTests.row(&random)
            let dt = Int64.random(in: -1000...1 << 40, using: &random)
            let (back, decoded) = try Row.decode(try CBOR(decoding: row.encoded(at: dt)))
            #expect(back == dt && decoded == row, "seed \(seed)")
        }
    }

    @Test func aFrameSurvivesAndADamagedOneIsRefused() throws {
        var random = SeededRandom(seed: 4)
        let rows = (0..<20).map { _ in CodecTests.row(&random).encoded(at: 3) }
        let plain = Frame.body(of: rows)
        let frame = Frame(
            epoch: .max, lane: .bulk, first: 41, count: 20, boot: Boot(counter: 9, random: .max),
            origin: 1_795_000_000_000,
            synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain, was: .init(epoch: 3, first: 7))
        let back = try Frame(decoding: frame.encoded)
        #expect(back == frame)
        #expect(try back.rows(plain: back.body).count == 20)
        var damaged = frame.encoded
        damaged[damaged.count / 2] ^= 1
        #expect(throws: FrameError.self) {
            let read = try Frame(decoding: damaged)
            _ = try read.rows(plain: read.body)
        }
    }

    @Test func aShellScriptMayFeedTheCentre() throws {
        let text =
            #"[1,"00000000000000AA","s",1,2,[1,2,1795000000000,true],2,null,[[0,3,"gate","dock-1","]C0","BL-1"],[5,1,"r","dock-1",0,{"hex":"3034"},-550,null,1]]]"#
        let frame = try Frame(decoding: Array(text.utf8))
        let rows = try frame.rows(plain: frame.body).map { try Row.decode($0.item).row }
        #expect(frame.epoch == 0xAA && rows.count == 2)
        #expect(rows[0] == .barcode(device: "gate", zone: "dock-1", Barcode(symbology: "]C0", text: "BL-1")))
    }

    @Test func hostileBytesAreRefusedWithoutHarm() {
        // Nested a thousand deep.
        #expect(throws: CBORError.deep) { try CBOR(decoding: [UInt8](repeating: 0x81, count: 1000) + [0]) }
        #expect(throws: JSONError.self) { try JSON(parsing: String(repeating: "[", count: 1000)) }
        // Four billion items in five bytes, and a text of as many.
        #expect(throws: CBORError.short) { try CBOR(decoding: [0x9A, 0xFF, 0xFF, 0xFF, 0xFF]) }
        #expect(throws: CBORError.short) { try CBOR(decoding: [0x7B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) }
        #expect(throws: CBORError.notUTF8) { try CBOR(decoding: [0x61, 0xFF]) }
        #expect(throws: FrameError.version(9)) { try Frame(decoding: CBOR.array([.unsigned(9)]).encoded) }
        #expect(throws: FrameError.self) { try Frame(decoding: [UInt8](repeating: 0, count: 100_000)) }
        var random = SeededRandom(seed: 8)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            _ = try? Frame(decoding: bytes)
            _ = try? JSON(parsing: bytes)
            if let item = try? CBOR(decoding: bytes) { _ = try? Row.decode(item) }
        }
    }

    @Test func knownAnswers() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(Topic(.bulk, of: "lyon-dock-1").name == "quai/1/\(Topic.partition(of: "lyon-dock-1"))/lyon-dock-1/s")
        #expect(Topic.digest(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(Topic(parsing: "quai/1/zz/lyon-dock-1/s") == nil)
        var random = SeededRandom(seed: 1)
        #expect(ULID.make(at: 1_469_918_176_385, using: &random).hasPrefix("01ARYZ6S41"))
    }

    @Test func jsonSurvivesItsRoundTrip() throws {
        let text = #"{"a":[1,-2,3.5,true,null,"é\n\"\\😀"],"b":{}}"#
        let json = try JSON(parsing: text)
        #expect(try JSON(parsing: json.text8) == json)
        #expect(try JSON(parsing: #""\ud83d\ude00""#) == .string("😀"))
        #expect(throws: JSONError.self) { try JSON(parsing: #""\ud83d""#) }
        #expect(throws: JSONError.self) { try JSON(parsing: "{\"a\":1}x") }
    }

    @Test func aWithheldPartyHoldsNothing() {
        let party = Party(number: "0612340052", name: "Somebody", withheld: true)
        #expect(party.number == nil && party.name == nil && !party.json.description.contains("0612340052"))
    }

    @Test func backoffStaysWithinItsBounds() {
        var backoff = Backoff(first: .milliseconds(100), cap: .seconds(30), seed: 3)
        for index in 0..<50 {
            let pause = backoff.next()
            #expect(pause >= .milliseconds(10) && pause <= .seconds(30), "\(index)")
        }
    }

    /// The published example of Standard Webhooks.
    @Test func aWebhookIsSignedAsTheStandardSays() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        let body = Array("{\"test\": 2432232314}".utf8)
        let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
        let right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        #expect(WebhookSignature.sign(body, id: id, timestamp: "1614265330", secret: secret) == right)
        func isGood(_ signature: String, at now: Int64 = 1_614_265_400, id: String = id) -> Bool {
            WebhookSignature.isGood(
                signature, body: body, id: id, timestamp: "1614265330", secret: secret, now: now)
        }
        #expect(isGood("v1,AAAA \(right)"))
        #expect(!isGood(right, at: 1_614_265_330 + 301) && !isGood(right, at: 1_614_265_330 - 301))
        #expect(!isGood(right, id: "other") && !isGood("") && !isGood(String(right.dropLast())))
        #expect(
            !WebhookSignature.isGood(right, body: body, id: id, timestamp: "soon", secret: secret, now: 1_614_265_330))
    }
}
