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

    typealias File = ParcelFile

    /// Every file, with what is personal taken out.
    func files(_ redaction: Redaction) -> [File] {
        // Sentences about the configuration quote what stands in it.
        var diagnosis = diagnosis
        for index in diagnosis.findings.indices where diagnosis.findings[index].kind == .configurationBroken {
            diagnosis.findings[index].evidence = diagnosis.findings[index].evidence.map(PlainSettings.withoutQuotes)
        }
        let json = diagnosis.json.with("at", .string(rfc3339(diagnosis.at)))
        var files = [
            File(name: "doctor.txt", about: "what is wrong", text: redaction.clean(diagnosis.text) + "\n"),
            File(name: "doctor.json", about: "the same, for programs", text: redaction.clean(json.description) + "\n"),
            File(
                name: "configuration.txt", about: "keys and harmless values; … stands for others",
                text: redaction.clean(Parcel.plain.text(configuration))),
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

    private static let plain = PlainSettings(
        harmless: [
            "state", "instance", "region", "log-level", "log-format", "address", "hosts", "web-root", "url",
            "authority", "certificate", "key", "kind", "format", "every", "folder", "in", "out", "internal-plan",
            "outside-prefix", "card-url-opens", "site", "match", "groups-claim", "scopes", "endpoint", "sample",
            "slow-ms",
        ],
        // Of webhooks the key is a secret, elsewhere a file of one.
        isSecret: { path in
            ["password", "secret", "client-secret"].contains(path.last)
                || ["webhooks", "channels"].contains(path.first) && path.last == "key"
        })
}
