import Depot
import Logging
import Model
import Platform

/// Looks who made the decisions in a frame, before its turn: a PIN takes 100 ms, and no transaction waits for that. On the thread that takes
/// frames apart, so that what an agent said stays in its order.
final class DepotVouching: Sendable {
    /// PINs that were right lately, by a digest that no other process knows: a backlog of one person's decisions is looked at once.
    static let memoryLimit = 256
    static let memoryLife: Duration = .seconds(600)

    private let writer: Writer
    private let secret: [UInt8]
    private let salt: String
    private let right = Locked<[String: Instant]>([:])
    private let counts = Locked(UInt64(0))

    init(writer: Writer, secret: [UInt8]) {
        (self.writer, self.secret) = (writer, secret)
        var random = SystemRandomNumberGenerator()
        salt = Hex.word(random.next()) + Hex.word(random.next())
    }

    /// PINs that were looked at.
    var looks: UInt64 { counts.with { $0 } }

    /// With who made each; nil where the database did not answer: the frame is left, and comes again.
    func vouched(_ arrival: Arrival) -> Arrival? {
        let decisions = arrival.decisions
        guard !decisions.isEmpty else { return arrival }
        var arrival = arrival
        let agent = arrival.agent
        for (row, decided) in decisions {
            guard let begun = ask({ [secret] in try $0.depot.begin(decided, agent: agent, secret: secret, at: $1) })
            else { return nil }
            switch begun {
            case nil: continue
            case .known(let standing): arrival.standings[row] = standing
            case .look(let user, let pin):
                let isRight = holds(pin, user.pin ?? "")
                let standing = ask {
                    try $0.depot.vouched(user, isRight: isRight, decided, agent: agent, at: $1)
                }
                guard let standing else { return nil }
                arrival.standings[row] = standing
            }
        }
        return arrival
    }

    private func holds(_ pin: String, _ kept: String) -> Bool {
        let sign = Topic.digest(of: "\(salt) \(kept) \(pin)")
        let now = Clocks.now
        if right.with({ $0[sign].map { now - $0 < DepotVouching.memoryLife } ?? false }) { return true }
        counts.with { $0 += 1 }
        guard Password.holds(pin, kept) else { return false }
        right.with { right in
            if right.count >= DepotVouching.memoryLimit { right = [:] }
            right[sign] = now
        }
        return true
    }

    /// In the writer's turn; returns when it is done.
    private func ask<T: Sendable>(_ deed: @escaping Writer.Deed<T>) -> T? {
        let answer = Locked<T?>(nil)
        writer.post { desks, now in
            let value = try deed(&desks, now)
            answer.with { $0 = value }
        }
        writer.settle()
        return answer.with { $0 }
    }
}
