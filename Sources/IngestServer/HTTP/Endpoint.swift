import Depot
import HTTPTypes
import Hummingbird
import Model

/// One endpoint: what the router serves and what the OpenAPI document says, from the same line.
struct Endpoint: Sendable {
    /// Who may ask. Said by every endpoint, and asked in one place: before it runs.
    enum Need: Equatable, Sendable {
        /// No session: it proves by itself who asks, or tells nothing.
        case anybody
        /// Whoever is signed in.
        case session
        case right(Permission)
        /// One of them is enough.
        case any([Permission])
        /// All of them.
        case all([Permission])

        /// As the document says it.
        var name: String {
            switch self {
            case .anybody: "anybody"
            case .session: "session"
            case .right(let permission): permission.rawValue
            case .any(let permissions): permissions.map(\.rawValue).joined(separator: " or ")
            case .all(let permissions): permissions.map(\.rawValue).joined(separator: " and ")
            }
        }

        /// Whether somebody of whom `may` tells is let in.
        func admits(_ may: (Permission) -> Bool) -> Bool {
            switch self {
            case .anybody, .session: true
            case .right(let permission): may(permission)
            case .any(let permissions): permissions.contains(where: may)
            case .all(let permissions): permissions.allSatisfy(may)
            }
        }
    }

    var method: HTTPRequest.Method
    /// With `{name}` for parameters.
    var path: String
    /// One sentence. `?name=` in it are queries: the document lists them.
    var summary: String
    var body: RequestBody
    var needs: Need
    /// What it says where all goes well.
    var answers: Answer
    var run: @Sendable (Incoming) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, body: RequestBody = .none, needs: Need,
        answers: Answer, run: @escaping @Sendable (Incoming) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.body = body
        self.needs = needs
        self.answers = answers
        self.run = run
    }

    /// One whose JSON body is read by its shape before it runs.
    init<Body>(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, body: BodyShape<Body>, needs: Need,
        answers: Answer, run: @escaping @Sendable (Incoming, Body) async throws -> Response
    ) {
        self.init(
            method, path, summary, body: .json(body.schema, isRequired: body.isRequired), needs: needs, answers: answers
        ) { incoming in try await run(incoming, body.read(try await incoming.json())) }
    }

    /// For people: `GET /api/v1/me`.
    var title: String { "\(method.rawValue) \(path)" }

    /// How one signs in, and who may: no program changes it.
    var isPeoples: Bool {
        ["/api/v1/me/", "/api/v1/session", "/api/v1/tokens", "/api/v1/channels", "/api/v1/screen"].contains {
            path.hasPrefix($0)
        }
            || ["/api/v1/users", "/api/v1/roles", "/api/v1/duty", "/api/v1/inbox"].contains { path.hasPrefix($0) }
                && method != .get
    }

    /// What is left to somebody who has to set up a second factor before anything else.
    var isForFactors: Bool {
        ["/api/v1/me/factors", "/api/v1/session"].contains { path.hasPrefix($0) }
            || ["/api/v1/me", "/api/v1/me/preferences", "/api/v1/me/password"].contains(path)
    }

    /// Throws what is wrong with who asks.
    func admit(_ person: Person?) throws {
        guard needs != .anybody else { return }
        guard let person else { throw APIProblem(.unauthorized, "sign-in-needed", "Say who you are first.") }
        if let program = person.program {
            guard !isPeoples else {
                throw APIProblem(
                    .forbidden, "people-only", "This is done by a person who has signed in, not by a program.")
            }
            guard !program.isReader || method == .get else {
                throw APIProblem(.forbidden, "read-only-token", "This token reads and changes nothing.")
            }
        }
        guard !person.isFactorDue || isForFactors else {
            throw APIProblem(.forbidden, "factor-due", "A right of yours asks for a second factor: set it up first.")
        }
        guard needs.admits(person.may) else { throw APIProblem.noRight(needs.name) }
    }
}

extension Endpoint {
    /// What OpenAPI 3.1 calls an operation.
    var operation: JSON {
        let inPath = path.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        let parameters =
            inPath.map { Endpoint.parameter($0, in: "path", isRequired: true) }
            + queries.map { Endpoint.parameter($0, in: "query", isRequired: false) }
        let problem = ProblemSchema.response
        let good = answers.response
        return .object([
            ("operationId", .string(name)), ("summary", .string(summary)), ("x-needs", .string(needs.name)),
            ("parameters", parameters.isEmpty ? nil : .array(parameters)), ("requestBody", body.document),
            (
                "security",
                needs == .anybody
                    ? JSON.array([]) : isPeoples ? JSON.array([.object([("session", .array([]))])]) : nil
            ),
            (
                "responses",
                .object([
                    (good.status, good.content),
                    // What is wrong with a body: `bad-body`, or a code of the member.
                    ("400", isBodiless ? nil : problem), ("401", needs == .anybody ? nil : problem), ("403", problem),
                    ("429", problem),
                    ("4XX", problem), ("5XX", problem),
                ])
            ),
        ])
    }

    private var isBodiless: Bool { if case .none = body { true } else { false } }

    /// As a client's function may be called: `getDeliveriesIdTrail`.
    private var name: String {
        let words = path.split { !$0.isLetter && !$0.isNumber }.drop { $0 == "api" || $0 == "v1" }
        return words.reduce(method.rawValue.lowercased()) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }

    /// Parameters that are whole numbers, wherever they are.
    private static let numbers: Set = [
        "id", "days", "from", "to", "before", "offset", "limit", "copies", "skip", "delivery",
    ]

    private static func parameter(_ name: String, in place: String, isRequired: Bool) -> JSON {
        .object([
            ("name", .string(name)), ("in", .string(place)), ("required", .bool(isRequired)),
            ("schema", (numbers.contains(name) ? AnswerSchema.integer : .text).json),
        ])
    }

    private var queries: [String] {
        var seen: Set<String> = []
        return summary.matches(of: /[?&]([A-Za-z_]+)=/).map { String($0.output.1) }.filter { seen.insert($0).inserted }
    }
}
