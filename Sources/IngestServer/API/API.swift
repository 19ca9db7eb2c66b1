import Depot
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// The API under `/api/v1`.
struct API: Sendable {
    static let bodyLimit = 64 * 1024
    /// Largest file an import takes.
    static let importLimit = 16 << 20

    let centre: Centre

    /// Nil where no ERP is configured.
    let erp: ERPLink?

    var endpoints: [Endpoint] {
        people + deliveries + takes + stock + clients + imports + queue + audit + calls + desk + gateways + grants
    }

    private var gateways: [Endpoint] {
        [
            Endpoint(.get, "/api/v1/gateways", "Every agent with its devices and its account", needs: .session) {
                incoming in
                _ = try incoming.who()
                return .json(.array(try await centre.board.read { try $0.gateways.rows().map(Centre.gateway) }))
            }
        ]
    }

    static let noDelivery = APIProblem(.notFound, "no-such-delivery", "There is no such delivery.")

    /// A text of one line without control characters, 1 to `limit` characters; nil otherwise.
    static func line(_ text: String?, limit: Int) -> String? {
        guard let text else { return nil }
        let clean = String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
        let trimmed = String(clean.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        return (1...limit).contains(trimmed.count) ? trimmed : nil
    }

    /// A text of several lines, without other control characters.
    static func paragraphs(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x7F }))
    }

    /// OpenAPI 3.1, made from the endpoints.
    var document: JSON {
        var paths: [(String, [(String, JSON?)])] = []
        for endpoint in endpoints {
            let method = endpoint.method.rawValue.lowercased()
            if let index = paths.firstIndex(where: { $0.0 == endpoint.path }) {
                paths[index].1.append((method, endpoint.operation))
            } else {
                paths.append((endpoint.path, [(method, endpoint.operation)]))
            }
        }
        return .object([
            ("openapi", "3.1.0"),
            ("info", .object([("title", "Quai"), ("version", .string(IngestServer.version))])),
            ("paths", .object(paths.map { ($0.0, .object($0.1)) })),
            (
                "components",
                .object([
                    (
                        "schemas",
                        .object([
                            (
                                "Problem",
                                .object([
                                    ("type", "object"), ("required", ["status", "code", "detail"]),
                                    (
                                        "properties",
                                        .object([
                                            ("status", .object([("type", "integer")])),
                                            ("code", .object([("type", "string")])),
                                            ("detail", .object([("type", "string")])),
                                        ])
                                    ),
                                ])
                            )
                        ])
                    ),
                    (
                        "securitySchemes",
                        .object([
                            (
                                "session",
                                .object([("type", "apiKey"), ("in", "cookie"), ("name", .string(Cookies.name))])
                            )
                        ])
                    ),
                ])
            ),
            ("security", .array([.object([("session", .array([]))])])),
        ])
    }
}

extension ImportReport {
    var json: JSON {
        .object([
            ("accepted", .int(Int64(accepted))), ("deliveries", .int(Int64(deliveries))),
            ("parties", .int(Int64(parties))), ("products", .int(Int64(products))), ("tags", .int(Int64(tags))),
            ("refused", ImportReport.list(refused)), ("remarks", ImportReport.list(remarks)),
            ("columns", columns?.json ?? .null),
        ])
    }

    private static func list(_ lines: [Refusal]) -> JSON {
        .array(lines.map { .object([("line", .int(Int64($0.line))), ("reason", .string($0.reason))]) })
    }
}

extension TableColumns {
    var json: JSON {
        .object([
            ("headings", .array(headings.map { .string($0) })), ("samples", .array(samples.map { .string($0) })),
            (
                "fields",
                .array(
                    fields.map {
                        .object([
                            ("field", .string($0.name)), ("heading", $0.heading.map { .string($0) } ?? .null),
                            ("missing", .bool($0.isMissing)), ("proposal", $0.proposal.map { .string($0) } ?? .null),
                        ])
                    })
            ),
        ])
    }
}

extension Board {
    /// Zones of the readers that gateways have.
    func docks() throws -> [String] {
        try read { try $0.gateways.rows() }.flatMap { ($0.status?["devices"]?.list ?? []) }.filter {
            $0["kind"]?.text != "telephony"
        }
        .compactMap { $0["zone"]?.text }
    }
}
