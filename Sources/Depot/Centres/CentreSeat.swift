package import PostgreSQL
import SQLite

/// One of several centres on a server's database: one works, the others stand by. Used by one thread at a time.
public final class CentreSeat {
    /// How often whoever stands by looks, and whoever works gives a sign; how long it may be silent before another takes over. Milliseconds.
    public static let (look, renewal, silence) = (Lease.look, Lease.renewal, Lease.length)

    /// Another one on the same database, of the last seven days. Ages are in milliseconds.
    public struct Other: Equatable, Sendable {
        public var name: String
        public var version: String
        public var works: Bool
        /// Heard within the last five seconds.
        public var isThere: Bool
        /// Since it was heard.
        public var silent: Int64 = 0
        /// Since it works, or stands by; nil where it does not say.
        public var since: Int64?
        /// Whether it reached the broker when it looked last; nil where it has not looked.
        public var reachesBroker: Bool?
        /// Of that look.
        public var looked: Int64 = 0
    }

    /// One that gave its place up, as another reached the broker and it did not. In milliseconds ago.
    public struct Given: Equatable, Sendable {
        public var name: String
        public var age: Int64
    }

    public enum Answer: Equatable, Sendable {
        case works(epoch: Int64)
        case standsBy
        /// The tables are of a version that this one does not know.
        case isOld(form: Int)
    }

    private let row: LeaseRow

    /// Of this process.
    public var id: String { row.id }

    /// `id` is of this process; `name` is what people call the instance.
    public init(_ address: String, id: String, name: String, version: String) throws {
        row = try LeaseRow(address, id: id, name: name, version: version)
    }

    package init(on line: any LeaseLine, id: String, name: String, version: String) throws {
        row = try LeaseRow(on: line, id: id, name: name, version: version)
    }

    /// Said with the next sign of life: whether it reaches the broker, as it saw it so many milliseconds ago; nil where it has not looked.
    public func say(reachesBroker: Bool?, age: Int64 = 0) {
        row.broker = reachesBroker.map { LeaseRow.Reach(isReached: $0, age: age) }
    }

    /// `yields`: it lets another go first.
    public func claim(yields: Bool = false) throws -> Answer {
        switch try row.claim(upTo: Store.newestForm, yields: yields) {
        case .works(let epoch): .works(epoch: epoch)
        case .another: .standsBy
        case .newer(let form): .isOld(form: form)
        }
    }

    /// False where another took over; throws where the database does not answer.
    public func renew(_ epoch: Int64) throws -> Bool { try row.renew(epoch) }

    /// Before an end that is planned.
    public func release(_ epoch: Int64) throws { try row.release(epoch) }

    /// Written down before its place is given up for the broker's sake.
    public func give(_ epoch: Int64) throws { try row.give(epoch) }

    public func others() throws -> [Other] { try row.others().map(Other.init) }

    /// Of seven days, the last one first.
    public func given() throws -> [Given] { try row.given().map { Given(name: $0.name, age: $0.age) } }
}

extension CentreSeat.Other {
    init(_ centre: LeaseRow.Centre) {
        self.init(
            name: centre.name, version: centre.version, works: centre.works,
            isThere: centre.silent < LeaseRow.presence, silent: centre.silent, since: centre.since,
            reachesBroker: centre.broker?.isReached, looked: centre.broker?.age ?? 0)
    }
}

extension Store {
    /// Every centre on a server's database that was heard in the last seven days; none of a file.
    public func centres() throws -> [CentreSeat.Other] {
        try (database.engine as? Connection)?.centres().map(CentreSeat.Other.init) ?? []
    }

    /// Who gave its place up within seven days as another reached the broker; none of a file.
    public func givenPlaces() throws -> [CentreSeat.Given] {
        try (database.engine as? Connection)?.given().map { CentreSeat.Given(name: $0.name, age: $0.age) } ?? []
    }
}
