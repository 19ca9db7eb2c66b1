import Depot
import HTTPTypes
import Model

/// OpenAPI 3.1, made from the endpoints that the router serves.
struct OpenAPI {
    let endpoints: [Endpoint]

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
                    ("schemas", .object(schemas)),
                    (
                        "securitySchemes",
                        .object([
                            (
                                "session",
                                .object([("type", "apiKey"), ("in", "cookie"), ("name", .string(Cookies.name))])
                            ),
                            ("token", .object([("type", "http"), ("scheme", "bearer")])),
                        ])
                    ),
                ])
            ),
            ("security", .array([.object([("session", .array([]))]), .object([("token", .array([]))])])),
        ])
    }

    /// Everything that has a name, once. Two things of one name are a defect: one would be told as the other.
    private var schemas: [(String, JSON?)] {
        var named: [String: AnswerSchema] = [:]
        for schema in [ProblemSchema.schema] + endpoints.compactMap(\.answers.schema)
            + endpoints.compactMap(\.body.schema)
        {
            for (name, schema) in schema.components {
                precondition(named[name] == nil || named[name] == schema, "two schemas are called \(name)")
                named[name] = schema
            }
        }
        return named.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
    }
}
