/// Which of several centres on a database works: one at a time, under a number that rises with each that takes over. Whoever writes says its
/// number, and the database takes only the last one's. Times are of the server's clock, in Unix milliseconds.
package struct Lease: Equatable, Sendable {
    /// How long the one that works may be silent, in milliseconds, before another takes over although its connection stands: it was stopped,
    /// or the network swallows what it says.
    package static let length: Int64 = 3000
    /// Between two signs of life, in milliseconds; whoever stands by looks as often as `look`.
    package static let renewal: Int64 = 500
    package static let look: Int64 = 200
    /// On a server that was found anew nobody has a lock, and the time has gone by, as after a failover: the one that works is let find it first,
    /// for so long, and keeps its browsers. Three of its signs of life. Milliseconds.
    package static let grace: Int64 = 1500

    /// Of a process, not of a machine: the same centre begun anew is another.
    package private(set) var holder: String
    package private(set) var epoch: Int64
    package private(set) var until: Int64

    package init(holder: String = "", epoch: Int64 = 0, until: Int64 = 0) {
        (self.holder, self.epoch, self.until) = (holder, epoch, until)
    }

    /// With the next number; nil while another has it. `isGone`: the holder's connection has ended, or it let go.
    package func claimed(by centre: String, at now: Int64, isGone: Bool) -> Lease? {
        guard isGone || holder == centre || now >= until else { return nil }
        return Lease(holder: centre, epoch: epoch + 1, until: now + Lease.length)
    }

    /// Also late, as long as nobody else took over: what was written meanwhile was written by nobody else.
    package func renewed(by centre: String, _ number: Int64, at now: Int64) -> Lease? {
        guard holder == centre, epoch == number else { return nil }
        return Lease(holder: centre, epoch: epoch, until: now + Lease.length)
    }

    /// Whoever waits need not wait; until it has taken over, its former holder may write.
    package func released(by centre: String, _ number: Int64) -> Lease? {
        guard holder == centre, epoch == number else { return nil }
        return Lease(holder: centre, epoch: epoch, until: 0)
    }

    /// Whether a transaction of this number is committed.
    package func admits(_ number: Int64) -> Bool { epoch == number }
}
