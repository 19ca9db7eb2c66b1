import Devices
import Glibc
import Identifiers
import Model
import Platform
import Rig
import SQLite
import Uplink

/// The road of a scan, against what the C libraries alone do with the same durability in the same run: accepting, a
/// backlog that drains, live scans to the end-to-end acknowledgement, urgent events meanwhile, memory, start.
struct RoadBench {
    let binaries: String
    /// What to measure; all of it where nothing is named.
    let parts: Set<String>
    let rows: Int
    /// Where the centre's store is, instead of a file.
    var server: BenchServer?

    static let names = ["accept", "replay", "live", "urgent", "thin", "memory", "start", "scale"]

    private func wants(_ part: String) -> Bool { parts.isEmpty || parts.contains(part) }

    func run() throws {
        if wants("accept") { try accept() }
        if wants("replay") { try replay() }
        if wants("live") { try live() }
        if wants("urgent") { try CallBench(binaries: binaries, samples: 60).cards(backlog: rows * 4) }
        if wants("thin") { try thin() }
        if wants("memory") { try memory() }
        if wants("start") { try start() }
        if wants("scale") && !parts.isEmpty { try scale() }
    }

    // MARK: the yardstick

    /// What the C libraries did: figures by name.
    private func yardstick(_ arguments: [String]) -> [String: Double] {
        let log = "/tmp/quai-bench-\(getpid())-yardstick"
        defer { unlink(log) }
        guard let child = try? ChildProcess("\(binaries)/quai-yardstick", arguments, log: log) else { return [:] }
        child.wait()
        var figures: [String: Double] = [:]
        for line in String(decoding: (try? Files.read(log)) ?? [], as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t")
            if parts.count >= 2, let value = Double(parts[1]) { figures[String(parts[0])] = value }
        }
        return figures
    }

    private func compare(_ name: String, _ mine: Double, _ theirs: Double?, _ unit: String) {
        guard let theirs, theirs > 0 else { return say(name, mine, unit) }
        let ratio = (mine / theirs * 100).rounded() / 100
        print("\(name)\t\(text(mine))\t\(unit)\tyardstick \(text(theirs))\tratio \(ratio)")
    }

    // MARK: accepting

    /// A flood of scans through line, driver and group commit, with nobody to send them to; then a thousand a second.
    private func accept() throws {
        for readers in [1, 4] {
            let stand = try Stand(folder: folder("accept"), binaries: binaries)
            defer { clean(stand) }
            let lines = (0..<readers).map { _ in ScanLine() }
            try configure(stand, lines)
            try stand.startAgent()
            for line in lines { guard line.waitForAgent() else { throw failure("the agent does not connect") } }
            let produced = { account(stand)?.produced ?? 0 }
            let (before, commits) = (produced(), metric(stand, "quai_agent_outbox_commits_total"))
            let begin = Clocks.now
            for line in lines { line.flood(for: .seconds(5)) }
            usleep(5_000_000)
            let seconds = Double((Clocks.now - begin).nanoseconds) / 1e9
            let rows = Double(produced() - before)
            let batch = max(1, rows / max(1, metric(stand, "quai_agent_outbox_commits_total") - commits))
            clean(stand)
            let figures = yardstick([
                "accept", "--folder", makeFolder("yard"), "--rows", "\(Int(max(20_000, rows / 2)))", "--batch",
                "\(Int(batch))",
            ])
            compare("accept-\(readers)-readers", rows / seconds, figures["accept-rows-per-s"], "scans/s")
            say("accept-\(readers)-readers-batch", batch, "scans a commit")
        }
        try acceptedInTime()
    }

    private func acceptedInTime() throws {
        let stand = try Stand(folder: folder("accepted"), binaries: binaries)
        defer { clean(stand) }
        let line = ScanLine()
        try configure(stand, [line])
        try stand.startAgent()
        let saved = try SavedWatch(stand.controlSocket)
        guard line.waitForAgent() else { throw failure("the agent does not connect") }
        usleep(300_000)
        line.pace(perSecond: 1000, for: .seconds(5))
        usleep(300_000)
        let times = saved.stop()
        report("accepted", line.sent.compactMap { number, at in times[number].map { milliseconds($0.at - at) } })
        let figures = yardstick([
            "accept", "--folder", makeFolder("yard"), "--rows", "5000", "--batch", "1", "--rate", "1000",
        ])
        if let median = figures["accept-median-ms"], let p99 = figures["accept-p99-ms"] {
            print("  yardstick\tmedian \(text(median))\tp99 \(text(p99))\tms")
        }
    }

    // MARK: live

    /// From the scanner's bytes to the centre's acknowledgement, as it passes the broker.
    private func live() throws {
        let stand = try Stand(folder: folder("live"), binaries: binaries)
        defer { clean(stand) }
        let line = ScanLine()
        try configure(stand, [line], try store("live"))
        try stand.startBroker()
        try stand.startIngest()
        try waitForPage(stand)
        let acks = AckWatch(port: stand.brokerPort)
        try stand.startAgent()
        let saved = try SavedWatch(stand.controlSocket)
        guard line.waitForAgent() else { throw failure("the agent does not connect") }
        usleep(1_000_000)
        line.pace(perSecond: 1000, for: .seconds(10))
        usleep(1_500_000)
        let (rows, told) = (saved.stop(), acks.stop())
        var waits: [Double] = []
        for (number, at) in line.sent {
            guard let seq = rows[number]?.seq, let ack = told.first(where: { $0.cumulative >= seq }) else { continue }
            waits.append(milliseconds(ack.at - at))
        }
        report("live, 1000 scans/s, to the acknowledgement", waits)
        let figures = try yardstick(
            [
                "live", "--folder", makeFolder("yard"), "--port", "\(stand.brokerPort)", "--rate", "1000", "--seconds",
                "5",
            ] + yard())
        if let median = figures["live-median-ms"], let p99 = figures["live-p99-ms"] {
            print("  yardstick\tmedian \(text(median))\tp99 \(text(p99))\tms")
        }
    }

    // MARK: urgent

    /// The exchange rings while a backlog drains through a thin line; until the card is on the WebSocket.
    private func thin() throws {
        var bench = CallBench(binaries: binaries, samples: 60)
        bench.shape = Proxy.Shape(bitsPerSecond: 2_000_000, delay: .milliseconds(20))
        try bench.cards(backlog: rows * 2)
    }

    // MARK: memory and start

    private func memory() throws {
        do {
            let stand = try Stand(folder: folder("idle"), binaries: binaries)
            defer { clean(stand) }
            let names = (1...4).map { "reader-\($0)" }
            for name in names { try stand.add(name, "m100") }
            try stand.writeConfiguration(readers: names.map { ($0, "m100", "dock") })
            try stand.startBroker()
            try stand.startIngest()
            try waitForPage(stand)
            try stand.startAgent()
            usleep(5_000_000)
            say("agent-idle-4-readers", memory(stand.agent), "MB")
        }
        let stand = try Stand(folder: folder("memory"), binaries: binaries)
        defer { clean(stand) }
        let many = rows * 10
        try stand.writeConfiguration(readers: [], extra: "[buffer]\nbudget-mib = 8192")
        try fill("\(stand.folder)/agent/outbox.db", rows: many, tags: false)
        let begin = Clocks.now
        try stand.startAgent()
        while account(stand) == nil { usleep(5000) }
        say("start-with-\(many)-pending", milliseconds(Clocks.now - begin), "ms")
        usleep(5_000_000)
        say("agent-\(many)-pending", memory(stand.agent), "MB")
        try stand.startBroker()
        try stand.startIngest()
        let drain = Clocks.now
        var peak = 0.0
        while account(stand)?.pending != 0 {
            guard Clocks.now - drain < .seconds(300) else { throw failure("the backlog does not drain") }
            peak = max(peak, memory(stand.agent))
            usleep(100_000)
        }
        say("replay-\(many)", Double(many) / (milliseconds(Clocks.now - drain) / 1000), "scans/s")
        say("agent-peak-draining-\(many)", peak, "MB")
        say("ingest-after-\(many)", memory(stand.ingest), "MB")
    }

    private func start() throws {
        var agent: [Double] = []
        var centre: [Double] = []
        for _ in 0..<10 {
            let stand = try Stand(folder: folder("start"), binaries: binaries)
            defer { clean(stand) }
            let line = ScanLine()
            try configure(stand, [line])
            // The first start makes the buffer; the second is a start as after a reboot.
            try stand.startAgent()
            guard line.waitForAgent() else { throw failure("the agent does not connect") }
            stand.agent?.killHard()
            line.reset()
            let begin = Clocks.now
            try stand.startAgent()
            guard line.waitForAgent() else { throw failure("the agent does not connect") }
            let saved = try SavedWatch(stand.controlSocket)
            line.scan()
            if let at = saved.first(milliseconds: 5000) { agent.append(milliseconds(at - begin)) }
            _ = saved.stop()
            let second = Clocks.now
            try stand.startIngest()
            try waitForPage(stand)
            centre.append(milliseconds(Clocks.now - second))
        }
        report("start-to-first-scan", agent)
        report("ingest-start-to-page", centre)
    }

    /// What one more scan costs the centre when it already holds many: drains into a database of a million rows and of
    /// `rows` × 100, the median of five.
    private func scale() throws {
        var medians: [Double] = []
        for held in [1_000_000, rows * 100] {
            let stand = try Stand(folder: folder("scale"), binaries: binaries)
            defer { clean(stand) }
            try stand.writeConfiguration(readers: [])
            try stand.startIngest()
            try waitForPage(stand)
            stand.ingest?.killHard()
            try hold(held, stand.database)
            try stand.startBroker()
            try stand.startIngest()
            try waitForPage(stand)
            var rates: [Double] = []
            for _ in 0..<5 {
                for suffix in ["", "-wal", "-shm"] { unlink("\(stand.folder)/agent/outbox.db\(suffix)") }
                try fill("\(stand.folder)/agent/outbox.db", rows: 500_000, tags: false)
                let wall = Clocks.wall
                try stand.startAgent()
                while account(stand)?.pending != 0 { usleep(20_000) }
                let last = buffer(stand)?["uplink"]?["lastAck"]?.integer ?? Clocks.wall
                rates.append(500_000 / (Double(last - wall) / 1000))
                stand.agent?.killHard()
            }
            medians.append(rates.sorted()[2])
            say("scale-\(held)", medians.last!, "scans/s")
        }
        say("scale-cost", medians[0] / medians[1], "times")
    }

    /// Rows of other agents, as the centre would have them.
    private func hold(_ rows: Int, _ path: String) throws {
        let database = try Database(path: path)
        for stream in 0..<100 {
            try database.execute(
                """
                INSERT INTO stream (agent, epoch, frontier) VALUES ('other-\(stream)', \(stream), \(rows / 100));
                INSERT INTO record SELECT last_insert_rowid(), value, 3, value * 20, value * 20, 1, 'gate', 'dock-1',
                    '01036084393906162100' || value, x'8600031A6764617465FF' FROM generate(\(rows / 100));
                """.replacing(
                    "generate(\(rows / 100))",
                    with:
                        "(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < \(rows / 100)) SELECT value FROM n)"
                ))
        }
    }

    // MARK: replay

    /// Two kinds of backlog: barcodes, and tags that are each a new item in the inventory.
    private func replay() throws {
        for kind in ["barcodes", "tags"] where parts.isDisjoint(with: ["barcodes", "tags"]) || parts.contains(kind) {
            let stand = try Stand(folder: folder("replay"), binaries: binaries)
            defer { clean(stand) }
            try stand.writeConfiguration(readers: [], ingest: try store("replay_\(kind)"))
            try fill("\(stand.folder)/agent/outbox.db", rows: rows, tags: kind == "tags")
            try stand.startBroker()
            try stand.startIngest()
            try waitForPage(stand)
            try stand.startAgent()
            let (begin, wall) = (Clocks.now, Clocks.wall)
            var peak = 0.0
            while true {
                if let account = account(stand), account.pending == 0, account.produced >= UInt64(rows) { break }
                guard Clocks.now - begin < .seconds(120) else { throw failure("the backlog does not drain") }
                peak = max(peak, memory(stand.agent))
                usleep(20_000)
            }
            // To the last acknowledgement: the agent lets go of the last rows up to half a second later.
            let uplink = buffer(stand)?["uplink"]
            let seconds = Double((uplink?["lastAck"]?.integer ?? Clocks.wall) - wall) / 1000
            let held = memory(stand.ingest)
            let wire = uplink?["bytes"]?.integer ?? 0
            let figures = try yardstick(
                [
                    "replay", "--folder", makeFolder("yard"), "--rows", "\(rows)", "--port", "\(stand.brokerPort)",
                ] + yard())
            compare("replay-\(kind)", Double(rows) / seconds, figures["replay-rows-per-s"], "scans/s")
            say("replay-\(kind)-wire", Double(wire) / Double(rows), "bytes/scan")
            say("replay-\(kind)-agent-peak", peak, "MB")
            say("replay-\(kind)-ingest", held, "MB")
        }
    }

    // MARK: tools

    private func folder(_ name: String) -> String { "/tmp/quai-bench-\(getpid())-\(name)" }

    private func clean(_ stand: Stand) {
        stand.stop()
        if let child = try? ChildProcess("rm", ["-rf", stand.folder]) { child.wait() }
    }

    private func failure(_ text: String) -> PageClient.Failure { PageClient.Failure(description: text) }

    private func makeFolder(_ name: String) -> String {
        let path = folder(name)
        if let child = try? ChildProcess("rm", ["-rf", path]) { child.wait() }
        try? Files.makeFolder(path)
        return path
    }

    /// `[store]` of a new database, and where the yardstick copies to; nothing where the store is a file.
    private func store(_ name: String) throws -> String {
        try server.map { "[store]\nurl = \"\(try $0.database(name))\"\n" } ?? ""
    }

    private func yard() throws -> [String] { try server.map { ["--store", try $0.database("yard")] } ?? [] }

    private func configure(_ stand: Stand, _ lines: [ScanLine], _ ingest: String = "") throws {
        let readers = lines.enumerated().map { index, line in
            "[reader.gate-\(index)]\ndriver = \"barcode\"\nport = \"tcp:127.0.0.1:\(line.port)\"\nzone = \"dock-\(index)\"\n"
        }
        try stand.writeConfiguration(
            readers: [],
            extra: "[buffer]\nbudget-mib = 4096\n[discovery]\nenabled = false\n" + readers.joined(), ingest: ingest)
    }

    private func metric(_ stand: Stand, _ name: String) -> Double {
        let text = Acceptance.ask("metrics", at: stand.controlSocket)?["text"]?.text ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        return line?.split(separator: " ").last.flatMap { Double($0) } ?? 0
    }

    private func milliseconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e6 }

    private func text(_ value: Double) -> String {
        value >= 1000 ? "\(Int(value))" : "\((value * 100).rounded() / 100)"
    }

    private func say(_ name: String, _ value: Double, _ unit: String) { print("\(name)\t\(text(value))\t\(unit)") }

    private func report(_ name: String, _ values: [Double]) {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return print("\(name)\tno samples") }
        print(
            "\(name)\tmedian \(text(sorted[sorted.count / 2]))\tp99 \(text(sorted[min(sorted.count - 1, sorted.count * 99 / 100)]))\tms\tn \(sorted.count)"
        )
    }

    private func waitForPage(_ stand: Stand) throws {
        // A server's tables are made first.
        for _ in 0..<(server == nil ? 400 : 6000) {
            if (try? PageClient(port: stand.httpPort, name: "Bench")) != nil { return }
            usleep(10_000)
        }
        throw failure("the centre does not start")
    }

    private func buffer(_ stand: Stand) -> JSON? { Acceptance.ask("buffer", at: stand.controlSocket) }

    private func account(_ stand: Stand) -> Account? { buffer(stand).map { Account(json: $0["account"]) } }

    /// Resident megabytes.
    private func memory(_ process: ChildProcess?) -> Double {
        guard let pid = process?.pid, let status = try? Files.read("/proc/\(pid)/status") else { return 0 }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS") }
        return (line?.split(separator: " ").compactMap { Double($0) }.first ?? 0) / 1024
    }

    /// A backlog as an agent would have written it: one scan every 20 ms.
    private func fill(_ path: String, rows: Int, tags: Bool) throws {
        var random = SystemRandomNumberGenerator()
        let file = try OutboxFile(path: path, random: &random)
        let boot = try file.begin(
            kernel: "bench", origin: Clocks.wall - Int64(rows) * 20, synced: true, random: &random)
        for start in stride(from: 0, to: rows, by: 50_000) {
            try file.database.transaction {
                for number in start..<min(start + 50_000, rows) {
                    let row: Model.Row
                    if tags {
                        let bytes = EPC.sgtin96(gtin: "03608439390616", companyDigits: 6, serial: UInt64(number))!
                        row = .appeared(
                            .init(
                                device: "gate", zone: "dock-1", tag: TagID(.epcGen2, bytes),
                                rssiDBm: Double(-40 - number % 30), antenna: 1 + number % 4, reads: 1 + number % 9))
                    } else {
                        let text = "01036084393906162100\(1_000_000_000 + number)"
                        row = .barcode(device: "gate", zone: "dock-1", Barcode(symbology: "]C1", text: text))
                    }
                    try file.insert(row.encoded(at: Int64(number) * 20), boot: boot.counter)
                }
                try file.store()
            }
        }
    }
}
