import ArgumentParser
import Curl
import Depot
import ERP
import Glibc
import Model
import Platform
import Settings

struct BundleVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Pack what explains a trouble into one file, without anything personal.",
        discussion: """
            What doctor finds, keys and harmless values of the configuration, the last lines of the journal, metrics, the form of the
            database and versions. Names of clients, suppliers and people, telephone numbers, e-mail addresses and secrets are taken
            out. Look at it before you send it: it is text.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "A .tar file, or a folder; without it a file here.") var target: String?
    @Flag(help: "Ask neither the broker nor the ERP.") var local = false
    @Option(help: "Lines of the journal.") var lines = 2000

    func validate() throws {
        if !(0...100_000).contains(lines) { throw ValidationError("--lines takes 0 to 100000") }
    }

    func run() async throws {
        let picture = await Probes.picture(options.file, isLocal: local)
        let configuration = try? IngestConfiguration.load(options.file)
        var parcel = Parcel(diagnosis: picture.diagnosis)
        parcel.configuration = options.file.flatMap { try? ConfigurationFiles.read($0) } ?? []
        parcel.journal = lines == 0 ? "" : ParcelSources.journal(lines)
        if let configuration { parcel.metrics = await ParcelSources.metrics(configuration) }
        parcel.versions = ParcelSources.versions(picture)
        var (names, secrets): ([String], [String]) = ([], [])
        if let configuration {
            var references = [configuration.password, configuration.erp?.secret].compactMap(\.self)
            references += configuration.feeds.values.map(\.secret)
            references += [
                configuration.webhooks.reference(state: configuration.state),
                configuration.people.reference(state: configuration.state),
            ].compactMap(\.self)
            if let secret = configuration.epcis?.secret { references.append(secret) }
            references.append("file:\(configuration.state)/depot.key")
            references += configuration.channels.references(state: configuration.state).map(\.reference)
            secrets = references.compactMap { try? Files.secret(Probes.readable($0)) }
            names = [configuration.user, configuration.erp?.user].compactMap(\.self)
            // A database that is not read gives no names to take out, and the journal may have them.
            if case .form(let form, let newest) = picture.storage, form == newest,
                let store = try? Store(reading: configuration.database), let known = try? store.personalNames()
            {
                names += known
                parcel.schema = (try? store.schema()) ?? ""
                parcel.versions.append(("SQLite", (try? store.libraryVersion()) ?? "?"))
            } else {
                parcel.journal = ""
            }
        } else {
            parcel.journal = ""
        }
        let files = parcel.files(Redaction(names: names, secrets: secrets))
        do {
            let place = try write(files, at: Clocks.wall)
            print(place)
            for file in files { print("  \(file.name)  \(file.text.utf8.count) bytes  \(file.about)") }
            if parcel.journal.isEmpty {
                print(
                    "  no journal: it was not there, or the database, which names are taken out by, could not be read")
            }
        } catch { throw Exit.say("\(error)") }
    }

    private func write(_ files: [Parcel.File], at now: Int64) throws(FileError) -> String {
        let name = "quai-centre-\(BackupFolder.moment(now))"
        let place = target ?? "\(name).tar"
        if place.hasSuffix("/") || Backup.isFolder(place) {
            try Files.makeFolder(place)
            for file in files { try Files.write(Array(file.text.utf8), to: "\(place)/\(file.name)", mode: 0o600) }
        } else {
            let archive = Tar.archive(files.map { ("\(name)/\($0.name)", Array($0.text.utf8)) }, at: now)
            try Files.write(archive, to: place, mode: 0o600)
        }
        return place
    }
}

/// Where a parcel's content comes from.
enum ParcelSources {
    /// What `journalctl` prints; empty where there is none, or nothing may be read.
    static func journal(_ lines: Int) -> String {
        let command =
            "journalctl -q --no-pager -o short-iso --no-hostname -n \(lines) -u edge-ingest -u edge-ingest-backup 2>/dev/null"
        guard let pipe = popen(command, "re") else { return "" }
        defer { pclose(pipe) }
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0, out.count < 32 << 20 {
            out += buffer[..<count]
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Of the centre that runs here; empty where none answers.
    static func metrics(_ configuration: IngestConfiguration) async -> String {
        let isAnywhere = configuration.address == "0.0.0.0" || configuration.address == "::"
        let host = isAnywhere ? "127.0.0.1" : configuration.address
        let wire = CurlWire(url: "http://\(host.contains(":") ? "[\(host)]" : host):\(configuration.port)")
        let request = ERPRequest(method: "GET", path: "/metrics", summary: "metrics", timeout: 5)
        guard let reply = try? await wire.send(request), reply.status == 200 else { return "" }
        return String(decoding: reply.body, as: UTF8.self)
    }

    static func versions(_ picture: Picture) -> [(name: String, value: String)] {
        var names = utsname()
        uname(&names)
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let system =
            (try? Files.read("/etc/os-release", limit: 65_536)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let pretty = system.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12)
        var out: [(name: String, value: String)] = [
            ("edge-ingest", picture.version), ("system", pretty.map(String.init) ?? "?"),
            ("kernel", "\(text(names.release)) \(text(names.machine))"),
        ]
        for gateway in picture.gateways ?? [] { out.append(("gateway \(gateway.name)", gateway.version ?? "?")) }
        return out
    }
}
