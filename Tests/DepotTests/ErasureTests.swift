import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What an erasure reaches, and what forgetting by age does.
struct ErasureTests {
    static let number = PhoneNumber("06 12 34 00 91")

    /// One of everything that may keep a number, a name and a note.
    static func fill(_ store: Store) throws {
        try store.transaction {
            for index in 0..<300 {
                try store.parties.add(
                    name: "Other \(index)", company: "", reference: nil, numbers: [PhoneNumber("01 44 55 66 77")],
                    by: "test", at: 0)
            }
        }
        let party = try store.parties.add(
            name: "Zorglub", company: "Quxcorp", reference: nil, numbers: [number], by: "Alice", at: 0)
        var call = CallTests.call("1", at: 1000, from: "+33612340091", answeredBy: "101")
        call.caller = Party(number: "+33612340091", name: "Zorglub")
        let frame = ApplierTests.frame([.call(device: "pbx", call)], first: 1)
        _ = try Applier(store: store).apply([("dock", frame)], at: 1000)
        _ = try store.calls.write(
            CallNote(revision: 0, note: "wants vellum", who: "Alice", at: 1), of: "dock/pbx/1", over: 0)
        _ = try store.calls.write(
            CallNote(revision: 1, note: "wants vellum, blue", who: "Alice", at: 2), of: "dock/pbx/1", over: 1)
        try CallTests.save(CallTests.call("2", at: 2000, from: "0612349999", answeredBy: "101"), in: store)
        _ = try store.calls.write(
            CallNote(revision: 0, note: "Ring 06.12.34.00.91 or +33 (0)6 12 34 00 91 back", who: "Bruno", at: 1),
            of: "pbx/2", over: 0)
        let author = Author("Alice")
        try store.jobs.queue(
            .call, subject: "dock/pbx/1",
            payload: .object([
                ("title", .string("Quxcorp, Zorglub")), ("subject", .string("Incoming call, 06 12 34 00 91")),
                ("note", .string("wants vellum, blue")),
            ]), by: author, at: 10)
        let job = try #require(try store.jobs.nextJob(at: 20))
        try store.jobs.trace(
            job: job.id, summary: "POST Zorglub 0612340091", written: true, outcome: "500", milliseconds: 3, at: 21)
        try store.jobs.queue(
            .party, subject: String(party),
            payload: .object([("name", .string("Zorglub")), ("numbers", .array([.string("06 12 34 00 91")]))]),
            by: author, at: 30)
        try store.database.run(
            "INSERT INTO notice (at, kind, subject, data) VALUES (0, 'test', 'x', ?)",
            .text(JSON.object([("text", .string("0033 6 12 34 00 91"))]).description))
        try store.records.reject(
            stream: 1, seq: 99, code: "test", detail: "06 12 34 00 91", body: Array("0612340091".utf8), at: 0)
        try store.calls.add(
            Command(
                id: "01", action: .dial(extension: "101", number: "0612340091", display: nil, device: nil), issued: 0,
                ttl: 60), agent: "dock", user: nil)
        try store.tell(Fact(.dialled, "01", "06 12 34 00 91"), by: author, at: 40)
        try store.tell(Fact(.pushed(.call), "dock/pbx/1", "12: written for Zorglub"), by: author, at: 41)
        try store.tell(Fact(.deskClaimed, "101"), by: author, at: 42)
    }

    private static let forms = [
        "12340091", "12 34 00 91", "12.34.00.91", "orglub", "uxcorp", "vellum", "ellum",
    ]

    private static func left(in path: String) -> [String] {
        let text = String(decoding: Fixture.bytes(at: path), as: UTF8.self)
        return forms.filter { text.contains($0) }
    }

    /// Number, name and note are in no byte of the file afterwards, in whichever form.
    @Test func anErasureReachesEveryByteOfTheFile() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/db"
        do {
            let store = try Store(path: path)
            try ErasureTests.fill(store)
            let dry = try store.erasure.erase(ErasureTests.number, who: "test", dryRun: true, at: 100)
            #expect(dry.calls == 1 && dry.notes == 1 && dry.numbers == 1 && dry.commands == 1 && dry.clients == 1)
            #expect(dry.pushes == 2 && dry.told == 1 && dry.texts == 2 && dry.facts == 2)
            #expect(try store.calls.row("dock/pbx/1") != nil)
            #expect(try store.erasure.erase(ErasureTests.number, who: "test", dryRun: false, at: 100) == dry)
            for file in ["db", "db-wal", "db-shm"] {
                #expect(ErasureTests.left(in: "\(folder.path)/\(file)") == [], "\(file)")
            }
            #expect(try store.calls.note(of: "pbx/2")?.note == "Ring [erased] or [erased] back")
            #expect(try store.calls.note(of: "pbx/2")?.revision == 2)
            let verdict = try store.ledger.verify()
            #expect(verdict.broken == nil && verdict.erased == 2)
            #expect(try store.index.search("other", kinds: [.party], limit: 5).count == 5)
            // What the ERP answers now is about nothing.
            #expect(try store.jobs.finish(job: 1, remote: "12", sentence: "Zorglub", at: 110) == false)
            try store.jobs.trace(job: 1, summary: "Zorglub", written: true, outcome: "", milliseconds: 1, at: 110)
        }
        #expect(ErasureTests.left(in: path) == [])
    }

    /// Whom the ERP knows stays, without the number; what waits to be told goes without it.
    @Test func aClientWhomTheERPKnowsStaysWithoutTheNumber() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let party = try store.parties.add(
            name: "Zorglub", company: "Quxcorp", reference: nil, numbers: [ErasureTests.number], by: "Alice", at: 0)
        try store.parties.link(party: party, erp: "7")
        try store.jobs.queue(
            .party, subject: String(party),
            payload: .object([
                ("name", .string("Zorglub")),
                ("numbers", .array([.string("+33612340091"), .string("+33144556677")])),
            ]), by: Author("Alice"), at: 0)
        let erased = try store.erasure.erase(ErasureTests.number, who: "test", dryRun: false, at: 1)
        #expect(erased.numbers == 1 && erased.clients == 0 && erased.pushes == 0 && erased.texts == 1)
        #expect(try store.parties.view(party)?.numbers == [])
        let job = try #require(try store.jobs.job(of: .party, subject: String(party)))
        #expect(job.state == .waiting && job.payload["numbers"] == .array([.string("+33144556677")]))
        #expect(!erased.notReached.isEmpty)
    }

    @Test func aNumberIsFoundInWhicheverFormAndNeverAsPartOfAnother() throws {
        let written = try #require(WrittenNumber(ErasureTests.number))
        for form in [
            "0612340091", "06 12 34 00 91", "06.12.34.00.91", "06-12-34-00-91", "+33612340091", "+33 6 12 34 00 91",
            "+33 (0)6 12 34 00 91", "0033 6 12 34 00 91", "33612340091", "06\u{A0}12\u{A0}34\u{A0}00\u{A0}91",
        ] {
            #expect(written.redacted("call \(form), soon") == "call [erased], soon", "\(form)")
        }
        for other in ["1612340091000", "1612340091", "06123400912", "0612340092", "12 34 00 91"] {
            #expect(!written.stands(in: "at \(other)."), "\(other)")
        }
        let overseas = try #require(WrittenNumber(PhoneNumber("0692 12 34 56")))
        for form in ["0692123456", "+262 692 12 34 56", "00262692123456", "+33692123456", "+262692123456"] {
            #expect(overseas.redacted("call \(form), soon") == "call [erased], soon", "\(form)")
        }
        // The end of one number and the beginning of another.
        let third = try #require(WrittenNumber(PhoneNumber("0234 261 912")))
        #expect(third.stands(in: "0234 / 261 912"))
        #expect(!third.stands(in: "199 001 234 / 261 912 345"))
    }

    /// What is kept for so many days is also what the ERP was told of it.
    @Test func forgettingByAgeReachesWhatTheERPWasTold() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        for (id, at) in [("1", 1000), ("2", 5000)] as [(String, Int64)] {
            try CallTests.save(CallTests.call(id, at: at, answeredBy: "101"), in: store)
            try store.jobs.queue(.call, subject: "pbx/\(id)", payload: .null, by: Author("Alice"), at: at)
        }
        // Of a call that has become part of another.
        try store.jobs.queue(.call, subject: "pbx/0", payload: .null, by: Author("Alice"), at: 900)
        try store.jobs.queue(.reception, subject: "17", payload: .null, by: Author("Alice"), at: 1000)
        for id in 1...4 as ClosedRange<Int64> {
            try store.jobs.trace(job: id, summary: "POST", written: true, outcome: "200", milliseconds: 1, at: 1000)
        }
        try store.jobs.finish(job: 4, remote: "9", sentence: "", at: 1000)
        #expect(try store.erasure.forgetCalls(before: 2000) == 1)
        #expect(try store.jobs.rows(state: nil, limit: 10).map(\.subject) == ["17", "pbx/2"])
        #expect(try store.jobs.calls(job: 4).isEmpty)
        #expect(try store.jobs.calls(job: 2).count == 1)
    }
}
