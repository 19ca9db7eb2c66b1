import SQLite

/// How a person likes the pages, on whatever machine they sign in. Nobody else is told of it.
public struct Taste: Equatable, Sendable {
    public enum Theme: String, CaseIterable, Sendable {
        /// As the machine has it.
        case auto
        case light, dark
    }

    /// Nil: they never said.
    public var theme: Theme?
    /// As the pages name it: `fr`. A language that a browser's pages do not have is left alone there.
    public var language: String?

    public init(theme: Theme? = nil, language: String? = nil) { (self.theme, self.language) = (theme, language) }

    /// 2 to 8 letters and hyphens (RFC 5646 without the rarer subtags).
    public static func isLanguage(_ text: String) -> Bool {
        (2...8).contains(text.utf8.count) && text.utf8.allSatisfy { $0 == 0x2D || (0x61...0x7A).contains($0 | 0x20) }
    }
}

extension AccountDesk {
    /// Keeps what is said of it; what is nil stays. Returns all of it.
    public func prefer(_ taste: Taste, by person: Person) throws -> Taste {
        try store.transaction {
            try store.database.run(
                "UPDATE user SET theme=coalesce(?2, theme), language=coalesce(?3, language) WHERE id=?1",
                .integer(person.id), .text(taste.theme?.rawValue), .text(taste.language))
            return try store.database.first("SELECT theme, language FROM user WHERE id=?", .integer(person.id)) {
                Taste(theme: $0.optionalText(0).flatMap(Taste.Theme.init(rawValue:)), language: $0.optionalText(1))
            } ?? taste
        }
    }
}

extension Schema {
    /// Colours and language of the pages are a person's, not a machine's.
    static let tastes = """
        ALTER TABLE user ADD COLUMN theme TEXT;
        ALTER TABLE user ADD COLUMN language TEXT;
        """
}
