import Testing

@testable import Model

/// Decisions of a depot as they travel: bounded, and with a PIN that nobody but the centre reads.
struct DepotDecisionTests {
    @Test func aPINOpensForItsWordsItsAgentAndItsCentreAlone() throws {
        let secret = (0..<32).map { UInt8($0) }
        let key = try #require(SealedBox.publicKey(of: secret))
        let box = try #require(DepotDecision.seal(pin: "4711", of: "{}", agent: "dock", to: key))
        #expect(try #require(DepotDecision.seal(pin: "4711", of: "{}", agent: "dock", to: key)) != box)
        #expect(DepotDecision.pin(in: box, of: "{}", agent: "dock", with: secret) == "4711")
        #expect(DepotDecision.pin(in: box, of: "{ }", agent: "dock", with: secret) == nil)
        #expect(DepotDecision.pin(in: box, of: "{}", agent: "other", with: secret) == nil)
        #expect(DepotDecision.pin(in: box, of: "{}", agent: "dock", with: secret.reversed()) == nil)
        // Keys that are none: too short, and the point of order one.
        #expect(DepotDecision.seal(pin: "4711", of: "{}", agent: "dock", to: [1]) == nil)
        #expect(DepotDecision.seal(pin: "4711", of: "{}", agent: "dock", to: Array(repeating: 0, count: 32)) == nil)
    }

    @Test func aDecisionTravelsAndIsBounded() throws {
        var decision = DepotDecision(key: "0123456789", delivery: 7, kind: .damaged, name: "Marie")
        (decision.gtin, decision.quantity, decision.reason) = ("03608439390616", Quantity(2), "wet")
        #expect(DepotDecision(json: decision.json) == decision)
        var closing = DepotDecision(key: "0123456789", delivery: 7, kind: .close, name: "Marie")
        (closing.short, closing.extra, closing.ignoresUnknown) = (.later, .refuse, true)
        #expect(DepotDecision(json: closing.json) == closing)
        let row = Row.decided(
            try #require(Row.Decided(zone: "dock-1", text: decision.json.description, proof: [1, 2, 3])))
        let item = try CBOR(decoding: row.encoded(at: 5))
        #expect(try Row.decode(item).row == row)
        for (member, value) in [
            ("key", "short"), ("delivery", -1), ("kind", "open"), ("name", ""), ("gtin", .null), ("quantity", 0),
            ("quantity", .int(.max)), ("reason", .string(String(repeating: "x", count: 501))),
        ] as [(String, JSON)] {
            #expect(DepotDecision(json: decision.json.with(member, value)) == nil, "\(member)")
        }
        #expect(Row.Decided(zone: "d", text: "{}", proof: []) == nil)
        #expect(
            Row.Decided(zone: "d", text: decision.json.description, proof: Array(repeating: 0, count: 200)) == nil)
    }
}
