import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What the centre keeps of calls, who may see it, and how it goes away.
struct CallTests {
    static let team = CallScope(desks: ["101", "102"], queues: ["support"])

    static func call(
        _ id: String, at start: Int64, from number: String? = "0612340091", missedBy: [String] = [],
        answeredBy: String? = nil, queue: String? = nil, lasting: Int64 = 10_000
    ) -> CallSnapshot {
        var call = CallSnapshot(call: "pbx/\(id)", revision: 1, startedAt: start)
        call.state = .ended
        call.direction = .inbound
        call.caller = number.map { Party(number: $0, name: nil) } ?? .hidden
        call.called = "0123456701"
        call.legs = missedBy.map { .init(id: "\(id)-\($0)", desk: $0, state: .ended, rangAt: start) }
        if let answeredBy {
            call.legs.append(
                .init(id: "\(id)-a", desk: answeredBy, state: .ended, rangAt: start, answeredAt: start + 1))
            call.answeredAt = start + 1
            call.answeredBy = [answeredBy]
        }
        call.missedBy = missedBy
        call.queue = queue
        call.endedAt = start + lasting
        return call
    }

    static func save(_ call: CallSnapshot, in store: Store) throws {
        _ = try store.calls.save(call, agent: "dock", key: CallKey.of(call, plan: NumberPlan()))
    }

    @Test func twoWhoWriteAtOnceBothKeepWhatTheyWrote() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let first = try store.calls.write(
            CallNote(revision: 0, note: "wants a quote", who: "Alice", at: 1), of: "pbx/1", over: 0)
        #expect(first?.revision == 1)
        // Bruno had not seen it: he is told, and nothing is written over.
        #expect(
            try store.calls.write(CallNote(revision: 0, note: "", who: "Bruno", at: 2), of: "pbx/1", over: 0) == nil)
        #expect(try store.calls.note(of: "pbx/1")?.note == "wants a quote")
        #expect(
            try store.calls.write(
                CallNote(revision: 0, note: "wants a quote\nsent", disposition: "quote", who: "Bruno", at: 3),
                of: "pbx/1", over: 1)?.revision == 2)
        #expect(try store.calls.row("pbx/1")?.note?.disposition == "quote")
    }

    /// An attended transfer makes two calls one: the note goes with the caller.
    @Test func aNoteFollowsATransfer() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        _ = try store.calls.write(CallNote(revision: 0, note: "for Bruno", who: "Alice", at: 1), of: "pbx/2", over: 0)
        _ = try store.calls.write(
            CallNote(revision: 0, note: "asks for pallets", disposition: "delivery", who: "Alice", at: 1),
            of: "pbx/1", over: 0)
        var merged = CallTests.call("2", at: 5)
        merged.mergedInto = "pbx/1"
        try CallTests.save(merged, in: store)
        let note = try store.calls.note(of: "pbx/1")
        #expect(note?.note == "for Bruno\nasks for pallets" && note?.disposition == "delivery")
        #expect(try store.calls.note(of: "pbx/2") == nil)
        #expect(try store.calls.row("pbx/2") == nil)
    }

    // MARK: whose call it is

    /// What an agent says of a call, as the centre keeps it.
    @discardableResult
    static func tell(_ call: CallSnapshot, by agent: String, in store: Store) throws -> CallTable.Filing {
        let filed = call.filed(under: agent)
        return try store.calls.file(filed, agent: agent, key: CallKey.of(filed, plan: NumberPlan()))
    }

    @Test func twoAgentsWithTheSameCallHaveTwoCalls() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        for (agent, desk) in [("lyon", "101"), ("paris", "102")] {
            #expect(
                try CallTests.tell(CallTests.call("17", at: 1000, answeredBy: desk), by: agent, in: store) == .newer)
        }
        #expect(try store.calls.row("lyon/pbx/17")?.snapshot.answeredBy == ["101"])
        #expect(try store.calls.row("paris/pbx/17")?.snapshot.answeredBy == ["102"])
        #expect(try store.calls.row("pbx/17") == nil)
        // And the way back, for those whose calls are followed here.
        #expect(try store.calls.row("lyon/pbx/17")?.snapshot.told(by: "lyon").call == "pbx/17")
        #expect(CallName.told("lyon/pbx/17", by: "ly") == nil)
        let long = CallName.filed(String(repeating: "x", count: 256), under: "lyon")
        #expect(long.utf8.count <= 256 && long.hasPrefix("lyon/"))
        #expect(long != CallName.filed(String(repeating: "x", count: 255) + "y", under: "lyon"))
    }

    /// A stranger says that a call of another agent was forged, is part of a third one, or has ended for ever.
    @Test func aStrangerCannotOverwriteMergeAwayOrEndACall() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        var running = CallTests.call("17000.1", at: 1000, missedBy: ["101"])
        (running.state, running.endedAt) = (.ringing, nil)
        try CallTests.tell(running, by: "lyon", in: store)
        _ = try store.calls.write(
            CallNote(revision: 0, note: "wants pallets", who: "Alice", at: 1), of: "lyon/pbx/17000.1", over: 0)
        let before = try store.calls.row("lyon/pbx/17000.1")

        var forged = CallTests.call("17000.1", at: 1000, from: "+33899000000", missedBy: ["101"])
        (forged.revision, forged.caller) = (999, Party(number: "+33899000000", name: "FORGED"))
        var merged = forged
        (merged.revision, merged.mergedInto) = (1000, "pbx/nowhere")
        var ended = forged
        ended.revision = 1 << 62
        for snapshot in [forged, merged, ended] {
            try CallTests.tell(snapshot, by: "evil", in: store)
            #expect(try store.calls.row("lyon/pbx/17000.1") == before)
            // Nor by the very name that it has here, should one come past the place where names are made.
            var named = snapshot
            named.call = "lyon/pbx/17000.1"
            #expect(try store.calls.file(named, agent: "evil", key: nil) == .foreign("lyon"))
            #expect(try store.calls.row("lyon/pbx/17000.1") == before)
        }
        // Nor is a stranger's call made part of it, with a note that nobody here wrote.
        var into = CallTests.call("1", at: 5)
        into.mergedInto = "lyon/pbx/17000.1"
        #expect(try store.calls.file(into, agent: "evil", key: nil) == .foreign("lyon"))
        #expect(try !store.calls.save(into, agent: "evil", key: nil))
        // Its own agent ends it, with a revision that came after.
        var over = CallTests.call("17000.1", at: 1000, answeredBy: "101")
        over.revision = 2
        #expect(try CallTests.tell(over, by: "lyon", in: store) == .newer)
        #expect(try store.calls.row("lyon/pbx/17000.1")?.note?.note == "wants pallets")
    }

    @Test func progressCountsFromTheAgentThatWasAskedAlone() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let command = Command(
            id: "01CLICK", action: .dial(extension: "101", number: "0612340091", display: nil, device: nil), issued: 1,
            ttl: 15)
        try store.calls.add(command, agent: "lyon", user: 7)
        let forged = CommandProgress(id: "01CLICK", state: .failed, cause: "FORGED", call: "pbx/1")
        #expect(try store.calls.advance(forged, from: "evil")?.agent == nil)
        #expect(try store.calls.progress(ofCommand: "01CLICK", user: 7)?.cause == nil)
        let ringing = CommandProgress(id: "01CLICK", state: .ringingOwn, call: "pbx/1").filed(under: "lyon")
        #expect(ringing.call == "lyon/pbx/1")
        #expect(try store.calls.advance(ringing, from: "lyon")?.user == 7)
        #expect(try store.database.text("SELECT call FROM command") == "lyon/pbx/1")
        #expect(try store.calls.advance(CommandProgress(id: "01NOBODY", state: .done), from: "lyon")?.agent == nil)
    }

    /// A click goes to the agent that tells of the telephone's calls, not to the one that told the last.
    @Test func oneForgedCallDrawsNoClick() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        for index in 0..<3 {
            try CallTests.tell(CallTests.call("\(index)", at: Int64(index), answeredBy: "101"), by: "lyon", in: store)
        }
        try CallTests.tell(CallTests.call("17", at: 5000, answeredBy: "101"), by: "evil", in: store)
        #expect(try store.calls.teller(ofDesk: "101", among: ["evil", "lyon"]) == "lyon")
        #expect(try store.calls.teller(ofDesk: "101", among: ["evil"]) == "evil")
        #expect(try store.calls.teller(ofDesk: "101", among: []) == nil)
        #expect(try store.calls.teller(ofDesk: "999", among: ["lyon"]) == nil)
    }

    /// Ids of before are the agent's from now on, in every table that names them; also where a new id was another one's old.
    @Test func theMigrationKeepsNotesWithTheirCalls() throws {
        let folder = TemporaryFolder()
        let database = try Database(path: "\(folder.path)/db")
        for step in Schema.steps[..<4] { try database.execute(step) }
        try database.execute(
            """
            INSERT INTO call (id, agent, revision, state, started, snapshot) VALUES
                ('pbx/17', 'lyon', 1, 'ended', 5, '{"call":"pbx/17","rev":1,"state":"ended","legs":[],"started":5}'),
                ('17', 'lyon', 1, 'ended', 6, '{"call":"17","rev":1,"state":"ended","legs":[],"started":6}'),
                ('lyon/17', 'paris', 1, 'ended', 7, '{"call":"lyon/17","rev":1,"state":"ended","legs":[],"started":7}');
            INSERT INTO missed (call, at) VALUES ('17', 6), ('lyon/17', 7);
            INSERT INTO call_desk VALUES ('101', 5, 'pbx/17'), ('101', 6, '17'), ('101', 6, 'lyon/17');
            INSERT INTO call_note VALUES ('pbx/17', 1, 'one', NULL, NULL, 'A', 1), ('17', 1, 'two', NULL, NULL, 'A', 1),
                ('lyon/17', 1, 'three', NULL, NULL, 'A', 1);
            INSERT INTO command VALUES ('01CLICK', 'lyon', 7, '{}', 1, 2, 'done', NULL, 'pbx/17'),
                ('01OTHER', 'lyon', 7, '{}', 1, 2, 'done', NULL, NULL);
            INSERT INTO erp_job (key, kind, subject, state, attempts, due, created, who, payload) VALUES
                ('quai/call/17', 'call', '17', 'waiting', 0, 1, 1, 'A', '{}'),
                ('quai/call/lyon/17', 'call', 'lyon/17', 'done', 1, 1, 1, 'A', '{}'),
                ('quai/call/pbx/17', 'call', 'pbx/17', 'dead', 3, 1, 1, 'A', '{}'),
                ('quai/reception/17', 'reception', '17', 'waiting', 0, 1, 1, 'A', '{}');
            """)
        try database.execute(Schema.filedCalls)
        func texts(_ sql: String) throws -> [String] { try database.rows(sql) { $0.text(0) } }
        let ids = ["lyon/17", "lyon/pbx/17", "paris/lyon/17"]
        #expect(try texts("SELECT id FROM call ORDER BY id") == ids)
        #expect(try texts("SELECT json_extract(snapshot, '$.call') FROM call ORDER BY id") == ids)
        #expect(try texts("SELECT json_type(snapshot, '$.mergedInto') FROM call ORDER BY id") == ["", "", ""])
        let notes = try texts("SELECT call || ' ' || note FROM call_note ORDER BY call")
        #expect(notes == ["lyon/17 two", "lyon/pbx/17 one", "paris/lyon/17 three"])
        #expect(try texts("SELECT call FROM missed ORDER BY call") == ["lyon/17", "paris/lyon/17"])
        #expect(try texts("SELECT call FROM call_desk ORDER BY call") == ids)
        #expect(try texts("SELECT coalesce(call, '-') FROM command ORDER BY id") == ["lyon/pbx/17", "-"])
        #expect(
            try texts("SELECT subject FROM erp_job ORDER BY id") == ["lyon/17", "paris/lyon/17", "lyon/pbx/17", "17"])
        // The ERP may have seen the third: it keeps the key that the ERP knows.
        let keys = try texts("SELECT key FROM erp_job ORDER BY id")
        #expect(keys == ["quai/call/lyon/17", "quai/call/paris/lyon/17", "quai/call/pbx/17", "quai/reception/17"])
    }

    // MARK: what becomes of it

    @Test func aMissedCallIsTakenByOneAndSeenByTheTeamOnly() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612340092", queue: "support"), in: store)
        try CallTests.save(CallTests.call("3", at: 3000, from: "0612340093", missedBy: ["201"]), in: store)
        #expect(try store.calls.missed(of: CallTests.team).map(\.snapshot.call) == ["pbx/2", "pbx/1"])
        #expect(try store.calls.missed(of: CallScope(desks: ["102"])).isEmpty)
        #expect(try store.calls.takeMissed("pbx/1", who: "Alice", by: "Alice", at: 5))
        #expect(try !store.calls.takeMissed("pbx/1", who: "Bruno", by: "Bruno", at: 6))
        #expect(try !store.calls.takeMissed("pbx/1", who: nil, by: "Bruno", at: 6))
        #expect(try store.calls.missed(of: CallTests.team)[1].missed?.takenBy == "Alice")
        #expect(try store.calls.takeMissed("pbx/1", who: nil, by: "Alice", at: 7))
        #expect(try store.calls.takeMissed("pbx/1", who: "Bruno", by: "Bruno", at: 8))
        // They call again and are answered, by whomever: it is settled.
        try CallTests.save(CallTests.call("4", at: 20_000, answeredBy: "102"), in: store)
        #expect(try store.calls.missed(of: CallTests.team).map(\.snapshot.call) == ["pbx/2"])
        #expect(try !store.calls.takeMissed("pbx/1", who: "Alice", by: "Alice", at: 30_000))
    }

    /// A colleague is called back by the colleague; a record that comes late is settled by what was said before it came; an
    /// exchange that does not say which telephones ring has missed calls all the same.
    @Test func whatIsMissedIsSettledByTheRightConversation() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        var inside = CallTests.call("1", at: 1000, from: "101", missedBy: ["102"])
        (inside.direction, inside.called) = (.internal, "102")
        try CallTests.save(inside, in: store)
        var other = CallTests.call("2", at: 20_000, from: "101", answeredBy: "105")
        (other.direction, other.called) = (.internal, "105")
        try CallTests.save(other, in: store)
        #expect(try store.calls.missed(of: CallTests.team).count == 1)
        var back = CallTests.call("3", at: 30_000, from: "102", answeredBy: "101")
        (back.direction, back.called) = (.internal, "101")
        try CallTests.save(back, in: store)
        #expect(try store.calls.missed(of: CallTests.team).isEmpty)

        try CallTests.save(CallTests.call("4", at: 90_000, answeredBy: "101"), in: store)
        try CallTests.save(CallTests.call("5", at: 40_000, missedBy: ["101"]), in: store)
        #expect(try store.calls.missed(of: CallTests.team).isEmpty)

        var silent = CallTests.call("6", at: 100_000, from: "0612340077")
        silent.cause = .callerGaveUp
        try CallTests.save(silent, in: store)
        #expect(try store.calls.missed(of: CallScope(desks: ["0123456701"])).count == 1)
        #expect(try store.calls.missed(of: CallTests.team).isEmpty)
    }

    @Test func aNumberThatCallsAgainWithinAMinuteIsOneStory() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        for (index, start) in [0, 30_000, 95_000, 300_000].enumerated() {
            try CallTests.save(CallTests.call("\(index)", at: Int64(start), missedBy: ["101"]), in: store)
            try CallTests.save(
                CallTests.call("w\(index)", at: Int64(start) + 1, from: nil, missedBy: ["101"]), in: store)
        }
        let stories = CallStory.of(try store.calls.missed(of: CallTests.team))
        #expect(stories.filter { $0.newest.key != "withheld" }.map(\.rows.count) == [1, 3])
        #expect(stories.filter { $0.newest.key == "withheld" }.map(\.rows.count) == [1, 1, 1, 1])
        #expect(stories.flatMap(\.rows).count == 8)
    }

    @Test func theHistoryIsFoundByClientNumberAndNoteWithinTheScope() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try store.parties.add(
            name: "Hélène Dupont", company: "Électricité Dupont", reference: nil,
            numbers: [PhoneNumber("0612340091")], by: "test", at: 0)
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612349999", answeredBy: "102"), in: store)
        try CallTests.save(CallTests.call("3", at: 3000, answeredBy: "201"), in: store)
        _ = try store.calls.write(
            CallNote(revision: 0, note: "100 % of pallets", who: "A", at: 1), of: "pbx/2", over: 0)
        func find(_ text: String, _ scope: CallScope = CallTests.team) throws -> [String] {
            try store.calls.rows(of: scope, matching: text, limit: 10).map(\.snapshot.call)
        }
        #expect(try find("") == ["pbx/2", "pbx/1"])
        #expect(try find("dupont") == ["pbx/1"])
        #expect(try find("06 12 34 00 91") == ["pbx/1"])
        #expect(try find("+33 6 12 34") == ["pbx/2", "pbx/1"])
        #expect(try find("pallets") == ["pbx/2"])
        #expect(try find("%") == ["pbx/2", "pbx/1"])
        #expect(try find("dupont", CallScope(desks: ["102"])) == [])
        #expect(try find("", CallScope(desks: [])) == [])
        #expect(try store.calls.rows(of: CallTests.team, from: 1500, limit: 10).count == 1)
    }

    /// After an erasure the number is in no byte of the database's files, in whichever form; others stay.
    @Test func anErasedNumberIsGoneFromTheFile() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/db"
        let store = try Store(path: path)
        try store.parties.add(
            name: "Dupont", company: "", reference: nil,
            numbers: [PhoneNumber("0612340091"), PhoneNumber("0199001234")],
            by: "test", at: 0)
        let call = CallTests.call("1", at: 1000, from: "+33612340091", answeredBy: "101")
        let applier = Applier(store: store)
        let frame = ApplierTests.frame([.call(device: "pbx", call)], first: 1)
        _ = try applier.apply([("dock", frame)], at: 1000)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612349999", answeredBy: "101"), in: store)
        _ = try store.calls.write(
            CallNote(revision: 0, note: "confidential", who: "A", at: 1), of: "dock/pbx/1", over: 0)
        let number = PhoneNumber("06 12 34 00 91")
        let dry = try store.erasure.erase(number, who: "test", dryRun: true, at: 3000)
        #expect(dry.calls == 1 && dry.notes == 1 && dry.numbers == 1 && dry.commands == 0)
        #expect(try store.calls.row("dock/pbx/1") != nil)
        #expect(try store.erasure.erase(number, who: "test", dryRun: false, at: 3000) == dry)
        #expect(try store.erasure.erase(number, who: "test", dryRun: false, at: 3000).calls == 0)
        #expect(try store.calls.rows(of: CallTests.team, limit: 10).map(\.snapshot.call) == ["pbx/2"])
        for file in ["db", "db-wal"] {
            let text = String(decoding: Fixture.bytes(at: "\(folder.path)/\(file)"), as: UTF8.self)
            for form in ["612340091", "confidential"] { #expect(!text.contains(form), "\(form) in \(file)") }
            if file == "db" { #expect(text.contains("612349999")) }
        }
    }

    @Test func oldCallsAreForgottenAndTheRestStays() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        for index in 0..<1200 {
            try CallTests.save(CallTests.call("\(index)", at: Int64(index), answeredBy: "101"), in: store)
        }
        var rounds = 0
        while try store.erasure.forgetCalls(before: 1100) > 0 { rounds += 1 }
        #expect(rounds == 3)
        #expect(try store.calls.rows(of: CallTests.team, limit: 2000).count == 100)
    }

    @Test func aShortenedNumberIsAGuessAndNeverAMatch() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        try store.parties.add(
            name: "Whole", company: "", reference: nil, numbers: [PhoneNumber("01 44 55 66 77")], by: "t", at: 0)
        try store.parties.add(
            name: "Cut", company: "", reference: nil, numbers: [PhoneNumber("98765432")], by: "t", at: 0)
        // Another whole number with the same end is somebody else.
        #expect(try store.parties.guesses(PhoneNumber("02 44 55 66 77")).isEmpty)
        #expect(try store.parties.rows(key: PhoneNumber("44556677").key).isEmpty)
        #expect(try store.parties.guesses(PhoneNumber("44556677")).map(\.name) == ["Whole"])
        #expect(try store.parties.guesses(PhoneNumber("01 98 76 54 32")).map(\.name) == ["Cut"])
        #expect(try store.parties.guesses(PhoneNumber("5432")).isEmpty)
    }

    @Test func theSiteSaysHowItsTelephonesDial() {
        let plan = NumberPlan(internalPlan: "^[1-8][0-9]{2}$", outsidePrefix: "0")
        #expect(plan.number("00612340091", dialled: true).e164 == "+33612340091")
        #expect(plan.number("0612340091", dialled: true).e164 == "+33612340091")
        #expect(plan.number("00033612340091", dialled: true).e164 == "+33612340091")
        #expect(plan.number("0003225551234", dialled: true).e164 == "+3225551234")
        #expect(plan.number("0612340091").e164 == "+33612340091")
        #expect(plan.number("104", dialled: true).kind == .extension)
        #expect(plan.number("018", dialled: true).kind == .emergency)
        #expect(plan.dial(plan.number("+33612340091")) == "00612340091")
        #expect(plan.dial(plan.number("104")) == "104")
    }

    // MARK: who sees a call

    static func routing() -> CallRouting {
        var routing = CallRouting(teams: [
            .init(name: "counter", desks: ["101", "102"], queues: ["support"], supervisors: ["Nadia"])
        ])
        routing.names = [1: "Alice", 2: "Bruno", 3: "Nadia", 4: "Zoé"]
        routing.desks = [1: "101", 2: "102", 4: "201"]
        return routing
    }

    @Test func aCardIsForWhomItRingsAndForTheirSupervisor() {
        var routing = CallTests.routing()
        var call = CallTests.call("1", at: 0, missedBy: ["101"])
        #expect(routing.audience(of: call) == [1: .own(desk: "101"), 3: .watching(team: "counter")])
        // Somebody else at the same telephone, and one who moved to another.
        routing.desks[5] = "101"
        routing.desks[1] = "102"
        #expect(routing.audience(of: call)[5] == .own(desk: "101") && routing.audience(of: call)[1] == nil)
        // A supervisor whose own telephone rings has the card itself.
        routing.desks[3] = "101"
        #expect(routing.audience(of: call)[3] == .own(desk: "101"))
        call = CallTests.call("2", at: 0, missedBy: ["201"])
        #expect(routing.audience(of: call) == [4: .own(desk: "201")])
        call.queue = "support"
        routing.desks[3] = nil
        #expect(routing.audience(of: call)[3] == .watching(team: "counter"))
    }

    /// Calls between own telephones show a card where the team wants it, and where it says nothing as the site does.
    @Test func anInternalCallShowsACardWhereItIsWanted() {
        var routing = CallRouting(
            teams: [
                .init(name: "counter", desks: ["101", "102"], supervisors: ["Nadia"], internalCards: false),
                .init(name: "office", desks: ["201"], supervisors: ["Rose"], internalCards: true),
                .init(name: "late", desks: ["102", "301"], supervisors: ["Omar"]),
            ], internalCards: true)
        routing.names = [1: "Alice", 2: "Bruno", 3: "Nadia", 4: "Zoé", 5: "Rose", 6: "Omar"]
        routing.desks = [1: "101", 2: "102", 4: "201", 7: "401"]
        var call = CallSnapshot(call: "pbx/1", revision: 1, startedAt: 0)
        (call.direction, call.caller, call.called) = (.internal, Party(number: "101", name: "Alice"), "201")
        call.legs = [
            .init(id: "a", desk: "101", state: .dialling, dialledAt: 0),
            .init(id: "b", desk: "201", state: .ringing, rangAt: 0),
        ]
        #expect(routing.audience(of: call) == [4: .own(desk: "201"), 5: .watching(team: "office")])
        // Of two teams one wants them; who is in none is as the site says.
        call.legs[0].desk = "102"
        call.legs[1].desk = "401"
        #expect(routing.audience(of: call) == [2: .own(desk: "102"), 6: .watching(team: "late"), 7: .own(desk: "401")])
        let quiet = CallRouting(teams: routing.teams, internalCards: false)
        #expect(!quiet.hasInternalCards("102") && !quiet.hasInternalCards("401") && quiet.hasInternalCards("201"))
        // A client's call is nobody's inner affair, nor is one whose direction nobody has told.
        call.legs[0].desk = "101"
        for direction in [.inbound, .outbound, nil] as [CallDirection?] {
            call.direction = direction
            #expect(Set(routing.audience(of: call).keys) == [1, 3, 7])
        }
    }

    /// A client who is passed on by an inner call has a card from the moment that they are the other side.
    @Test func anInnerCallThatBecomesAClientsShowsItsCard() {
        var routing = CallTests.routing()
        routing.teams[0].internalCards = false
        var book = CallBook(revisionBase: 0)
        func say(_ event: CallSignal.Event, _ call: String, at now: Int64, _ fill: (inout CallSignal) -> Void)
            -> [Int64]
        {
            var signal = CallSignal(event, call: call)
            fill(&signal)
            return book.apply(signal, at: now).filter { $0.mergedInto == nil }.flatMap { routing.audience(of: $0).keys }
                .sorted()
        }
        #expect(
            say(.ringing, "pbx/1", at: 1) {
                ($0.leg, $0.desk, $0.direction, $0.caller) = (
                    "1", "101", .inbound, Party(number: "0199001234", name: nil)
                )
            } == [1, 3])
        #expect(
            say(.ringing, "pbx/2", at: 2) {
                ($0.leg, $0.desk, $0.direction, $0.caller) = ("2", "102", .internal, Party(number: "101", name: nil))
            }.isEmpty)
        #expect(say(.merged, "pbx/2", at: 3) { $0.into = "pbx/1" } == [1, 2, 3])
    }

    /// Whoever claimed the line's number has the call, whether the exchange tells which telephones ring or not.
    @Test func theNumberOfTheLineAndTheTelephonesBothFindTheirClaimants() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        var routing = CallRouting()
        routing.desks = [1: "0123456701", 2: "11", 3: "12"]
        var call = CallTests.call("1", at: 1000)
        call.legs = [.init(id: "a", desk: "11", state: .ringing, rangAt: 1000)]
        #expect(Set(routing.audience(of: call).keys) == [1, 2])
        // A FRITZ!Box says only which one answered.
        call.legs = [.init(id: "a", desk: "11", state: .ended, answeredAt: 2000)]
        (call.answeredAt, call.answeredBy) = (2000, ["11"])
        #expect(Set(routing.audience(of: call).keys) == [1, 2])
        try CallTests.save(call, in: store)
        for desk in ["0123456701", "11"] {
            #expect(try store.calls.rows(of: CallScope(desks: [desk]), limit: 9).count == 1, "\(desk)")
        }
        #expect(try store.calls.rows(of: CallScope(desks: ["12"]), limit: 9).isEmpty)
        // An extension that was called and did not ring is nobody's but the one's that did.
        call.called = "12"
        call.legs = [.init(id: "a", desk: "11", state: .ringing, rangAt: 1000)]
        #expect(Set(routing.audience(of: call).keys) == [2])
    }

    /// Older versions took 0692 123456 for nothing; whoever calls from there is known after the start.
    @Test func aNumberThatWasNoneIsReadAgain() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let party = try store.parties.add(
            name: "Zoé", company: "", reference: nil, numbers: [PhoneNumber("0693 12 34 56", region: "BE")], by: "t",
            at: 0)
        #expect(try store.parties.rows(key: "+262693123456").isEmpty)
        #expect(try store.parties.readNumbersAgain(NumberPlan()) == 1)
        #expect(try store.parties.rows(key: "+262693123456").map(\.id) == [party])
        #expect(try store.parties.readNumbersAgain(NumberPlan()) == 0)
    }

    @Test func twoSitesMayHaveTheSameExtensions() throws {
        let lyon = NumberPlan(internalPlan: #"^\d{3}$"#, ownExtensions: "lyon")
        var told = CallSnapshot(call: "pbx/1", revision: 1, startedAt: 1000)
        told.direction = .internal
        told.caller = Party(number: "102", name: "Bruno")
        told.called = "101"
        told.legs = [.init(id: "a", desk: "101", state: .ringing, rangAt: 1000)]
        let placed = lyon.placed(told)
        #expect(placed.legs[0].desk == "101@lyon" && placed.called == "101@lyon")
        #expect(placed.caller == Party(number: "102@lyon", name: "Bruno"))
        #expect(lyon.placed(placed) == placed, "once is enough")
        var routing = CallRouting()
        routing.desks = [1: "101", 2: "101@lyon", 3: "101@nice"]
        #expect(routing.audience(of: placed) == [2: .own(desk: "101@lyon")])
        #expect(CallKey.of(placed, plan: lyon) == "ext:102@lyon", "nor do their histories mix")
        #expect(lyon.number("102@lyon").kind == .extension)
        #expect(NumberPlan().placed(told) == told)
    }

    /// Whatever the claims and the legs: whoever sees a call has a leg's telephone, or supervises one.
    @Test func nobodyElseSeesAnything() {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            var routing = CallTests.routing()
            for person in 1...8 as ClosedRange<Int64> {
                routing.names[person] = ["Alice", "Bruno", "Nadia", "Zoé"].randomElement(using: &random)
                routing.desks[person] =
                    Bool.random(using: &random) ? "\(Int.random(in: 100...104, using: &random))" : nil
            }
            var call = CallTests.call("1", at: 0)
            call.called = "\(Int.random(in: 100...104, using: &random))"
            for leg in 0..<Int.random(in: 0...4, using: &random) {
                call.legs.append(
                    .init(
                        id: "\(leg)", desk: "\(Int.random(in: 100...104, using: &random))", state: .ringing, rangAt: 1))
            }
            let desks = Set(call.legs.compactMap(\.desk))
            for (person, place) in routing.audience(of: call) {
                switch place {
                case .own(let desk):
                    #expect(routing.desks[person] == desk && (desks.contains(desk) || call.isByNumber(desk)))
                case .watching:
                    #expect(routing.names[person] == "Nadia" && !desks.isDisjoint(with: ["101", "102"]))
                }
            }
            for (person, desk) in routing.desks where desks.contains(desk) {
                #expect(routing.audience(of: call)[person] == .own(desk: desk))
            }
        }
    }
}
