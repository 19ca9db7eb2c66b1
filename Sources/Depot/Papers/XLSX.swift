/// The table of a workbook (Office Open XML, ECMA-376 part 1, 18): the rows of one sheet as texts, as they are shown. Reads what
/// Excel, LibreOffice and programs that export make; formulas count by their last result.
struct XLSX {
    typealias Fault = ZIPArchive.Fault

    /// Rows and columns of a sheet, as Excel has them; cells and bytes of text that are kept.
    static let columnLimit = 16_384
    static let cellLimit = 2_000_000
    static let textLimit = 64 << 20
    /// Sheets that are looked through for a table.
    private static let sheetLimit = 16

    private(set) var rows: [CSV.Row] = []
    private(set) var remarks: [Phrase] = []

    /// The first visible sheet with a heading that we know, else the first that holds anything.
    init(_ bytes: [UInt8]) throws(Fault) {
        let archive = try ZIPArchive(bytes)
        guard archive.has("xl/workbook.xml") else {
            let isOpenDocument = archive.has("content.xml")
            throw Fault(
                reason: isOpenDocument
                    ? "it is an OpenDocument file: save it as .xlsx or CSV"
                    : "it is an archive, and no workbook of Excel")
        }
        let book = XLSXBook()
        try XLSX.read("xl/workbook.xml", of: archive, into: book)
        let links = XLSXLinks()
        if archive.has("xl/_rels/workbook.xml.rels") {
            try XLSX.read("xl/_rels/workbook.xml.rels", of: archive, into: links)
        }
        let strings = XLSXStrings()
        if let path = links.path(ofType: "/sharedStrings") ?? XLSX.usual("xl/sharedStrings.xml", in: archive) {
            try XLSX.read(path, of: archive, into: strings)
        }
        let styles = XLSXStyles()
        if let path = links.path(ofType: "/styles") ?? XLSX.usual("xl/styles.xml", in: archive) {
            try XLSX.read(path, of: archive, into: styles)
        }
        let sheets = book.sheets.filter { !$0.isHidden }.prefix(XLSX.sheetLimit)
        var filled: [(name: String, rows: [CSV.Row])] = []
        var chosen: Int?
        for (number, sheet) in sheets.enumerated() where chosen == nil {
            guard let path = links[sheet.link] ?? XLSX.usual("xl/worksheets/sheet\(number + 1).xml", in: archive) else {
                continue
            }
            let taker = XLSXSheet(strings: strings.texts, styles: styles, countsFrom1904: book.countsFrom1904)
            try XLSX.read(path, of: archive, into: taker)
            guard !taker.rows.isEmpty else { continue }
            filled.append((sheet.name, taker.rows))
            let isTable = taker.rows.prefix(12).contains { row in
                row.fields.count { Columns.known.contains(Cell.folded($0)) } >= 2
            }
            if isTable { chosen = filled.count - 1 }
        }
        guard let sheet = filled.isEmpty ? nil : filled[chosen ?? 0] else {
            throw Fault(reason: "its sheets are empty")
        }
        rows = sheet.rows
        if sheets.count > 1 {
            remarks.append("of \(sheets.count) sheets, \"\(sheet.name.prefix(40))\" alone is read")
        }
    }

    private static func usual(_ path: String, in archive: ZIPArchive) -> String? { archive.has(path) ? path : nil }

    private static func read(_ path: String, of archive: ZIPArchive, into taker: some XLSXPart) throws(Fault) {
        guard let reader = XMLReader(taker) else { throw Fault(reason: "there is no memory to read it") }
        try archive.unpack(path) { reader.feed($0) }
        _ = reader.finish()
        if let reason = taker.fault ?? reader.fault { throw Fault(reason: "\(path.prefix(64)): \(reason)") }
    }
}

/// One file of a workbook.
protocol XLSXPart: XMLTaker {
    /// Why no more of it is read.
    var fault: Phrase? { get }
}

/// `xl/workbook.xml`: the sheets in order.
final class XLSXBook: XLSXPart {
    struct Sheet {
        var name: String
        var link: String
        var isHidden: Bool
    }

    private(set) var sheets: [Sheet] = []
    private(set) var countsFrom1904 = false
    let fault: Phrase? = nil

    func open(_ name: String, _ attributes: XMLAttributes) -> Bool {
        if name == "workbookPr" { countsFrom1904 = ["1", "true"].contains(attributes["date1904"] ?? "") }
        if name == "sheet", sheets.count < 1000, let link = attributes["id"] {
            sheets.append(
                Sheet(
                    name: attributes["name"] ?? "", link: link,
                    isHidden: attributes["state"]?.contains("idden") ?? false))
        }
        return true
    }

    func text(_: UnsafeRawBufferPointer) {}
    func close(_: String) -> Bool { true }
}

/// Which file is meant by which number.
final class XLSXLinks: XLSXPart {
    private var targets: [String: String] = [:]
    private var types: [String: String] = [:]
    let fault: Phrase? = nil

    subscript(_ link: String) -> String? { targets[link] }

    func path(ofType end: String) -> String? { types.first { $0.key.hasSuffix(end) }?.value }

    func open(_ name: String, _ attributes: XMLAttributes) -> Bool {
        guard name == "Relationship", targets.count < ZIPArchive.entryLimit, let target = attributes["Target"],
            attributes["TargetMode"] != "External"
        else { return true }
        // From the root, or from the folder of the workbook.
        let path = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/\(target)"
        if let link = attributes["Id"] { targets[link] = path }
        if let type = attributes["Type"] { types[type] = path }
        return true
    }

    func text(_: UnsafeRawBufferPointer) {}
    func close(_: String) -> Bool { true }
}

/// Texts that cells share, by number.
final class XLSXStrings: XLSXPart {
    private(set) var texts: [String] = []
    private(set) var fault: Phrase?
    private var size = 0
    private var current: [UInt8] = []
    private var isText = false
    /// How a Japanese word is pronounced is no part of it.
    private var isPhonetic = false

    func open(_ name: String, _: XMLAttributes) -> Bool {
        switch name {
        case "si": current = []
        case "rPh": isPhonetic = true
        case "t": isText = !isPhonetic
        default: break
        }
        return true
    }

    func text(_ bytes: UnsafeRawBufferPointer) {
        if isText, current.count < 4 * CSV.fieldLimit + 4 { current += bytes }
    }

    func close(_ name: String) -> Bool {
        switch name {
        case "t": isText = false
        case "rPh": isPhonetic = false
        case "si":
            size += current.count
            guard texts.count < XLSX.cellLimit, size <= XLSX.textLimit else {
                fault = "more than \(XLSX.textLimit >> 20) MiB of text"
                return false
            }
            texts.append(String(decoding: current, as: UTF8.self))
        default: break
        }
        return true
    }
}
