import Platform
import Testing

/// What `top` draws.
struct ColumnsTests {
    @Test func cellsStandBelowEachOtherAndMoveNoCursor() {
        let lines = Columns.lines([["NAME", "N"], ["dock-1", "12"], ["a\u{1B}[2J", "3", "more"]], limit: 12)
        #expect(lines == ["NAME        N", "dock-1      12", "a\\u{1B}[2J  3   more"])
        #expect(Columns.lines([["abcdefgh"]], limit: 4) == ["abc…"])
        #expect(Columns.cut("éàü", to: 3) == "éàü" && Columns.cut("éàüx", to: 3) == "éà…")
    }
}
