import ArgumentParser
import Drivers
import Glibc
import Model
import Platform
import SQLite

struct BundleVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Pack what explains a trouble into one file, without anything personal.",
        discussion: """
            What doctor finds, keys and harmless values of the configuration, the last lines of the journal, metrics, the status, a moment of
            what devices say (blinded; of those that can be), the form of the buffer and versions. Names, telephone numbers,
            e-mail addresses, tags and secrets are taken out. Look at it before you send it: it is text.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "A .tar.zst or .tar file, or a folder; without it a .tar.zst here.") var target: String?
    @Flag(help: "Ask no broker, and nothing behind a network.") var local = false
    @Option(help: "Lines of the journal.") var lines = 2000
    @Option(help: "For how long devices are listened to; 0 leaves them out.") var seconds = 3

    func validate() throws {
        if !(0...100_000).contains(lines) { throw ValidationError("--lines takes 0 to 100000") }
        if !(0...60).contains(seconds) { throw ValidationError("--seconds takes 0 to 60") }
    }

    func run() throws {
        let picture = AgentProbes.picture(options.file, isLocal: local)
        let configuration = try? AgentConfiguration.load(options.file)
        var parcel = AgentParcel(diagnosis: picture.diagnosis)
        parcel.configuration = options.file.flatMap { try? ConfigurationFiles.read($0) } ?? []
        parcel.versions = [("edge-agent", picture.version)] + Machine.versions
        var (names, secrets): ([String], [String]) = ([], [])
        if let configuration {
            let devices = configuration.devices
            names = ([configuration.uplink.user] + devices.map(\.settings.user)).compactMap(\.self)
            secrets = ([configuration.uplink.password] + devices.map(\.secret)).compactMap(\.self)
                .compactMap { try? Files.secret(AgentProbes.readable($0)) }
            // Without the configuration nobody knows what to take out of the journal.
            parcel.journal = lines == 0 ? "" : Machine.journal(lines, of: ["edge-agent"])
            parcel.schema = (try? BundleVerb.schema(configuration.outbox)) ?? ""
            if case .running = picture.run {
                parcel.status = (try? BundleVerb.ask(configuration.socket, "doctor")) ?? .null
                parcel.metrics = (try? BundleVerb.ask(configuration.socket, "metrics"))?["text"]?.text ?? ""
                if seconds > 0 { parcel.transcripts = (try? transcripts(configuration.socket)) ?? [] }
            }
        }
        let files = parcel.files(Redaction(names: names, secrets: secrets))
        do {
            let now = Clocks.wall
            let name =
                "quai-agent-\(configuration?.agent ?? "")-\(rfc3339(now).prefix(19).filter { $0.isNumber || $0 == "T" })Z"
            print(try ParcelFile.write(files, to: target, named: name, at: now))
            for file in files { print(file.line) }
        } catch { throw Exit.say("\(error)") }
    }

    private static func ask(_ path: String, _ verb: String) throws -> JSON {
        var client = try ControlClient(path: path)
        return try client.ask(.object([("verb", .string(verb))]))
    }

    private static func schema(_ path: String) throws -> String {
        guard Files.exists(path) else { return "" }
        let database = try Database(path: path, readOnly: true)
        var out = "-- form \(try database.integer("PRAGMA user_version") ?? 0)\n"
        try database.each("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name") { row in
            out += row.text(0) + ";\n"
            return true
        }
        return out
    }

    /// What goes over the lines meanwhile, of devices whose talk can be blinded.
    private func transcripts(_ path: String) throws -> [(device: String, text: String)] {
        var client = try ControlClient(path: path)
        let devices = try client.ask(.object([("verb", "devices")]))["devices"]?.list ?? []
        _ = try client.ask(.object([("verb", "tail"), ("raw", true)]))
        var transcripts: [String: Transcript] = [:]
        let end = Clocks.now + .seconds(Int64(seconds))
        while case let left = (end - Clocks.now).milliseconds, left > 0 {
            guard waitFor([(client.descriptor, Int16(POLLIN))], milliseconds: Int32(clamping: left))[0] != 0,
                let line = client.next()
            else { break }
            var lines = [line]
            while let more = client.waiting() { lines.append(more) }
            for event in lines.compactMap({ try? JSON(parsing: $0) }) where event["event"]?.text == "raw" {
                guard let device = event["device"]?.text, transcripts[device]?.lines.count ?? 0 < 5000 else { continue }
                transcripts[device, default: Transcript()].take(event)
            }
        }
        return transcripts.sorted { $0.key < $1.key }.compactMap { device, heard in
            let name = devices.first { $0["name"]?.text == device }?["driver"]?.text ?? ""
            guard let driver = Driver.named(name) else { return nil }
            var transcript = heard
            if driver.hasSecret { transcript.dropSecrets() }
            return transcript.blinded(driver).map { (device, "# driver   \(name)\n\($0.text)") }
        }
    }
}
