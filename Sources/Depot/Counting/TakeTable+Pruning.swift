import SQLite

/// What a count keeps for the ERP alone is not kept for ever: what the ERP had when it began, and what was told of each lot.
extension TakeTable {
    /// Milliseconds: so long after it was closed it may be asked what a count was measured against.
    static let bookLife: Int64 = 90 * 86_400_000
    /// Counts in one transaction.
    private static let pruned: Int64 = 100

    /// Of counts that were closed before, and of which nothing waits for the ERP or for a person; what was counted, and by how much
    /// it differed from our book, stays. An article that is called by the ERP alone keeps its row: it has its name from there.
    /// True when there may be more.
    func forgetBooks(before moment: Int64) throws -> Bool {
        let takes = try database.rows(
            """
            SELECT id FROM stock_take WHERE status IN ('posted', 'cancelled') AND closed<?1
                AND (begin_at IS NOT NULL OR EXISTS (SELECT 1 FROM take_lot WHERE take=stock_take.id))
                AND NOT EXISTS (
                    SELECT 1 FROM erp_job WHERE kind IN ('take', 'book') AND subject=CAST(stock_take.id AS TEXT)
                        AND state NOT IN ('done', 'dropped'))
            ORDER BY id LIMIT ?2
            """, .integer(moment), .integer(TakeTable.pruned), map: { $0.integer(0) })
        for take in takes {
            try database.run("DELETE FROM take_lot WHERE take=?", .integer(take))
            try database.run(
                """
                DELETE FROM take_begin WHERE take=?1 AND (EXISTS (SELECT 1 FROM product WHERE gtin=take_begin.gtin)
                    OR NOT EXISTS (SELECT 1 FROM take_line WHERE take=?1 AND gtin=take_begin.gtin))
                """, .integer(take))
            // As one that was never asked: its page shows our book alone.
            try database.run("UPDATE stock_take SET begin_at=NULL WHERE id=?", .integer(take))
        }
        return takes.count == Int(TakeTable.pruned)
    }
}

extension CountingDesk {
    /// What was kept for the ERP of counts that are long settled. True when there may be more.
    public func forgetBooks(at now: Int64) throws -> Bool {
        try store.transaction { try store.takes.forgetBooks(before: now - TakeTable.bookLife) }
    }
}
