import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

@testable import IngestServer

/// `edge-ingest doctor` against a real broker on this machine.
@Suite(.serialized)
struct DoctorRoadTests {
    private func asked(_ stand: Stand) async -> [FindingKind] {
        await Probes.picture("\(stand.folder)/ingest.toml", isLocal: false).findings.map(\.kind)
            .filter(FindingKind.ofConnections.contains)
    }

    @Test func aRealBrokerShowsWhyItKeepsTheCentreOut() async throws {
        let stand = try RoadTests.stand("doctor-road")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        #expect(await asked(stand) == [.brokerUnreachable])
        let configuration = "\(stand.folder)/mosquitto.conf"
        let open = String(decoding: try Files.read(configuration), as: UTF8.self)
        // Started as root it reads the list as another user.
        let list = "/tmp/quai-acl-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { unlink(list) }
        let cases: [(list: String?, finds: [FindingKind])] = [
            ("topic readwrite quai/1/#\n", []), ("topic write quai/1/#\n", [.brokerDenies]),
            ("topic read quai/1/#\n", [.brokerDenies]), (nil, [.brokerRefuses]),
        ]
        for (text, expected) in cases {
            if let text {
                try Files.write(Array(text.utf8), to: list)
                chmod(list, 0o644)
                try Files.write(Array("\(open)\nacl_file \(list)\n".utf8), to: configuration)
            } else {
                let closed = open.replacing("allow_anonymous true", with: "allow_anonymous false")
                try Files.write(Array(closed.utf8), to: configuration)
            }
            try stand.startBroker()
            var found = await asked(stand)
            for _ in 0..<100 where found == [.brokerUnreachable] {
                usleep(50_000)
                found = await asked(stand)
            }
            #expect(found == expected, "\(text ?? "nobody without a name")")
            stand.broker?.killHard()
        }
    }

    @Test func checkConnectsWhenItIsAskedTo() throws {
        let stand = try RoadTests.stand("check-connect")
        defer { stand.stop() }
        try stand.writeConfiguration(readers: [])
        let options = ["--config", "\(stand.folder)/ingest.toml"]
        #expect(try RoadTests.run("edge-ingest", ["check"] + options).code == 0)
        let away = try RoadTests.run("edge-ingest", ["check", "--connect"] + options)
        #expect(away.code == 2 && away.output.contains("[broker-unreachable]"), "\(away.output)")
        try stand.startBroker()
        var there = away
        for _ in 0..<100 where there.code != 0 {
            usleep(50_000)
            there = try RoadTests.run("edge-ingest", ["check", "--connect"] + options)
        }
        #expect(there.output.contains("whom it names lets the centre in"), "\(there.output)")
    }
}
