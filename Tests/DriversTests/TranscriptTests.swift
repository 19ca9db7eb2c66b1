import Drivers
import Model
import TestSupport
import Testing

struct TranscriptTests {
    static let names = Fixture.list("DriversTests/Transcripts").filter { $0.hasSuffix(".script") }.map {
        String($0.dropLast(7))
    }

    @Test(arguments: names)
    func anyCutGivesTheSameObservations(name: String) throws {
        let transcript = try Transcript(Fixture.text("DriversTests/Transcripts/\(name).script"))
        let driver = try #require(Driver.named(name))
        var settings = SessionSettings(name: "dev", region: .eu)
        if let words = transcript.header("user")?.split(separator: " "), words.count == 3 {
            (settings.user, settings.secret) = (String(words[0]), String(words[2]))
        }
        settings.extensions = transcript.header("extensions")?.split(separator: " ").map(String.init) ?? []
        let (words, noise, sent) = transcript.expectation
        for size in [1_000_000, 1, 2, 3, 5, 7, 11] {
            let seen = transcript.play(driver, settings: settings, size: size)
            #expect(seen.words == words, "in pieces of \(size)")
            #expect(seen.noise == noise, "in pieces of \(size)")
            #expect(Hex.string(seen.sent) == Hex.string(sent), "in pieces of \(size)")
        }
    }

    /// What is written is read again, and playing a transcript annotates it with what it expects.
    @Test(arguments: names)
    func aTranscriptIsWrittenAsItIsRead(name: String) throws {
        let transcript = try Transcript(Fixture.text("DriversTests/Transcripts/\(name).script"))
        #expect(try Transcript(transcript.text) == transcript)
    }

    @Test func aBadTranscriptSaysWhere() {
        #expect(throws: Transcript.Mistake(line: 2, text: "not hex: 0G")) { try Transcript("! open\n< 0G\n") }
        #expect(throws: Transcript.Mistake.self) { try Transcript("hello\n") }
        #expect(throws: Transcript.Mistake.self) { try Transcript("+ soon\n") }
    }

    /// Other ids, the same conversation: as many tags, all checksums right, nothing of the old ids left.
    @Test(arguments: names)
    func aBlindedTranscriptTellsTheSameStoryOfOthers(name: String) throws {
        let driver = try #require(Driver.named(name))
        let transcript = try Transcript(Fixture.text("DriversTests/Transcripts/\(name).script"))
        guard let blinded = transcript.blinded(driver) else {
            #expect(driver.sealing == nil)
            return
        }
        let settings = SessionSettings(name: "dev", region: .eu)
        let (before, after) = (transcript.play(driver, settings: settings), blinded.play(driver, settings: settings))
        #expect(after.observations.count == before.observations.count && after.noise == before.noise)
        for (old, new) in zip(before.observations, after.observations) {
            switch (old, new) {
            case (.tag(let a), .tag(let b)):
                #expect(a.id != b.id && a.id.bytes.count == b.id.bytes.count && a.rssiDBm == b.rssiDBm)
                #expect(a.crcIsValid == b.crcIsValid)
                #expect(!blinded.text.contains(a.id.hex))
            case (.identity(let a), .identity(let b)):
                #expect(a.field == b.field && (a.field == "serial") == (a.text != b.text))
            case (.barcode(let a), .barcode(let b)): #expect(a.symbology == b.symbology && a.text != b.text)
            case (.call(let a), .call(let b)):
                #expect(a.event == b.event && a.call == b.call && a.desk == b.desk)
                #expect(
                    a.caller?.number == nil || a.caller?.number?.count ?? 0 < 6 || a.caller?.number != b.caller?.number)
            case (.key(let a), .key(let b)): #expect(a != b || a.count < 3)
            default: #expect(old == new)
            }
        }
    }

    @Test func everyDriverHasATranscript() {
        #expect(Set(Driver.catalog.map(\.name)) == Set(TranscriptTests.names))
    }

    /// The damaged frame is refused where its checksum can tell, and the next one is not lost.
    @Test(arguments: ["rdm6300", "m100", "a0", "uhfreader", "thingmagic", "llrp", "chafon-cf", "rf-tlv", "rcp"])
    func anyFlippedBitCostsOneFrameOnly(name: String) throws {
        let (hex, id) =
            switch name {
            case "m100": ("bb02220011c9340030751feb705c5904e3d50d703a76ef7e", "30751FEB705C5904E3D50D70")
            case "thingmagic":
                ("ff1b22000010001b00070101c411008030003074257bf7194e4000001a85aaf9ccac", "3074257BF7194E4000001A85")
            case "a0": ("a0130189043000e200301666130121155074ef45bf", "E200301666130121155074EF")
            case "llrp":
                (
                    "043d0000002c0000000d00f000228d3074257bf7194e4000001a8581000103ff000e0000651a00000039ea6b",
                    "3074257BF7194E4000001A85"
                )
            case "rf-tlv":
                ("52460200008000135011010CE28068940000502244813C7D05019978", "E28068940000502244813C7D")
            case "rcp": ("BB0222000E3000E2000016601601551580753D7E5C46", "E2000016601601551580753D")
            case "chafon-cf":
                ("cf0000011200fd8a01000ce280691500004020ed9648b35750", "E280691500004020ED9648B3")
            case "uhfreader": ("13000103010c49440000000000000a000334a5fb", "49440000000000000A000334")
            default: ("0230433030303632314135384503", "0C000621A5")
            }
        let good = Hex.bytes(hex)!
        for bit in 0..<good.count * 8 {
            var damaged = good
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            var session = Driver.named(name)!.session(SessionSettings())
            // Two good frames follow: a length that grew may swallow the first while it waits for its end.
            var seen: [Observation] = session.handle(.bytes(damaged + good), at: .zero).observations
            for second in 1...300 { seen += session.handle(.tick, at: .milliseconds(Int64(second) * 200)).observations }
            seen += session.handle(.bytes(good), at: .milliseconds(100_000)).observations
            let ids = seen.compactMap { if case .tag(let read) = $0 { read.id.hex } else { nil } }
            #expect(ids.filter { $0 == id }.count >= 2, "bit \(bit): \(ids)")
            // One has an exclusive or for a checksum, the other trusts TCP's.
            let isWeak = name == "rdm6300" || name == "llrp"
            #expect(Set(ids).subtracting([id]).count <= (isWeak ? 1 : 0), "bit \(bit): \(ids)")
        }
    }

    /// Found by the fuzzer: a usage range that ends at FFFF overflowed.
    @Test func aHostileReportDescriptorIsReadToItsEnd() {
        #expect(HIDPages.of(Hex.bytes("050719F0F42AFFFF75089501810119F02AFFFF8102")!).contains(7))
        #expect(HIDPages.of(Hex.bytes("05071A00FF2AFFFF75089501810019E0")!) == [7])
        #expect(HIDPages.of([0xFE]).isEmpty && HIDPages.of([0x06, 0x8C]).isEmpty)
    }

    @Test func garbageNeitherTrapsNorGrows() {
        var random = SeededRandom(seed: 20_261_121)
        for driver in Driver.catalog {
            var session = driver.session(SessionSettings(name: "x", user: "u", secret: "s"))
            _ = session.handle(.opened, at: .zero)
            var total = 0
            var noise = 0
            for round in 0..<200 {
                let bytes = (0..<Int.random(in: 1...500, using: &random)).map { _ in
                    UInt8.random(in: .min ... .max, using: &random)
                }
                total += bytes.count
                let reaction = session.handle(.bytes(bytes), at: .milliseconds(Int64(round) * 300))
                noise += reaction.noise + session.handle(.tick, at: .milliseconds(Int64(round) * 300 + 299)).noise
            }
            #expect(noise <= total)
        }
    }

    @Test func aLineOfAMegabyteIsNoiseAndTheNextMessageIsRead() {
        var parser = AMIParser()
        var steps = parser.take(Array("Event: X\r\nName: ".utf8))
        for _ in 0..<1024 { steps += parser.take([UInt8](repeating: 0x41, count: 1024)) }
        steps += parser.take(Array("\r\n\r\nEvent: Y\r\nÄ: ".utf8) + [0xE9] + Array("\r\n\r\n".utf8))
        let events = steps.compactMap { if case .message(let message) = $0 { message.event } else { nil } }
        #expect(events == ["X", "Y"])
        #expect(steps.contains { if case .noise(let count) = $0 { count > 1 << 20 } else { false } })
        // Not UTF-8: Windows-1252.
        guard case .message(let last)? = steps.last else { return }
        #expect(last["Ä"] == "é")
    }

    @Test func piecesOfAnyLengthGiveTheSameMessages() {
        let text =
            "Asterisk Call Manager/5.0.2\r\nEvent: Newchannel\r\nChannel:PJSIP/101-1\r\nno header\r\nCALLERIDNAME: Zoé: x\r\n"
            + "ChanVariable(PJSIP/101-1): CALLERID(num-pres)=prohib\r\nEmpty:\r\n\r\n\r\nResponse: Success\nActionID: 7\n\n"
            + "Long: \(String(repeating: "x", count: AMIParser.lineLimit))\r\nAction: Ping\r\n\r\nEvent: Cut"
        let bytes = Array(text.utf8)
        var whole = AMIParser()
        let steps = whole.take(bytes)
        let messages = steps.compactMap { if case .message(let message) = $0 { message } else { nil } }
        #expect(messages.map(\.event) == ["Newchannel", nil, nil])
        #expect(messages[0]["calleridname"] == "Zoé: x" && messages[0]["channel"] == "PJSIP/101-1")
        #expect(messages[0]["empty"] == "" && messages[0]["no header"] == nil)
        #expect(messages[1].isResponse && messages[1].id == "7" && messages[2].action == "Ping")
        for size in 1...40 {
            var parser = AMIParser()
            let pieces = stride(from: 0, to: bytes.count, by: size).map {
                Array(bytes[$0..<min($0 + size, bytes.count)])
            }
            #expect(pieces.flatMap { parser.take($0) } == steps)
        }
    }
}
