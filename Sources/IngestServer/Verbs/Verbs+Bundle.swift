import ArgumentParser
import Curl
import Depot
import ERP
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
    @Argument(help: "A .tar.zst or .tar file, or a folder; without it a .tar.zst here.") var target: String?
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
        parcel.journal = lines == 0 ? "" : Machine.journal(lines, of: ["edge-ingest", "edge-ingest-backup"])
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
            references += configuration.signIn.providers.compactMap(\.secret)
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
                parcel.versions.append(
                    (configuration.store == nil ? "SQLite" : "store", (try? store.libraryVersion()) ?? "?"))
            } else {
                parcel.journal = ""
            }
        } else {
            parcel.journal = ""
        }
        let files = parcel.files(Redaction(names: names, secrets: secrets))
        do {
            let now = Clocks.wall
            print(try ParcelFile.write(files, to: target, named: "quai-centre-\(BackupFolder.moment(now))", at: now))
            for file in files { print(file.line) }
            if parcel.metrics.isEmpty { print("  no metrics: no centre answers at its own address") }
            if parcel.journal.isEmpty {
                print(
                    "  no journal: it was not there, or the database, which names are taken out by, could not be read")
            }
        } catch { throw Exit.say("\(error)") }
    }
}

/// Where a parcel's content comes from.
enum ParcelSources {
    /// Of the centre that runs here; empty where none answers.
    static func metrics(_ configuration: IngestConfiguration) async -> String {
        let isAnywhere = configuration.address == "0.0.0.0" || configuration.address == "::"
        let host = isAnywhere ? "127.0.0.1" : configuration.address
        let authority =
            configuration.pages?.authority
            ?? configuration.enrolment.map { AuthorityFolder(path: $0.authority).certificate }
        let wire = CurlWire(
            url:
                "\(configuration.pages == nil ? "http" : "https")://\(host.contains(":") ? "[\(host)]" : host):\(configuration.port)",
            authority: authority)
        let request = ERPRequest(method: "GET", path: "/metrics", summary: "metrics", timeout: 5)
        guard let reply = try? await wire.send(request), reply.status == 200 else { return "" }
        return String(decoding: reply.body, as: UTF8.self)
    }

    static func versions(_ picture: Picture) -> [(name: String, value: String)] {
        var out = [(name: "edge-ingest", value: picture.version)] + Machine.versions
        for gateway in picture.gateways ?? [] { out.append(("gateway \(gateway.name)", gateway.version ?? "?")) }
        return out
    }
}
