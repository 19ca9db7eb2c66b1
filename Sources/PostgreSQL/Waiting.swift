import SQLite

/// What a connection was told to write and nobody waits for: it goes with the commit, or before anything else is asked, in one round. New
/// rows of a table go first, then the rest: what is gathered of a statement in its order, and single statements in theirs.
final class Waiting {
    private enum Deed {
        case one(PreparedStatement, [Value])
        case rows(GatheredRows, GatheredRows.Part)
    }

    /// Rows that wait at most; with one more all of them go.
    static let limit = 20_000

    private var copied: CopiedRows?
    private var gathered: GatheredRows?
    private var deeds: [Deed] = []
    private var rows = 0

    var isEmpty: Bool { copied == nil && gathered == nil && deeds.isEmpty }

    func add(_ statement: PreparedStatement, _ arguments: [Value], to connection: Connection) throws(SQLiteError) {
        connection.hasWritten = true
        deeds.append(.one(statement, arguments))
        try count(1, of: connection)
    }

    func add(_ part: GatheredRows.Part, of owner: GatheredRows, to connection: Connection) throws(SQLiteError) {
        deeds.append(.rows(owner, part))
        try count(part.rows, of: connection)
    }

    private func count(_ more: Int, of connection: Connection) throws(SQLiteError) {
        rows += more
        if rows > Waiting.limit { try connection.ready() }
    }

    /// Rows of this one are gathered from now on.
    func gather(_ owner: GatheredRows, to connection: Connection) throws(SQLiteError) {
        connection.hasWritten = true
        if let gathered, gathered !== owner { try gathered.seal() }
        gathered = owner
    }

    /// Rows of this one wait, or are on their way.
    func copy(_ owner: CopiedRows, to connection: Connection) throws(SQLiteError) {
        connection.hasWritten = true
        if let copied, copied !== owner { try connection.ready() }
        copied = owner
    }

    /// All of it: new rows are done then, and the rest has yet to be sent.
    func taken(by connection: Connection) throws(SQLiteError) -> [Step] {
        let copied = self.copied
        self.copied = nil
        let single = try copied?.finish() ?? []
        try gathered?.seal()
        gathered = nil
        let now = deeds
        forget()
        var steps = single
        for deed in now {
            switch deed {
            case .one(let statement, let arguments): steps.append(try statement.step(arguments))
            case .rows(let owner, let part): steps.append(try owner.step(part))
            }
        }
        return steps
    }

    /// Nothing of it is done.
    func abandon() {
        copied?.abandon()
        gathered?.abandon()
        (copied, gathered) = (nil, nil)
        forget()
    }

    private func forget() {
        deeds.removeAll(keepingCapacity: true)
        rows = 0
    }
}
