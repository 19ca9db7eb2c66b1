import Drivers
import Model

/// Asterisk's manager interface (Asterisk documentation, AMI v2 Specification).
struct AsteriskFace: ExchangeFace {
    private struct Connection {
        var parser = AMIParser()
        var challenge = ""
        var loggedIn = false
    }

    private let user: String
    private let secret: String
    private let version: String
    /// Begins every Uniqueid, as the exchange's start time does in a real one.
    private let epoch: Int64
    private var connections: [Int: Connection] = [:]
    private var out = FaceOutput()
    private var counter = 0
    /// Calls that the exchange has handled, as its `CoreStatus` counts them.
    private var processed = 0
    /// ActionIDs of originates, by the Uniqueid that was asked for.
    private var originates: [String: String] = [:]
    /// What a leg is called by in later events: a transferred one joins another's call.
    private var roots: [Int: Int] = [:]
    private var tags: [Int: String] = [:]
    /// Callers that wait, and in which queue.
    private var waiting: [Int: String] = [:]

    init(user: String, secret: String, version: String = "11.0.0", epoch: Int64) {
        self.user = user
        self.secret = secret
        self.version = version
        self.epoch = epoch
    }

    mutating func connect(_ id: Int) {
        connections[id] = Connection()
        out.put("Asterisk Call Manager/\(version)\r\n", on: id)
    }

    mutating func disconnect(_ id: Int) {
        connections[id] = nil
        out.forget(id)
    }

    mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) { out.take() }

    // MARK: what happens

    mutating func tell(_ happening: Exchange.Happening, legs: [Exchange.Leg], at now: Instant) {
        switch happening {
        case .began(let leg):
            if let tag = leg.tag { tags[leg.id] = tag }
            processed += 1
            emit("Newchannel", header(leg))
        case .dialled(let by, let leg):
            emit("Newchannel", header(leg))
            emit("DialBegin", header(by) + header(leg, "Dest") + ["DialString: \(leg.number)"])
        case .ringing(_, let leg): emit("Newstate", header(leg))
        case .answered(let by, let leg):
            emit("Newstate", header(leg))
            if let tag = leg.tag, let action = originates.removeValue(forKey: tag) {
                emit(
                    "OriginateResponse",
                    [
                        "ActionID: \(action)", "Response: Success", "Channel: \(name(leg))", "Reason: 4",
                        "Uniqueid: \(id(leg))",
                    ])
            }
            guard by.id != leg.id else { return }
            emit("DialEnd", header(by) + header(leg, "Dest") + ["DialStatus: ANSWER"])
            if by.isOrigin { emit("Newstate", header(by)) }
        case .held(let leg): emit("Hold", header(leg) + ["MusicClass: default"])
        case .resumed(let leg): emit("Unhold", header(leg))
        case .queued(let leg, let queue):
            waiting[leg.id] = queue
            emit("Newstate", header(leg))
            emit("QueueCallerJoin", header(leg) + ["Queue: \(queue)", "Position: 1", "Count: 1"])
        case .dequeued(let leg, let queue):
            waiting[leg.id] = nil
            emit("QueueCallerLeave", header(leg) + ["Queue: \(queue)", "Position: 1", "Count: 0"])
        case .blind(let by, let other, let to):
            emit(
                "BlindTransfer",
                ["Result: Success"] + header(by, "Transferer") + header(other, "Transferee") + [
                    "IsExternal: Yes", "Context: from-internal", "Extension: \(to)",
                ])
        case .attended(let first, let second, let other, let target):
            emit(
                "AttendedTransfer",
                ["Result: Success"] + header(first, "OrigTransferer") + header(second, "SecondTransferer")
                    + header(other, "Transferee") + header(target, "TransferTarget") + [
                        "IsExternal: Yes", "DestType: Bridge",
                    ])
            for leg in [second, target] { roots[leg.id] = roots[first.id] ?? first.call }
        case .pickedUp(let by, let target, _):
            emit("Pickup", header(by) + header(target, "Target"))
            roots[by.id] = roots[target.id] ?? target.call
        case .ended(let by, let leg, let cause):
            let status: String? =
                switch cause {
                case .cancelled, .elsewhere: "CANCEL"
                case .busy, .declined: "BUSY"
                case .normal, .transferred: nil
                }
            if let status, let by, by.id != leg.id, !leg.isOrigin {
                emit("DialEnd", header(by) + header(leg, "Dest") + ["DialStatus: \(status)"])
            }
            let number =
                switch cause {
                case .normal, .transferred: 16
                case .cancelled: leg.isOrigin ? 127 : 16
                case .elsewhere: 26
                case .busy: 17
                case .declined: 21
                }
            emit("Hangup", header(leg) + ["Cause: \(number)", "Cause-txt: Normal Clearing"])
            (roots[leg.id], tags[leg.id], waiting[leg.id]) = (nil, nil, nil)
        case .over: break
        }
    }

    // MARK: manager

    mutating func receive(_ bytes: [UInt8], on id: Int, legs: [Exchange.Leg]) -> [Exchange.Request] {
        guard let steps = connections[id]?.parser.take(bytes) else { return [] }
        var requests: [Exchange.Request] = []
        for case .message(let message) in steps {
            if let request = obey(message, id, legs) { requests.append(request) }
        }
        return requests
    }

    private mutating func obey(_ message: AMIMessage, _ id: Int, _ legs: [Exchange.Leg]) -> Exchange.Request? {
        guard let action = message.action?.lowercased() else { return nil }
        switch action {
        case "challenge":
            counter += 1
            connections[id]!.challenge = "8256822\(counter)"
            reply(id, message, ["Response: Success"], ["Challenge: \(connections[id]!.challenge)"])
        case "login":
            let key = amiLoginKey(challenge: connections[id]!.challenge, secret: secret)
            guard message["username"] == user, message["key"] == key || message["secret"] == secret else {
                reply(id, message, ["Response: Error"], ["Message: Authentication failed"])
                out.close(id)
                return nil
            }
            connections[id]!.loggedIn = true
            reply(id, message, ["Response: Success"], ["Message: Authentication accepted"])
            put(id, ["Event: FullyBooted", "Privilege: system,all", "Status: Fully Booted"])
        case _ where connections[id]?.loggedIn != true:
            reply(id, message, ["Response: Error"], ["Message: Permission denied"])
        case "ping": reply(id, message, ["Response: Success"], ["Ping: Pong", "Timestamp: 1795000000.000000"])
        case "corestatus":
            reply(
                id, message, ["Response: Success"],
                ["CoreStartupDate: 2026-11-20", "CoreCurrentCalls: \(legs.count)", "CoreProcessedCalls: \(processed)"])
        case "logoff":
            reply(id, message, ["Response: Goodbye"], ["Message: Thanks for all the fish."])
            out.close(id)
        case "getvar": getvar(message, id, legs)
        case "coreshowchannels", "status": list(message, id, action, legs)
        case "queuestatus": queues(message, id, legs)
        case "originate":
            guard let target = message["channel"], let exten = message["exten"] else {
                reply(id, message, ["Response: Error"], ["Message: Channel not specified"])
                return nil
            }
            let desk = target.split(separator: "/").last.map(String.init) ?? target
            reply(id, message, ["Response: Success"], ["Message: Originate successfully queued"])
            guard let tag = message["channelid"] else { return nil }
            originates[tag] = message.id
            return .originate(desk: desk, number: exten, tag: tag)
        case "hangup":
            guard let leg = legs.first(where: { name($0) == message["channel"] }) else {
                reply(id, message, ["Response: Error"], ["Message: No such channel"])
                return nil
            }
            reply(id, message, ["Response: Success"], ["Message: Channel Hungup"])
            // Cause 21 and 16 of one telephone; without a cause a click is given up.
            return message["cause"] == nil ? .hangUp(leg: leg.id) : .leave(leg: leg.id)
        case "blindtransfer":
            guard let leg = legs.first(where: { name($0) == message["channel"] }), let exten = message["exten"],
                leg.state == .up || leg.state == .held
            else {
                reply(id, message, ["Response: Error"], ["Message: No such channel"])
                return nil
            }
            reply(id, message, ["Response: Success"], ["Message: Transfer succeeded"])
            return .transfer(leg: leg.id, to: exten)
        case "setvar": return setvar(message, id, legs)
        default: reply(id, message, ["Response: Error"], ["Message: Invalid/unknown command"])
        }
        return nil
    }

    private mutating func getvar(_ message: AMIMessage, _ id: Int, _ legs: [Exchange.Leg]) {
        guard let leg = legs.first(where: { name($0) == message["channel"] }) else {
            return reply(id, message, ["Response: Error"], ["Message: No such channel"])
        }
        let value = leg.isPrivate || leg.number == "anonymous" ? "prohib_not_screened" : "allowed_not_screened"
        reply(id, message, ["Response: Success"], ["Variable: \(message["variable"] ?? "")", "Value: \(value)"])
    }

    /// The functions `CALLERID(name)` and `CONNECTEDLINE(name)`; each change is an event.
    private mutating func setvar(_ message: AMIMessage, _ id: Int, _ legs: [Exchange.Leg]) -> Exchange.Request? {
        guard var leg = legs.first(where: { name($0) == message["channel"] }), let value = message["value"] else {
            reply(id, message, ["Response: Error"], ["Message: No such channel"])
            return nil
        }
        let isCaller = message["variable"] == "CALLERID(name)"
        guard isCaller || message["variable"] == "CONNECTEDLINE(name)" else {
            reply(id, message, ["Response: Success"], ["Message: Variable Set"])
            return nil
        }
        if isCaller { leg.name = value } else { leg.peer?.name = value }
        emit(isCaller ? "NewCallerid" : "NewConnectedLine", header(leg))
        reply(id, message, ["Response: Success"], ["Message: Variable Set"])
        return .name(leg: leg.id, value, isCaller: isCaller)
    }

    private mutating func list(_ message: AMIMessage, _ id: Int, _ action: String, _ legs: [Exchange.Leg]) {
        reply(id, message, ["Response: Success"], ["EventList: start", "Message: Channels will follow"])
        let tag = message.id.map { ["ActionID: \($0)"] } ?? []
        let name = action == "status" ? "Status" : "CoreShowChannel"
        for leg in legs {
            put(
                id,
                ["Event: \(name)"] + tag + header(leg) + [
                    "Application: \(waiting[leg.id] != nil ? "Queue" : leg.isOrigin ? "Dial" : "AppDial")",
                    "ApplicationData: \(waiting[leg.id].map { "\($0),tT,,,60" } ?? "(Outgoing Line)")", "BridgeId: ",
                ])
        }
        put(
            id,
            ["Event: \(name == "Status" ? "StatusComplete" : "CoreShowChannelsComplete")"] + tag + [
                "EventList: Complete", "ListItems: \(legs.count)",
            ])
    }

    private mutating func queues(_ message: AMIMessage, _ id: Int, _ legs: [Exchange.Leg]) {
        reply(id, message, ["Response: Success"], ["EventList: start", "Message: Queue status will follow"])
        let tag = message.id.map { ["ActionID: \($0)"] } ?? []
        for leg in legs {
            guard let queue = waiting[leg.id] else { continue }
            put(
                id,
                ["Event: QueueEntry"] + tag + [
                    "Queue: \(queue)", "Position: 1", "Channel: \(name(leg))", "Uniqueid: \(self.id(leg))",
                    "CallerIDNum: \(leg.number)", "CallerIDName: unknown", "ConnectedLineNum: unknown",
                    "ConnectedLineName: unknown", "Wait: 1", "Priority: 0",
                ])
        }
        put(id, ["Event: QueueStatusComplete"] + tag + ["EventList: Complete", "ListItems: \(waiting.count)"])
    }

    private mutating func reply(_ id: Int, _ message: AMIMessage, _ first: [String], _ rest: [String]) {
        put(id, first + (message.id.map { ["ActionID: \($0)"] } ?? []) + rest)
    }

    private mutating func put(_ id: Int, _ lines: [String]) {
        out.put(lines.joined(separator: "\r\n") + "\r\n\r\n", on: id)
    }

    private mutating func emit(_ event: String, _ lines: [String]) {
        let text = (["Event: \(event)", "Privilege: call,all"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
        for id in connections.keys where connections[id]!.loggedIn { out.put(text, on: id) }
    }

    private func id(_ leg: Exchange.Leg) -> String { leg.tag ?? "\(epoch).\(leg.id)" }

    private func name(_ leg: Exchange.Leg) -> String {
        let digits = String(leg.id, radix: 16)
        let number = String(repeating: "0", count: max(0, 8 - digits.count)) + digits
        return "PJSIP/\(leg.isDesk ? leg.number : "trunk")-\(number)"
    }

    private func header(_ leg: Exchange.Leg, _ prefix: String = "") -> [String] {
        let (state, text) =
            switch leg.state {
            case .down: (0, "Down")
            case .dialling: (4, "Ring")
            case .ringing: (5, "Ringing")
            case .up, .held: (6, "Up")
            }
        let root = roots[leg.id] ?? leg.call
        return [
            "\(prefix)Channel: \(name(leg))", "\(prefix)ChannelState: \(state)", "\(prefix)ChannelStateDesc: \(text)",
            "\(prefix)CallerIDNum: \(leg.number)", "\(prefix)CallerIDName: \(leg.name ?? "<unknown>")",
            "\(prefix)ConnectedLineNum: \(leg.peer?.number ?? "<unknown>")",
            "\(prefix)ConnectedLineName: \(leg.peer?.name ?? "<unknown>")",
            "\(prefix)Context: \(leg.isDesk ? "from-internal" : "from-trunk")",
            "\(prefix)Exten: \(leg.isOrigin ? leg.called : "s")", "\(prefix)Priority: 1",
            "\(prefix)Uniqueid: \(id(leg))", "\(prefix)Linkedid: \(tags[root] ?? "\(epoch).\(root)")",
        ]
    }
}
