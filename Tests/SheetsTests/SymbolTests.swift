import Glibc
import TestSupport
import Testing

@testable import Sheets

/// QR and Code 128 read by a public decoder (Debian's zbar-tools), alone and on the printed sheet (poppler-utils); sizes and limits without one.
struct SymbolTests {
    static let texts = [
        "AB-1", "VIS-6x40", "#erp:57", "1234", "12", "123", "0", "A1234567B", "abc123456789", "REF 12345678 / A",
        "https://id.gs1.org/01/09521234000013/21/01JDABCDEFGHJKMNPQ", String(repeating: "q", count: 14),
        String(repeating: "Z9", count: 13), String(repeating: "7", count: 63), String(repeating: "a1B-", count: 16),
        " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~",
    ]

    private static func has(_ tool: String) -> Bool { access("/usr/bin/\(tool)", X_OK) == 0 }

    /// What zbar reads of an image: `QR-Code:…` or `CODE-128:…`, a line each.
    private static func read(_ path: String) throws -> [String] {
        let pipe = try #require(popen("zbarimg -q '\(path)' 2>/dev/null", "r"))
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// A grey image, a byte a pixel.
    private static func write(_ width: Int, _ height: Int, to path: String, _ isDark: (Int, Int) -> Bool) throws {
        var bytes = Array("P5\n\(width) \(height)\n255\n".utf8)
        for y in 0..<height { for x in 0..<width { bytes.append(isDark(x, y) ? 0 : 255) } }
        let file = try #require(fopen(path, "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
    }

    @Test(.enabled(if: has("zbarimg"), "zbar-tools reads the symbols"), arguments: texts)
    func aQRCodeIsReadAsItWasWritten(_ text: String) throws {
        let folder = TemporaryFolder()
        let code = try #require(QRCode(text))
        let side = 4 * (code.size + 2 * QRCode.quietZone)
        try Self.write(side, side, to: "\(folder.path)/q.pgm") { x, y in
            let (row, column) = (y / 4 - QRCode.quietZone, x / 4 - QRCode.quietZone)
            return row >= 0 && column >= 0 && row < code.size && column < code.size && code[row, column]
        }
        #expect(try Self.read("\(folder.path)/q.pgm") == ["QR-Code:\(text)"])
    }

    @Test(.enabled(if: has("zbarimg"), "zbar-tools reads the symbols"), arguments: texts)
    func barsAreReadAsTheyWereWritten(_ text: String) throws {
        let folder = TemporaryFolder()
        let code = try #require(Code128(text))
        var modules: [Bool] = []
        for (index, width) in code.widths.enumerated() {
            modules += [Bool](repeating: index % 2 == 0, count: width)
        }
        try Self.write(2 * (code.length + 20), 60, to: "\(folder.path)/c.pgm") { x, _ in
            let place = x / 2 - 10
            return place >= 0 && place < modules.count && modules[place]
        }
        #expect(try Self.read("\(folder.path)/c.pgm") == ["CODE-128:\(text)"])
    }

    @Test func textsThatAreTooLongOrNotPrintableAreNoSymbol() {
        #expect(Code128("") == nil && Code128("é") == nil && Code128("a\n") == nil)
        #expect(Code128(String(repeating: "x", count: 65)) == nil)
        #expect(QRCode("") == nil)
        #expect(QRCode(String(repeating: "x", count: 106))?.size == 41)
        #expect(QRCode(String(repeating: "x", count: 107)) == nil)
        // Twelve bits say that it is UTF-8.
        #expect(QRCode(String(repeating: "é", count: 52)) != nil && QRCode(String(repeating: "é", count: 53)) == nil)
    }

    @Test(arguments: zip([14, 26, 42, 62, 84, 106], [21, 25, 29, 33, 37, 41]))
    func eachVersionHoldsWhatTheStandardSays(bytes: Int, size: Int) {
        #expect(QRCode(String(repeating: "x", count: bytes))?.size == size)
        #expect(QRCode(String(repeating: "x", count: bytes - 1))?.size ?? 0 <= size)
    }

    /// Start, FNC1, eight pairs of digits, check and stop.
    @Test func gs1DataStandBehindFNC1() throws {
        let code = try #require(Code128("0109521234000013", isGS1: true))
        #expect(code.length == 11 * 11 + 13)
        #expect(code.widths.prefix(12) == [2, 1, 1, 2, 3, 2, 4, 1, 1, 1, 3, 1])
    }

    static let labels: [LabelSheet.Label] = [
        .init(title: "Vis à bois tête fraisée, acier zingué", code: "VIS-6x40", text: "VIS-6x40", bars: "VIS-6x40"),
        .init(
            title: "Câble", code: "(01)09521234000013", text: "https://id.gs1.org/01/09521234000013",
            bars: "0109521234000013", isGS1: true),
        .init(title: "Sans référence", code: "#erp:57", text: "#erp:57", bars: "#erp:57"),
        .init(
            title: "Long", code: String(repeating: "Z9", count: 30), text: String(repeating: "Z9", count: 30),
            bars: String(repeating: "Z9", count: 30)),
    ]

    @Test(
        .enabled(if: has("zbarimg") && has("pdftoppm"), "zbar-tools and poppler-utils read the sheet"),
        arguments: LabelSheet.Format.allCases)
    func aPrintedSheetIsRead(_ format: LabelSheet.Format) throws {
        let folder = TemporaryFolder()
        let bytes = try LabelSheet(title: "Labels", format: format, labels: Self.labels, skip: 1).pdf()
        let file = try #require(fopen("\(folder.path)/l.pdf", "w"))
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        // As an office printer does at least.
        #expect(system("pdftoppm -r 300 -gray '\(folder.path)/l.pdf' '\(folder.path)/l' 2>/dev/null") == 0)
        let read = Set(try Self.read("\(folder.path)/l-1.pgm"))
        #expect(read.filter { $0.hasPrefix("QR-Code:") } == Set(Self.labels.map { "QR-Code:\($0.text)" }))
        // Sixty characters are too wide for bars on any of them.
        #expect(
            read.filter { $0.hasPrefix("CODE-128:") }
                == Set(Self.labels.dropLast().compactMap { $0.bars.map { "CODE-128:\($0)" } }))
    }

    @Test func sheetsBeginBehindWhatIsUsed() throws {
        let one = Self.labels[0]
        func pages(_ count: Int, skip: Int) throws -> Int {
            let sheet = LabelSheet(
                title: "L", format: .small, labels: Array(repeating: one, count: count), skip: skip)
            return SheetTests.contents(try sheet.pdf(fonts: SheetTests.withoutFonts)).count
        }
        #expect(try pages(24, skip: 0) == 1 && pages(24, skip: 1) == 2 && pages(1, skip: 23) == 1)
        #expect(try pages(1, skip: 24 * 7) == 1, "whole sheets are not skipped")
        #expect(throws: SheetError.rows(0, limit: LabelSheet.limit)) {
            try LabelSheet(title: "L", labels: []).pdf()
        }
        #expect(throws: SheetError.rows(1001, limit: LabelSheet.limit)) { try pages(1001, skip: 0) }
    }
}
