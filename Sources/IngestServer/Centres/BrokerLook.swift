import Broker
import Logging
import Model
import Platform

/// Whether this centre, which stands by, reaches the broker: it is let in under a name of its own, says and hears nothing, and goes. On a
/// thread of its own, as a name that nobody knows is waited for.
final class BrokerLook: Sendable {
    /// Between two looks; while the one that works has no broker, and somebody is asked whether he has.
    static let (pause, haste): (Duration, Duration) = (.seconds(30), .seconds(1))
    /// For the broker to let us in. One that takes longer is not one to move to.
    static let patience: Duration = .seconds(2)

    struct Seen: Sendable {
        var isReached: Bool
        /// When it began to look.
        var at: Instant
    }

    private struct State {
        var isAsked = false
        var isOver = false
        var begun: Instant?
        var seen: Seen?
    }

    private let configuration: IngestConfiguration
    private let state = Locked(State())
    private let troubles: Troubles

    init(_ configuration: IngestConfiguration, logger: Logger) {
        (self.configuration, troubles) = (configuration, Troubles(logger))
    }

    var seen: Seen? { state.with { $0.seen } }

    /// Asked again and again; it looks when it is time.
    func look(isUrgent: Bool, at now: Instant) {
        state.change { state in
            let pause = isUrgent ? BrokerLook.haste : BrokerLook.pause
            state.isAsked = state.isAsked || state.begun.map { now - $0 >= pause } ?? true
        }
    }

    func end() { state.change { $0.isOver = true } }

    func run() {
        while true {
            let isOver = state.wait { state -> Bool? in
                guard state.isAsked || state.isOver else { return nil }
                (state.isAsked, state.begun) = (false, Clocks.now)
                return state.isOver
            }
            guard isOver == false else { return }
            let begin = Clocks.now
            let why = why()
            state.change { $0.seen = Seen(isReached: why == nil, at: begin) }
            if let why {
                troubles.begins("the broker is not reached while standing by", .warning, ["reason": "\(why)"])
            } else {
                troubles.ends(
                    "the broker is not reached while standing by", as: "the broker is reached while standing by")
            }
        }
    }

    /// Why the broker does not let us in; nil where it does.
    private func why() -> String? {
        var random = SystemRandomNumberGenerator()
        let name = "quai-ingest-spare-\(configuration.instance)-\(Hex.word(random.next()))"
        let options: BrokerOptions
        do { options = try BrokerOptions(configuration, clientID: name) } catch { return "\(error)" }
        let link = BrokerLink(options: options, now: Clocks.now, seed: random.next())
        defer { link.disconnect() }
        let end = Clocks.now + BrokerLook.patience
        while Clocks.now < end {
            for event in link.turn(atMost: 100) {
                switch event {
                case .up: return nil
                case .down(let reason, _): return reason
                case .message, .published, .unsubscribed: break
                }
            }
        }
        return "it does not answer"
    }
}

extension BrokerOptions {
    /// As `[broker]` says; throws where it is no address, or its secret cannot be read.
    init(_ configuration: IngestConfiguration, clientID: String) throws {
        guard let options = BrokerOptions(url: configuration.broker, clientID: clientID) else {
            throw IngestFailure("\"\(configuration.broker)\" is not the address of a broker")
        }
        self = options
        user = configuration.user
        if let reference = configuration.password { password = try Files.secret(reference) }
        (authority, certificate, key) = (configuration.authority, configuration.certificate, configuration.key)
    }
}
