import Model
import SQLite

extension CallTable {
    public func note(of call: String) throws -> CallNote? {
        try database.first(
            "SELECT revision, note, disposition, party, who, at FROM call_note WHERE call=?", .text(call)
        ) { CallTable.note($0, from: 0) }
    }

    /// Writes over what had the revision `base`; nil when somebody else has written meanwhile.
    public func write(_ note: CallNote, of call: String, over base: Int64) throws -> CallNote? {
        guard try self.note(of: call)?.revision ?? 0 == base else { return nil }
        var note = note
        note.revision = base + 1
        try database.run(
            "INSERT INTO call_note VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET revision=?2, note=?3, disposition=?4, party=?5, who=?6, at=?7",
            .text(call), .integer(note.revision), .text(note.note), .text(note.disposition), .integer(note.party),
            .text(note.who), .integer(note.at))
        return note
    }

    /// Two calls turned out to be one: what was written about the first belongs to the other.
    public func moveNote(from: String, to: String) throws {
        guard let old = try note(of: from) else { return }
        if var new = try note(of: to) {
            if !old.note.isEmpty, !new.note.contains(old.note) {
                new.note = String((old.note + (new.note.isEmpty ? "" : "\n" + new.note)).prefix(CallTable.noteLimit))
            }
            new.disposition = new.disposition ?? old.disposition
            new.party = new.party ?? old.party
            _ = try write(new, of: to, over: new.revision)
        } else {
            _ = try write(old, of: to, over: 0)
        }
        try database.run("DELETE FROM call_note WHERE call=?", .text(from))
    }

    /// Longest note, in characters.
    public static let noteLimit = 4000

    /// Who was chosen the last time this number called, where several clients have it.
    public func lastChoice(key: String) throws -> CallNote? {
        try database.first(
            """
            SELECT call_note.revision, note, disposition, party, who, at FROM call_note JOIN call ON call.id=call_note.call
            WHERE call.key=? AND party IS NOT NULL ORDER BY at DESC LIMIT 1
            """, .text(key)
        ) { CallTable.note($0, from: 0) }
    }
}
