import Logging
import Model
import Testing

@testable import Platform

/// Lines of the log: for people, and for programs.
struct ProgramLogTests {
    private static let moment: Int64 = 1_795_845_600_123

    private static func event(
        _ message: Logger.Message = "the broker refuses a message", _ level: Logger.Level = .warning,
        _ fields: Logger.Metadata = ["reason": "135"], source: String = "IngestServer"
    ) -> LogEvent {
        LogEvent(
            level: level, message: message, metadata: fields, source: source, file: "", function: "", line: 0)
    }

    @Test func anObjectHasTheNameOfItsEvent() throws {
        let log = ProgramLog("edge-ingest", .json, isJournal: false)
        let line = log.line(of: Self.event(), at: Self.moment)
        #expect(
            line == #"{"time":"2026-11-28T06:00:00.123Z","severity":"warning","program":"edge-ingest","#
                + #""event":"the-broker-refuses-a-message","message":"the broker refuses a message","fields":{"reason":"135"}}"#
        )
    }

    @Test func whatDevicesSayStaysInsideItsField() throws {
        let log = ProgramLog("edge-agent", .json, isJournal: false)
        let hostile = "jam\n{\"event\":\"all-good\"}\u{1B}[2J\u{2028}\""
        let line = log.line(of: Self.event("device fault", .notice, ["text": "\(hostile)"]), at: Self.moment)
        #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
        let json = try JSON(parsing: line)
        #expect(json["fields"]?["text"]?.text == hostile && json["event"]?.text == "device-fault")
    }

    @Test func whatALibrarySaysHasNoNameOfOurs() throws {
        let log = ProgramLog("edge-ingest", .json, isJournal: false)
        let json = try JSON(
            parsing: log.line(
                of: Self.event("Service 3 failed", .error, [:], source: "ServiceLifecycle"), at: Self.moment))
        #expect(json["event"]?.text == "library" && json["source"]?.text == "ServiceLifecycle")
    }

    @Test func theJournalIsToldHowGraveALineIs() {
        for (level, priority) in [
            (Logger.Level.critical, 2), (.error, 3), (.warning, 4), (.notice, 5), (.info, 6), (.debug, 7),
        ] {
            for form in ProgramLog.Form.allCases {
                let log = ProgramLog("edge-agent", form, isJournal: true)
                #expect(log.line(of: Self.event("page", level), at: Self.moment).hasPrefix("<\(priority)>"))
            }
        }
    }

    @Test func textIsALineForPeople() {
        let log = ProgramLog("edge-agent", .text, isJournal: false)
        let line = log.line(
            of: Self.event("device state", .notice, ["state": "gone", "device": "dock\n1"]), at: Self.moment)
        #expect(line.hasPrefix("2026-11-28T"))
        #expect(line.hasSuffix(#" notice edge-agent: device=dock\n1 state=gone [IngestServer] device state"#))
    }
}

/// What goes wrong is said when it begins and when it ends.
struct TroubleBookTests {
    private static let start = Instant(nanoseconds: 1_000_000_000)

    @Test func aTroubleIsNewsOnceAndHasALength() {
        var book = TroubleBook()
        let news = (0...600).filter { book.begin("broker unavailable", at: Self.start + .seconds($0)) }
        let other = book.begin("agent is silent/lyon", at: Self.start)
        #expect(news == [0] && other)
        let ends = (601...602).map { book.end("broker unavailable", at: Self.start + .seconds($0)) }
        #expect(ends == [.seconds(601), nil])
        let again = book.begin("broker unavailable", at: Self.start + .seconds(603))
        #expect(again)
    }

    @Test func whatStrangersCauseIsSaidOnceAMinute() {
        var book = TroubleBook()
        var said: [UInt64] = []
        for tenth in 0..<1210 {
            if let others = book.again("frame refused/x", at: Self.start + .milliseconds(tenth * 100)) {
                said.append(others)
            }
        }
        #expect(said == [0, 599, 599])
    }

    @Test func inventedNamesDoNotGrowIt() {
        var book = TroubleBook()
        let news = (0..<10_000).count { book.begin("agent is silent/\($0)", at: Self.start) }
        let said = (0..<10_000).compactMap { book.again("message refused/\($0)", at: Self.start) }
        let later = book.again("message refused/x", at: Self.start + .seconds(60))
        #expect(news == TroubleBook.limit && said.count == TroubleBook.limit && later == 0)
    }
}

/// Numbers as Prometheus reads them.
struct HistogramTests {
    @Test func bucketsAreCumulativeAndCloseAtTheCount() {
        var times = Histogram([0.1, 0.3, 1])
        for seconds in [0.05, 0.1, 0.2, 0.9, 7] { times.observe(seconds) }
        var metrics = Prometheus()
        metrics.add("quai_ingest_card_seconds", "Cards.", times)
        #expect(
            metrics.text == """
                # HELP quai_ingest_card_seconds Cards.
                # TYPE quai_ingest_card_seconds histogram
                quai_ingest_card_seconds_bucket{le="0.1"} 2
                quai_ingest_card_seconds_bucket{le="0.3"} 3
                quai_ingest_card_seconds_bucket{le="1.0"} 4
                quai_ingest_card_seconds_bucket{le="+Inf"} 5
                quai_ingest_card_seconds_sum 8.25
                quai_ingest_card_seconds_count 5

                """)
    }

    @Test func theDiskOfAFolderThatIsNotThereYetIsTheOneAboveIt() throws {
        let (there, notYet) = (
            try #require(DiskRoom(of: "/")), try #require(DiskRoom(of: "/quai-not-there/state/deep"))
        )
        #expect(notYet.path == "/" && notYet.size == there.size && there.free <= there.size)
        #expect(DiskRoom(of: "not-there-either") == nil)
    }
}
