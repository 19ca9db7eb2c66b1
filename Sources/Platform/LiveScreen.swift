import Glibc

/// A terminal that is drawn anew every second until somebody presses q: plain ANSI (ECMA-48), the alternate screen, as wide and as
/// high as it is at the moment.
public enum LiveScreen {
    /// Between two frames, in milliseconds.
    static let pause: Int32 = 1000
    static let usual = (width: 100, height: 40)

    /// `frame` gives lines for that many columns. `once`: one frame as it is, for pipes and tests. Ends at q, Ctrl-C, or when the
    /// terminal goes; the terminal is as it was then.
    public static func run(once: Bool, frame: (_ width: Int) throws -> [String]) throws {
        guard !once, isatty(1) == 1 else {
            for line in try frame(usual.width) { Terminal.line(line) }
            return
        }
        var before = termios()
        let isTyped = tcgetattr(0, &before) == 0
        let wake = Wakeup()
        Interrupt.catch(wake)
        if isTyped {
            var raw = before
            raw.c_lflag &= ~UInt32(ICANON | ECHO)
            tcsetattr(0, TCSANOW, &raw)
        }
        Terminal.put("\u{1B}[?1049h\u{1B}[?25l")
        defer {
            Terminal.put("\u{1B}[?25h\u{1B}[?1049l")
            if isTyped { tcsetattr(0, TCSANOW, &before) }
            Interrupt.restore()
        }
        while true {
            let size = size
            let lines = try frame(size.width).prefix(size.height - 1)
            // Each line is cut and what stood behind it is wiped, so that nothing flickers.
            Terminal.put(
                "\u{1B}[H" + lines.map { "\(Columns.cut($0, to: size.width))\u{1B}[K\r\n" }.joined() + "\u{1B}[J")
            let ready = waitFor(
                [(isTyped ? 0 : -1, Int16(POLLIN)), (wake.descriptor, Int16(POLLIN))], milliseconds: pause)
            if ready[1] != 0 { return }
            guard ready[0] != 0 else { continue }
            var key: UInt8 = 0
            guard read(0, &key, 1) == 1, key != UInt8(ascii: "q"), key != 0x1B else { return }
        }
    }

    private static var size: (width: Int, height: Int) {
        var size = winsize()
        guard ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 1 else { return usual }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// Rows whose cells stand below each other.
public enum Columns {
    /// The first row is the heading. Two spaces between columns; a cell keeps its first `limit` characters, and what would move the
    /// cursor is made visible.
    public static func lines(_ rows: [[String]], limit: Int = 28) -> [String] {
        let clean = rows.map { $0.map { cut(CleanLog.escaped($0), to: limit) } }
        let count = clean.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in clean.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return clean.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
            }
            return line
        }
    }

    public static func cut(_ text: String, to width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }
}
