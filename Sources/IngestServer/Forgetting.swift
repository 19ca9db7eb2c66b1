import Depot
import Model
import Platform

/// Forgets by age what `[retention]` says, a portion in each turn of the writer, so that what arrives meanwhile goes in between.
struct Forgetting: Sendable {
    let present: Locked<IngestConfiguration>
    var rules: RetentionRules { present.with { $0.retention } }
    /// Since the start, by kind.
    let counts = Locked<[Retention: UInt64]>([:])

    func pass(_ writer: Writer) async throws {
        for kind in Retention.allCases {
            while !Task.isCancelled, let limit = rules.limit(kind, at: Clocks.wall) {
                let pass = try await writer.run { desks, _ in try desks.store.retention.forget(kind, before: limit) }
                if pass.forgotten > 0 { counts.change { $0[kind, default: 0] += UInt64(pass.forgotten) } }
                if pass.isDone { break }
            }
        }
    }
}
