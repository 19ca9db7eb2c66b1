import Model
import SQLite
import TestSupport
import Testing

@testable import Depot

/// What agents of releases said on the wire, recorded at a broker (`mosquitto_sub -F '%t %x'`, observed), is taken by the centre of
/// today, and what centres of releases answered is understood by agents of today: both ends are never upgraded in one moment.
/// `Releases/VERSION.txt`: `LEAF HEX` a line, in the order of their coming. A release adds its own; one that was made is never edited.
struct FormerReleaseTests {
    static let agent = "lyon-dock-1"
    static let releases = Fixture.list("DepotTests/Releases")

    struct Message {
        var leaf: String
        var bytes: [UInt8]
        var json: JSON { get throws { try JSON(parsing: bytes) } }
    }

    static func messages(_ release: String) throws -> [Message] {
        try Fixture.text("DepotTests/Releases/\(release)").split(separator: "\n").map { line in
            let parts = line.split(separator: " ")
            return Message(leaf: String(parts[0]), bytes: try #require(Hex.bytes(parts[1])))
        }
    }

    @Test(arguments: releases) func whatAFormerAgentSendsIsTakenOnce(_ release: String) throws {
        let folder = TemporaryFolder()
        let store = try Store(path: "\(folder.path)/db")
        let applier = Applier(store: store)
        _ = try store.deliveries.expect(
            Announced(note: "BL-1", supplier: "S", lines: [.init(gtin: "03608439390616", quantity: 10)]),
            source: "file")
        let now: Int64 = 1_795_888_000_000
        let messages = try Self.messages(release)
        let answered = try messages.filter { $0.leaf == "ack" }.compactMap { Ack(json: try $0.json) }
        let last = try #require(answered.last { $0.lane == .bulk }).cumulative
        // The second time everything comes again, as after answers that were lost.
        for time in 1...2 {
            var applied = 0
            var reached: UInt64 = 0
            for message in messages {
                switch message.leaf {
                case "hi":
                    let hello = try #require(Hello(json: try message.json))
                    #expect(try applier.greet(hello, agent: Self.agent, at: now).lost.isEmpty)
                case "s":
                    let result = try applier.apply([(Self.agent, message.bytes)], at: now)
                    #expect(result.rejected == 0 && result.refused.isEmpty)
                    applied += result.applied
                    reached = max(reached, result.acks.last?.ack.cumulative ?? 0)
                case "st":
                    let status = GatewayStatus(json: try message.json)
                    #expect(status.problems.isEmpty, "\(status.problems)")
                    let heard = try applier.gateways.hear(status.json, of: Self.agent, clockOffset: 0, at: now)
                    #expect(heard.disagreement == nil)
                case "c":
                    #expect(try CallSnapshot(json: #require(message.json["data"])) != nil)
                default: break
                }
            }
            #expect(reached >= last && (time == 1 ? applied >= Int(last) : applied == 0))
        }
        // What came did what it does: barcodes and tags counted, the call in the history.
        #expect(try store.database.integer("SELECT count(*) FROM counted") == 6)
        #expect(try store.database.integer("SELECT count(*) FROM call") == 1)
        #expect(try store.database.integer("SELECT count(*) FROM dead_letter") == 0)
    }

    @Test(arguments: releases) func whatAFormerCentreAnswersIsUnderstood(_ release: String) throws {
        let answers = try Self.messages(release).filter { $0.leaf == "ack" }
        #expect(!answers.isEmpty)
        for answer in answers {
            let ack = try #require(Ack(json: try answer.json))
            // Said again, it is the same: nothing of it was passed over.
            #expect(Ack(json: ack.json) == ack && ack.verdict == .welcome && ack.credit > 0)
        }
    }
}
