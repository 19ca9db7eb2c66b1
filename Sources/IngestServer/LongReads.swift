import Depot

/// Reads that may take long: an actor with a view of the database of its own, because a list of a year holds up no card.
actor LongReads {
    private let executor = ThreadExecutor()
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let store: Store

    /// The database exists: the writer has it open.
    init(database path: String) throws { store = try Store(reading: path) }

    func read<T: Sendable>(_ body: @Sendable (Store) throws -> T) rethrows -> T { try body(store) }
}
