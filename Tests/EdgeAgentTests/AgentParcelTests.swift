import Drivers
import Model
import Platform
import Testing

@testable import EdgeAgent

/// What leaves the house with `edge-agent bundle`.
struct AgentParcelTests {
    private func parcel() -> AgentParcel {
        var picture = AgentDoctorTests.good()
        picture.mistakes = ["agent.toml:4:1: \"format\" must be {time} {caller}, not \"Nadia Benali 0612340091\""]
        picture.devices = [AgentDoctorTests.device("pbx", "failing", isTelephone: true)]
        picture.devices?[0].reason = "no route to 06 12 34 00 91"
        var parcel = AgentParcel(diagnosis: picture.diagnosis)
        parcel.configuration = [
            (
                "agent.toml",
                """
                version = 1
                agent = "lyon"
                [uplink]
                broker = "mqtts://centre:8883"
                user = "nadia@firm.example"
                password = "credential:mqtt"
                [phone.pbx]
                driver = "asterisk-ami"
                number = "+33612340091"
                user = "omar"
                secret = "file:/etc/pbx"
                extensions = ["201", "0612340091"]
                """
            )
        ]
        parcel.journal = """
            2026-11-28T06:00:00+0100 edge-agent[77]: call from +33 (0)6 12 34 00 91, swordfish-7, for omar
            2026-11-28T06:00:02+0100 edge-agent[77]: broker 192.168.7.20:8883 away for 125 s
            """
        parcel.status = .object([
            ("agent", "lyon"), ("clock", 1_795_845_600_000),
            (
                "devices",
                .array([.object([("lastFault", "unknown extension 0612340091"), ("observations", 1_234_567)])])
            ),
        ])
        parcel.metrics = "quai_agent_delivered_total 123456789\n"
        parcel.schema = "CREATE TABLE row (seq INTEGER);\n"
        parcel.versions = [("edge-agent", "0.1.0"), ("kernel", "5.15.0-91-generic x86_64")]
        return parcel
    }

    @Test func nothingPersonalIsInItAndWhatExplainsTroubleIs() throws {
        let files = parcel().files(Redaction(names: ["nadia@firm.example", "omar"], secrets: ["swordfish-7"]))
        for file in files {
            let text = file.text.lowercased()
            for word in ["nadia", "benali", "omar", "firm.example", "swordfish"] {
                #expect(!text.contains(word), "\(file.name) has \(word)")
            }
            #expect(!text.filter(\.isNumber).contains("612340091"), "\(file.name) has the number")
        }
        func text(_ name: String) -> String { files.first { $0.name == name }?.text ?? "" }
        #expect(
            files.map(\.name) == [
                "doctor.txt", "doctor.json", "configuration.txt", "versions.txt", "schema.sql", "status.json",
                "journal.txt",
                "metrics.txt",
            ])
        #expect(text("doctor.txt").contains("[agent-configuration-broken]"))
        for line in [
            "agent = \"lyon\"", "[uplink] broker = \"mqtts://centre:8883\"", "[uplink] password = \"credential:mqtt\"",
            "[uplink] user = … (18 characters)", "[phone.pbx] extensions = […] (2)",
            "[phone.pbx] number = … (12 characters)",
        ] { #expect(text("configuration.txt").split(separator: "\n").contains { $0 == line }, "\(line)") }
        #expect(text("journal.txt").contains("broker 192.168.7.20:8883 away for 125 s"))
        let status = try JSON(parsing: text("status.json"))
        #expect(status["clock"]?.integer == 1_795_845_600_000, "moments and counts stay")
        #expect(status["devices"]?.list?.first?["observations"]?.integer == 1_234_567)
    }
}
