import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// Workbooks as Excel and other programs write them, packed here byte by byte.
struct WorkbookTests {
    static let head = ["N° BL", "Fournisseur", "Code EAN", "Désignation", "Qté livrée", "DLC", "Lot"]

    /// A cell: what stands in its element.
    enum Cell {
        case text(String)
        case number(String, style: Int = 0)
        case none
    }

    static func cells(_ texts: [String]) -> [Cell] { texts.map { .text($0) } }

    static func sheet(_ rows: [(line: Int, cells: [Cell])], prolog: String = "") -> String {
        var text = "\(prolog)<worksheet><sheetData>"
        for row in rows {
            text += "<row r=\"\(row.line)\">"
            for (index, cell) in row.cells.enumerated() {
                let place = "\(String(UnicodeScalar(UInt8(65 + index))))\(row.line)"
                switch cell {
                case .text(let value): text += "<c r=\"\(place)\" t=\"inlineStr\"><is><t>\(value)</t></is></c>"
                case .number(let value, let style): text += "<c r=\"\(place)\" s=\"\(style)\"><v>\(value)</v></c>"
                case .none: continue
                }
            }
            text += "</row>"
        }
        return text + "</sheetData></worksheet>"
    }

    static let styles = """
        <styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="000000"/></numFmts>
        <cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>
        """

    static func book(_ sheets: [(name: String, text: String)], isFrom1904: Bool = false, shared: String? = nil)
        -> [UInt8]
    {
        var workbook = "<workbook xmlns:r=\"r\"><workbookPr date1904=\"\(isFrom1904 ? 1 : 0)\"/><sheets>"
        var links = "<Relationships>"
        var files: [(String, String)] = []
        for (index, sheet) in sheets.enumerated() {
            workbook += "<sheet name=\"\(sheet.name)\" sheetId=\"\(index + 1)\" r:id=\"rId\(index)\"/>"
            links += "<Relationship Id=\"rId\(index)\" Type=\"x/worksheet\" Target=\"worksheets/s\(index).xml\"/>"
            files.append(("xl/worksheets/s\(index).xml", sheet.text))
        }
        files.append(("xl/workbook.xml", workbook + "</sheets></workbook>"))
        files.append(("xl/_rels/workbook.xml.rels", links + "</Relationships>"))
        files.append(("xl/styles.xml", styles))
        if let shared { files.append(("xl/sharedStrings.xml", shared)) }
        return zip(files.map { ($0.0, Array($0.1.utf8)) })
    }

    /// An archive whose files are not packed.
    static func zip(_ files: [(name: String, data: [UInt8])]) -> [UInt8] {
        func little(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(number >> (8 * $0) & 0xFF) } }
        var (bytes, list): ([UInt8], [UInt8]) = ([], [])
        for file in files {
            let name = Array(file.name.utf8)
            let sizes = little(crc(file.data), 4) + little(file.data.count, 4) + little(file.data.count, 4)
            list += little(0x0201_4B50, 4) + little(20, 2) + little(20, 2) + [UInt8](repeating: 0, count: 8) + sizes
            list += little(name.count, 2) + [UInt8](repeating: 0, count: 12) + little(bytes.count, 4) + name
            bytes += little(0x0403_4B50, 4) + little(20, 2) + [UInt8](repeating: 0, count: 8) + sizes
            bytes += little(name.count, 2) + little(0, 2) + name + file.data
        }
        let end = little(0x0605_4B50, 4) + little(0, 4) + little(files.count, 2) + little(files.count, 2)
        return bytes + list + end + little(list.count, 4) + little(bytes.count, 4) + little(0, 2)
    }

    /// CRC-32 of ISO 3309, as ZIP has it.
    static func crc(_ data: [UInt8]) -> Int {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in data {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return Int(~sum)
    }

    static func rows(_ bytes: [UInt8]) -> [[String]] { CSV(bytes).rows.map { $0.fields } }

    @Test func aWorkbookIsATableLikeAnyOther() throws {
        let paper = try PaperTests()
        let gtins = PaperTests.gtins
        let bytes = Self.book([
            (
                "Feuil1",
                Self.sheet([
                    (1, Self.cells(["Bon de livraison"])), (3, Self.cells(Self.head)),
                    (
                        4,
                        [
                            .text("N"), .text("Sonélec"), .number(gtins[0]), .text("Gaine"), .number("4"),
                            .number("46387", style: 1), .text("L1"),
                        ]
                    ),
                    (5, [.text("N"), .text("Sonélec"), .text(gtins[1]), .text("Câble"), .number("2.5")]),
                    (6, [.text("N"), .text("Sonélec"), .number("9.5212340003600001E+17"), .text("Z"), .number("1")]),
                    (9, [.none, .none, .none, .text("Total"), .number("7.5")]),
                ])
            )
        ])
        let report = try paper.take(bytes)
        #expect(report.refused.map(\.line) == [5, 6], "lines are those of the sheet")
        #expect(report.refused.last?.reason.contains("Excel") == true)
        #expect(report.remarks.map(\.line) == [9])
        #expect(try paper.lines() == [gtins[0]: 4])
        let expires = try paper.store.database.text("SELECT expires FROM delivery_line")
        #expect(expires == "2026-12-31")
    }

    /// Written by openpyxl 3.1.5: a letterhead, days with and without a time, a formula that nobody calculated, a total.
    @Test func aBookOfAPythonProgramIsRead() throws {
        let csv = CSV(Fixture.bytes("DepotTests/Workbooks/openpyxl-3.1.xlsx"))
        #expect(csv.titles.first == "N° BL" && csv.rows.count == 4)
        #expect(csv.rows[0].fields == ["BL-1", "Sonepar", "3608439390616", "Disjoncteur é", "5", "2026-12-03", "A1"])
        #expect(csv.rows[1].fields == ["BL-1", "Sonepar", "3608439390623", "Câble", "12", "2026-12-03"])
        #expect(csv.rows[2].fields == ["BL-1", "Sonepar", "3608439390630", "Prise", "=2+3"])
        #expect(csv.rows[3].isTotal)
    }

    /// Written by XlsxWriter 3.3 row by row: an empty sheet first, texts in their cells.
    @Test func aBookWrittenRowByRowIsRead() {
        let csv = CSV(Fixture.bytes("DepotTests/Workbooks/xlsxwriter-3.3.xlsx"))
        #expect(csv.titles.count == 6 && csv.remarks.count == 1)
        #expect(csv.rows.map(\.fields) == [["BL-2", "Rexel", "3608439390616", "x", "5", "2025-12-09"]])
    }

    @Test func theSheetWithATableIsReadAndTheOthersAreNamed() throws {
        let paper = try PaperTests()
        let row: (Int, [Cell]) = (2, Self.cells(["N", "S", PaperTests.gtins[0], "A", "3"]))
        let bytes = Self.book([
            ("Lisez-moi", Self.sheet([(1, Self.cells(["Bonjour"]))])),
            ("BL", Self.sheet([(1, Self.cells(Self.head)), row])),
        ])
        let report = try paper.take(bytes)
        #expect(report.remarks.map(\.reason) == ["of 2 sheets, \"BL\" alone is read"])
        #expect(try paper.lines() == [PaperTests.gtins[0]: 3])
    }

    @Test(arguments: ["TRUE", "FALSE", "VRAI", "#N/A", "#VALEUR!"]) func aYesOrAnErrorIsNoQuantity(text: String) throws
    {
        let paper = try PaperTests()
        let isError = text.first == "#"
        let value = isError ? text : text == "FALSE" ? "0" : "1"
        let sheet = Self.sheet([
            (1, Self.cells(Self.head)), (2, Self.cells(["N", "S", PaperTests.gtins[0], "A"]) + [.number("7")]),
            (3, Self.cells(["N", "S", PaperTests.gtins[1], "B", "2"])),
        ]).replacing("s=\"0\"><v>7</v>", with: "t=\"\(isError ? "e" : "b")\"><v>\(value)</v>")
        let table = "\(PaperTests.head)\nN;S;\(PaperTests.gtins[0]);A;\(text)\n"
        for bytes in [Self.book([("A", sheet)]), Array(table.utf8)] {
            let refusal = try #require(try paper.take(bytes).refused.first)
            #expect(refusal.line == 2)
            #expect(refusal.reason.contains(isError ? "an error of" : "a yes or no of"), "\(refusal.reason)")
        }
        #expect(try paper.lines() == [PaperTests.gtins[1]: 2], "the other rows are taken")
    }

    @Test func textsThatAreSharedAndSplitAreWhole() {
        let shared = "<sst><si><t>Ga</t><rPh><t>x</t></rPh></si><si><r><t>Câ</t></r><r><t>ble</t></r></si></sst>"
        let text =
            "<worksheet><sheetData><row><c t=\"s\"><v>0</v></c><c t=\"s\"><v>1</v></c><c t=\"s\"><v>9</v></c></row>"
            + "<row><c t=\"str\"><f>A1&amp;B1</f><v>GaCâble</v></c><c r=\"D2\" t=\"b\"><v>1</v></c></row></sheetData></worksheet>"
        let csv = CSV(Self.book([("A", text)], shared: shared))
        #expect(csv.titles == ["Ga", "Câble"])
        #expect(csv.rows.map(\.fields) == [["GaCâble", "", "", "TRUE"]])
    }

    @Test(arguments: [
        ("0.30000000000000004", "0.3"), ("5", "5"), ("12.345", "12.3450"), ("9521234000341", "9521234000341"),
        ("-2.25", "-2.25"), ("1E3", "1000"), ("3.36084393E+17", "3.36084E+17"), ("0", "0"),
    ]) func numbersAreAsExcelShowsThem(value: String, shown: String) throws {
        #expect(XLSXSheet.shown(try #require(Double(value)), .plain) == shown)
    }

    @Test func looksSayWhatIsADay() {
        for code in ["dd/mm/yyyy", "[$-40C]d mmm yy;@", "yyyy\\-mm\\-dd"] { #expect(XLSXStyles.look(code) == .day) }
        for code in ["General", "[Red]0.00", "hh:mm", "#,##0.00\\ \"days\"", ""] {
            #expect(XLSXStyles.look(code) == .plain)
        }
        #expect(XLSXSheet.shown(77_012, XLSXStyles.look("000000")) == "077012")
        for (count, day) in [(1.0, "1900-01-01"), (59, "1900-02-28"), (61, "1900-03-01"), (46_387.75, "2026-12-31")] {
            #expect(XLSXSheet.day(count, countsFrom1904: false) == day)
        }
        #expect(XLSXSheet.day(44_925, countsFrom1904: true) == "2026-12-31")
    }

    @Test func whatIsNoWorkbookIsSaid() throws {
        let good = Self.book([("A", Self.sheet([(1, Self.cells(Self.head))]))])
        let docType = Self.sheet([(1, [])], prolog: "<!DOCTYPE a [<!ENTITY b \"c\">]>")
        for (bytes, word) in [
            (Array(good[..<(good.count / 2)]), "cut"), (Self.zip([("a.txt", [1])]), "no workbook"),
            (Self.zip([("content.xml", [1])]), "OpenDocument"), (Self.book([("A", docType)]), "DOCTYPE"),
            (Self.book([("A", Self.sheet([]))]), "empty"), (Self.book([("A", "<worksheet><a></b>")]), "XML"),
            ([0xD0, 0xCF, 0x11, 0xE0, 0xA1], "old Excel"), (Array("%PDF-1.7".utf8), "PDF"), ([], "empty"),
        ] {
            #expect(CSV(bytes).problem?.text.contains(word) == true, "\(word): \(CSV(bytes).problem?.text ?? "-")")
            let paper = try PaperTests()
            #expect(throws: ImportError.self) { try paper.take(bytes) }
        }
    }

    @Test func aBookCutOrBentAnywhereLivesOn() {
        let good = Self.book([("A", Self.sheet([(1, Self.cells(Self.head)), (2, Self.cells(["N", "S", "1"]))]))])
        for end in stride(from: 0, to: good.count, by: 7) { _ = CSV(Array(good[..<end])) }
        for place in stride(from: 0, to: good.count, by: 3) {
            var bent = good
            bent[place] ^= 0xFF
            _ = CSV(bent)
        }
    }

    /// A file of zeros that DEFLATE packs a thousandfold (RFC 1951): blocks are stored here, so the limit on cells is tried.
    @Test func aSheetThatSwellsIsLeftBeforeItFillsMemory() {
        let row = "<row><c r=\"XFD1\"><v>1</v></c></row>"
        let text = "<worksheet><sheetData>\(String(repeating: row, count: 500))</sheetData></worksheet>"
        #expect(CSV(Self.book([("A", text)])).problem?.text.contains("cells") == true)
    }

    /// A workbook that a program packed: DEFLATE, shared texts.
    @Test func aPackedBookIsUnpacked() throws {
        let archive = try ZIPArchive(Self.packed)
        var text: [UInt8] = []
        try archive.unpack("A.TXT") {
            text += $0
            return true
        }
        #expect(String(decoding: text, as: UTF8.self) == String(repeating: "Câble;", count: 40))
        var bent = Self.packed
        bent[40] ^= 1
        let damaged = try ZIPArchive(bent)
        #expect(throws: ZIPArchive.Fault.self) { try damaged.unpack("a.txt") { _ in true } }
    }

    /// `a.txt`, as zlib packs it.
    private static let packed: [UInt8] = [
        0x50, 0x4B, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x5C, 0x9F, 0xE7, 0x15, 0x54,
        0x0D, 0x00, 0x00, 0x00, 0x18, 0x01, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x61, 0x2E, 0x74, 0x78, 0x74, 0x73,
        0x3E, 0xBC, 0x28, 0x29, 0x27, 0xD5, 0xDA, 0x79, 0x94, 0x42, 0xA5, 0x00, 0x50, 0x4B, 0x01, 0x02, 0x14, 0x03,
        0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x5C, 0x9F, 0xE7, 0x15, 0x54, 0x0D, 0x00, 0x00, 0x00,
        0x18, 0x01, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x01,
        0x00, 0x00, 0x00, 0x00, 0x61, 0x2E, 0x74, 0x78, 0x74, 0x50, 0x4B, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x01,
        0x00, 0x01, 0x00, 0x33, 0x00, 0x00, 0x00, 0x30, 0x00, 0x00, 0x00, 0x00, 0x00,
    ]
}
