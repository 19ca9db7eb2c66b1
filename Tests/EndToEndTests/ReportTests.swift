import Depot
import Sheets
import Testing

@testable import IngestServer

/// What the sheets of the centre say of their columns.
struct ReportTests {
    /// Names stay as they are written: kinds and the machine's titles hang on them.
    @Test func secondsOfCallsAreNumbersAndTheirStartIsADate() {
        let text = "started;direction;ring_s;note\r\n2027-01-01T08:00:00+01:00;inbound;12;ok\r\n"
        let sheet = Reports.calls(CSV(Array(text.utf8)))(.machine)
        #expect(sheet.columns.map(\.kind) == [.date, .text, .number, .text])
        #expect(sheet.columns.map(\.title) == ["started", "direction", "ring_s", "note"])
        #expect(sheet.rows.first?[2] == .number(12))
    }
}
