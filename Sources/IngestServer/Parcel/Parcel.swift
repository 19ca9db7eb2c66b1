import Model
import Platform
import Settings

/// What goes to whoever helps from afar: everything that explains a trouble, and nobody's name, number or secret.
struct Parcel: Sendable {
    var diagnosis: Diagnosis
    /// The files of the configuration as they are read.
    var configuration: [(file: String, text: String)] = []
    var journal = ""
    /// As Prometheus reads them; empty where nobody answered.
    var metrics = ""
    /// The statements that make the tables.
    var schema = ""
    var versions: [(name: String, value: String)] = []

    struct File: Equatable, Sendable {
        var name: String
        /// What it is, for the list.
        var about: String
        var text: String
    }

    /// Every file, with what is personal taken out.
    func files(_ redaction: Redaction) -> [File] {
        // Sentences about the configuration quote what stands in it.
        var diagnosis = diagnosis
        for index in diagnosis.findings.indices where diagnosis.findings[index].kind == .configurationBroken {
            diagnosis.findings[index].evidence = diagnosis.findings[index].evidence.map(Parcel.withoutQuotes)
        }
        let json = diagnosis.json.with("at", .string(rfc3339(diagnosis.at)))
        var files = [
            File(name: "doctor.txt", about: "what is wrong", text: redaction.clean(diagnosis.text) + "\n"),
            File(name: "doctor.json", about: "the same, for programs", text: redaction.clean(json.description) + "\n"),
            File(
                name: "configuration.txt", about: "keys and harmless values; … stands for others",
                text: redaction.clean(Parcel.plain(configuration))),
            File(
                name: "versions.txt", about: "of this program, the system and the gateways",
                text: redaction.clean(versions.map { "\($0.name): \($0.value)\n" }.joined())),
            File(name: "schema.sql", about: "the form of the database, without any row", text: schema),
        ]
        if !journal.isEmpty {
            files.append(
                File(
                    name: "journal.txt", about: "the last lines of the journal, names and numbers taken out",
                    text: redaction.clean(journal)))
        }
        if !metrics.isEmpty {
            files.append(
                File(
                    name: "metrics.txt", about: "counters of the running centre", text: redaction.cleanFigures(metrics))
            )
        }
        return files
    }

    /// Keys whose texts are somebody's neither by what they say nor by what they are for.
    private static let harmless: Set<String> = [
        "state", "instance", "region", "log-level", "log-format", "address", "hosts", "web-root", "url", "authority",
        "certificate",
        "key",
        "kind", "format", "every", "folder", "in", "out", "internal-plan", "outside-prefix", "card-url-opens", "site",
    ]
    /// Where a secret lies; never it.
    private static let references: Set<String> = ["password", "secret"]

    /// The configuration as lines `[table] key = value`.
    static func plain(_ sources: [(file: String, text: String)]) -> String {
        var out = sources.map { "# \($0.file)\n" }.joined()
        let reader: SettingsReader
        do throws(Problems) { reader = try SettingsReader(sources) } catch {
            return out + error.list.map { "# \($0.file):\($0.line): it is no TOML\n" }.joined()
        }
        for (path, value) in reader.everything {
            let place = path.dropLast().isEmpty ? "" : "[\(path.dropLast().joined(separator: "."))] "
            let key = path.last ?? ""
            // Of webhooks the key is a secret, elsewhere a file of one.
            let isSecret = references.contains(key) || ["webhooks", "channels"].contains(path.first) && key == "key"
            switch value {
            case .table: continue
            case .list(let count): out += "\(place)\(key) = […] (\(count))\n"
            case .plain(let text): out += "\(place)\(key) = \(isSecret ? "…" : text)\n"
            case .text(let text):
                let isShown =
                    isSecret
                    ? text.hasPrefix("credential:") || text.hasPrefix("file:")
                    : harmless.contains(key) && !text.contains("@")
                out += "\(place)\(key) = \(isShown ? "\"\(text)\"" : "… (\(text.count) characters)")\n"
            }
        }
        return out
    }

    /// `"url" must be …, not "…"`: the second quote is the user's.
    static func withoutQuotes(_ sentence: String) -> String {
        guard let place = sentence.firstRange(of: "not \"") else { return sentence }
        return "\(sentence[..<place.upperBound])…\""
    }
}
