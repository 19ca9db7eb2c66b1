import SQLite

/// Reads the ledger from its own watermark and misses none. What it does and how far it has come are committed together, so
/// that a process which dies in between does it once.
public protocol Follower {
    /// Under which its watermark is kept.
    static var name: String { get }

    /// What an entry means here; within a transaction of its own, its effect and its watermark together.
    func follow(_ entry: Entry, in store: Store) throws
}

extension Store {
    /// Entries of one transaction of a follower.
    static let followedAtOnce = 200

    /// Lets a follower catch up, or follow `most` entries. One that is new begins with what happens from now on. True when it did
    /// something.
    @discardableResult
    public func run<F: Follower>(_ follower: F, atMost most: Int = .max) throws -> Bool {
        let tip = try ledger.tip()
        guard let start = try ledger.watermark(of: F.name) else {
            try ledger.mark(F.name, at: tip)
            return false
        }
        var seq = start
        var left = most
        while seq < tip, left > 0 {
            let part = try ledger.entries(after: seq, limit: min(Store.followedAtOnce, left))
            guard let last = part.last else { break }
            left -= part.count
            try database.transaction {
                for entry in part { try follower.follow(entry, in: self) }
                try ledger.mark(F.name, at: last.seq)
            }
            seq = last.seq
        }
        return seq > start
    }
}
