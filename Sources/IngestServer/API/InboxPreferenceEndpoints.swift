import Depot
import Hummingbird
import Model

/// What a person wants to be told, and how.
struct InboxPreferenceEndpoints {
    let writer: Writer
    let reads: LongReads

    private static let schema = AnswerSchema.object(
        "InboxPreferences",
        [
            .init(
                "types",
                .list(
                    .object(
                        "InboxPreference",
                        [
                            .init("type", .words(NoticeType.self)), .init("name", .text),
                            .init("priority", .word(NoticeType.Priority.allCases.map(\.word))), .init("web", .truth),
                            .init("sound", .truth), .init("fixed", .truth, isRequired: false),
                            .init("channels", .list(.words(NoticeChannel.Kind.self))),
                        ]))),
            // What is critical comes by its channels in the quiet hours, too; the hour of a digest by e-mail.
            .init("loud", .truth), .init("digest", .integer, isRequired: false),
            .init("quietFrom", .integer, isRequired: false), .init("quietUntil", .integer, isRequired: false),
        ])

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/inbox/preferences", "What I want to be told, and how: ?lang=", needs: .session,
                answers: .json(InboxPreferenceEndpoints.schema)
            ) { incoming in
                let person = try incoming.who()
                let preferences = try await reads.read { try $0.inbox.preferences(of: person.id) }
                return .json(json(preferences, of: person, NoticeWords.Language(incoming)))
            },
            Endpoint(
                .put, "/api/v1/inbox/preferences",
                "All of my choices at once; a type left out is told as by default: ?lang=",
                body: PreferNotices.shape, needs: .session, answers: .json(InboxPreferenceEndpoints.schema)
            ) { incoming, body in
                let person = try incoming.who()
                let wanted = try body.preferences
                let saved = try await writer.run { try $0.inbox.prefer(wanted, of: person, at: $1) }
                return .json(json(saved, of: person, NoticeWords.Language(incoming)))
            },
        ]
    }

    /// Those that this person may be told of.
    private func json(_ preferences: InboxPreferences, of person: Person, _ language: NoticeWords.Language) -> JSON {
        let types = preferences.choices.filter { choice in
            (choice.type.needs.map(person.may) ?? true)
                && { if case .holders(let right) = choice.type.audience { person.may(right) } else { true } }()
        }
        return .object([
            (
                "types",
                .array(
                    types.map { choice in
                        .object([
                            ("type", .string(choice.type.rawValue)),
                            ("name", .string(NoticeWords.name(of: choice.type, in: language))),
                            ("priority", .string(choice.type.priority.word)), ("web", .bool(choice.web)),
                            ("sound", .bool(choice.sound)), ("fixed", choice.type.isFixed ? true : nil),
                            (
                                "channels",
                                .array(
                                    NoticeChannel.Kind.allCases.filter(choice.channels.contains).map {
                                        .string($0.rawValue)
                                    })
                            ),
                        ])
                    })
            ),
            ("loud", .bool(preferences.isLoud)), ("digest", preferences.digest.map { .int($0) }),
            ("quietFrom", preferences.quiet.map { .int($0.from) }),
            ("quietUntil", preferences.quiet.map { .int($0.until) }),
        ])
    }
}

/// All of a person's choices.
struct PreferNotices: Sendable {
    struct Choice: Sendable {
        var type = ""
        var web = true
        var sound = false
        /// Left out: as by default.
        var channels: Set<NoticeChannel.Kind>?

        private static let needed = APIProblem(.badRequest, "bad-type", "Say which type of notice.")

        static let shape = BodyShape(
            "PreferNotice", Self(),
            [
                .text("type", 60, \.type, or: needed), .truth("web", \.web), .truth("sound", \.sound),
                .words("channels", NoticeChannel.Kind.allCases, \.channels),
            ])
    }

    var types: [Choice] = []
    /// Minutes of the day; both, or neither.
    var quietFrom: Int64?
    var quietUntil: Int64?
    var loud = false
    /// The hour of the day.
    var digest: Int64?

    static let shape = BodyShape(
        "PreferNotices", Self(),
        [
            .list("types", NoticeType.allCases.count, of: Choice.shape, \.types),
            .integer("quietFrom", 0...InboxPreferences.lastMinute, \.quietFrom),
            .integer("quietUntil", 0...InboxPreferences.lastMinute, \.quietUntil), .truth("loud", \.loud),
            .integer("digest", 0...23, \.digest),
        ])

    var preferences: InboxPreferences {
        get throws {
            let choices = try types.map { choice -> InboxPreferences.Choice in
                guard let type = NoticeType(rawValue: choice.type) else {
                    throw APIProblem(.badRequest, "bad-type", "There is no type \"\(choice.type)\".")
                }
                return InboxPreferences.Choice(
                    type, web: choice.web, sound: choice.sound, channels: choice.channels)
            }
            guard let quietFrom, let quietUntil, quietFrom != quietUntil else {
                return InboxPreferences(choices, quiet: nil, isLoud: loud, digest: digest)
            }
            return InboxPreferences(
                choices, quiet: .init(from: quietFrom, until: quietUntil), isLoud: loud, digest: digest)
        }
    }
}
