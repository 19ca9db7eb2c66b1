public import Depot
public import Model

/// Why there was a card, or none, for each of the last telephones that rang.
public struct LegJournal: Sendable {
    static let limit = 100

    public struct Entry: Sendable {
        var at: Int64
        var call: String
        var leg: String
        public private(set) var desk: String
        /// Who had claimed the telephone.
        var people: [String]
        /// Their open browsers when it rang.
        var browsers: [String]
        /// Which of them drew the card, and after how many milliseconds.
        var shown: [(browser: String, after: Int64)] = []

        public init(at: Int64, call: String, leg: String, desk: String, people: [String], browsers: [String]) {
            (self.at, self.call, self.leg, self.desk) = (at, call, leg, desk)
            (self.people, self.browsers) = (people, browsers)
        }

        /// The reason, as a word that pages translate.
        var verdict: String {
            if !shown.isEmpty { return "shown" }
            if people.isEmpty { return "nobody-claims" }
            return browsers.isEmpty ? "no-browser" : "sent"
        }

        public static let shape = Shape<Entry>(
            "CallExplanation",
            [
                .moment("at", \.at), .text("call", \.call), .text("desk", \.desk),
                .json("verdict", .word(["shown", "nobody-claims", "no-browser", "sent"])) { .string($0.verdict) },
                .texts("people", \.people), .texts("browsers", \.browsers), .list("shown", of: drawn, \.shown),
            ])

        private static let drawn = Shape<(browser: String, after: Int64)>(
            "DrawnCard", [.text("browser") { $0.browser }, .integer("afterMs") { $0.after }])

        public var json: JSON { Entry.shape.json(self) }
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    /// Newest first.
    public mutating func rang(_ entry: Entry) {
        guard !entries.contains(where: { $0.leg == entry.leg && $0.call == entry.call }) else { return }
        entries.insert(entry, at: 0)
        if entries.count > LegJournal.limit { entries.removeLast() }
    }

    public mutating func shown(_ call: String, desk: String, browser: String, at now: Int64) {
        guard let index = entries.firstIndex(where: { $0.call == call && $0.desk == desk }),
            entries[index].shown.count < 16, !entries[index].shown.contains(where: { $0.browser == browser })
        else { return }
        entries[index].shown.append((browser, max(0, now - entries[index].at)))
    }
}
