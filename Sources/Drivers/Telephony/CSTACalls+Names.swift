import Model

/// Which call a callID means. An exchange is free to use it again as soon as its call is over (ECMA-269, Call Identifier), and small ones
/// begin at 1 after a restart: what begins under a used one is a call of its own.
extension CSTACalls {
    struct Names {
        /// Calls of former runs of the agent may have had any callID: those that begin now are told apart by the run.
        private let isLater: Bool
        /// Calls whose callID had been another's.
        private var again: Int
        /// Running when the agent stopped.
        private var past: Set<String>
        /// Who called, of those that were lost from sight.
        private var lost: [String: Party?] = [:]
        /// CallIDs that began while a click waited for its answer.
        fileprivate var begun: Set<String> = []

        init(run: Int, past: SessionSettings.Past?) {
            (isLater, again) = (run > 1, run > 1 ? run &* 10_000 : 1)
            self.past = past?.running ?? []
        }

        mutating func lose(_ id: String, _ caller: Party?) {
            if lost.count >= CSTACalls.limit { lost = [:] }
            lost[id] = caller
        }

        /// The name of what begins under a callID whose call is not known to run; nil where that may be what was lost from sight, or ran
        /// when the agent stopped.
        fileprivate mutating func next(
            _ id: String, last: String, name: String, _ caller: Party?, isDialled: Bool
        ) -> String? {
            if let known = lost.removeValue(forKey: last) {
                guard isDialled || known != nil && caller != nil && known != caller else { return nil }
            } else {
                guard isLater, past.remove(name) == nil else { return nil }
            }
            return fresh(id)
        }

        fileprivate mutating func fresh(_ id: String) -> String {
            again += 1
            return "\(id)~\(again)"
        }
    }

    func root(_ call: String) -> String {
        var call = call
        while let first = aliases[call] { call = first }
        return call
    }

    /// A call begins, or goes on, under this callID. `isDialled`: a telephone has begun it just now.
    mutating func begins(_ id: String, _ caller: Party? = nil, isDialled: Bool = false) {
        let last = root(id)
        if !voice.expected.isEmpty { names.begun.insert(id) }
        guard calls[last] == nil else { return }
        let next =
            ended.contains(last)
            ? names.fresh(id)
            : names.next(id, last: last, name: voice.name(last), caller, isDialled: isDialled)
        guard let next else { return }
        if aliases.count > CSTACalls.limit { aliases = aliases.filter { calls[$0.value] != nil } }
        aliases[id] = next
    }

    // MARK: click to call

    mutating func expect(command: String, desk: String, number: String) {
        if voice.expected.isEmpty { names.begun = [] }
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
