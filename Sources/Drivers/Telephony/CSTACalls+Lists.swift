import Model

/// What the switch lists after a gap.
extension CSTACalls {
    // MARK: lists

    mutating func beginSnapshot() { listed = Listed() }

    /// Connections of a telephone as the exchange lists them; returns the calls whose parties must be asked for.
    mutating func snapshot(of desk: String, _ xml: XMLTree) -> [(call: String, device: String)] {
        var new: [(call: String, device: String)] = []
        listed?.devices.insert(desk)
        for item in xml.all("snapshotdeviceresponseinfo") {
            guard let call = item["callid"]?.text, !call.isEmpty else { continue }
            begins(call)
            let id = root(call)
            listed?.calls.insert(id)
            listed?.legs.insert("\(id)/\(desk)")
            // Both forms of a connection's state (ECMA-269 §12.2.10): by name, or by the call's simple state.
            let state =
                (item["localconnectionstate"] ?? item["localcallstate"] ?? item["simplecallstate"])
                .map { $0.text + ($0.children.map(\.text).joined()) }?.lowercased() ?? ""
            let isKnown = calls[id] != nil
            guard meet(id, item) else { continue }
            calls[id]?.listed[desk] = state
            if calls[id]?.caller != nil { place(id) } else if !isKnown { new.append((call, desk)) }
        }
        return new
    }

    /// What a list has said of telephones, now that it is known who calls, or that nobody will say it.
    private mutating func place(_ id: String) {
        for (desk, state) in calls[id]?.listed ?? [:] {
            let isDialler = calls[id]?.caller?.number == desk
            if state.contains("alerting") || state.contains("received") {
                if calls[id]?.legs[desk] == nil { tell(.ringing, id, add(desk, .ringing, to: id)) }
                continue
            }
            if isDialler { dials(id) }
            let isHeld = state.contains("hold") || state.contains("held")
            guard isHeld || state.contains("connected") || state.contains("established") else { continue }
            answered(id, desk, cause: nil)
            if isDialler {
                calls[id]?.isAnswered = true
                connect(id)
            }
            if isHeld, let leg = calls[id]?.legs[desk], leg.state != .held {
                calls[id]?.legs[desk]?.state = .held
                tell(.held, id, leg)
            }
        }
        calls[id]?.listed = [:]
    }

    /// Who is in a call that was running before we came.
    mutating func introduce(_ call: String, _ xml: XMLTree) {
        let id = root(call)
        guard calls[id] != nil else { return }
        _ = meet(id, xml)
        place(id)
    }

    mutating func endSnapshot() {
        guard let listed else { return }
        for id in calls.keys.sorted() { place(id) }
        self.listed = nil
        for id in calls.keys.sorted() {
            // One that only events have named is there, unless all of its telephones were asked and deny it.
            guard listed.calls.contains(id) || !isDenied(id, listed) else {
                end(id, .lost)
                continue
            }
            // A telephone that was asked and does not name this call has left it unseen.
            for leg in (calls[id]?.legs ?? [:]).values.sorted(by: { $0.id < $1.id })
            where listed.devices.contains(leg.device) && !listed.legs.contains("\(id)/\(leg.device)") {
                calls[id]?.legs[leg.device] = nil
                voice.say(.legEnded, id) { ($0.leg, $0.desk, $0.cause) = (leg.id, leg.desk, .lost) }
            }
        }
        voice.say(.resynced, "")
        for command in recalled.values.sorted() {
            voice.progress(command, .unknown, cause: "the agent was down meanwhile")
        }
        recalled = [:]
    }

    /// CSTA has no name of ours on a call; that of the call itself stays.
    mutating func recall(command: String, call: String) {
        voice.expect(command: command)
        recalled[call] = command
    }

    func isDenied(_ id: String, _ listed: Listed) -> Bool {
        let own = (calls[id]?.legs ?? [:]).values.filter { $0.desk != nil }.map(\.device)
        return own.allSatisfy(listed.devices.contains)
    }
}
