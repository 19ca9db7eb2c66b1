import Devices
import Glibc
import Model
import Platform
import Rig
import SQLite
import TestSupport
import Testing

/// An agent that is set from the centre, with real processes.
@Suite(.serialized)
struct ConfigureTests {
    /// What the centre knows of how it stands.
    private func says(_ stand: Stand) throws -> JSON {
        let answer = try RoadTests.run(
            "edge-ingest", ["configure", "dock", "--json", "--config", "\(stand.folder)/ingest.toml"])
        return try JSON(parsing: answer.output)["agentSays"] ?? .null
    }

    @discardableResult
    private func wait(_ stand: Stand, until isSo: (JSON) -> Bool) throws -> JSON {
        var last = JSON.null
        for _ in 0..<150 {
            last = (try? says(stand)) ?? .null
            if isSo(last) { return last }
            usleep(100_000)
        }
        throw PageClient.Failure(description: "it stands so: \(last)")
    }

    private func set(_ stand: Stand, _ arguments: [String]) throws -> (code: Int32, output: String) {
        try RoadTests.run(
            "edge-ingest", ["configure", "dock"] + arguments + ["--config", "\(stand.folder)/ingest.toml"])
    }

    @Test(.timeLimit(.minutes(3)))
    func anAgentIsSetFromTheCentreAndGoesBackByItself() throws {
        let stand = try RoadTests.stand("configure")
        defer { stand.stop() }
        let gate = try stand.add("gate", "barcode")
        try stand.writeConfiguration(
            readers: [("gate", "barcode", "dock-1")],
            extra: "[downlink]\nconfiguration = true\nbroker = true\ntrial-seconds = 5")
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        #expect(try wait(stand) { $0["state"]?.text == "own" }["revision"] == nil)

        // The reader stands in another zone now.
        let file = String(decoding: try Files.read("\(stand.folder)/agent.toml"), as: UTF8.self)
        try Files.write(Array(file.replacing("dock-1", with: "dock-7").utf8), to: "\(stand.folder)/new.toml")
        #expect(try set(stand, ["\(stand.folder)/new.toml"]).code == 0)
        let kept = try wait(stand) { $0["state"]?.text == "kept" }["revision"]?.integer
        #expect(kept != nil)
        #expect(try zone(of: "after the change", gate, tail, stand) == "dock-7")

        // One with which the centre is not reached is taken back, and says why.
        let dead = file.replacing("\(stand.proxy.port)", with: "\(Sockets.freePort())")
        try Files.write(Array(dead.utf8), to: "\(stand.folder)/dead.toml")
        #expect(try set(stand, ["\(stand.folder)/dead.toml"]).code == 0)
        let back = try wait(stand) { $0["refused"] != nil }
        #expect(back["reason"]?.text?.contains("not reached") == true && back["revision"]?.integer == kept)
        let status = try set(stand, [])
        #expect(status.code == 1 && status.output.contains("REFUSED"))

        // A program in it is refused before it is tried.
        let program = file.replacing("\"barcode\"", with: "\"exec\"").replacing("pty:", with: "exec:/bin/sh ")
        try Files.write(Array(program.utf8), to: "\(stand.folder)/program.toml")
        #expect(try set(stand, ["\(stand.folder)/program.toml"]).code == 0)
        let refused = try wait(stand) { $0["reason"]?.text?.contains("exec:") == true }
        #expect(refused["revision"]?.integer == kept)

        #expect(try set(stand, ["--clear", "\(stand.folder)/new.toml"]).code == 64)
        #expect(try set(stand, ["--clear"]).code == 0)
        try wait(stand) { $0["state"]?.text == "own" && $0["refused"] == nil }
        #expect(try zone(of: "at home again", gate, tail, stand) == "dock-1")
        #expect(stand.agent?.isRunning == true)
    }

    /// The zone in which a scan arrives at the centre.
    private func zone(of text: String, _ gate: any SimulatedLine, _ tail: Acceptance, _ stand: Stand) throws -> String?
    {
        #expect(tail.waitAttached(milliseconds: 10_000))
        for attempt in 1...20 {
            gate.perform(.scan("\(text) \(attempt)"))
            guard tail.waitFor("\(text) \(attempt)", milliseconds: 500) else { continue }
            for _ in 0..<100 {
                let database = try Database(path: stand.database, readOnly: true)
                let zone = try database.text("SELECT zone FROM record WHERE subject=?", .text("\(text) \(attempt)"))
                if let zone { return zone }
                usleep(50_000)
            }
        }
        return nil
    }
}
