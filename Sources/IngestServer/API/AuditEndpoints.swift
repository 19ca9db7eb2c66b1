import Depot
import Hummingbird
import Model

/// The trail.
struct AuditEndpoints {
    let writer: Writer
    let live: LiveView

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/audit", "Who did what, newest first: ?before=&who=&subject=", needs: .session,
                answers: .list(Entry.shape.schema)
            ) {
                incoming in
                let person = try incoming.who()
                // One's own trail is everybody's right.
                let who = person.may(.audit) ? incoming.query("who") : person.name
                let (before, subject) = (incoming.time("before"), incoming.query("subject"))
                // What a command in another process told a moment ago, too.
                await writer.follow()
                return .json(
                    .array(
                        try await live.read {
                            try $0.trail.entries(before: before, subject: subject, who: who, limit: 100).map(\.json)
                        }))
            }
        ]
    }
}
