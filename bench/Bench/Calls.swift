import Devices
import Drivers
import Glibc
import Model
import Platform
import Rig
import SQLite
import Uplink

/// Calls: from the exchange's bytes to the card on the WebSocket, alone and while a million scans drain; and how many
/// messages of an exchange are understood in a second.
struct CallBench {
    let binaries: String
    let samples: Int
    /// The line between the agent and the broker, where it is a thin one.
    var shape: Proxy.Shape?
    /// Scans that wait when the agent starts.
    static let backlog = 1_000_000

    func run() throws {
        parser()
        parsing()
        for backlog in [0, CallBench.backlog] { try cards(backlog: backlog) }
    }

    // MARK: from the exchange to the card

    func cards(backlog: Int) throws {
        let stand = try Stand(folder: "/tmp/quai-bench-\(getpid())-calls-\(backlog)", binaries: binaries)
        defer {
            stand.stop()
            if let child = try? ChildProcess("rm", ["-rf", stand.folder]) { child.wait() }
        }
        let pbx = try stand.addPBX()
        try stand.writeConfiguration(readers: [])
        try Files.write(Array("company;name;phone\nDupont;Hélène;0199001234\n".utf8), to: "\(stand.folder)/parties.csv")
        try ChildProcess(
            "\(binaries)/edge-ingest",
            ["import", "parties", "\(stand.folder)/parties.csv", "--config", "\(stand.folder)/ingest.toml"],
            log: "/dev/null"
        ).wait()
        if backlog > 0 { try fill("\(stand.folder)/agent/outbox.db", rows: backlog) }
        try stand.startBroker()
        try stand.startIngest()
        let page = try client(stand)
        try page.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
        try page.follow()
        try stand.startAgent()
        guard pbx.waitForClient(milliseconds: 20_000) else {
            throw PageClient.Failure(description: "the agent does not start")
        }
        usleep(300_000)
        stand.proxy.shape(shape)
        var shown: [Double] = []
        var closed: [Double] = []
        let begin = Clocks.now
        var drained = 0
        // With a backlog as many as come before it has drained, so that each is measured under load.
        while backlog > 0 ? drained < backlog && Clocks.now - begin < .seconds(120) : shown.count < samples {
            let calls = pbx.ledger.count
            pbx.call(.init(from: "0199001234", to: "0123456701", desks: ["101"], patience: .milliseconds(80)))
            let found = page.wait(milliseconds: 3000) {
                $0["type"]?.text == "call" && $0["data"]?["mine"]?.text == "ringing"
                    && $0["data"]?["parties"]?.list?.isEmpty == false
            }
            // When the exchange said Ringing stands in its own ledger.
            if let found, let rang = pbx.ledger.dropFirst(calls).last?.rings.last?.at {
                shown.append(Double((found.at - rang).nanoseconds) / 1e6)
            }
            // The caller gives up 80 ms after the beginning; then the card says why it closes.
            let over = page.wait(milliseconds: 3000) {
                $0["type"]?.text == "call" && ["missed", "over"].contains($0["data"]?["mine"]?.text ?? "")
            }
            if let over, let end = pbx.ledger.dropFirst(calls).last?.endedAt {
                closed.append(Double((over.at - end).nanoseconds) / 1e6)
            }
            if backlog > 0 { drained = committed(stand) }
        }
        let line = shape == nil ? "" : ", 2 Mbit/s and 40 ms"
        let name = backlog == 0 ? "ring-to-card" : "ring-to-card, \(backlog) scans draining\(line)"
        report(name, shown)
        report(name.replacing("ring-to-card", with: "gave-up-to-closed"), closed)
        if backlog > 0 {
            let seconds = Double((Clocks.now - begin).nanoseconds) / 1e9
            print("  drained meanwhile\t\(drained) scans in \(Int(seconds)) s")
        }
    }

    private func client(_ stand: Stand) throws -> PageClient {
        for _ in 0..<200 {
            if let page = try? PageClient(port: stand.httpPort, name: "Bench") { return page }
            usleep(50_000)
        }
        throw PageClient.Failure(description: "the centre does not start")
    }

    private func committed(_ stand: Stand) -> Int {
        guard let database = try? Database(path: stand.database, readOnly: true) else { return 0 }
        return Int((try? database.integer("SELECT sum(applied) FROM stream")) ?? 0)
    }

    private func fill(_ path: String, rows: Int) throws {
        var random = SystemRandomNumberGenerator()
        let file = try OutboxFile(path: path, random: &random)
        let boot = try file.begin(
            kernel: "bench", origin: Clocks.wall - Clocks.now.milliseconds, synced: true, random: &random)
        for start in stride(from: 0, to: rows, by: 50_000) {
            try file.database.transaction {
                for number in start..<min(start + 50_000, rows) {
                    let row = Row.barcode(
                        device: "gate", zone: "dock-1", Barcode(symbology: "]C1", text: "BENCH-\(number)"))
                    try file.insert(row.encoded(at: Clocks.now.milliseconds), boot: boot.counter)
                }
                try file.store()
            }
        }
    }

    private func report(_ name: String, _ values: [Double]) {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return print("\(name)\tno samples") }
        func round(_ value: Double) -> Double { (value * 100).rounded() / 100 }
        let p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
        print("\(name) ms\tmedian \(round(sorted[sorted.count / 2]))\tp99 \(round(p99))\tn \(sorted.count)")
        var low = 0.0
        for high in [1, 1.5, 2, 3, 5, 10, 20, 50, 100, Double.infinity] {
            let count = sorted.count { $0 >= low && $0 < high }
            if count > 0 {
                let bar = String(repeating: "▉", count: max(1, count * 50 / sorted.count))
                print("  \(high.isFinite ? "< \(high)" : "≥ \(low)") ms\t\(count)\t\(bar)")
            }
            low = high
        }
    }

    // MARK: parsing

    /// A rush hour as each exchange tells it, repeated to some megabytes, through the driver and the call model.
    private func parsing() {
        for dialect in Exchange.Dialect.allCases {
            guard let driver = Driver.named(dialect.rawValue) else { continue }
            let stream = stream(of: dialect)
            let copies = max(1, (8 << 20) / stream.count)
            var messages = 0
            var calls = 0
            let start = Clocks.now
            for _ in 0..<copies {
                // A session for each: the same calls come again.
                var session = driver.session(SessionSettings(name: "bench"))
                var book = CallBook(revisionBase: 0)
                for offset in Swift.stride(from: 0, to: stream.count, by: 4096) {
                    let piece = Array(stream[offset..<min(offset + 4096, stream.count)])
                    for case .call(let signal) in session.handle(.bytes(piece), at: start).observations {
                        calls += book.apply(signal, at: 0).count { $0.state == .ended }
                    }
                }
            }
            let seconds = Double((Clocks.now - start).nanoseconds) / 1e9
            messages = copies * self.messages(in: stream, dialect)
            let megabytes = (Double(stream.count * copies) / seconds / 1e5).rounded() / 10
            print(
                "decode \(dialect.rawValue)\t\(Int(Double(messages) / seconds / 1000)) k messages/s\t\(megabytes) MB/s\t\(Int(Double(calls) / seconds / 1000)) k calls/s"
            )
        }
    }

    /// Asterisk's messages alone, without what they mean.
    private func parser() {
        let stream = stream(of: .asterisk)
        var messages = 0
        let start = Clocks.now
        for _ in 0..<max(1, (16 << 20) / stream.count) {
            var parser = AMIParser()
            for offset in Swift.stride(from: 0, to: stream.count, by: 4096) {
                for case .message in parser.take(Array(stream[offset..<min(offset + 4096, stream.count)])) {
                    messages += 1
                }
            }
        }
        let seconds = Double((Clocks.now - start).nanoseconds) / 1e9
        print("parse asterisk-ami\t\(Int(Double(messages) / seconds / 1000)) k messages/s")
    }

    private func messages(in stream: [UInt8], _ dialect: Exchange.Dialect) -> Int {
        let text = String(decoding: stream, as: UTF8.self)
        let mark =
            switch dialect {
            case .asterisk: "Event: "
            case .freeSWITCH: "Event-Name: "
            case .csta: "<?xml"
            case .fritzBox: "\r\n"
            }
        return text.utf8.indices.isEmpty ? 0 : text.components(mark)
    }

    private func stream(of dialect: Exchange.Dialect) -> [UInt8] {
        let desks = (101...108).map { "\($0)" }
        var exchange = Exchange(dialect, user: "quai", secret: "simulated")
        var settings = SessionSettings(name: "bench")
        (settings.user, settings.secret, settings.extensions) = ("quai", "simulated", desks)
        var session = Driver.named(dialect.rawValue)!.session(settings)
        var now = Instant.milliseconds(1000)
        var out: [UInt8] = []
        exchange.connect(1, at: now)
        func hear(_ reaction: Reaction) {
            if !reaction.send.isEmpty { exchange.receive(reaction.send, on: 1, at: now) }
            let bytes = exchange.takeOutput().bytes[1] ?? []
            guard !bytes.isEmpty else { return }
            out += bytes
            hear(session.handle(.bytes(bytes), at: now))
        }
        hear(session.handle(.opened, at: now))
        out = []
        for (at, script) in Exchange.rushHour(calls: 400, over: .seconds(240), seed: 1, desks: desks) {
            while let due = exchange.deadline, due <= .milliseconds(2000) + at {
                now = max(now, due)
                exchange.tick(at: now)
                hear(Reaction())
            }
            now = max(now, .milliseconds(2000) + at)
            exchange.call(script, at: now)
            hear(Reaction())
        }
        for _ in 0..<20_000 {
            guard let due = exchange.deadline, due < .milliseconds(300_000) else { break }
            now = max(now, due)
            exchange.tick(at: now)
            hear(Reaction())
        }
        return out
    }
}

extension String {
    /// How often `part` occurs.
    fileprivate func components(_ part: String) -> Int { ranges(of: part).count }
}
