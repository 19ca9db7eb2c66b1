import Model

/// The text of a file that somebody exported, whatever wrote it. No byte is dropped: what is no text in one character set is
/// read in the next.
enum PaperText {
    /// UTF-8 or UTF-16 with or without a byte order mark ("Unicode text" of Excel is the latter); of anything else each
    /// line by itself: UTF-8, else Windows-1252, as programs in western Europe write it. In a line that has both, what is
    /// UTF-8 stays so and the rest is Windows-1252.
    static func read(_ bytes: [UInt8]) -> String {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return lines(bytes[3...]) }
        if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes[2...], high: 1) }
        if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes[2...], high: 0) }
        if let high = utf16Order(bytes) { return utf16(bytes[...], high: high) }
        return lines(bytes[...])
    }

    /// As `encoding` says, whatever the bytes look like: what is no text in it is said by U+FFFD.
    static func read(_ bytes: [UInt8], as encoding: TableReading.Encoding?) -> String {
        switch encoding {
        case nil: return read(bytes)
        case .utf8:
            let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
            return String(decoding: bytes.dropFirst(mark), as: UTF8.self)
        case .windows1252:
            var out = ""
            for byte in bytes { out.append(Windows1252.character(byte)) }
            return out
        case .utf16:
            if bytes.starts(with: [0xFE, 0xFF]) { return utf16(bytes[2...], high: 0) }
            if bytes.starts(with: [0xFF, 0xFE]) { return utf16(bytes[2...], high: 1) }
            return utf16(bytes[...], high: utf16Order(bytes) ?? 1)
        }
    }

    /// What `read` takes it for. Text with lines of two kinds is called Windows-1252.
    static func encoding(_ bytes: [UInt8]) -> TableReading.Encoding {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || utf16Order(bytes) != nil {
            return .utf16
        }
        return String(validating: bytes, as: UTF8.self) == nil ? .windows1252 : .utf8
    }

    /// Where the upper bytes stand in what is mostly Latin text in UTF-16 without a mark; nil for other text.
    private static func utf16Order(_ bytes: [UInt8]) -> Int? {
        let start = bytes.prefix(512)
        guard start.count >= 8 else { return nil }
        var zeros = [0, 0]
        for (index, byte) in start.enumerated() where byte == 0 { zeros[index & 1] += 1 }
        let half = start.count / 2
        if zeros[1] * 10 > half * 9, zeros[0] * 10 < half { return 1 }
        if zeros[0] * 10 > half * 9, zeros[1] * 10 < half { return 0 }
        return nil
    }

    /// `high`: the place of the upper byte in each pair.
    private static func utf16(_ bytes: ArraySlice<UInt8>, high: Int) -> String {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var at = bytes.startIndex
        while at + 1 < bytes.endIndex {
            units.append(UInt16(bytes[at + high]) << 8 | UInt16(bytes[at + 1 - high]))
            at += 2
        }
        return String(decoding: units, as: UTF16.self)
    }

    private static func lines(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var out = ""
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? bytes.endIndex
            out += line(bytes[start..<end])
            start = end
        }
        return out
    }

    static func line(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        var out = ""
        var at = bytes.startIndex
        while at < bytes.endIndex {
            let length = sequence(bytes[at...])
            if length > 0, let text = String(validating: bytes[at..<at + length], as: UTF8.self) {
                out += text
                at += length
            } else {
                out.append(Windows1252.character(bytes[at]))
                at += 1
            }
        }
        return out
    }

    /// Bytes of the UTF-8 sequence that may begin here; 0 where none does (RFC 3629, 3).
    private static func sequence(_ bytes: ArraySlice<UInt8>) -> Int {
        let length =
            switch bytes.first ?? 0 {
            case ..<0x80: 1
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        return length <= bytes.count ? length : 0
    }
}
