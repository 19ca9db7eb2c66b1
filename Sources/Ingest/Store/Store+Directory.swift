public import Model
import SQLite

/// A client with the numbers it is known by.
public struct PartyView: Equatable, Sendable {
    public var id: Int64
    public var name: String
    public var company: String
    public var reference: String?
    public var numbers: [String]

    public var json: JSON {
        .object([
            ("id", .int(id)), ("name", .string(name)), ("company", .string(company)),
            ("reference", reference.map(JSON.string)),
            ("numbers", .array(numbers.map(JSON.string))),
        ])
    }
}

extension Store {
    /// Adds a client, or renews the one with the same reference.
    @discardableResult
    public func addParty(
        name: String, company: String, reference: String?, numbers: [PhoneNumber], by who: String, at now: Int64
    ) throws -> Int64 {
        var id: Int64?
        if let reference { id = try database.integer("SELECT id FROM party WHERE reference=?", .text(reference)) }
        if id == nil {
            // The same client imported again without a reference is the same client.
            id = try database.integer(
                "SELECT id FROM party WHERE reference IS NULL AND ?1 IS NULL AND name=?2 AND company=?3",
                .text(reference), .text(name),
                .text(company))
        }
        if let id {
            try database.run("UPDATE party SET name=?, company=? WHERE id=?", .text(name), .text(company), .integer(id))
        } else {
            try database.run(
                "INSERT INTO party (name, company, reference, created, created_by) VALUES (?, ?, ?, ?, ?)", .text(name),
                .text(company), .text(reference), .integer(now), .text(who))
        }
        let party = id ?? database.lastInsertID
        for number in numbers {
            try database.run(
                "INSERT INTO party_number VALUES (?, ?, ?, NULL, ?) ON CONFLICT DO UPDATE SET number=excluded.number",
                .integer(party), .text(number.key), .text(number.display), .text(number.tail))
        }
        return party
    }

    public func party(_ id: Int64) throws -> PartyView? {
        guard
            var view = try database.first(
                "SELECT id, name, company, reference FROM party WHERE id=?", .integer(id),
                map: {
                    PartyView(
                        id: $0.integer(0), name: $0.text(1), company: $0.text(2), reference: $0.optionalText(3),
                        numbers: [])
                })
        else { return nil }
        view.numbers = try database.rows("SELECT number FROM party_number WHERE party=? ORDER BY number", .integer(id))
        { $0.text(0) }
        return view
    }

    /// Everybody known by a number, newest first: the person chooses, nobody guesses.
    public func parties(key: String) throws -> [PartyView] {
        try database.rows(
            "SELECT party FROM party_number WHERE key=? ORDER BY party DESC LIMIT 10", .text(key)
        ) { $0.integer(0) }.compactMap { try party($0) }
    }

    /// Who it may be when nobody has the number as it came: an exchange or an old directory may have shortened it. Only
    /// where one of the two is no whole number and the other ends with it, and always shown as a guess.
    public func guesses(_ number: PhoneNumber) throws -> [PartyView] {
        guard let tail = number.tail, number.kind == .invalid || number.kind == .subscriber else { return [] }
        let digits = number.significantDigits
        let found = try database.rows(
            "SELECT party, key FROM party_number WHERE tail=? AND key<>? LIMIT 20", .text(tail), .text(number.key)
        ) { (party: $0.integer(0), key: $0.text(1)) }
        var parties: [Int64] = []
        for (party, key) in found where !parties.contains(party) {
            let isWhole = key.hasPrefix("+")
            let other = String(key.filter(\.isWholeNumber).drop { $0 == "0" })
            guard !(isWhole && number.kind == .subscriber), other.hasSuffix(digits) || digits.hasSuffix(other) else {
                continue
            }
            parties.append(party)
        }
        return try parties.prefix(5).compactMap { try party($0) }
    }

    public func parties(matching text: String) throws -> [PartyView] {
        let pattern = "%" + text.replacing("%", with: "") + "%"
        return try database.rows(
            "SELECT id FROM party WHERE name LIKE ?1 OR company LIKE ?1 ORDER BY company, name LIMIT 20", .text(pattern)
        ) { $0.integer(0) }.compactMap { try party($0) }
    }
}

// MARK: people

public struct Person: Equatable, Sendable {
    public var id: Int64
    public var name: String
    public var desk: String?

    public init(id: Int64, name: String, desk: String?) {
        self.id = id
        self.name = name
        self.desk = desk
    }

    public var json: JSON {
        .object([("id", .int(id)), ("name", .string(name)), ("extension", desk.map(JSON.string))])
    }
}

extension Store {
    /// A session that lasts until it was not used for this long, in milliseconds.
    public static let sessionLife: Int64 = 30 * 86_400_000

    public func person(session digest: String, at now: Int64) throws -> Person? {
        try database.first(
            """
            SELECT user.id, user.name, desk.extension FROM session JOIN user ON user.id=session.user
            LEFT JOIN desk ON desk.user=user.id WHERE token=? AND seen>?
            """, .text(digest), .integer(now - Store.sessionLife)
        ) { Person(id: $0.integer(0), name: $0.text(1), desk: $0.optionalText(2)) }
    }

    /// A new session of a new or returning person; only the token's digest is kept.
    public func signIn(name: String, session digest: String, at now: Int64) throws -> Person {
        let id: Int64
        if let known = try database.integer("SELECT id FROM user WHERE name=?", .text(name)) {
            id = known
        } else {
            try database.run("INSERT INTO user (name, created) VALUES (?, ?)", .text(name), .integer(now))
            id = database.lastInsertID
        }
        try database.run("DELETE FROM session WHERE seen<?", .integer(now - Store.sessionLife))
        try database.run(
            "INSERT INTO session VALUES (?, ?, ?, ?)", .text(digest), .integer(id), .integer(now), .integer(now))
        return Person(
            id: id, name: name, desk: try database.text("SELECT extension FROM desk WHERE user=?", .integer(id)))
    }

    /// It was used today; written once a day at most.
    public func use(session digest: String, at now: Int64) throws {
        try database.run(
            "UPDATE session SET seen=?2 WHERE token=?1 AND seen<?2-86400000", .text(digest), .integer(now))
    }

    public func signOut(session digest: String) throws {
        try database.run("DELETE FROM session WHERE token=?", .text(digest))
    }

    /// Nil gives the telephone back.
    public func claim(desk: String?, user: Int64, at now: Int64) throws {
        if let desk {
            try database.run(
                "INSERT INTO desk VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET extension=?2, since=?3", .integer(user),
                .text(desk), .integer(now))
        } else {
            try database.run("DELETE FROM desk WHERE user=?", .integer(user))
        }
    }

    /// Everybody's name.
    public func people() throws -> [(user: Int64, name: String)] {
        try database.rows("SELECT id, name FROM user") { ($0.integer(0), $0.text(1)) }
    }

    public func desks() throws -> [(user: Int64, extension: String)] {
        try database.rows("SELECT user, extension FROM desk") { ($0.integer(0), $0.text(1)) }
    }
}
