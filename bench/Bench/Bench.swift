import ArgumentParser
import Devices
@preconcurrency import Glibc
import Identifiers
import Model
import Platform
import Rig

/// How long it takes, with real processes on this machine: scan to saved, scan to screen, ring to card; and what the agent
/// weighs. Prints one line a figure: name, median, 99th percentile, number of samples.
@main
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "quai-bench")

    @Option(help: "Folder with edge-agent and edge-ingest.") var binaries: String
    @Option(help: "Samples of each.") var samples = 200
    @Flag(help: "Readers only: decoding, load, recognition.") var readers = false
    @Flag(help: "Calls only: decoding, from the exchange to the card.") var calls = false

    @Flag(help: "The road of a scan only, beside the yardstick.") var road = false
    @Option(help: "Parts of it: \(RoadBench.names.joined(separator: ", ")).") var part: [String] = []
    @Option(help: "Scans of its backlogs.") var rows = 1_000_000
    @Flag(help: "Its centre, and the yardstick's, on a PostgreSQL server of the bench's own: replay and live.")
    var postgresql = false

    @Flag(help: "Open pages only: what they cost the centre.") var pages = false
    @Option(help: "Browsers that watch at once.") var browsers = 200
    @Option(help: "People who come and leave before.") var visitors = 200
    @Option(help: "Seconds of counting before the browsers.") var seconds = 20

    @Flag(help: "Import, search, receiving and counting only.") var inventory = false
    @Option(help: "Products of its large catalogue.") var products = 1_000_000

    @Flag(help: "Inboxes of many people only.") var inbox = false

    @Flag(help: "One fact to a thousand open pages only.") var fanOut = false

    @Flag(help: "Many gateways at one centre only.") var fleet = false
    @Option(help: "How many, one size after the other.") var gateways: [Int] = [10, 100, 1000]
    @Option(help: "Scans a second of all of them.") var scans = 20_000

    @Flag(help: "The ERP's flows only: calls and seconds by the number of lines.") var erp = false

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        // Each figure when it is known, also into a file or a pipe.
        setvbuf(stdout, nil, _IOLBF, 0)
        if pages { return try pageBench() }
        if inventory { return try inventoryBench() }
        if inbox { return try inboxBench() }
        if fanOut { return try FanOutBench(binaries: binaries).run() }
        if fleet {
            return try FleetBench(binaries: binaries, sizes: gateways, seconds: seconds, scansPerSecond: scans).run()
        }
        if erp { return ERPBench().run() }
        if road {
            var bench = RoadBench(binaries: binaries, parts: Set(part), rows: rows)
            if postgresql { bench.server = try BenchServer(folder: "/tmp/quai-bench-\(getpid())-server") }
            defer { bench.server?.stop() }
            return try bench.run()
        }
        if !readers { try CallBench(binaries: binaries, samples: samples).run() }
        if calls { return }
        try ReaderBench(binaries: binaries).run()
        if readers { return }
        let folder = "/tmp/quai-bench-\(getpid())"
        let stand = try Stand(folder: folder, binaries: binaries)
        defer {
            stand.stop()
            if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() }
        }
        let gate = try stand.add("gate", "barcode")
        let portal = try stand.add("portal", "m100")
        try stand.add("badge", "rdm6300")
        try stand.add("second", "m100")
        try stand.addPBX()
        try stand.writeConfiguration(readers: [
            ("gate", "barcode", "dock-1"), ("portal", "m100", "dock-1"), ("badge", "rdm6300", "door"),
            ("second", "m100", "dock-2"),
        ])
        try Files.write(
            Array(
                "delivery_note;supplier;gtin;description;quantity\nBL-1;Rexel;03608439390616;Disjoncteur;100000\n".utf8),
            to: "\(folder)/deliveries.csv")
        try Files.write(Array("company;name;phone\nDupont;Hélène;0199001234\n".utf8), to: "\(folder)/parties.csv")
        for kind in ["deliveries", "parties"] {
            try ChildProcess(
                "\(binaries)/edge-ingest",
                ["import", kind, "\(folder)/\(kind).csv", "--config", "\(folder)/ingest.toml"],
                log: "/dev/null"
            ).wait()
        }
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        guard tail.waitAttached(milliseconds: 20_000) else {
            throw PageClient.Failure(description: "the agent does not start")
        }
        let page = try client(stand)
        try page.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
        try page.follow()
        guard page.waitForDevices(5, milliseconds: 20_000) else {
            throw PageClient.Failure(description: "the devices do not start")
        }
        gate.perform(.scan("BL-1"))
        guard page.wait(milliseconds: 5000, for: { $0["type"]?.text == "delivery" }) != nil else {
            throw PageClient.Failure(description: "the delivery did not open")
        }
        idle(stand)
        scans(portal, tail, page)
        idle(stand)
        size()
        try RoadBench(binaries: binaries, parts: [], rows: rows).run()
        try pageBench()
        try inventoryBench()
        try inboxBench()
        try FanOutBench(binaries: binaries).run()
        try FleetBench(binaries: binaries, sizes: [100], seconds: 5, scansPerSecond: scans).run()
        ERPBench().run()
    }

    private func inboxBench() throws {
        let folder = "/tmp/quai-bench-\(getpid())-inbox"
        defer { if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() } }
        try InboxBench(folder: folder).run()
    }

    private func pageBench() throws {
        try PageBench(binaries: binaries, browsers: browsers, visitors: visitors, seconds: seconds).run()
    }

    private func inventoryBench() throws {
        let folder = "/tmp/quai-bench-\(getpid())-inventory"
        defer { if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() } }
        try InventoryBench(folder: folder, rows: products).run()
    }

    private func client(_ stand: Stand) throws -> PageClient {
        for _ in 0..<200 {
            if let page = try? PageClient(port: stand.httpPort, name: "Bench") { return page }
            usleep(50_000)
        }
        throw PageClient.Failure(description: "the centre does not start")
    }

    /// A tag stays for two of the reader's rounds of 50 ms, so that each is seen; the first round is the reader's own time.
    private static let stay: Duration = .milliseconds(120)

    /// From the act in front of the reader. Every tag counts: one that is not seen in time is told.
    private func scans(_ portal: any SimulatedLine, _ tail: Acceptance, _ page: PageClient) {
        var saved: [Double] = []
        var shown: [Double] = []
        for serial in 1...UInt64(samples) {
            let bytes = EPC.sgtin96(gtin: "03608439390616", companyDigits: 6, serial: serial)!
            let start = Clocks.now
            portal.perform(.present([TagID(.epcGen2, bytes)], lasting: Bench.stay))
            if tail.waitFor(Hex.string(bytes), milliseconds: 2000) {
                saved.append(milliseconds(Clocks.now - start))
            } else {
                print("scan \(serial) was not saved within 2 s")
            }
            let subject = "tag:\(Hex.string(bytes))"
            if let found = page.wait(milliseconds: 2000, for: { $0["data"]?["subject"]?.text == subject }) {
                shown.append(milliseconds(found.at - start))
            }
        }
        report("scan-to-saved ms", saved)
        report("scan-to-screen ms", shown)
    }

    private func idle(_ stand: Stand) {
        for (name, process) in [("agent", stand.agent), ("ingest", stand.ingest)] {
            guard let pid = process?.pid, let status = try? Files.read("/proc/\(pid)/status") else { continue }
            let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmRSS") }
            let kilobytes = line?.split(separator: " ").compactMap { Double($0) }.first ?? 0
            print("\(name)-rss MB\t\((kilobytes / 102.4).rounded() / 10)")
        }
    }

    private func size() {
        let copy = "/tmp/quai-bench-agent-\(getpid())"
        defer { unlink(copy) }
        guard let bytes = try? Files.read("\(binaries)/edge-agent", limit: 1 << 30),
            (try? Files.write(bytes, to: copy)) != nil,
            let child = try? ChildProcess("strip", [copy])
        else { return }
        child.wait()
        if let stripped = try? Files.read(copy, limit: 1 << 30) {
            print("agent-stripped MiB\t\((Double(stripped.count) / 104_857.6).rounded() / 10)")
        }
    }

    private func milliseconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1e6 }

    private func report(_ name: String, _ values: [Double]) {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return print("\(name)\tno samples") }
        func round(_ value: Double) -> Double { (value * 100).rounded() / 100 }
        print(
            "\(name)\tmedian \(round(sorted[sorted.count / 2]))\tp99 \(round(sorted[min(sorted.count - 1, sorted.count * 99 / 100)]))\tn \(sorted.count)"
        )
    }
}
