import ERPPeers
import Testing

/// A few of the sequences of `make sequences`, on every `make test`.
struct StockSequenceTests {
    @Test(arguments: StockSequence.Peer.allCases, 0..<6)
    func theBooksAreWhatReallyLiesThere(peer: StockSequence.Peer, group: UInt64) async {
        for seed in (group * 10)..<(group * 10 + 10) {
            let outcome = await StockSequence.play(peer, seed: seed)
            #expect(outcome.failure == nil, "\(peer), seed \(seed): \(outcome.story.joined(separator: "\n"))")
        }
    }

    /// A return of two lots was not known again after a death.
    @Test func aReturnThatWasBegunIsKnownAgain() async {
        let outcome = await StockSequence.play(.odoo, seed: 11_601)
        #expect(outcome.failure == nil, "\(outcome.story.joined(separator: "\n"))")
    }
}
