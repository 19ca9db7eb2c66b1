import Depot
import Hummingbird
import Model
import Platform

/// Stock takes.
struct CountingEndpoints {
    let writer: Writer
    let live: LiveView
    let reads: LongReads

    /// With what the ERP is told of it.
    private static let takeSchema = StockTakeView.shape.schema.with(
        [.init("erpJob", ERPJob.shape.schema, isRequired: false)], as: "StockTakePage")

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/takes", "Stock takes that run, and those closed within a month",
                needs: .right(.countingSee),
                answers: .json(
                    .object(
                        "StockTakes",
                        [.init("takes", .list(StockTakeView.summaryShape.schema)), .init("zones", .list(.text))]))
            ) {
                incoming in
                let person = try incoming.who()
                let since = Clocks.wall - 31 * 86_400_000
                let list = try await reads.read {
                    try $0.takes.rows(closedSince: since).filter { person.reach.covers(zone: $0.zone) }.map(\.summary)
                }
                let zones = try await live.zones(.store, for: person)
                return .json(.object([("takes", .array(list)), ("zones", .array(zones))]))
            },
            Endpoint(
                .post, "/api/v1/takes", "Begin to count a zone", body: OpenTake.shape, needs: .right(.countingCount),
                answers: .json(CountingEndpoints.takeSchema)
            ) { incoming, body in
                let person = try incoming.who()
                try person.check(zone: body.zone)
                let id = try await writer.run {
                    try $0.counting.open(
                        zone: body.zone, sources: body.sources, blind: body.blind, by: person.author, at: $1)
                }
                guard let id else {
                    throw APIProblem(.conflict, "being-counted", "This zone is being counted already.")
                }
                return try await take(id)
            },
            Endpoint(
                .get, "/api/v1/takes/{id}", "A stock take with its lines and differences", needs: .right(.countingSee),
                answers: .json(CountingEndpoints.takeSchema)
            ) {
                incoming in
                try await take(try await count(incoming))
            },
            Endpoint(
                .post, "/api/v1/takes/{id}/mode", "What a scan does now", body: SetMode.shape,
                needs: .right(.countingCount),
                answers: .json(CountingEndpoints.takeSchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await count(incoming)
                let isSet = try await writer.run { try $0.counting.set(body.mode, on: id, by: person.author, at: $1) }
                guard isSet else { throw APIProblem.notOpen }
                return try await take(id)
            },
            Endpoint(
                .post, "/api/v1/takes/{id}/decisions", "Take down a decision: adjust, remove, associate or undo",
                body: Decide.shape, needs: .right(.countingCount), answers: .json(CountingEndpoints.takeSchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await count(incoming)
                let decision = try Decision(body, by: person)
                do { try await writer.run { desks, _ in try desks.counting.decide(decision, on: id) } } catch let error
                    as DecisionError
                { throw APIProblem(error) }
                return try await take(id)
            },
            step("review", "Stop counting and look at the differences", .review),
            step("resume", "Go on counting", .counting),
            step("cancel", "Give it up: nothing changes", .cancelled),
            Endpoint(
                .post, "/api/v1/takes/{id}/post",
                "The count becomes the book; complete says that nothing else is there", body: PostTake.shape,
                needs: .right(.stockPost), answers: .json(CountingEndpoints.takeSchema)
            ) { incoming, body in
                let person = try incoming.who()
                let id = try await count(incoming)
                let author = person.author(because: body.reason)
                let isPosted = try await writer.run {
                    try $0.counting.post(id, complete: body.complete, by: author, at: $1)
                }
                guard isPosted else {
                    throw APIProblem(.conflict, "not-open", "It is not in review: somebody posted it, or counts again.")
                }
                return try await take(id)
            },
        ]
            + Endpoint.exports("/api/v1/takes/{id}", "The count", needs: .countingSee) { incoming in
                let id = try await count(incoming)
                guard let view = try await reads.read({ try $0.takes.view(id) }) else {
                    throw CountingEndpoints.noTake
                }
                return (Reports.take(view), "count-\(view.zone)-\(rfc3339(view.openedAt).prefix(10))")
            }
    }

    private static let noTake = APIProblem(.notFound, "no-such-take", "There is no such count.")

    private func step(
        _ name: String, _ summary: String, _ status: StockTakeView.Status
    ) -> Endpoint {
        Endpoint(
            .post, "/api/v1/takes/{id}/\(name)", summary, needs: .right(.countingCount),
            answers: .json(CountingEndpoints.takeSchema)
        ) {
            incoming in
            let person = try incoming.who()
            let id = try await count(incoming)
            let isChanged = try await writer.run { try $0.counting.change(id, to: status, by: person.author, at: $1) }
            guard isChanged else { throw APIProblem.notOpen }
            return try await take(id)
        }
    }

    /// The count that the address names; one of a zone that this person may not see is none.
    private func count(_ incoming: Incoming) async throws -> Int64 {
        let (person, id) = (try incoming.who(), try incoming.id("id"))
        let zone = try await live.read { try $0.takes.zone(of: id) }
        guard person.reach.covers(zone: zone) else { throw CountingEndpoints.noTake }
        return id
    }

    private func take(_ id: Int64) async throws -> Response {
        let found = try await reads.read { store -> JSON? in
            guard let view = try store.takes.view(id) else { return nil }
            let job =
                try store.jobs.job(of: .take, subject: String(id)) ?? store.exchange.job(telling: "take/\(id)")
            return view.json.with("erpJob", job?.json)
        }
        guard let found else { throw CountingEndpoints.noTake }
        return .json(found)
    }
}
