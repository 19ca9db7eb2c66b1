import Devices
import Foundation
import Glibc
import Model
import Platform
import Rig
import SQLite
import TestSupport
import Testing

/// Calls as a team works with them: agent, broker and centre are real processes, the exchange is simulated.
@Suite(.serialized)
struct CallRoadTests {
    struct Road {
        let stand: Stand
        let pbx: PBXServer

        init(_ name: String, ingest: String = "") throws {
            stand = try RoadTests.stand(name)
            pbx = try stand.addPBX()
            try stand.writeConfiguration(readers: [], ingest: ingest)
            try stand.startBroker()
            try stand.startIngest()
            try stand.startAgent()
        }

        /// Somebody at a telephone, with a browser open.
        func person(_ name: String, at desk: String?) throws -> PageClient {
            let page = try client(name)
            if let desk { try page.request("PUT", "/api/v1/me/extension", .object([("extension", .string(desk))])) }
            try page.follow()
            guard page.wait(milliseconds: 15_000, for: { $0["type"]?.text == "ready" }) != nil else {
                throw PageClient.Failure(description: "the stream does not open")
            }
            return page
        }

        private func client(_ name: String) throws -> PageClient {
            let end = Clocks.now + .seconds(20)
            while true {
                do { return try PageClient(port: stand.httpPort, name: name) } catch {
                    if Clocks.now > end { throw error }
                    usleep(20_000)
                }
            }
        }
    }

    static func isCard(_ state: String) -> @Sendable (JSON) -> Bool {
        { $0["type"]?.text == "call" && $0["data"]?["mine"]?.text == state }
    }

    @Test(.timeLimit(.minutes(5)))
    func everybodySeesWhatConcernsThemAndNothingElse() throws {
        let road = try Road(
            "team",
            ingest: """
                [team.counter]
                extensions = ["101", "102"]
                supervisors = ["Nadia"]
                """)
        defer { road.stand.stop() }
        let alice = try road.person("Alice", at: "101")
        let second = try road.person("Alice", at: nil)
        let bruno = try road.person("Bruno", at: "102")
        let nadia = try road.person("Nadia", at: nil)
        let zoe = try road.person("Zoé", at: "201")
        #expect(alice.waitForDevices(1, milliseconds: 20_000))

        // Of two tabs one is loud: the one that is used.
        second.tell(.object([("used", true)]))
        #expect(second.wait(milliseconds: 15_000) { $0["data"]?["loud"]?.truth == true } != nil)
        #expect(alice.wait(milliseconds: 15_000) { $0["data"]?["loud"]?.truth == false } != nil)

        // A group rings; one answers; the others are told by whom, and have missed nothing.
        road.pbx.call(
            .init(
                from: "0199001234", to: "0123456700", desks: ["101", "102"], answer: ("102", .milliseconds(1500)),
                talk: .seconds(2)))
        for page in [alice, second, bruno] {
            #expect(page.wait(milliseconds: 15_000, for: CallRoadTests.isCard("ringing")) != nil)
        }
        #expect(nadia.wait(milliseconds: 15_000, for: CallRoadTests.isCard("watched")) != nil)
        let card = alice.wait(milliseconds: 15_000, for: CallRoadTests.isCard("over"))?.json["data"]
        #expect(card?["answeredBy"]?.list?.first?.text == "Bruno" && card?["myCause"]?.text == "answered-elsewhere")
        let talk = bruno.wait(milliseconds: 15_000, for: CallRoadTests.isCard("talking"))?.json["data"]
        let call = talk?["call"]?.text ?? ""
        let written = try bruno.request(
            "POST", "/api/v1/calls/note",
            .object([("call", .string(call)), ("base", .int(0)), ("note", "wants 3 pallets"), ("disposition", "order")])
        )
        #expect(written["rev"]?.integer == 1)
        // Whoever has not read it cannot write over it; a stranger sees no such call.
        let stale: JSON = .object([("call", .string(call)), ("base", .int(0)), ("note", "mine")])
        #expect(throws: PageClient.Failure.self) { try alice.request("POST", "/api/v1/calls/note", stale) }
        #expect(throws: PageClient.Failure.self) { try zoe.request("POST", "/api/v1/calls/note", stale) }
        #expect(bruno.wait(milliseconds: 10_000, for: CallRoadTests.isCard("over")) != nil)
        #expect(nadia.wait(milliseconds: 15_000, for: CallRoadTests.isCard("over")) != nil)

        // Nobody answers, twice within a minute: one line for the team, taken by one.
        for _ in 1...2 {
            road.pbx.call(
                .init(from: "0465710101", to: "0123456701", desks: ["101"], patience: .milliseconds(700)))
            let ringing = alice.wait(milliseconds: 15_000, for: CallRoadTests.isCard("ringing"))?.json["data"]
            // Put aside in one tab, gone in the other.
            try second.request(
                "POST", "/api/v1/calls/dismiss", .object([("call", ringing?["call"] ?? .null)]))
            #expect(alice.wait(milliseconds: 15_000) { $0["type"]?.text == "dismissed" } != nil)
            #expect(alice.wait(milliseconds: 15_000) { $0["type"]?.text == "missed" } != nil)
        }
        func missed(_ page: PageClient) throws -> [JSON] {
            try page.request("GET", "/api/v1/calls")["missed"]?.list ?? []
        }
        _ = try bruno.ask("/api/v1/calls") { $0["missed"]?.list?.first?["calls"]?.list?.count == 2 }
        #expect(try missed(bruno).count == 1 && missed(nadia).count == 1 && missed(zoe).isEmpty)
        #expect(try missed(bruno)[0]["calls"]?.list?.count == 2)
        let waiting: JSON = .object([("call", try missed(bruno)[0]["call"])])
        try bruno.request("POST", "/api/v1/missed/take", waiting)
        #expect(throws: PageClient.Failure.self) { try alice.request("POST", "/api/v1/missed/take", waiting) }
        #expect(try missed(alice)[0]["taken"]?["by"]?.text == "Bruno")
        try bruno.request("POST", "/api/v1/missed/done", waiting)
        #expect(try missed(alice).isEmpty)

        // The history is found by its note, exported, and everybody's own.
        #expect(
            try bruno.request("GET", "/api/v1/calls/search?q=pallets").list?.first?["note"]?["disposition"]?.text
                == "order")
        #expect(try zoe.request("GET", "/api/v1/calls/search?q=pallets&team=1").list?.isEmpty == true)
        let file = try nadia.text("/api/v1/calls/export.csv")
        #expect(file.contains(";01 99 00 12 34;") && file.contains(";Bruno;") && file.contains("wants 3 pallets"))

        // Why there was a card, or none.
        road.pbx.call(.init(from: "0465710102", to: "0123456703", desks: ["103"], patience: .milliseconds(500)))
        alice.tell(.object([("shown", .string(call))]))
        let why = try nadia.request("GET", "/api/v1/calls/why").list ?? []
        #expect(why.contains { $0["desk"]?.text == "102" && $0["people"]?.list?.first?.text == "Bruno" })
        #expect(zoe.kept.allSatisfy { $0["type"]?.text != "call" })
        #expect(try zoe.request("GET", "/api/v1/calls/why").list?.isEmpty == true)
    }

    /// The exchange sends a private caller's number all the same; it is in no page, no message, no log and no file.
    @Test(.timeLimit(.minutes(5)))
    func aWithheldNumberIsNowhere() throws {
        let road = try Road("withheld")
        defer { road.stand.stop() }
        let alice = try road.person("Alice", at: "101")
        #expect(alice.waitForDevices(1, milliseconds: 20_000))
        road.pbx.call(
            .init(
                from: "0612340052", name: "Secret Person", to: "0123456701", desks: ["101"],
                answer: ("101", .milliseconds(400)), talk: .milliseconds(400), isPrivate: true))
        let card = alice.wait(milliseconds: 15_000, for: CallRoadTests.isCard("ringing"))?.json
        #expect(card?["data"]?["withheld"]?.truth == true)
        #expect(alice.wait(milliseconds: 15_000, for: CallRoadTests.isCard("over")) != nil)
        let history = try alice.ask("/api/v1/calls") { $0["history"]?.list?.isEmpty == false }
        #expect(history["history"]?.list?.count == 1)
        // Both processes end in order: what was in their memory is in their files now.
        road.stand.agent?.terminate()
        road.stand.ingest?.terminate()
        _ = road.stand.agent?.wait()
        _ = road.stand.ingest?.wait()
        let said = alice.kept.map(\.description).joined() + history.description + (card?.description ?? "")
        var searched = 0
        let files = FileManager.default.enumerator(atPath: road.stand.folder)
        while let name = files?.nextObject() as? String {
            guard let data = FileManager.default.contents(atPath: "\(road.stand.folder)/\(name)") else { continue }
            searched += 1
            for form in ["612340052", "6 12 34 00 52", "Secret Person"] {
                #expect(data.range(of: Data(form.utf8)) == nil, "\(form) is in \(name)")
                #expect(!said.contains(form))
            }
        }
        #expect(searched > 6)
    }

    /// A rush hour with real processes: the centre dies in the middle of it, the agent's broker too; in the end the history
    /// is the ledger of what the telephones saw, each call once.
    @Test(.timeLimit(.minutes(5)))
    func theHistoryIsWhatTheTelephonesSaw() throws {
        let road = try Road("rush")
        defer { road.stand.stop() }
        let alice = try road.person("Alice", at: "101")
        #expect(alice.waitForDevices(1, milliseconds: 20_000))
        let desks = (101...108).map { "\($0)" }
        let begin = Clocks.now
        var number = 0
        for (at, script) in Exchange.rushHour(calls: 100, over: .seconds(12), seed: 3, desks: desks, speed: 3) {
            while Clocks.now < begin + at { usleep(2000) }
            road.pbx.call(script)
            number += 1
            if number == 30 {
                road.stand.ingest?.killHard()
                try road.stand.startIngest()
            }
            if number == 60 {
                road.stand.broker?.killHard()
                try road.stand.startBroker()
            }
        }
        let end = Clocks.now + .seconds(120)
        while road.pbx.ledger.count < 100 || !road.pbx.ledger.allSatisfy({ $0.isOver }), Clocks.now < end {
            usleep(20_000)
        }
        let truth = road.pbx.ledger.map(\.summary).sorted()
        #expect(truth.count == 100)
        // A second view of the centre's own file.
        func history() throws -> [String] {
            let database = try Database(path: road.stand.database, readOnly: true)
            return try database.rows("SELECT snapshot FROM call WHERE state='ended'") { $0.text(0) }
                .compactMap { (try? JSON(parsing: $0)).flatMap(CallSnapshot.init(json:)) }.map(Exchange.summary)
                .sorted()
        }
        while try history() != truth, Clocks.now < end { usleep(50_000) }
        let told = try history()
        #expect(told.count == truth.count)
        for (a, b) in zip(told, truth) where a != b { Issue.record("history \(a)\ntrue    \(b)") }
    }

    /// A script of an exchange pushes its calls, signed; a stranger, an old copy and a changed message are refused.
    @Test(.timeLimit(.minutes(5)))
    func aSignedWebhookBringsACard() throws {
        let stand = try RoadTests.stand("webhook")
        defer { stand.stop() }
        try Files.write(Array("whsec_cXVhaS1xdWFpLXF1YWktcXVhaQ==\n".utf8), to: "\(stand.folder)/feed", mode: 0o600)
        try stand.writeConfiguration(
            readers: [], ingest: "[feed.old-pbx]\nsecret = \"file:\(stand.folder)/feed\"")
        try stand.startBroker()
        try stand.startIngest()
        var alice: PageClient?
        let end = Clocks.now + .seconds(20)
        while alice == nil, Clocks.now < end { alice = try? PageClient(port: stand.httpPort, name: "Alice") }
        let page = try #require(alice)
        try page.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
        try page.follow()
        func push(_ body: String, signed: String? = nil, at time: Int64 = Clocks.wall / 1000) throws -> JSON {
            let stamp = "\(time)"
            let signature = WebhookSignature.sign(
                Array((signed ?? body).utf8), id: "m1", timestamp: stamp, secret: "whsec_cXVhaS1xdWFpLXF1YWktcXVhaQ==")
            return try page.request(
                "POST", "/api/v1/feeds/old-pbx", text: body,
                headers: [("webhook-id", "m1"), ("webhook-timestamp", stamp), ("webhook-signature", signature)])
        }
        let ringing =
            "{\"v\":1,\"id\":\"1\",\"event\":\"ringing\",\"call\":\"A17\",\"ext\":\"101\",\"direction\":\"inbound\","
            + "\"from\":{\"number\":\"0612345678\"},\"to\":\"0123456701\"}"
        #expect(throws: PageClient.Failure.self) { try push(ringing, signed: "something else") }
        #expect(throws: PageClient.Failure.self) { try push(ringing, at: Clocks.wall / 1000 - 400) }
        #expect(throws: PageClient.Failure.self) { try push(ringing, at: .min) }
        let answer = try push(ringing + "\nrubbish\n" + ringing)
        #expect(answer["acks"]?.list?.compactMap(\.text) == ["1", "1"] && answer["noise"]?.integer == 1)
        let card = page.wait(milliseconds: 15_000, for: CallRoadTests.isCard("ringing"))?.json["data"]
        #expect(card?["number"]?["display"]?.text == "06 12 34 56 78")
        _ = try push("{\"event\":\"ended\",\"call\":\"A17\",\"cause\":\"caller-gave-up\"}")
        #expect(page.wait(milliseconds: 15_000, for: CallRoadTests.isCard("missed")) != nil)
        #expect(try page.request("GET", "/api/v1/calls")["missed"]?.list?.count == 1)
    }

    /// The line to the exchange breaks; calls come and go meanwhile. They are counted, and a running one is found again.
    @Test(.timeLimit(.minutes(5)))
    func aBreakIsSaidAndWhatRunsIsFoundAgain() throws {
        let road = try Road("doubt")
        defer { road.stand.stop() }
        let alice = try road.person("Alice", at: "101")
        #expect(alice.waitForDevices(1, milliseconds: 20_000))
        #expect(road.pbx.waitForClient(milliseconds: 10_000))
        road.pbx.call(
            .init(
                from: "0199001234", to: "0123456701", desks: ["101"], answer: ("101", .milliseconds(300)),
                talk: .seconds(8)))
        #expect(alice.wait(milliseconds: 15_000, for: CallRoadTests.isCard("talking")) != nil)
        road.pbx.order(.cut(.milliseconds(1500)))
        for number in 1...2 {
            usleep(200_000)
            road.pbx.call(
                .init(from: "061234009\(number)", to: "0123456702", desks: ["102"], patience: .milliseconds(300)))
        }
        let gateway = alice.wait(milliseconds: 20_000) { message in
            message["type"]?.text == "gateway"
                && (message["data"]?["status"]?["devices"]?.list ?? []).contains { $0["doubt"] != nil }
        }
        let doubt = gateway?.json["data"]?["status"]?["devices"]?.list?.first { $0["doubt"] != nil }?["doubt"]
        #expect(doubt?["calls"]?.integer == 2)
        #expect((doubt?["to"]?.integer ?? 0) - (doubt?["from"]?.integer ?? 0) >= 1000)
        // The conversation went on, and ends as one.
        let end = alice.wait(milliseconds: 20_000, for: CallRoadTests.isCard("over"))?.json["data"]
        #expect(end?["cause"]?.text == "normal" && end?["answeredBy"]?.list?.first?.text == "Alice")
    }
}
