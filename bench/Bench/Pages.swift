import Devices
import Glibc
import Model
import Platform
import Rig

/// What open pages cost the centre: many browsers watch while a long delivery is counted, scan by scan; then they leave.
struct PageBench {
    var binaries: String
    var browsers: Int
    var visitors: Int
    var seconds: Int
    static let lines = 300
    static let scansPerSecond = 50

    func run() throws {
        PageBench.raiseLimit()
        let folder = "/tmp/quai-bench-\(getpid())-pages"
        let stand = try Stand(folder: folder, binaries: binaries)
        defer {
            stand.stop()
            if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() }
        }
        let gate = try stand.add("gate", "barcode")
        try stand.writeConfiguration(readers: [("gate", "barcode", "dock-1")])
        let gtins = (0..<PageBench.lines).map(PageBench.gtin)
        let csv = gtins.map { "BL-1;Rexel;\($0);Disjoncteur \($0);1000\n" }.joined()
        try Files.write(
            Array(("delivery_note;supplier;gtin;description;quantity\n" + csv).utf8), to: "\(folder)/deliveries.csv")
        try ChildProcess(
            "\(binaries)/edge-ingest",
            ["import", "deliveries", "\(folder)/deliveries.csv", "--config", "\(folder)/ingest.toml"], log: "/dev/null"
        ).wait()
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        let page = try PageBench.client(stand)
        try page.follow()
        guard page.waitForDevices(1, milliseconds: 20_000) else {
            throw PageClient.Failure(description: "the scanner does not start")
        }
        gate.perform(.scan("BL-1"))
        guard page.wait(milliseconds: 5000, for: { $0["type"]?.text == "delivery" }) != nil else {
            throw PageClient.Failure(description: "the delivery did not open")
        }
        print("pages: centre at rest MB\t\(resident(stand))")
        for number in 0..<visitors {
            let visitor = try PageClient(port: stand.httpPort, name: "Visitor \(number)")
            try visitor.follow(reading: false)
            visitor.disconnect()
        }
        if visitors > 0 { print("pages: after \(visitors) people who came and left MB\t\(resident(stand))") }
        let crowd = Crowd()
        // A person may have some dozens of browsers open, not thousands.
        var cookie = page.session
        for number in 0..<browsers {
            if number % 32 == 0 {
                cookie = try PageClient(port: stand.httpPort, name: "Watcher \(number / 32)").session
            }
            try crowd.add(port: stand.httpPort, cookie: cookie)
        }
        crowd.start()
        print("pages: \(browsers) browsers open MB\t\(resident(stand))")
        var peak = 0.0
        var sent = 0
        let start = Clocks.now
        while Clocks.now - start < .seconds(Int64(seconds)) {
            // A few lots an article, as deliveries have them: thirty thousand would be sent again with each line.
            gate.perform(.scan("01\(gtins[sent % gtins.count])10L\(sent / gtins.count % 3)"))
            sent += 1
            if sent % PageBench.scansPerSecond == 0 { peak = max(peak, memory(stand)) }
            let due = start + .milliseconds(Int64(sent * 1000 / PageBench.scansPerSecond))
            let rest = (due - Clocks.now).milliseconds
            if rest > 0 { usleep(UInt32(rest) * 1000) }
        }
        print("pages: peak while \(sent) scans were counted MB\t\(peak)")
        print("pages: sent to browsers MB\t\(crowd.bytes >> 20)\topen \(crowd.open)")
        crowd.stop()
        // Two times that the centre gives memory back.
        usleep(25_000_000)
        print("pages: after all have left MB\t\(resident(stand))")
    }

    /// GTIN-14 of a product of this number (GS1 General Specifications, 7.9: check digit).
    static func gtin(_ number: Int) -> String {
        let digits = "0360843" + String(String(1_000_000 + number).dropFirst())
        let sum = digits.enumerated().reduce(0) { $0 + $1.element.wholeNumberValue! * ($1.offset % 2 == 0 ? 3 : 1) }
        return digits + String((10 - sum % 10) % 10)
    }

    private func memory(_ stand: Stand) -> Double { memory(stand, "VmRSS") }

    /// With what it asked for itself: the rest are pages of programs and libraries, which come as they are used and go as they are not.
    private func resident(_ stand: Stand) -> String { "\(memory(stand))\tanonymous \(memory(stand, "RssAnon"))" }

    private func memory(_ stand: Stand, _ name: String) -> Double {
        guard let pid = stand.ingest?.pid, let status = try? Files.read("/proc/\(pid)/status") else { return 0 }
        let line = String(decoding: status, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        let kilobytes = line?.split(separator: " ").compactMap { Double($0) }.first ?? 0
        return (kilobytes / 102.4).rounded() / 10
    }

    static func client(_ stand: Stand) throws -> PageClient {
        for _ in 0..<200 {
            if let page = try? PageClient(port: stand.httpPort, name: "Bench") { return page }
            usleep(50_000)
        }
        throw PageClient.Failure(description: "the centre does not start")
    }

    static func raiseLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Many browsers that read everything and look at nothing, on one thread.
final class Crowd: Sendable {
    private struct State {
        var sockets: [Int32] = []
        var bytes = 0
        var open = 0
        var isStopping = false
        /// What is looked for, and when each socket brought it first.
        var wanted: [UInt8] = []
        var seen: [Int32: Instant] = [:]
    }

    private let state = Locked(State())

    var bytes: Int { state.with { $0.bytes } }
    var open: Int { state.with { $0.open } }

    /// When each page was told what is looked for.
    var seen: [Instant] { state.with { Array($0.seen.values) } }

    func look(for text: String) { state.with { ($0.wanted, $0.seen) = (Array(text.utf8), [:]) } }

    func add(port: UInt16, cookie: String) throws {
        guard let descriptor = Sockets.connect(port: port) else {
            throw PageClient.Failure(description: "the centre takes no more connections")
        }
        let head =
            "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nCookie: \(cookie)\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        let resume = Array("{\"resume\":null}".utf8)
        let bytes = Array(head.utf8) + [0x81, 0x80 | UInt8(resume.count), 0, 0, 0, 0] + resume
        _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        state.with {
            $0.sockets.append(descriptor)
            $0.open += 1
        }
    }

    func start() {
        startThread("crowd") { [state] in
            var sockets = state.with { $0.sockets }
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while !state.with({ $0.isStopping }) {
                let ready = waitFor(sockets.map { ($0, Int16(POLLIN)) }, milliseconds: 100)
                var gone: Set<Int32> = []
                for (index, events) in ready.enumerated() where events != 0 {
                    let count = read(sockets[index], &buffer, buffer.count)
                    if count <= 0 {
                        gone.insert(sockets[index])
                    } else {
                        let now = Clocks.now
                        state.with { state in
                            state.bytes += count
                            guard !state.wanted.isEmpty, state.seen[sockets[index]] == nil,
                                Crowd.contains(state.wanted, buffer, count)
                            else { return }
                            state.seen[sockets[index]] = now
                        }
                    }
                }
                sockets.removeAll { gone.contains($0) }
                state.with { $0.open = sockets.count }
            }
            for socket in state.with({ $0.sockets }) { close(socket) }
        }
    }

    func stop() { state.with { $0.isStopping = true } }

    /// By the C library: what looks on must not be what is measured.
    private static func contains(_ wanted: [UInt8], _ buffer: [UInt8], _ count: Int) -> Bool {
        buffer.withUnsafeBytes { bytes in
            var from = 0
            while count - from >= wanted.count,
                let hit = memchr(bytes.baseAddress! + from, Int32(wanted[0]), count - from - wanted.count + 1)
            {
                if memcmp(hit, wanted, wanted.count) == 0 { return true }
                from = UnsafeRawPointer(hit) - bytes.baseAddress! + 1
            }
            return false
        }
    }
}
