import Model

/// Which channels are one call, and what is said of it.
extension AMICalls {
    // MARK: book-keeping

    /// Learns what the headers say about a channel; nil when they name none or one that is gone.
    @discardableResult
    mutating func touch(_ message: AMIMessage, prefix: StaticString = "") -> String? {
        guard let id = message.known("uniqueid", after: prefix), let name = message.value("channel", after: prefix),
            !name.isEmpty, !ended.contains(id)
        else { return nil }
        let linked = message.known("linkedid", after: prefix)
        let known = channels[id]
        if known == nil { begin(id, name, root: resolve(linked ?? id), message) }
        if let known, let linked, linked != known.root, resolve(linked) != known.root {
            merge(known.root, into: resolve(linked))
        }
        guard var channel = channels[id] else { return id }
        let isConnected = channel.connect(message, prefix)
        if name != channel.name || isConnected {
            channel.rename(name, plan: &plan)
            channels[id] = channel
        }
        guard let call = calls[channel.root] else { return id }
        learn(channel, call, message, prefix)
        let isOwn = prefix.utf8CodeUnitCount == 0
        if isOwn, id == linked, !channel.dialled, call.direction == nil {
            calls[channel.root]?.introduce(channel, message, plan: &plan)
        }
        present(channel, message, isOwn: isOwn)
        return id
    }

    private mutating func begin(_ id: String, _ name: String, root: String, _ message: AMIMessage) {
        channels[id] = AMIChannel(id: id, name: name, root: root, plan: &plan)
        // A restarted exchange uses names again.
        if !unsettled.isEmpty { unsettled[name] = nil }
        if calls[root] == nil, asksPresentation || masks {
            calls[root] = AMICall(presentation: .unknown, waits: asksPresentation && !isHasty)
        }
        // An exchange that tells the presentation with each channel has not yet told that of the caller.
        if calls[root] == nil, id != root, message.variable("callerid(num-pres)") != nil {
            calls[root] = AMICall(presentation: .unknown)
        }
        calls[root, default: AMICall()].members.insert(id)
    }

    /// An originated telephone learns what it dials when it enters the dial plan.
    private mutating func learn(_ channel: AMIChannel, _ call: AMICall, _ message: AMIMessage, _ prefix: StaticString) {
        guard call.direction == .outbound, call.called == nil, let desk = channel.desk,
            let exten = message.known("exten", after: prefix), exten != "s", exten != "h", exten != desk
        else { return }
        let root = channel.root
        calls[root]?.reach(exten, isInternal: plan.isExtension(exten))
        guard call.announced else { return }
        var signal = CallSignal(.identity, call: name(root))
        signal.called = exten
        signal.direction = calls[root]?.direction
        emit(signal, root)
    }

    /// What a program called first is there and goes on to somebody else (OriginateResponse): whom the call is for, where that is
    /// the other side. Its first side may be a pair of halves, which has no number of its own.
    mutating func reached(_ id: String, _ message: AMIMessage) {
        guard let channel = channels[id], channel.root == id, channel.isLocal, let exten = message.known("exten"),
            let call = calls[id], call.isOriginated, call.called == nil, exten != "s", exten != call.caller?.number
        else { return }
        calls[id]?.reach(exten, isInternal: plan.isExtension(exten))
        if call.announced { reintroduce(id) }
    }

    func resolve(_ linked: String) -> String {
        var root = linked
        while let next = aliases[root] { root = next }
        return root
    }

    mutating func merge(_ from: String, into: String) {
        let (from, into) = (resolve(from), resolve(into))
        guard from != into, var old = calls.removeValue(forKey: from) else { return }
        aliases[from] = into
        for id in old.members { channels[id]?.root = into }
        calls[into, default: AMICall()].absorb(old)
        for signal in old.release() { emit(signal, into) }
        guard old.announced else { return }
        announce(into)
        var signal = CallSignal(.merged, call: name(from))
        signal.into = name(into)
        emit(signal, into)
    }

    /// Beyond so many all are forgotten: a record of one then settles nothing.
    static let unsettledLimit = 200

    /// One that was only lost from sight may be listed again; any other is over.
    mutating func remove(_ id: String, isLost: Bool = false) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        calls[channel.root]?.members.remove(id)
        guard isLost else { return ended.insert(id) }
        guard channel.desk != nil, channel.leg == .ringing || channel.isTalking else { return }
        if unsettled.count >= AMICalls.unsettledLimit { unsettled = [:] }
        unsettled[channel.name] = channel
    }

    mutating func end(_ root: String, _ cause: CallCause) {
        guard let call = calls[root] else { return }
        for id in call.members { remove(id, isLost: cause == .lost) }
        if call.announced {
            // Nobody was ever called: the first answer is all there is.
            if call.presentation == .unknown, call.wasShown, call.deciding.isEmpty { resolve(root, .shown) }
            release(root)
            var signal = CallSignal(.ended, call: name(root))
            signal.cause = cause
            signal.command = call.command
            emit(signal, root)
        }
        calls[root] = nil
        aliases = aliases.filter { $0.value != root }
        if cause == .lost { lost.insert(root) }
    }

    /// A channel comes to be under an id that another one had: the exchange was started again, with a clock that had been wrong. What
    /// begins under such an id is a call of its own, and so it is under one that was only lost from sight.
    mutating func renew(_ message: AMIMessage) {
        guard let id = message.known("uniqueid"), channels[id] == nil, calls[id] == nil, aliases[id] == nil else {
            return
        }
        let (hasEnded, wasLost) = (ended.remove(id), lost.remove(id))
        guard hasEnded || wasLost, id == message.known("linkedid") ?? id else { return }
        if renames.count >= 1000 { renames = renames.filter { calls[$0.key] != nil || lost.contains($0.key) } }
        again += 1
        renames[id] = "\(id)~\(again)"
    }

    /// What ran when a former run of the agent stopped, under the names it had; ids that come again are told apart by the run.
    mutating func recall(_ past: Set<String>, run: Int) {
        if run > 1 { again = CallSnapshot.uses(before: run) }
        for name in past {
            let (id, name) = CallSignals.used(name, of: source)
            lost.insert(id)
            renames[id] = id == name ? nil : name
        }
    }

    func name(_ root: String) -> String { CallSignals.name(renames[root] ?? root, of: source) }

    mutating func announce(_ root: String) {
        let name = name(root)
        guard let signal = calls[root]?.offer(as: name) else { return }
        calls[root]?.rangAt = now
        emit(signal, root)
    }

    func leg(_ event: CallSignal.Event, _ id: String) -> CallSignal {
        guard let channel = channels[id] else { return CallSignal(event) }
        return (calls[channel.root] ?? AMICall()).leg(event, of: channel, as: name(channel.root))
    }

    mutating func emit(_ signal: CallSignal, _ root: String? = nil) {
        let root = root ?? signal.leg.flatMap { channels[$0]?.root } ?? ""
        guard calls[root] != nil else { return out.append(signal) }
        if let signal = calls[root]?.pass(signal) { out.append(signal) }
    }
}
