import Depot
import Hummingbird
import Model
import Platform

/// Everybody's own inbox: what they were told, and what they did about it.
struct InboxEndpoints {
    let writer: Writer
    let reads: LongReads
    let present: Locked<IngestConfiguration>

    /// How they are worded.
    private var words: NoticeWords { present.with { $0.noticeWords } }

    /// Lines of one page of the list.
    private static let limits = 1...500

    private static let pageSchema = AnswerSchema.object(
        "InboxPage",
        [
            .init("counts", InboxCounts.shape.schema), .init("entries", .list(InboxLine.shape.schema)),
            // Where the next page begins: to be given as `cursor`.
            .init("next", .text, isRequired: false),
        ])

    private static let changedSchema = AnswerSchema.object(
        "InboxChanged", [.init("changed", .integer), .init("counts", InboxCounts.shape.schema)])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/inbox",
                "My notices, unread first, then the newest: ?type=&priority=&read=&snoozed=1&cursor=&offset=&limit=&lang=",
                needs: .session, answers: .json(InboxEndpoints.pageSchema)
            ) { incoming in
                let person = try incoming.who()
                let (filter, language) = (try InboxFilter(incoming), NoticeWords.Language(incoming))
                let limit = try incoming.number("limit", InboxEndpoints.limits) ?? 100
                let offset = try incoming.number("offset", 0...100_000) ?? 0
                let cursor = try incoming.query("cursor").map { text -> InboxCursor in
                    guard let cursor = InboxCursor(text) else {
                        throw APIProblem(.badRequest, "bad-query", "cursor is what a page before called next.")
                    }
                    return cursor
                }
                return .json(
                    try await reads.read { store -> JSON in
                        // One more shows whether there is a next page.
                        let rows = try store.inbox.rows(
                            of: person.id, filter, after: cursor, offset: offset, limit: limit + 1)
                        let next = rows.count > limit ? rows[limit - 1].cursor.text : nil
                        return .object([
                            ("counts", try store.inbox.counts(of: person.id).json),
                            (
                                "entries",
                                .array(
                                    try InboxLine.list(
                                        rows.prefix(limit).map(person.shown), words, language, in: store))
                            ),
                            ("next", next.map(JSON.string)),
                        ])
                    })
            },
            Endpoint(
                .get, "/api/v1/inbox/count", "How many of my notices wait, by priority", needs: .session,
                answers: .json(InboxCounts.shape.schema)
            ) { incoming in
                let person = try incoming.who()
                return .json(try await reads.read { try $0.inbox.counts(of: person.id).json })
            },
            Endpoint(
                .get, "/api/v1/inbox/{id}", "One of my notices: ?lang=", needs: .session,
                answers: .json(InboxLine.shape.schema)
            ) { incoming in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                let language = NoticeWords.Language(incoming)
                let found = try await reads.read { store in
                    try store.inbox.row(id, of: person.id).flatMap {
                        try InboxLine.list([person.shown($0)], words, language, in: store).first
                    }
                }
                guard let found else { throw APIProblem.noNotice }
                return .json(found)
            },
            Endpoint(
                .post, "/api/v1/inbox/{id}/read", "Read, or unread again", body: MarkNotice.shape, needs: .session,
                answers: .json(InboxEndpoints.changedSchema)
            ) { incoming, body in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                return try await changed(person) { try $0.mark([id], read: body.read, of: person, at: $1) }
            },
            Endpoint(
                .post, "/api/v1/inbox/read", "Several read, or unread again", body: MarkNotices.shape,
                needs: .session, answers: .json(InboxEndpoints.changedSchema)
            ) { incoming, body in
                let person = try incoming.who()
                return try await changed(person) { try $0.mark(body.ids, read: body.read, of: person, at: $1) }
            },
            Endpoint(
                .post, "/api/v1/inbox/read-all", "All that wait are read, up to the fact that was seen",
                body: MarkAllNotices.shape, needs: .session, answers: .json(InboxEndpoints.changedSchema)
            ) { incoming, body in
                let person = try incoming.who()
                return try await changed(person) { try $0.markAll(upTo: body.seq ?? .max, of: person, at: $1) }
            },
            Endpoint(
                .post, "/api/v1/inbox/{id}/snooze", "Put off until then: unread again when its time has come",
                body: SnoozeNotice.shape, needs: .session, answers: .json(InboxEndpoints.changedSchema)
            ) { incoming, body in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                do {
                    return try await changed(person) { try $0.snooze(id, until: body.until, of: person, at: $1) }
                } catch let refusal as InboxDesk.Refusal { throw refusal.problem }
            },
            Endpoint(
                .delete, "/api/v1/inbox/{id}", "Remove one of my notices", needs: .session,
                answers: .json(InboxEndpoints.changedSchema)
            ) { incoming in
                let (person, id) = (try incoming.who(), try incoming.id("id"))
                return try await changed(person) { try $0.remove(id, of: person, at: $1) }
            },
            Endpoint(
                .delete, "/api/v1/inbox", "Remove all of my notices that are read", needs: .session,
                answers: .json(InboxEndpoints.changedSchema)
            ) { incoming in
                let person = try incoming.who()
                return try await changed(person) { desk, _ in try desk.removeRead(of: person) }
            },
            Endpoint(
                .post, "/api/v1/inbox/test", "Tell me something, the way in which everything is told",
                body: TestNotice.shape, needs: .session, answers: .done
            ) { incoming, body in
                let person = try incoming.who()
                try await writer.run { try $0.inbox.test(body.text, by: person, at: $1) }
                return .json(.members([]))
            },
        ]
    }

    /// One's own inbox was changed: by how much, and what waits now, both of one moment.
    private func changed(
        _ person: Person, _ deed: @escaping @Sendable (_ desk: InboxDesk, _ now: Int64) throws -> Int
    ) async throws -> Response {
        let (count, counts) = try await writer.run { desks, now in
            (try deed(desks.inbox, now), try desks.inbox.counts(of: person))
        }
        return .json(.object([("changed", .int(Int64(count))), ("counts", counts.json)]))
    }
}

extension InboxFilter {
    /// As the address asks: words divided by commas, `read=0` or `read=1`, `snoozed=1`.
    fileprivate init(_ incoming: Incoming) throws {
        self.init()
        types = try InboxFilter.words(incoming.query("type"), NoticeType.allCases, \.rawValue, "type")
        priorities = try InboxFilter.words(
            incoming.query("priority"), NoticeType.Priority.allCases, \.word, "priority")
        switch incoming.query("read") {
        case nil: break
        case "0": isRead = false
        case "1": isRead = true
        default: throw APIProblem(.badRequest, "bad-query", "read is 0 or 1.")
        }
        isSnoozed = incoming.flag("snoozed")
    }

    private static func words<Word: Hashable>(
        _ text: String?, _ known: [Word], _ name: (Word) -> String, _ query: String
    ) throws -> Set<Word>? {
        guard let text, !text.isEmpty else { return nil }
        return try Set(
            text.split(separator: ",").map { part in
                guard let word = known.first(where: { name($0) == part }) else {
                    throw APIProblem(
                        .badRequest, "bad-query", "\(query) is of \(known.map(name).joined(separator: ", ")).")
                }
                return word
            })
    }
}

extension NoticeWords.Language {
    /// A language that there are no words of is English, as in the pages.
    init(_ incoming: Incoming) {
        self = NoticeWords.Language(rawValue: incoming.query("lang") ?? "fr") ?? .en
    }
}

extension Incoming {
    /// A whole number of the query within a range; nil where it is left out.
    fileprivate func number(_ name: String, _ range: ClosedRange<Int>) throws -> Int? {
        guard let text = query(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw APIProblem(.badRequest, "bad-query", "\(name) is \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}
