import Glibc

/// How cells look: what is a day, and which numbers are shown with zeros in front (ECMA-376 part 1, 18.8.30).
final class XLSXStyles: XLSXPart {
    enum Look: Equatable {
        case plain
        case day
        /// So many digits at least.
        case zeros(Int)
    }

    let fault: Phrase? = nil
    private var formats: [Int: Look] = [:]
    private var looks: [Look] = []
    private var isOfCells = false

    subscript(_ style: Int) -> Look { looks.indices.contains(style) ? looks[style] : .plain }

    func open(_ name: String, _ attributes: XMLAttributes) -> Bool {
        switch name {
        case "numFmt":
            guard formats.count < 4096, let id = attributes["numFmtId"].flatMap({ Int($0) }) else { break }
            formats[id] = XLSXStyles.look(attributes["formatCode"] ?? "")
        case "cellXfs": isOfCells = true
        case "xf" where isOfCells && looks.count < 65_536:
            let id = attributes["numFmtId"].flatMap { Int($0) } ?? 0
            looks.append(formats[id] ?? (XLSXStyles.days.contains { $0.contains(id) } ? .day : .plain))
        default: break
        }
        return true
    }

    func text(_: UnsafeRawBufferPointer) {}

    func close(_ name: String) -> Bool {
        if name == "cellXfs" { isOfCells = false }
        return true
    }

    /// Formats that every Excel has; those of times alone are left out.
    private static let days: [ClosedRange<Int>] = [14...17, 22...22, 27...31, 36...36, 50...54, 57...58]

    static func look(_ code: String) -> Look {
        var (plain, quoted, bracketed, escaped) = ("", false, false, false)
        // Of several, the first is for numbers above zero.
        for character in code.prefix(256) {
            if escaped {
                escaped = false
                continue
            }
            switch character {
            case "\"" where !bracketed: quoted.toggle()
            case _ where quoted: break
            case "\\", "_", "*": escaped = true
            case "[": bracketed = true
            case "]": bracketed = false
            case _ where bracketed: break
            case ";": return look(of: plain)
            default: plain.append(character)
            }
        }
        return look(of: plain)
    }

    private static func look(of code: String) -> Look {
        let code = code.lowercased().filter { $0 != " " }
        if code.contains(where: { "yd".contains($0) }), !code.contains("general") { return .day }
        return code.count > 1 && code.count <= 20 && code.allSatisfy { $0 == "0" } ? .zeros(code.count) : .plain
    }
}

/// A sheet, row by row.
final class XLSXSheet: XLSXPart {
    private(set) var rows: [CSV.Row] = []
    private(set) var fault: Phrase?
    private let strings: [String]
    private let styles: XLSXStyles
    private let countsFrom1904: Bool
    private var line = 0
    private var fields: [String] = []
    private var column = 0
    private var style = 0
    private var type = ""
    private var value: [UInt8] = []
    private var isValue = false
    private var formula: [UInt8] = []
    private var isFormula = false
    private var isPhonetic = false
    private var cells = 0
    private var size = 0

    init(strings: [String], styles: XLSXStyles, countsFrom1904: Bool) {
        (self.strings, self.styles, self.countsFrom1904) = (strings, styles, countsFrom1904)
    }

    func open(_ name: String, _ attributes: XMLAttributes) -> Bool {
        switch name {
        case "row":
            // Rows are in order, and may leave some out.
            line = max(line + 1, attributes["r"].flatMap { Int($0) }.map { min($0, 1 << 20) } ?? 0)
            (fields, column) = ([], -1)
        case "c":
            column = attributes["r"].flatMap(XLSXSheet.column) ?? column + 1
            type = attributes["t"] ?? "n"
            style = attributes["s"].flatMap { Int($0) } ?? 0
            (value, formula) = ([], [])
        case "f": isFormula = true
        case "v": isValue = true
        case "t": isValue = !isPhonetic
        case "rPh": isPhonetic = true
        default: break
        }
        return true
    }

    func text(_ bytes: UnsafeRawBufferPointer) {
        if isFormula, formula.count < 64 { formula += bytes }
        if isValue, value.count < 4 * CSV.fieldLimit + 4 { value += bytes }
    }

    func close(_ name: String) -> Bool {
        switch name {
        case "v", "t": isValue = false
        case "f": isFormula = false
        case "rPh": isPhonetic = false
        // What a program wrote and nobody calculated shows as it was written: it is refused by name where a number is needed.
        case "c" where value.isEmpty && !formula.isEmpty: return put("=\(String(decoding: formula, as: UTF8.self))")
        case "c": return put(shown(String(decoding: value, as: UTF8.self)))
        case "row":
            if !fields.isEmpty { rows.append(CSV.Row(line: line, fields: fields)) }
        case "sheetData": return false
        default: break
        }
        return true
    }

    private func put(_ text: String) -> Bool {
        guard !text.isEmpty else { return true }
        guard (0..<XLSX.columnLimit).contains(column) else { return true }
        let missing = max(0, column + 1 - fields.count)
        cells += max(missing, 1)
        size += text.utf8.count
        guard cells <= XLSX.cellLimit, size <= XLSX.textLimit else {
            fault = "more than \(XLSX.cellLimit) cells, or \(XLSX.textLimit >> 20) MiB of text"
            return false
        }
        if missing > 0 { fields += repeatElement("", count: missing) }
        fields[column] = text
        return true
    }

    /// `BC7`: the column from 0; nil where it is none.
    private static func column(_ reference: String) -> Int? {
        var column = 0
        for byte in reference.utf8 {
            guard (0x41...0x5A).contains(byte) else { break }
            column = column * 26 + Int(byte - 0x40)
            guard column <= XLSX.columnLimit else { return nil }
        }
        return column > 0 ? column - 1 : nil
    }

    private func shown(_ text: String) -> String {
        switch type {
        case "s": return Int(text).flatMap { strings.indices.contains($0) ? strings[$0] : nil } ?? ""
        // 1 is no quantity there (ECMA-376 part 1, 18.18.11).
        case "b": return text == "1" || text == "true" ? "TRUE" : text.isEmpty ? "" : "FALSE"
        case "n":
            guard !text.isEmpty, let number = Double(text), number.isFinite else { return text }
            return XLSXSheet.shown(number, styles[style], countsFrom1904: countsFrom1904)
        default: return text
        }
    }

    /// A number as a table in text would have it. From 16 digits on Excel has lost some: that is shown as it shows it.
    static func shown(_ number: Double, _ look: XLSXStyles.Look, countsFrom1904: Bool = false) -> String {
        if look == .day, let day = day(number, countsFrom1904: countsFrom1904) { return day }
        guard abs(number) < 1e15 else { return Cell.shortened(number) }
        if number == number.rounded() {
            let text = String(Int(number))
            guard case .zeros(let width) = look, number >= 0, text.count < width else { return text }
            return String(repeating: "0", count: width - text.count) + text
        }
        // 15 digits are what Excel keeps: 0.1 + 0.2 is 0.3.
        var decimals = 14 - Int(max(0, log10(abs(number))).rounded(.down))
        var scaled = abs(number) * pow(10, Double(decimals))
        scaled = scaled.rounded()
        guard scaled < 1e16, let digits = Int(exactly: scaled) else { return "\(number)" }
        var text = String(digits)
        while decimals > 0, text.hasSuffix("0") { (text, decimals) = (String(text.dropLast()), decimals - 1) }
        if text.isEmpty { return "0" }
        if decimals == 0 { return (number < 0 ? "-" : "") + text }
        if text.count <= decimals { text = String(repeating: "0", count: decimals + 1 - text.count) + text }
        // Here a mark is a decimal one; with three digits behind it a reader of tables could not know.
        return (number < 0 ? "-" : "") + text.dropLast(decimals) + "." + text.suffix(decimals)
            + (decimals == 3 ? "0" : "")
    }

    /// Days are counted from 1900 (with a 29th of February that was not) or 1904; nil outside of 1900 to 2999.
    static func day(_ number: Double, countsFrom1904: Bool) -> String? {
        guard number >= 1, number < 500_000 else { return nil }
        let count = Int(number) + (countsFrom1904 ? 1462 : 0)
        return Day.text(daysFrom1970: (count < 60 ? count + 1 : count) - 25_569)
    }
}

extension Cell {
    /// As Excel shows a long number: `9.52E+17`.
    static func shortened(_ number: Double) -> String {
        let power = Int(log10(abs(number)).rounded(.down))
        let digits = Int((abs(number) / pow(10, Double(power)) * 100_000).rounded())
        let tail = String(digits).dropFirst()
        return "\(number < 0 ? "-" : "")\(String(digits).prefix(1)).\(tail)E+\(power)"
    }
}
