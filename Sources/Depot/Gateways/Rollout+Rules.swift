public import Model

extension Rollout {
    /// What a version may do besides: rows that wait for the centre, more than before.
    static let growth: Int64 = 1000
    /// After it came, until it is judged: readers begin, the buffer is handed over.
    static let settling: Int64 = 120_000
    /// A gateway says something every 30 seconds.
    static let silence: Int64 = 120_000
    /// An order that shows nothing is said again.
    static let again: Int64 = 60_000

    /// What happened in a turn, beside the orders.
    public enum News: Equatable, Sendable {
        case came(String, version: String)
        case skipped(String, Reason)
        case stopped([String])
        case done
    }

    public struct Turn: Equatable, Sendable {
        public var orders: [(agent: String, command: Command)] = []
        public var news: [News] = []

        public static func == (one: Turn, other: Turn) -> Bool {
            one.news == other.news && one.orders.map(\.agent) == other.orders.map(\.agent)
                && one.orders.map(\.command) == other.orders.map(\.command)
        }
    }

    /// Judges all, then asks who is next. What was ordered before goes on being looked at in a pause, and a failure is told then, too; nobody
    /// else is asked.
    public mutating func advance(_ looks: [String: Look], at now: Int64, makeID: () -> String) -> Turn {
        var turn = Turn()
        guard !state.isOver else { return turn }
        for index in members.indices { judge(index, looks[members[index].name] ?? Look(), at: now, &turn) }
        if isBlind {
            for index in members.indices where members[index].wave == 0 { members[index].state = .failed }
        }
        if state != .stopped, members.contains(where: { $0.state == .failed }) {
            state = .stopped
            turn.news.append(.stopped(reasons.map(\.words)))
        }
        guard state == .running else { return turn }
        let wave = wave(looks) ?? Int.max
        for index in members.indices where members[index].wave <= wave {
            ask(index, looks[members[index].name] ?? Look(), at: now, makeID, &turn)
        }
        if members.allSatisfy({ $0.state == .good || $0.state == .skipped }) {
            (state, ended) = (.done, now)
            turn.news.append(.done)
        }
        return turn
    }

    /// All canaries were left out, and the others would go without anything learned before them.
    private var isBlind: Bool {
        state == .running && members.contains { $0.wave > 0 && $0.state == .waiting }
            && members.allSatisfy { $0.wave > 0 || $0.state == .skipped }
    }

    private mutating func judge(_ index: Int, _ look: Look, at now: Int64, _ turn: inout Turn) {
        let member = members[index]
        switch member.state {
        case .ordered:
            if look.isOnline, look.version == member.target {
                (members[index].state, members[index].came) = (.watched, now)
                turn.news.append(.came(member.name, version: member.target))
            } else if let reason = Rollout.trouble(of: member, look, patience: plan.patience, at: now) {
                if reason.rule == .held || reason.rule == .off {
                    leave(index, reason, &turn)
                } else {
                    (members[index].state, members[index].reason) = (.failed, reason)
                }
            }
        case .watched:
            if let reason = Rollout.fault(of: member, look, at: now) {
                (members[index].state, members[index].reason) = (.failed, reason)
            } else if look.isOnline, now - (member.came ?? now) >= plan.watch {
                members[index].state = .good
            }
        case .waiting, .good, .failed, .skipped: break
        }
    }

    /// Why somebody who was ordered will not come to the version, or did not.
    static func trouble(of member: Member, _ look: Look, patience: Int64, at now: Int64) -> Reason? {
        if let code = look.update.code, look.update.state == "failed", look.update.command == member.command {
            let words = "\(code): \(look.update.reason ?? "no reason is told")"
            return Reason(code == "held" ? .held : .failed, words)
        }
        // The unit that installs says nothing of orders that it never saw.
        if look.update.code == "unit-off", now - (member.ordered ?? now) > silence {
            return Reason(.off, "unit-off: \(look.update.reason ?? "nobody takes the request")")
        }
        guard now - (member.ordered ?? now) > patience else { return nil }
        let minutes = patience / 60_000
        return look.isOnline
            ? Reason(.absent, "after \(minutes) min it has \(look.version ?? "no version") still")
            : Reason(.absent, "it is gone, \(minutes) min after the order")
    }

    /// What is wrong with one that has the version.
    static func fault(of member: Member, _ look: Look, at now: Int64) -> Reason? {
        let before = member.before ?? Look()
        guard look.isOnline else {
            return now - max(look.seen, member.came ?? now) > silence
                ? Reason(.absent, "it came with \(member.target), and is gone again") : nil
        }
        if let version = look.version, version != member.target { return Reason(.other, "it has \(version)") }
        if let trouble = look.trouble, before.trouble == nil { return Reason(.buffer, trouble) }
        guard now - (member.came ?? now) >= settling else { return nil }
        let news = look.findings.subtracting(before.findings).sorted()
        if !news.isEmpty { return Reason(.worse, news.prefix(5).joined(separator: ", ")) }
        if let alarm = look.alarm, alarm != before.alarm { return Reason(.alarm, alarm) }
        if look.pending > before.pending, look.pending - before.pending > growth {
            return Reason(.buffer, "records that wait: \(look.pending), before: \(before.pending)")
        }
        return nil
    }

    private mutating func ask(
        _ index: Int, _ look: Look, at now: Int64, _ makeID: () -> String, _ turn: inout Turn
    ) {
        let member = members[index]
        guard look.isOnline else { return }
        switch member.state {
        case .waiting:
            if look.version == member.target {
                // It had it before, or it came by this, and is looked at again.
                (members[index].state, members[index].came) =
                    member.before == nil ? (.good, nil) : (.watched, now)
                return
            }
            guard look.isAllowed == true else {
                let why =
                    look.isAllowed == nil ? "its version does not know how" : "[update] by-centre is not set on it"
                return leave(index, Reason(.off, why), &turn)
            }
            if let hold = look.hold, hold != member.target {
                return leave(index, Reason(.held, "it holds \(hold)"), &turn)
            }
            let id = makeID()
            members[index].state = .ordered
            (members[index].command, members[index].ordered, members[index].said) = (id, now, now)
            members[index].before = look
            turn.orders.append((member.name, order(members[index], id, at: now)))
        case .ordered:
            // It may have been lost on the way; an agent carries one out once.
            guard let id = member.command, now - (member.said ?? now) >= Rollout.again, look.update.command != id else {
                return
            }
            members[index].said = now
            turn.orders.append((member.name, order(member, id, at: now)))
        case .watched, .good, .failed, .skipped: return
        }
    }

    private func order(_ member: Member, _ id: String, at now: Int64) -> Command {
        Command(
            id: id, action: .update(version: member.target, isBack: plan.isBack), issued: now,
            ttl: Int(Rollout.again / 1000))
    }

    private mutating func leave(_ index: Int, _ reason: Reason, _ turn: inout Turn) {
        (members[index].state, members[index].reason) = (.skipped, reason)
        turn.news.append(.skipped(members[index].name, reason))
    }

    // MARK: people

    public enum Deed: String, CaseIterable, Sendable { case pause, resume, abandon }

    /// False where there is nothing of the kind to do. Who failed, or was left out, is asked anew when it goes on; how it was before is not forgotten,
    /// as it may have the version.
    public mutating func take(_ deed: Deed, at now: Int64) -> Bool {
        switch deed {
        case .pause:
            guard state == .running else { return false }
            state = .paused
        case .resume:
            guard state == .paused || state == .stopped else { return false }
            for index in members.indices where [.failed, .skipped].contains(members[index].state) {
                let former = members[index]
                members[index] = Member(name: former.name, wave: former.wave, target: former.target)
                members[index].before = former.before
                // Its apt may be running yet.
                (members[index].ordered, members[index].command) = (former.ordered, former.command)
            }
            state = .running
        case .abandon:
            guard !state.isOver else { return false }
            (state, ended) = (.abandoned, now)
        }
        return true
    }

    /// Three tries of the machine's unit, in milliseconds: who says for longer that it installs does not bar the others' way back.
    static let longestInstallation: Int64 = 90 * 60_000

    /// Who may have the version in a minute: its apt runs by this order, or it has not taken the order up. The way back would leave it behind.
    public func isInstalling(_ member: Member, _ look: Look, at now: Int64) -> Bool {
        guard let ordered = member.ordered, let command = member.command else { return false }
        let isOrdered = member.state == .ordered && now - ordered <= plan.patience
        if look.update.state == "running" {
            return look.update.command == command && now - ordered <= Rollout.longestInstallation
                && (look.isOnline || isOrdered)
        }
        return isOrdered && look.version != member.target && look.update.command != command
            && now - (member.said ?? now) < Rollout.again
    }

    /// The way back for all that have the version by this one, each to what it had; nil where there is nobody.
    public func back(_ looks: [String: Look], who: String, at now: Int64) -> Rollout? {
        guard !plan.isBack else { return nil }
        let those = members.compactMap { member -> Member? in
            guard let former = member.before?.version, former != member.target,
                looks[member.name]?.version == member.target
            else { return nil }
            return Member(name: member.name, wave: 0, target: former)
        }
        guard !those.isEmpty else { return nil }
        var plan = plan
        plan.isBack = true
        return Rollout(plan, members: those, who: who, at: now)
    }
}

extension Rollout.Look {
    /// From the status that the gateway told last, checked by `GatewayStatus`.
    public init(_ row: GatewayTable.AgentRow) {
        self.init()
        (isOnline, seen, alarm) = (row.online, row.seen, row.alarm)
        let status = row.status
        version = status?["update"]?["package"]?.text ?? status?["version"]?.text
        pending = status?["account"]?["pending"]?.integer ?? 0
        trouble = status?["buffer"]?["trouble"]?.text
        for finding in status?["findings"]?.list ?? [] {
            guard let code = finding["code"]?.text, finding["severity"]?.text != "note",
                !code.hasPrefix("agent-update-"), code != "centre-version"
            else { continue }
            findings.insert("\(code)\(finding["subject"]?.text.map { " \($0)" } ?? "")")
        }
        guard let told = status?["update"] else { return }
        (isAllowed, hold) = (told["allowed"]?.truth, told["hold"]?.text)
        update.command = told["command"]?.text
        (update.state, update.code, update.reason) = (told["state"]?.text, told["code"]?.text, told["reason"]?.text)
    }
}
