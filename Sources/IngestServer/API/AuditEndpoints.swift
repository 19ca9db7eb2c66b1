import Depot
import HTTPTypes
import Hummingbird
import Model

/// The trail: who did what, and who looked at whom.
struct AuditEndpoints {
    let writer: Writer
    let live: LiveView
    let reads: LongReads
    let personal: PersonalReadLog

    /// Lines of one file at most; `edge-ingest audit export` has no limit.
    static let exportLimit = 100_000

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/audit",
                "Who did what, newest first: ?before=&who=&subject=&kind=&from=&to= (Unix ms); kind is a room, a kind, reads or deeds",
                needs: .session, answers: .list(Entry.shape.schema)
            ) {
                incoming in
                let person = try incoming.who()
                var query = incoming.trailQuery
                // One's own trail is everybody's right.
                if !person.may(.audit) { query.who = person.name }
                let (wanted, before) = (query, incoming.time("before"))
                // What a command in another process told a moment ago, too.
                await writer.follow()
                return .json(
                    .array(
                        try await live.read {
                            try $0.trail.entries(wanted, before: before, limit: 100).map { entry in
                                let json = person.shown(entry.json)
                                // Who looked at whom: their numbers and names stand in the subject.
                                guard entry.fact.kind.room == .personal, !person.may(.personal) else { return json }
                                return json.with("subject", .string(PersonalMask.name))
                            }
                        }))
            }
        ]
            + ["jsonl", "csv"].map { form in
                Endpoint(
                    .get, "/api/v1/audit/export.\(form)",
                    "The trail oldest first, each line with what proves it: ?who=&subject=&kind=&from=&to=",
                    needs: .right(.audit), answers: .file([form == "csv" ? "text/csv" : "application/jsonl"])
                ) { incoming in
                    let query = incoming.trailQuery
                    personal.note(.export, "audit", by: try incoming.unmasked())
                    await writer.follow()
                    let lines = try await reads.read { store -> [SealedEntry] in
                        var lines: [SealedEntry] = []
                        try store.trail.sealed(query) { line in
                            lines.append(line)
                            return lines.count <= AuditEndpoints.exportLimit
                        }
                        return lines
                    }
                    guard lines.count <= AuditEndpoints.exportLimit else {
                        throw APIProblem(
                            .contentTooLarge, "too-many-rows",
                            "More than \(AuditEndpoints.exportLimit) lines: narrow the time, or use edge-ingest audit export."
                        )
                    }
                    return try await Endpoint.file("audit", form) {
                        var text = TrailLines.head(form)
                        for line in lines { text += TrailLines.line(line, form) }
                        return Array(text.utf8)
                    }
                }
            }
    }
}

/// The trail as lines of a file.
enum TrailLines {
    static let columns = [
        "id", "time", "who", "what", "subject", "detail", "station", "reason", "site", "erased", "salt", "digest",
        "previous", "link",
    ]

    static func head(_ form: String) -> String { form == "csv" ? "\u{FEFF}" + CSV.line(columns) : "" }

    /// JSON Lines prove themselves; a spreadsheet is for people, with the links by which a line is found again.
    static func line(_ sealed: SealedEntry, _ form: String) -> String {
        guard form == "csv" else { return sealed.json.description + "\n" }
        let entry = sealed.entry
        return CSV.line([
            String(entry.seq), Reports.written(entry.at), entry.author.who, entry.fact.kind.rawValue,
            entry.fact.subject, entry.fact.detail ?? "", entry.author.station ?? "", entry.author.reason ?? "",
            entry.site ?? "", entry.isErased ? "1" : "", sealed.salt ?? "", sealed.digest, sealed.previous, sealed.link,
        ])
    }
}

extension Incoming {
    /// The person, who sees numbers and names: what proves itself cannot be masked.
    func unmasked() throws -> Person {
        let person = try who()
        guard person.may(.personal) else { throw APIProblem.noRight(.personal) }
        return person
    }

    /// Which entries of the trail are asked for.
    var trailQuery: TrailTable.Query {
        func text(_ name: String, _ limit: Int) -> String? {
            query(name).flatMap { $0.isEmpty ? nil : String($0.prefix(limit)) }
        }
        return TrailTable.Query(
            who: text("who", 80), subject: text("subject", 200), kind: text("kind", 60), from: time("from"),
            to: time("to"))
    }
}
