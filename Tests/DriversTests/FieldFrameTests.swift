import Drivers
import Model
import TestSupport
import Testing

/// Streams as readers in the field send them, whole and byte by byte.
struct FieldFrameTests {
    static let cases: [JSON] =
        Fixture.text("DriversTests/Vectors/field-frames.jsonl").split(separator: "\n")
        .compactMap { try? JSON(parsing: Array($0.utf8)) }

    private func play(_ driver: String, _ bytes: [UInt8], size: Int, country: String? = nil) -> [Observation] {
        var settings = SessionSettings(name: "dev")
        settings.country = country
        var session = Driver.named(driver)!.session(settings)
        var seen: [Observation] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            seen += session.handle(.bytes(Array(bytes[start..<min(bytes.count, start + size)])), at: .zero).observations
        }
        return seen
    }

    @Test func thereAreCases() { #expect(FieldFrameTests.cases.count > 25) }

    @Test(arguments: cases.indices)
    func aStreamOfTheFieldIsReadAsItWasMeant(index: Int) throws {
        let vector = FieldFrameTests.cases[index]
        let driver = try #require(vector["driver"]?.text)
        let bytes = try #require(vector["hex"]?.text.flatMap { Hex.bytes($0) })
        func list(_ name: String) -> [String]? { vector[name]?.list?.compactMap(\.text) }
        for size in vector["packet"] == nil ? [bytes.count, 1] : [8] {
            let seen = play(driver, bytes, size: size)
            let tags = seen.compactMap { if case .tag(let read) = $0 { read.id.hex } else { nil } }
            let faults = seen.compactMap { if case .fault(let fault) = $0 { fault } else { nil } }
            if let expected = list("tags") { #expect(tags == expected) }
            for tag in list("includes") ?? [] { #expect(tags.contains(tag)) }
            if let expected = list("faults") { #expect(faults.map(\.code) == expected) }
            if let says = vector["says"]?.text { #expect(faults.contains { $0.text.contains(says) }) }
            if let texts = list("texts") {
                #expect(seen.filter { if case .identity = $0 { false } else { true } } == texts.map { .key($0) })
            }
        }
    }

    /// P A L L E T A and Enter, as an AZERTY scanner sends them: letters prove nothing, the country tells.
    @Test(
        arguments: [("FR", "PALLETA"), ("BE", "PALLETA"), ("DE", "PQLLETQ"), (nil, "PQLLETQ")] as [(String?, String)])
    func theCountryDecidesALayoutThatNothingProves(country: String?, text: String) {
        let keys: [UInt8] = [0x13, 0x14, 0x0F, 0x0F, 0x08, 0x17, 0x14, 0x28]
        let reports = keys.flatMap { [$0 == 0x28 ? 0 : 2, 0, $0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8) }
        #expect(play("hid-keyboard", reports, size: 8, country: country) == [.key(text)])
    }

    /// A frame holds about ten tags of a single read; the rest is fetched before the next read forgets it.
    @Test func aSingleReadIsFetchedToItsEnd() {
        var settings = SessionSettings(name: "dev")
        settings.region = .eu
        var session = Driver.named("thingmagic")!.session(settings)
        var now = Instant.zero
        var reaction = session.handle(.opened, at: now)
        var (tags, asked): ([String], [UInt8]) = ([], [])
        for _ in 0..<60 where asked.count(where: { $0 == 0x2A }) < 2 {
            var bytes = reaction.send
            var answers: [UInt8] = []
            while case .frame(let frame)? = ThingMagicFrame.take(from: &bytes, isCommand: true) {
                asked.append(frame.op)
                switch frame.op {
                case 0x2F: answers += ThingMagicFrame(0x2F, status: 0x0101).bytes
                case 0x22: answers += ThingMagicFrame(0x22, status: 0, [0, 0, 3, 2]).bytes
                case 0x29:
                    let last = UInt8(asked.count { $0 == 0x29 })
                    let epc = [UInt8](repeating: 0xE2, count: 11) + [last]
                    answers +=
                        ThingMagicFrame(0x29, status: 0, [0, 0, 0, 1, 0, 128, 0x30, 0] + epc + [0, 0]).bytes
                default: answers += ThingMagicFrame(frame.op, status: 0).bytes
                }
            }
            if answers.isEmpty, let due = reaction.deadline { now = due }
            reaction = session.handle(answers.isEmpty ? .tick : .bytes(answers), at: now)
            tags += reaction.observations.compactMap { if case .tag(let read) = $0 { read.id.hex } else { nil } }
        }
        #expect(tags.map { $0.suffix(2) } == ["01", "02"])
        #expect(asked.suffix(5) == [0x2A, 0x22, 0x29, 0x29, 0x2A])
    }
}
