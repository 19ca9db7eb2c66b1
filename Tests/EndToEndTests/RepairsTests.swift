import Depot
import Glibc
import Model
import Platform
import Testing

@testable import IngestServer

/// What is wrong, on the centre's page.
struct RepairsTests {
    private static let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

    @Test func whatAGatewayFindsIsBoundedAndWorded() throws {
        let long = String(repeating: "x", count: 5000)
        let findings = (0..<100).map { number in
            JSON.object([
                ("code", .string(number == 0 ? "reader-held" : "from-a-newer-version-\(number)")),
                ("severity", "broken"),
                ("subject", .string("dock-\(number)\u{1B}[2J")), ("since", 1_795_845_600_000),
                ("evidence", .array(Array(repeating: .string(long), count: 20))),
            ])
        }
        let status = GatewayStatus(
            json: .object([("online", true), ("agent", "lyon"), ("findings", .array(findings))]))
        let safe = try #require(status.json["findings"]?.list)
        #expect(safe.count == GatewayStatus.findingLimit && status.problems.contains("100 findings"))
        let first = try #require(Repair(safe[0], of: "lyon", offset: 1000))
        #expect(first.title == "Another program has a device" && first.fix?.isEmpty == false)
        #expect(first.since == 1_795_845_601_000 && first.subject == "dock-0[2J")
        #expect(
            first.evidence.count == GatewayStatus.evidenceLimit && first.evidence[0].utf8.count <= Bounded.reasonLimit)
        #expect(Repair(safe[1], of: "lyon", offset: 0)?.title == nil, "its code is shown")
    }

    @Test func aBrokerOfTheOlderProtocolIsANote() {
        var health = LinkHealth(at: 0)
        func found() -> [FindingKind] {
            var picture = Picture(now: 0, version: "0.1.0")
            picture.broker = health.road
            return picture.diagnosis.findings.map(\.kind).filter { [.brokerOlder, .brokerUnreachable].contains($0) }
        }
        #expect(found() == [.brokerUnreachable])
        #expect(health.hear(broker: true, isOlder: true, at: 1) && found() == [.brokerOlder])
        // It fell silent and answers again: it is the same.
        #expect(health.hear(broker: false, at: 2) && found() == [.brokerUnreachable])
        #expect(health.hear(broker: true, at: 3) && found() == [.brokerOlder])
        #expect(health.hear(broker: false, at: 4) && health.hear(broker: true, isOlder: false, at: 5) && found() == [])
    }

    @Test func theWorstComesFirst() {
        func repair(_ severity: String, since: Int64) -> Repair {
            Repair(place: "centre", code: "c", severity: severity, since: since, evidence: [])
        }
        let sorted = Repair.sorted([
            repair("note", since: 1), repair("broken", since: 9), repair("warning", since: 5),
            repair("broken", since: 3),
        ])
        #expect(sorted.map(\.since) == [3, 9, 5, 1])
    }

    @Test func bothCataloguesAreWordedInFrenchAndShareNoCode() throws {
        let words = String(
            decoding: try Files.read("\(RepairsTests.root)/Sources/IngestServer/Web/words-findings.js"), as: UTF8.self)
        func has(_ sentence: String) -> Bool { words.contains("\(JSON.string(sentence).description): ") }
        let all =
            FindingKind.allCases.map { [$0.entry.title, $0.entry.fix] }
            + AgentFindingKind.allCases.map { [$0.entry.title, $0.entry.fix] }
        #expect(all.joined().filter { !has($0) } == [])
        #expect(Set(FindingKind.allCases.map(\.rawValue)).isDisjoint(with: AgentFindingKind.allCases.map(\.rawValue)))
    }

    /// Every secret that the documentation names reaches its service, and what it says of reloading is so.
    @Test func theServicesOfThePackagesAreAsDocumented() throws {
        func read(_ path: String) throws -> String {
            String(decoding: try Files.read("\(RepairsTests.root)/\(path)"), as: UTF8.self)
        }
        let unit = try read("systemd/edge-agent.service")
        #expect(unit.contains("ExecReload=/bin/kill -HUP $MAINPID"))
        let loaded = Set(unit.matches(of: /LoadCredential=([a-z0-9-]+)/).map { String($0.1) })
        var named: Set<String> = []
        for folder in ["docs/how-to", "docs/reference", "docs/tutorials", "packaging/debian"] {
            for name in Files.list("\(RepairsTests.root)/\(folder)")
            where name.hasSuffix(".md") || name.hasSuffix(".toml") {
                let text = try read("\(folder)/\(name)")
                // What an agent's file says: a block that has one of its tables; between two blocks stands prose.
                let blocks =
                    name.hasSuffix(".md") ? text.split(separator: "```", omittingEmptySubsequences: false) : [text[...]]
                for (place, block) in blocks.enumerated()
                where (blocks.count == 1 || place % 2 == 1) && block.contains(/\[(uplink|phone|reader)[.\]]/) {
                    named.formUnion(block.matches(of: /credential:([a-z0-9-]+)/).map { String($0.1) })
                }
            }
        }
        #expect(
            !named.isEmpty && named.subtracting(loaded).isEmpty,
            "\(named.subtracting(loaded).sorted()) is loaded by nobody")
        for service in ["edge-agent", "edge-ingest"] {
            #expect(try read("systemd/\(service).service").contains("Environment=LIBDISPATCH_LOG=NO"))
        }
    }
}
