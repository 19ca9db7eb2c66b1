import Depot
import Followers
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// What happened as EPCIS tells it: the simple event query by GET (EPCIS 2.0 §12.7.3), as far as `EPCISQuery` goes.
struct EPCISEndpoints {
    let writer: Writer
    let reads: LongReads
    let present: Locked<IngestConfiguration>

    private static let answer = AnswerSchema.object(
        "EPCISQueryDocument",
        [
            .init("@context", .list(.text)), .init("type", .text), .init("schemaVersion", .text),
            .init("creationDate", .text),
            .init(
                "epcisBody",
                .object([
                    .init(
                        "queryResults",
                        .object([
                            .init("queryName", .text),
                            .init("resultsBody", .object([.init("eventList", .list(.anything))])),
                        ]))
                ])),
        ])

    private static let names: Set = [
        "GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime", "EQ_bizStep", "EQ_action", "eventType",
        "perPage", "nextPageToken",
    ]

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/epcis/events",
                "What happened as EPCIS 2.0 events, oldest first: ?GE_eventTime=&LT_eventTime=&GE_recordTime=&LT_recordTime=&EQ_bizStep=&EQ_action=&eventType=&perPage=&nextPageToken=",
                needs: .right(.events), answers: .json(EPCISEndpoints.answer)
            ) { incoming in
                guard present.with({ $0.epcis != nil }) else {
                    throw APIProblem(.notFound, "no-epcis", "No EPCIS events are made here: there is no [epcis].")
                }
                let query = try EPCISEndpoints.query(incoming)
                await writer.follow()
                let events = try await reads.read { try $0.epcis.events(query) }
                var response = Response.json(EPCISCapture.answer(events, at: Clocks.wall))
                for name in ["GS1-EPCIS-Version", "GS1-CBV-Version"] {
                    if let field = HTTPField.Name(name) { response.headers[field] = "2.0" }
                }
                // A page that is full may be the last one: then the next is empty.
                if events.count == query.limit, let last = events.last, let field = HTTPField.Name("Link") {
                    response.headers[field] = "<\(EPCISEndpoints.next(incoming, last.id))>; rel=\"next\""
                }
                return response
            }
        ]
    }

    /// The same question for what comes after.
    private static func next(_ incoming: Incoming, _ id: Int64) -> String {
        let kept = (incoming.request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("nextPageToken=") }
        return "/api/v1/epcis/events?" + (kept + ["nextPageToken=\(id)"]).joined(separator: "&")
    }

    private static func query(_ incoming: Incoming) throws -> EPCISQuery {
        func bad(_ name: String, _ what: String) -> APIProblem {
            APIProblem(.badRequest, "bad-epcis-query", "\(name): \(what).")
        }
        for name in incoming.request.uri.queryParameters.map({ String($0.key) }) where !names.contains(name) {
            throw bad(String(name.prefix(60)), "is not understood here")
        }
        func moment(_ name: String) throws -> Int64? {
            guard let text = incoming.query(name) else { return nil }
            // An offset whose + came as a space.
            guard let moment = EPCISEvent.moment(of: text.replacing(" ", with: "+")) else {
                throw bad(name, "say a date and time with its offset, such as 2026-11-28T06:00:00Z")
            }
            return moment
        }
        func words<T: RawRepresentable & CaseIterable>(_ name: String, _ prefix: String, _: T.Type) throws -> [T]
        where T.RawValue == String {
            let given = incoming.queries(name).flatMap { $0.split(separator: ",") }
            guard given.count <= EPCISQuery.most else { throw bad(name, "names at most \(EPCISQuery.most) values") }
            return try given.map { word in
                // Also as web vocabulary.
                let short = word.hasPrefix(prefix) ? word.dropFirst(prefix.count) : word[...]
                guard let value = T(rawValue: String(short)) else {
                    throw bad(name, "one of \(T.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return value
            }
        }
        var query = EPCISQuery()
        query.happened = (try moment("GE_eventTime"), try moment("LT_eventTime"))
        query.told = (try moment("GE_recordTime"), try moment("LT_recordTime"))
        query.steps = try words("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-", EPCISEvent.Step.self)
        query.actions = try words("EQ_action", "", EPCISEvent.Action.self)
        query.kinds = try words("eventType", "", EPCISEvent.Kind.self)
        if let text = incoming.query("perPage") {
            guard let count = Int(text), EPCISQuery.limits.contains(count) else {
                throw bad("perPage", "1 to \(EPCISQuery.limits.upperBound)")
            }
            query.limit = count
        }
        if let text = incoming.query("nextPageToken") {
            guard let id = Int64(text), id >= 0 else { throw bad("nextPageToken", "take it from the header Link") }
            query.after = id
        }
        return query
    }
}
