import SQLite

extension CallTable {
    /// Telephones and queues of which the last calls are asked one by one: then what each had before is not looked at.
    private static let lastLimit = 100

    /// SQL that finds the last calls of each telephone and queue of a scope, among which its last ones are; nil of too many, or of none.
    func last(
        of scope: CallScope, _ from: Int64, _ to: Int64, _ limit: Int
    ) -> (condition: String, values: [Value])? {
        guard (1...CallTable.lastLimit).contains(scope.desks.count + scope.queues.count) else { return nil }
        let desk = """
            SELECT call_desk.call AS id FROM call_desk JOIN call AS finished ON finished.id=call_desk.call AND finished.state='ended'
            WHERE call_desk.desk=? AND call_desk.started>=? AND call_desk.started<? ORDER BY call_desk.started DESC LIMIT ?
            """
        let queue = """
            SELECT id FROM call WHERE queue=? AND started>=? AND started<? AND state='ended' ORDER BY started DESC LIMIT ?
            """
        let parts = (scope.desks.map { _ in desk } + scope.queues.map { _ in queue }).enumerated().map {
            "SELECT id FROM (\($0.element)) AS last\($0.offset)"
        }
        return (
            "call.id IN (\(parts.joined(separator: " UNION ALL ")))",
            (scope.desks.sorted() + scope.queues.sorted()).flatMap {
                [Value.text($0), .integer(from), .integer(to), .integer(limit)]
            }
        )
    }
}
