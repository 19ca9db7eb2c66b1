import ArgumentParser
import Drivers
import Glibc
import Model
import Platform
import Ports

struct Capture: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write what a device of the running agent and we say to each other, until Ctrl-C.",
        discussion: """
            The file replays: edge-agent replay FILE. --blind replaces tag ids, texts, names and telephone numbers by others,
            the same by the same; passwords are never written.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "Device; see edge-agent devices.") var device: String
    @Argument(help: "File to write, or -.") var file: String
    @Flag(help: "Replace tag ids, texts, names and numbers.") var blind = false
    @Flag(name: .customLong("from-start"), help: "Let the agent begin the conversation anew, so that it is whole.")
    var fromStart = false
    @Option(help: "Stop after this many seconds.") var seconds: Int?

    func run() throws {
        let path = try options.load().socket
        var client = try ControlClient(path: path)
        let status = try client.ask(.object([("verb", "devices")]))
        let known = status["devices"]?.list ?? []
        guard let mine = known.first(where: { $0["name"]?.text == device }) else {
            let names = known.compactMap { $0["name"]?.text }.joined(separator: ", ")
            throw Exit.say("no device \"\(device)\"; there are: \(names)")
        }
        let name = mine["driver"]?.text ?? ""
        let driver = Driver.named(name)
        if blind, driver?.sealing == nil, driver?.kind != .telephony {
            throw Exit.say("captures of \(name.isEmpty ? "an unknown device" : name) cannot be blinded")
        }
        // A path that cannot be written is told before the recording, not after it.
        if file != "-", Files.exists(file) { throw Exit.say("\(file) is there already; give another name") }
        if file != "-" { do { try Files.write([], to: file, mode: 0o600) } catch { throw Exit.say("\(error)") } }
        _ = try client.ask(.object([("verb", "tail"), ("raw", true), ("device", .string(device))]))
        let state = mine["state"]?.text ?? ""
        if state != "ready" {
            Terminal.error("\(device) is \(state)\(mine["reason"]?.text.map { ": \($0)" } ?? "")")
        }
        if fromStart {
            var other = try ControlClient(path: path)
            _ = try other.ask(.object([("verb", "reopen"), ("device", .string(device))]))
        }
        Terminal.error("recording \(device)\(seconds.map { " for \($0) s" } ?? "; Ctrl-C ends it")")
        var transcript = Transcript()
        transcript.lines = Capture.head(mine, isBlind: blind)
        let isWhole = try record(&client, into: &transcript)
        Interrupt.restore()
        if driver?.hasSecret == true { transcript.dropSecrets() }
        if blind, let driver {
            guard let hidden = transcript.blinded(driver) else { throw Exit.say("the capture cannot be blinded") }
            transcript = hidden
        }
        let text = Array(transcript.text.utf8)
        if file == "-" {
            print(transcript.text, terminator: "")
        } else {
            do { try Files.write(text, to: file, mode: 0o600) } catch { throw Exit.say("\(error)") }
            let count = transcript.lines.count { if case .fromDevice = $0 { true } else { false } }
            Terminal.error("\(file): \(count) pieces from the device")
        }
        let isEmpty = !transcript.lines.contains { if case .fromDevice = $0 { true } else { false } }
        if isEmpty { throw Exit.say("\(device) said nothing", Exit.warnings) }
        guard isWhole else {
            throw Exit.say("the recording has a hole or ended early; the file says where", Exit.warnings)
        }
    }

    /// Where it comes from; who sends it in may say the place.
    private static func head(_ device: JSON, isBlind: Bool) -> [Transcript.Line] {
        let identity = (device["identity"]?.fields ?? []).filter { !isBlind || $0.name != "serial" }
            .map { "\($0.name) \($0.value.text ?? "")" }
        let driver = device["driver"]?.text.map { [Transcript.Line.remark("driver   \($0)")] } ?? []
        return driver + [
            .remark("device   \(device["title"]?.text ?? "")"),
            .remark("port     \(isBlind ? "-" : device["port"]?.text ?? "")"),
            .remark("source   captured \(rfc3339(Clocks.wall)) by edge-agent \(Agent.version)"),
        ] + identity.map { .remark("identity \($0)") }
    }

    /// False when the agent stopped, or lines were lost on the way.
    private func record(_ client: inout ControlClient, into transcript: inout Transcript) throws -> Bool {
        var isWhole = true
        // Ctrl-C ends the recording, not the program: what was heard is written.
        let wake = Wakeup()
        Interrupt.catch(wake)
        let end = seconds.map { Clocks.now + .seconds(Int64($0)) }
        var last: Int64?
        while true {
            let left = end.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds)) } ?? -1
            let ready = waitFor(
                [(client.descriptor, Int16(POLLIN)), (wake.descriptor, Int16(POLLIN))], milliseconds: left)
            if ready[1] != 0 || ready[0] == 0 { return isWhole }
            guard let line = client.next() else {
                transcript.lines.append(.remark("the agent stopped here"))
                return false
            }
            var lines = [line]
            while let more = client.waiting() { lines.append(more) }
            for line in lines {
                guard let event = try? JSON(parsing: line) else { continue }
                if event["event"]?.text == "dropped" {
                    isWhole = false
                    transcript.lines.append(.remark("lines were lost here"))
                }
                guard event["event"]?.text == "raw", event["device"]?.text == device, let now = event["ms"]?.integer
                else { continue }
                if let last, now > last { transcript.lines.append(.passes(now - last)) }
                last = now
                transcript.take(event)
            }
        }
    }
}

extension Transcript {
    mutating func take(_ event: JSON) {
        if let bytes = event["from"]?.text.flatMap({ Hex.bytes($0) }) { lines.append(.fromDevice(bytes)) }
        if let bytes = event["to"]?.text.flatMap({ Hex.bytes($0) }) { lines.append(.toDevice(bytes)) }
        if let bytes = event["descriptor"]?.text.flatMap({ Hex.bytes($0) }) { lines.append(.descriptor(bytes)) }
        if let port = event["port"]?.text { lines.append(port == "open" ? .open : .close) }
    }

    /// What we sent to prove who we are, and what it was made from.
    mutating func dropSecrets() {
        func clean(_ bytes: [UInt8]) -> [UInt8] {
            var out: [UInt8] = []
            for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
                let name = String(decoding: line.prefix { $0 != 0x3A }, as: UTF8.self).lowercased()
                if line.first == 0x7B {
                    out += Blinder.hiding(in: line) { $0 == "token" }
                } else if line.starts(with: Array("auth ".utf8)) {
                    out += line.prefix(5) + line.dropFirst(5).map { $0 > 0x20 ? 0x78 : $0 }
                } else if ["key", "secret", "challenge", "username", "authorization"].contains(name),
                    let colon = line.firstIndex(of: 0x3A)
                {
                    out += line[...colon] + line[(colon + 1)...].map { $0 > 0x20 ? 0x78 : $0 }
                } else {
                    out += line
                }
                out.append(0x0A)
            }
            return Array(out.dropLast())
        }
        lines = lines.map { line in
            switch line {
            case .fromDevice(let bytes): .fromDevice(clean(bytes))
            case .toDevice(let bytes): .toDevice(clean(bytes))
            default: line
            }
        }
    }
}

struct Replay: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Give a capture to its driver and print what it makes of it, one JSON object a line.",
        discussion: "Where the file has lines that begin with =, they are compared; a difference ends with code 1.")

    @Argument(help: "Capture or transcript, or -.") var file: String
    @Option(help: "Driver, where the file names none.") var driver: String?
    @Option(name: .customLong("internal-plan"), help: "Regular expression of the site's own extensions.")
    var internalPlan: String?
    @Option(help: "Bytes a piece; 0 gives them as they came.") var chunk = 0
    @Flag(help: "Print the transcript with what the driver makes of each line instead.") var script = false
    @Flag(help: "JSON Lines (the default; kept for symmetry).") var json = false

    func run() throws {
        let text = String(decoding: try RecordingOptions.read(file), as: UTF8.self)
        let transcript: Transcript
        do { transcript = try Transcript(text) } catch { throw Exit.say("\(file): \(error)", Exit.warnings) }
        let name = driver ?? transcript.header("driver").flatMap { $0 == "unknown" ? nil : $0 } ?? ""
        guard let driver = Driver.named(name) else {
            let names = Driver.catalog.map(\.name).joined(separator: ", ")
            throw Exit.say(
                name.isEmpty
                    ? "the file names no driver; add --driver, one of \(names)"
                    : "no driver \"\(name)\"; there are: \(names)")
        }
        var settings = SessionSettings(name: "replay", region: .eu)
        settings.extensions = transcript.header("extensions")?.split(separator: " ").map(String.init) ?? []
        if let internalPlan { settings.internalPlan = internalPlan }
        let played = transcript.play(driver, settings: settings, size: chunk > 0 ? chunk : .max)
        if script {
            print(played.annotated.text, terminator: "")
        } else {
            for observation in played.observations { print(observation.json.description) }
            if played.noise > 0 {
                print(JSON.object([("kind", "noise"), ("bytes", .int(Int64(played.noise)))]).description)
            }
        }
        let (words, noise, _) = transcript.expectation
        guard !words.isEmpty || noise > 0 else { return }
        if words != played.words || noise != played.noise {
            let index = zip(words, played.words).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            let place = index ?? min(words.count, played.words.count)
            let expected =
                place < words.count
                ? words[place] : words.count < played.words.count ? "nothing more" : "noise \(noise)"
            let seen =
                place < played.words.count
                ? played.words[place] : words.count > played.words.count ? "nothing" : "noise \(played.noise)"
            throw Exit.say("expected \"\(expected)\", got \"\(seen)\"", Exit.warnings)
        }
    }
}

struct ProbeVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Ask an unknown serial line everything that is harmless to ask, and write down what it answers.",
        discussion: """
            For a line that the agent does not use at the moment. It listens first and writes nothing to a device that speaks
            by itself. The file is ready for a bug report.
            """)

    @Argument(help: "Port: /dev/…, pty:PATH or tcp:HOST:PORT.") var port: String
    @Argument(help: "File to write, or -.") var file = "-"

    func run() throws {
        guard let address = PortAddress(port), address.fits(.serial(baud: 9600)) else {
            throw Exit.say("\(port) is no serial line; write /dev/…, pty:PATH or tcp:HOST:PORT")
        }
        signal(SIGPIPE, SIG_IGN)
        let line: any Port
        do { line = try address.open(line: .serial(baud: 9600), baud: 9600) } catch { throw Exit.say(error.text) }
        var hint = Claims.Hint()
        if case .serial = address {} else { hint.speed = .none }
        var claims = Claims(hint: hint)
        var transcript = Transcript()
        transcript.lines = [
            .remark("device   unknown"), .remark("port     \(port)"),
            .remark("source   probed \(rfc3339(Clocks.wall)) by edge-agent \(Agent.version)"), .open,
        ]
        var start = Clocks.now
        func note(_ new: Transcript.Line) {
            let now = Clocks.now
            if (now - start).milliseconds > 0 { transcript.lines.append(.passes((now - start).milliseconds)) }
            start = now
            transcript.lines.append(new)
        }
        var action = claims.begin(at: Clocks.now)
        do {
            while true {
                if let baud = action.baud {
                    try line.setBaud(baud)
                    note(.remark("\(baud) baud"))
                }
                if !action.send.isEmpty {
                    _ = try line.write(action.send[...])
                    note(.toDevice(action.send))
                }
                // A text may be a board that boots: it is asked when it has been silent for long enough.
                if let verdict = action.verdict, !claims.goesOn { return try finish(verdict, transcript) }
                let left = action.deadline.map { Int32(clamping: max(0, ($0 - Clocks.now).milliseconds + 1)) } ?? -1
                let ready = waitFor([(line.descriptor, Int16(POLLIN))], milliseconds: left)
                if ready[0] != 0 {
                    let bytes = try line.read()
                    if !bytes.isEmpty { note(.fromDevice(bytes)) }
                    action = claims.hear(bytes, at: Clocks.now)
                } else {
                    action = claims.tick(at: Clocks.now)
                }
            }
        } catch let error as PortError {
            // What it said before it went is worth having.
            try write(transcript)
            throw Exit.say(error.text)
        }
    }

    private func write(_ transcript: Transcript) throws {
        if file == "-" {
            print(transcript.text, terminator: "")
        } else {
            do { try Files.write(Array(transcript.text.utf8), to: file, mode: 0o600) } catch {
                throw Exit.say("\(error)")
            }
        }
    }

    private func finish(_ verdict: Claims.Verdict, _ transcript: Transcript) throws {
        let (text, code): (String, ExitCode?) =
            switch verdict {
            case .claimed(let driver, let baud, let why, _): ("it is \(driver) at \(baud) baud: \(why)", nil)
            case .likely(let driver, let baud, let why):
                ("it looks like \(driver) at \(baud) baud: \(why)", Exit.warnings)
            case .unknown(let why): ("unknown: \(why)", Exit.warnings)
            }
        try write(transcript)
        Terminal.error(text)
        if let code { throw code }
    }
}
