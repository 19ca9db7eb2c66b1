import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What is told to whoever asks what is kept about them, and that an erasure reaches the same places.
struct AccessTests {
    private let folder = TemporaryFolder()
    private let store: Store

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    /// The number in every text that a place has, in another form each time.
    private func plant() throws {
        try ErasureTests.fill(store)
        let forms = ["06 12 34 00 91", "+33612340091", "06.12.34.00.91", "0033 6 12 34 00 91"]
        let form = { (index: Int) in "call \(forms[index % forms.count])" }
        let db = store.database
        try db.run(
            "INSERT INTO delivery (id, note, supplier, status, client) VALUES (7, 'BL-7', ?, 'open', ?)",
            .text(form(0)), .text(form(1)))
        try db.run("INSERT INTO delivery_detail VALUES (7, 'contact', 'phone', ?)", .text(form(2)))
        try db.run("INSERT INTO delivery_detail VALUES (7, 'contact', 'phone', ?)", .text(form(3)))
        try db.run(
            "INSERT INTO decision (delivery, at, who, kind, reason) VALUES (7, 1, 'Alice', 'refuse', ?)", .text(form(1))
        )
        try db.run(
            "INSERT INTO reopening VALUES (7, 1, 1, 'Alice', NULL, 'dock-1', NULL, ?, 1, 'Bruno')", .text(form(2)))
        try db.run(
            "INSERT INTO exchange_entry (source, subject, file, at, rows) VALUES ('s', 'x', 1, 1, ?)",
            .text(JSON.array([.string(form(0))]).description))
        try db.run(
            "INSERT INTO exchange_read (name, digest, at, accepted, refused, report) VALUES ('f', 'd', 1, 0, 0, ?)",
            .text(form(3)))
        try db.run(
            """
            INSERT INTO inbox (user, fact, seq, type, priority, since, at, subject, data, expires)
            VALUES (1, 1, 1, 'call.missed', 1, 1, 1, 'x', ?, 2)
            """, .text(JSON.object([("text", .string(form(1)))]).description))
        try db.run(
            """
            INSERT INTO depot_decision (agent, key, delivery, at, received, zone, text, state)
            VALUES ('dock', 'k', 7, 1, 1, 'dock-1', ?, 'proposed')
            """, .text(JSON.object([("reason", .string(form(2)))]).description))
        try db.run("UPDATE erp_job SET sentence=?1, fault=?1, reason=?1 WHERE kind='call'", .text(form(0)))
    }

    @Test func whatIsKeptOfANumberIsInTheFileAndNowhereAfterItsErasure() throws {
        try plant()
        let number = ErasureTests.number
        let file = try store.access.file(of: .number(number), plan: NumberPlan(), at: 100)
        let told = Set(file.places.map(\.table))
        for place in PersonalPlace.all where !place.texts.isEmpty {
            #expect(told.contains(place.table), "\(place.table) is not in the file")
        }
        for table in ["call_note", "call_desk"] { #expect(told.contains(table), "\(table), by its call") }
        let text = file.json.description
        for word in ["Zorglub", "Quxcorp", "wants vellum, blue", "written for Zorglub"] {
            #expect(text.contains(word), "\(word)")
        }
        #expect(!text.contains("Other 1"), "others are nobody's business")
        // What a device sent in its own form is readable.
        #expect(file.places.first { $0.table == "record" }?.rows.first?["body"]?["call"] != nil)

        _ = try store.erasure.erase(number, who: "test", dryRun: false, at: 200)
        let left = try store.access.file(of: .number(number), plan: NumberPlan(), at: 300)
        #expect(left.places == [], "\(left.json)")
        #expect(try store.ledger.verify().broken == nil)
    }

    /// A client is found by name with the calls of their numbers; somebody of the house with what they did.
    @Test func aPersonIsFoundByNameWithoutSecrets() throws {
        try plant()
        let client = try store.access.file(of: .name("zorglub"), plan: NumberPlan(), at: 100)
        #expect(
            Set(client.places.map(\.table)).isSuperset(of: ["party", "party_number", "call", "call_note", "erp_job"]))
        let change = PeopleTable.UserChange(password: "argon2id-secret", pin: "pin-secret", badge: "badge-secret")
        _ = try store.transaction { try store.people.save(user: "Alice", change, by: Author("test"), at: 1) }
        _ = try store.people.openSession(user: 1, station: "dock-1", session: "token-secret", at: 2)
        try store.people.claim(desk: "101", user: 1, at: 3)
        let person = try store.access.file(of: .name("Alice"), plan: NumberPlan(), at: 100)
        let told = Set(person.places.map(\.table))
        #expect(told.isSuperset(of: ["user", "session", "desk", "call_note", "decision", "entry", "inbox"]))
        #expect(!person.json.description.contains("secret"))
        let nobody = try store.access.file(of: .name("Nobody at all"), plan: NumberPlan(), at: 100)
        #expect(nobody.places.isEmpty)
    }

    /// A number that only ends like it is another's.
    @Test func anotherNumberIsNotInTheFile() throws {
        try store.tell(Fact(.dialled, "01", "1612340091 and 06123400912"), by: Author("Alice"), at: 40)
        #expect(try store.access.file(of: .number(ErasureTests.number), plan: NumberPlan(), at: 1).places.isEmpty)
    }

    /// A table that is new is a place, or knows nobody: whoever adds one says which.
    @Test func everyTableIsAPlaceOrKnowsNobody() throws {
        let tables = try store.database.tables()
        let places = Set(PersonalPlace.all.map(\.table))
        #expect(tables.subtracting(places).subtracting(PersonalPlace.withoutPeople) == [])
        #expect(places.subtracting(tables) == [])
        for place in PersonalPlace.all {
            let columns = Set(try store.database.columns(of: place.table).map(\.name))
            let named = place.texts + place.overwritten + place.keys + place.names + place.users + place.documents
            let links = [place.call, place.party, place.job, place.number, place.reference].compactMap(\.self)
            #expect(
                Set(named + links + place.hidden).subtracting(columns).subtracting(["rowid"]) == [], "\(place.table)")
        }
    }
}
