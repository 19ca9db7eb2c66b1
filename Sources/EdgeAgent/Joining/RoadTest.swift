import Broker
import Model
import Platform

/// The road to the centre, walked once: to the broker, and to the centre's first acknowledgement.
struct RoadTest {
    enum Outcome: Equatable {
        case acknowledged
        case brokerSilent(String)
        case brokerRefuses(String)
        /// The broker is there, and no centre hears, or answers.
        case noCentre
        /// Another machine speaks under this name.
        case cloned
    }

    var options: BrokerOptions
    var agent: String

    /// Waits for so long in all.
    func walk(patience: Duration) -> Outcome {
        var random = SystemRandomNumberGenerator()
        let link = BrokerLink(options: options, now: Clocks.now, seed: random.next())
        defer { link.disconnect() }
        // A hello of a buffer that holds nothing: the centre answers it, and has nothing to count.
        let nothing = Hello.Extent(lowest: 1, highest: 0)
        var hello = Hello(
            epoch: random.next(), boot: Boot(counter: 1, random: random.next()), nonce: random.next(), bulk: nothing,
            urgent: nothing, clock: Clocks.wall)
        hello.isTrial = true
        let end = Clocks.now + patience
        var again = Instant.zero
        var why: Outcome = .brokerSilent("\(options.host):\(options.port) did not answer in time")
        while Clocks.now < end {
            for event in link.turn(atMost: 200) {
                switch event {
                case .up:
                    link.subscribe([Topic(.ack, of: agent).name])
                    why = .noCentre
                    again = .zero
                case .down(let reason, let refused):
                    why = refused ? .brokerRefuses(reason) : .brokerSilent(reason)
                    if refused { return why }
                case .message(_, let payload):
                    guard let ack = (try? JSON(parsing: payload)).flatMap({ Ack(json: $0) }), ack.hello == hello.nonce
                    else {
                        continue
                    }
                    return ack.verdict == .cloned ? .cloned : .acknowledged
                case .unsubscribed: return .brokerRefuses("its access list lets \(agent) hear nothing")
                case .published: continue
                }
            }
            // Once a second: the centre may be starting.
            if link.isUp, Clocks.now >= again {
                link.publish(Topic(.hello, of: agent).name, hello.json.text8, expiry: 10)
                again = Clocks.now + .seconds(1)
            }
        }
        return why
    }
}
