/// Why a table has no such form.
public enum SheetError: Error, Equatable, Sendable, CustomStringConvertible {
    case columns(Int, limit: Int)
    case rows(Int, limit: Int)
    /// No memory or no descriptor for the file that is being written.
    case noSpace
    /// What libxlsxwriter says.
    case workbook(String)
    /// The function of libharu that failed, its code (`HPDF_…` in hpdf_consts.h) and detail.
    case paper(String, code: UInt, detail: UInt)

    public var description: String {
        switch self {
        case .columns(let count, let limit): "\(count) columns: a file of this kind has 1 to \(limit)"
        case .rows(let count, let limit): "\(count) rows: a file of this kind has at most \(limit)"
        case .noSpace: "there is no memory or descriptor left to write the file"
        case .workbook(let reason): "the spreadsheet could not be written: \(reason)"
        case .paper(let step, let code, let detail):
            "the PDF could not be written: \(step) returned 0x\(String(code, radix: 16)), detail \(detail)"
        }
    }
}
