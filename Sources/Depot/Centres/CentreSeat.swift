package import PostgreSQL
import SQLite

/// One of several centres on a server's database: one works, the others stand by. Used by one thread at a time.
public final class CentreSeat {
    /// How often whoever stands by looks, and whoever works gives a sign; how long it may be silent before another takes over. Milliseconds.
    public static let (look, renewal, silence) = (Lease.look, Lease.renewal, Lease.length)

    /// Another one on the same database, of the last seven days.
    public struct Other: Equatable, Sendable {
        public var name: String
        public var version: String
        public var works: Bool
        /// Heard within the last five seconds.
        public var isThere: Bool
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

    public func claim() throws -> Answer {
        switch try row.claim(upTo: Store.newestForm) {
        case .works(let epoch): .works(epoch: epoch)
        case .another: .standsBy
        case .newer(let form): .isOld(form: form)
        }
    }

    /// False where another took over; throws where the database does not answer.
    public func renew(_ epoch: Int64) throws -> Bool { try row.renew(epoch) }

    /// Before an end that is planned.
    public func release(_ epoch: Int64) throws { try row.release(epoch) }

    public func others() throws -> [Other] { try row.others().map(Other.init) }
}

extension CentreSeat.Other {
    init(_ centre: LeaseRow.Centre) {
        self.init(
            name: centre.name, version: centre.version, works: centre.works,
            isThere: centre.silent < LeaseRow.presence)
    }
}

extension Store {
    /// Every centre on a server's database that was heard in the last seven days; none of a file.
    public func centres() throws -> [CentreSeat.Other] {
        try (database.engine as? Connection)?.centres().map(CentreSeat.Other.init) ?? []
    }
}
