import Depot
import Followers
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Platform

/// What happened, for other programs.
struct EventEndpoints {
    let writer: Writer
    let reads: LongReads
    let instance: String

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/events",
                "What happened as CloudEvents, by Server-Sent Events or WebSocket, after the header Last-Event-ID: ?since=&personal=1",
                needs: .right(.events), answers: .file(["text/event-stream"])
            ) { incoming in
                let known = incoming.header("last-event-id")
                let since = known.isEmpty ? incoming.query("since") : known
                let (instance, personal) = (instance, try incoming.flag("personal") && incoming.who().may(.personal))
                // What a command in another process told a moment ago, too.
                await writer.follow()
                let text = try await reads.read { store -> String in
                    let start = try since.map { text in
                        guard let seq = try store.ledger.start(since: text) else {
                            throw APIProblem(
                                .badRequest, "bad-since", "Say the number of an entry, or a date or time.")
                        }
                        return seq
                    }
                    return try EventStream(
                        after: start, of: store.ledger, instance: instance, personal: personal, rfc3339: rfc3339
                    ).text
                }
                return Response(
                    status: .ok, headers: [.contentType: "text/event-stream"],
                    body: .init(byteBuffer: ByteBuffer(string: text)))
            }
        ]
    }
}
