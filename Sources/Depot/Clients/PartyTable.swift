public import Model
import SQLite

/// A client with the numbers it is known by.
public struct PartyView: Equatable, Sendable {
    public var id: Int64
    public var name: String
    public var company: String
    public var reference: String?
    public var numbers: [String]
    /// The ERP's party.
    public var erp: String?

    public static let shape = Shape<PartyView>(
        "Client",
        [
            .integer("id", \.id), .text("name", \.name), .text("company", \.company),
            .text("reference", ifAny: \.reference), .texts("numbers", \.numbers),
        ])

    public var json: JSON { PartyView.shape.json(self) }
}

/// Clients and their numbers.
public struct PartyTable: StoreTable {
    let store: Store

    /// Adds a client, or renews it: the one with the same reference; else, where one of the two has no reference, the only one
    /// of the same name and company. `replacing`: the numbers are all that it has.
    @discardableResult
    public func add(
        name: String, company: String, reference: String?, numbers: [PhoneNumber], replacing: Bool = false,
        by who: String,
        at now: Int64
    ) throws -> Int64 {
        let id = try known(name: name, company: company, reference: reference)
        if let id {
            try database.run(
                "UPDATE party SET name=?, company=?, reference=coalesce(reference, ?) WHERE id=?", .text(name),
                .text(company), .text(reference), .integer(id))
        } else {
            try database.run(
                "INSERT INTO party (name, company, reference, created, created_by) VALUES (?, ?, ?, ?, ?)", .text(name),
                .text(company), .text(reference), .integer(now), .text(who))
        }
        let party = id ?? database.lastInsertID
        if replacing, id != nil { try database.run("DELETE FROM party_number WHERE party=?", .integer(party)) }
        for number in numbers {
            try database.run(
                "INSERT INTO party_number VALUES (?, ?, ?, NULL, ?) ON CONFLICT DO UPDATE SET number=excluded.number",
                .integer(party), .text(number.key), .text(number.display), .text(number.tail))
        }
        return party
    }

    /// The client that `add` renews.
    func known(name: String, company: String, reference: String?) throws -> Int64? {
        var id: Int64?
        if let reference { id = try database.integer("SELECT id FROM party WHERE reference=?", .text(reference)) }
        if id == nil {
            let found = try database.rows(
                """
                SELECT id FROM party WHERE name=?1 AND company=?2 AND (reference IS NULL OR ?3 IS NULL) AND erp IS NULL LIMIT 3
                """, .text(name), .text(company), .text(reference)
            ) { $0.integer(0) }
            if found.count == 1 { id = found[0] }
            if found.count > 1, reference == nil {
                // The same client imported again without a reference is the same client.
                id = try database.integer(
                    "SELECT id FROM party WHERE reference IS NULL AND name=? AND company=?", .text(name), .text(company)
                )
            }
        }
        return id
    }

    /// Numbers of clients that were none by an older reading or older metadata, and are one now: found again by their key.
    /// How many. At a start: some microseconds a number.
    @discardableResult
    public func readNumbersAgain(_ plan: NumberPlan) throws -> Int {
        var (key, count) = ("raw:", 0)
        while true {
            let rows = try database.rows(
                "SELECT party, key, number FROM party_number WHERE key>=? AND key<'raw;' ORDER BY key LIMIT 2000",
                .text(key)
            ) { (party: $0.integer(0), key: $0.text(1), number: $0.text(2)) }
            let found = rows.map { ($0, plan.number($0.number)) }.filter { $0.1.kind == .subscriber }
            if !found.isEmpty {
                try database.transaction {
                    for (row, number) in found {
                        try database.run(
                            "DELETE FROM party_number WHERE party=? AND key=?", .integer(row.party), .text(row.key))
                        try database.run(
                            "INSERT INTO party_number VALUES (?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING",
                            .integer(row.party), .text(number.key), .text(number.display), .text(number.tail))
                    }
                }
            }
            count += found.count
            guard rows.count == 2000, let last = rows.last?.key, last != key else { return count }
            key = last
        }
    }

    public func view(_ id: Int64) throws -> PartyView? {
        guard
            var view = try database.first(
                "SELECT id, name, company, reference, erp FROM party WHERE id=?", .integer(id),
                map: {
                    PartyView(
                        id: $0.integer(0), name: $0.text(1), company: $0.text(2), reference: $0.optionalText(3),
                        numbers: [], erp: $0.optionalText(4))
                })
        else { return nil }
        view.numbers = try database.rows("SELECT number FROM party_number WHERE party=? ORDER BY number", .integer(id))
        { $0.text(0) }
        return view
    }

    func attach(_ number: PhoneNumber, to party: Int64, label: String) throws {
        try database.run(
            "INSERT INTO party_number VALUES (?, ?, ?, ?, ?)", .integer(party), .text(number.key),
            .text(number.display), .text(label), .text(number.tail))
    }

    func detach(_ number: PhoneNumber, from party: Int64) throws {
        try database.run("DELETE FROM party_number WHERE party=? AND key=?", .integer(party), .text(number.key))
    }

    /// What stands beside a number of a client: empty where nothing does, nil where the client has no such number.
    func label(of number: PhoneNumber, at party: Int64) throws -> String? {
        try database.first(
            "SELECT coalesce(label, '') FROM party_number WHERE party=? AND key=?", .integer(party), .text(number.key)
        ) { $0.text(0) }
    }

    /// The numbers of a client, as compared.
    public func keys(of party: Int64) throws -> [String] {
        try database.rows("SELECT key FROM party_number WHERE party=?", .integer(party)) { $0.text(0) }
    }

    /// Everybody known by a number, newest first: the person chooses, nobody guesses.
    public func rows(key: String) throws -> [PartyView] {
        try database.rows(
            "SELECT party FROM party_number WHERE key=? ORDER BY party DESC LIMIT 10", .text(key)
        ) { $0.integer(0) }.compactMap { try view($0) }
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
        return try parties.prefix(5).compactMap { try view($0) }
    }

    /// By words' beginnings in name, company, reference or number; all of them by company when there is no word.
    public func rows(listed text: String, limit: Int) throws -> [PartyView] {
        guard let query = SearchTable.match(text) else {
            return try database.rows("SELECT id FROM party ORDER BY company, name LIMIT ?", .integer(limit)) {
                $0.integer(0)
            }.compactMap { try view($0) }
        }
        return try database.rows(
            "SELECT ref FROM search WHERE search MATCH ? AND kind='party' ORDER BY bm25(search, 10.0, 1.0) LIMIT ?",
            .text(query), .integer(limit)
        ) { Int64($0.text(0)) ?? 0 }.compactMap { try view($0) }
    }
}

// MARK: people

public struct Person: Equatable, Sendable {
    public var id: Int64
    public var name: String
    public var desk: String?
    /// All that roles and rights come to.
    public var rights: Set<Permission> = []
    public var roles: Set<String> = []
    public var reach = Reach()
    /// Where they work in this session: a dock.
    public var station: String?
    /// Nobody has a password yet.
    public var isOpenHouse = true
    public var taste = Taste()
    /// Nil for a program, and where there is none yet.
    public var session: SessionState?
    /// It is a program of theirs that asks.
    public var program: ProgramMark?
    /// A right of theirs asks for a second factor, and they have none: before anything else they set one up.
    public var isFactorDue = false

    public init(id: Int64, name: String, desk: String?) {
        self.id = id
        self.name = name
        self.desk = desk
    }

    public var author: Author { Author(name, station: station) }

    /// With the reason they gave.
    public func author(because reason: String?) -> Author { Author(name, station: station, reason: reason) }

    public static let shape = Shape<Person>(
        "Person",
        [
            .integer("id", \.id), .text("name", \.name), .text("extension", ifAny: \.desk),
            .json("rights", .list(.words(Permission.self))) { person in
                .array(Permission.allCases.filter { person.may($0) }.map { .string($0.rawValue) })
            },
            .texts("roles") { $0.roles.sorted() },
            .text("station", ifAny: \.station), .mark("openHouse", \.isOpenHouse),
            .word("theme", ifAny: \.taste.theme), .text("language", ifAny: \.taste.language),
            .mark("factorDue", \.isFactorDue),
        ])

    public var json: JSON { Person.shape.json(self) }
}

extension PeopleTable {
    /// A session that lasts until it was not used for this long, in milliseconds.
    public static let sessionLife: Int64 = 30 * 86_400_000

    /// A session opened with a PIN or a badge at a dock ends after a working day, in milliseconds.
    public static let stationLife: Int64 = 12 * 3_600_000

    public func person(session digest: String, at now: Int64) throws -> Person? {
        var (proof, isVouched) = (SignInProof?.none, false)
        let found = try database.first(
            """
            SELECT user.id, user.name, desk.extension, user.rights, session.station, user.theme, user.language,
                session.proof, coalesce(session.shown, session.created), session.seen, session.way
            FROM session
            JOIN user ON user.id=session.user LEFT JOIN desk ON desk.user=user.id
            WHERE token=?1 AND seen>?2 AND coalesce(expires, ?3 + 1)>?3 AND disabled=0
            """, .text(digest), .integer(now - PeopleTable.sessionLife), .integer(now)
        ) { row in
            var person = Person(id: row.integer(0), name: row.text(1), desk: row.optionalText(2))
            (person.rights, person.station) = (Permission.set(row.text(3)), row.optionalText(4))
            person.taste = Taste(
                theme: row.optionalText(5).flatMap(Taste.Theme.init(rawValue:)), language: row.optionalText(6))
            person.session = SessionState(digest: digest, shown: row.integer(8), seen: row.integer(9))
            (proof, isVouched) = (row.optionalText(7).flatMap(SignInProof.init(rawValue:)), row.optionalText(10) != nil)
            return person
        }
        guard var person = found else { return nil }
        person.roles = try store.roles.names(of: person.id)
        person.rights = try store.roles.permissions(of: person.roles, and: person.rights)
        person.isOpenHouse = try isOpenHouse()
        // Who gave a name when that was enough has shown nothing: from the first password on that is over.
        if !person.isOpenHouse {
            let hasShown = try database.integer(
                "SELECT 1 FROM user WHERE id=? AND (password IS NOT NULL OR pin IS NOT NULL OR badge IS NOT NULL)",
                .integer(person.id))
            if hasShown == nil, !isVouched { return nil }
            person.reach = try store.roles.reach(of: store.roles.scope(of: person.id))
            if proof?.isStrong != true, !person.rights.isDisjoint(with: store.guarded) {
                // A PIN or a badge at a dock, and who is vouched for by others, open the rest; a password from before a factor was there,
                // or was asked for, nothing.
                if person.station == nil, !isVouched {
                    if try store.factors.hasAny(person.id) { return nil }
                    person.isFactorDue = true
                }
                person.rights.subtract(store.guarded)
            }
        }
        return person
    }

    /// A new session of a new or returning person whose name is believed; only the token's digest is kept.
    public func signIn(name: String, session digest: String, at now: Int64) throws -> Person {
        let id: Int64
        if let known = try database.integer("SELECT id FROM user WHERE name=?", .text(name)) {
            id = known
        } else {
            id = try insert(name, at: now)
        }
        return try openSession(user: id, station: nil, session: digest, at: now)
    }

    /// A new session of somebody who has shown who they are. At a station, or where others vouch for them, it ends by itself.
    public func openSession(
        user id: Int64, station: String?, session digest: String, as mark: SessionMark? = nil, at now: Int64
    ) throws -> Person {
        let way = mark?.way
        try database.run("DELETE FROM session WHERE seen<?", .integer(now - PeopleTable.sessionLife))
        try database.run(
            """
            INSERT INTO session (token, user, created, seen, station, expires, source, browser, proof, shown, way, issuer, sid, screen)
            VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """, .text(digest), .integer(id), .integer(now), .text(station),
            .integer(station != nil ? now + PeopleTable.stationLife : way.map { _ in now + SessionWay.life }),
            .text(mark?.source), .text(mark?.browser), .text(mark?.proof.rawValue),
            .integer(station == nil && way == nil ? now : 0), .text(way?.kind.rawValue), .text(way?.issuer),
            .text(way?.session), .integer(mark?.screen))
        guard let person = try person(session: digest, at: now) else {
            throw SQLiteError(code: 1, message: "no such user", statement: "sign in")
        }
        return person
    }

    /// How often it is written that a session is used, in milliseconds.
    public static let seenPause: Int64 = 600_000

    /// It is used; written once in `seenPause` at most.
    public func use(session digest: String, at now: Int64) throws {
        try database.run(
            "UPDATE session SET seen=?2 WHERE token=?1 AND seen<?2-?3", .text(digest), .integer(now),
            .integer(PeopleTable.seenPause))
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
    public func rows() throws -> [(user: Int64, name: String)] {
        try database.rows("SELECT id, name FROM user") { ($0.integer(0), $0.text(1)) }
    }

    public func desks() throws -> [(user: Int64, extension: String)] {
        try database.rows("SELECT user, extension FROM desk") { ($0.integer(0), $0.text(1)) }
    }
}
