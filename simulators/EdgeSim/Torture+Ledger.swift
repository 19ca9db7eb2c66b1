import ArgumentParser
import Model
import Platform
import Rig
import SQLite

/// What the torture knows of its scans, and what the centre's database says of them.
extension Torture {
    /// What was scanned, under a text that is never used again.
    struct Ledger {
        var accepted: [String] = []
        var doubtful: [String] = []
        /// Accepted and destroyed with the disk before anybody could take them: physics.
        var destroyed: Set<String> = []
        /// In the centre once, and taken back when it was restored from an older backup.
        var takenBack: Set<String> = []
        /// What restored centres declared lost; the next restore takes that back, too.
        var declared: [ClosedRange<UInt64>] = []

        mutating func gone(notIn stored: Set<String>) {
            destroyed.formUnion(accepted.filter { !stored.contains($0) && !takenBack.contains($0) })
        }
    }

    /// Read by SQL alone: no rule of the product has a say here.
    func stored(_ stand: Stand) -> Set<String> {
        guard let database = try? Database(path: stand.database, readOnly: true) else { return [] }
        return Set((try? database.rows("SELECT subject FROM record WHERE kind=3") { $0.text(0) }) ?? [])
    }

    /// Ranges of numbers that the centre says it had acknowledged and has no more.
    func declared(_ stand: Stand) -> [ClosedRange<UInt64>] {
        guard let database = try? Database(path: stand.database, readOnly: true) else { return [] }
        let details = (try? database.rows("SELECT detail FROM entry WHERE kind='records.lost'") { $0.text(0) }) ?? []
        return details.compactMap { detail in
            let ends = detail.split(separator: "-").compactMap { UInt64($0) }
            return ends.count == 2 ? ends[0]...ends[1] : nil
        }
    }

    func verdict(_ stand: Stand, _ ledger: Ledger, _ counts: [String: Int], _ numbers: [String: UInt64]) throws {
        let database = try Database(path: stand.database, readOnly: true)
        // A row that came again under another key is kept, without effect; its own key tells.
        var rows: [String: Int] = [:]
        for text in try database.rows("SELECT subject FROM record WHERE kind=3", map: { $0.text(0) }) {
            rows[text, default: 0] += 1
        }
        let declared = ledger.declared + declared(stand)
        let missing = ledger.accepted.filter { rows[$0] == nil && !ledger.destroyed.contains($0) }
        // What a restored centre had acknowledged before is gone there, and said.
        let back = missing.filter { ledger.takenBack.contains($0) }
        let said = back.filter { text in declared.contains { $0.contains(numbers[text] ?? 0) } }
        let lost = missing.filter { !ledger.takenBack.contains($0) }
        // The effect of a scan is a piece in the delivery: a row that came again under another key counts none.
        let pieces = try database.integer("SELECT count(*) FROM counted") ?? 0
        let twice = try database.rows(
            """
            SELECT record.subject FROM counted JOIN record USING (stream, seq) GROUP BY record.subject HAVING count(*) > 1
            """
        ) { $0.text(0) }
        let uncounted = Set(rows.keys.filter { $0.hasPrefix("01") }).subtracting(
            try database.rows("SELECT record.subject FROM counted JOIN record USING (stream, seq)") { $0.text(0) })
        let saved = ledger.doubtful.filter { rows[$0] != nil }
        let known = Set(ledger.accepted).union(ledger.doubtful)
        let invented = rows.keys.filter { !known.contains($0) && $0 != Torture.note }
        for (fault, count) in counts.sorted(by: { $0.key < $1.key }) { Terminal.line("\(fault): \(count)") }
        Terminal.line(
            "scans accepted \(ledger.accepted.count), saved without word \(saved.count), stored \(rows.count), pieces counted \(pieces)"
        )
        if !ledger.destroyed.isEmpty || !back.isEmpty {
            let salvaged = ledger.destroyed.filter { rows[$0] != nil }.count
            Terminal.line(
                "destroyed with a disk \(ledger.destroyed.count - salvaged), of them brought back \(salvaged); taken back by a restored centre \(back.count), of them declared lost by it \(said.count)"
            )
        }
        Terminal.line(
            "lost \(lost.count), twice \(twice.count), invented \(invented.count); seed \(seed), \(cycles) cycles")
        guard lost.isEmpty, twice.isEmpty, invented.isEmpty, uncounted.isEmpty else {
            for text in uncounted.prefix(10) { Terminal.line("stored without effect: \(text)") }
            for text in lost.prefix(10) { Terminal.line("lost: \(text)") }
            for text in twice.prefix(10) { Terminal.line("twice: \(text)") }
            throw Exit.say("the promise is broken; the files are in \(stand.folder)", ExitCode(1))
        }
    }
}
