import Model

/// Which channels are one call, and what is said of it.
extension AMICalls {
    // MARK: book-keeping

    /// Learns what the headers say about a channel; nil when they name none or one that is gone.
    @discardableResult
    mutating func touch(_ message: AMIMessage, prefix: String = "") -> String? {
        guard let id = message.known(prefix + "uniqueid"), let name = message[prefix + "channel"], !name.isEmpty,
            !goneSet.contains(id)
        else { return nil }
        let linked = message.known(prefix + "linkedid") ?? id
        if channels[id] == nil {
            let root = resolve(linked)
            channels[id] = Channel(id: id, name: name, root: root, desk: desk(name), isLocal: name.hasPrefix("Local/"))
            if calls[root] == nil, asksPresentation { calls[root] = Call(presentation: .unknown, waiting: []) }
            // An exchange that tells the presentation with each channel has not yet told that of the caller.
            if calls[root] == nil, id != root, message.variable("CALLERID(num-pres)") != nil {
                calls[root] = Call(presentation: .unknown)
            }
            calls[root, default: Call()].members.insert(id)
        } else if let root = channels[id]?.root, let named = message.known(prefix + "linkedid"), resolve(named) != root
        {
            merge(root, into: resolve(named))
        }
        if channels[id]?.name != name { rename(id, name) }
        learn(id, message, prefix)
        if prefix.isEmpty, id == message.known("linkedid"), channels[id]?.dialled == false { introduce(id, message) }
        present(id, message, prefix)
        return id
    }

    mutating func learn(_ id: String, _ message: AMIMessage, _ prefix: String) {
        guard let root = channels[id]?.root else { return }
        if message[prefix + "connectedlinenum"] != nil {
            channels[id]?.connected = (
                message.known(prefix + "connectedlinenum"),
                message.known(prefix + "connectedlinename").map(CallerText.clean)
            )
        }
        // An originated telephone learns what it dials when it enters the dial plan.
        if calls[root]?.direction == .outbound, calls[root]?.called == nil, id == root || channels[id]?.desk != nil,
            let exten = message.known(prefix + "exten"), exten != "s", exten != "h"
        {
            calls[root]?.called = exten
            if calls[root]?.announced == true {
                var signal = CallSignal(.identity, call: name(root))
                signal.called = exten
                emit(signal, root)
            }
        }
    }

    mutating func rename(_ id: String, _ name: String) {
        let desk = desk(name)
        channels[id]?.name = name
        channels[id]?.desk = desk
        channels[id]?.isLocal = name.hasPrefix("Local/")
    }

    /// `PJSIP/101-0000004d` is extension 101; the whole name counts, never a part of it.
    mutating func desk(_ name: String) -> String? {
        guard let slash = name.firstIndex(of: "/"), let dash = name.lastIndex(of: "-"), slash < dash,
            !name.hasPrefix("Local/")
        else { return nil }
        let endpoint = String(name[name.index(after: slash)..<dash])
        return plan.isExtension(endpoint) ? endpoint : nil
    }

    func resolve(_ linked: String) -> String {
        var root = linked
        while let next = aliases[root] { root = next }
        return root
    }

    mutating func merge(_ from: String, into: String) {
        let (from, into) = (resolve(from), resolve(into))
        guard from != into, let old = calls.removeValue(forKey: from) else { return }
        aliases[from] = into
        for id in old.members { channels[id]?.root = into }
        var call = calls[into] ?? Call()
        call.members.formUnion(old.members)
        call.answers += old.answers
        call.direction = call.direction ?? old.direction
        call.caller = call.caller ?? old.caller
        call.called = call.called ?? old.called
        call.command = call.command ?? old.command
        // Nobody is shown by joining somebody who is.
        if old.presentation == .hidden || old.presentation == .unknown && call.presentation == .shown {
            (call.presentation, call.asked) = (old.presentation, old.asked)
        }
        calls[into] = call
        for signal in old.waiting ?? [] { emit(signal, into) }
        guard old.announced else { return }
        announce(into)
        var signal = CallSignal(.merged, call: name(from))
        signal.into = name(into)
        emit(signal, into)
    }

    /// One that was only lost from sight may be listed again; any other is over.
    mutating func remove(_ id: String, isLost: Bool = false) {
        guard let channel = channels.removeValue(forKey: id) else { return }
        calls[channel.root]?.members.remove(id)
        guard !isLost else { return }
        gone.append(id)
        goneSet.insert(id)
        if gone.count > AMICalls.goneLimit { goneSet.remove(gone.removeFirst()) }
    }

    mutating func end(_ root: String, _ cause: CallCause) {
        guard let call = calls[root] else { return }
        for id in call.members { remove(id, isLost: cause == .lost) }
        if call.announced {
            release(root)
            var signal = CallSignal(.ended, call: name(root))
            signal.cause = cause
            signal.command = call.command
            emit(signal, root)
        }
        calls[root] = nil
        aliases = aliases.filter { $0.value != root }
    }

    func name(_ root: String) -> String { source.isEmpty ? root : "\(source)/\(root)" }

    mutating func announce(_ root: String) {
        guard calls[root]?.announced == false, let call = calls[root] else { return }
        calls[root]?.announced = true
        var signal = CallSignal(.offered, call: name(root))
        signal.direction = call.direction
        signal.caller = call.caller
        signal.called = call.called
        signal.command = call.command
        emit(signal, root)
    }

    func leg(_ event: CallSignal.Event, _ id: String) -> CallSignal {
        guard let channel = channels[id] else { return CallSignal(event) }
        let call = calls[channel.root]
        var signal = CallSignal(event, call: name(channel.root))
        signal.leg = id
        signal.desk = channel.desk
        if event == .ringing {
            signal.direction = call?.direction
            signal.called = call?.called
            signal.queue = call?.queue
            if call?.direction == .outbound, channel.root == id {
                signal.caller = call?.caller
            } else {
                signal.caller =
                    channel.connected.number.map { number in
                        AMICalls.party(number: number, name: channel.connected.name, withheld: false)
                    } ?? call?.caller
            }
        }
        return signal
    }

    mutating func emit(_ signal: CallSignal, _ root: String? = nil) {
        let root = root ?? signal.leg.flatMap { channels[$0]?.root } ?? ""
        if calls[root]?.waiting != nil {
            calls[root]?.waiting?.append(signal)
        } else {
            out.append(discreet(signal, root))
        }
    }
}
