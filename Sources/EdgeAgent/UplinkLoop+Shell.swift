import Broker
import Glibc
import Logging
import Model
import Platform
import Uplink

extension UplinkLoop {
    /// The system's clock, the broker's library and the buffer's file, for `Conversation`.
    struct Shell: UplinkShell {
        let loop: UplinkLoop
        let urgentLink: BrokerLink
        let bulkLink: BrokerLink
        let builder: FrameBuilder
        /// When this turn began.
        var turned = Clocks.now
        /// Nil while nobody would hear it.
        var nextBeat: Instant?

        /// For how long frames are sent in one go; one takes about a millisecond to make.
        private static let burstTime: Duration = .milliseconds(2)

        var now: Instant { turned }
        var wall: Int64 { Clocks.wall }
        var buffer: Outbox.Status { loop.outbox.now }
        var isPressed: Bool { loop.inbox.with { !$0.urgent.isEmpty } || Clocks.now - turned > Shell.burstTime }

        func publish(_ message: Conversation.Message) -> Bool {
            let agent = loop.configuration.agent
            switch message {
            case .hello(let hello):
                return urgentLink.publish(Topic(.hello, of: agent).name, hello.json.text8, expiry: 10) != nil
            case .urgent(let message, let ttl, let epoch):
                let event = Shell.cloudEvent(message, agent: agent, epoch: epoch)
                return urgentLink.publish(Topic(.urgent, of: agent).name, event.text8, expiry: ttl) != nil
            case .frame(let bytes):
                guard bulkLink.publish(Topic(.bulk, of: agent).name, bytes) != nil else { return false }
                loop.status.with {
                    $0.framesSent += 1
                    $0.bytesSent += UInt64(bytes.count)
                }
                return true
            }
        }

        func perform(_ step: Conversation.Step) {
            switch step {
            case .subscribe:
                let leaves = [Topic.Leaf.ack, .command, .configuration] + (loop.expected == nil ? [] : [.expected])
                let topics = leaves.map {
                    Topic($0, of: loop.configuration.agent).name
                }
                urgentLink.subscribe(topics + ["\(Topic.presence)/+"])
            case .forget(let last, let refused): loop.outbox.forget(upTo: last, refused: refused)
            case .reissue(let epoch, let reason): reissue(leaving: epoch, reason)
            case .delivering(let first): loop.logger.info("delivering", metadata: ["from": "\(first)"])
            case .obey(let command, let until): obey(command, until: until)
            case .configure(let json): loop.configured(json)
            case .status: publishStatus()
            case .part(let reason):
                loop.logger.critical("delivery stopped", metadata: ["reason": "\(reason)"])
                urgentLink.disconnect()
                bulkLink.disconnect()
                loop.status.with {
                    $0.alarm = reason
                    $0.reason = reason
                }
            }
        }

        func frame(epoch: UInt64, from first: UInt64, count: Int) -> Frame? {
            (try? builder.frame(epoch: epoch, from: first, count: count)) ?? nil
        }

        func refresh() { try? builder.refresh() }

        func wrote(_ boot: Boot, seq: UInt64) -> Bool { builder.wrote(boot, seq: seq) }

        private func reissue(leaving epoch: UInt64, _ reason: String) {
            loop.logger.error("new epoch", metadata: ["reason": "\(reason)"])
            loop.status.with { $0.alarm = reason }
            let done = Locked(false)
            loop.outbox.reissue(leaving: epoch) { done.change { $0 = true } }
            _ = done.wait(timeout: 10_000) { $0 ? true : nil }
        }

        private func obey(_ command: Command, until: Instant) {
            loop.outbox.begin(command) { [weak loop] begun in
                guard let loop else { return }
                let answer: CommandProgress
                switch begun {
                case .first: return loop.commanded(command, until)
                case .before where command.isForTheScript: return loop.commanded(command, until)
                case .before(let progress): answer = progress
                case .refused(let error):
                    answer = CommandProgress(id: command.id, state: .failed, cause: error.text)
                }
                loop.post(.command(command.id), type: "quai.command", data: answer.json, life: .seconds(60))
            }
        }

        private func publishStatus() {
            let oldest = try? builder.oldest()
            let status = loop.status.with {
                $0.oldest = oldest ?? nil
                return $0
            }
            urgentLink.publish(
                Topic(.status, of: loop.configuration.agent).name, loop.describe(status).text8, retain: true)
        }

        private static func cloudEvent(_ message: UrgentLane.Message, agent: String, epoch: UInt64) -> JSON {
            .object([
                ("specversion", "1.0"),
                ("id", .string("\(agent)/\(Hex.word(epoch))/c/\(message.seq)")),
                ("source", .string("quai/\(agent)")), ("type", .string(message.type)),
                ("time", .string(rfc3339(Clocks.wall))), ("data", message.data),
            ])
        }
    }
}
