import Drivers
import Model
import Testing

/// When a scan of a line scanner is over, and what is taken off it.
struct LineScannerTests {
    static func texts(_ pieces: [(at: Int64, text: String)], _ settings: SessionSettings = SessionSettings(name: "g"))
        -> [String]
    {
        var session = Driver.barcode.session(settings)
        var due: Instant?
        var seen: [Observation] = []
        _ = session.handle(.opened, at: .zero)
        func tick(until end: Instant) {
            while let at = due, at <= end {
                let reaction = session.handle(.tick, at: at)
                seen += reaction.observations
                due = reaction.deadline
            }
        }
        for piece in pieces {
            tick(until: .milliseconds(piece.at))
            let reaction = session.handle(.bytes(Array(piece.text.utf8)), at: .milliseconds(piece.at))
            seen += reaction.observations
            due = reaction.deadline
        }
        tick(until: .milliseconds(1_000_000))
        return seen.compactMap {
            if case .barcode(let barcode) = $0 { (barcode.symbology ?? "") + barcode.text } else { nil }
        }
    }

    @Test(arguments: [60, 65, 80, 200] as [Int64])
    func aPauseDoesNotCutTheFirstScan(gap: Int64) {
        #expect(Self.texts([(0, "952123"), (gap, "4000259\r\n")]) == ["9521234000259"])
    }

    @Test func aLineThatEndsItsScansIsGivenASecond() {
        #expect(Self.texts([(0, "A1\r"), (1000, "B"), (1900, "2\r")]) == ["A1", "B2"])
        // Broken off, it is not the beginning of the next.
        #expect(Self.texts([(0, "A1\r"), (1000, "B"), (5000, "C3\r")]) == ["A1", "B", "C3"])
    }

    @Test func aScannerWithoutTerminatorIsEndedBySilence() {
        #expect(Self.texts([(0, "A1"), (400, "B2")]) == ["A1", "B2"])
        var settings = SessionSettings(name: "g")
        settings.scanSilence = .milliseconds(30)
        #expect(Self.texts([(0, "A1"), (50, "B2")], settings) == ["A1", "B2"], "the site's own word counts")
    }

    @Test func whatTheScannerPutsAroundAScanIsTakenOff() {
        var settings = SessionSettings(name: "g")
        (settings.stripPrefix, settings.stripSuffix) = ("##", "*")
        #expect(
            Self.texts([(0, "##]E09521234000259*\r##BL-7*\rBL-8\r##*\r")], settings) == [
                "]E09521234000259", "BL-7", "BL-8",
            ])
    }
}
