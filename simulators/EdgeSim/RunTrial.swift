import ArgumentParser
import Broker
import BrokerTrial
import Glibc
import Model
import Platform

struct RunTrial: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Try what an MQTT broker honours, and say whether Quai may run on it.",
        discussion: """
            mqtt://HOST[:PORT] or mqtts://HOST[:PORT]. Several are the nodes of one cluster. The user needs the right to write and read
            everything below the topics' prefix. It ends with 0 where Quai may run on it, 1 where it may with limits, 2 where it must not.
            """)

    @Argument(help: "Address of the broker, or of each node.") var urls: [String]
    @Option(help: "User.") var user: String?
    @Option(help: "Where the password stands: file:PATH (mode 0600) or credential:NAME.") var password: String?
    @Option(help: "PEM file of who signed the broker's certificate; otherwise the system's.") var authority: String?
    @Option(help: "PEM file of our certificate.") var certificate: String?
    @Option(help: "PEM file of its key.") var key: String?
    @Option(help: "How the broker is called in the report.") var name = "this broker"
    @Option(help: "Topics stand below it.") var topics = "quai-trial"
    @Option(help: "Longest wait for one answer, seconds, 1 to 600.") var seconds: Int64 = 10
    @Flag(name: .customLong("mqtt-3.1.1"), help: "As if it spoke MQTT 3.1.1 alone.") var is311 = false
    @Option(help: "Command that restarts the broker; then what is retained is looked for.") var restart: String?
    @Option(help: "Command that kills the first of several nodes, for good; then its client comes to the second.")
    var stop: String?
    @Flag(help: "As JSON.") var json = false
    @Flag(help: "As a table in Markdown.") var page = false

    func run() throws {
        guard (1...600).contains(seconds) else { throw Exit.say("--seconds is from 1 to 600") }
        guard !topics.isEmpty, topics.utf8.count <= 100, !topics.contains(where: { "+#$".contains($0) }) else {
            throw Exit.say("--topics is a topic of 100 bytes at most without +, # and $")
        }
        let secret: String?
        do { secret = try password.map { try Files.secret($0) } } catch { throw Exit.say("\(error)") }
        let nodes = try urls.map { url in
            guard var options = BrokerOptions(url: url, clientID: "quai-trial") else {
                throw Exit.say("\"\(url)\" is not the address of a broker: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
            }
            (options.user, options.password, options.authority) = (user, secret, authority)
            (options.certificate, options.key) = (certificate, key)
            return options
        }
        signal(SIGPIPE, SIG_IGN)
        for (url, options) in zip(urls, nodes) {
            if let why = Reach.trouble(options, limit: .seconds(seconds)) { throw Exit.say("\(url): \(why)") }
        }
        func done(_ command: String?) -> (() -> Bool)? { command.map { command in { system(command) == 0 } } }
        let trial = Trial(
            nodes: nodes, prefix: topics, limit: .seconds(seconds), is311: is311, restart: done(restart),
            stop: done(stop))
        let report = trial.report(name: name)
        Terminal.line(json ? report.json.description : page ? report.page : report.text)
        if report.verdict != .may { throw ExitCode(report.verdict.rawValue) }
    }
}

/// Whether anybody listens there, asked as Quai itself does: libmosquitto's own connect waits for ever.
private enum Reach {
    static func trouble(_ options: BrokerOptions, limit: Duration) -> String? {
        let link = BrokerLink(options: options, now: Clocks.now, seed: 1)
        defer { link.disconnect() }
        let end = Clocks.now + max(limit, .seconds(25))
        while Clocks.now < end {
            let interest = link.interest(now: Clocks.now)
            let ready = waitFor([(interest.descriptor, interest.events)], milliseconds: 50)
            for event in link.advance(ready[0], now: Clocks.now) {
                switch event {
                case .up: return nil
                // What is silent is asked once more, in MQTT 3.1.1.
                case .down(let reason, _): if !link.isOlder { return reason }
                default: break
                }
            }
        }
        return "it does not answer"
    }
}
