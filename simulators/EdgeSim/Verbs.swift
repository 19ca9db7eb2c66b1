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
            if let port = scenario.pbxPort {
                exchange = try PBXServer(
                    pbx: AsteriskPBX(user: Stand.pbxUser, secret: Stand.pbxSecret, epoch: Clocks.wall / 1000),
                    port: port)
                Terminal.line("exchange at 127.0.0.1:\(port)")
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
            }
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
                runner.perform(
                    .present([TagID(name == "rdm6300" ? .em4100 : .epcGen2, bytes)], lasting: .seconds(seconds)))
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
        abstract: "An Asterisk's manager port. Lines on standard input: call FROM EXTENSION [answer SECONDS].",
        discussion: "User \(Stand.pbxUser), secret \(Stand.pbxSecret). For a number, write anonymous to withhold it.")

    @Option(help: "Port on loopback.") var port: UInt16 = 5038

    func run() throws {
        let server: PBXServer
        do {
            server = try PBXServer(
                pbx: AsteriskPBX(user: Stand.pbxUser, secret: Stand.pbxSecret, epoch: Clocks.wall / 1000), port: port)
        } catch {
            throw Exit.say("\(error)")
        }
        Terminal.line("exchange at 127.0.0.1:\(server.port)")
        while let line = readLine() {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 3, words[0] == "call" else {
                Terminal.error("call FROM EXTENSION [answer SECONDS]")
                continue
            }
            let answer = words.count == 5 && words[3] == "answer" ? Int64(words[4]) : nil
            server.call(
                .init(
                    from: words[1], to: "0123456700", desks: [words[2]], answer: answer.map { (words[2], .seconds($0)) }
                ))
        }
        while true { pause() }
    }
}

struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show what can be simulated.")

    func run() {
        for driver in Driver.catalog {
            let simulated = DeviceCatalog.names.contains(driver.name) || driver.name == "asterisk-ami"
            print("\(driver.name)\t\(simulated ? "simulated" : "-")\t\(driver.title)")
        }
    }
}
