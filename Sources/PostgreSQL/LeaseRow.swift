package import SQLite

/// The lease in the database, held by a connection of its own: the lock of its session says at once that a centre has gone, the row that it
/// is silent. It stands in a schema of its own: no part of the store, and there before its tables are.
package final class LeaseRow {
    static let schema = "quai_centres"
    /// Silent for so long, in milliseconds, a centre is not said to be there; forgotten after `memory`.
    package static let presence: Int64 = 5000
    fileprivate static let memory: Int64 = 7 * 86_400_000
    /// Tries, 50 ms apart, of a lock whose holder was ended.
    private static let tries = 20

    /// One that works or stands by, or did in the last seven days.
    package struct Centre: Equatable, Sendable {
        package var name: String
        package var version: String
        package var works: Bool
        /// In milliseconds before now.
        package var silent: Int64
        /// For so long it works, or stands by, in milliseconds; nil of a version that does not say it.
        package var since: Int64?
        /// Nil where it has not looked, or is of a version that does not.
        package var broker: Reach?
    }

    /// Whether a centre reaches the broker, as it saw it so many milliseconds ago.
    package struct Reach: Equatable, Sendable {
        package var isReached: Bool
        package var age: Int64

        package init(isReached: Bool, age: Int64) { (self.isReached, self.age) = (isReached, age) }
    }

    /// What came of a try to work.
    package enum Claim: Equatable, Sendable {
        /// Under this number.
        case works(Int64)
        case another
        /// The tables are of a version that this one does not know.
        case newer(form: Int)
    }

    private let connection: any LeaseLine
    /// Of this process.
    package let id: String
    private let name: String
    private let version: String
    /// The connection's session that has the lock.
    private var locked: Int?
    /// The session that was last asked by, and since when, by `Connection.clock`.
    private var found = (session: 1, at: Int64.min / 2)
    /// Said with each sign of life.
    package var broker: Reach?

    package convenience init(_ url: String, id: String, name: String, version: String) throws(SQLiteError) {
        try self.init(on: Connection(url), id: id, name: name, version: version)
    }

    package init(on connection: any LeaseLine, id: String, name: String, version: String) throws(SQLiteError) {
        (self.connection, self.id, self.name, self.version) = (connection, id, name, version)
        let schema = LeaseRow.schema
        guard
            try connection.value(
                """
                SELECT 1 WHERE to_regprocedure('\(schema).admit(bigint, text)') IS NOT NULL
                    AND to_regclass('\(schema).given') IS NOT NULL
                """) == nil
        else { return }
        try connection.begin()
        do throws(SQLiteError) {
            try connection.execute(LeaseRow.tables)
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private static let tables = """
        CREATE SCHEMA IF NOT EXISTS \(schema); SET LOCAL search_path = \(schema), pg_catalog;
        CREATE TABLE IF NOT EXISTS lease (
            one bigint PRIMARY KEY CHECK (one = 1), holder text NOT NULL, epoch bigint NOT NULL, until bigint NOT NULL, backend bigint NOT NULL);
        INSERT INTO lease VALUES (1, '', 0, 0, 0) ON CONFLICT DO NOTHING;
        CREATE TABLE IF NOT EXISTS centre (
            id text PRIMARY KEY, name text NOT NULL, version text NOT NULL, works boolean NOT NULL, seen bigint NOT NULL);
        -- Also where an older version made it, and still works by it.
        ALTER TABLE centre ADD COLUMN IF NOT EXISTS broker boolean, ADD COLUMN IF NOT EXISTS looked bigint, ADD COLUMN IF NOT EXISTS since bigint;
        CREATE TABLE IF NOT EXISTS given (epoch bigint PRIMARY KEY, name text NOT NULL, at bigint NOT NULL);
        CREATE OR REPLACE FUNCTION moment() RETURNS bigint LANGUAGE sql AS
            $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;
        CREATE OR REPLACE FUNCTION admit(bigint) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
            PERFORM 1 FROM \(schema).lease WHERE epoch = $1;
            IF NOT FOUND THEN RAISE 'another centre works on this database' USING ERRCODE = '55P03'; END IF;
        END $$;
        -- And whose it is: a standby that lacked the last commits gives the same number again.
        CREATE OR REPLACE FUNCTION admit(bigint, text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
            PERFORM 1 FROM \(schema).lease WHERE epoch = $1 AND holder = $2;
            IF NOT FOUND THEN RAISE 'another centre works on this database' USING ERRCODE = '55P03'; END IF;
        END $$;
        CREATE OR REPLACE FUNCTION say(text, text, text, boolean) RETURNS void LANGUAGE sql AS $$
            INSERT INTO \(schema).centre VALUES ($1, $2, $3, $4, \(schema).moment())
            ON CONFLICT (id) DO UPDATE SET works = excluded.works, seen = excluded.seen
            $$;
        -- With whether it reaches the broker, as it saw it so many milliseconds ago.
        CREATE OR REPLACE FUNCTION say(text, text, text, boolean, boolean, bigint) RETURNS void LANGUAGE sql AS $$
            INSERT INTO \(schema).centre AS was (id, name, version, works, seen, since, broker, looked)
            SELECT $1, $2, $3, $4, now, now, $5, now - $6 FROM \(schema).moment() AS now
            ON CONFLICT (id) DO UPDATE SET works = excluded.works, seen = excluded.seen, broker = excluded.broker, looked = excluded.looked,
                since = CASE WHEN was.works = excluded.works THEN was.since ELSE excluded.since END
            $$;
        -- The row as it is to be, if it is still as it was read.
        CREATE OR REPLACE FUNCTION put(was_holder text, was_epoch bigint, text, bigint, bigint) RETURNS bigint LANGUAGE sql AS $$
            UPDATE \(schema).lease SET holder = $3, epoch = $4, until = $5, backend = pg_backend_pid()
            WHERE holder = $1 AND epoch = $2 RETURNING epoch
            $$;
        """

    private func read() throws(SQLiteError) -> (lease: Lease, now: Int64, backend: Int64) {
        let row = try connection.values(
            "SELECT holder, epoch, until, \(LeaseRow.schema).moment(), backend FROM \(LeaseRow.schema).lease")
        func number(_ column: Int) -> Int64 { row.first?[column].flatMap { Int64($0) } ?? 0 }
        return (Lease(holder: row.first?[0] ?? "", epoch: number(1), until: number(2)), number(3), number(4))
    }

    /// False where somebody else was faster. A sign of life need not be on a disk; a new number must.
    private func put(_ next: Lease, after was: Lease, isSign: Bool) throws(SQLiteError) -> Bool {
        try connection.value(
            """
            SELECT \(LeaseRow.schema).put('\(was.holder)', \(was.epoch), '\(next.holder)', \(next.epoch), \(next.until))
            \(isSign ? ", set_config('synchronous_commit', 'off', true)" : "")
            """) != nil
    }

    private func say(works: Bool) throws(SQLiteError) {
        let names = [name, version].map { text in "'" + text.filter { $0 != "'" && $0 != "\\" }.prefix(100) + "'" }
        let reach = broker.map { "\($0.isReached), \($0.age)" } ?? "NULL, NULL"
        _ = try connection.value(
            """
            SELECT \(LeaseRow.schema).say('\(id)', \(names[0]), \(names[1]), \(works), \(reach)),
                set_config('synchronous_commit', 'off', true)
            """)
    }

    private func lock() throws(SQLiteError) -> Bool {
        if locked == connection.session { return true }
        guard try connection.value("SELECT pg_try_advisory_lock(\(Functions.centre))") == "t" else { return false }
        locked = connection.session
        return true
    }

    private func unlock() throws(SQLiteError) {
        locked = nil
        _ = try connection.value("SELECT pg_advisory_unlock_all()")
    }

    /// To be asked again and again by whoever stands by. `form`: the newest step of the schema that this one knows; `yields`: it is there, and
    /// lets another go first.
    package func claim(upTo form: Int, yields: Bool = false) throws(SQLiteError) -> Claim {
        try say(works: false)
        if yields { return .another }
        if found.session != connection.session { found = (connection.session, connection.clock()) }
        guard connection.clock() - found.at >= Lease.grace else { return .another }
        let isGone = try lock()
        let (was, now, backend) = try read()
        guard was.claimed(by: id, at: now, isGone: isGone) != nil else { return .another }
        do throws(SQLiteError) {
            let tables = try connection.form()
            guard tables <= form else {
                try unlock()
                return .newer(form: tables)
            }
            // Its connections end before the next number is given: a transaction that it was stopped in would have the writers' lock.
            try end(was, backend)
            var tries = 0
            while try !lock() {
                guard tries < LeaseRow.tries else { return .another }
                tries += 1
                _ = try connection.value("SELECT pg_sleep(0.05)")
            }
            return try number(after: was)
        } catch {
            try? unlock()
            throw error
        }
    }

    private func number(after was: Lease) throws(SQLiteError) -> Claim {
        try connection.begin()
        do throws(SQLiteError) {
            let (now, moment, _) = try read()
            guard now.epoch == was.epoch, let next = now.claimed(by: id, at: moment, isGone: true),
                try put(next, after: now, isSign: false)
            else {
                try connection.execute("ROLLBACK")
                try unlock()
                return .another
            }
            try connection.execute("COMMIT")
            try say(works: true)
            return .works(next.epoch)
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private func end(_ was: Lease, _ backend: Int64) throws(SQLiteError) {
        _ = try connection.values(
            """
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
                AND pid <> pg_backend_pid() AND (application_name = '\(Connection.application(of: was.epoch))'
                    OR pid = \(backend) AND pid IN (SELECT pid FROM pg_locks WHERE \(Functions.isCentreLock)))
            """)
    }

    /// A sign of life; false where another took over. Throws where the database does not answer: nobody knows then.
    package func renew(_ epoch: Int64) throws(SQLiteError) -> Bool {
        let (was, now, _) = try read()
        guard let next = was.renewed(by: id, epoch, at: now), try put(next, after: was, isSign: true) else {
            return false
        }
        try say(works: true)
        // After a new connection: the one before may still be thought to live. The number decides, the lock only says an end sooner.
        _ = try lock()
        return true
    }

    /// Whoever stands by takes over within `look`.
    package func release(_ epoch: Int64) throws(SQLiteError) {
        let (was, _, _) = try read()
        guard let next = was.released(by: id, epoch) else { return }
        _ = try put(next, after: was, isSign: true)
        try unlock()
        try say(works: false)
    }

    /// That the one that works under this number gives its place up, as another reaches the broker and it does not: said before it does.
    package func give(_ epoch: Int64) throws(SQLiteError) {
        let now = "\(LeaseRow.schema).moment()"
        _ = try connection.value(
            """
            WITH old AS (DELETE FROM \(LeaseRow.schema).given WHERE at < \(now) - \(LeaseRow.memory))
            INSERT INTO \(LeaseRow.schema).given SELECT \(epoch), name, \(now) FROM \(LeaseRow.schema).centre WHERE id = '\(id)'
            ON CONFLICT (epoch) DO NOTHING RETURNING set_config('synchronous_commit', 'off', true)
            """)
    }

    /// All of the last seven days but this one. Of several runs under one name the last one counts.
    package func others() throws(SQLiteError) -> [Centre] {
        let schema = LeaseRow.schema
        _ = try connection.value(
            """
            WITH old AS (DELETE FROM \(schema).centre AS one WHERE seen < \(schema).moment() - \(LeaseRow.memory) OR id <> '\(id)'
                AND EXISTS (SELECT FROM \(schema).centre AS other WHERE other.name = one.name AND other.seen > one.seen) RETURNING 1)
            SELECT count(*) FROM old
            """)
        return try connection.centres(but: id)
    }

    /// Who gave its place up, the last one first, and how many milliseconds ago.
    package func given() throws(SQLiteError) -> [(name: String, age: Int64)] { try connection.given() }
}

extension LeaseLine {
    /// Who works on this database and who stands by, as they said last; none of a database that never had a centre.
    package func centres(but id: String = "") throws(SQLiteError) -> [LeaseRow.Centre] {
        guard try value("SELECT to_regclass('\(LeaseRow.schema).centre')") != nil else { return [] }
        return try values(
            """
            -- Of an older version's table what it does not have is NULL.
            SELECT name, version, works, greatest(0, now - seen), now - (to_jsonb(one) ->> 'since')::bigint,
                to_jsonb(one) ->> 'broker', now - (to_jsonb(one) ->> 'looked')::bigint
            FROM \(LeaseRow.schema).centre AS one, \(LeaseRow.schema).moment() AS now WHERE id <> '\(id)' ORDER BY name, seen
            """
        ).map { row in
            func number(_ column: Int) -> Int64? { row[column].flatMap { Int64($0) } }
            return LeaseRow.Centre(
                name: row[0] ?? "", version: row[1] ?? "", works: row[2] == "t", silent: number(3) ?? 0,
                since: number(4),
                broker: row[5].flatMap { said in
                    number(6).map { LeaseRow.Reach(isReached: said == "true", age: max(0, $0)) }
                })
        }
    }

    /// Who gave its place up within the last seven days because another reached the broker; none of a database that never had a centre.
    package func given() throws(SQLiteError) -> [(name: String, age: Int64)] {
        guard try value("SELECT to_regclass('\(LeaseRow.schema).given')") != nil else { return [] }
        return try values(
            """
            SELECT name, greatest(0, \(LeaseRow.schema).moment() - at) AS age FROM \(LeaseRow.schema).given
            WHERE at > \(LeaseRow.schema).moment() - \(LeaseRow.memory) ORDER BY age
            """
        ).map { row in (row[0] ?? "", row[1].flatMap { Int64($0) } ?? 0) }
    }
}
