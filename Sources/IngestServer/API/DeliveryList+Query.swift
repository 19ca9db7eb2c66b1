import Depot
import HTTPTypes
import Model
import Platform

extension DeliveryList.Question {
    /// As the address asks; nil without `limit`: who asks for no page gets the list as it always was.
    init?(_ incoming: Incoming, since: Int64) throws {
        guard let limit = incoming.query("limit") else { return nil }
        guard let limit = Int(limit), DeliveryList.limits.contains(limit) else {
            throw APIProblem(
                .badRequest, "bad-query",
                "limit is \(DeliveryList.limits.lowerBound) to \(DeliveryList.limits.upperBound).")
        }
        let today = incoming.query("today") ?? String(rfc3339(Clocks.wall).prefix(10))
        guard today.utf8.count == 10, today.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) }) else {
            throw APIProblem(.badRequest, "bad-query", "today is a day as YYYY-MM-DD.")
        }
        self.init(today: today, since: since)
        self.limit = limit
        text = Typed.line(incoming.query("q"), limit: 100) ?? ""
        dock = Typed.line(incoming.query("dock"), limit: 100)
        supplier = Typed.line(incoming.query("supplier"), limit: 300)
        for word in (incoming.query("state") ?? "").split(separator: ",") {
            guard let state = DeliveryList.State(rawValue: String(word)) else {
                throw APIProblem(.badRequest, "bad-query", "state is open, late, today, later or closed.")
            }
            states.insert(state)
        }
        if let text = incoming.query("after") {
            guard let id = Int64(text) else { throw APIProblem(.badRequest, "bad-query", "after is a number.") }
            after = id
        }
    }
}

extension DeliveryList {
    func json(zones: [JSON]) -> JSON {
        .object([
            ("deliveries", .array(deliveries.map(\.summary))), ("zones", .array(zones)),
            ("counts", .object(State.allCases.map { ($0.rawValue, .int(Int64(counts[$0] ?? 0))) })),
            ("total", .int(Int64(total))), ("next", next.map(JSON.int)),
            ("suppliers", .array(suppliers.map(JSON.string))), ("docks", .array(docks.map(JSON.string))),
        ])
    }
}
