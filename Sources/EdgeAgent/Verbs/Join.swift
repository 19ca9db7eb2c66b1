import ArgumentParser
import Broker
import Certificates
import Glibc
import Model
import Platform
import Ports

/// From an installed package to a gateway of the centre: with the token that somebody made there.
struct Join: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Become a gateway of a centre: with the line that edge-ingest agent invite printed there.",
        discussion: """
            The key is made on this machine and never leaves it. The token tells which centre is the right one, so that nobody else is
            believed. Without --token it is asked for, and stands in no history of commands.
            """)

    @Argument(help: "Where the centre's pages are: https://HOST:PORT.") var url: String
    @Option(help: "The token; - reads it from standard input.") var token: String?
    @Flag(help: "This machine has joined already: give it a new key and certificate.") var again = false
    @Option(help: "Write everything below this folder, as an installation to be tried.") var root: String?
    @Option(help: "For how long the road to the centre is tried, in seconds.") var seconds = 20

    func run() throws {
        var files = JoinFiles()
        if let root {
            guard root.hasPrefix("/") else { throw Exit.say("--root is a whole path, from / on") }
            files.root = root.hasSuffix("/") ? String(root.dropLast()) : root
        } else if geteuid() != 0 {
            throw Exit.say("join writes into /etc and /var: run it as root, with sudo edge-agent join")
        }
        files.follow(state: AgentConfiguration.state(in: files.configuration))
        guard (1...600).contains(seconds) else { throw Exit.say("--seconds is 1 to 600") }
        if let present = files.present, !again {
            throw Exit.say(
                "this machine has joined already, as \(present.name) (\(files.certificate)); add --again to give it a new "
                    + "key and certificate", Exit.warnings)
        }
        let address: CentreAddress
        let outside: CentreDoor
        do {
            address = try CentreAddress(url)
            outside = try CentreDoor(address)
        } catch { throw Exit.say("\(error)") }
        guard let token = JoinToken(try asked()) else {
            throw Exit.say(
                "this is no token: \(JoinToken.prefix) and 108 signs, as edge-ingest agent invite NAME printed it; is all of "
                    + "it there?")
        }
        let answer = try enrol(outside, address, token, files)
        Terminal.line("joined as \(answer.agent), site \(answer.site), broker \(answer.broker)")
        Terminal.line("wrote \(files.dropIn) and \(files.folder)/")
        try walk(answer, files)
    }

    private struct Enrolled {
        var agent: String
        var site: String
        var broker: String
    }

    // MARK: the token

    private func asked() throws -> String {
        if let token, token != "-" { return token }
        let isTerminal = isatty(0) == 1
        guard isTerminal || token == "-" else {
            throw Exit.say("say --token T, or --token - with the token on standard input")
        }
        var before = termios()
        if isTerminal {
            _ = "Token: ".withCString { write(2, $0, strlen($0)) }
            tcgetattr(0, &before)
            var silent = before
            silent.c_lflag &= ~UInt32(ECHO)
            tcsetattr(0, TCSAFLUSH, &silent)
        }
        let line = readLine() ?? ""
        if isTerminal {
            tcsetattr(0, TCSAFLUSH, &before)
            Terminal.error("")
        }
        return String(line.filter { $0 != " " && $0 != "\t" })
    }

    // MARK: the certificate

    private func enrol(
        _ outside: CentreDoor, _ address: CentreAddress, _ token: JoinToken, _ files: JoinFiles
    ) throws -> Enrolled {
        do {
            // Asked of whoever is there, and believed for its digest alone, which the token has.
            let told = try outside.get("/api/v1/enrolment/authority")
            if let problem = told.problem { throw Exit.say(words(of: problem)) }
            // While another authority takes its place both are told.
            guard
                let authority = told.body["authority"]?.text.map(Certificate.all)?.first(where: {
                    $0.digest == token.pin
                })
            else {
                throw Exit.say(
                    "\(address.authority) is not the centre that made this token: its authority's certificate is another one. "
                        + "Is the address right, or was that authority replaced since (then invite again)? Nothing was sent to it"
                )
            }
            try Join.checkClock(authority)
            try files.prepare()
            // What a gateway that works believes in stays until the token is taken; and a key that was shown once is shown again, where the
            // answer was lost.
            let (pending, trust) = ("\(files.folder)/join.key", "\(files.folder)/join.crt")
            try files.put(trust, authority.pem, mode: 0o644)
            let shown = JoinFiles.text(pending).map { PrivateKey(pem: $0) }.flatMap { key in
                (try? key.request(named: "a")) == nil ? nil : key
            }
            let key = try shown ?? PrivateKey.fresh()
            if shown == nil { try files.put(pending, key.pem, mode: 0o600) }
            let inside = try CentreDoor(address, authority: address.isTLS ? trust : nil)
            let answer = try inside.post(
                "/api/v1/enrolment",
                .object([
                    ("token", .string("\(token)")),
                    ("request", .string(try key.request(named: AgentConfiguration.hostName))),
                    ("roots", .array(address.isTLS ? [.string(authority.mark)] : [])),
                ])
            )
            if let problem = answer.problem { throw Exit.say(words(of: problem)) }
            guard let agent = answer.body["agent"]?.text, Topic.isName(agent), let site = answer.body["site"]?.text,
                Topic.isName(site), let broker = answer.body["broker"]?.text,
                BrokerOptions(url: broker, clientID: agent) != nil,
                let pem = answer.body["certificate"]?.text, let certificate = Certificate(pem),
                certificate.belongs(to: key),
                case let offered = answer.body["authority"]?.text.map(Certificate.all) ?? [],
                case let roots = offered.isEmpty || !address.isTLS ? [authority] : offered,
                roots.contains(where: { certificate.isSigned(by: $0) }), certificate.name == agent
            else { throw Exit.say("what \(address.authority) answered is no certificate for this machine's key") }
            try files.put(files.authority, roots.map(\.pem).joined(), mode: 0o644)
            // The key first: a certificate without its key is of no use.
            try files.put(files.key, key.pem, mode: 0o600)
            try files.put(files.certificate, certificate.pem, mode: 0o644)
            if !Files.exists(files.configuration) { try files.put(files.configuration, "version = 1\n", mode: 0o644) }
            let url = address.isTLS ? "https://\(address.authority)" : "http://\(address.authority)"
            try files.put(
                files.dropIn, files.dropIn(agent: agent, site: site, broker: broker, url: url), mode: 0o644)
            for path in [pending, trust] { unlink(path) }
            return Enrolled(agent: agent, site: site, broker: broker)
        } catch let code as ExitCode {
            throw code
        } catch let error as PortError {
            let place = "Is \(address.authority) what edge-ingest setup printed there, and is that port open?"
            throw Exit.say("no way to the centre: \(error.text)\(error.text.hasSuffix("?") ? "" : ". \(place)")")
        } catch { throw Exit.say("\(error)") }
    }

    /// A clock that is years behind believes no certificate.
    private static func checkClock(_ authority: Certificate) throws {
        let now = Clocks.wall
        guard now < authority.begin || now >= authority.end else { return }
        throw Exit.say(
            "by this machine's clock the centre's certificates \(now < authority.begin ? "do not count yet" : "count no more"): "
                + "set the clock (timedatectl set-ntp true) and join again")
    }

    private func words(of problem: (code: String, detail: String)) -> String {
        let remedy =
            switch problem.code {
            case "no-such-token", "token-used", "token-ended", "token-blocked":
                "; at the centre: edge-ingest agent invite NAME"
            case "unknown-host":
                "; call it by the name that its setup was told, or name this one in hosts of [http] there"
            case "no-enrolment": ""
            default: ""
            }
        let detail = problem.detail.hasSuffix(".") ? String(problem.detail.dropLast()) : problem.detail
        return "the centre refuses: \(detail)\(remedy)"
    }

    // MARK: the road

    private func walk(_ enrolled: Enrolled, _ files: JoinFiles) throws {
        guard var options = BrokerOptions(url: enrolled.broker, clientID: "\(enrolled.agent)-join") else { return }
        (options.authority, options.certificate, options.key) = (files.authority, files.certificate, files.key)
        let outcome = RoadTest(options: options, agent: enrolled.agent).walk(patience: .seconds(Int64(seconds)))
        let place = "\(options.host):\(options.port)"
        switch outcome {
        case .acknowledged: Terminal.line("the road is good: the centre has acknowledged")
        case .brokerSilent(let why):
            throw Exit.say(
                "the centre is there, and its broker is not: \(why). Is port \(options.port) open on the way to \(place)?",
                Exit.warnings)
        case .brokerRefuses(let why):
            throw Exit.say("\(why), at \(place): is its access list the packaged quai.acl?", Exit.warnings)
        case .noCentre:
            throw Exit.say(
                "the broker at \(place) is there, and no centre answers over it: edge-ingest doctor, there",
                Exit.warnings)
        case .cloned:
            throw Exit.say(
                "another machine speaks as \(enrolled.agent): invite this one under a name of its own", Exit.warnings)
        }
        Terminal.line(
            files.root.isEmpty
                ? "next: systemctl enable edge-agent && systemctl restart edge-agent; plug a reader in; edge-agent devices shows what is found"
                : "next: edge-agent run --config \(files.configuration)")
    }
}
