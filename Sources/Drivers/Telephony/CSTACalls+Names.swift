import Model

/// Which call a callID means. An exchange is free to use it again as soon as its call is over (ECMA-269, Call Identifier), and small ones
/// begin at 1 after a restart: what begins under a used one is a call of its own.
extension CSTACalls {
    struct Names {
        /// Calls of former runs of the agent may have had any callID: those that begin now are told apart by the run.
        fileprivate var isLater = false
        /// Calls whose callID had been another's.
        fileprivate var again = 1
        /// Who called, of those that were lost from sight; empty where nobody knows.
        var lost: [String: String] = [:]
        /// CallIDs that began while a click waited for its answer.
        fileprivate var begun: Set<String> = []
    }

    /// `past`: calls that ran when the agent stopped, by the names they had.
    mutating func recall(run: Int, past: Set<String>) {
        guard run > 1 else { return }
        (names.isLater, names.again) = (true, CallSnapshot.uses(before: run))
        for name in past {
            let (id, name) = voice.used(name)
            (aliases[id], names.lost[name]) = (id == name ? nil : name, "")
        }
    }

    func root(_ call: String) -> String {
        var call = call
        while let first = aliases[call] { call = first }
        return call
    }

    mutating func lose(_ id: String, _ caller: Party?) {
        if names.lost.count >= CSTACalls.limit { names.lost = [:] }
        if aliases.count >= 4 * CSTACalls.limit { aliases = aliases.filter { calls[root($0.key)] != nil } }
        names.lost[id] = caller?.number ?? ""
    }

    /// A call begins, or goes on, under this callID. `isDialled`: a telephone has begun it just now.
    mutating func begins(_ id: String, _ caller: String? = nil, isDialled: Bool = false) {
        let last = root(id)
        if voice.isExpecting { names.begun.insert(id) }
        guard calls[last] == nil else { return }
        if let known = names.lost.removeValue(forKey: last) {
            guard isDialled || !known.isEmpty && caller != nil && caller != known else { return }
        } else if !names.isLater, !ended.contains(last) {
            return
        }
        names.again += 1
        aliases[id] = "\(id)~\(names.again)"
    }

    // MARK: click to call

    mutating func expect(command: String) {
        if !voice.isExpecting { names.begun = [] }
        voice.expect(command: command)
    }

    /// The exchange has answered MakeCall: under this callID it will be seen.
    mutating func made(_ command: String, call: String?, refusal: String?) {
        guard voice.expects(command) else { return }
        if let refusal { return voice.progress(command, .failed, cause: refusal) }
        guard let call, !call.isEmpty else {
            return voice.progress(command, .unknown, cause: "the exchange did not answer")
        }
        // Its events may have come first, and it may be over by now.
        if !names.begun.contains(call) { begins(call, isDialled: true) }
        let id = root(call)
        guard !ended.contains(id) else { return }
        let isNew = calls[id] == nil
        calls[id, default: Call()].command = command
        if isNew { voice.say(.offered, id) { ($0.direction, $0.command) = (.outbound, command) } }
        voice.progress(command, .ringingOwn, call: id)
    }

    mutating func cancel(command: String) -> (call: String, device: String)? {
        guard voice.expects(command), let found = calls.first(where: { $0.value.command == command }) else {
            return nil
        }
        voice.cancel(command: command)
        return (wire(found.key), found.value.caller?.number ?? found.value.legs.keys.sorted().first ?? "")
    }
}
