import Depot
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Followers

/// The trail as RFC 5424 has it.
struct SyslogMessageTests {
    private let folder = TemporaryFolder()

    private func message(_ fact: Fact, reason: String? = nil) throws -> (text: String, bytes: Int, trail: SealedTrail) {
        let store = try TestStore.open("\(folder.path)/\(UInt32.random(in: .min ... .max))")
        try store.tell(fact, by: Author("Zoé 😀", reason: reason), at: 1)
        try store.trail.add(1)
        var text = ""
        try store.trail.sealed(.init()) {
            text = String(
                decoding: SyslogMessage.bytes($0, host: "le centre", time: "2026-11-28T06:00:00.000Z"), as: UTF8.self)
            return false
        }
        var trail = SealedTrail()
        _ = trail.take(text)
        return (text, text.utf8.count, trail)
    }

    @Test func aLineIsHeadAndProof() throws {
        let one = try message(Fact(.deliveryClosed, "17", "« été »"))
        #expect(
            one.text.hasPrefix(
                "<110>1 2026-11-28T06:00:00.000Z lecentre quai - delivery.close [meta sequenceId=\"1\"] {\"id\":1,"))
        #expect(one.text.utf8.allSatisfy { (32...126).contains($0) }, "ASCII, and one line")
        #expect(one.text.contains("Zo\\u00e9 \\ud83d\\ude00"))
        #expect(one.trail.broken == nil && one.trail.lines == 1)
        #expect(try message(Fact(.sessionRefused, "Zoé")).text.hasPrefix("<109>1 "))
    }

    /// Words that are too long are left out, and the link still proves that the entry was there.
    @Test func aLongOneIsCutToWhatAReceiverTakes() throws {
        let one = try message(
            Fact(.deliveryClosed, String(repeating: "é", count: 2000), String(repeating: "à", count: 2000)))
        #expect(one.bytes <= SyslogMessage.limit && one.text.contains("\"cut\":true"))
        #expect(one.trail.broken == nil && one.trail.erased == 1)
    }
}
