import Drivers
import Model
import TestSupport
import Testing

/// A conversation as a file: `<` from the device, `>` to it, `+` time passes, `=` what we expect, `!` open or close.
struct Transcript {
    enum Line: Equatable {
        case fromDevice([UInt8])
        case toDevice([UInt8])
        case passes(Int64)
        case expect(String)
        case open, close
        /// The HID report descriptor.
        case descriptor([UInt8])
    }

    var lines: [Line] = []
    var settings = SessionSettings(name: "dev")

    init(_ text: String) {
        for line in text.split(separator: "\n") {
            let rest = line.dropFirst(2)
            switch line.first {
            case "<": lines.append(.fromDevice(Transcript.bytes(rest)))
            case ">": lines.append(.toDevice(Transcript.bytes(rest)))
            case "d" where line.hasPrefix("descriptor "):
                lines.append(.descriptor(Transcript.bytes(line.dropFirst(11))))
            case "+": lines.append(.passes(Int64(rest.prefix { $0.isNumber }) ?? 0))
            case "=": lines.append(.expect(String(rest)))
            case "!": lines.append(rest.hasPrefix("open") ? .open : .close)
            case "#":
                let words = rest.split(separator: " ")
                if words.first == "user", words.count == 4 {
                    (settings.user, settings.secret) = (String(words[1]), String(words[3]))
                }
            default: break
            }
        }
    }

    private static func bytes(_ text: Substring) -> [UInt8] {
        var out: [UInt8] = []
        var rest = text
        while let first = rest.first {
            if first == "'" {
                let end = rest.dropFirst().firstIndex(of: "'")!
                out += rest[rest.index(after: rest.startIndex)..<end].utf8
                rest = rest[rest.index(after: end)...]
            } else if first == " " {
                rest = rest.dropFirst()
            } else {
                out += Hex.bytes(rest.prefix(2))!
                rest = rest.dropFirst(2)
            }
        }
        return out
    }

    /// Everything expected and everything sent, against what a session does when the bytes come in pieces of `size`.
    func play(_ driver: Driver, size: Int) -> (expected: [String], seen: [String]) {
        var session = driver.session(settings)
        var now = Instant.milliseconds(1_000_000)
        var deadline: Instant?
        var expected: [String] = []
        var seen: [String] = []
        func take(_ reaction: Reaction) {
            deadline = reaction.deadline
            // Noise is a count: pieces may tell it in parts.
            for observation in reaction.observations { seen.append(Transcript.describe(observation)) }
            if reaction.noise > 0 { noise += reaction.noise }
            sent += reaction.send
        }
        var noise = 0
        var sent: [UInt8] = []
        var expectedNoise = 0
        var expectedSent: [UInt8] = []
        for line in lines {
            switch line {
            case .fromDevice(let bytes):
                let size = driver.isPacketed ? bytes.count : size
                for start in stride(from: 0, to: bytes.count, by: size) {
                    take(session.handle(.bytes(Array(bytes[start..<min(start + size, bytes.count)])), at: now))
                }
            case .toDevice(let bytes): expectedSent += bytes
            case .passes(let milliseconds):
                let end = now + .milliseconds(milliseconds)
                while let due = deadline, due <= end {
                    now = due
                    take(session.handle(.tick, at: now))
                }
                now = end
            case .expect(let text):
                if text.hasPrefix("noise") {
                    expectedNoise += Int(text.split(separator: " ")[1])!
                } else {
                    expected.append(text)
                }
            case .descriptor(let bytes): take(session.handle(.descriptor(bytes), at: now))
            case .open: take(session.handle(.opened, at: now))
            case .close: take(session.handle(.closing, at: now))
            }
        }
        return (
            expected + ["noise \(expectedNoise)", "sent \(Hex.string(expectedSent))"],
            seen + ["noise \(noise)", "sent \(Hex.string(sent))"]
        )
    }

    private static func describe(_ observation: Observation) -> String {
        switch observation {
        case .tag(let read): "tag \(read.id.hex)"
        case .barcode(let barcode): "barcode \(barcode.symbology ?? "-") \(barcode.text)"
        case .key(let text): "key \(text)"
        case .fault(let fault): "fault \(fault.code)"
        case .identity(let identity): "identity \(identity.field) \(identity.text)"
        case .call(let signal):
            "call \(signal.event.rawValue)\(signal.caller?.withheld == true ? " withheld" : "")\(signal.caller?.number.map { " \($0)" } ?? "")"
        case .progress(let progress): "progress \(progress.state.rawValue)"
        }
    }
}

struct TranscriptTests {
    static let names = Fixture.list("DriversTests/Transcripts").filter { $0.hasSuffix(".script") }.map {
        String($0.dropLast(7))
    }

    @Test(arguments: names)
    func anyCutGivesTheSameObservations(name: String) throws {
        let transcript = Transcript(Fixture.text("DriversTests/Transcripts/\(name).script"))
        let driver = try #require(Driver.named(name))
        for size in [1_000_000, 1, 2, 3, 5, 7, 11] {
            let (expected, seen) = transcript.play(driver, size: size)
            #expect(seen == expected, "in pieces of \(size)")
        }
    }

    @Test func everyDriverHasATranscript() {
        #expect(Set(Driver.catalog.map(\.name)) == Set(TranscriptTests.names))
    }

    /// The damaged frame is refused where its checksum can tell, and the next one is not lost.
    @Test(arguments: ["rdm6300", "m100", "a0", "uhfreader", "thingmagic", "llrp"])
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
        #expect(last["ä"] == "é")
    }
}
