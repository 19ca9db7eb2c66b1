import Depot
import ERP
import Followers
import Hummingbird
import Model
import Platform

/// The connection to the ERP and what waits for it.
struct ERPEndpoints {
    let writer: Writer
    let live: LiveView
    let link: Locked<ERPLink?>
    let state: Locked<ExchangeState>
    let present: Locked<IngestConfiguration>

    /// Nil where no ERP is configured.
    private var erp: ERPLink? { link.with { $0 } }
    /// Nil where nothing is told by file.
    private var exchange: Locked<ExchangeState>? { present.with { $0.exchange?.outFolder } == nil ? nil : state }

    private static let jobSchema = ERPJob.shape.schema.with(
        [
            .init("calls", .list(JobTable.erpCallSchema)), .init("payload", .anything),
            .init("accept", .list(.text), isRequired: false),
        ], as: "ERPJobPage")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/erp", "How the connection to the ERP stands", needs: .right(.erpSee),
                answers: .json(ERPStanding.shape.schema)
            ) { incoming in
                _ = try incoming.who()
                guard let erp else {
                    var standing = exchange?.with { $0.standing } ?? ERPStanding()
                    if exchange != nil { standing.counts = try await live.read { try $0.jobs.jobCounts() } }
                    return .json(ERPStanding.shape.json(standing))
                }
                let (counts, pulled) = try await live.read {
                    (try $0.jobs.jobCounts(), try $0.jobs.remembered("pulled"))
                }
                let counters = await erp.counters
                var standing = await erp.standing
                standing.counts = counts
                standing.pulled = ERPStanding.Pulled(
                    at: pulled?.at, products: counters.products, parties: counters.parties,
                    receipts: counters.receipts)
                return .json(ERPStanding.shape.json(standing))
            },
            Endpoint(
                .get, "/api/v1/erp/jobs", "What the ERP is told: ?state=waiting|dead|done", needs: .right(.erp),
                answers: .list(ERPJob.shape.schema)
            ) {
                incoming in
                let person = try incoming.who()
                let state = incoming.query("state").flatMap(ERPJob.State.init(rawValue:))
                return .json(
                    .array(
                        try await live.read { try $0.jobs.rows(state: state, limit: 200).map { person.shown($0.json) } }
                    ))
            },
            Endpoint(
                .get, "/api/v1/erp/jobs/{id}", "One push with every call that was made for it", needs: .right(.erp),
                answers: .json(ERPEndpoints.jobSchema)
            ) { incoming in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let job = try await job(id)
                // What was sent is what the ERP is told, with numbers and names.
                let isMasked = [.call, .party].contains(job.kind) && !person.may(.personal)
                let calls = isMasked ? [] : try await live.read { try $0.jobs.calls(job: id) }
                let warning = job.state == .dead ? job.sentence.flatMap(ERPFault.warning) : nil
                return .json(
                    person.shown(job.json).with("calls", .array(calls))
                        .with("payload", isMasked ? .members([]) : job.payload)
                        .with("accept", warning.map { .array([.string($0)]) }))
            },
            Endpoint(
                .post, "/api/v1/erp/jobs/{id}/retry", "Try again now; accept names warnings that were read",
                body: RetryPush.shape, needs: .right(.erp), answers: .json(ERPJob.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let isWaiting = try await writer.run {
                    try QueueDesk($0, erp?.queue).retry(id, accepted: body.accept, by: person.author, at: $1)
                }
                guard isWaiting else { throw ERPEndpoints.notWaiting }
                return try await told(id, person)
            },
            Endpoint(
                .post, "/api/v1/erp/jobs/{id}/dry", "What would be sent; nothing is written", needs: .right(.erp),
                answers: .json(.object("DryRun", [.init("calls", .list(ERPEndpoints.planned.schema))]))
            ) { incoming in
                let person = try incoming.who()
                let job = try await job(try incoming.id("id"))
                // What is written of a call or a client is theirs.
                guard person.may(.personal) || ![.call, .party].contains(job.kind) else {
                    throw APIProblem.noRight(.personal)
                }
                guard let erp else { throw ERPEndpoints.noERP }
                do throws(ERPFault) {
                    let requests = try await erp.dryRun(job)
                    return .json(.object([("calls", .array(requests.map(ERPEndpoints.planned.json)))]))
                } catch { throw APIProblem(.badGateway, "erp-\(error.kind.rawValue)", error.sentence) }
            },
            Endpoint(
                .post, "/api/v1/erp/jobs/{id}/mend",
                "Change what waits for a person: an article is left out, or is another one of the ERP",
                body: MendPush.shape,
                needs: .right(.erp), answers: .json(ERPJob.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let mending = try await mending(body)
                let isMended = try await writer.run { try $0.jobs.mend(id, mending, by: person.author, at: $1) }
                guard isMended else { throw ERPEndpoints.notMended }
                return try await told(id, person)
            },
            Endpoint(
                .post, "/api/v1/erp/jobs/{id}/drop", "Give it up", body: DropPush.shape, needs: .right(.erp),
                answers: .json(ERPJob.shape.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try incoming.id("id")
                let author = person.author(because: body.reason)
                let isWaiting = try await writer.run { try $0.jobs.drop(id, by: author, at: $1) }
                guard isWaiting else { throw ERPEndpoints.notWaiting }
                return try await told(id, person)
            },
            Endpoint(
                .post, "/api/v1/erp/pull", "Read products, clients and receipts now", needs: .right(.erp),
                answers: .begun
            ) {
                incoming in
                _ = try incoming.who()
                guard let erp else { throw ERPEndpoints.noERP }
                await erp.pullNow()
                return .json(.members([]), status: .accepted)
            },
        ]
    }

    /// A request that would be made.
    private static let planned = Shape<ERPRequest>(
        "PlannedCall",
        [
            .text("summary", \.summary), .truth("written", \.isWrite),
            .json("body", .anything, ifAny: { ERPBody.shown($0.body) }),
        ])

    private func mending(_ body: MendPush) async throws -> Mending {
        if let article = body.leave { return .leaveOut(article: article, lot: body.lot) }
        guard let article = body.article, let code = body.product else {
            throw APIProblem(.badRequest, "line-needed", "Name the article to leave out, or the one that it is.")
        }
        guard let product = try await live.read({ try $0.articles.product(code)?.erp }) else {
            throw APIProblem(.conflict, "not-in-erp", "The ERP has no such article.")
        }
        return .choose(article: article, product: product)
    }

    private func job(_ id: Int64) async throws -> ERPJob {
        guard let job = try await live.read({ try $0.jobs.job(id) }) else {
            throw APIProblem(.notFound, "no-such-job", "There is no such push.")
        }
        return job
    }

    /// A push that somebody changed, to all pages and to whoever did.
    private func told(_ id: Int64, _ person: Person) async throws -> Response {
        let job = try await job(id)
        live.post([], changed: [.job(ERPJob.name(key: job.key))])
        return .json(person.shown(job.json))
    }

    private static let notWaiting = APIProblem(.conflict, "not-waiting", "It is done, running, or given up.")
    private static let notMended = APIProblem(
        .conflict, "not-mended", "It does not wait for a person any more, or has no such line.")
    private static let noERP = APIProblem(.conflict, "no-erp", "No ERP is configured.")
}

/// A request's body as it may be shown: with no password and no key in it.
enum ERPBody {
    static func shown(_ body: JSON?) -> JSON? {
        guard let body else { return nil }
        // Odoo's JSON-RPC carries database, user number and password before the model's name.
        if let args = body["params"]?["args"]?.list, args.count >= 4, body["params"]?["method"]?.text == "execute_kw" {
            return .array(Array(args.dropFirst(3)))
        }
        return body["params"] ?? body
    }
}
