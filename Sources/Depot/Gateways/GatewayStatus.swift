public import Model

/// What an agent says of itself, as far as it can be shown: only members that are known, each of its kind and in its range,
/// texts without what steers a terminal or makes lines of its own. Whatever comes, pages and logs can take it.
public struct GatewayStatus: Equatable, Sendable {
    /// Devices shown of one agent.
    public static let deviceLimit = 256
    /// Antennas, and facts about itself, shown of one device.
    public static let partLimit = 64
    /// Findings shown of one agent, and sentences of evidence of each: twice what this version's agent tells.
    public static let findingLimit = 48
    public static let evidenceLimit = 4
    /// Longest name, in UTF-8 bytes; sentences have `Bounded.reasonLimit`.
    public static let nameLimit = 200
    /// Problems told of one status.
    public static let problemLimit = 8

    /// In the form in which it came; with `problems` where there are any.
    public let json: JSON
    /// What was left out or mended, for the log and the page.
    public let problems: [String]

    public init(json: JSON) {
        var reader = Reader()
        let safe = reader.status(json)
        problems = reader.problems
        self.json = problems.isEmpty ? safe : safe.with("problems", .array(problems.map(JSON.string)))
    }

    /// A text as a page or a log may show it: line breaks and tabs are spaces; other control characters (C0, DEL, C1) and
    /// those that turn the direction of writing are left out (Unicode Standard Annex #9, 2.1 to 2.4).
    public static func clean(_ text: String, limit: Int = GatewayStatus.nameLimit) -> String {
        var out = ""
        // Whatever is dropped, more than a few times the limit is not looked at.
        for scalar in text.cut(to: limit * 4).unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x85, 0x2028, 0x2029: out.append(" ")
            case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: break
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out.cut(to: limit)
    }
}

extension GatewayStatus {
    fileprivate enum Kind {
        case flag, count, time, level, name, sentence

        var words: String {
            switch self {
            case .flag: "yes or no"
            case .count: "a number from 0 to 2^53"
            case .time: "a moment before the year 2200"
            case .level: "a measured number"
            case .name, .sentence: "a text"
            }
        }
    }

    fileprivate struct Reader {
        var problems: [String] = []

        mutating func tell(_ problem: String) {
            if problems.count < GatewayStatus.problemLimit { problems.append(problem) }
        }

        mutating func status(_ json: JSON) -> JSON {
            guard json.isObject else {
                tell("the status is no object")
                return .object([("online", .bool(false))])
            }
            var members = take(GatewayStatus.own, from: json, of: "")
            members.append(("account", account(json["account"])))
            members.append(("buffer", part(json, "buffer", GatewayStatus.buffer)))
            members.append(("uplink", part(json, "uplink", GatewayStatus.uplink)))
            members.append(("configuration", part(json, "configuration", GatewayStatus.configuration)))
            members.append(("update", part(json, "update", GatewayStatus.update)))
            members.append(("devices", devices(json["devices"])))
            members.append(("findings", findings(json["findings"])))
            return .object(members)
        }

        /// A number out of range stays one that keeps the account from closing.
        mutating func account(_ json: JSON?) -> JSON? {
            guard let json, json != .null else { return nil }
            guard json.isObject else {
                tell("account is no object")
                return nil
            }
            for name in ["produced", "committed", "pending", "rejected", "skipped"]
            where !json.allows(name, in: Bounded.counts) {
                tell("account.\(name) is not \(Kind.count.words)")
            }
            return Account(json: json).json
        }

        mutating func part(_ json: JSON, _ name: String, _ fields: [(String, Kind)]) -> JSON? {
            guard let part = json[name], part != .null else { return nil }
            guard part.isObject else {
                tell("\(name) is no object")
                return nil
            }
            return .object(take(fields, from: part, of: "\(name)."))
        }

        mutating func devices(_ json: JSON?) -> JSON? {
            guard let json, json != .null else { return nil }
            guard let list = json.list else {
                tell("devices is no list")
                return .array([])
            }
            if list.count > GatewayStatus.deviceLimit { tell("\(list.count) devices") }
            var devices: [JSON] = []
            for item in list.prefix(GatewayStatus.deviceLimit) {
                if let device = self.device(item) { devices.append(device) } else { tell("a device has no name") }
            }
            return .array(devices)
        }

        /// What it found wrong with itself; `findingLimit` at most.
        mutating func findings(_ json: JSON?) -> JSON? {
            guard let json, json != .null else { return nil }
            guard let list = json.list else {
                tell("findings is no list")
                return nil
            }
            if list.count > GatewayStatus.findingLimit { tell("\(list.count) findings") }
            return .array(
                list.prefix(GatewayStatus.findingLimit).compactMap { item in
                    guard item.isObject, item["code"]?.text != nil else { return nil }
                    var members = take(GatewayStatus.finding, from: item, of: "finding.")
                    let evidence = (item["evidence"]?.list ?? []).prefix(GatewayStatus.evidenceLimit)
                    members.append(
                        ("evidence", .array(evidence.compactMap { take(.sentence, $0, "finding.evidence") })))
                    return .object(members)
                })
        }

        mutating func device(_ json: JSON) -> JSON? {
            guard json.isObject, let name = json["name"]?.text, !GatewayStatus.clean(name).isEmpty else { return nil }
            let place = "device \(GatewayStatus.clean(name))."
            var members = take(GatewayStatus.device, from: json, of: place)
            // Pages count on these.
            for index in members.indices where members[index].1 == nil {
                switch members[index].0 {
                case "title", "kind", "port": members[index].1 = ""
                case "zone": members[index].1 = .string(GatewayStatus.clean(name))
                case "state": members[index].1 = "unknown"
                case "since", "observations", "present": members[index].1 = 0
                default: break
                }
            }
            members.append(("identity", identity(json["identity"], place)))
            members.append(("notSaved", part(json, "notSaved", GatewayStatus.notSaved)))
            members.append(("doubt", part(json, "doubt", GatewayStatus.doubt)))
            members.append(("antennas", antennas(json["antennas"], place)))
            members.append(("can", names(json["can"], "\(place)can")))
            return .object(members)
        }

        mutating func identity(_ json: JSON?, _ place: String) -> JSON? {
            guard let json, json != .null else { return nil }
            guard let fields = json.fields else {
                tell("\(place)identity is no object")
                return nil
            }
            var facts: [JSON.Member] = []
            for field in fields.prefix(GatewayStatus.partLimit) {
                let name = GatewayStatus.clean(field.name)
                if let text = take(.name, field.value, "\(place)\(name)") { facts.append(.init(name, text)) }
            }
            return .members(facts)
        }

        /// A list of words, such as what a line can be asked for.
        mutating func names(_ json: JSON?, _ what: String) -> JSON? {
            guard let json, json != .null else { return nil }
            guard let list = json.list else {
                tell("\(what) is no list")
                return nil
            }
            return .array(list.prefix(GatewayStatus.partLimit).compactMap { take(.name, $0, what) })
        }

        mutating func antennas(_ json: JSON?, _ place: String) -> JSON? {
            guard let json, json != .null else { return nil }
            guard let list = json.list else {
                tell("\(place)antennas is no list")
                return nil
            }
            var antennas: [JSON] = []
            for item in list.prefix(GatewayStatus.partLimit) where item.isObject {
                antennas.append(.object(take(GatewayStatus.antenna, from: item, of: "\(place)antennas.")))
            }
            return .array(antennas)
        }

        mutating func take(_ fields: [(String, Kind)], from json: JSON, of place: String) -> [(String, JSON?)] {
            var members: [(String, JSON?)] = []
            for (name, kind) in fields { members.append((name, take(kind, json[name], place + name))) }
            return members
        }

        /// Nil where it is missing, and told where it is of another kind.
        mutating func take(_ kind: Kind, _ value: JSON?, _ what: String) -> JSON? {
            guard let value, value != .null else { return nil }
            switch kind {
            case .flag:
                if value.truth != nil { return value }
            case .count:
                if let number = value.integer, Bounded.counts.contains(number) { return .int(number) }
            case .time:
                if let number = value.integer, Bounded.times.contains(number) { return .int(number) }
            case .level:
                if let number = value.double, number.magnitude <= 1e9 { return value }
            case .name, .sentence:
                if let text = value.text {
                    let safe = GatewayStatus.clean(
                        text, limit: kind == .name ? GatewayStatus.nameLimit : Bounded.reasonLimit)
                    if safe != text { tell("\(what) was cut or cleaned") }
                    return .string(safe)
                }
            }
            tell("\(what) is not \(kind.words)")
            return nil
        }
    }

    // What an agent sends (docs/reference/topics.md, `st`), by part.
    private static let own: [(String, Kind)] = [
        ("v", .count), ("agent", .name), ("site", .name), ("online", .flag), ("version", .name), ("clock", .time),
        ("synced", .flag), ("started", .time), ("epoch", .name), ("boot", .count), ("page", .flag),
    ]
    private static let buffer: [(String, Kind)] = [
        ("pending", .count), ("settled", .count), ("oldest", .time), ("bytes", .count), ("budget", .count),
        ("files", .count), ("level", .name), ("trouble", .sentence), ("code", .name), ("since", .time),
        ("refusedSince", .count), ("refused", .count),
    ]
    private static let uplink: [(String, Kind)] = [
        ("connected", .flag), ("centre", .flag), ("delivering", .flag), ("reason", .sentence), ("alarm", .sentence),
        ("lastAck", .time), ("urgentWaiting", .count), ("frames", .count), ("bytes", .count), ("since", .time),
        ("authority", .name),
    ]
    private static let configuration: [(String, Kind)] = [
        ("revision", .count), ("state", .name), ("refused", .count), ("reason", .sentence),
    ]
    private static let update: [(String, Kind)] = [
        ("allowed", .flag), ("hold", .name), ("package", .name), ("state", .name), ("version", .name),
        ("command", .name), ("code", .name), ("reason", .sentence), ("at", .time),
    ]
    private static let device: [(String, Kind)] = [
        ("name", .name), ("driver", .name), ("title", .name), ("kind", .name), ("port", .name), ("zone", .name),
        ("state", .name), ("reason", .sentence), ("asked", .sentence), ("since", .time), ("observations", .count),
        ("noiseBytes", .count),
        ("faults", .count), ("lastFault", .sentence), ("restarts", .count), ("overruns", .count), ("present", .count),
        ("lastSeen", .time), ("refused", .count), ("unsaved", .count), ("readsPerSecond", .level),
    ]
    private static let finding: [(String, Kind)] = [
        ("code", .name), ("severity", .name), ("subject", .name), ("since", .time),
    ]
    private static let notSaved: [(String, Kind)] = [
        ("code", .name), ("reason", .sentence), ("since", .time), ("count", .count),
    ]
    private static let doubt: [(String, Kind)] = [
        ("calls", .count), ("counted", .flag), ("unclear", .count), ("from", .time), ("to", .time),
    ]
    private static let antenna: [(String, Kind)] = [("antenna", .count), ("reads", .count), ("rssiDBm", .level)]
}
