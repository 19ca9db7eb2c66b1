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

    private func play(_ driver: String, _ bytes: [UInt8]) -> (observations: [Observation], noise: Int) {
        var session = Driver.named(driver)!.session(SessionSettings())
        var reaction = session.handle(.bytes(bytes), at: .zero)
        var (seen, noise) = (reaction.observations, reaction.noise)
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
            #expect(seen.count == 1 && noise == 0)
        }
    }

    /// The reader's side decodes to what the reference says; the host's commands are no reads.
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
