public import Model
import SQLite

/// What is known of a number, and how it is erased.
public struct ErasureTable: StoreTable {
    let store: Store

    /// What an erasure removed.
    public struct Erased: Equatable, Sendable {
        public var calls = 0
        public var notes = 0
        public var numbers = 0
        public var commands = 0
        /// Clients without another number, whom neither the ERP nor a delivery knows.
        public var clients = 0
        /// What was to be told to the ERP.
        public var pushes = 0
        /// Of these, what it may have been told already.
        public var told = 0
        /// Other texts in which the number was written over.
        public var texts = 0
        /// Entries of the ledger that lost their content.
        public var facts = 0
        /// Somebody was reading: the log of changes keeps what it has until the next checkpoint.
        public var isLogKept = false
        /// There was no room to write the file anew.
        public var isFileKept = false

        /// Where the number may still be, for the person who has to answer for it.
        public var notReached: [String] {
            var places = [
                told > 0
                    ? "the ERP, which may have been told \(told) times, and its own card of the client"
                    : "the ERP's own card of the client: it comes back with the next pull",
                "backups of the database",
                "calls that go on, and what agents have not sent yet: erase again when they are over",
                "pages that are open, until they are loaded again",
                "what was sent on before: to webhooks, a collector of logs, and people's mail, telephones and push services",
                "names in free text where the number does not stand",
            ]
            if isLogKept { places.append("the log of changes, which another program was reading: erase again") }
            if isFileKept { places.append("gaps in the file's pages: it could not be written anew, erase again") }
            return places
        }

        public var json: JSON {
            .object([
                ("calls", .int(Int64(calls))), ("notes", .int(Int64(notes))), ("numbers", .int(Int64(numbers))),
                ("commands", .int(Int64(commands))), ("clients", .int(Int64(clients))),
                ("pushes", .int(Int64(pushes))), ("told", .int(Int64(told))), ("texts", .int(Int64(texts))),
                ("facts", .int(Int64(facts))), ("notReached", .array(notReached.map(JSON.string))),
            ])
        }
    }

    /// Everything that is kept of these calls but their places in the journal.
    func forget(calls ids: [String]) throws {
        for id in ids {
            for statement in [
                "DELETE FROM call WHERE id=?", "DELETE FROM missed WHERE call=?", "DELETE FROM call_desk WHERE call=?",
                "DELETE FROM call_note WHERE call=?", "DELETE FROM reminder WHERE call=?",
            ] { try database.run(statement, .text(id)) }
            try store.inbox.forget(call: id)
        }
    }

    /// The journal keeps the numbers of its records, so that none is applied again; what they said is gone.
    func blank(calls ids: [String]) throws {
        for id in ids {
            guard let agent = try database.text("SELECT agent FROM call WHERE id=?", .text(id)) else { continue }
            try database.run(
                """
                UPDATE record SET body=x'80' WHERE kind=6 AND subject=?
                    AND stream IN (SELECT id FROM stream WHERE agent=?)
                """, .text(CallName.told(id, by: agent) ?? id), .text(agent))
        }
    }

    /// Removes every call with a number and what was written about them, takes the number out of the directory and of
    /// every other text, in whichever form. Afterwards it is in no page of the file; what was not reached is said.
    ///
    /// `secure_delete` alone is not enough: rows that SQLite once moved from one page to another are still to be read in
    /// gaps of the first (some three of a thousand). So the file is written anew: that takes room for a second one, and
    /// others wait to write for some seconds a gigabyte.
    public func erase(_ number: PhoneNumber, who: String, dryRun: Bool, at now: Int64) throws -> Erased {
        let written = WrittenNumber(number)
        let traces = try self.traces(of: number, written)
        var erased = traces.erased
        guard !dryRun else { return erased }
        // What is deleted is overwritten, also in the log of changes.
        if database.engine == nil { try database.execute("PRAGMA secure_delete=ON") }
        try database.transaction {
            try remove(traces)
            try store.tell(
                Fact(.numberErased, "\(erased.calls) calls, \(erased.numbers) clients"), by: Author(who), at: now)
        }
        try mergeSearch()
        erased.isFileKept = try !rewriteFile()
        // PostgreSQL's log is its server's: it goes as its segments are written over.
        erased.isLogKept = try database.engine != nil || database.integer("PRAGMA wal_checkpoint(TRUNCATE)") ?? 0 != 0
        return erased
    }

    /// Forgets calls that began before `limit`, a few at a time; how many there were. What was to be told to the ERP of
    /// them goes too, and of every finished push how it went.
    public func forgetCalls(before limit: Int64, atMost count: Int = 500) throws -> Int {
        let ids = try database.rows(
            "SELECT id FROM call WHERE started<? ORDER BY started LIMIT ?", .integer(limit), .integer(count)
        ) { $0.text(0) }
        try database.transaction {
            try blank(calls: ids)
            try forget(calls: ids)
            for id in ids {
                try database.run(
                    "DELETE FROM erp_job WHERE kind='call' AND (subject=?1 OR subject GLOB ?2)", .text(id),
                    .text("\(ErasureTable.globbed(id))#[0-9]*"))
            }
            // Also of calls that became part of others.
            try database.run(
                """
                DELETE FROM erp_job WHERE kind='call' AND created<?
                    AND NOT EXISTS (SELECT 1 FROM call WHERE call.id=erp_job.subject)
                """, .integer(limit))
            try database.run(
                """
                DELETE FROM erp_call WHERE at<? AND job NOT IN (
                    SELECT id FROM erp_job WHERE state IN ('waiting', 'running', 'dead'))
                """, .integer(limit))
            guard !ids.isEmpty else { return }
            try database.run("DELETE FROM erp_call WHERE job NOT IN (SELECT id FROM erp_job)")
            try database.run(
                "UPDATE record SET body=x'80' WHERE kind=6 AND captured<? AND body<>x'80'", .integer(limit))
            try database.run("DELETE FROM command WHERE issued<?", .integer(limit))
        }
        return ids.count
    }
}

extension ErasureTable {
    /// Shortest name that is looked for in the ledger, in characters.
    private static let nameLimit = 6

    /// The call that a push is about: its own note, or a call-back of it.
    static func call(of subject: String) -> String { Reminder.call(ofSubject: subject) ?? subject }

    /// A text as GLOB takes it for itself.
    static func globbed(_ text: String) -> String {
        text.reduce(into: "") { $0 += "*?[".contains($1) ? "[\($1)]" : String($1) }
    }

    static func forms(of written: WrittenNumber, in text: String) -> [String] {
        let bytes = Array(text.utf8)
        return written.ranges(in: bytes).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The document without the number; from a list of numbers it goes altogether.
    static func redacted(_ json: JSON, _ written: WrittenNumber) -> JSON {
        switch json {
        case .string(let text): return .string(written.redacted(text))
        case .array(let list):
            return .array(list.map { redacted($0, written) }.filter { $0 != .string(WrittenNumber.gone) })
        case .members(let members):
            return .members(members.map { JSON.Member($0.name, redacted($0.value, written)) })
        case .null, .bool, .int, .number: return json
        }
    }

    /// Where it stands, among `PersonalPlace.all`. Reads only: others may write meanwhile.
    func traces(of number: PhoneNumber) throws -> ErasureTraces { try traces(of: number, WrittenNumber(number)) }

    private func traces(of number: PhoneNumber, _ written: WrittenNumber?) throws -> ErasureTraces {
        var traces = ErasureTraces()
        traces.calls.formUnion(
            try database.rows("SELECT id FROM call WHERE key=?", .text(number.key)) { $0.text(0) })
        traces.numbers = try database.rows("SELECT party, key FROM party_number WHERE key=?", .text(number.key)) {
            ($0.integer(0), $0.text(1))
        }
        if let written {
            let calls = try database.rows(
                "SELECT id, snapshot FROM call WHERE \(PersonalPlace.of("call").mayMention)", .text(written.core)
            ) { (id: $0.text(0), text: $0.text(1)) }
            for call in calls where written.stands(in: call.text) { traces.calls.insert(call.id) }
            let commands = try database.rows(
                "SELECT id, body FROM command WHERE \(PersonalPlace.of("command").mayMention)", .text(written.core)
            ) { (id: $0.text(0), text: $0.text(1)) }
            for command in commands where written.stands(in: command.text) { traces.commands.append(command.id) }
            // Bodies are binary: what stands before and after the digits there says nothing.
            traces.records = try database.rows(
                "SELECT stream, seq FROM record WHERE kind=6 AND \(PersonalPlace.of("record").mayMention)",
                .text(written.core)
            ) { ($0.integer(0), $0.integer(1)) }
            traces.letters = try database.rows(
                "SELECT stream, seq FROM dead_letter WHERE \(PersonalPlace.of("dead_letter").mayMention)",
                .text(written.core)
            ) { ($0.integer(0), $0.integer(1)) }
            let known = Set(traces.numbers.map { "\($0.party) \($0.key)" })
            let others = try database.rows(
                "SELECT party, key, number FROM party_number WHERE \(PersonalPlace.of("party_number").mayMention)",
                .text(written.core)
            ) {
                (party: $0.integer(0), key: $0.text(1), isMeant: written.stands(in: $0.text(2)))
            }
            for number in others where number.isMeant && !known.contains("\(number.party) \(number.key)") {
                traces.numbers.append((party: number.party, key: number.key))
            }
        }
        for id in traces.calls where try store.calls.note(of: id) != nil { traces.erased.notes += 1 }
        try findParties(&traces)
        try findJobs(&traces, written)
        try findPassages(&traces, written)
        try findEntries(&traces, written)
        traces.erased.calls = traces.calls.count
        traces.erased.numbers = traces.numbers.count
        traces.erased.commands = traces.commands.count
        traces.erased.clients = traces.parties.count
        traces.erased.pushes = traces.jobs.count
        traces.erased.texts = traces.passages.count
        traces.erased.facts = traces.entries.count
        return traces
    }

    /// Clients who were entered here, of whom nothing else is known.
    private func findParties(_ traces: inout ErasureTraces) throws {
        let found = Dictionary(grouping: traces.numbers) { $0.party }
        for (id, numbers) in found {
            let all = try database.integer("SELECT count(*) FROM party_number WHERE party=?", .integer(id)) ?? 0
            guard all == Int64(numbers.count),
                let (name, company) = try database.first(
                    """
                    SELECT name, company FROM party WHERE id=? AND erp IS NULL AND reference IS NULL AND NOT EXISTS (
                        SELECT 1 FROM delivery WHERE supplier IN (nullif(party.name, ''), nullif(party.company, ''))
                            OR client IN (nullif(party.name, ''), nullif(party.company, '')))
                    """, .integer(id), map: { ($0.text(0), $0.text(1)) })
            else { continue }
            traces.parties.insert(id)
            for text in [name, company] where text.count >= ErasureTable.nameLimit {
                let isOurs = try database.integer("SELECT 1 FROM user WHERE name=? LIMIT 1", .text(text)) != nil
                if !isOurs { traces.names.insert(text) }
            }
        }
    }

    /// Pushes about these calls and clients; others that mention the number go on without it.
    private func findJobs(_ traces: inout ErasureTraces, _ written: WrittenNumber?) throws {
        let jobs = try database.rows(
            """
            SELECT id, kind, subject, key, payload, state='done' OR attempts>0 FROM erp_job
            WHERE kind IN ('call', 'party')
            """
        ) { row in
            let (kind, subject) = (row.text(1), row.text(2))
            var isAbout =
                kind == "call"
                ? traces.calls.contains(ErasureTable.call(of: subject)) || traces.calls.contains(subject) : false
            if kind == "party", let party = Int64(subject) { isAbout = traces.parties.contains(party) }
            if kind == "call", !isAbout, let payload = try? JSON(parsing: row.text(4)),
                case .string(let text)? = payload["subject"]
            {
                isAbout = written?.stands(in: text) ?? false
            }
            return (
                id: row.integer(0), kind: kind, subject: subject, key: row.text(3), told: row.bool(5), isAbout: isAbout
            )
        }
        for job in jobs where job.isAbout {
            traces.jobs.insert(job.id)
            traces.pushes.formUnion([job.key, "erp.\(job.kind) \(job.subject)"])
            traces.erased.told += job.told ? 1 : 0
        }
    }

    private func findPassages(_ traces: inout ErasureTraces, _ written: WrittenNumber?) throws {
        guard let written else { return }
        for place in PersonalPlace.all {
            for column in place.overwritten { try findPassages(&traces, written, in: place, column) }
        }
    }

    private func findPassages(
        _ traces: inout ErasureTraces, _ written: WrittenNumber, in place: PersonalPlace, _ column: String
    ) throws {
        let owner = place.call ?? place.job ?? place.party ?? "''"
        let mentions = "instr(\(WrittenNumber.squeezed(column)), ?1)>0"
        let rows = try database.rows(
            "SELECT \(column), \(owner), \(place.keys.joined(separator: ", ")) FROM \(place.table) WHERE \(mentions)",
            .text(written.core)
        ) { row in
            (text: row.text(0), owner: row.text(1), keys: place.keys.indices.map { row.text($0 + 2) })
        }
        for (text, owner, keys) in rows {
            let goes: Bool
            switch place.table {
            case "call_note", "inbox": goes = traces.calls.contains(owner)
            case "erp_job", "erp_call": goes = Int64(owner).map(traces.jobs.contains) ?? false
            case "party": goes = Int64(owner).map(traces.parties.contains) ?? false
            default: goes = false
            }
            guard !goes else { continue }
            var masked = written.redacted(text)
            guard masked != text else { continue }
            if place.documents.contains(column), let json = try? JSON(parsing: text) {
                masked = ErasureTable.redacted(json, written).description
            }
            traces.passages.append(
                ErasureTraces.Passage(table: place.table, column: column, keys: keys, text: masked))
        }
    }

    private func findEntries(_ traces: inout ErasureTraces, _ written: WrittenNumber?) throws {
        if let written {
            let place = PersonalPlace.of("entry")
            let rows = try database.rows(
                """
                SELECT seq, subject, coalesce(detail, ''), coalesce(reason, '') FROM entry
                WHERE \(place.rows) AND \(place.mayMention)
                """, .text(written.core)
            ) { ($0.integer(0), [$0.text(1), $0.text(2), $0.text(3)]) }
            for (seq, texts) in rows {
                let forms = texts.flatMap { ErasureTable.forms(of: written, in: $0) }
                guard !forms.isEmpty else { continue }
                traces.entries.insert(seq)
                traces.forms.formUnion(forms)
            }
        }
        for name in traces.names {
            traces.entries.formUnion(
                try database.rows(
                    """
                    SELECT seq FROM entry WHERE salt IS NOT NULL AND (instr(subject, ?1)>0
                        OR instr(coalesce(detail, ''), ?1)>0 OR instr(coalesce(reason, ''), ?1)>0)
                    """, .text(name)
                ) { $0.integer(0) })
        }
        guard !traces.pushes.isEmpty else { return }
        let pushes = try database.rows(
            "SELECT seq, kind, subject FROM entry WHERE salt IS NOT NULL AND kind LIKE 'erp.%'"
        ) { ($0.integer(0), $0.text(1), $0.text(2)) }
        for (seq, kind, subject) in pushes
        where traces.pushes.contains(subject) || traces.pushes.contains("\(kind) \(subject)") {
            traces.entries.insert(seq)
        }
    }
}
