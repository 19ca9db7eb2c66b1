public import Model

/// A line of an inbox in somebody's language, as it is answered.
public struct InboxLine: Sendable {
    public var entry: InboxEntry
    public var title: String
    /// To whom it went on, because nobody had read it.
    public var steps: [Escalation.Step] = []

    public init(_ entry: InboxEntry, _ words: NoticeWords, in language: NoticeWords.Language) {
        self.entry = entry
        var arguments = entry.words
        // It stands below the title.
        arguments["body"] = nil
        title =
            entry.isGroup
            ? words.title(ofMany: entry.type, in: language, count: entry.count)
            : words.title(of: entry.type, in: language, arguments)
    }

    public static let shape = Shape<InboxLine>(
        "InboxEntry",
        [
            .integer("id", \.entry.id), .integer("seq", \.entry.seq), .word("type", \.entry.type),
            .json("priority", .word(NoticeType.Priority.allCases.map(\.word))) { .string($0.entry.priority.word) },
            .text("title", \.title), .text("body", ifAny: { $0.entry.words["body"] }),
            .moment("at", \.entry.at), .moment("since", ifAny: { $0.entry.isGroup ? $0.entry.since : nil }),
            .integer("count", ifAny: { $0.entry.isGroup ? $0.entry.count : nil }),
            .text("subject", ifAny: { $0.entry.subject.isEmpty ? nil : $0.entry.subject }),
            .json("words", .map(.text)) { line in
                .object(line.entry.words.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) })
            },
            .text("link", ifAny: \.entry.link), .text("site", ifAny: \.entry.site), .text("team", ifAny: \.entry.team),
            .moment("read", ifAny: \.entry.read), .moment("snoozed", ifAny: \.entry.snoozed),
            .moment("expires", \.entry.expires), .list("raised", of: Escalation.Step.shape, \.steps),
        ])

    public var json: JSON { InboxLine.shape.json(self) }

    /// With what is known of each besides.
    public static func list(
        _ entries: [InboxEntry], _ words: NoticeWords, _ language: NoticeWords.Language, in store: Store
    ) throws -> [JSON] {
        let steps = try store.escalations.steps(of: entries.filter { $0.priority == .critical }.map(\.id))
        return entries.map { entry in
            var line = InboxLine(entry, words, in: language)
            line.steps = steps[entry.id] ?? []
            return line.json
        }
    }
}
