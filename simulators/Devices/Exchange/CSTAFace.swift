import Drivers
import Model

/// CSTA phase III as XML (ECMA-323): each monitored telephone's events, with a callID that changes in transfers.
struct CSTAFace: ExchangeFace {
    private struct Connection {
        var pending: [UInt8] = []
        /// Telephones followed, with the reference of each monitor.
        var monitors: [String: Int] = [:]
    }

    private var connections: [Int: Connection] = [:]
    private var out = FaceOutput()
    private var references = 100
    /// callIDs that a transfer has given to a call.
    private var renamed: [Int: String] = [:]
    private static let namespace = "http://www.ecma-international.org/standards/ecma-323/csta/ed4"

    mutating func connect(_ id: Int) { connections[id] = Connection() }

    mutating func disconnect(_ id: Int) {
        connections[id] = nil
        out.forget(id)
    }

    mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) { out.take() }

    // MARK: what happens

    private func callID(_ call: Int) -> String { renamed[call] ?? "C\(call)" }

    private func connection(_ name: String, _ leg: Exchange.Leg, call: String? = nil) -> String {
        "<\(name)><callID>\(call ?? callID(leg.call))</callID><deviceID>\(leg.number)</deviceID></\(name)>"
    }

    private func device(_ name: String, _ number: String?, isPrivate: Bool = false) -> String {
        let inner =
            number.map { isPrivate ? "<notKnown/>" : "<deviceIdentifier>\($0)</deviceIdentifier>" } ?? "<notKnown/>"
        return "<\(name)>\(inner)</\(name)>"
    }

    /// Who calls whom, as every event of a call says it.
    private func parties(_ caller: Exchange.Leg) -> String {
        device("callingDevice", caller.number, isPrivate: caller.isPrivate) + device("calledDevice", caller.called)
            + "<lastRedirectionDevice><notRequired/></lastRedirectionDevice>"
    }

    mutating func tell(_ happening: Exchange.Happening, legs: [Exchange.Leg], at now: Instant) {
        let monitored = { (call: Int) in Set(legs.filter { $0.call == call && $0.isDesk }.map(\.number)) }
        switch happening {
        case .began(let leg):
            if let tag = leg.tag {
                renamed[leg.call] = tag
                emit(
                    "ServiceInitiatedEvent",
                    connection("initiatedConnection", leg) + device("initiatingDevice", leg.number)
                        + "<localConnectionInfo>initiated</localConnectionInfo><cause>makeCall</cause>",
                    to: [leg.number])
                return
            }
            guard leg.isDesk, leg.called != "*8" else { return }
            emit("OriginatedEvent", connection("originatedConnection", leg) + parties(leg), to: [leg.number])
        case .dialled: break
        case .ringing(let by, let leg):
            guard leg.isDesk, leg.tag == nil else { return }
            emit(
                "DeliveredEvent",
                connection("connection", leg) + device("alertingDevice", leg.number) + parties(by)
                    + "<localConnectionInfo>alerting</localConnectionInfo><cause>newCall</cause>", to: [leg.number])
        case .answered(_, let leg) where leg.tag != nil:
            // Its receiver is lifted: now it calls.
            emit("OriginatedEvent", connection("originatedConnection", leg) + parties(leg), to: [leg.number])
        case .answered(let by, let leg):
            emit(
                "EstablishedEvent",
                connection("establishedConnection", leg) + device("answeringDevice", leg.number) + parties(by)
                    + "<localConnectionInfo>connected</localConnectionInfo><cause>normal</cause>",
                to: monitored(leg.call))
        case .held(let leg):
            emit(
                "HeldEvent",
                connection("heldConnection", leg) + device("holdingDevice", leg.number)
                    + "<cause>normal</cause>", to: [leg.number])
        case .resumed(let leg):
            emit(
                "RetrievedEvent",
                connection("retrievedConnection", leg) + device("retrievingDevice", leg.number)
                    + "<cause>normal</cause>", to: [leg.number])
        case .queued, .dequeued: break
        case .blind(let by, _, let to):
            emit(
                "TransferedEvent",
                connection("primaryOldCall", by) + device("transferringDevice", by.number)
                    + device("transferredToDevice", to) + "<transferredConnections/>", to: [by.number])
        case .attended(let first, let second, let other, let target):
            let new = "T\(second.call)"
            func item(_ leg: Exchange.Leg) -> String {
                "<connectionListItem>" + connection("newConnection", leg, call: new)
                    + connection("oldConnection", leg) + "</connectionListItem>"
            }
            emit(
                "TransferedEvent",
                connection("primaryOldCall", first) + connection("secondaryOldCall", second)
                    + device("transferringDevice", first.number) + device("transferredToDevice", target.number)
                    + "<transferredConnections>" + item(target) + item(other) + "</transferredConnections>",
                to: [first.number, target.number])
            (renamed[first.call], renamed[second.call]) = (new, new)
        case .pickedUp(let by, let target, let caller):
            emit(
                "DivertedEvent",
                connection("connection", target) + device("divertingDevice", target.number)
                    + device("newDestination", by.number) + "<cause>callPickup</cause>", to: [target.number])
            var leg = by
            leg.call = target.call
            emit(
                "EstablishedEvent",
                connection("establishedConnection", leg) + device("answeringDevice", leg.number) + parties(caller)
                    + "<localConnectionInfo>connected</localConnectionInfo><cause>callPickup</cause>", to: [by.number])
        case .ended(_, let leg, let cause):
            let word =
                switch cause {
                case .normal, .transferred: "normalClearing"
                case .cancelled: "callCancelled"
                case .elsewhere: "multipleAlerting"
                case .busy: "busy"
                case .declined: "callRejected"
                }
            // A transfer has taken it out already.
            guard cause != .transferred else { return }
            emit(
                "ConnectionClearedEvent",
                connection("droppedConnection", leg) + device("releasingDevice", leg.number)
                    + "<localConnectionInfo>null</localConnectionInfo><cause>\(word)</cause>",
                to: monitored(leg.call).union(leg.isDesk ? [leg.number] : []))
        case .over(let call):
            if renamed[call]?.hasPrefix("T") ?? false, renamed.values.filter({ $0 == renamed[call] }).count == 1 {
                renamed[call] = nil
            }
        }
    }

    private mutating func emit(_ name: String, _ body: String, to desks: Set<String>) {
        for id in connections.keys.sorted() {
            for (desk, reference) in connections[id]!.monitors.sorted(by: { $0.key < $1.key })
            where desks.contains(desk) {
                send(
                    id, CSTAFrame.event,
                    "<\(name) xmlns=\"\(CSTAFace.namespace)\"><monitorCrossRefID>\(reference)</monitorCrossRefID>\(body)</\(name)>"
                )
            }
        }
    }

    private mutating func send(_ id: Int, _ invoke: String, _ xml: String) {
        out.put(
            CSTAFrame(invoke: invoke, xml: Array("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\(xml)".utf8)).encoded,
            on: id)
    }

    // MARK: requests

    mutating func receive(_ bytes: [UInt8], on id: Int, legs: [Exchange.Leg]) -> [Exchange.Request] {
        guard var pending = connections[id].map({ $0.pending + bytes }) else { return [] }
        defer { connections[id]?.pending = pending }
        var requests: [Exchange.Request] = []
        while let step = CSTAFrame.take(from: &pending) {
            guard case .frame(let frame) = step, let xml = XMLTree(parsing: frame.xml[...]) else { continue }
            if let request = obey(xml, frame.invoke, id, legs) { requests.append(request) }
        }
        return requests
    }

    private mutating func obey(_ xml: XMLTree, _ invoke: String, _ id: Int, _ legs: [Exchange.Leg]) -> Exchange.Request?
    {
        func answer(_ name: String, _ body: String) {
            send(id, invoke, "<\(name) xmlns=\"\(CSTAFace.namespace)\">\(body)</\(name)>")
        }
        switch xml.name {
        case "startapplicationsession":
            answer(
                "StartApplicationSessionPosResponse",
                "<sessionID>1</sessionID><actualSessionDuration>600</actualSessionDuration>")
        case "resetapplicationsessiontimer":
            answer(
                "ResetApplicationSessionTimerPosResponse", "<actualSessionDuration>600</actualSessionDuration>")
        case "monitorstart":
            guard let desk = xml["deviceobject"]?.text else { return nil }
            references += 1
            connections[id]?.monitors[desk] = references
            answer("MonitorStartResponse", "<monitorCrossRefID>\(references)</monitorCrossRefID>")
        case "snapshotdevice": snapshot(xml["deviceid"]?.text ?? "", legs, answer)
        case "snapshotcall":
            let caller = legs.first { callID($0.call) == xml["callid"]?.text && $0.isOrigin }
            answer("SnapshotCallResponse", caller.map(parties) ?? "")
        case "makecall":
            guard let desk = xml["callingdevice"]?.text, let number = xml["calleddirectorynumber"]?.text else {
                return nil
            }
            references += 1
            let call = "M\(references)"
            answer(
                "MakeCallResponse",
                "<callingDevice><callID>\(call)</callID><deviceID>\(desk)</deviceID></callingDevice>")
            return .originate(desk: desk, number: number, tag: call)
        case "clearconnection":
            answer("ClearConnectionResponse", "")
            let members = legs.filter { callID($0.call) == xml["callid"]?.text }
            let own = members.first { $0.number == xml["deviceid"]?.text }
            // Whoever began the call gives it up; anybody else leaves it.
            return own.map { $0.isOrigin ? .hangUp(leg: $0.id) : .leave(leg: $0.id) }
                ?? members.first.map { .hangUp(leg: $0.id) }
        case "singlesteptransfercall":
            guard let target = xml["transferredto"]?.text,
                let leg = legs.first(where: {
                    callID($0.call) == xml["callid"]?.text && $0.number == xml["deviceid"]?.text
                        && ($0.state == .up || $0.state == .held)
                })
            else {
                send(
                    id, invoke,
                    "<CSTAErrorCode xmlns=\"\(CSTAFace.namespace)\"><operation>invalidConnectionID</operation></CSTAErrorCode>"
                )
                return nil
            }
            answer(
                "SingleStepTransferCallResponse",
                "<transferredCall><callID>\(callID(leg.call))</callID><deviceID>\(target)</deviceID></transferredCall>")
            return .transfer(leg: leg.id, to: target)
        case "stopapplicationsession":
            answer("StopApplicationSessionPosResponse", "")
            out.close(id)
        default: break
        }
        return nil
    }

    private func snapshot(_ desk: String, _ legs: [Exchange.Leg], _ answer: (String, String) -> Void) {
        let items = legs.filter { $0.number == desk }.map { leg -> String in
            let state =
                switch leg.state {
                case .down, .dialling: "initiated"
                case .ringing: "alerting"
                case .up: "connected"
                case .held: "hold"
                }
            return "<snapshotDeviceResponseInfo>" + connection("connectionIdentifier", leg)
                + "<localCallState><compoundCallState><localConnectionState>\(state)</localConnectionState>"
                + "</compoundCallState></localCallState></snapshotDeviceResponseInfo>"
        }
        answer(
            "SnapshotDeviceResponse",
            "<crossRefIDorSnapshotData><snapshotData>\(items.joined())</snapshotData></crossRefIDorSnapshotData>")
    }
}
