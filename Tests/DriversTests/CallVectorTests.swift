import Drivers
import Model
import TestSupport
import Testing

/// Vectors from public documents for exchanges that no recording is there of yet: CSTA, FRITZ!Box, modems, SMDR.
struct CallVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        var json: JSON
        var testDescription: String { json["name"]?.text ?? json["line"]?.text ?? "?" }
    }

    static func vectors(_ name: String) -> [Vector] {
        Fixture.text("DriversTests/Vectors/\(name).jsonl").split(separator: "\n").compactMap {
            (try? JSON(parsing: Array($0.utf8))).map(Vector.init)
        }
    }

    private func play(_ driver: Driver, _ bytes: [UInt8]) -> (signals: [CallSignal], noise: Int) {
        var session = driver.session(SessionSettings(internalPlan: #"^\d{2,5}$"#))
        var reactions = [session.handle(.bytes(bytes), at: .zero)]
        // The line falls silent.
        for second in 1...20 { reactions.append(session.handle(.tick, at: .milliseconds(Int64(second) * 1000))) }
        let signals = reactions.flatMap(\.observations).compactMap {
            if case .call(let signal) = $0 { signal } else { nil }
        }
        return (signals, reactions.reduce(0) { $0 + $1.noise })
    }

    @Test(arguments: vectors("modem") + vectors("modem-raw"))
    func aModemTellsWhoCalls(vector: Vector) throws {
        let json = vector.json
        let bytes = json["bytes"]?.text.map { Array($0.utf8) } ?? Hex.bytes(json["hex"]?.text ?? "")!
        let (signals, noise) = play(.modem, bytes)
        guard json["ok"]?.truth ?? true else {
            #expect(signals.isEmpty && noise == bytes.count)
            return
        }
        let expected = json["events"]?.list?.first ?? json
        let offered = try #require(signals.first)
        #expect(signals.map(\.event) == [.offered, .ended] && noise == 0)
        #expect(offered.caller?.number == expected["number"]?.text)
        #expect(offered.caller?.name == (expected["name"] ?? expected["caller"])?.text || json["hex"] != nil)
        #expect(offered.caller?.withheld == expected["withheld"]?.truth)
    }

    @Test(arguments: vectors("smdr"))
    func aRecordIsOneCallOfThePast(vector: Vector) throws {
        let record = vector.json["record"]
        let (signals, noise) = play(.smdr, Array((vector.json["line"]!.text! + "\r\n").utf8))
        guard let record, record.isObject else {
            #expect(signals.isEmpty && noise == 0)
            return
        }
        let (offered, leg) = (try #require(signals.first), try #require(signals.dropFirst().first))
        #expect(offered.direction?.rawValue == record["direction"]?.text)
        let isInbound = offered.direction == .inbound
        #expect((isInbound ? leg.desk : offered.caller?.number) == record["ext"]?.text)
        #expect((isInbound ? offered.caller?.number : offered.called) == record["number"]?.text)
        #expect(signals.contains { $0.event == .answered } == record["answered"]?.truth)
        let end = signals.first { $0.event == .ended }
        #expect((end != nil) == (record["last"]?.truth ?? true))
        if let end {
            #expect(end.ringSeconds.map(Int64.init) == record["ringSeconds"]?.integer)
            #expect(end.talkSeconds.map(Int64.init) == record["talkSeconds"]?.integer)
        }
        // It stands in the history where it happened, not where its record came.
        var book = CallBook(revisionBase: 0)
        let snapshots = signals.flatMap { book.apply($0, at: 1_000_000) }
        if let call = snapshots.last, call.state == .ended {
            let (ring, talk) = (record["ringSeconds"]?.integer ?? 0, record["talkSeconds"]?.integer ?? 0)
            #expect(call.startedAt == 1_000_000 - (ring + talk) * 1000 && call.endedAt == 1_000_000)
        }
    }

    @Test(arguments: vectors("fritzbox"))
    func aBoxTellsItsCalls(vector: Vector) {
        let lines = (vector.json["lines"]?.list ?? []).compactMap(\.text)
        let (signals, _) = play(.fritzBox, Array((lines.joined(separator: "\n") + "\n").utf8))
        let expected = vector.json["events"]?.list ?? []
        #expect(signals.map(\.event.rawValue) == expected.compactMap { $0["type"]?.text })
        for (signal, event) in zip(signals, expected) {
            if signal.event == .offered {
                #expect(
                    signal.direction?.rawValue == event["direction"]?.text && signal.called == event["called"]?.text)
                if signal.direction == .inbound { #expect(signal.caller?.number == event["number"]?.text) }
            }
            if signal.event == .answered { #expect(signal.desk == event["ext"]?.text) }
            if signal.event == .ended {
                #expect(signal.cause?.rawValue == event["cause"]?.text)
                #expect(signal.talkSeconds.map(Int64.init) == event["seconds"]?.integer)
            }
        }
    }

    /// One session, frame by frame, as they stand in the file.
    @Test func eventsMeanWhatTheReferenceSays() throws {
        var session = Driver.csta.session(SessionSettings())
        for vector in CallVectorTests.vectors("csta") {
            let reaction = session.handle(.bytes(Hex.bytes(vector.json["hex"]!.text!)!), at: .zero)
            #expect(reaction.noise == 0)
            guard let expected = vector.json["expect"], expected.isObject else { continue }
            let signals = reaction.observations.compactMap { if case .call(let signal) = $0 { signal } else { nil } }
            let signal = try #require(signals.first { $0.event.rawValue == expected["type"]?.text })
            #expect(signal.desk == expected["ext"]?.text && signal.call == expected["call"]?.text)
            #expect(signal.cause?.rawValue == expected["cause"]?.text && signal.to == expected["to"]?.text)
            guard signal.event == .ringing else { continue }
            #expect(signal.caller?.number == expected["number"]?.text && signal.called == expected["called"]?.text)
            #expect(signal.caller?.withheld == (expected["withheld"]?.truth ?? false))
        }
    }

    @Test func hostileXMLIsRefused() {
        func frame(_ xml: String) -> [UInt8] {
            let length = xml.utf8.count + 8
            return [0, 0, UInt8(length >> 8), UInt8(length & 255)] + Array("9999\(xml)".utf8)
        }
        let bombs = [
            "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><DeliveredEvent>&c;</DeliveredEvent>",
            String(repeating: "<a>", count: 1000), "<DeliveredEvent><connection>", "\u{0}", "<a/>trailing",
            "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
        ]
        for bomb in bombs {
            let (signals, noise) = play(.csta, frame(bomb))
            #expect(signals.isEmpty && noise == bomb.utf8.count + 8, "\(bomb.prefix(40))")
        }
        // A length of nothing, and one that never comes.
        #expect(play(.csta, [0, 0, 0, 3] + Array("9999".utf8)).noise > 0)
        #expect(play(.csta, [0, 0, 0xFF, 0xFF] + Array("9999<a>".utf8)).noise == 0)
    }
}
