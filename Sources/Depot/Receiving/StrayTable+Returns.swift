import SQLite

extension StrayTable {
    func isReceivedElsewhere(_ subject: String, than delivery: Int64) throws -> Bool {
        try database.integer(
            "SELECT 1 FROM counted WHERE subject=? AND delivery<>? AND removed IS NULL LIMIT 1", .text(subject),
            .integer(delivery)) != nil
    }

    /// Whether a tag that some delivery received has been away since; asked before its new sighting is taken down.
    func comesBack(_ subject: String, at now: Int64) throws -> Receiving.Away {
        guard
            try database.integer(
                """
                SELECT 1 FROM counted JOIN delivery ON delivery.id=delivery WHERE subject=? AND removed IS NULL
                    AND counted.gtin IS NOT NULL AND status<>'closed' LIMIT 1
                """, .text(subject)) == nil,
            // A badge that somebody has put aside once is not asked about at every delivery.
            try database.integer(
                "SELECT 1 FROM decision WHERE subject=? AND kind='ignore' AND undone_by IS NULL LIMIT 1", .text(subject)
            )
                == nil,
            let (isPresent, lastSeen, bookedIn) = try database.first(
                "SELECT present, last_seen, stock_zone FROM item WHERE epc=?", .text(String(subject.dropFirst(4))),
                map: { ($0.bool(0), $0.integer(1), $0.optionalText(2)) })
        else { return .no }
        // Received and in no zone of the book: it departed, or was sent back.
        if now &- lastSeen > Receiving.Away.long || bookedIn == nil && !isPresent { return .surely }
        return isPresent ? .no : .perhaps
    }
}
