import Devices
import Identifiers
import Model

/// A morning in a file: devices, an exchange, and what happens when.
struct Scenario {
    struct Device {
        var name: String
        var driver: String
        /// Where a network device listens; nil for the others.
        var port: UInt16?
    }

    enum Act {
        case device(String, DeviceAct)
        case call(Exchange.Script)
        case cut(Duration)
    }

    var title = ""
    var devices: [Device] = []
    var pbx: (dialect: Exchange.Dialect, port: UInt16)?
    var acts: [(at: Duration, act: Act)] = []

    struct Mistake: Error, CustomStringConvertible {
        var line: Int
        var text: String
        var description: String { "line \(line): \(text)" }
    }

    /// One statement a line; `#` begins a comment. The forms are in docs/reference/scenarios.md.
    init(parsing text: String) throws {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = Scenario.words(line)
            guard let first = words.first else { continue }
            do {
                switch first {
                case "title": title = words.dropFirst().joined(separator: " ")
                case "device":
                    guard words.count >= 3, DeviceCatalog.names.contains(words[2]) else {
                        throw Problem("device NAME DRIVER, one of \(DeviceCatalog.names.joined(separator: ", "))")
                    }
                    let isOnNetwork = DeviceCatalog.device(named: words[2])?.isSpokenTo ?? false
                    guard words.count == (isOnNetwork ? 4 : 3) else {
                        throw Problem(isOnNetwork ? "\(words[2]) needs a port" : "\(words[2]) takes no port")
                    }
                    let port = isOnNetwork ? UInt16(words[3]) : nil
                    guard port != nil || !isOnNetwork else { throw Problem("\(words[3]) is no port") }
                    devices.append(Device(name: words[1], driver: words[2], port: port))
                case "pbx":
                    let dialects = Exchange.Dialect.allCases.map(\.rawValue).joined(separator: ", ")
                    guard words.count == 3, let dialect = Exchange.Dialect(rawValue: words[1]),
                        let port = UInt16(words[2])
                    else { throw Problem("pbx DRIVER PORT, one of \(dialects)") }
                    pbx = (dialect, port)
                case "at":
                    guard words.count >= 4, let time = Scenario.duration(words[1]) else {
                        throw Problem("at TIME DEVICE ACT …")
                    }
                    if words[3] == "rush" {
                        acts += try Scenario.rush(Scenario.fields(words.dropFirst(4))).map {
                            (time + $0.at, .call($0.script))
                        }
                    } else {
                        acts.append((time, try act(Array(words.dropFirst(2)))))
                    }
                default: throw Problem("unknown statement \"\(first)\"")
                }
            } catch let problem as Problem { throw Mistake(line: index + 1, text: problem.text) }
        }
        acts.sort { $0.at < $1.at }
    }

    private struct Problem: Error {
        var text: String
        init(_ text: String) { self.text = text }
    }

    private func act(_ words: [String]) throws -> Act {
        switch words[1] {
        case "scan": return .device(words[0], .scan(words.dropFirst(2).joined(separator: " ")))
        case "tags":
            let fields = Scenario.fields(words.dropFirst(2))
            let duration = fields["for"].flatMap(Scenario.duration) ?? .seconds(2)
            return .device(words[0], .present(try Scenario.tags(fields), lasting: duration))
        case "pass":
            let fields = Scenario.fields(words.dropFirst(2))
            let duration = fields["for"].flatMap(Scenario.duration) ?? .seconds(4)
            let antennas = (fields["antennas"] ?? "1,2").split(separator: ",").compactMap { Int($0) }
            return .device(words[0], .pass(try Scenario.tags(fields), antennas: antennas, lasting: duration))
        case "antenna":
            guard words.count == 4, let number = Int(words[2]), ["on", "off"].contains(words[3]) else {
                throw Problem("antenna NUMBER on or off")
            }
            return .device(words[0], .antenna(number, connected: words[3] == "on"))
        case "tear": return .device(words[0], .mishap(.tear))
        case "flip": return .device(words[0], .mishap(.flip))
        case "brownout", "unplug":
            guard words.count == 3, let time = Scenario.duration(words[2]) else { throw Problem("\(words[1]) TIME") }
            return .device(words[0], .mishap(words[1] == "unplug" ? .unplug(time) : .brownOut(time)))
        case "noise":
            guard words.count == 3, let bytes = Hex.bytes(words[2]) else { throw Problem("noise HEX") }
            return .device(words[0], .noise(bytes))
        case "call": return .call(try Scenario.call(Scenario.fields(words.dropFirst(2))))
        case "cut":
            guard words.count == 3, let time = Scenario.duration(words[2]) else { throw Problem("cut TIME") }
            return .cut(time)
        default:
            throw Problem(
                "a device can scan, tags, pass, antenna, noise, tear, flip, brownout or unplug; a pbx can call, rush or cut"
            )
        }
    }

    /// `gtin=03608439390616 company=6 serials=1-12` or `hex=0102030405 scheme=em4100`.
    private static func tags(_ fields: [String: String]) throws -> [TagID] {
        if let hex = fields["hex"] {
            guard let bytes = Hex.bytes(hex) else { throw Problem("\(hex) is not hex") }
            return [TagID(fields["scheme"].flatMap(TagID.Scheme.init) ?? .epcGen2, bytes)]
        }
        guard let gtin = fields["gtin"], let company = fields["company"].flatMap({ Int($0) }),
            let range = fields["serials"]?.split(separator: "-").compactMap({ UInt64($0) }), let first = range.first
        else { throw Problem("tags need gtin=, company= (digits of the prefix) and serials=A-B, or hex=") }
        return try (first...(range.last ?? first)).map { serial in
            guard let bytes = EPC.sgtin96(gtin: gtin, companyDigits: company, serial: serial) else {
                throw Problem("\(gtin) with a prefix of \(company) digits makes no SGTIN-96")
            }
            return TagID(.epcGen2, bytes)
        }
    }

    /// `from= to= ring=A,B [queue=] [answer=TIME by=A talk=TIME | patience=TIME] [hold=TIME resume=TIME]`
    /// `[blind=TIME then=TIME via=B | consult=TIME join=TIME via=B] [private=yes] [name=]`
    private static func call(_ fields: [String: String]) throws -> Exchange.Script {
        guard let from = fields["from"], let to = fields["to"] else { throw Problem("a call needs from= and to=") }
        let desks = (fields["ring"] ?? "").split(separator: ",").map(String.init)
        func time(_ name: String) throws -> Duration? {
            guard let text = fields[name] else { return nil }
            guard let time = duration(text) else { throw Problem("\(name)=\(text) is no time") }
            return time
        }
        let answer = try time("answer")
        let first = fields["by"] ?? desks.first ?? from
        var acts: [(after: Duration, act: Exchange.Script.Act)] = []
        if let answer { acts.append((answer, desks.isEmpty ? .answerOutside : .answer(first))) }
        if let hold = try time("hold") {
            acts += [(hold, .hold(first)), (try time("resume") ?? hold + .seconds(1), .resume(first))]
        }
        if let pickup = try time("pickup") { acts.append((pickup, .pickup(by: fields["via"] ?? first))) }
        if let send = try time("blind"), let via = fields["via"] {
            acts += [(send, .blind(by: first, to: via))]
            if let then = try time("then") { acts.append((then, .answer(via))) }
        }
        if let ask = try time("consult"), let via = fields["via"] {
            acts += [
                (ask, .consult(by: first, to: via)), (try time("join") ?? ask + .seconds(2), .complete(by: first)),
            ]
        }
        let end =
            try answer.map { $0 + (try time("talk") ?? .seconds(10)) } ?? time("patience") ?? .seconds(15)
        acts.append((end, .hangUp))
        return Exchange.Script(
            from: from, name: fields["name"], to: to, desks: desks, queue: fields["queue"],
            isPrivate: fields["private"] == "yes", acts: acts.sorted { $0.after < $1.after })
    }

    /// `calls=200 over=120s seed=7 desks=101,102,… [speed=2]`
    private static func rush(_ fields: [String: String]) throws -> [(at: Duration, script: Exchange.Script)] {
        guard let calls = fields["calls"].flatMap({ Int($0) }), let span = fields["over"].flatMap(duration),
            let desks = fields["desks"]?.split(separator: ",").map(String.init), !desks.isEmpty, calls > 0
        else { throw Problem("rush needs calls=, over= and desks=A,B,…") }
        return Exchange.rushHour(
            calls: calls, over: span, seed: fields["seed"].flatMap { UInt64($0) } ?? 1, desks: desks,
            speed: fields["speed"].flatMap { Double($0) } ?? 1)
    }

    private static func fields(_ words: some Sequence<String>) -> [String: String] {
        Dictionary(
            words.compactMap { word in
                word.firstIndex(of: "=").map { (String(word[..<$0]), String(word[word.index(after: $0)...])) }
            }, uniquingKeysWith: { $1 })
    }

    /// `90s`, `1500ms`, `2m`.
    static func duration(_ text: String) -> Duration? {
        if text.hasSuffix("ms") { return Int64(text.dropLast(2)).map { .milliseconds($0) } }
        if text.hasSuffix("m") { return Int64(text.dropLast()).map { .seconds($0 * 60) } }
        if text.hasSuffix("s") { return Double(text.dropLast()).map { .milliseconds(Int64($0 * 1000)) } }
        return nil
    }

    /// Words apart; quotes keep spaces together.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        var quoted = false
        for character in line {
            if character == "#", !quoted { break }
            if character == "\"" {
                quoted.toggle()
            } else if character == " " || character == "\t", !quoted {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
