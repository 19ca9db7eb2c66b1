/// Something the centre asks of an agent. Carried out at most once: the id is stored before acting.
public struct Command: Equatable, Sendable {
    public enum Action: Equatable, Sendable {
        /// Ring `extension` first, then dial `number` from it. `device` names the phone link; nil takes the only one.
        case dial(extension: String, number: String, display: String?, device: String?)
        /// Give up the call that another command started.
        case cancel(command: String)
        /// End one's own part in a call, or refuse it while it rings. `call` as the agent names it, `extension` whose part.
        case hangUp(call: String, extension: String)
        /// Send the other side of a call on to `number`, without asking there first.
        case transfer(call: String, extension: String, number: String)
        /// Let the telephones of a call show who calls, by this name. For 300 ms from when they began to ring; later it is void.
        case name(call: String, name: String)
        /// Tell every read of a tag (hex) for so many seconds, with its strength; 0 ends it.
        case find(tag: String, seconds: Int)
        /// Take this version of the package from the machine's own repository, or go back to it where it was here before. Nothing else of what
        /// is to be run is in it.
        case update(version: String, isBack: Bool)
    }

    /// ULID.
    public var id: String
    public var action: Action
    /// Unix milliseconds.
    public var issued: Int64
    /// Seconds; the command is void afterwards.
    public var ttl: Int

    public init(id: String, action: Action, issued: Int64, ttl: Int) {
        self.id = id
        self.action = action
        self.issued = issued
        self.ttl = ttl
    }

    /// Longest extension, number and id, in UTF-8 bytes.
    static let wordLimit = 128

    /// 1 to 64 letters, digits and hyphens: it travels in lines that others end with CR LF.
    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D
            }
    }

    public var type: String {
        switch action {
        case .dial: "dial"
        case .cancel: "cancel"
        case .hangUp: "hangup"
        case .transfer: "transfer"
        case .name: "name"
        case .find: "find"
        case .update: "update"
        }
    }

    public var json: JSON {
        let args: JSON =
            switch action {
            case .dial(let desk, let number, let display, let device):
                .object([
                    ("extension", .string(desk)), ("number", .string(number)), ("display", display.map(JSON.string)),
                    ("device", device.map(JSON.string)),
                ])
            case .cancel(let command): .object([("command", .string(command))])
            case .hangUp(let call, let desk): .object([("call", .string(call)), ("extension", .string(desk))])
            case .transfer(let call, let desk, let number):
                .object([("call", .string(call)), ("extension", .string(desk)), ("number", .string(number))])
            case .name(let call, let name): .object([("call", .string(call)), ("name", .string(name))])
            case .find(let tag, let seconds): .object([("tag", .string(tag)), ("seconds", .int(Int64(seconds)))])
            case .update(let version, let isBack):
                .object([("version", .string(version)), ("back", isBack ? true : nil)])
            }
        return .object([
            ("id", .string(id)), ("type", .string(type)), ("args", args), ("issued", .int(issued)),
            ("ttl", .int(Int64(ttl))),
        ])
    }

    public init?(json: JSON) {
        guard let id = json["id"]?.text, Command.isID(id), let args = json["args"],
            let issued = json.bounded("issued", in: Bounded.times), let ttl = json.bounded("ttl", in: 0...3600)
        else { return nil }
        let action: Action
        switch json["type"]?.text {
        case "dial":
            guard let desk = args["extension"]?.text, desk.utf8.count <= Command.wordLimit,
                let number = args["number"]?.text, number.utf8.count <= Command.wordLimit,
                args["device"]?.text?.utf8.count ?? 0 <= Bounded.nameLimit
            else { return nil }
            action = .dial(
                extension: desk, number: number, display: args.name("display"), device: args["device"]?.text)
        case "cancel":
            guard let command = args["command"]?.text, command.utf8.count <= Command.wordLimit else { return nil }
            action = .cancel(command: command)
        case "hangup", "transfer":
            guard let call = args["call"]?.text, (1...Bounded.nameLimit).contains(call.utf8.count),
                let desk = args["extension"]?.text, desk.utf8.count <= Command.wordLimit
            else { return nil }
            if json["type"]?.text == "hangup" {
                action = .hangUp(call: call, extension: desk)
            } else {
                guard let number = args["number"]?.text, number.utf8.count <= Command.wordLimit else { return nil }
                action = .transfer(call: call, extension: desk, number: number)
            }
        case "name":
            guard let call = args["call"]?.text, (1...Bounded.nameLimit).contains(call.utf8.count),
                let name = args.name("name", limit: Command.wordLimit)
            else { return nil }
            action = .name(call: call, name: name)
        case "find":
            guard let tag = args["tag"]?.text, (1...128).contains(tag.utf8.count),
                let seconds = args.bounded("seconds", in: 0...300)
            else { return nil }
            action = .find(tag: tag, seconds: Int(seconds))
        case "update":
            guard let version = args["version"]?.text, AgentVersion.isValid(version) else { return nil }
            action = .update(version: version, isBack: args["back"]?.truth ?? false)
        default: return nil
        }
        self.init(id: id, action: action, issued: issued, ttl: Int(clamping: ttl))
    }
}

/// What some telephone links can do with a call that runs; an agent's status says it of each device.
public enum CallAct: String, CaseIterable, Sendable {
    case hangUp = "hangup"
    case transfer
    /// Let the telephones that ring show a name.
    case name
}

/// How far a command has come.
public struct CommandProgress: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case accepted
        /// The person's own telephone rings.
        case ringingOwn = "ringing-you"
        case ringingOther = "ringing-them"
        case talking
        case done, failed, cancelled, expired
        /// The agent died in between and the PBX cannot tell.
        case unknown

        public var isFinal: Bool {
            switch self {
            case .accepted, .ringingOwn, .ringingOther, .talking: false
            case .done, .failed, .cancelled, .expired, .unknown: true
            }
        }
    }

    public var id: String
    public var state: State
    public var cause: String?
    public var call: String?
    /// Of a click that was taken up: the number that the other side sees, where the agent decides it.
    public var presents: String?
    /// And the telephone link that dials.
    public var line: String?

    public init(id: String, state: State, cause: String? = nil, call: String? = nil, presents: String? = nil) {
        self.id = id
        self.state = state
        self.cause = cause
        self.call = call
        self.presents = presents
    }

    public var json: JSON {
        .object([
            ("command", .string(id)), ("state", .string(state.rawValue)), ("cause", cause.map(JSON.string)),
            ("call", call.map(JSON.string)), ("presents", presents.map(JSON.string)), ("line", line.map(JSON.string)),
        ])
    }

    public init?(json: JSON) {
        guard let id = json["command"]?.text, !id.isEmpty, id.utf8.count <= Command.wordLimit,
            let state = json["state"]?.text.flatMap(State.init)
        else { return nil }
        self.init(
            id: id, state: state, cause: json.name("cause", limit: Bounded.reasonLimit), call: json.name("call"),
            presents: json.name("presents"))
        line = json.name("line")
    }
}
