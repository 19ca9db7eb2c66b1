import Sheets

/// A QR code for a terminal: two rows of modules a line, light on dark as well as dark on light, because the light ones are drawn.
enum TerminalCode {
    static func lines(_ text: String) -> [String] {
        guard let code = QRCode(text) else { return [] }
        let border = 2
        func isLight(_ row: Int, _ column: Int) -> Bool {
            guard (0..<code.size).contains(row), (0..<code.size).contains(column) else { return true }
            return !code[row, column]
        }
        return stride(from: -border, to: code.size + border, by: 2).map { row in
            String(
                (-border..<code.size + border).map { column -> Character in
                    switch (isLight(row, column), isLight(row + 1, column)) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                })
        }
    }
}
