import Depot
import Model
import SQLite
import TestSupport
import Testing

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
        _ = try store.save(call, agent: "dock", key: CallKey.of(call, plan: NumberPlan()))
    }

    @Test func twoWhoWriteAtOnceBothKeepWhatTheyWrote() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        let first = try store.write(
            CallNote(revision: 0, note: "wants a quote", who: "Alice", at: 1), of: "pbx/1", over: 0)
        #expect(first?.revision == 1)
        // Bruno had not seen it: he is told, and nothing is written over.
        #expect(
            try store.write(CallNote(revision: 0, note: "", who: "Bruno", at: 2), of: "pbx/1", over: 0) == nil)
        #expect(try store.note(of: "pbx/1")?.note == "wants a quote")
        #expect(
            try store.write(
                CallNote(revision: 0, note: "wants a quote\nsent", disposition: "quote", who: "Bruno", at: 3),
                of: "pbx/1", over: 1)?.revision == 2)
        #expect(try store.call("pbx/1")?.note?.disposition == "quote")
    }

    /// An attended transfer makes two calls one: the note goes with the caller.
    @Test func aNoteFollowsATransfer() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        _ = try store.write(CallNote(revision: 0, note: "for Bruno", who: "Alice", at: 1), of: "pbx/2", over: 0)
        _ = try store.write(
            CallNote(revision: 0, note: "asks for pallets", disposition: "delivery", who: "Alice", at: 1),
            of: "pbx/1", over: 0)
        var merged = CallTests.call("2", at: 5)
        merged.mergedInto = "pbx/1"
        try CallTests.save(merged, in: store)
        let note = try store.note(of: "pbx/1")
        #expect(note?.note == "for Bruno\nasks for pallets" && note?.disposition == "delivery")
        #expect(try store.note(of: "pbx/2") == nil)
        #expect(try store.call("pbx/2") == nil)
    }

    @Test func aMissedCallIsTakenByOneAndSeenByTheTeamOnly() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        try CallTests.save(CallTests.call("1", at: 1000, missedBy: ["101"]), in: store)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612340092", queue: "support"), in: store)
        try CallTests.save(CallTests.call("3", at: 3000, from: "0612340093", missedBy: ["201"]), in: store)
        #expect(try store.missedCalls(of: CallTests.team).map(\.snapshot.call) == ["pbx/2", "pbx/1"])
        #expect(try store.missedCalls(of: CallScope(desks: ["102"])).isEmpty)
        #expect(try store.takeMissed("pbx/1", who: "Alice", by: "Alice", at: 5))
        #expect(try !store.takeMissed("pbx/1", who: "Bruno", by: "Bruno", at: 6))
        #expect(try !store.takeMissed("pbx/1", who: nil, by: "Bruno", at: 6))
        #expect(try store.missedCalls(of: CallTests.team)[1].missed?.takenBy == "Alice")
        #expect(try store.takeMissed("pbx/1", who: nil, by: "Alice", at: 7))
        #expect(try store.takeMissed("pbx/1", who: "Bruno", by: "Bruno", at: 8))
        // They call again and are answered, by whomever: it is settled.
        try CallTests.save(CallTests.call("4", at: 20_000, answeredBy: "102"), in: store)
        #expect(try store.missedCalls(of: CallTests.team).map(\.snapshot.call) == ["pbx/2"])
        #expect(try !store.takeMissed("pbx/1", who: "Alice", by: "Alice", at: 30_000))
    }

    /// A colleague is called back by the colleague; a record that comes late is settled by what was said before it came; an
    /// exchange that does not say which telephones ring has missed calls all the same.
    @Test func whatIsMissedIsSettledByTheRightConversation() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        var inside = CallTests.call("1", at: 1000, from: "101", missedBy: ["102"])
        (inside.direction, inside.called) = (.internal, "102")
        try CallTests.save(inside, in: store)
        var other = CallTests.call("2", at: 20_000, from: "101", answeredBy: "105")
        (other.direction, other.called) = (.internal, "105")
        try CallTests.save(other, in: store)
        #expect(try store.missedCalls(of: CallTests.team).count == 1)
        var back = CallTests.call("3", at: 30_000, from: "102", answeredBy: "101")
        (back.direction, back.called) = (.internal, "101")
        try CallTests.save(back, in: store)
        #expect(try store.missedCalls(of: CallTests.team).isEmpty)

        try CallTests.save(CallTests.call("4", at: 90_000, answeredBy: "101"), in: store)
        try CallTests.save(CallTests.call("5", at: 40_000, missedBy: ["101"]), in: store)
        #expect(try store.missedCalls(of: CallTests.team).isEmpty)

        var silent = CallTests.call("6", at: 100_000, from: "0612340077")
        silent.cause = .callerGaveUp
        try CallTests.save(silent, in: store)
        #expect(try store.missedCalls(of: CallScope(desks: ["0123456701"])).count == 1)
        #expect(try store.missedCalls(of: CallTests.team).isEmpty)
    }

    @Test func aNumberThatCallsAgainWithinAMinuteIsOneStory() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        for (index, start) in [0, 30_000, 95_000, 300_000].enumerated() {
            try CallTests.save(CallTests.call("\(index)", at: Int64(start), missedBy: ["101"]), in: store)
            try CallTests.save(
                CallTests.call("w\(index)", at: Int64(start) + 1, from: nil, missedBy: ["101"]), in: store)
        }
        let stories = CallStory.of(try store.missedCalls(of: CallTests.team))
        #expect(stories.filter { $0.newest.key != "withheld" }.map(\.rows.count) == [1, 3])
        #expect(stories.filter { $0.newest.key == "withheld" }.map(\.rows.count) == [1, 1, 1, 1])
        #expect(stories.flatMap(\.rows).count == 8)
    }

    @Test func theHistoryIsFoundByClientNumberAndNoteWithinTheScope() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        try store.addParty(
            name: "Hélène Dupont", company: "Électricité Dupont", reference: nil,
            numbers: [PhoneNumber("0612340091")], by: "test", at: 0)
        try CallTests.save(CallTests.call("1", at: 1000, answeredBy: "101"), in: store)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612349999", answeredBy: "102"), in: store)
        try CallTests.save(CallTests.call("3", at: 3000, answeredBy: "201"), in: store)
        _ = try store.write(CallNote(revision: 0, note: "100 % of pallets", who: "A", at: 1), of: "pbx/2", over: 0)
        func find(_ text: String, _ scope: CallScope = CallTests.team) throws -> [String] {
            try store.calls(of: scope, matching: text, limit: 10).map(\.snapshot.call)
        }
        #expect(try find("") == ["pbx/2", "pbx/1"])
        #expect(try find("dupont") == ["pbx/1"])
        #expect(try find("06 12 34 00 91") == ["pbx/1"])
        #expect(try find("+33 6 12 34") == ["pbx/2", "pbx/1"])
        #expect(try find("pallets") == ["pbx/2"])
        #expect(try find("%") == ["pbx/2", "pbx/1"])
        #expect(try find("dupont", CallScope(desks: ["102"])) == [])
        #expect(try find("", CallScope(desks: [])) == [])
        #expect(try store.calls(of: CallTests.team, from: 1500, limit: 10).count == 1)
    }

    /// After an erasure the number is in no byte of the database's files, in whichever form; others stay.
    @Test func anErasedNumberIsGoneFromTheFile() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/db"
        let store = try Store(path: path)
        try store.addParty(
            name: "Dupont", company: "", reference: nil,
            numbers: [PhoneNumber("0612340091"), PhoneNumber("0199001234")],
            by: "test", at: 0)
        let call = CallTests.call("1", at: 1000, from: "+33612340091", answeredBy: "101")
        let applier = Applier(store: store)
        let frame = ApplierTests.frame([.call(device: "pbx", call)], first: 1)
        _ = try applier.apply([("dock", frame)], at: 1000)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612349999", answeredBy: "101"), in: store)
        _ = try store.write(CallNote(revision: 0, note: "secret", who: "A", at: 1), of: "pbx/1", over: 0)
        let number = PhoneNumber("06 12 34 00 91")
        let dry = try store.erase(number, who: "test", dryRun: true, at: 3000)
        #expect(dry.calls == 1 && dry.notes == 1 && dry.numbers == 1 && dry.commands == 0)
        #expect(try store.call("pbx/1") != nil)
        #expect(try store.erase(number, who: "test", dryRun: false, at: 3000) == dry)
        #expect(try store.erase(number, who: "test", dryRun: false, at: 3000).calls == 0)
        #expect(try store.calls(of: CallTests.team, limit: 10).map(\.snapshot.call) == ["pbx/2"])
        for file in ["db", "db-wal"] {
            let text = String(decoding: Fixture.bytes(at: "\(folder.path)/\(file)"), as: UTF8.self)
            for form in ["612340091", "secret"] { #expect(!text.contains(form), "\(form) in \(file)") }
            if file == "db" { #expect(text.contains("612349999")) }
        }
    }

    @Test func oldCallsAreForgottenAndTheRestStays() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        for index in 0..<1200 {
            try CallTests.save(CallTests.call("\(index)", at: Int64(index), answeredBy: "101"), in: store)
        }
        var rounds = 0
        while try store.forgetCalls(before: 1100) > 0 { rounds += 1 }
        #expect(rounds == 3)
        #expect(try store.calls(of: CallTests.team, limit: 2000).count == 100)
    }

    @Test func aShortenedNumberIsAGuessAndNeverAMatch() throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        try store.addParty(
            name: "Whole", company: "", reference: nil, numbers: [PhoneNumber("01 44 55 66 77")], by: "t", at: 0)
        try store.addParty(
            name: "Cut", company: "", reference: nil, numbers: [PhoneNumber("98765432")], by: "t", at: 0)
        // Another whole number with the same end is somebody else.
        #expect(try store.guesses(PhoneNumber("02 44 55 66 77")).isEmpty)
        #expect(try store.parties(key: PhoneNumber("44556677").key).isEmpty)
        #expect(try store.guesses(PhoneNumber("44556677")).map(\.name) == ["Whole"])
        #expect(try store.guesses(PhoneNumber("01 98 76 54 32")).map(\.name) == ["Cut"])
        #expect(try store.guesses(PhoneNumber("5432")).isEmpty)
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
