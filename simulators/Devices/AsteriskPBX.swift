import Drivers
public import Model

/// An Asterisk with telephones and a carrier, as its manager interface shows it (cti.md §2). A value: connections,
/// scripted calls and time go in, bytes for each connection come out.
public struct AsteriskPBX: Sendable {
    /// A call as a scenario writes it.
    public struct Inbound: Equatable, Sendable {
        public var from: String
        public var name: String?
        public var to: String
        public var desks: [String]
        /// Nil: nobody answers, the caller gives up after `patience`.
        public var answer: (desk: String, after: Duration)?
        public var talk: Duration
        public var patience: Duration
        /// The carrier sends the number and asks to hide it.
        public var isPrivate: Bool

        public init(
            from: String, name: String? = nil, to: String, desks: [String],
            answer: (desk: String, after: Duration)? = nil,
            talk: Duration = .seconds(10), patience: Duration = .seconds(15), isPrivate: Bool = false
        ) {
            self.from = from
            self.name = name
            self.to = to
            self.desks = desks
            self.answer = answer
            self.talk = talk
            self.patience = patience
            self.isPrivate = isPrivate
        }

        public static func == (a: Inbound, b: Inbound) -> Bool {
            (a.from, a.to, a.desks, a.talk, a.patience, a.isPrivate) == (
                b.from, b.to, b.desks, b.talk, b.patience, b.isPrivate
            )
        }
    }

    private struct Connection {
        var parser = AMIParser()
        var challenge = ""
        var loggedIn = false
        var output: [UInt8] = []
        var closing = false
    }

    private struct Channel {
        var id: String
        var name: String
        var number: String
        var caller: String?
        var state: Int
        var linked: String
        var exten: String
        var connected: String?
        var connectedName: String?
        var dialled: Bool
        var isPrivate = false
        var originateID: String?
    }

    private enum Step {
        case ring(String)
        case answer(String)
        case hangUp(call: String, unanswered: Bool)
        case dialOut(String, number: String)
    }

    private let user: String
    private let secret: String
    private let version: String
    private var connections: [Int: Connection] = [:]
    private var channels: [String: Channel] = [:]
    private var order: [String] = []
    private var schedule: [(at: Instant, step: Step)] = []
    private var counter = 0

    private let epoch: Int64

    /// `epoch` begins every Uniqueid, as the exchange's start time does in a real one.
    public init(user: String, secret: String, version: String = "11.0.0", epoch: Int64 = 1_795_000_000) {
        self.epoch = epoch
        self.user = user
        self.secret = secret
        self.version = version
    }

    // MARK: from outside

    public mutating func connect(_ id: Int) {
        connections[id] = Connection()
        connections[id]!.output += Array("Asterisk Call Manager/\(version)\r\n".utf8)
    }

    public mutating func disconnect(_ id: Int) { connections[id] = nil }

    public mutating func receive(_ bytes: [UInt8], on id: Int, at now: Instant) {
        guard let steps = connections[id]?.parser.take(bytes) else { return }
        for case .message(let message) in steps { obey(message, id, now) }
    }

    /// Bytes for each connection, and those that are to be closed afterwards.
    public mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) {
        var out: [Int: [UInt8]] = [:]
        for id in connections.keys {
            if !connections[id]!.output.isEmpty { out[id] = connections[id]!.output }
            connections[id]!.output = []
        }
        return (out, connections.filter(\.value.closing).map(\.key))
    }

    public var deadline: Instant? { schedule.map(\.at).min() }

    public mutating func tick(at now: Instant) {
        while let index = schedule.indices.filter({ schedule[$0].at <= now }).min(by: {
            schedule[$0].at < schedule[$1].at
        }) {
            let due = schedule.remove(at: index)
            perform(due.step, at: due.at)
        }
    }

    public mutating func call(_ inbound: Inbound, at now: Instant) {
        let trunk = create(
            "PJSIP/trunk", number: inbound.from, state: 4, linked: nil, exten: inbound.to, name: inbound.name)
        channels[trunk]!.isPrivate = inbound.isPrivate
        announce(trunk)
        for desk in inbound.desks {
            let leg = create("PJSIP/\(desk)", number: desk, state: 0, linked: trunk, exten: "s", name: nil)
            channels[leg]!.dialled = true
            channels[leg]!.connected = inbound.from
            channels[leg]!.connectedName = inbound.name
            announce(leg)
            emit("DialBegin", [header(trunk), header(leg, prefix: "Dest"), ["DialString: \(desk)"]].flatMap(\.self))
            schedule.append((now + .milliseconds(50), .ring(leg)))
            if let answer = inbound.answer, answer.desk == desk { schedule.append((now + answer.after, .answer(leg))) }
        }
        let end = inbound.answer.map { now + $0.after + inbound.talk } ?? now + inbound.patience
        schedule.append((end, .hangUp(call: trunk, unanswered: inbound.answer == nil)))
    }

    // MARK: calls

    private mutating func create(
        _ endpoint: String, number: String, state: Int, linked: String?, exten: String, name: String?, id: String? = nil
    ) -> String {
        counter += 1
        let id = id ?? "\(epoch).\(counter)"
        channels[id] = Channel(
            id: id,
            name:
                "\(endpoint)-\(Hex.string([UInt8(counter >> 24 & 255), UInt8(counter >> 16 & 255), UInt8(counter >> 8 & 255), UInt8(counter & 255)]).lowercased())",
            number: number, caller: name, state: state, linked: linked ?? id, exten: exten, dialled: false)
        order.append(id)
        return id
    }

    private mutating func announce(_ id: String) { emit("Newchannel", header(id)) }

    private mutating func perform(_ step: Step, at now: Instant) {
        switch step {
        case .ring(let id):
            guard channels[id]?.state == 0 else { return }
            channels[id]!.state = 5
            emit("Newstate", header(id))
        case .answer(let id):
            guard let channel = channels[id], channel.state == 5 else { return }
            channels[id]!.state = 6
            emit("Newstate", header(id))
            if let action = channel.originateID {
                emit(
                    "OriginateResponse",
                    [
                        "ActionID: \(action)", "Response: Success", "Channel: \(channel.name)", "Reason: 4",
                        "Uniqueid: \(id)",
                    ])
                schedule.append((now + .milliseconds(100), .dialOut(id, number: channel.exten)))
                return
            }
            for other in order
            where channels[other]?.linked == channel.linked && other != id && channels[other]?.dialled == true
                && channels[other]?.state == 5
            {
                emit("DialEnd", header(channel.linked) + header(other, prefix: "Dest") + ["DialStatus: CANCEL"])
                hangUp(other, cause: 26)
            }
            emit("DialEnd", header(channel.linked) + header(id, prefix: "Dest") + ["DialStatus: ANSWER"])
            if channels[channel.linked]?.state == 4 {
                channels[channel.linked]!.state = 6
                emit("Newstate", header(channel.linked))
            }
        case .hangUp(let call, let unanswered): endCall(call, cancelled: unanswered)
        case .dialOut(let own, let number):
            guard channels[own] != nil else { return }
            let trunk = create("PJSIP/trunk", number: number, state: 0, linked: own, exten: "s", name: nil)
            channels[trunk]!.dialled = true
            announce(trunk)
            emit("DialBegin", header(own) + header(trunk, prefix: "Dest") + ["DialString: trunk/\(number)"])
            schedule.append((now + .milliseconds(200), .ring(trunk)))
            schedule.append((now + .seconds(2), .answer(trunk)))
            schedule.append((now + .seconds(8), .hangUp(call: own, unanswered: false)))
        }
    }

    private mutating func endCall(_ linked: String, cancelled: Bool) {
        for id in order where channels[id]?.linked == linked && id != linked {
            if cancelled, channels[id]?.state == 5 {
                emit("DialEnd", header(linked) + header(id, prefix: "Dest") + ["DialStatus: CANCEL"])
            }
            hangUp(id, cause: cancelled ? 127 : 16)
        }
        if channels[linked] != nil { hangUp(linked, cause: cancelled ? 127 : 16) }
    }

    private mutating func hangUp(_ id: String, cause: Int) {
        emit("Hangup", header(id) + ["Cause: \(cause)", "Cause-txt: Normal Clearing"])
        channels[id] = nil
        order.removeAll { $0 == id }
    }

    // MARK: manager

    private mutating func obey(_ message: AMIMessage, _ id: Int, _ now: Instant) {
        guard let action = message.action?.lowercased() else { return }
        switch action {
        case "challenge":
            counter += 1
            connections[id]!.challenge = "8256822\(counter)"
            reply(id, message, ["Response: Success"], ["Challenge: \(connections[id]!.challenge)"])
        case "login":
            let key = amiLoginKey(challenge: connections[id]!.challenge, secret: secret)
            guard message["username"] == user, message["key"] == key || message["secret"] == secret else {
                reply(id, message, ["Response: Error"], ["Message: Authentication failed"])
                connections[id]!.closing = true
                return
            }
            connections[id]!.loggedIn = true
            reply(id, message, ["Response: Success"], ["Message: Authentication accepted"])
            put(id, ["Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted"])
        case _ where connections[id]?.loggedIn != true:
            reply(id, message, ["Response: Error"], ["Message: Permission denied"])
        case "ping": reply(id, message, ["Response: Success"], ["Ping: Pong", "Timestamp: 1795000000.000000"])
        case "logoff":
            reply(id, message, ["Response: Goodbye"], ["Message: Thanks for all the fish."])
            connections[id]!.closing = true
        case "getvar": getvar(message, id)
        case "coreshowchannels", "status": list(message, id, action)
        case "originate": originate(message, id, now)
        case "hangup":
            guard let channel = channels.values.first(where: { $0.name == message["channel"] }) else {
                return reply(id, message, ["Response: Error"], ["Message: No such channel"])
            }
            reply(id, message, ["Response: Success"], ["Message: Channel Hungup"])
            endCall(channel.linked, cancelled: channel.state != 6)
        default: reply(id, message, ["Response: Error"], ["Message: Invalid/unknown command"])
        }
    }

    private mutating func getvar(_ message: AMIMessage, _ id: Int) {
        guard let channel = channels.values.first(where: { $0.name == message["channel"] }) else {
            return reply(id, message, ["Response: Error"], ["Message: No such channel"])
        }
        let value = channel.isPrivate || channel.number == "anonymous" ? "prohib_not_screened" : "allowed_not_screened"
        reply(id, message, ["Response: Success"], ["Variable: \(message["variable"] ?? "")", "Value: \(value)"])
    }

    private mutating func list(_ message: AMIMessage, _ id: Int, _ action: String) {
        reply(id, message, ["Response: Success"], ["EventList: start", "Message: Channels will follow"])
        let tag = message.id.map { ["ActionID: \($0)"] } ?? []
        let name = action == "status" ? "Status" : "CoreShowChannel"
        for channel in order {
            let application = channels[channel]!.dialled ? "AppDial" : "Dial"
            put(
                id,
                ["Event: \(name)"] + tag + header(channel) + [
                    "Application: \(application)", "ApplicationData: (Outgoing Line)", "BridgeId: ",
                ])
        }
        put(
            id,
            ["Event: \(name == "Status" ? "StatusComplete" : "CoreShowChannelsComplete")"] + tag + [
                "EventList: Complete", "ListItems: \(order.count)",
            ])
    }

    private mutating func originate(_ message: AMIMessage, _ id: Int, _ now: Instant) {
        guard let target = message["channel"], let exten = message["exten"] else {
            return reply(id, message, ["Response: Error"], ["Message: Channel not specified"])
        }
        let number = target.split(separator: "/").last.map(String.init) ?? target
        let leg = create(
            target, number: number, state: 0, linked: nil, exten: exten, name: nil, id: message["channelid"])
        channels[leg]!.originateID = message.id
        reply(id, message, ["Response: Success"], ["Message: Originate successfully queued"])
        announce(leg)
        schedule.append((now + .milliseconds(100), .ring(leg)))
        schedule.append((now + .milliseconds(1500), .answer(leg)))
    }

    private mutating func reply(_ id: Int, _ message: AMIMessage, _ first: [String], _ rest: [String]) {
        put(id, first + (message.id.map { ["ActionID: \($0)"] } ?? []) + rest)
    }

    private mutating func put(_ id: Int, _ lines: [String]) {
        connections[id]?.output += Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }

    private mutating func emit(_ event: String, _ lines: [String]) {
        for id in connections.keys where connections[id]!.loggedIn {
            put(id, ["Event: \(event)", "Privilege: call,all"] + lines)
        }
    }

    private static let stateNames = [0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"]

    private func header(_ id: String, prefix: String = "") -> [String] {
        guard let channel = channels[id] else { return [] }
        return [
            "\(prefix)Channel: \(channel.name)", "\(prefix)ChannelState: \(channel.state)",
            "\(prefix)ChannelStateDesc: \(AsteriskPBX.stateNames[channel.state] ?? "Unknown")",
            "\(prefix)CallerIDNum: \(channel.number)", "\(prefix)CallerIDName: \(channel.caller ?? "<unknown>")",
            "\(prefix)ConnectedLineNum: \(channel.connected ?? "<unknown>")",
            "\(prefix)ConnectedLineName: \(channel.connectedName ?? "<unknown>")", "\(prefix)Context: from-trunk",
            "\(prefix)Exten: \(channel.exten)", "\(prefix)Priority: 1", "\(prefix)Uniqueid: \(channel.id)",
            "\(prefix)Linkedid: \(channel.linked)",
        ]
    }
}
