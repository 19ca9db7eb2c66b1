public import Model
import SQLite

/// Everything that is kept about a number or a person, as one document: the right of access (GDPR, article 15). It walks
/// `PersonalPlace.all`, so what an erasure reaches is in it, and more.
public struct AccessTable: StoreTable {
    let store: Store

    /// Rows of one table in a file at most; that there are more is said.
    public static let rowLimit = 10_000
    /// Shortest name that is looked for in texts, in characters: shorter ones stand in other words.
    public static let nameLimit = 6

    /// Of whom.
    public enum Subject: Equatable, Sendable {
        case number(PhoneNumber)
        /// A client or somebody of the house, by the whole name.
        case name(String)

        public var text: String {
            switch self {
            case .number(let number): number.display
            case .name(let name): name
            }
        }
    }

    /// What one table has of them.
    public struct Found: Equatable, Sendable {
        public var table: String
        /// As they lie there, without what is null and without secrets.
        public var rows: [JSON]
        public var hasMore: Bool

        public init(table: String, rows: [JSON], hasMore: Bool) {
            (self.table, self.rows, self.hasMore) = (table, rows, hasMore)
        }
    }

    public struct File: Equatable, Sendable {
        public var subject: String
        /// Unix milliseconds.
        public var at: Int64
        public var places: [Found]

        public init(subject: String, at: Int64, places: [Found]) {
            (self.subject, self.at, self.places) = (subject, at, places)
        }

        public var count: Int { places.reduce(0) { $0 + $1.rows.count } }

        public static let shape = Shape<File>(
            "AccessFile",
            [
                .text("of", \.subject), .moment("at", \.at),
                .list(
                    "places",
                    of: Shape<Found>(
                        "AccessPlace",
                        [
                            .text("place", \.table), .count("count", { $0.rows.count }), .mark("more", \.hasMore),
                            .json("rows", .list(.anything)) { .array($0.rows) },
                        ]), \.places),
            ])

        public var json: JSON { File.shape.json(self) }
    }

    /// Reads only: others may write meanwhile. `plan` reads the numbers of a client who is asked for by name.
    public func file(of subject: Subject, plan: NumberPlan, at now: Int64) throws -> File {
        let who = try known(subject, plan)
        return File(
            subject: subject.text, at: now,
            places: try PersonalPlace.all.compactMap {
                let found = try self.found(who, in: $0)
                return found.rows.isEmpty ? nil : found
            })
    }

    /// What leads from one table to the next.
    private struct Known {
        var numbers: [WrittenNumber] = []
        var keys: Set<String> = []
        var names: Set<String> = []
        /// Of the house.
        var person: String?
        var user: Int64?
        var parties: Set<Int64> = []
        var references: Set<String> = []
        var calls: Set<String> = []
        var jobs: Set<Int64> = []
        var entries: Set<Int64> = []
    }

    private func known(_ subject: Subject, _ plan: NumberPlan) throws -> Known {
        var who = Known()
        var numbers: [PhoneNumber] = []
        switch subject {
        case .number(let number): numbers = [number]
        case .name(let name):
            who.names = [name]
            who.person = name
            who.user = try database.integer("SELECT id FROM user WHERE name=?", .text(name))
            who.parties.formUnion(
                try database.rows(
                    "SELECT id FROM party WHERE lower(name)=lower(?1) OR lower(company)=lower(?1)", .text(name)
                ) { $0.integer(0) })
            numbers = try database.rows(
                "SELECT number FROM party_number WHERE party IN (SELECT value FROM json_each(?))",
                .text(AccessTable.list(who.parties))
            ) { plan.number($0.text(0)) }
        }
        for number in numbers {
            let traces = try store.erasure.traces(of: number)
            who.calls.formUnion(traces.calls)
            who.jobs.formUnion(traces.jobs)
            who.entries.formUnion(traces.entries)
            who.parties.formUnion(traces.numbers.map(\.party))
            who.keys.insert(number.key)
            if let written = WrittenNumber(number) { who.numbers.append(written) }
        }
        who.references = Set(
            try database.rows(
                """
                SELECT reference FROM party WHERE reference IS NOT NULL AND id IN (SELECT value FROM json_each(?))
                """, .text(AccessTable.list(who.parties))
            ) { $0.text(0) })
        return who
    }

    private func found(_ who: Known, in place: PersonalPlace) throws -> Found {
        var found = Found(table: place.table, rows: [], hasMore: false)
        var arguments: [Value] = []
        func bound(_ value: Value) -> String {
            arguments.append(value)
            return "?\(arguments.count)"
        }
        func among(_ column: String, _ list: String) -> String {
            "\(column) IN (SELECT value FROM json_each(\(bound(.text(list)))))"
        }
        var links: [String] = []
        if let column = place.call, !who.calls.isEmpty { links.append(among(column, AccessTable.list(who.calls))) }
        if let column = place.party, !who.parties.isEmpty { links.append(among(column, AccessTable.list(who.parties))) }
        if let column = place.job, !who.jobs.isEmpty { links.append(among(column, AccessTable.list(who.jobs))) }
        if let column = place.entry, !who.entries.isEmpty { links.append(among(column, AccessTable.list(who.entries))) }
        if let column = place.number, !who.keys.isEmpty { links.append(among(column, AccessTable.list(who.keys))) }
        if let column = place.reference, !who.references.isEmpty {
            links.append(among(column, AccessTable.list(who.references)))
        }
        if let person = who.person { links += place.names.map { "\($0)=\(bound(.text(person)))" } }
        if let user = who.user { links += place.users.map { "\($0)=\(bound(.integer(user)))" } }
        let linked = links.isEmpty ? "1=0" : "(\(links.joined(separator: " OR ")))"
        var mentions: [String] = []
        for number in who.numbers where !place.texts.isEmpty {
            let core = bound(.text(number.core))
            mentions += place.texts.map { "instr(\(WrittenNumber.squeezed($0)), \(core))>0" }
        }
        for name in who.names where name.count >= AccessTable.nameLimit && !place.texts.isEmpty {
            let text = bound(.text(name))
            mentions += place.texts.map { "instr(coalesce(CAST(\($0) AS TEXT), ''), \(text))>0" }
        }
        guard !links.isEmpty || !mentions.isEmpty else { return found }
        let columns = try self.columns(of: place)
        let members = columns.map { "'\($0.name)', \($0.isBlob ? "hex(\($0.name))" : $0.name)" }
        let texts = place.texts.map { ", CAST(\($0) AS TEXT)" }.joined()
        try database.each(
            """
            SELECT json_object(\(members.joined(separator: ", "))), \(linked)\(texts) FROM \(place.table)
            WHERE (\(place.rows)) AND (\(([linked] + mentions).joined(separator: " OR ")))
            """, arguments: arguments
        ) { row in
            let written = place.texts.indices.map { row.text($0 + 2) }
            guard row.bool(1) || place.isBinary || AccessTable.isMeant(who, written) else { return true }
            guard found.rows.count < AccessTable.rowLimit else {
                found.hasMore = true
                return false
            }
            found.rows.append(place.readable(try JSON(parsing: row.text(0))))
            return true
        }
        return found
    }

    /// A number that only begins or ends like this one is another's.
    private static func isMeant(_ who: Known, _ texts: [String]) -> Bool {
        texts.contains { text in
            who.numbers.contains { $0.stands(in: text) }
                || who.names.contains { $0.count >= nameLimit && text.contains($0) }
        }
    }

    private func columns(of place: PersonalPlace) throws -> [(name: String, isBlob: Bool)] {
        try database.columns(of: place.table).filter { !place.hidden.contains($0.name) }
            .map { (name: $0.name, isBlob: $0.kind == .blob) }
    }

    private static func list(_ values: some Sequence<String>) -> String {
        JSON.array(values.map(JSON.string)).description
    }

    private static func list(_ values: some Sequence<Int64>) -> String { JSON.array(values.map(JSON.int)).description }
}

extension PersonalPlace {
    /// Documents as such, what a device sent in its own form as what it says.
    fileprivate func readable(_ row: JSON) -> JSON {
        .object(
            (row.fields ?? []).filter { $0.value != .null }.map { member in
                guard let text = member.value.text else { return (member.name, member.value) }
                if documents.contains(member.name), let json = try? JSON(parsing: text) { return (member.name, json) }
                guard isBinary, member.name == "body", let bytes = Hex.bytes(text) else {
                    return (member.name, member.value)
                }
                if let item = try? CBOR(decoding: bytes), case .call(_, let call)? = try? Model.Row.decode(item).row {
                    return (member.name, call.json)
                }
                return (member.name, .string(String(decoding: bytes, as: UTF8.self).filter { !$0.isNewline }))
            })
    }
}

extension Store {
    public var access: AccessTable { AccessTable(store: self) }
}

/// The places as a file names them.
public enum PersonalPlaceNames {
    public static let all = PersonalPlace.all.map(\.table)
}
