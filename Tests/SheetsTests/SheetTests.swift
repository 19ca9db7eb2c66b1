import Testing

@testable import Sheets

struct SheetTests {
    static func sheet(_ rows: [[Sheet.Cell]], title: String = "Réception BL-1") -> Sheet {
        Sheet(
            title: title, subtitle: [("Fournisseur", "Lefèvre & Fils")],
            columns: [
                .init("GTIN", width: 16), .init("Désignation", width: 30), .init("Quantité", .number),
                .init("Prix", .money), .init("Reçu", .date, width: 18), .init("Péremption", .date),
            ], rows: rows, footer: ["Signé : Zoé"])
    }

    static let row: [Sheet.Cell] = [
        .text("03608439390616"), .text("Câble à gaine"), .number(1234), .decimal("-12.5"),
        .moment(1_795_000_000_000, offset: 3600), .text("2027-03-31"),
    ]

    static func csv(_ cells: [Sheet.Cell]) -> String {
        let sheet = Sheet(title: "", columns: [.init("a"), .init("b")], rows: [cells])
        return String(
            String(decoding: sheet.csv(), as: UTF8.self).unicodeScalars.dropFirst(
                "\u{FEFF}a;b\r\n".unicodeScalars.count))
    }

    /// Bytes of a PDF's pages, unpacked; fonts are left packed.
    static func contents(_ pdf: [UInt8]) -> [String] {
        let (start, end) = (Array("stream\r\n".utf8), Array("\nendstream".utf8))
        var contents: [String] = []
        var at = 0
        while let from = find(start, in: pdf, from: at), let to = find(end, in: pdf, from: from) {
            let body = Inflate.bytes(pdf[min(from + start.count + 2, to)..<to])
            let text = String(String.UnicodeScalarView(body.map { Unicode.Scalar($0) }))
            if text.contains(" Tj") { contents.append(text) }
            at = to + end.count
        }
        return contents
    }

    static func find(_ pattern: [UInt8], in bytes: [UInt8], from: Int) -> Int? {
        guard bytes.count >= pattern.count, from <= bytes.count - pattern.count else { return nil }
        return (from...(bytes.count - pattern.count)).first { start in
            bytes[start] == pattern[0] && bytes[start..<(start + pattern.count)].elementsEqual(pattern)
        }
    }

    /// A text as a page's contents show it: Windows-1252, in octal where it is not ASCII or means something to PDF.
    static func shown(_ text: String) -> String {
        let upper: [Unicode.Scalar: Int] = ["Œ": 0x8C, "–": 0x96, "…": 0x85]
        return "("
            + text.unicodeScalars.map { scalar in
                let code = upper[scalar] ?? Int(scalar.value)
                return code < 0x7F && scalar != "/"
                    ? String(scalar) : "\\" + String(String(0o1000 + code, radix: 8).dropFirst())
            }.joined() + ") Tj"
    }

    static let withoutFonts = Paper.Fonts(regular: "/nonexistent.ttf", bold: "/nonexistent.ttf")

    @Test func aCSVIsWhatASpreadsheetInFranceOpens() {
        let text = String(decoding: SheetTests.sheet([SheetTests.row]).csv(), as: UTF8.self)
        #expect(
            text == "\u{FEFF}GTIN;Désignation;Quantité;Prix;Reçu;Péremption\r\n"
                + "03608439390616;Câble à gaine;1234;-12,5;2026-11-18T12:06:40+01:00;2027-03-31\r\n")
    }

    @Test func fieldsAreQuotedAndFormulasDefused() {
        #expect(SheetTests.csv([.text("a;b"), .text("say \"hi\"")]) == "\"a;b\";\"say \"\"hi\"\"\"\r\n")
        #expect(SheetTests.csv([.text("two\nlines"), .text("two\r\nlines")]) == "\"two\nlines\";\"two\r\nlines\"\r\n")
        #expect(SheetTests.csv([.text("=1+1"), .text("@x")]) == "'=1+1;'@x\r\n")
        #expect(SheetTests.csv([.text("-12"), .text("-x")]) == "-12;'-x\r\n")
        #expect(SheetTests.csv([.text("\tx"), .decimal("=1")]) == "'\tx;'=1\r\n")
        #expect(SheetTests.csv([.number(-5)]) == "-5;\r\n")
        #expect(SheetTests.csv([.empty, .text("b"), .text("too many")]) == ";b\r\n")
    }

    @Test func decimalsAreExactTexts() {
        #expect(Decimal("-12.50").map { ($0.whole, $0.fraction) } ?? ("", "") == ("12", "50"))
        for text in ["", "-", "1.", ".5", "1e5", "+1", "1,5", "1.2.3", "١", "--1", " 1"] {
            #expect(Decimal(text) == nil)
        }
        #expect(Decimal("1234567.5")?.grouped(mark: ",", decimals: 2) == "1\u{A0}234\u{A0}567,50")
        #expect(Decimal("-999")?.grouped(mark: ".", decimals: 0) == "-999")
        #expect(Decimal("123456789012345")?.double == 123_456_789_012_345)
        #expect(Decimal("1234567890.123456")?.double == nil)
    }

    @Test func momentsAreDaysOfTheCalendarInTheirZone() {
        let last = CalendarTime(milliseconds: -1, offset: 0)
        #expect(last.day == "1969-12-31" && last.second == "23:59:59")
        let leap = CalendarTime(milliseconds: 1_709_247_599_999, offset: 3600)
        #expect(leap.day == "2024-02-29" && leap.second == "23:59:59")
        #expect(CalendarTime(day: "2026-11-22")?.serial == 46_348)
        #expect(CalendarTime(day: "1900-03-01")?.serial == 61 && CalendarTime(day: "1900-02-28")?.serial == nil)
        for text in ["2027-02-29", "2027-13-01", "2027-1-1", "27-01-01", "2027-01-00", "x"] {
            #expect(CalendarTime(day: text) == nil)
        }
        for edge in [Int64.min, .max] { #expect(CalendarTime(milliseconds: edge, offset: .max).serial == nil) }
        for days in stride(from: -719_528, to: 2_932_896, by: 97) {
            let day = CalendarTime(milliseconds: Int64(days) * 86_400_000, offset: 0).day
            #expect(CalendarTime(day: day)?.days == days)
        }
    }

    @Test func aMomentIsWrittenWithItsOffsetAndReadBack() {
        for (at, offset, text) in [
            (1_795_000_000_000, 3600, "2026-11-18T12:06:40+01:00"), (0, -12_600, "1969-12-31T20:30:00-03:30"),
            (0, 0, "1970-01-01T00:00:00+00:00"), (-1000, 20_700, "1970-01-01T05:44:59+05:45"),
        ] as [(Int64, Int, String)] {
            #expect(Sheet.written(at, offset: offset) == text)
            #expect(Sheet.Cell(moment: text) == .moment(at, offset: offset))
        }
        for text in ["", "2026-11-18 12:06:40+01:00", "2026-02-30T12:06:40+01:00", "2026-11-18T24:00:00+01:00", "x"] {
            #expect(Sheet.Cell(moment: text) == .text(text))
        }
    }

    /// A moment is a date that a spreadsheet sorts and subtracts, in local time.
    @Test func aMomentThatWasWrittenIsARealDateInAWorkbook() throws {
        let cell = Sheet.Cell(moment: "2026-11-18T12:06:40+01:00")
        let sheet = Sheet(title: "", columns: [.init("Début", .date)], rows: [[cell]])
        #expect(try Archive(sheet.xlsx()).files["xl/worksheets/sheet1.xml"]?.contains("<v>46344.504") == true)
    }

    @Test func aWorkbookHasRealNumbersAndDatesUnderAFrozenHeader() throws {
        let files = Archive(try SheetTests.sheet([SheetTests.row]).xlsx()).files
        let page = try #require(files["xl/worksheets/sheet1.xml"])
        #expect(page.contains("state=\"frozen\"") && page.contains("<autoFilter ref=\"A1:F2\"/>"))
        #expect(page.contains("<v>1234</v>") && page.contains("<v>-12.5</v>") && page.contains("<v>46477</v>"))
        #expect(page.contains("<v>46344.504"))
        #expect(page.contains("<col min=\"2\" max=\"2\" width=\"30."))
        let texts = try #require(files["xl/sharedStrings.xml"])
        #expect(texts.contains("<t>03608439390616</t>") && texts.contains("<t>Câble à gaine</t>"))
        #expect(texts.contains("<t>Lefèvre &amp; Fils</t>") && texts.contains("<t>Signé : Zoé</t>"))
        #expect(files["xl/workbook.xml"]?.contains("name=\"Réception BL-1\"") == true)
    }

    @Test func textsOfAWorkbookAreNeverFormulasAndAlwaysXML() throws {
        let long = String(repeating: "é", count: 40_000)
        let cells: [Sheet.Cell] = [
            .text("=1+1"), .text("_x0041_\u{0}\u{8}\u{FFFF}<&"), .text("-5"), .text(long), .number(.max),
        ]
        let files = Archive(try SheetTests.sheet([cells]).xlsx()).files
        let texts = try #require(files["xl/sharedStrings.xml"])
        #expect(
            texts.contains("<t>=1+1</t>") && texts.contains("<t>_x005F_x0041_&lt;&amp;</t>")
                && texts.contains("<t>-5</t>"))
        #expect(texts.contains("<t>9223372036854775807</t>"))
        #expect(texts.contains(String(repeating: "é", count: 32_766) + "…</t>"))
        #expect(files["xl/worksheets/sheet1.xml"]?.contains("<f>") == false)
    }

    @Test func manyRowsAreWrittenAndTooManyGoOnInAnotherSheet() throws {
        let many = SheetTests.sheet([[Sheet.Cell]](repeating: SheetTests.row, count: 10_001))
        let page = try #require(Archive(try many.xlsx()).files["xl/worksheets/sheet1.xml"])
        #expect(page.contains("<autoFilter ref=\"A1:F10002\"/>") && page.contains("r=\"F10002\""))
        let files = Archive(
            try SheetTests.sheet([[Sheet.Cell]](repeating: SheetTests.row, count: 7)).xlsx(rowsPerSheet: 3)
        ).files
        #expect(files["xl/worksheets/sheet3.xml"]?.contains("ref=\"A1:F2\"") == true)
        #expect(files["xl/workbook.xml"]?.contains("name=\"Réception BL-1 (3)\"") == true)
    }

    @Test func aSheetsNameIsOneThatExcelTakes() throws {
        for (title, name) in [
            ("", "1"), ("'[a]:*?/\\'", "a"), ("History", "1"), ("Info", "Info (2)"),
            (String(repeating: "é", count: 40), String(repeating: "é", count: 31)),
        ] {
            var names: Set<String> = ["info"]
            #expect(Workbook.name(title, apartFrom: &names) == name)
            #expect(
                try Archive(SheetTests.sheet([], title: title).xlsx()).files["xl/workbook.xml"]?.contains(
                    "name=\"\(name)\"") == true)
        }
    }

    @Test func aPDFRepeatsItsHeaderAndNumbersItsPages() throws {
        let sheet = SheetTests.sheet(
            (0..<300).map { [.text("\($0)"), .text("Œuvre n° \($0) – été")] + SheetTests.row.dropFirst(2) })
        let pages = SheetTests.contents(try sheet.pdf(fonts: SheetTests.withoutFonts))
        #expect(pages.count > 3)
        for (index, page) in pages.enumerated() {
            #expect(page.contains(SheetTests.shown("Désignation")))
            #expect(page.contains(SheetTests.shown("\(index + 1) / \(pages.count)")))
        }
        #expect(pages[0].contains(SheetTests.shown("Réception BL-1")))
        #expect(pages[0].contains(SheetTests.shown("Lefèvre & Fils")))
        // Œ and the dash have their places in Windows-1252.
        let rows = pages.joined()
        #expect((0..<300).allSatisfy { rows.contains(SheetTests.shown("Œuvre n° \($0) – été")) })
        #expect(pages.last?.contains(SheetTests.shown("Signé : Zoé")) == true)
        #expect(rows.contains(SheetTests.shown("1\u{A0}234")) && rows.contains("(-12,50) Tj"))
    }

    @Test func longTextsAreWrappedAndCut() throws {
        let long = (0..<100).map { "mot\($0)" }.joined(separator: " ")
        let page = SheetTests.contents(
            try SheetTests.sheet([
                [.text(String(repeating: "x", count: 5000)), .text(long)], [.text("日本"), .text("a\n\tb")],
            ])
            .pdf(fonts: SheetTests.withoutFonts)
        ).joined()
        #expect(page.contains("(mot0 mot1 ") && page.split(separator: "\\205) Tj").count == 3)
        #expect(page.contains("(??) Tj") && page.contains("(a b) Tj") && !page.contains("mot99"))
    }

    @Test func theFontIsEmbeddedWhereItIsInstalled() throws {
        let pdf = try SheetTests.sheet([SheetTests.row]).pdf()
        #expect(pdf.starts(with: Array("%PDF-".utf8)))
        let isEmbedded = SheetTests.find(Array("/FontFile2".utf8), in: pdf, from: 0) != nil
        let isPlain = SheetTests.find(Array("/Helvetica".utf8), in: pdf, from: 0) != nil
        #expect(isEmbedded != isPlain)
        if isEmbedded { #expect(pdf.count < 400_000) }
    }

    @Test func whatHasNoSuchFormIsRefused() throws {
        let none = Sheet(title: "", columns: [], rows: [])
        #expect(throws: SheetError.columns(0, limit: 16_384)) { try none.xlsx() }
        #expect(throws: SheetError.columns(0, limit: 64)) { try none.pdf() }
        let rows = [[Sheet.Cell]](repeating: [], count: Sheet.paperRowLimit + 1)
        #expect(throws: SheetError.rows(20_001, limit: 20_000)) {
            try Sheet(title: "", columns: [.init("a")], rows: rows).pdf()
        }
        let empty = Sheet(title: "", columns: [.init("")], rows: [])
        #expect(try !empty.pdf().isEmpty && !empty.xlsx().isEmpty)
    }
}
