import CHaru

/// A font of a document being written: how wide a text is in it, and the bytes that show a text.
final class Typeface {
    let font: HPDF_Font
    /// Embedded and Unicode; otherwise one of the 14 fonts every reader has, in Windows-1252.
    private let isUnicode: Bool
    /// Thousandths of the size, by code point.
    private var widths: [UInt16: Double] = [:]

    init(_ font: HPDF_Font, isUnicode: Bool) {
        self.font = font
        self.isUnicode = isUnicode
    }

    /// In points.
    func width(_ text: some StringProtocol, size: Double) -> Double {
        text.unicodeScalars.reduce(0) { $0 + width($1) } * size / 1000
    }

    private func width(_ scalar: Unicode.Scalar) -> Double {
        let code = shown(scalar)
        if let known = widths[code] { return known }
        let width = Double(HPDF_Font_GetUnicodeWidth(font, code))
        widths[code] = width
        return width
    }

    /// The code point that stands for it on paper: `?` for those outside of the font's repertoire.
    private func shown(_ scalar: Unicode.Scalar) -> UInt16 {
        guard scalar.value >= 0x20, scalar.value != 0x7F, let code = UInt16(exactly: scalar.value) else { return 0x3F }
        return isUnicode || Typeface.windows1252(code) != nil ? code : 0x3F
    }

    /// What the library shows: UTF-8 or Windows-1252, closed by a zero.
    func encoded(_ text: some StringProtocol) -> [CChar] {
        var bytes: [CChar] = []
        for scalar in text.unicodeScalars {
            let code = shown(scalar)
            if isUnicode {
                bytes +=
                    Unicode.Scalar(code).map { UTF8.encode($0)! }.map { $0.map { CChar(bitPattern: $0) } } ?? [0x3F]
            } else {
                bytes.append(CChar(bitPattern: Typeface.windows1252(code) ?? 0x3F))
            }
        }
        return bytes + [0]
    }

    /// 0x80 to 0x9F of Windows-1252; 0 where it has nothing.
    private static let upper: [UInt16] = [
        0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0,
        0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E,
        0x0178,
    ]

    private static func windows1252(_ code: UInt16) -> UInt8? {
        if (0x20..<0x7F).contains(code) || (0xA0...0xFF).contains(code) { return UInt8(code) }
        return upper.firstIndex(of: code).map { UInt8(0x80 + $0) }
    }

    /// Lines no wider than `width` points, at most `limit`; the last ends in `…` where something is left out. Breaks at
    /// spaces, within a word only where it is wider than a line. White space and control characters become one space.
    func lines(_ text: String, size: Double, width: Double, limit: Int) -> [String] {
        // More than fits on any line: hostile lengths cost nothing.
        let most = 400 * limit
        var words = text.prefix(most).split {
            $0.isWhitespace && $0 != "\u{A0}" || $0.unicodeScalars.first!.value < 0x20
        }[...]
        var isCut = text.dropFirst(most).isEmpty == false
        var lines: [String] = []
        var line = ""
        while let word = words.first {
            let longer = line.isEmpty ? String(word) : "\(line) \(word)"
            if self.width(longer, size: size) <= width {
                line = longer
                words.removeFirst()
            } else if !line.isEmpty {
                lines.append(line)
                line = ""
            } else {
                let part = fitting(word, size: size, width: width)
                lines.append(String(part))
                words[words.startIndex] = word[part.endIndex...]
                if words[words.startIndex].isEmpty { words.removeFirst() }
            }
            guard lines.count < limit || (words.isEmpty && line.isEmpty) else {
                isCut = true
                break
            }
        }
        if !line.isEmpty, lines.count < limit { lines.append(line) }
        if isCut, let last = lines.last {
            let room = width - self.width("…", size: size)
            lines[lines.count - 1] =
                (self.width(last, size: size) <= room
                    ? last : String(fitting(last[...], size: size, width: room))) + "…"
        }
        return lines
    }

    /// The beginning that fits; one character at least.
    private func fitting(_ text: Substring, size: Double, width: Double) -> Substring {
        var used = 0.0
        var end = text.startIndex
        while end < text.endIndex {
            let next = text.index(after: end)
            used += self.width(text[end..<next], size: size)
            if used > width, end > text.startIndex { break }
            end = next
        }
        return text[..<end]
    }
}
