import CHaru
import Glibc

/// A PDF of A4 pages, or of a roll's, being written by libharu, in points from the top left. The library calls no error handler: it
/// returns codes, and each one is looked at.
final class Paper {
    /// Where Debian's fonts-dejavu-core puts its fonts.
    struct Fonts {
        var regular = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
        var bold = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
    }

    /// HPDF_STREAM_EOF, which the header of the shared library leaves out.
    private static let endOfStream: HPDF_STATUS = 0x1058

    private let document: HPDF_Doc
    private(set) var pages: [HPDF_Page] = []
    let width: Double
    let height: Double
    let regular: Typeface
    let bold: Typeface

    convenience init(title: String, isLandscape: Bool, fonts: Fonts) throws(SheetError) {
        try self.init(
            title: title, width: isLandscape ? 841.89 : 595.28, height: isLandscape ? 595.28 : 841.89, fonts: fonts)
    }

    init(title: String, width: Double, height: Double, fonts: Fonts) throws(SheetError) {
        guard let document = HPDF_New(nil, nil) else { throw .noSpace }
        self.document = document
        (self.width, self.height) = (width, height)
        do {
            try check("compression", HPDF_SetCompressionMode(document, HPDF_UINT(HPDF_COMP_ALL)), document)
            try check("encodings", HPDF_UseUTFEncodings(document), document)
            (regular, bold) = try Paper.typefaces(document, fonts)
            try check("encoder", HPDF_SetCurrentEncoder(document, "UTF-8"), document)
            let shown = String(String.UnicodeScalarView(title.unicodeScalars.prefix(200).filter { $0.value >= 0x20 }))
            try check("title", HPDF_SetInfoAttr(document, HPDF_INFO_TITLE, shown), document)
        } catch {
            HPDF_Free(document)
            throw error
        }
    }

    deinit { HPDF_Free(document) }

    /// The embedded fonts, or Helvetica where they are not installed or not readable.
    private static func typefaces(_ document: HPDF_Doc, _ fonts: Fonts) throws(SheetError) -> (Typeface, Typeface) {
        func embedded(_ path: String) -> Typeface? {
            guard access(path, R_OK) == 0, let name = HPDF_LoadTTFontFromFile(document, path, HPDF_BOOL(HPDF_TRUE)),
                let font = HPDF_GetFont(document, name, "UTF-8")
            else { return nil }
            return Typeface(font, isUnicode: true)
        }
        if let regular = embedded(fonts.regular), let bold = embedded(fonts.bold) { return (regular, bold) }
        HPDF_ResetError(document)
        guard let regular = HPDF_GetFont(document, "Helvetica", "WinAnsiEncoding"),
            let bold = HPDF_GetFont(document, "Helvetica-Bold", "WinAnsiEncoding")
        else { throw failure("font", HPDF_GetError(document), document) }
        return (Typeface(regular, isUnicode: false), Typeface(bold, isUnicode: false))
    }

    func addPage() throws(SheetError) {
        guard let page = HPDF_AddPage(document) else { throw failure("page", HPDF_GetError(document), document) }
        try check("width", HPDF_Page_SetWidth(page, HPDF_REAL(width)), document)
        try check("height", HPDF_Page_SetHeight(page, HPDF_REAL(height)), document)
        pages.append(page)
    }

    /// A line of text whose base line is at `y`, on the last page or another.
    func text(
        _ text: String, x: Double, y: Double, size: Double, _ typeface: Typeface, gray: Double = 0, page: Int? = nil
    ) throws(SheetError) {
        guard !text.isEmpty else { return }
        let page = pages[page ?? pages.count - 1]
        let tone = HPDF_REAL(gray)
        try check("colour", HPDF_Page_SetRGBFill(page, tone, tone, tone), document)
        try check("text", HPDF_Page_BeginText(page), document)
        try check("font", HPDF_Page_SetFontAndSize(page, typeface.font, HPDF_REAL(size)), document)
        try check("place", HPDF_Page_MoveTextPos(page, HPDF_REAL(x), HPDF_REAL(height - y)), document)
        try check("text", HPDF_Page_ShowText(page, typeface.encoded(text)), document)
        try check("text", HPDF_Page_EndText(page), document)
    }

    /// A filled rectangle on the last page; a height of half a point is a line.
    func fill(x: Double, y: Double, width: Double, height: Double, gray: Double) throws(SheetError) {
        guard let page = pages.last else { return }
        let tone = HPDF_REAL(gray)
        try check("colour", HPDF_Page_SetRGBFill(page, tone, tone, tone), document)
        try check(
            "shape",
            HPDF_Page_Rectangle(
                page, HPDF_REAL(x), HPDF_REAL(self.height - y - height), HPDF_REAL(width), HPDF_REAL(height)), document)
        try check("shape", HPDF_Page_Fill(page), document)
    }

    /// Black rectangles on the last page, filled at once: the modules of a symbol.
    func fill(_ rectangles: [(x: Double, y: Double, width: Double, height: Double)]) throws(SheetError) {
        guard let page = pages.last, !rectangles.isEmpty else { return }
        try check("colour", HPDF_Page_SetRGBFill(page, 0, 0, 0), document)
        for one in rectangles {
            try check(
                "shape",
                HPDF_Page_Rectangle(
                    page, HPDF_REAL(one.x), HPDF_REAL(height - one.y - one.height), HPDF_REAL(one.width),
                    HPDF_REAL(one.height)), document)
        }
        try check("shape", HPDF_Page_Fill(page), document)
    }

    func bytes() throws(SheetError) -> [UInt8] {
        try check("file", HPDF_SaveToStream(document), document)
        try check("file", HPDF_ResetStream(document), document)
        var bytes = [UInt8](repeating: 0, count: Int(HPDF_GetStreamSize(document)))
        var size = HPDF_UINT32(bytes.count)
        // At its end the stream says so, and that is no error here.
        let status = HPDF_ReadFromStream(document, &bytes, &size)
        guard status == HPDF_STATUS(HPDF_OK) || status == Paper.endOfStream, size == bytes.count else {
            throw failure("file", status, document)
        }
        return bytes
    }
}

private func failure(_ step: String, _ status: HPDF_STATUS, _ document: HPDF_Doc) -> SheetError {
    .paper(step, code: UInt(status), detail: UInt(HPDF_GetErrorDetail(document)))
}

private func check(_ step: String, _ status: HPDF_STATUS, _ document: HPDF_Doc) throws(SheetError) {
    guard status == HPDF_STATUS(HPDF_OK) else { throw failure(step, status, document) }
}
