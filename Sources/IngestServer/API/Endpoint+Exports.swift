import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform
import Sheets

extension Endpoint {
    /// The same table as CSV, XLSX and PDF: `?lang=en` for English words on paper.
    static func exports(
        _ path: String, _ what: String, needs: Permission,
        _ make: @escaping @Sendable (Incoming) async throws -> (sheet: (ReportLanguage) -> Sheet, name: String)
    ) -> [Endpoint] {
        ["csv", "xlsx", "pdf"].map { form in
            return Endpoint(
                .get, "\(path)/export.\(form)", "\(what) as \(form.uppercased()); ?lang=en",
                needs: .all([needs, .exports]),
                answers: .file([Endpoint.types[form] ?? "application/octet-stream"])
            ) { incoming in
                _ = try incoming.who()
                let (make, name) = try await make(incoming)
                // A language of the pages that sheets have no words of: English, as there.
                let language = ReportLanguage(rawValue: incoming.query("lang") ?? "fr") ?? .en
                var table = make(form == "csv" ? .machine : language)
                table.decimalMark = language == .en ? "." : ","
                let sheet = table
                return try await Endpoint.file(name, form) { try Endpoint.bytes(sheet, form) }
            }
        }
    }

    /// Longer than this nobody looks at a page that does nothing.
    private static let patience = Duration.seconds(5)

    /// Who had to wait for a sheet is told when it is there.
    func tellingOfReports(_ writer: Writer) -> Endpoint {
        guard path.contains("/export.") else { return self }
        var endpoint = self
        let (run, name) = (run, path)
        endpoint.run = { incoming in
            let start = Clocks.now
            let response = try await run(incoming)
            if Clocks.now - start > Endpoint.patience, let person = incoming.person {
                let shown = name.split(separator: "/").dropFirst(2).joined(separator: "/")
                await writer.attempt { try $0.notices.reportMade(shown, for: person, at: $1) }
            }
            return response
        }
        return endpoint
    }

    /// A file that is made on the thread for papers. Throws `busy` where too many wait there, and 413 with the maker's sentence.
    static func file(
        _ name: String, _ form: String, _ make: @escaping @Sendable () throws -> [UInt8]
    ) async throws -> Response {
        let made: Result<[UInt8], any Error>
        do { made = try await paper.run { Result { try make() } } } catch {
            throw APIProblem(
                .tooManyRequests, "busy", "Too many exports at once: try again in a moment.", [("seconds", .int(2))])
        }
        let bytes: [UInt8]
        do { bytes = try made.get() } catch { throw APIProblem(.contentTooLarge, "too-many-rows", "\(error)") }
        let safe = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
        var headers: HTTPFields = [
            .contentType: types[form] ?? "application/octet-stream",
            .contentDisposition: "attachment; filename=\"\(safe.isEmpty ? "export" : safe).\(form)\"",
        ]
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// Whoever wants a large sheet waits for two others at most at a time.
    static let paper = WorkThreads("export", threads: 2, waiting: 16)

    private static let types = [
        "csv": "text/csv; charset=utf-8", "pdf": "application/pdf", "jsonl": "application/jsonl",
        "json": "application/json", "html": "text/html; charset=utf-8",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]

    private static func bytes(_ sheet: Sheet, _ form: String) throws -> [UInt8] {
        switch form {
        case "xlsx": try sheet.xlsx()
        case "pdf": try sheet.pdf()
        default: sheet.csv()
        }
    }
}
