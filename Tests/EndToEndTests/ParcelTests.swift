import Depot
import Model
import Platform
import Rig
import Settings
import TestSupport
import Testing

@testable import IngestServer

/// What leaves the house with `edge-ingest bundle`.
struct ParcelTests {
    private let redaction = Redaction(
        names: ["Nadia Benali", "Boulangerie Dupré & Fils", "Omar", "Al"], secrets: ["swordfish-7", "abc"])

    private func parcel() -> Parcel {
        var picture = Picture(now: 1_795_845_600_000, version: "0.1.0")
        picture.mistakes = ["ingest.toml:4:1: \"format\" must be one of csv, jsonl, not \"Nadia Benali\""]
        picture.erp = .refused("wrong login for nadia@dupre.example")
        var parcel = Parcel(diagnosis: picture.diagnosis)
        parcel.configuration = [
            (
                "ingest.toml",
                """
                version = 1
                region = "FR"
                [http]
                port = 8080
                [calls]
                may-dial = ["Nadia Benali", "Omar"]
                card-url = "https://crm.example/Dupre?tel={e164}&by=Omar"
                [erp]
                kind = "odoo"
                url = "https://erp.example"
                user = "nadia@dupre.example"
                secret = "credential:erp"
                [team.bureau]
                extensions = ["201", "0612340091"]
                """
            )
        ]
        parcel.journal = """
            2026-11-28T06:00:00+0100 edge-ingest[77]: call from +33 (0)6 12 34 00 91 for Nadia BENALI, swordfish-7
            2026-11-28T06:00:01+0100 edge-ingest[77]: BOULANGERIE DUPRÉ & FILS called 06.12.34.00.91, omar took it
            2026-11-28T06:00:02+0100 edge-ingest[77]: broker 192.168.7.20:8883 away for 125 s, 101@nice, entry 01KB3XYZ7Q
            """
        parcel.metrics = "quai_ingest_records_total{result=\"new\"} 123456789\n"
        parcel.schema = "CREATE TABLE party (name TEXT);\n"
        parcel.versions = [("edge-ingest", "0.1.0"), ("kernel", "5.15.0-91-generic x86_64")]
        return parcel
    }

    @Test func nothingPersonalIsInIt() {
        for file in parcel().files(redaction) {
            let text = file.text.lowercased()
            for word in ["nadia", "benali", "omar", "dupr", "fils", "swordfish", "crm.example", "0612340091"] {
                #expect(!text.contains(word), "\(file.name) has \(word)")
            }
            let digits = text.filter(\.isNumber)
            #expect(!digits.contains("612340091"), "\(file.name) has the number")
        }
    }

    @Test func whatExplainsTroubleIsInIt() throws {
        let files = parcel().files(redaction)
        func text(_ name: String) -> String { files.first { $0.name == name }?.text ?? "" }
        #expect(
            files.map(\.name) == [
                "doctor.txt", "doctor.json", "configuration.txt", "versions.txt", "schema.sql", "journal.txt",
                "metrics.txt",
            ])
        #expect(text("doctor.txt").contains("[configuration-broken]"))
        #expect(try JSON(parsing: text("doctor.json"))["at"]?.text == "2026-11-28T06:00:00.000Z")
        let lines = text("configuration.txt").split(separator: "\n")
        for line in [
            "region = \"FR\"", "[http] port = 8080", "[erp] url = \"https://erp.example\"",
            "[erp] secret = \"credential:erp\"", "[erp] user = … (19 characters)", "[calls] may-dial = […] (2)",
            "[team.bureau] extensions = […] (2)",
        ] { #expect(lines.contains { $0 == line }, "\(line)") }
        #expect(
            text("journal.txt").contains(
                "2026-11-28T06:00:00+0100 edge-ingest[77]: call from <number> for <name>, <secret>"))
        #expect(text("journal.txt").contains("<name> called <number>, <name> took it"))
        #expect(text("journal.txt").contains("broker 192.168.7.20:8883 away for 125 s, 101@nice, entry 01KB3XYZ7Q"))
        #expect(text("metrics.txt").contains("123456789") && text("versions.txt").contains("5.15.0-91-generic"))
    }

    @Test func numbersAreKnownInEveryForm() {
        for number in [
            "0612340091", "06 12 34 00 91", "06.12.34.00.91", "06-12-34-00-91", "+33612340091", "+33 6 12 34 00 91",
            "0033 6 12 34 00 91", "+33 (0)6 12 34 00 91", "(06) 12 34 00 91", "tel:+33-6-12-34-00-91",
        ] {
            let clean = redaction.clean("from \(number), now")
            #expect(clean.contains("<number>") && !clean.contains("34"), "\(clean)")
        }
        for text in [
            "2026-11-28", "2026-11-28 06:00:00", "10.0.0.1", "192.168.1.100", "port 8080", "+", "call 12345", "",
        ] {
            #expect(redaction.clean(text) == text)
        }
    }

    @Test func namesAreKnownAsWholeWords() {
        #expect(redaction.clean("omar, OMAR and Omar's") == "<name>, <name> and <name>'s")
        #expect(redaction.clean("Omarion and the alarm of Nadia") == "Omarion and the alarm of Nadia")
        #expect(redaction.clean("nadia  benali") == "<name>" && redaction.clean("<o@firm.example>") == "<<address>>")
    }

    @Test func aTarIsReadByEverybody() throws {
        let bytes = Tar.archive([("a/one.txt", Array("hello".utf8)), ("a/two.txt", [])], at: 1_795_845_600_000)
        #expect(bytes.count == 512 + 512 + 512 + 1024)
        func field(_ place: Int, _ room: Int) -> String {
            String(decoding: bytes[place..<place + room].prefix { $0 != 0 && $0 != 0x20 }, as: UTF8.self)
        }
        #expect(field(0, 100) == "a/one.txt" && field(100, 8) == "0000600" && field(124, 12) == "00000000005")
        #expect(field(257, 6) == "ustar" && field(1024, 100) == "a/two.txt")
        var sum = bytes[..<512].reduce(0) { $0 + Int($1) }
        sum += 8 * 0x20 - bytes[148..<156].reduce(0) { $0 + Int($1) }
        #expect(Int(field(148, 8), radix: 8) == sum)
        #expect(Array(bytes[512..<517]) == Array("hello".utf8))
    }

    /// A real program on a real database, with the journal of this machine or none.
    @Test func theProgramPacksItAndSaysWhatIsInIt() throws {
        let folder = TemporaryFolder("bundle")
        try Files.makeFolder("\(folder.path)/state")
        do { _ = try Store(path: "\(folder.path)/state/ingest.db") }
        let text = "version = 1\nstate = \"\(folder.path)/state\"\n[http]\nport = 1\n"
        try Files.write(Array(text.utf8), to: "\(folder.path)/ingest.toml")
        let options = ["--local", "--lines", "0", "--config", "\(folder.path)/ingest.toml"]
        let packed = try RoadTests.run("edge-ingest", ["bundle", "\(folder.path)/out/"] + options)
        #expect(packed.code == 0 && packed.output.contains("schema.sql"), "\(packed.output)")
        let names = ["configuration.txt", "doctor.json", "doctor.txt", "schema.sql", "versions.txt"]
        #expect(Files.list("\(folder.path)/out") == names)
        let doctor = try JSON(parsing: try Files.read("\(folder.path)/out/doctor.json"))
        let found = doctor["findings"]?.list?.compactMap { $0["code"]?.text } ?? []
        #expect(found.contains("centre-stopped"))
        let small = try RoadTests.run("edge-ingest", ["bundle", "\(folder.path)/all.tar.zst"] + options)
        #expect(small.code == 0)
        // A frame's magic number (RFC 8878, 3.1.1); who has tar and zstd reads it.
        #expect(try Array(Files.read("\(folder.path)/all.tar.zst").prefix(4)) == [0x28, 0xB5, 0x2F, 0xFD])
        if Files.exists("/usr/bin/zstd") {
            let log = "\(folder.path)/list"
            let tar = try ChildProcess("/usr/bin/tar", ["--zstd", "-tf", "\(folder.path)/all.tar.zst"], log: log)
            let code = tar.wait()
            let list = String(decoding: try Files.read(log), as: UTF8.self)
            #expect(code == 0 && list.contains("/doctor.json") && list.contains("/versions.txt"), "\(list)")
        }
        let archive = try RoadTests.run("edge-ingest", ["bundle", "\(folder.path)/all.tar"] + options)
        let bytes = try Files.read("\(folder.path)/all.tar")
        #expect(archive.code == 0 && bytes.count > 4096, "\(archive.output)")
    }
}
