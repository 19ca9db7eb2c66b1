import ArgumentParser
import Glibc
import Model
import Platform

/// A conversation with the running agent through its control socket.
struct ControlClient {
    let descriptor: Int32
    private var pending: [UInt8] = []

    init(path: String) throws {
        guard let descriptor = connectUnix(path) else {
            let reason =
                errno == EACCES ? "no permission; try sudo" : "is the agent running? systemctl status edge-agent"
            throw Exit.say("no answer at \(path): \(reason)")
        }
        self.descriptor = descriptor
    }

    mutating func ask(_ question: JSON) throws -> JSON {
        let bytes = question.text8 + [0x0A]
        guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
            throw Exit.say("the agent closed the connection")
        }
        guard let line = next(), let json = try? JSON(parsing: line) else { throw Exit.say("the agent did not answer") }
        if let error = json["error"]?.text { throw Exit.say(error) }
        return json
    }

    /// A line that has arrived already.
    mutating func waiting() -> [UInt8]? {
        guard let end = pending.firstIndex(of: 0x0A) else { return nil }
        defer { pending.removeFirst(end + 1) }
        return Array(pending[..<end])
    }

    /// The next line; nil at the end.
    mutating func next() -> [UInt8]? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                defer { pending.removeFirst(end + 1) }
                return Array(pending[..<end])
            }
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            pending += buffer[..<count]
        }
    }
}

struct Devices: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show the devices of the running agent, what is wrong and what to do; accept one that was recognised.",
        discussion: """
            States: ready; starting; recognising (being listened to, then asked); likely (say yes with --accept); unknown;
            missing, gone (plugged in? switched on?); denied (rights); failing, failed (the reason says what to try).
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON Lines.") var json = false
    @Option(help: "Name of a device to accept as what it looks like, or as --driver.") var accept: String?
    @Option(help: "With --accept: the driver it is.") var driver: String?

    func run() throws {
        var client = try ControlClient(path: try options.load().socket)
        if let accept {
            _ = try client.ask(
                .object([("verb", "accept"), ("device", .string(accept)), ("driver", driver.map(JSON.string))]))
            Terminal.line("\(accept) is accepted and remembered")
            return
        }
        guard driver == nil else { throw Exit.say("--driver goes with --accept NAME") }
        let status = try client.ask(.object([("verb", "devices")]))
        let devices = status["devices"]?.list ?? []
        let trouble = BufferReport.trouble(status["buffer"])
        if json {
            for device in devices { print(device.description) }
        } else if devices.isEmpty {
            print("No devices: nothing that looks like a reader is plugged in, and none is configured.")
        } else {
            print(
                "\(pad("DEVICE", 16)) \(pad("DRIVER", 13)) \(pad("STATE", 11)) \(pad("SEEN", 9)) \(pad("NOISE", 7)) PORT"
            )
            for device in devices {
                print(
                    "\(pad(device["name"]?.text ?? "", 16)) \(pad(device["driver"]?.text ?? "?", 13)) "
                        + "\(pad(device["state"]?.text ?? "", 11)) \(pad(String(device["observations"]?.integer ?? 0), 9)) "
                        + "\(pad(String(device["noiseBytes"]?.integer ?? 0), 7)) \(device["port"]?.text ?? "")")
                if let reason = device["reason"]?.text { print("    → \(reason)") }
                if let line = BufferReport.line(ofDevice: device) { print("    → \(line)") }
                for field in device["identity"]?.fields ?? [] { print("    \(field.name): \(field.value.text ?? "")") }
            }
        }
        if let trouble, !json { print("NOT SAVING \(trouble)") }
        if trouble != nil || devices.contains(where: { $0["state"]?.text != "ready" || $0["notSaved"] != nil }) {
            throw Exit.warnings
        }
    }
}

struct MetricsVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print the agent's metrics as Prometheus text (for a textfile collector).")

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        var client = try ControlClient(path: try options.load().socket)
        print(try client.ask(.object([("verb", "metrics")]))["text"]?.text ?? "", terminator: "")
    }
}

struct Tail: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow what the agent saves, as it happens.",
        discussion: "A line with \"event\":\"saved\" is on disk: that scan cannot be lost any more.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Show the bytes on the lines too.") var raw = false
    @Flag(help: "JSON Lines (the default; kept for symmetry).") var json = false

    func run() throws {
        var client = try ControlClient(path: try options.load().socket)
        Terminal.line(try client.ask(.object([("verb", "tail"), ("raw", .bool(raw))])).description)
        while let line = client.next() { Terminal.line(String(decoding: line, as: UTF8.self)) }
        throw Exit.say("the agent stopped", Exit.warnings)
    }
}

func pad(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }
