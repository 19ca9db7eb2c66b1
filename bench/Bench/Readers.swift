import Devices
import Drivers
import Glibc
import Model
import Platform
import Rig

/// Readers: how fast each driver decodes, what four portals at once cost the agent, how soon a reader is at work.
struct ReaderBench {
    let binaries: String

    func run() throws {
        decoding()
        for rate in [1000, 4000, 20_000] { try load(readsPerSecond: rate) }
        for isRemembered in [false, true] { try recognition(isRemembered: isRemembered) }
    }

    // MARK: decoding

    /// A hundred tags in front of each simulated device, again and again, until there are 4 MB of what it says.
    private func decoding() {
        // One scan, or one card at a time: no stream.
        let slow = ["barcode", "hid-keyboard", "pcsc", "pn532", "wl134", "7941e"]
        for name in DeviceCatalog.names where !slow.contains(name) {
            guard let driver = Driver.named(name), let stream = stream(of: name) else { continue }
            var session = driver.session(SessionSettings(name: "bench"))
            var reads = 0
            let start = Clocks.now
            for offset in Swift.stride(from: 0, to: stream.count, by: 4096) {
                let piece = Array(stream[offset..<min(offset + 4096, stream.count)])
                for case .tag in session.handle(.bytes(piece), at: start).observations { reads += 1 }
            }
            let seconds = Double((Clocks.now - start).nanoseconds) / 1e9
            let megabytes = (Double(stream.count) / seconds / 1e5).rounded() / 10
            print("decode \(name)\t\(megabytes) MB/s\t\(Int(Double(reads) / seconds / 1000)) k reads/s")
        }
    }

    private func stream(of name: String) -> [UInt8]? {
        guard var device = DeviceCatalog.device(named: name), let driver = Driver.named(name) else { return nil }
        var session = driver.session(SessionSettings(name: "bench"))
        var now = Instant.milliseconds(1_000_000)
        var out: [UInt8] = []
        var (sessionDue, deviceDue): (Instant?, Instant?)
        // The set-up as in life, so that the device begins to report.
        func speak(_ reaction: Reaction) {
            sessionDue = reaction.deadline
            guard !reaction.send.isEmpty else { return }
            hear(device.handle(.bytes(reaction.send), at: now))
        }
        func hear(_ reaction: Reaction) {
            if let due = reaction.deadline { deviceDue = due }
            guard !reaction.send.isEmpty else { return }
            out += reaction.send
            speak(session.handle(.bytes(reaction.send), at: now))
        }
        let greeting = device.isSpokenTo ? device.handle(.opened, at: now) : Reaction()
        speak(session.handle(.opened, at: now))
        hear(greeting)
        let size = name == "rdm6300" ? 5 : 12
        let tags = (0..<100).map {
            TagID(size == 5 ? .em4100 : .epcGen2, [0x30] + [UInt8](repeating: UInt8($0), count: size - 1))
        }
        hear(device.perform(.present(tags, lasting: .seconds(100_000)), at: now))
        for _ in 0..<20_000 where out.count < 4 << 20 {
            if name == "tsl-ascii" {
                hear(device.perform(.present([], lasting: .seconds(1)), at: now))
                now = now + .milliseconds(100)
                continue
            }
            guard let next = [sessionDue, deviceDue].compactMap(\.self).min() else { break }
            now = max(now, next)
            if let due = deviceDue, due <= now {
                deviceDue = nil
                hear(device.handle(.tick, at: now))
            }
            if let due = sessionDue, due <= now { speak(session.handle(.tick, at: now)) }
        }
        return out
    }

    // MARK: load

    /// Four portals on the network, 20 rounds a second each; for ten seconds.
    private func load(readsPerSecond: Int) throws {
        let stand = try Stand(folder: "/tmp/quai-bench-\(getpid())-\(readsPerSecond)", binaries: binaries)
        defer { clean(stand) }
        let names = (1...4).map { "portal-\($0)" }
        let portals = try names.map { try stand.add($0, "llrp") }
        try stand.writeConfiguration(
            readers: names.map { ($0, "llrp", $0) }, extra: "[discovery]\nenabled = false")
        try stand.startAgent()
        let tail = Acceptance(socket: stand.controlSocket)
        defer { tail.stop() }
        _ = tail.waitAttached(milliseconds: 20_000)
        usleep(500_000)
        let each = readsPerSecond / 80
        for (index, portal) in portals.enumerated() {
            let tags = (0..<each).map { tag(UInt8(index), UInt16($0)) }
            portal.perform(.present(tags, lasting: .seconds(60)))
        }
        usleep(1_500_000)
        let (before, readsBefore) = (usage(stand), reads(stand))
        let start = Clocks.now
        var latencies: [Double] = []
        var number: UInt16 = 0
        while Clocks.now - start < .seconds(10) {
            number += 1
            let fresh = tag(9, number)
            let moment = Clocks.now
            portals[Int(number) % 4].perform(.present([fresh], lasting: .milliseconds(100)))
            if tail.waitFor(fresh.hex, milliseconds: 2000) {
                latencies.append(Double((Clocks.now - moment).nanoseconds) / 1e6)
            }
            usleep(20_000)
        }
        let seconds = Double((Clocks.now - start).nanoseconds) / 1e9
        let after = usage(stand)
        let rate = Int((reads(stand) - readsBefore) / seconds)
        let cores = ((after.seconds - before.seconds) / seconds * 100).rounded() / 100
        // A portal reports once in 50 ms: on average half of that is its own.
        let sorted = latencies.sorted()
        let middle = sorted.isEmpty ? 0 : (sorted[sorted.count / 2] * 10).rounded() / 10
        let worst = sorted.isEmpty ? 0 : (sorted[sorted.count * 99 / 100] * 10).rounded() / 10
        print(
            "load \(rate) reads/s\tagent \(cores) cores\t\(after.megabytes) MB\taccepted median \(middle) ms, p99 \(worst) ms (of which up to 50 the reader's round)"
        )
    }

    private func tag(_ a: UInt8, _ b: UInt16) -> TagID {
        TagID(.epcGen2, [0x30, a, UInt8(b >> 8), UInt8(b & 0xFF)] + [UInt8](repeating: 7, count: 8))
    }

    /// What the agent says that its devices have read.
    private func reads(_ stand: Stand) -> Double {
        let file = "\(stand.folder)/devices.json"
        let arguments = ["devices", "--json", "--config", "\(stand.folder)/agent.toml"]
        guard let child = try? ChildProcess("\(binaries)/edge-agent", arguments, log: file) else { return 0 }
        child.wait()
        let text = String(decoding: (try? Files.read(file)) ?? [], as: UTF8.self)
        unlink(file)
        return text.split(separator: "\n").reduce(0) { sum, line in
            sum + Double((try? JSON(parsing: Array(line.utf8)))?["observations"]?.integer ?? 0)
        }
    }

    private func usage(_ stand: Stand) -> (seconds: Double, megabytes: Double) {
        guard let pid = stand.agent?.pid, let bytes = try? Files.read("/proc/\(pid)/stat") else { return (0, 0) }
        // After the name in brackets: state, then fields 4 and on; 14 and 15 are the times in ticks, 24 the pages.
        let text = String(decoding: bytes, as: UTF8.self)
        let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").dropFirst().map {
            Double($0) ?? 0
        }
        guard fields.count > 21 else { return (0, 0) }
        return ((fields[11] + fields[12]) / 100, (fields[21] * 4096 / 1e5).rounded() / 10)
    }

    // MARK: recognition

    /// From the start of the agent to the first accepted tag of a reader whose driver nobody named.
    private func recognition(isRemembered: Bool) throws {
        let stand = try Stand(folder: "/tmp/quai-bench-\(getpid())-claim-\(isRemembered)", binaries: binaries)
        defer { clean(stand) }
        let portal = try stand.add("portal", "m100")
        try stand.writeConfiguration(readers: [("portal", "", "dock")], extra: "[discovery]\nenabled = false")
        portal.perform(.present([tag(1, 1)], lasting: .seconds(60)))
        for round in 0..<(isRemembered ? 2 : 1) {
            let start = Clocks.now
            try stand.startAgent()
            let tail = Acceptance(socket: stand.controlSocket)
            defer { tail.stop() }
            guard tail.waitFor(tag(1, 1).hex, milliseconds: 20_000) else { return print("recognition\tnot recognised") }
            let time = Double((Clocks.now - start).nanoseconds) / 1e9
            if (round == 1) == isRemembered {
                print(
                    "start to first tag, driver \(isRemembered ? "remembered" : "unknown")\t\((time * 100).rounded() / 100) s"
                )
            }
            stand.agent?.killHard()
        }
    }

    private func clean(_ stand: Stand) {
        stand.stop()
        if let child = try? ChildProcess("rm", ["-rf", stand.folder]) { child.wait() }
    }
}
