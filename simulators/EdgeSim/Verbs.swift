import ArgumentParser
import Devices
import Drivers
import Glibc
import Model
import Platform
import Rig

struct RunScenario: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Play a scenario: simulated readers on ptys, an exchange on loopback.")

    @Argument(help: "Scenario file.") var file: String
    @Option(help: "Folder for the devices' names (symlinks to ptys).") var devices = "/tmp/quai-sim"
    @Option(help: "How many times faster than life.") var speed = 1.0
    @Flag(help: "End when the scenario has ended; otherwise the devices stay.") var once = false
    @Option(help: "Write what the telephones saw to this file, one JSON object a call, once all have ended.")
    var ledger: String?

    func run() throws {
        let scenario: Scenario
        do { scenario = try Scenario(parsing: String(decoding: try Files.read(file), as: UTF8.self)) } catch {
            throw Exit.say("\(file): \(error)")
        }
        guard speed > 0 else { throw Exit.say("--speed must be above 0") }
        var runners: [String: any SimulatedLine] = [:]
        var exchange: PBXServer?
        do {
            try Files.makeFolder(devices)
            for device in scenario.devices {
                let simulated = DeviceCatalog.device(named: device.driver)!
                let line: any SimulatedLine =
                    if let port = device.port {
                        try DeviceServer(device: simulated, port: port, name: device.name)
                    } else {
                        try DeviceRunner(device: simulated, link: "\(devices)/\(device.name)", name: device.name)
                    }
                runners[device.name] = line
                Terminal.line("\(device.driver) at \(line.address)")
            }
            if let (dialect, port) = scenario.pbx {
                exchange = try PBXServer(
                    exchange: Exchange(
                        dialect, user: Stand.pbxUser, secret: Stand.pbxSecret, epoch: Clocks.wall / 1000),
                    port: port)
                Terminal.line("\(dialect.rawValue) at 127.0.0.1:\(port)")
            }
        } catch { throw Exit.say("\(error)") }
        Terminal.line("playing: \(scenario.title), \(scenario.acts.count) acts")
        let start = Clocks.now
        for (at, act) in scenario.acts {
            let due = start + .nanoseconds(Int64(Double(at.nanoseconds) / speed))
            while Clocks.now < due { usleep(UInt32(clamping: max(1000, (due - Clocks.now).nanoseconds / 1000))) }
            switch act {
            case .device(let name, let act):
                guard let runner = runners[name] else { throw Exit.say("no device \(name)") }
                runner.perform(act)
            case .call(let call): exchange?.call(call)
            case .cut(let time): exchange?.order(.cut(time))
            }
        }
        if let ledger, let exchange {
            // Every call comes to its end first.
            while exchange.ledger.contains(where: { !$0.isOver }) { usleep(100_000) }
            let lines = exchange.ledger.map { $0.json.description + "\n" }.joined()
            do { try Files.write(Array(lines.utf8), to: ledger) } catch { throw Exit.say("\(ledger): \(error)") }
            Terminal.line("\(exchange.ledger.count) calls are in \(ledger)")
        }
        Terminal.line("the scenario has ended" + (once ? "" : "; the devices stay until Ctrl-C"))
        while !once { pause() }
    }
}

struct RunDevice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "A pty, or a loopback port, that is that reader.",
        discussion: """
            Lines on standard input: tag HEX [SECONDS], pass HEX A,B [SECONDS], scan TEXT, antenna N on|off, noise HEX.
            """)

    @Argument(help: "Device; see edge-sim list.") var name: String
    @Option(help: "A lasting name for the pty.") var link: String?
    @Option(help: "A line that is there already, instead of a pty.") var line: String?
    @Option(help: "Port of a device that lives on the network; 0 takes a free one.") var port: UInt16 = 0

    func run() throws {
        guard let device = DeviceCatalog.device(named: name) else {
            throw Exit.say("no device \"\(name)\"; there are: \(DeviceCatalog.names.joined(separator: ", "))")
        }
        let runner: any SimulatedLine
        do {
            runner =
                device.isSpokenTo
                ? try DeviceServer(device: device, port: port, name: name)
                : try line.map { try DeviceRunner(device: device, line: $0, name: name) }
                    ?? DeviceRunner(device: device, link: link, name: name)
        } catch { throw Exit.say("\(error)") }
        Terminal.line("\(name) is \(runner.address)")
        while let entry = readLine() {
            let words = entry.split(separator: " ").map(String.init)
            switch words.first {
            case "tag" where words.count >= 2:
                guard let bytes = Hex.bytes(words[1]) else {
                    Terminal.error("\(words[1]) is not hex")
                    continue
                }
                let seconds = words.count > 2 ? Int64(words[2]) ?? 2 : 2
                let scheme: TagID.Scheme =
                    switch name {
                    case "rdm6300", "7941e": .em4100
                    case "wl134": .raw
                    case "pcsc", "pn532": .iso14443a
                    default: .epcGen2
                    }
                runner.perform(.present([TagID(scheme, bytes)], lasting: .seconds(seconds)))
            case "pass" where words.count >= 3:
                let antennas = words[2].split(separator: ",").compactMap { Int($0) }
                let seconds = words.count > 3 ? Int64(words[3]) ?? 4 : 4
                runner.perform(
                    .pass([TagID(.epcGen2, Hex.bytes(words[1]) ?? [])], antennas: antennas, lasting: .seconds(seconds)))
            case "antenna" where words.count == 3:
                runner.perform(.antenna(Int(words[1]) ?? 1, connected: words[2] == "on"))
            case "scan" where words.count >= 2: runner.perform(.scan(String(entry.dropFirst(5))))
            case "noise" where words.count == 2: runner.perform(.noise(Hex.bytes(words[1]) ?? []))
            default:
                Terminal.error("tag HEX [SECONDS], pass HEX A,B [SECONDS], scan TEXT, antenna N on|off or noise HEX")
            }
        }
        while true { pause() }
    }
}

struct RunPBX: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pbx",
        abstract: "A telephone exchange on loopback, in the language of one driver; or the replay of a recording.",
        discussion: """
            User \(Stand.pbxUser), secret \(Stand.pbxSecret). Lines on standard input:
              call FROM EXTENSION [answer SECONDS]   a number, or anonymous; it gives up after 15 s, talks 10 s
              private FROM EXTENSION                 the number is sent, and hidden
              cut SECONDS                            every client is thrown out, and kept out for so long
              ledger                                 what the telephones saw, one JSON object a call

            With --replay the port plays a capture (its own timing), a transcript or raw bytes to whoever connects, once, and
            then closes; what the client says is read and not answered.
            """)

    @Option(help: "asterisk-ami, freeswitch-esl, csta or fritzbox.") var dialect = "asterisk-ami"
    @Option(help: "Port on loopback.") var port: UInt16 = 5038
    @Option(help: "Recording to play.") var replay: String?
    @Option(help: "How many times faster than it was recorded.") var speed = 1.0

    func run() throws {
        if let replay { return try play(replay) }
        guard let dialect = Exchange.Dialect(rawValue: dialect) else {
            throw Exit.say(
                "no exchange \"\(dialect)\"; there are: \(Exchange.Dialect.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        let server: PBXServer
        do {
            server = try PBXServer(
                exchange: Exchange(dialect, user: Stand.pbxUser, secret: Stand.pbxSecret, epoch: Clocks.wall / 1000),
                port: port)
        } catch {
            throw Exit.say("\(error)")
        }
        Terminal.line("\(dialect.rawValue) at 127.0.0.1:\(server.port)")
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            switch words.first {
            case "call" where words.count >= 3, "private" where words.count >= 3:
                let answer = words.count == 5 && words[3] == "answer" ? Int64(words[4]) : nil
                server.call(
                    .init(
                        from: words[1], to: "0123456700", desks: [words[2]],
                        answer: answer.map { (words[2], .seconds($0)) }, isPrivate: words[0] == "private"))
            case "cut" where words.count == 2: server.order(.cut(.seconds(Int64(words[1]) ?? 1)))
            case "ledger": for story in server.ledger { Terminal.line(story.json.description) }
            default:
                Terminal.error("call FROM EXTENSION [answer SECONDS], private FROM EXTENSION, cut SECONDS or ledger")
            }
        }
        while true { pause() }
    }

    private func play(_ file: String) throws {
        let pieces: [(at: Duration, bytes: [UInt8])]
        do { pieces = try Replay.pieces(of: try Files.read(file)) } catch { throw Exit.say("\(file): \(error)") }
        guard speed > 0 else { throw Exit.say("--speed must be above 0") }
        guard let (listener, actual) = Sockets.listen(port: port) else { throw Exit.say("port \(port) is taken") }
        signal(SIGPIPE, SIG_IGN)
        Terminal.line(
            "\(file) at 127.0.0.1:\(actual), \(pieces.count) pieces over \(pieces.last.map { $0.at.milliseconds } ?? 0) ms"
        )
        while true {
            _ = waitFor([(listener, Int16(POLLIN))], milliseconds: -1)
            guard let client = Sockets.accept(listener) else { continue }
            let start = Clocks.now
            for (at, bytes) in pieces {
                let due = start + .nanoseconds(Int64(Double(at.nanoseconds) / speed))
                while Clocks.now < due {
                    usleep(UInt32(clamping: min(100_000, max(500, (due - Clocks.now).nanoseconds / 1000))))
                }
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = rest.withUnsafeBytes { send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                    if count > 0 {
                        rest = rest.dropFirst(count)
                    } else if errno == EAGAIN {
                        _ = waitFor([(client, Int16(POLLOUT))], milliseconds: 1000)
                    } else {
                        break
                    }
                }
            }
            Terminal.line("played")
            close(client)
        }
    }
}

/// The device's side of a recording, with its times.
enum Replay {
    static func pieces(of bytes: [UInt8]) throws -> [(at: Duration, bytes: [UInt8])] {
        // Raw bytes of an exchange begin with its greeting or an event, never with a transcript's sign.
        guard let first = bytes.first, "<>+=!#".utf8.contains(first) || bytes.starts(with: Array("descriptor".utf8))
        else {
            return [(.zero, bytes)]
        }
        var at = Duration.zero
        var pieces: [(at: Duration, bytes: [UInt8])] = []
        for line in try Transcript(String(decoding: bytes, as: UTF8.self)).lines {
            switch line {
            case .passes(let time): at += .milliseconds(time)
            case .fromDevice(let bytes): pieces.append((at, bytes))
            default: break
            }
        }
        return pieces
    }
}

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what can be simulated.")

    func run() {
        for driver in Driver.catalog {
            let simulated =
                DeviceCatalog.names.contains(driver.name) || Exchange.Dialect(rawValue: driver.name) != nil
            print("\(driver.name)\t\(simulated ? "simulated" : "-")\t\(driver.title)")
        }
    }
}
