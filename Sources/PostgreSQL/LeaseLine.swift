package import SQLite

/// What the lease asks of the connection that holds it: statements and their texts. A server answers (`Connection`); the simulated world has a
/// model of one, so that who takes over, step by step, is the same there.
package protocol LeaseLine: AnyObject {
    /// Rises with every new connection.
    var session: Int { get }

    /// Milliseconds by a clock that nobody sets.
    func clock() -> Int64
    func value(_ sql: String) throws(SQLiteError) -> String?
    func values(_ sql: String) throws(SQLiteError) -> [[String?]]
    func execute(_ sql: String) throws(SQLiteError)
    /// A transaction under the writers' lock.
    func begin() throws(SQLiteError)
    /// The newest step of the tables.
    func form() throws(SQLiteError) -> Int
}

extension Connection: LeaseLine {
    package func clock() -> Int64 { Connection.clock() }
    package func begin() throws(SQLiteError) { try begin(foreseeing: []) }
}
