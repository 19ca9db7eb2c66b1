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

    /// Lets a follower catch up. One that is new begins with what happens from now on. True when it did something.
    @discardableResult
    public func run<F: Follower>(_ follower: F) throws -> Bool {
        let tip = try ledger.tip()
        guard let start = try ledger.watermark(of: F.name) else {
            try ledger.mark(F.name, at: tip)
            return false
        }
        var seq = start
        while seq < tip {
            let part = try ledger.entries(after: seq, limit: Store.followedAtOnce)
            guard let last = part.last else { break }
            try database.transaction {
                for entry in part { try follower.follow(entry, in: self) }
                try ledger.mark(F.name, at: last.seq)
            }
            seq = last.seq
        }
        return seq > start
    }
}
