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
        case call(AsteriskPBX.Inbound)
    }

    var title = ""
    var devices: [Device] = []
    var pbxPort: UInt16?
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
                    guard words.count == 3, words[1] == "asterisk-ami", let port = UInt16(words[2]) else {
                        throw Problem("pbx asterisk-ami PORT")
                    }
                    pbxPort = port
                case "at":
                    guard words.count >= 4, let time = Scenario.duration(words[1]) else {
                        throw Problem("at TIME DEVICE ACT …")
                    }
                    acts.append((time, try act(Array(words.dropFirst(2)))))
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
        default:
            throw Problem(
                "a device can scan, tags, pass, antenna, noise, tear, flip, brownout or unplug; a pbx can call")
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

    private static func call(_ fields: [String: String]) throws -> AsteriskPBX.Inbound {
        guard let from = fields["from"], let to = fields["to"], let ring = fields["ring"] else {
            throw Problem("a call needs from=, to= and ring=")
        }
        let desks = ring.split(separator: ",").map(String.init)
        let after = fields["answer"].flatMap(duration)
        return AsteriskPBX.Inbound(
            from: from, name: fields["name"], to: to, desks: desks,
            answer: after.map { (fields["by"] ?? desks[0], $0) },
            talk: fields["talk"].flatMap(duration) ?? .seconds(10),
            patience: fields["patience"].flatMap(duration) ?? .seconds(15), isPrivate: fields["private"] == "yes")
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
