public import Devices
import Glibc
public import Model
import Platform

/// A whole Quai on loopback for tests and torture: broker, centre, agent, simulated devices, each a real process or a
/// real line.
public final class Stand: @unchecked Sendable {
    // Used by one thread at a time: the test or the torture that owns it.
    public let folder: String
    public let binaries: String
    public let brokerPort: UInt16
    public let httpPort: UInt16
    public let proxy: Proxy
    public var broker: ChildProcess?
    public var ingest: ChildProcess?
    public var agent: ChildProcess?
    /// Set before the start of agent and centre, they live on machines that can have their troubles.
    public var agentHost: TroubledHost?
    public var ingestHost: TroubledHost?
    public private(set) var devices: [String: any SimulatedLine] = [:]
    public private(set) var pbx: PBXServer?
    private var dialect = Exchange.Dialect.asterisk

    public static let pbxUser = "quai"
    public static let pbxSecret = "simulated"

    /// `binaries` holds edge-agent and edge-ingest.
    public init(folder: String, binaries: String) throws {
        self.folder = folder
        self.binaries = binaries
        for name in ["dev", "agent", "ingest"] { try Files.makeFolder("\(folder)/\(name)") }
        brokerPort = Sockets.freePort()
        httpPort = Sockets.freePort()
        proxy = Proxy(to: brokerPort)
        try Files.write(
            Array(
                """
                listener \(brokerPort) 127.0.0.1
                allow_anonymous true
                persistence false
                set_tcp_nodelay true
                max_inflight_messages 0
                max_queued_messages 10000
                log_type error
                """.utf8), to: "\(folder)/mosquitto.conf")
        try Files.write(Array("\(Stand.pbxSecret)\n".utf8), to: "\(folder)/pbx-secret", mode: 0o600)
    }

    deinit { stop() }

    public func stop() {
        agent?.killHard()
        ingest?.killHard()
        broker?.killHard()
        (agent, ingest, broker) = (nil, nil, nil)
        for device in devices.values { device.stop() }
        pbx?.stop()
        proxy.stop()
    }

    /// A simulated device on a pty or, where it lives on the network, behind a port; known to the agent by `name`.
    @discardableResult
    public func add(_ name: String, _ driver: String) throws -> any SimulatedLine {
        let device = DeviceCatalog.device(named: driver)!
        let line: any SimulatedLine =
            device.isSpokenTo
            ? try DeviceServer(device: device, port: 0, name: name)
            : try DeviceRunner(device: device, link: "\(folder)/dev/\(name)", name: name)
        devices[name] = line
        return line
    }

    /// Where there was one that was stopped, another takes its place: the exchange was restarted.
    @discardableResult
    public func addPBX(_ dialect: Exchange.Dialect = .asterisk, pace: Int64 = 1) throws -> PBXServer {
        let server = try PBXServer(
            exchange: Exchange(
                dialect, user: Stand.pbxUser, secret: Stand.pbxSecret, epoch: Clocks.wall / 1000, pace: pace),
            port: pbx?.port ?? 0)
        (pbx, self.dialect) = (server, dialect)
        return server
    }

    /// `readers` as (name, driver, zone); an empty driver has the agent find out. `extra` and `ingest` are further lines of the agent's
    /// and of the centre's file.
    public func writeConfiguration(
        readers: [(String, String, String)], extra: String = "", ingest: String = ""
    ) throws {
        var text = """
            version = 1
            agent = "dock"
            site = "lyon"
            state = "\(folder)/agent"
            \(extra)
            [uplink]
            broker = "mqtt://127.0.0.1:\(proxy.port)"

            """
        for (name, driver, zone) in readers {
            text +=
                "[reader.\(name)]\n" + (driver.isEmpty ? "" : "driver = \"\(driver)\"\n")
                + "port = \"\(address(name, driver))\"\nzone = \"\(zone)\"\n"
        }
        if let pbx {
            text += """
                [phone.pbx]
                driver = "\(dialect.rawValue)"
                address = "tcp:127.0.0.1:\(pbx.port)"

                """
            if dialect == .asterisk { text += "user = \"\(Stand.pbxUser)\"\n" }
            if dialect == .asterisk || dialect == .freeSWITCH {
                text += "secret = \"file:\(folder)/pbx-secret\"\n"
            }
            if dialect == .csta {
                text += "extensions = [\((101...108).map { "\"\($0)\"" }.joined(separator: ", "))]\n"
            }
        }
        try Files.write(Array(text.utf8), to: "\(folder)/agent.toml")
        try Files.write(
            Array(
                """
                version = 1
                state = "\(folder)/ingest"
                [http]
                port = \(httpPort)
                [broker]
                url = "mqtt://127.0.0.1:\(brokerPort)"
                \(ingest)
                """.utf8), to: "\(folder)/ingest.toml")
    }

    private func address(_ name: String, _ driver: String) -> String {
        // A vendor's program is a program that says what its reader says.
        if driver == "exec" { return "exec:/bin/cat \(folder)/dev/\(name)" }
        return devices[name]?.address ?? "pty:\(folder)/dev/\(name)"
    }

    public func startBroker() throws {
        let path = Files.exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto"
        broker = try ChildProcess(path, ["-c", "\(folder)/mosquitto.conf"], log: "\(folder)/mosquitto.log")
    }

    public func startIngest() throws {
        ingest = try ChildProcess(
            "\(binaries)/edge-ingest", ["run", "--config", "\(folder)/ingest.toml"], log: "\(folder)/ingest.log",
            environment: ingestHost?.environment ?? [:])
    }

    public func startAgent() throws {
        agent = try ChildProcess(
            "\(binaries)/edge-agent", ["run", "--config", "\(folder)/agent.toml"], log: "\(folder)/agent.log",
            environment: agentHost?.environment ?? [:])
    }

    /// Another machine with a copy of the agent's buffer; the agent must not run while it is copied.
    public func startClone() throws -> ChildProcess {
        let copy = "\(folder)/clone"
        ChildProcess.run("rm", ["-rf", copy])
        ChildProcess.run("cp", ["-r", "\(folder)/agent", copy])
        let text = String(decoding: try Files.read("\(folder)/agent.toml"), as: UTF8.self)
        // The buffer alone: its readers stayed where they are.
        let head = text.replacing("\(folder)/agent\"", with: "\(copy)\"")
        let kept = head.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.hasPrefix("[reader") }
        try Files.write(Array(kept.joined(separator: "\n").utf8), to: "\(folder)/clone.toml")
        return try ChildProcess(
            "\(binaries)/edge-agent", ["run", "--config", "\(folder)/clone.toml"], log: "\(folder)/clone.log")
    }

    public var controlSocket: String { "\(folder)/agent/control.sock" }
    public var database: String { "\(folder)/ingest/ingest.db" }
}

/// Follows what the agent has saved, through its control socket, and comes back when the agent does.
public final class Acceptance: Sendable {
    private let saved = Locked<[String: UInt64]>([:])
    private let attached = Locked(0)
    private let stopping = Locked(false)
    private let path: String

    public init(socket path: String) {
        self.path = path
        startThread("sim-tail") { [self] in loop() }
    }

    public func stop() { stopping.with { $0 = true } }

    /// True once the agent said that this text is on disk.
    public func isSaved(_ text: String) -> Bool { saved.with { $0[text] != nil } }

    /// Everything that the agent called safe, with its number.
    public var all: [String: UInt64] { saved.with { $0 } }

    public func waitFor(_ text: String, milliseconds: Int64) -> Bool {
        saved.wait(timeout: milliseconds) { $0[text] != nil ? true : nil } ?? false
    }

    /// Waits until the agent can be heard.
    public func waitAttached(milliseconds: Int64) -> Bool {
        attached.wait(timeout: milliseconds) { $0 > 0 ? true : nil } ?? false
    }

    /// What an agent answers to a question without arguments; nil while there is none.
    public static func ask(_ verb: String, at path: String) -> JSON? {
        guard let descriptor = connectUnix(path) else { return nil }
        defer { close(descriptor) }
        let question = JSON.object([("verb", .string(verb))]).text8 + [0x0A]
        guard send(descriptor, question, question.count, Int32(MSG_NOSIGNAL)) > 0 else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !answer.contains(0x0A) {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            answer += buffer[..<count]
        }
        return try? JSON(parsing: answer.prefix { $0 != 0x0A })
    }

    private func loop() {
        while !stopping.with({ $0 }) {
            follow()
            attached.change { $0 = 0 }
            usleep(20_000)
        }
    }

    private func follow() {
        guard let descriptor = connectUnix(path) else { return }
        defer { close(descriptor) }
        let question = Array("{\"verb\":\"tail\"}\n".utf8)
        send(descriptor, question, question.count, Int32(MSG_NOSIGNAL))
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while !stopping.with({ $0 }) {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            pending += buffer[..<count]
            while let end = pending.firstIndex(of: 0x0A) {
                take(Array(pending[..<end]))
                pending.removeFirst(end + 1)
            }
        }
    }

    private func take(_ line: [UInt8]) {
        guard let json = try? JSON(parsing: line) else { return }
        if json["event"]?.text == "watching" { attached.change { $0 = 1 } }
        guard json["event"]?.text == "saved", let text = json["text"]?.text ?? json["id"]?.text else { return }
        let seq = UInt64(clamping: json["seq"]?.integer ?? 0)
        saved.change { $0[text] = seq }
    }
}
