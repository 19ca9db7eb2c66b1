import Testing

@testable import Platform

/// What devices say stays inside the log line that tells it.
struct CleanLogTests {
    @Test func aTextMakesNoLineOfItsOwn() {
        #expect(CleanLog.escaped("jam\n2026-01-01 notice all good") == #"jam\n2026-01-01 notice all good"#)
        #expect(CleanLog.escaped("a\r\nb\tc") == #"a\r\nb\tc"#)
        #expect(CleanLog.escaped("a\u{85}b\u{2028}c\u{2029}d") == #"a\u{85}b\u{2028}c\u{2029}d"#)
    }

    @Test func aTextMovesNoCursor() {
        #expect(CleanLog.escaped("\u{1B}[2J") == #"\u{1B}[2J"#)
        #expect(CleanLog.escaped("\u{0}\u{7F}\u{9B}") == #"\u{0}\u{7F}\u{9B}"#)
    }

    @Test func ordinaryTextStaysAsItIs() {
        for text in ["", "reader unplugged", "Zoé – 12 °C 👩‍🔧", #"C:\new"#] { #expect(CleanLog.escaped(text) == text) }
    }

    @Test func aLineEndsOnceHoweverItsTextEnds() {
        #expect(CleanLog.escaped("fault\r\n") == #"fault\r\n"#)
    }
}
