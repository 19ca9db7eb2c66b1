import ArgumentParser
import Broker
import Certificates
import Depot
import Glibc
import Model
import Platform
import Settings

/// From an installed package to a centre that runs: certificates, broker, configuration, first administrator.
struct SetupVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Make everything that the centre needs, and start it: three questions at most.",
        discussion: """
            What is there already is left as it is: run again, it changes nothing and says so. A file that somebody has changed is
            never written over; what setup would write then stands beside it, as FILE.setup.
            """)

    @Option(help: "Name of the firm or site; it stands in its authority's certificate.") var name: String?
    @Option(help: "How people and gateways reach this machine: a name or an address.") var host: String?
    @Option(help: "Name of the first administrator.") var administrator: String?
    @Flag(help: "Ask nothing: what is not said is taken as proposed, and a password is made and shown once.")
    var yes = false
    @Flag(
        name: .customLong("password-stdin"), help: "The administrator's password is the first line of standard input.")
    var passwordFromInput = false
    @Option(help: "Port of the pages; 8080, or what it was.") var port: Int?
    @Option(name: .customLong("broker-port"), help: "Port of the broker; 8883, or what it was.") var brokerPort: Int?
    @Option(help: "A broker that somebody else runs: mqtts://HOST:PORT. Nothing of a broker is written here then.")
    var broker: String?
    @Option(help: "With --broker: PEM file of who signed its certificate.") var authority: String?
    @Option(help: "With --broker: PEM file of the centre's own certificate for it.") var certificate: String?
    @Option(help: "With --broker: PEM file of that certificate's key.") var key: String?
    @Option(help: "Write everything below this folder, as an installation to be tried; start and own nothing.")
    var root: String?
    @Option(help: "Folder of mosquitto.conf and quai.acl, instead of the packaged ones.") var examples: String?
    @Flag(name: .customLong("dry-run"), help: "Write nothing; say what would be done.") var isDry = false

    func run() async throws {
        var place = SetupPlace(root: try folder())
        guard geteuid() == 0 || root != nil || isDry else {
            throw Exit.say("setup writes into /etc and /var: run it as root, with sudo edge-ingest setup")
        }
        if let state = try configuration(of: place)?.writtenState, !place.follow(state: state) {
            throw Exit.say("state = \"\(state)\" in the configuration: setup wants a whole path, from / on")
        }
        let answers = try asked(place)
        do {
            let texts = try texts(place, answers)
            var files = SetupFiles(isDry: isDry)
            try write(texts, answers, &files)
            let person = try administrator(answers, place)
            for (path, outcome) in files.outcomes { print("  \(word(outcome))  \(path)") }
            for (path, outcome) in files.outcomes {
                if case .left(let beside) = outcome {
                    print("You have changed \(path), so it is left as it is; what setup would write is \(beside)")
                }
            }
            if !files.hasChanged, person == nil { print("Everything is there already: nothing was changed.") }
            let service = SetupService(isReal: place.root.isEmpty && !isDry)
            let told = isDry ? [] : service.start(files, texts)
            for line in told { print(line) }
            let left = isDry || !service.isRunning ? [] : await SetupRoad.look(texts)
            farewell(texts, person)
            for line in left { print("Still to do: \(line)") }
            let isLeft = files.outcomes.contains { if case .left = $0.outcome { true } else { false } }
            if isLeft || !left.isEmpty { throw Exit.warnings }
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }

    /// What an earlier run was told counts again where nothing else is said: run twice, nothing changes.
    private func texts(_ place: SetupPlace, _ answers: Answers) throws -> SetupTexts {
        let before = try configuration(of: place).flatMap { $0.enrolment == nil ? nil : $0 }
        var texts = SetupTexts(place: place, host: answers.host, port: port ?? before?.port ?? 8080)
        let isOurs = before?.certificate == place.identity("centre.crt")
        let former = isOurs ? before.flatMap { BrokerOptions(url: $0.broker, clientID: "") }.map { Int($0.port) } : nil
        texts.brokerPort = brokerPort ?? former ?? 8883
        if let broker {
            texts.other = .init(url: broker, authority: authority, certificate: certificate, key: key)
        } else if let before, !isOurs {
            texts.other = .init(
                url: before.broker, authority: before.authority, certificate: before.certificate, key: before.key)
        }
        return texts
    }

    /// The configuration that is there. One with a mistake is no reason to begin anew.
    private func configuration(of place: SetupPlace) throws -> IngestConfiguration? {
        guard Files.exists(place.configuration) else { return nil }
        do { return try IngestConfiguration.load(place.configuration) } catch {
            throw Exit.say("\(error)\nmend that first: setup would forget what was set")
        }
    }

    // MARK: questions

    private struct Answers {
        var name: String
        var host: String
        var administrator: String
    }

    private func folder() throws -> String {
        guard let root else { return "" }
        guard root.hasPrefix("/") else { throw Exit.say("--root is a whole path, from / on") }
        return root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    }

    private func asked(_ place: SetupPlace) throws -> Answers {
        let machine = Machine.name
        let former = try? place.authority.authority().certificate.name
        let firm = former.map(AuthorityRotation.firm)
        let name = try answer(name, "Name of the firm or site", firm ?? machine)
        // What an earlier run wrote is proposed again: run twice, nothing changes.
        let before = try configuration(of: place)?.hosts.first
        let host = try answer(host, "How people reach this machine (name or address)", before ?? machine.lowercased())
        guard let clean = SetupHost.clean(host) else {
            throw Exit.say(
                "\"\(host)\" is no name of a machine and no address: letters, digits, - and . without a port")
        }
        guard let name = Typed.line(name, limit: 40) else { throw Exit.say("a name has 1 to 40 characters") }
        if let broker, !broker.hasPrefix("mqtts://") {
            throw Exit.say(
                "--broker is mqtts://HOST:PORT: without TLS anybody on the way reads and changes what is sent")
        }
        for path in [authority, certificate, key].compactMap(\.self) where !Files.exists(path) {
            throw Exit.say("there is no file \(path)")
        }
        if broker == nil, authority ?? certificate ?? key != nil {
            throw Exit.say(
                "--authority, --certificate and --key are the centre's for a broker of yours: say --broker, too")
        }
        let chief = try answer(administrator, "Name of the first administrator", "admin")
        guard let administrator = Typed.line(chief, limit: 60)
        else { throw Exit.say("a name has 1 to 60 characters") }
        return Answers(name: name, host: clean, administrator: administrator)
    }

    private func answer(_ said: String?, _ question: String, _ proposal: String) throws -> String {
        if let said { return said }
        guard !yes, isatty(0) == 1 else {
            guard yes || isDry else {
                throw Exit.say("nobody is there to ask; add --yes, or say by an option: \(question)")
            }
            return proposal
        }
        _ = "\(question) [\(proposal)]: ".withCString { Glibc.write(2, $0, strlen($0)) }
        let line = readLine() ?? ""
        return line.isEmpty ? proposal : line
    }

    // MARK: files

    private func write(_ texts: SetupTexts, _ answers: Answers, _ files: inout SetupFiles) throws {
        let (place, now) = (texts.place, Clocks.wall)
        let made = SetupCertificates(place: place, firm: answers.name, host: answers.host, now: now)
        try files.folder(place.home, mode: 0o700, place.service)
        try files.folder(Backup.split(place.identity("")).folder, mode: 0o700, place.service)
        let authority = try made.authority(&files)
        try made.lists(authority, &files, forBroker: texts.other == nil)
        if texts.other == nil {
            try made.pair(
                .server, named: answers.host, place.broker("broker.crt"), place.broker("broker.key"), mode: 0o640,
                place.brokerGroup, authority, &files)
            try made.pair(
                .client, named: "quai-ingest", place.identity("centre.crt"), place.identity("centre.key"), mode: 0o600,
                place.service, authority, &files)
            guard let examples = SetupPlace.examples(examples) else {
                throw IngestFailure(
                    "there is no example of the broker's configuration in /usr/share/quai/broker: name its folder "
                        + "with --examples")
            }
            try files.folder(Backup.split(place.broker).folder, mode: 0o755)
            try files.put(place.broker, texts.broker(example: try AuthorityFolder.text("\(examples)/mosquitto.conf")))
            try files.put(place.access, try AuthorityFolder.text("\(examples)/quai.acl"))
        }
        if texts.hasTLS {
            try made.pair(
                .server, named: answers.host, place.identity("pages.crt"), place.identity("pages.key"), mode: 0o600,
                place.service, authority, &files)
        }
        try files.folder(Backup.split(place.dropIn).folder, mode: 0o755)
        if !Files.exists(place.configuration) { try files.put(place.configuration, "version = 1\n") }
        try files.put(place.dropIn, texts.dropIn)
    }

    private func word(_ outcome: SetupFiles.Outcome) -> String {
        switch outcome {
        case .made: isDry ? "would make  " : "made    "
        case .renewed: isDry ? "would change" : "changed "
        case .same: "as it is"
        case .left: "left    "
        }
    }

    // MARK: the first administrator

    /// The name with a password that was made here and is to be shown once; nil where somebody can sign in already.
    private func administrator(_ answers: Answers, _ place: SetupPlace) throws -> (name: String, password: String?)? {
        let path = "\(place.home)/ingest.db"
        guard !isDry else { return (answers.administrator, nil) }
        if Files.exists(path), try !Store(path: path).people.isOpenHouse() { return nil }
        var isMade = true
        var password = SetupVerb.fresh()
        if passwordFromInput || !yes && isatty(0) == 1 {
            let prompt = "Password for \(answers.administrator) (nothing: one is made)"
            if let typed = try UserVerb.secret(prompt, mayBeEmpty: !passwordFromInput) {
                (password, isMade) = (typed, false)
            }
            if let weakness = Password.weakness(password, name: answers.administrator) { throw Exit.say(weakness) }
        }
        do {
            let store = try Store(path: path)
            _ = try store.transaction {
                try store.people.save(
                    user: answers.administrator, .init(password: Password.hash(password), roles: ["administrator"]),
                    by: Author("edge-ingest", station: "setup"), at: Clocks.wall)
            }
        }
        for ending in ["", "-wal", "-shm"] where Files.exists(path + ending) {
            Backup.giveToOwner(of: place.home, path + ending)
        }
        return (answers.administrator, isMade ? password : nil)
    }

    /// Sixteen signs that nobody mistakes, 80 bits, in groups of four.
    private static func fresh() -> String {
        let signs = Array("23456789abcdefghjkmnpqrstuvwxyzz".prefix(31))
        var generator = SystemRandomNumberGenerator()
        let letters = (0..<17).map { _ in signs[Int.random(in: 0..<signs.count, using: &generator)] }
        return stride(from: 0, to: letters.count, by: 5).map { String(letters[$0..<min($0 + 5, letters.count)]) }
            .joined(separator: "-")
    }

    // MARK: what is said at the end

    private func farewell(_ texts: SetupTexts, _ person: (name: String, password: String?)?) {
        print("")
        print("The pages:  \(texts.url)")
        if let person {
            print("  sign in as  \(person.name)")
            if let password = person.password {
                print("  password    \(password)\n  (it is shown this once: write it down)")
            }
        }
        for line in TerminalCode.lines(texts.url) { print("  \(line)") }
        if texts.hasTLS {
            let authority = texts.place.authority.certificate
            print("Browsers know this site's certificates once they have its authority: \(authority)")
        } else {
            print("This version serves its pages on this machine alone: a proxy with HTTPS brings them to others.")
        }
        for line in texts.firewall { print("Where a firewall is:  \(line)") }
        print("For each gateway:  edge-ingest agent invite NAME --site SITE   prints the line to be typed there")
    }
}

/// A host as it stands in addresses and certificates.
enum SetupHost {
    /// In lower case, without brackets; nil for what is neither a name nor an address.
    static func clean(_ text: String) -> String? {
        var host = text.lowercased()
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        var address = [UInt8](repeating: 0, count: 16)
        if host.contains(":") { return inet_pton(AF_INET6, host, &address) == 1 ? host : nil }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        }
        return isName && host.utf8.count <= 64 ? host : nil
    }
}
