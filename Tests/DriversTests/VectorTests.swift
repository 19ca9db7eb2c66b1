import Devices
import Drivers
import Model
import TestSupport
import Testing

/// Frames printed in public sources, and those that must be refused.
struct VectorTests {
    struct Vector: CustomTestStringConvertible {
        var id: String
        var kind: String
        var bytes: [UInt8]
        var meaning: String
        var testDescription: String { id }
    }

    static func vectors(_ prefix: String) -> [Vector] {
        Fixture.text("DriversTests/vectors.txt").split(separator: "\n").compactMap { line in
            guard line.hasPrefix(prefix) else { return nil }
            let head = line.prefix { $0 != "|" }.split(separator: " ").map(String.init)
            guard head.count == 3, let bytes = Hex.bytes(head[2]) else { return nil }
            return Vector(id: head[0], kind: head[1], bytes: bytes, meaning: String(line))
        }
    }

    private func play(_ driver: String, _ bytes: [UInt8], packet: Int? = nil) -> (
        observations: [Observation], noise: Int
    ) {
        var session = Driver.named(driver)!.session(SessionSettings())
        var reaction = Reaction()
        var (seen, noise): ([Observation], Int) = ([], 0)
        for start in stride(from: 0, to: bytes.count, by: packet ?? bytes.count) {
            let piece = Array(bytes[start..<min(bytes.count, start + (packet ?? bytes.count))])
            reaction = session.handle(.bytes(piece), at: .zero)
            seen += reaction.observations
            noise += reaction.noise
        }
        var now = Instant.zero
        while reaction.deadline != nil {
            now = now + .seconds(1)
            reaction = session.handle(.tick, at: now)
            seen += reaction.observations
            noise += reaction.noise
        }
        return (seen, noise)
    }

    @Test(arguments: vectors("LF"))
    func aLowFrequencyVector(vector: Vector) {
        let (seen, noise) = play("rdm6300", vector.bytes)
        if vector.kind == "N" {
            #expect(seen.isEmpty && noise == vector.bytes.count)
        } else {
            let tags = seen.count { if case .tag = $0 { true } else { false } }
            #expect(tags == 1 && noise == 0)
        }
    }

    /// The card is held back as noise, and somebody is told why.
    @Test func aFrameThatStaysAloneIsSaid() throws {
        let vector = try #require(VectorTests.vectors("LF").first { $0.kind != "N" })
        let codes = play("rdm6300", vector.bytes).observations.compactMap { observation in
            if case .fault(let fault) = observation { fault.code } else { nil }
        }
        #expect(codes == ["read-once"])
        let twice = play("rdm6300", vector.bytes + vector.bytes).observations
        #expect(!twice.contains { if case .fault = $0 { true } else { false } })
    }

    /// The reader's side decodes to what its source says; the host's commands are no reads.
    @Test(arguments: vectors("A0"))
    func anA0Vector(vector: Vector) {
        let (seen, noise) = play("a0", vector.bytes)
        if vector.kind == "N" {
            #expect(seen.isEmpty && noise == vector.bytes.count)
        } else {
            #expect(noise == 0, "\(seen)")
        }
        let tags = seen.compactMap { if case .tag(let read) = $0 { read } else { nil } }
        #expect(tags.count == (["A0-06", "A0-09", "A0-11", "A0-17"].contains(vector.id) ? 1 : 0), "\(tags)")
        if vector.id == "A0-06" {
            #expect(tags[0].id.hex == "E200301666130121155074EF" && tags[0].rssiDBm == -60 && tags[0].antenna == 1)
        }
        if vector.id == "A0-17" { #expect(tags[0].crcIsValid == true) }
        if ["A0-31", "A0-32"].contains(vector.id) { #expect(seen.count == 1) }
    }

    /// The module's side: those whose third byte is followed by a status word.
    @Test(arguments: vectors("TM"))
    func aThingMagicVector(vector: Vector) {
        let (seen, noise) = play("thingmagic", vector.bytes)
        let tags = seen.compactMap { if case .tag(let read) = $0 { read } else { nil } }
        if vector.kind == "N" { #expect(seen.isEmpty && noise == vector.bytes.count) }
        let expected = ["TM-16", "TM-24", "TM-25", "TM-26"].contains(vector.id)
        #expect(tags.count == (expected ? 1 : 0), "\(seen)")
        if expected { #expect(noise == 0 && tags[0].crcIsValid == true) }
        if vector.id == "TM-24" { #expect(tags[0].count == 3 && tags[0].rssiDBm == -48 && tags[0].antenna == 2) }
        if vector.id == "TM-22" {
            #expect(
                seen == [
                    .fault(
                        Fault(
                            code: "over-temperature",
                            text: "the reader is too hot and pauses until it has cooled (0504)"))
                ])
        }
    }

    @Test(arguments: vectors("UF"))
    func aUHFReaderVector(vector: Vector) {
        let (seen, noise) = play("uhfreader", vector.bytes)
        if vector.kind == "N" { #expect(seen.isEmpty && noise == vector.bytes.count) }
        let tags = seen.compactMap { if case .tag(let read) = $0 { read.id.hex } else { nil } }
        let counts = ["UF-02": 1, "UF-03": 1, "UF-05": 2, "UF-06": 1, "UF-07": 1, "UF-08": 2, "UF-28": 1, "UF-31": 1]
        #expect(tags.count == counts[vector.id] ?? 0, "\(vector.id) \(seen)")
        if vector.id == "UF-03" { #expect(tags == ["49440000000000000A000334"]) }
        if vector.id == "UF-26" {
            #expect(
                seen.contains { if case .fault(let fault) = $0 { fault.code == "antenna-disconnected" } else { false } }
            )
        }
    }

    /// Each message is taken whole; what it says is what its source says.
    @Test(arguments: vectors("LL"))
    func anLLRPVector(vector: Vector) {
        let (seen, noise) = play("llrp", vector.bytes)
        #expect(noise == 0)
        let lines = seen.map(\.json.description)
        let expected: [String: String] = [
            "LL-09":
                #"{"kind":"tag","scheme":"epc-gen2","id":"0B7F00000000000000510238","rssiDBm":-68.0,"antenna":1,"at":1557458645133781}"#,
            "LL-13":
                #"{"kind":"fault","code":"field-error","text":"field error: LLRP [409] : //AccessSpecID : invalid; field 1: invalid value"}"#,
            "LL-22":
                #"{"kind":"tag","scheme":"epc-gen2","id":"3000ABCDEF00000000000003","rssiDBm":-48.0,"antenna":1,"at":1594174805140192}"#,
            "LL-23":
                #"{"kind":"tag","scheme":"epc-gen2","id":"3000ABCDEF00000000000005","rssiDBm":-47.0,"antenna":1,"at":1594174805145268}"#,
            "LL-24":
                #"{"kind":"tag","scheme":"epc-gen2","id":"301430A55C0AC30000000009","rssiDBm":-54.0,"antenna":1,"at":1594174805147920}"#,
            "LL-31": #"{"kind":"fault","code":"unsupported-version","text":"unsupported version"}"#,
            "LL-34":
                #"{"kind":"fault","code":"antenna-disconnected","text":"antenna 2 is disconnected: check its cable and connector"}"#,
            "LL-35": #"{"kind":"fault","code":"buffer-filling","text":"the reader's report buffer is 90 % full"}"#,
            "LL-36":
                #"{"kind":"fault","code":"buffer-overflow","text":"the reader's report buffer overflowed: reads were lost"}"#,
            "LL-37": #"{"kind":"identity","field":"input-1","text":"high"}"#,
            "LL-38":
                #"{"kind":"fault","code":"connection-refused","text":"another client holds the reader: close that program, or wait until the reader lets it go"}"#,
            "LL-39":
                #"{"kind":"tag","scheme":"epc-gen2","id":"3074257BF7194E4000001A85AABBCCDDEEFF","rssiDBm":-64.0,"antenna":3,"pc":"4800","count":5}"#,
            "LL-40":
                #"{"kind":"tag","scheme":"epc-gen2","id":"3074257BF7194E4000001A85","rssiDBm":-55.25,"antenna":1}"#,
        ]
        #expect(lines == expected[vector.id].map { [$0] } ?? [], "\(vector.id)")
    }

    @Test(arguments: vectors("HID"))
    func aHIDVector(vector: Vector) {
        let driver = ["HID-08", "HID-09"].contains(vector.id) ? "hid-pos" : "hid-keyboard"
        let packet = driver == "hid-pos" ? 64 : vector.id == "HID-02" ? 3 : 8
        let (seen, noise) = play(driver, vector.bytes, packet: packet)
        let expected: [String: Observation] = [
            "HID-01": .key("0027314141"), "HID-02": .key("0002128475"), "HID-03": .key("3760123456784"),
            "HID-04": .key("3760123456784"), "HID-05": .key("abc"), "HID-06": .key("Ab"), "HID-07": .key("\u{1D}"),
            "HID-08": .barcode(Barcode(symbology: "]C0", text: "00614141123452")),
            "HID-09": .barcode(Barcode(symbology: "]Q1", text: String(repeating: "A", count: 56) + "BCD")),
        ]
        #expect(seen == [expected[vector.id]!] && noise == 0, "\(seen)")
    }

    /// What a scanner set to French types, as reports: a stroke, its release, Enter at the end.
    @Test(arguments: [
        ("BL-2026-00117", KeyboardLayout.fr), ("LOT_12", .fr), ("BL-2026-00117", .us), ("abc", .us),
        ("Qwertz 9/12.5", .us), ("3760123456784", .fr),
    ])
    func aCodeIsReadInTheLayoutItWasTypedIn(text: String, layout: KeyboardLayout) {
        let (seen, _) = play("hid-keyboard", HIDKeyboardDevice(layout: layout).reports(text), packet: 8)
        #expect(seen == [.key(text)])
    }

    @Test func oddKeystrokesAreReadAsTheyWereMeant() {
        func typed(_ hex: String) -> [Observation] { play("hid-keyboard", Hex.bytes(hex)!, packet: 8).observations }
        let up = "0000000000000000"
        // Alt goes up in the report that brings the next key down: A, then b.
        let alt = "0400620000000000" + "0400000000000000" + "04005e0000000000" + "0400000000000000" + "04005d0000000000"
        #expect(typed(alt + "0000050000000000" + up + "0000280000000000" + up) == [.key("Ab")])
        #expect(typed(alt + "0000280000000000" + up) == [.key("A")])
        // Shift comes down while the first key is held: no second a.
        #expect(
            typed("0000040000000000" + "0200040000000000" + "0200050000000000" + up + "0000280000000000")
                == [.key("aB")])
    }

    /// Replies that carry a value are no errors of that number.
    @Test(arguments: ["a004017720c4", "a004017711d3"])
    func aValueOfAnA0ReaderIsNoFault(hex: String) { #expect(play("a0", Hex.bytes(hex)!).observations.isEmpty) }

    @Test func aStrayByteDoesNotCostACard() {
        let frame = "50" + "8009000000000700000004a1b2c3d4e5809000"
        let (seen, noise) = play("pcsc", Hex.bytes(frame)!)
        #expect(seen.count == 1 && noise == 1)
    }

    @Test(arguments: vectors("CC"))
    func aCardReaderVector(vector: Vector) {
        let (seen, noise) = play("pcsc", vector.bytes)
        let uids = ["CC-12": "A0D98978", "CC-23": "04A1B2C3D4E580"]
        let expected = uids[vector.id].map { [Observation.tag(TagRead(id: TagID(.iso14443a, Hex.bytes($0)!)))] } ?? []
        #expect(seen == expected && noise == 0, "\(seen)")
    }

    @Test(arguments: vectors("BB"))
    func aModuleVector(vector: Vector) {
        let (seen, noise) = play("m100", vector.bytes)
        if vector.kind == "N" {
            #expect(seen.isEmpty && noise == vector.bytes.count)
        } else {
            #expect(noise == 0, "\(seen)")
        }
        if vector.meaning.contains("notice: RSSI") {
            guard case .tag(let read)? = seen.first else {
                Issue.record("no tag")
                return
            }
            #expect(read.rssiDBm == -55 && read.crcIsValid == true && read.protocolControl == 0x3400)
        }
    }
}
