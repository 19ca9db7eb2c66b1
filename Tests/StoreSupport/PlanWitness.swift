import Depot
import Glibc
import SQLite
import Synchronization
import TestSupport

/// With `QUAI_TEST_PLANS=FILE`: how SQLite goes about every statement that a test's store makes, each once, a line each: the steps, a tab,
/// the statement. `packaging/check-plans` judges them.
enum PlanWitness {
    private static let seen = Mutex<Set<String>>([])
    private static let file = environment("QUAI_TEST_PLANS").flatMap { fopen($0, "ae") }.map { UInt(bitPattern: $0) }

    static func watch(_ store: Store) -> Store {
        guard let file, let lines = UnsafeMutablePointer<FILE>(bitPattern: file) else { return store }
        store.database.witness = { database, sql in
            guard seen.withLock({ $0.insert(sql).inserted }) else { return }
            let plan = database.plan(of: sql).joined(separator: "; ")
            fputs("\(plan)\t\(sql.split(whereSeparator: \.isWhitespace).joined(separator: " "))\n", lines)
            fflush(lines)
        }
        return store
    }
}
