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
