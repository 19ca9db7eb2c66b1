import Model

extension Exchange {
    /// A busy hour's calls in mixed patterns, each a call that a depot knows; the same for the same seed.
    public static func rushHour(
        calls: Int, over span: Duration, seed: UInt64, desks: [String], speed: Double = 1
    ) -> [(at: Duration, script: Script)] {
        var random = SplitMix(seed)
        func seconds(_ low: Double, _ high: Double) -> Duration {
            .nanoseconds(Int64(random.unit(low, high) / speed * 1e9))
        }
        return (0..<calls).map { index in
            let at = span.scaled(Double(index) / Double(max(1, calls)))
            // A telephone is in one call at a time, as far as the script can help it.
            let start = Int(random.next() % UInt64(desks.count))
            let group = (0..<min(3, desks.count)).map { desks[(start + $0) % desks.count] }
            let (first, second) = (group[0], group[group.count - 1])
            let number = "06\(10_000_000 + index * 7)"
            let ring = seconds(0.4, 1.6)
            let talk = ring + seconds(0.6, 3)
            var script = Script(from: number, to: "0123456700", desks: [first], acts: [])
            switch index % 10 {
            case 0, 1: script.acts = [(ring, .answer(first)), (talk, .hangUp)]
            case 2: script.acts = [(ring, .hangUp)]
            case 3:
                script.desks = group
                script.acts = [(ring, .answer(second)), (talk, .hangUp)]
            case 4:
                (script.desks, script.queue) = (group, "support")
                script.acts = index % 20 == 4 ? [(ring, .answer(first)), (talk, .hangUp)] : [(ring, .hangUp)]
            case 5:
                let hold = ring + seconds(0.2, 0.4)
                script.acts = [
                    (ring, .answer(first)), (hold, .hold(first)), (hold + seconds(0.2, 0.5), .resume(first)),
                    (hold + seconds(0.8, 2), .hangUp),
                ]
            case 6:
                let send = ring + seconds(0.3, 0.8)
                script.acts = [
                    (ring, .answer(first)), (send, .blind(by: first, to: second)),
                    (send + seconds(0.3, 0.6), .answer(second)), (send + seconds(0.9, 2), .hangUp),
                ]
            case 7:
                let ask = ring + seconds(0.3, 0.6)
                script.acts = [
                    (ring, .answer(first)), (ask, .consult(by: first, to: second)),
                    (ask + .milliseconds(500), .complete(by: first)),
                    (ask + .milliseconds(500) + seconds(0.5, 1.5), .hangUp),
                ]
            case 8:
                script.from = first
                (script.to, script.desks) = index % 20 == 8 ? (second, [second]) : (number, [])
                script.acts = [
                    (ring, index % 20 == 8 ? .answer(second) : .answerOutside), (talk, .hangUp),
                ]
            default:
                script.isPrivate = index % 20 == 9
                script.acts =
                    script.isPrivate
                    ? [(ring, .answer(first)), (talk, .hangUp)]
                    : [(ring, .decline(first)), (ring + .milliseconds(50), .hangUp)]
            }
            return (at, script)
        }
    }
}

/// The same numbers on every machine.
private struct SplitMix {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func unit(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * Double(next() >> 11) / Double(1 << 53)
    }
}

extension Duration {
    fileprivate func scaled(_ factor: Double) -> Duration { .nanoseconds(Int64(Double(nanoseconds) * factor)) }
}
