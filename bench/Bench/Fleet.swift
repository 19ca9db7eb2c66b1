import Glibc
import Model
import Platform
import Rig
import SQLite

/// Many gateways at one centre: how they come, what each costs while nothing happens, what people and Prometheus ask, a broker that starts
/// again, and scans with their acknowledgements. Broker and centre are the real ones, the gateways speak the wire on one thread.
struct FleetBench {
    /// Files that one process may open bound the connections of the broker: beyond it the last gateways have no connection for scans.
    static let spare = 100
    /// Gateways whose way to the answer is told, the last ones.
    static let shown = 10

    let binaries: String
    let sizes: [Int]
    /// Of each measurement.
    let seconds: Int
    let scansPerSecond: Int

    func run() throws {
        PageBench.raiseLimit()
        for size in sizes { try measure(size) }
    }

    private func measure(_ size: Int) throws {
        let folder = "/tmp/quai-bench-\(getpid())-fleet"
        let stand = try Stand(folder: folder, binaries: binaries)
        defer {
            stand.stop()
            if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() }
        }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        let page = try PageBench.client(stand)
        let alone = Sample(stand)
        let bulk = max(0, min(size, Files.openLimit - FleetBench.spare - size))
        let sites = max(1, size / 20)
        let crowd = FleetCrowd(port: stand.brokerPort, gateways: size, bulk: bulk, sites: sites, ramp: max(size, 100))
        defer { crowd.stop() }
        let begin = Clocks.now
        crowd.start()
        func say(_ what: String, _ value: String) { print("fleet-\(size)\t\(what)\t\(value)") }
        say("connections", "\(size + bulk)\tfor scans \(bulk)\tsites \(sites)")
        say("first meeting, all within a second", try arrival(size, crowd, stand, begin))
        try confirm(stand)
        // What came with them is written.
        usleep(3_000_000)
        try idle(size, crowd, stand, alone, say)
        try ask(page, say)
        crowd.forgetTrails()
        let away = Clocks.now
        stand.broker?.killHard()
        usleep(1_000_000)
        try stand.startBroker()
        say(
            "broker killed, started after 1 s",
            try arrival(size, crowd, stand, Clocks.now) + "\tkilled \(text((Clocks.now - away).milliseconds)) ms ago")
        for line in lastOnes(crowd.seen, since: away) { say("one of the last, seconds since it was killed", line) }
        usleep(3_000_000)
        if bulk > 0 { try load(size, crowd, stand, say) }
        say("centre at most MB", "\(stand.memory("VmHWM"))")
    }

    /// Until every hello is answered, and every status written.
    private func arrival(_ size: Int, _ crowd: FleetCrowd, _ stand: Stand, _ begin: Instant) throws -> String {
        let wall = Clocks.wall - (Clocks.now - begin).milliseconds
        let database = try Database(path: stand.database, readOnly: true)
        let end = begin + .seconds(300)
        var known: Instant?
        while Clocks.now < end, crowd.served(since: begin) < size || known == nil {
            usleep(50_000)
            let written =
                try database.integer("SELECT count(*) FROM agent WHERE online=1 AND seen>=?", .integer(wall)) ?? 0
            if written >= size, known == nil { known = Clocks.now }
        }
        let waits = crowd.seen.served.filter { $0 > begin }.map { Double(($0 - begin).nanoseconds) / 1e9 }.sorted()
        guard let last = waits.last else { return "nobody was served" }
        func at(_ share: Double) -> String { text(waits[min(waits.count - 1, Int(Double(waits.count) * share))]) }
        return
            "served s\tmedian \(at(0.5))\tp99 \(at(0.99))\tall \(text(last))\tof \(waits.count)"
            + "\tknown s \(known.map { text(Double(($0 - begin).nanoseconds) / 1e9) } ?? "not within 300")"
    }

    private func lastOnes(_ seen: FleetCrowd.Sums, since begin: Instant) -> [String] {
        let last = seen.served.indices.sorted { seen.served[$0] < seen.served[$1] }.suffix(FleetBench.shown)
        return last.map { "gate-\($0)\t\(seen.trails[$0].text(since: begin))" }
    }

    /// Somebody has looked: all of them belong here.
    private func confirm(_ stand: Stand) throws {
        let database = try Database(path: stand.database)
        try database.run("UPDATE agent_grant SET state='confirmed', who='Bench'")
    }

    private func idle(
        _ size: Int, _ crowd: FleetCrowd, _ stand: Stand, _ alone: Sample, _ say: (String, String) -> Void
    ) throws {
        let (before, sums) = (Sample(stand), crowd.seen)
        usleep(UInt32(seconds) * 1_000_000)
        let (after, later) = (Sample(stand), crowd.seen)
        let span = Double(after.at.nanoseconds - before.at.nanoseconds) / 1e9
        let count = Double(size)
        say(
            "at rest, cores",
            "centre \(text((after.centre - before.centre) / span))\tbroker \(text((after.broker - before.broker) / span))"
        )
        say(
            "a gateway at rest, in an hour",
            "centre CPU ms \(text((after.centre - before.centre) / span * 3_600_000 / count))"
                + "\tbroker CPU ms \(text((after.broker - before.broker) / span * 3_600_000 / count))"
                + "\tMQTT kB \(text(Double(later.sent + later.received - sums.sent - sums.received) / span * 3.6 / count))"
                + "\tdisk kB \(text((after.written - before.written) / span * 3.6 / count))")
        say(
            "memory MB",
            "centre \(text(after.resident))\twithout gateways \(text(alone.resident))"
                + "\tkB a gateway \(text((after.resident - alone.resident) * 1000 / count))\tbroker \(text(after.brokerResident))"
        )
    }

    private func ask(_ page: PageClient, _ say: (String, String) -> Void) throws {
        for (what, path) in FleetBench.questions {
            var (times, bytes): ([Double], Int) = ([], 0)
            for _ in 0..<5 {
                let begin = Clocks.now
                guard let body = try? page.text(path) else { break }
                times.append(Double((Clocks.now - begin).nanoseconds) / 1e6)
                bytes = body.utf8.count
            }
            times.sort()
            guard times.count == 5 else {
                say(what, "not there")
                continue
            }
            say(what, "median ms \(text(times[2]))\tworst \(text(times[4]))\tkB \(text(Double(bytes) / 1000))")
        }
    }

    static let questions = [
        ("/metrics", "/metrics"),
        ("a page of 30, the worst first", "/api/v1/fleet?limit=30"),
        ("search", "/api/v1/fleet?limit=30&q=gate-77"), ("one site", "/api/v1/fleet?limit=30&site=site-3"),
        ("what needs a look", "/api/v1/fleet?limit=30&wrong=1"),
        ("what a dock loads", "/api/v1/fleet?limit=100&zone=dock-9"),
        ("all gateways, as programs read them", "/api/v1/gateways"),
    ]

    private func load(_ size: Int, _ crowd: FleetCrowd, _ stand: Stand, _ say: (String, String) -> Void) throws {
        crowd.scan(perSecond: scansPerSecond)
        usleep(3_000_000)
        crowd.forgetWaits()
        let before = Sample(stand)
        usleep(UInt32(seconds) * 1_000_000)
        let (after, sums) = (Sample(stand), crowd.seen)
        crowd.scan(perSecond: 0)
        let span = Double(after.at.nanoseconds - before.at.nanoseconds) / 1e9
        let waits = sums.waits.sorted()
        guard !waits.isEmpty else { return say("scans", "none was acknowledged") }
        func at(_ share: Double) -> String {
            text(Double(waits[min(waits.count - 1, Int(Double(waits.count) * share))]))
        }
        say(
            "scan to acknowledgement, ms",
            "median \(at(0.5))\tp99 \(at(0.99))\tworst \(at(1))\tscans/s \(text(Double(sums.scans) / span))"
                + "\tacknowledged/s \(text(Double(waits.count) / span))\tsent again \(sums.again)")
        say(
            "cores meanwhile",
            "centre \(text((after.centre - before.centre) / span))\tbroker \(text((after.broker - before.broker) / span))"
        )
    }

    private func text(_ value: Double) -> String {
        value >= 100 ? "\(Int(value.rounded()))" : "\((value * 100).rounded() / 100)"
    }

    private func text(_ value: Int64) -> String { "\(value)" }

    /// What two of the processes have used so far.
    private struct Sample {
        var at = Clocks.now
        /// Seconds of CPU.
        var centre = 0.0
        var broker = 0.0
        /// Bytes that the centre had written to the disk.
        var written = 0.0
        /// MB.
        var resident = 0.0
        var brokerResident = 0.0

        init(_ stand: Stand) {
            (centre, broker) = (Sample.cpu(stand.ingest?.pid), Sample.cpu(stand.broker?.pid))
            written = Sample.field(stand.ingest?.pid, "io", "write_bytes:")
            resident = Sample.field(stand.ingest?.pid, "status", "VmRSS:") / 1024
            brokerResident = Sample.field(stand.broker?.pid, "status", "VmRSS:") / 1024
        }

        /// proc(5), `stat`: fields 14 and 15, in ticks of a hundredth of a second.
        private static func cpu(_ pid: pid_t?) -> Double {
            guard let pid, let bytes = try? Files.read("/proc/\(pid)/stat") else { return 0 }
            let fields = String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
            guard fields.count > 12 else { return 0 }
            return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / 100
        }

        static func field(_ pid: pid_t?, _ file: String, _ name: String) -> Double {
            guard let pid, let bytes = try? Files.read("/proc/\(pid)/\(file)") else { return 0 }
            let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
            return line?.split { $0 == " " || $0 == "\t" }.compactMap { Double($0) }.first ?? 0
        }
    }
}

extension Stand {
    /// Of the centre, in MB: `VmRSS`, `VmHWM`.
    fileprivate func memory(_ name: String) -> Double {
        guard let pid = ingest?.pid, let bytes = try? Files.read("/proc/\(pid)/status") else { return 0 }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        let kilobytes = line?.split { $0 == " " || $0 == "\t" }.compactMap { Double($0) }.first ?? 0
        return (kilobytes / 102.4).rounded() / 10
    }
}

extension Files {
    /// Files that a process of ours may have open.
    fileprivate static var openLimit: Int {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        return Int(clamping: limit.rlim_cur)
    }
}
