import Broker
import Depot
import Devices
import Foundation
import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

/// Broken and hostile messages, and people at the API, against the real centre and broker.
@Suite(.serialized)
struct HostileTests {
    /// A centre with its broker, without an agent; and a stranger's connection to that broker.
    final class Centre {
        let stand: Stand
        let link: BrokerLink
        var acks: [Ack] = []

        init(_ name: String) throws {
            stand = try RoadTests.stand(name)
            try stand.writeConfiguration(readers: [])
            try stand.startBroker()
            try stand.startIngest()
            link = BrokerLink(
                options: BrokerOptions(host: "127.0.0.1", port: stand.brokerPort, clientID: "stranger"),
                now: Clocks.now, seed: 1)
            try until { self.link.isUp }
            link.subscribe(["quai/1/+/+/ack", "quai/1/in/+"])
            // The centre is there when its presence is.
            try until { self.present && self.serves }
        }

        var present = false

        private var serves: Bool {
            guard let descriptor = Sockets.connect(port: stand.httpPort) else { return false }
            close(descriptor)
            return true
        }

        func turn() {
            for case .message(let topic, let payload) in link.turn(atMost: 20) {
                if topic.hasPrefix("quai/1/in/") { present = (try? JSON(parsing: payload))?["online"]?.truth ?? false }
                if topic.hasSuffix("/ack"), let ack = (try? JSON(parsing: payload)).flatMap(Ack.init) {
                    acks.append(ack)
                }
            }
        }

        func until(_ condition: () -> Bool) throws {
            let end = Clocks.now + .seconds(20)
            while !condition() {
                guard Clocks.now < end else {
                    throw PageClient.Failure(description: "never; see \(stand.folder)/ingest.log")
                }
                turn()
            }
        }

        func metric(_ name: String) throws -> Double {
            guard let descriptor = Sockets.connect(port: stand.httpPort) else { return -1 }
            defer { close(descriptor) }
            let request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            _ = send(descriptor, request, request.utf8.count, 0)
            var answer: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 65536)
            while case let count = read(descriptor, &buffer, buffer.count), count > 0 { answer += buffer[..<count] }
            let line = String(decoding: answer, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name + " ") }
            return line?.split(separator: " ").last.flatMap { Double($0.filter { $0 != "\r" }) } ?? -1
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func hostileMessagesAreCountedAndTheNextGoodOneIsApplied() throws {
        let centre = try Centre("hostile")
        defer { centre.stand.stop() }
        let topic = Topic(.bulk, of: "evil").name
        let good = Frame.body(of: [Row.barcode(device: "g", zone: "d", Barcode(text: "good")).encoded(at: 1)])
        func frame(_ first: UInt64, crc: UInt32, codec: Frame.Codec = .plain, body: [UInt8]) -> [UInt8] {
            Frame(
                epoch: 9, lane: .bulk, first: first, count: 1, boot: Boot(counter: 1, random: 1), origin: 0,
                synced: true,
                codec: codec, crc: crc, body: body
            ).encoded
        }
        let bad: [[UInt8]] = [
            [], [0xFF], Array("hello".utf8), [UInt8](repeating: 0x81, count: 2000),
            [0x9B] + [UInt8](repeating: 0xFF, count: 8),
            [0x5B] + [UInt8](repeating: 0xFF, count: 8), CBOR.array([.unsigned(77)]).encoded,
            [UInt8](repeating: 0x41, count: 200_000),
            frame(1, crc: 1, body: good), frame(1, crc: CRC32C.checksum(good), codec: .zstd, body: [1, 2, 3]),
            Array("[1,\"x\"]".utf8), Array(String(repeating: "[", count: 5000).utf8),
        ]
        for payload in bad { #expect(centre.link.publish(topic, payload) != nil) }
        for leaf in [Topic.Leaf.urgent, .hello, .status] {
            for payload in [
                Array("{".utf8), Array("null".utf8), Array("[]".utf8), [0xFF, 0xFE], Array("{\"epoch\":\"zz\"}".utf8),
            ] {
                centre.link.publish(Topic(leaf, of: "evil").name, payload)
            }
        }
        centre.link.publish("quai/1/00/not-its-partition/s", frame(1, crc: CRC32C.checksum(good), body: good))
        centre.link.publish(topic, frame(1, crc: CRC32C.checksum(good), body: good))
        try centre.until { centre.acks.contains { $0.epoch == 9 && $0.cumulative == 1 } }
        #expect(try centre.metric("quai_ingest_refused_frames_total") == Double(bad.count))
        #expect(try centre.metric("quai_ingest_records_total{result=\"new\"}") == 1)
        #expect(centre.stand.ingest?.isRunning == true)
    }

    @Test(.timeLimit(.minutes(2)))
    func theStreamResumesAndStartsAfreshWhenItCannot() throws {
        let centre = try Centre("stream")
        defer { centre.stand.stop() }
        let page = try PageClient(port: centre.stand.httpPort, name: "Camille")
        try page.follow()
        let ready = try #require(page.wait(milliseconds: 5000) { $0["type"]?.text == "ready" })
        let position = try #require(ready.json["seq"]?.integer)
        // Three things happen while nobody listens.
        page.disconnect()
        for _ in 0..<3 {
            _ = try page.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
            centre.link.publish(
                Topic(.status, of: "dock").name, Array("{\"online\":true,\"site\":\"lyon\"}".utf8), retain: true)
            try centre.until { (try? page.request("GET", "/api/v1/gateways").list?.count) == 1 }
        }
        try page.follow(resume: position)
        // The gateway came and was told of three times: it is shown as it is, once.
        let again = try #require(page.wait(milliseconds: 5000) { $0["type"]?.text == "gateway" })
        #expect(try #require(again.json["seq"]?.integer) > position)
        let end = try #require(page.wait(milliseconds: 5000) { ["ready", "gateway"].contains($0["type"]?.text) })
        #expect(end.json["type"]?.text == "ready")
        // A position of another life is answered with a reset, never with a guess.
        page.disconnect()
        try page.follow(resume: 1 << 40)
        #expect(page.wait(milliseconds: 5000) { $0["type"]?.text == "reset" } != nil)
    }

    /// It is cut at the line, counted, and everybody else goes on.
    @Test(.timeLimit(.minutes(2)))
    func aBrowserThatStopsReadingIsCut() throws {
        let centre = try Centre("slow")
        defer { centre.stand.stop() }
        let stuck = try PageClient(port: centre.stand.httpPort, name: "Bruno")
        try stuck.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
        try stuck.follow(reading: false)
        let page = try PageClient(port: centre.stand.httpPort, name: "Camille")
        try page.follow()
        #expect(page.wait(milliseconds: 5000) { $0["type"]?.text == "ready" } != nil)
        centre.link.publish(Topic(.status, of: "dock").name, JSON.object([("online", true)]).text8, retain: true)
        // A call that rings at every desk of a large team, and changes all the time.
        var ringing = CallSnapshot(call: "pbx/1", revision: 1, startedAt: Clocks.wall)
        (ringing.state, ringing.direction) = (.ringing, .inbound)
        ringing.legs = (101...132).map {
            .init(id: "leg \($0)", desk: String($0), state: .ringing, rangAt: Clocks.wall)
        }
        for revision in 1...20_000 {
            ringing.revision = Int64(revision)
            let event = JSON.object([
                ("id", .string("dock/0000000000000001/c/\(revision)")), ("type", "quai.call"), ("data", ringing.json),
            ])
            #expect(centre.link.publish(Topic(.urgent, of: "dock").name, event.text8) != nil)
            centre.turn()
            guard revision % 50 == 0 else { continue }
            if try centre.metric("quai_ingest_browsers_cut_total") == 1 { break }
        }
        try centre.until { (try? centre.metric("quai_ingest_browsers_cut_total")) == 1 }
        #expect(try centre.metric("quai_ingest_browser_sessions") == 1)
        #expect(page.wait(milliseconds: 5000) { $0["type"]?.text == "gateway" } != nil)
    }

    @Test(.timeLimit(.minutes(2)))
    func everyDocumentedEndpointAnswersAndNoneWithoutASession() throws {
        let centre = try Centre("openapi")
        defer { centre.stand.stop() }
        let page = try PageClient(port: centre.stand.httpPort, name: "Camille")
        let document = try page.request("GET", "/api/openapi.json")
        let paths = document["paths"]?.fields ?? []
        #expect(paths.count >= 15)
        // Each says who may ask.
        var names: Set<String> = []
        let needs = Set(["anybody", "session"] + Permission.allCases.map(\.rawValue))
        for path in paths {
            for operation in path.value.fields ?? [] {
                let told = (operation.value["x-needs"]?.text ?? "").split(separator: " ").filter {
                    !["and", "or"].contains($0)
                }
                #expect(
                    !told.isEmpty && told.allSatisfy { needs.contains(String($0)) }, "\(operation.name) \(path.name)")
                // And what it answers: `packaging/test-api` holds the answers against it.
                let good = operation.value["responses"]?.fields?.first { $0.name.hasPrefix("2") }
                let isElsewhere = operation.value["responses"]?.fields?.contains {
                    $0.name == "303" || $0.name == "302"
                }
                #expect(
                    isElsewhere == true || good?.value["content"]?.fields?.isEmpty == false,
                    "\(operation.name) \(path.name)")
                let isNew = names.insert(operation.value["operationId"]?.text ?? "").inserted
                #expect(isNew, "\(operation.name) \(path.name)")
            }
        }
        func status(_ method: String, _ path: String, cookie: Bool) -> String {
            do {
                let client = cookie ? page : try PageClient(anonymousAt: centre.stand.httpPort)
                _ = try client.request(method, path, .members([]))
                return "2"
            } catch is JSONError
                where [".csv", ".xlsx", ".pdf", ".jsonl", ".html", "/events"].contains(where: path.hasSuffix)
            {
                return "2"
            } catch { return "\(error)" }
        }
        for path in paths {
            let concrete = path.name.replacingOccurrences(of: "{id}", with: "1").replacingOccurrences(
                of: "{command}", with: "X"
            ).replacingOccurrences(of: "{name}", with: "nobody").replacingOccurrences(
                of: "{gtin}", with: "03608439390616")
            for operation in path.value.fields ?? [] {
                let method = operation.name.uppercased()
                // Signing out ends the session that the others need.
                if method == "DELETE", path.name == "/api/v1/session" { continue }
                let answer = status(method, concrete, cookie: true)
                #expect(answer == "2" || answer.contains("\"code\""), "\(method) \(concrete): \(answer)")
                #expect(!answer.contains("HTTP/1.1 500"), "\(method) \(concrete): \(answer)")
                if operation.value["security"] == nil {
                    #expect(status(method, concrete, cookie: false).contains("sign-in-needed"), "\(method) \(concrete)")
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func aTakenPortIsOneSentence() throws {
        let taken = try #require(Sockets.listen(port: 0))
        defer { close(taken.descriptor) }
        let folder = TemporaryFolder()
        try "version = 1\nstate = \"\(folder.path)\"\n[http]\nport = \(taken.port)\n".write(
            toFile: "\(folder.path)/ingest.toml", atomically: true, encoding: .utf8)
        let result = try RoadTests.run("edge-ingest", ["run", "--config", "\(folder.path)/ingest.toml"])
        #expect(result.code == 2)
        #expect(
            result.output.contains(
                "port \(taken.port) on 127.0.0.1 is taken; stop the other program or set port in [http]"))
    }

    /// Every simulated reader, through its pty and its driver, to a line that says that its tag is saved.
    @Test(.timeLimit(.minutes(2)))
    func everySimulatedReaderIsHeard() throws {
        let stand = try RoadTests.stand("readers")
        defer { stand.stop() }
        let names = ["rdm6300", "m100", "a0", "uhfreader", "thingmagic", "llrp", "tsl-ascii", "exec", "pcsc", "pn532"]
        for name in names { try stand.add(name, name) }
        try stand.writeConfiguration(readers: names.map { ($0, $0, $0) })
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        #expect(tail.waitAttached(milliseconds: 20_000))
        for (index, name) in names.enumerated() {
            let tag =
                switch name {
                case "rdm6300": TagID(.em4100, [1, 2, 3, 4, 5])
                case "pcsc": TagID(.iso14443a, [4, 1, 2, 3, 4, 5, 6])
                case "pn532": TagID(.iso14443a, [4, 6, 5, 4, 3, 2, 1])
                default: TagID(.epcGen2, Hex.bytes("30396062C3950D400011B89\(index)")!)
                }
            stand.devices[name]?.perform(.present([tag], lasting: .seconds(20)))
            #expect(tail.waitFor(tag.hex, milliseconds: 10_000), "\(name)")
        }
    }

    /// Whatever is configured, and whether it is there or not: SIGTERM is the end.
    @Test(.timeLimit(.minutes(1)))
    func anAgentOfManyDevicesEndsWhenItIsTold() throws {
        let stand = try RoadTests.stand("end")
        defer { stand.stop() }
        try stand.add("a", "m100")
        try stand.add("b", "barcode")
        try stand.writeConfiguration(readers: [
            ("a", "m100", "x"), ("b", "", "x"), ("c", "barcode", "x"), ("d", "barcode", "x"), ("e", "rdm6300", "x"),
        ])
        for _ in 0..<5 {
            try stand.startAgent()
            let tail = Acceptance(socket: stand.controlSocket)
            #expect(tail.waitAttached(milliseconds: 10_000))
            tail.stop()
            let agent = try #require(stand.agent)
            kill(agent.pid, SIGTERM)
            #expect(agent.wait() == 0)
        }
    }

    /// Torn and turned frames, noise, a brown-out and a pulled cable: what passes afterwards is read.
    @Test(.timeLimit(.minutes(3)), arguments: ["m100", "uhfreader", "thingmagic", "a0", "llrp"])
    func aLineOfMisfortunesIsSurvived(name: String) throws {
        let stand = try RoadTests.stand("misfortune-\(name)")
        defer { stand.stop() }
        let line = try stand.add("reader", name)
        try stand.writeConfiguration(readers: [("reader", name, "dock-1")], extra: "[discovery]\nenabled = false")
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        #expect(tail.waitAttached(milliseconds: 20_000))
        let mishaps: [DeviceAct] = [
            .noise([0x00, 0xFF, 0xBB, 0xA0, 0x04, 0x12]), .mishap(.tear), .mishap(.flip),
            .mishap(.brownOut(.milliseconds(800))), .mishap(.unplug(.milliseconds(800))), .mishap(.tear),
        ]
        for (index, mishap) in mishaps.enumerated() {
            let tag = TagID(.epcGen2, Hex.bytes("30396062C3950D400011B8A\(index)")!)
            line.perform(mishap)
            line.perform(.present([tag], lasting: .seconds(60)))
            var isSaved = false
            // A device that lost its power has forgotten what was in front of it: the pallet is shown again.
            for _ in 0..<20 where !isSaved {
                isSaved = tail.waitFor(tag.hex, milliseconds: 1000)
                if !isSaved { line.perform(.present([tag], lasting: .seconds(60))) }
            }
            #expect(isSaved, "\(name) after \(mishap)")
        }
    }

    /// Nobody names a driver: readers are asked, a scanner is heard, a line of plain text waits for a yes.
    @Test(.timeLimit(.minutes(3)))
    func readersOnUnknownLinesAreRecognised() throws {
        let stand = try RoadTests.stand("claims")
        defer { stand.stop() }
        for (name, driver) in [("portal", "m100"), ("gate", "uhfreader"), ("hand", "barcode"), ("plain", "barcode")] {
            try stand.add(name, driver)
        }
        try stand.writeConfiguration(
            readers: ["portal", "gate", "hand", "plain"].map { ($0, "", "dock-1") },
            extra: "[discovery]\nenabled = false")
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        #expect(tail.waitAttached(milliseconds: 20_000))
        let tag = TagID(.epcGen2, Hex.bytes("30396062C3950D400011B890")!)
        let other = TagID(.epcGen2, Hex.bytes("30396062C3950D400011B891")!)
        stand.devices["portal"]?.perform(.present([tag], lasting: .seconds(60)))
        stand.devices["gate"]?.perform(.present([other], lasting: .seconds(60)))
        #expect(tail.waitFor(tag.hex, milliseconds: 20_000))
        #expect(tail.waitFor(other.hex, milliseconds: 20_000))
        // The scan that tells what the scanner is, is a scan all the same.
        stand.devices["hand"]?.perform(.scan("BL-2026-0117"))
        #expect(tail.waitFor("BL-2026-0117", milliseconds: 20_000))
        // Without an AIM identifier in front it could be anything.
        stand.devices["plain"]?.perform(.noise(Array("some text\r\n".utf8)))
        let configuration = "\(stand.folder)/agent.toml"
        var devices = (code: Int32(0), output: "")
        for _ in 0..<100 where !devices.output.contains("--accept plain") {
            devices = try RoadTests.run("edge-agent", ["devices", "--config", configuration])
        }
        #expect(devices.output.contains("→ it sends lines of text, as scanners do: edge-agent devices --accept plain"))
        #expect(try RoadTests.run("edge-agent", ["devices", "--accept", "plain", "--config", configuration]).code == 0)
        var seen = false
        for _ in 0..<100 where !seen {
            stand.devices["plain"]?.perform(.noise(Array("BL-2026-0118\r\n".utf8)))
            seen = tail.waitFor("BL-2026-0118", milliseconds: 200)
        }
        #expect(seen)
        let refused = try RoadTests.run("edge-agent", ["devices", "--accept", "nobody", "--config", configuration])
        #expect(refused.code == 2 && refused.output.contains("there is no device \"nobody\"; there are: portal"))
    }

    /// A technician records a reader, sends the file in, and anybody replays it; an unknown line is asked and written down.
    @Test(.timeLimit(.minutes(2)))
    func aFieldProblemIsCapturedAndReplayed() throws {
        let stand = try RoadTests.stand("capture")
        defer { stand.stop() }
        let portal = try stand.add("portal", "m100")
        let other = try stand.add("other", "thingmagic")
        try stand.writeConfiguration(readers: [("portal", "m100", "dock-1")], extra: "[discovery]\nenabled = false")
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        #expect(tail.waitAttached(milliseconds: 20_000))
        let tag = TagID(.epcGen2, Hex.bytes("30396062C3950D400011B890")!)
        portal.perform(.present([tag], lasting: .seconds(60)))
        #expect(tail.waitFor(tag.hex, milliseconds: 10_000))
        let configuration = "\(stand.folder)/agent.toml"
        for (file, extra) in [("open.script", []), ("blind.script", ["--blind"])] {
            let path = "\(stand.folder)/\(file)"
            let captured = try RoadTests.run(
                "edge-agent",
                ["capture", "portal", path, "--from-start", "--seconds", "2", "--config", configuration] + extra)
            #expect(captured.code == 0, "\(captured.output)")
            let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
            #expect(text.contains("# driver m100") || text.contains("# driver   m100"))
            #expect(text.contains("! open") && text.contains(tag.hex) == extra.isEmpty)
            let replayed = try RoadTests.run("edge-agent", ["replay", path])
            #expect(replayed.code == 0 && replayed.output.contains(#"{"kind":"tag","scheme":"epc-gen2","id":"30"#))
            #expect(replayed.output.contains(tag.hex) == extra.isEmpty)
        }
        let probed = try RoadTests.run("edge-agent", ["probe", other.address, "\(stand.folder)/probe.script"])
        #expect(probed.code == 0 && probed.output.contains("it is thingmagic at"))
        let answers = (try? String(contentsOfFile: "\(stand.folder)/probe.script", encoding: .utf8)) ?? ""
        #expect(answers.contains("# 115200 baud") && answers.contains("> BB0003000100047E") && answers.contains("< FF"))
    }

    @Test func verbsSayWhatIsWrong() throws {
        #expect(try RoadTests.run("edge-agent", ["check", "--config", "/nonexistent.toml"]).code == 2)
        #expect(try RoadTests.run("edge-agent", ["devices"]).output.contains("is the agent running?"))
        let decoded = try RoadTests.run("edge-agent", ["decode", "--driver", "nothing", "/dev/null"])
        #expect(decoded.code == 2 && decoded.output.contains("there are: rdm6300, m100,"))
        let epc = try RoadTests.run("edge-ingest", ["epc", "3074257BF7194E4000001A85", "E280"])
        #expect(epc.code == 1 && epc.output.contains("\"gtin\":\"80614141123458\"") && epc.output.contains("\"error\""))
    }
}
