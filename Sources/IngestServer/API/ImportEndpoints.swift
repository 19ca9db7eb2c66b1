import Depot
import HTTPTypes
import Hummingbird
import Model

/// Files that people bring.
struct ImportEndpoints {
    /// Largest file, in bytes.
    static let fileLimit = 16 << 20

    let imports: FileImports

    var list: [Endpoint] {
        let kinds: [(FileImports.Kind, String)] = [
            (.deliveries, "Expected deliveries (CSV, XLSX, JSON, EDIFACT DESADV, UBL DespatchAdvice)"),
            (.products, "Products (CSV, XLSX)"), (.parties, "Clients (CSV, XLSX)"),
            (.codes, "Further codes of articles (CSV, XLSX)"),
            (.tags, "What tags that are not GS1 stand for (CSV, XLSX)"),
        ]
        return kinds.flatMap { kind, what in [importing(kind, what), refusing(kind), template(kind)] }
    }

    private func importing(_ kind: FileImports.Kind, _ what: String) -> Endpoint {
        Endpoint(
            .post, "/api/v1/import/\(kind.rawValue)",
            "Import \(what); ?dry=1 only checks, and says what would change; ?map= (FIELD=HEADING, in lines), ?supplier= and "
                + "?note= say what the file does not, ?separator=, ?encoding= and ?decimal= how its text is read "
                + "(else as it was said of the last file like it, unless ?fresh=1), ?add=1 adds to "
                + "notes that are known", body: .bytes, needs: .right(.imports),
            answers: .json(ImportReport.shape.schema)
        ) { incoming in
            let person = try incoming.who()
            let options = try ImportEndpoints.options(incoming)
            let bytes = try await incoming.bytes(limit: ImportEndpoints.fileLimit)
            return try await ImportEndpoints.withColumns {
                guard !incoming.flag("dry") else {
                    return .json(try await imports.compare(bytes, kind, options).json)
                }
                return .json(try await imports.run(bytes, kind, options, person: person).json)
            }
        }
    }

    private func refusing(_ kind: FileImports.Kind) -> Endpoint {
        Endpoint(
            .post, "/api/v1/import/\(kind.rawValue)/refused.csv",
            "Rows of a table that an import would refuse, each with line and reason, as CSV (?map=&supplier=&note=&add=&separator=&encoding=&decimal=&fresh=)",
            body: .bytes, needs: .right(.imports), answers: .file(["text/csv"])
        ) { incoming in
            let options = try ImportEndpoints.options(incoming)
            let bytes = try await incoming.bytes(limit: ImportEndpoints.fileLimit)
            return try await ImportEndpoints.withColumns {
                let report = try await imports.report(bytes, kind, options)
                let table = CSV(bytes, reading: report.columns?.reading ?? options.reading)
                return ImportEndpoints.table(Import.rejects(of: table, report), named: "\(kind.rawValue)-refused")
            }
        }
    }

    private func template(_ kind: FileImports.Kind) -> Endpoint {
        Endpoint(
            .get, "/api/v1/import/\(kind.rawValue)/template.csv", "Headings of an empty file of that kind, as CSV",
            needs: .session, answers: .file(["text/csv"])
        ) { _ in ImportEndpoints.table(Import.template(kind.rawValue) ?? "", named: kind.rawValue) }
    }

    private static func withColumns(_ body: () async throws -> Response) async throws -> Response {
        do { return try await body() } catch let error as ImportError {
            guard case .missingColumns(let columns) = error else {
                throw APIProblem(
                    .badRequest, "bad-columns", "\(error)", [("phrase", Phrase.shape.json(error.phrase))])
            }
            throw APIProblem(.badRequest, "missing-columns", "\(error)", [("columns", columns.json)])
        }
    }

    private static func options(_ incoming: Incoming) throws -> Import.Options {
        var map: [String: String] = [:]
        for pair in (incoming.query("map") ?? "").split(separator: "\n") {
            guard let sign = pair.firstIndex(of: "="), sign > pair.startIndex else {
                throw APIProblem(.badRequest, "bad-map", "map is FIELD=HEADING, one a line.")
            }
            map[String(pair[..<sign])] = String(pair[pair.index(after: sign)...])
        }
        return Import.Options(
            map: map, supplier: incoming.query("supplier"), note: incoming.query("note"),
            isAddition: incoming.flag("add"), reading: try reading(incoming),
            isFresh: incoming.flag("fresh"))
    }

    /// How a person says that the text is read; what is empty or left out is found in it.
    private static func reading(_ incoming: Incoming) throws -> TableReading {
        func word<Word: RawRepresentable & CaseIterable>(_ name: String, _: Word.Type) throws -> Word?
        where Word.RawValue == String {
            guard let text = incoming.query(name), !text.isEmpty else { return nil }
            guard let word = Word(rawValue: text) else {
                let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
                throw APIProblem(.badRequest, "bad-reading", "\(name) is one of \(words).")
            }
            return word
        }
        return TableReading(
            separator: try word("separator", TableReading.Separator.self),
            encoding: try word("encoding", TableReading.Encoding.self),
            decimal: try word("decimal", TableReading.DecimalSign.self))
    }

    /// As Excel takes it: with a byte order mark.
    private static func table(_ text: String, named name: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(name).csv\"",
            ], body: .init(byteBuffer: .init(string: "\u{FEFF}\(text)")))
    }
}
