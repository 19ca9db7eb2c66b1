import Model

/// Lists of what runs: after login, and now and then.
extension AsteriskAMI {
    // MARK: lists

    /// The first list says who was dialled, the second which number the caller had dialled.
    mutating func list(_ now: Instant, _ reaction: inout Reaction) {
        let (channels, status) = (nextID(), nextID())
        rights[channels] = .list
        listing = Listing(channels: channels, status: status, until: now + AsteriskAMI.answerPatience)
        nextList = now + AsteriskAMI.listEvery
        reaction.send += amiAction("CoreShowChannels", id: channels)
        reaction.send += amiAction("Status", id: status)
    }

    /// Takes an item of the list, or keeps an event for after it; false when the message is neither.
    mutating func collect(_ message: AMIMessage, _ now: Instant, _ reaction: inout Reaction) -> Bool {
        // In a recording its first item tells that a list has begun; an empty one has only its end.
        if listing == nil, phase == .idle, ["CoreShowChannel", "CoreShowChannelsComplete"].contains(message.event) {
            listing = Listing(until: now + AsteriskAMI.answerPatience)
        }
        guard var list = listing else { return false }
        let isOurs = message.id != nil && (message.id == list.channels || message.id == list.status)
        switch message.event {
        case "CoreShowChannel": list.items.append(message)
        case "Status" where isOurs && list.usesStatus: list.items.append(message)
        case "CoreShowChannelsComplete":
            listing = list
            settle(now, &reaction)
            return true
        case "StatusComplete" where isOurs && list.usesStatus:
            listing = list
            settle(now, &reaction)
            return true
        default: list.backlog.append(message)
        }
        listing = list
        if list.backlog.count > AsteriskAMI.backlogLimit { forgo(now, &reaction) }
        return true
    }

    /// The list is complete: first the channels that began their calls, then the others, then what happened meanwhile.
    mutating func settle(_ now: Instant, _ reaction: inout Reaction) {
        guard let list = listing else { return }
        listing = nil
        func begins(_ message: AMIMessage) -> Bool { message["uniqueid"] == message["linkedid"] }
        // Those of a former run were counted by it.
        let known = calls.roots
        let past = isListed ? [] : settings.past?.running ?? []
        for item in list.items.filter(begins) + list.items.filter({ !begins($0) }) {
            tell(calls.apply(item), &reaction)
        }
        let ids = Set(list.items.compactMap { $0["uniqueid"] })
        // A second list of this connection finds what ended without a word; what began meanwhile stands in the backlog.
        let missing = losing == nil && phase == .running && before.isEmpty ? calls.channelIDs : before
        // What hung up while the list was made says so itself, with its reason.
        let explained = Set(list.backlog.filter { $0.event == "Hangup" }.compactMap { $0["uniqueid"] })
        tell(calls.reconcile(listed: ids, known: missing.subtracting(explained)), &reaction)
        (before, losing) = ([], nil)
        if phase == .running { giveUpOldDials(&reaction) }
        processed.seen += calls.roots.subtracting(known).count { !past.contains(calls.name($0)) }
        if !isListed { resynced(&reaction) }
        for message in list.backlog { take(message, now, &reaction) }
    }

    /// Clicks from before this connection whose call is nowhere.
    mutating func giveUpOldDials(_ reaction: inout Reaction) {
        for id in dials.keys.sorted() where dials[id]?.isOld == true && calls.channel(id) == nil {
            progress(id, .unknown, cause: "the link to the exchange broke meanwhile", &reaction)
            calls.forget(command: id)
        }
    }

    /// No list: what comes is followed, and what ran before is given up unless it shows itself.
    mutating func forgo(_ now: Instant, _ reaction: inout Reaction) {
        guard let list = listing else { return }
        listing = nil
        if !before.isEmpty { losing = losing ?? now + AsteriskAMI.lossPatience }
        if phase == .running, !isListed { resynced(&reaction) }
        for message in list.backlog { take(message, now, &reaction) }
    }

    /// The first list of this connection is there, or will not come. Whether calls came and went unseen is counted, and said
    /// when there were any.
    private mutating func resynced(_ reaction: inout Reaction) {
        var signal = CallSignal(.resynced)
        signal.doubt = phase == .running && !processed.isRefused ? 0 : nil
        reaction.observations.append(.call(signal))
        isListed = true
        calls.heldBefore = []
        if let total = processed.total { count(total, &reaction) }
    }

    /// Names a channel from before this connection for the first time: up, it was answered while nobody heard it.
    mutating func meet(_ message: AMIMessage, _ reaction: inout Reaction) {
        for prefix: StaticString in ["", "dest"] {
            guard let id = message.value("uniqueid", after: prefix), before.remove(id) != nil,
                message.value("channelstatedesc", after: prefix) == "Up"
            else { continue }
            tell(calls.wasAnswered(id), &reaction)
        }
    }

    /// The answer to `CoreStatus`. What is new in the list must be known before it is compared.
    mutating func counted(_ message: AMIMessage, _ reaction: inout Reaction) {
        processed.question = ""
        guard let total = message["coreprocessedcalls"].flatMap({ Int($0) }),
            (0...AsteriskAMI.countLimit).contains(total)
        else {
            // Without a number the break itself has to do.
            processed.isRefused = true
            if isListed { reaction.observations.append(.call(CallSignal(.resynced))) }
            return
        }
        if isListed { count(total, &reaction) } else { processed.total = total }
    }

    /// No exchange handles as many.
    static let countLimit = 1 << 48

    /// How many calls the exchange has handled since it last said so, beyond those that we saw: they came and went unseen.
    mutating func count(_ total: Int, _ reaction: inout Reaction) {
        defer { (processed.count, processed.seen, processed.total) = (total, 0, nil) }
        guard let last = processed.count else {
            // Counted for the first time: what was before, nobody knows.
            reaction.observations.append(.call(CallSignal(.resynced)))
            return
        }
        // Smaller than before: it was restarted, and counts anew.
        let missed = (total >= last ? total - last : total) - processed.seen
        // None is said as well: a break in which nothing happened is over.
        var signal = CallSignal(.resynced)
        signal.doubt = missed > 0 ? missed : -1
        reaction.observations.append(.call(signal))
    }

    /// Which right is missing, said once for each connection.
    mutating func refused(_ right: Right, _ reaction: inout Reaction) {
        let (code, remedy) =
            switch right {
            case .list: ("no-right-list", "write = reporting (or call)")
            case .originate: ("no-right-originate", "write = originate")
            case .name: ("no-right-name", "write = call")
            }
        reaction.observations.append(
            .fault(
                Fault(
                    code: code,
                    text: "this account may not use \(right.rawValue): add \(remedy) in manager.conf")))
    }
}
