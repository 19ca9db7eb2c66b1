import Drivers
import Model
import Platform
import Settings

/// What goes to whoever helps from afar with an agent: everything that explains a trouble, and nobody's name, number or secret.
struct AgentParcel: Sendable {
    var diagnosis: AgentDiagnosis
    /// The files of the configuration as they are read.
    var configuration: [(file: String, text: String)] = []
    var journal = ""
    /// As Prometheus reads them, and the status; empty where no agent answered.
    var metrics = ""
    var status = JSON.null
    /// What devices and the agent said to each other, by device, blinded.
    var transcripts: [(device: String, text: String)] = []
    /// The statements that make the buffer's tables.
    var schema = ""
    var versions: [(name: String, value: String)] = []

    /// Every file, with what is personal taken out.
    func files(_ redaction: Redaction) -> [ParcelFile] {
        // Sentences about the configuration quote what stands in it.
        var diagnosis = diagnosis
        for index in diagnosis.findings.indices where diagnosis.findings[index].kind == .configurationBroken {
            diagnosis.findings[index].evidence = diagnosis.findings[index].evidence.map(PlainSettings.withoutQuotes)
        }
        let files = [
            ("doctor.txt", "what is wrong", redaction.clean(diagnosis.text) + "\n"),
            (
                "doctor.json", "the same, for programs",
                redaction.clean(diagnosis.json.with("at", .string(rfc3339(diagnosis.at))).description) + "\n"
            ),
            (
                "configuration.txt", "keys and harmless values; … stands for others",
                redaction.clean(AgentParcel.plain.text(configuration))
            ),
            (
                "versions.txt", "of this program and the system",
                redaction.clean(versions.map { "\($0.name): \($0.value)\n" }.joined())
            ),
            ("schema.sql", "the form of the buffer, without any row", schema),
            (
                "status.json", "what the agent says of itself",
                status == .null ? "" : AgentParcel.clean(status, redaction).description
            ),
            ("journal.txt", "the last lines of the journal, names and numbers taken out", redaction.clean(journal)),
            ("metrics.txt", "counters of the running agent", redaction.cleanFigures(metrics)),
        ]
        return files.filter { !$0.2.isEmpty }.map { ParcelFile(name: $0.0, about: $0.1, text: $0.2) }
            + transcripts.map { device, text in
                ParcelFile(
                    name: "transcript-\(device).txt", about: "bytes of a moment on its line, blinded", text: text)
            }
    }

    /// Texts are cleaned; numbers are moments and counts.
    private static func clean(_ json: JSON, _ redaction: Redaction) -> JSON {
        switch json {
        case .string(let text): .string(redaction.clean(text))
        case .array(let list): .array(list.map { clean($0, redaction) })
        case .members(let members): .members(members.map { JSON.Member($0.name, clean($0.value, redaction)) })
        default: json
        }
    }

    private static let plain = PlainSettings(
        harmless: [
            "agent", "site", "state", "log-level", "broker", "authority", "certificate", "key", "driver", "port",
            "zone", "country",
            "region", "use", "format", "address", "listen", "internal-plan", "parity",
        ],
        isSecret: { ["password", "secret"].contains($0.last) })
}
