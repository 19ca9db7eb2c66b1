import Drivers
import Model
import TestSupport
import Testing

/// Recordings of real exchanges, judged by what the telephones themselves saw (`story` of each recording).
struct CaptureTests {
    static let names: [String] = Fixture.list("DriversTests/Captures/asterisk").filter { $0.hasSuffix(".json") }.map {
        String($0.dropLast(5))
    }.filter { Fixture.exists("DriversTests/Captures/asterisk/\($0).ami") }

    @Test(arguments: names)
    func aRecordingTellsTheTelephonesStory(name: String) throws {
        let bytes = Fixture.bytes("DriversTests/Captures/asterisk/\(name).ami")
        var calls = Recording.calls(in: bytes, pieces: bytes.count)
        // These two stories leave out the calls that the gateway itself started.
        if name.contains("click-to-call-") { calls.removeAll { $0.direction == .outbound } }
        let told = Story.lines(of: calls)
        let truth = try Story.lines(ofCapture: Fixture.json("DriversTests/Captures/asterisk/\(name).json"))
        #expect(told == truth)
    }

    @Test(arguments: names)
    func piecesChangeNothing(name: String) {
        let bytes = Fixture.bytes("DriversTests/Captures/asterisk/\(name).ami")
        guard bytes.count < 100_000 else { return }
        let whole = Recording.observations(in: bytes, pieces: bytes.count)
        #expect(Recording.observations(in: bytes, pieces: 1) == whole)
        #expect(Recording.observations(in: bytes, pieces: 7) == whole)
    }

    // MARK: FreeSWITCH

    static let switches: [String] = Fixture.list("DriversTests/Captures/freeswitch").filter { $0.hasSuffix(".esl") }.map
    {
        String($0.dropLast(4))
    }

    /// Its recordings bring no story, only what each telephone did (`truth`): rings, answers and ends by extension.
    @Test(arguments: switches)
    func aSwitchTellsWhatTheTelephonesDid(name: String) throws {
        let bytes = Fixture.bytes("DriversTests/Captures/freeswitch/\(name).esl")
        let calls = Recording.calls(in: bytes, pieces: bytes.count, of: .freeSWITCH)
        let truth = try Fixture.json("DriversTests/Captures/freeswitch/\(name).json")["truth"]?.list ?? []
        func phones(_ what: String) -> [String] {
            truth.filter { $0["what"]?.text == what }.compactMap { $0["phone"]?.text }.sorted()
        }
        let rang = calls.flatMap(\.legs).filter { $0.rangAt != nil }.map { $0.desk ?? "carrier" }
        #expect(rang.sorted() == phones("ring"))
        let talked = calls.flatMap(\.legs).filter { $0.answeredAt != nil }.map { $0.desk ?? "carrier" }
        #expect(talked.sorted() == phones("answer"))
        #expect(calls.allSatisfy { $0.state == .ended })
        let dialled = truth.filter { $0["what"]?.text == "dial" }.compactMap { $0["caller"]?.text }
        #expect(calls.filter { $0.direction != .outbound }.compactMap(\.caller?.number).sorted() == dialled.sorted())
    }

    @Test(arguments: switches)
    func piecesOfASwitchChangeNothing(name: String) {
        let bytes = Fixture.bytes("DriversTests/Captures/freeswitch/\(name).esl")
        let whole = Recording.observations(in: bytes, pieces: bytes.count, of: .freeSWITCH)
        #expect(Recording.observations(in: bytes, pieces: 1, of: .freeSWITCH) == whole)
        #expect(Recording.observations(in: bytes, pieces: 1013, of: .freeSWITCH) == whole)
    }

    /// From the middle of calls: each ends once, and what rings later belongs to the right telephone.
    @Test(arguments: switches)
    func aSwitchJoinedInTheMiddleLeavesNoCallOpen(name: String) {
        let bytes = Fixture.bytes("DriversTests/Captures/freeswitch/\(name).esl")
        let all = Set(Recording.calls(in: bytes, pieces: bytes.count, of: .freeSWITCH).flatMap(\.legs).map(\.desk))
        for part in 1..<20 {
            let tail = Array(bytes[(bytes.count * part / 20)...])
            let calls = Recording.calls(in: tail, pieces: 997, of: .freeSWITCH)
            #expect(calls.allSatisfy { $0.state == .ended }, "\(name) from \(part)/20")
            #expect(Set(calls.flatMap(\.legs).map(\.desk)).isSubset(of: all), "\(name) from \(part)/20")
        }
    }

    /// A connection made in the middle of calls: whatever the first bytes were, each call ends once and none stays open.
    @Test(arguments: names)
    func aMissingPrefixLeavesNoCallOpen(name: String) {
        let bytes = Fixture.bytes("DriversTests/Captures/asterisk/\(name).ami")
        guard bytes.count < 100_000 else { return }
        for part in 1..<20 {
            let tail = Array(bytes[(bytes.count * part / 20)...])
            let signals = Recording.observations(in: tail, pieces: 997).compactMap { observation in
                if case .call(let signal) = observation { signal } else { nil }
            }
            let announced = Set(signals.filter { $0.event == .ringing || $0.event == .offered }.map(\.call))
            let ends = signals.filter { $0.event == .ended }.map(\.call)
            #expect(ends.count == Set(ends).count)
            let merged = Set(signals.filter { $0.event == .merged }.map(\.call))
            if name.contains("resync") == false, name.contains("cancel") == false {
                #expect(announced.subtracting(merged).subtracting(ends).isEmpty, "\(name) from \(part)/20")
            }
        }
    }
}

enum Recording {
    static func observations(in bytes: [UInt8], pieces: Int, of driver: Driver = .asteriskAMI) -> [Observation] {
        var session = driver.session(SessionSettings())
        var out: [Observation] = []
        for start in stride(from: 0, to: bytes.count, by: max(pieces, 1)) {
            let piece = Array(bytes[start..<min(start + pieces, bytes.count)])
            out += session.handle(.bytes(piece), at: .zero).observations
        }
        return out
    }

    static func calls(in bytes: [UInt8], pieces: Int, of driver: Driver = .asteriskAMI) -> [CallSnapshot] {
        var book = CallBook(revisionBase: 0)
        var ended: [CallSnapshot] = []
        for case .call(let signal) in observations(in: bytes, pieces: pieces, of: driver) {
            ended += book.apply(signal, at: 0).filter { $0.state == .ended && $0.mergedInto == nil }
        }
        return ended + book.running
    }
}

enum Story {
    /// One line a call, in an order that does not depend on who told it.
    static func lines(of calls: [CallSnapshot]) -> [String] {
        calls.map { call in
            line(
                direction: call.direction?.rawValue,
                caller: call.caller?.withheld == true ? "withheld" : call.caller?.number,
                called: call.called,
                rings: call.legs.filter { $0.rangAt != nil }.map { $0.desk ?? "carrier" },
                talks: call.legs.filter { $0.answeredAt != nil }.map { $0.desk ?? "carrier" },
                holds: call.legs.reduce(0) { $0 + $1.holds }, missed: call.missedBy)
        }.filter { !$0.contains("*8") }.sorted()
    }

    static func lines(ofCapture json: JSON) throws -> [String] {
        (json["story"]?.list ?? []).map { call in
            let caller = call["caller"]
            // A telephone that refused at once never rang; one that had stopped before the recording began cannot be known.
            let rings = (call["rings"]?.list ?? []).filter { ring in
                ring["from"] != ring["to"] && (ring["to"]?.double ?? 1) > 0
            }
            var talks = (call["talks"]?.list ?? []).compactMap { $0["ext"]?.text }
            if let taker = call["pickedUpBy"]?.text, !talks.contains(taker) { talks.append(taker) }
            return line(
                direction: call["direction"]?.text,
                caller: caller?["withheld"]?.truth == true ? "withheld" : caller?["number"]?.text,
                called: call["called"]?.text, rings: rings.compactMap { $0["ext"]?.text }, talks: talks,
                holds: call["holds"]?.list?.count ?? 0, missed: (call["missedBy"]?.list ?? []).compactMap(\.text))
        }.filter { !$0.contains("*8") }.sorted()
    }

    private static func line(
        direction: String?, caller: String?, called: String?, rings: [String], talks: [String], holds: Int,
        missed: [String]
    ) -> String {
        "\(direction ?? "-") \(caller ?? "-") > \(called ?? "-") rings \(rings.sorted()) talks \(talks.sorted()) "
            + "holds \(holds) missed \(missed.sorted())"
    }
}
