import Depot
import Followers
import Model
import Platform

/// The pages' follower: a fact says what changed, and pages are told how it is now, many changes in one.
extension LiveView {
    /// Facts that are read at once.
    static let entriesAtOnce = 1000
    /// Subjects that a page which was away is told one by one; of more, the lists are read again.
    static let replayLimit = 300

    /// Entries that are looked through for one page; whoever was away for longer reads the lists again.
    static let replayReach: Int64 = 50_000

    /// How long a click to call is told again to a page that comes back, in milliseconds.
    static let clickLife: Int64 = 120_000

    /// Reads the ledger from where this process has come.
    func follow() {
        while let entries = try? store.ledger.entries(after: followed, limit: LiveView.entriesAtOnce),
            let last = entries.last
        {
            followed = last.seq
            // Whoever forgot it, here or by a command: its cards close.
            for entry in entries where entry.fact.kind == .gatewayForgotten { end(callsOf: entry.fact.subject) }
            if entries.contains(where: { $0.fact.kind.room == .user }) { limitCalls() }
            // Whoever sees some docks alone: it has come to one of theirs, or left it.
            let moves: Set<Fact.Kind> = [.deliveryOpened, .deliveryReopened, .deliveryPostponed]
            if entries.contains(where: { moves.contains($0.fact.kind) }) {
                hub.tellScoped(PageMessage(.deliveries), at: Clocks.wall)
            }
            var topics = PageTopic.changed(in: entries)
            // What is counted here is perhaps counted there no more.
            if topics.contains(where: { if case .delivery = $0 { true } else { false } }) {
                for case .delivery(let id) in told.topics where !topics.contains(.delivery(id)) {
                    topics.append(.delivery(id))
                }
            }
            changed(topics)
        }
    }

    private func end(callsOf agent: String) {
        for live in calls.all where live.agent == agent { call(live.snapshot.lost(at: Clocks.wall), agent: agent) }
    }

    /// Told at once after a rest, and together with what changes meanwhile otherwise.
    func changed(_ topics: [PageTopic]) {
        if !topics.isEmpty { present = [:] }
        due.add(topics)
        guard !isWaiting else { return }
        guard !due.isEmpty else {
            hub.seq = followed
            return
        }
        tellInTime()
    }

    private func tellInTime() {
        let rest = TellingPace.rest(since: lastTold, at: Clocks.now, waiting: budget.bytes)
        guard rest > .zero else { return flush() }
        isWaiting = true
        executor.run(after: rest) {
            self.assumeIsolated { live in
                live.isWaiting = false
                live.tellInTime()
            }
        }
    }

    private func flush() {
        lastTold = Clocks.now
        let now = Clocks.wall
        let topics = due.take()
        tellGateways(topics, at: now)
        for topic in topics {
            switch topic {
            case .gateway: break
            case .missed: missedChanged()
            case .note(let call): tellNote(of: call)
            default: if let message = view(of: topic, isReplay: false) { hub.tellAll(message, at: now) }
            }
        }
        // Not before all of it is told: a page that goes away in between asks for it again.
        hub.seq = followed
    }

    /// Of a rush that it is one: each of them would cost its bytes for each browser.
    private func tellGateways(_ topics: [PageTopic], at now: Int64) {
        // Whoever comes reads them all, and is told what changes from then on.
        guard hub.count > 0 else {
            gatewayNews = GatewayNews()
            return
        }
        var news: [PageMessage] = []
        for case .gateway(let name) in topics {
            // No card waits until thousands are looked through.
            guard news.count <= GatewayNews.atOnce else {
                gatewayNews.forget(name)
                continue
            }
            if let one = view(of: .gateway(name), isReplay: false) { news.append(one) }
        }
        if news.count > GatewayNews.atOnce {
            news = [PageMessage(.gateway, .object([("many", .int(Int64(news.count)))]))]
        }
        for one in news { hub.tellAll(one, at: now) }
    }

    /// Everything that is read is told.
    func catchUp() {
        follow()
        if !due.isEmpty { flush() }
    }

    /// How it is now; nil when there is nothing to tell, or no more than was told before.
    private func view(of topic: PageTopic, isReplay: Bool) -> PageMessage? {
        switch topic {
        case .delivery(let id):
            guard let view = try? store.deliveries.view(id) else { return PageMessage(.deliveries) }
            return difference(
                .delivery, view.json, topic, at: .zone(view.place), isOpen: view.status == "open", isReplay)
        case .take(let id):
            guard let view = try? store.takes.view(id) else { return nil }
            return difference(
                .take, view.json, topic, at: .zone(view.zone),
                isOpen: view.status == .counting || view.status == .review, isReplay)
        case .deliveries: return PageMessage(.deliveries)
        case .notices: return PageMessage(.notice)
        case .gateway(let name):
            guard let row = (try? store.gateways.agent(named: name)).flatMap({ $0 }) else {
                gatewayNews.forget(name)
                return nil
            }
            let json = row.json(silences)
            guard isReplay || gatewayNews.isNews(name, json) else { return nil }
            return PageMessage(.gateway, json, at: .site(row.site))
        case .job(let key):
            return (try? store.jobs.job(key: key)).flatMap { $0 }.map { PageMessage(.erp, .object([("job", $0.json)])) }
        case .missed: return PageMessage(.missed)
        case .note: return nil
        }
    }

    private func difference(
        _ kind: PageMessage.Kind, _ json: JSON, _ topic: PageTopic, at place: PageMessage.Place, isOpen: Bool,
        _ isReplay: Bool
    ) -> PageMessage? {
        // Who comes back has perhaps not what was told last.
        isReplay
            ? PageMessage(kind, Patch.of(json, since: nil), at: place)
            : told.message(kind, json, of: topic, at: place, isOpen: isOpen)
    }

    /// To everybody who may see the call: its running card shows it, and the history's line.
    private func tellNote(of call: String) {
        showAgain(call)
        guard let note = (try? store.calls.note(of: call)).flatMap({ $0 }),
            let row = (try? store.calls.row(call)).flatMap({ $0 })
        else { return }
        let json = JSON.object([("call", .string(call)), ("note", note.json)])
        for person in hub.people where routing.shared(person).covers(row.snapshot) {
            tell(person, PageMessage(.note, json))
        }
    }

    /// The present view of everything that changed since a page was here, each once; the running calls come with `ready`.
    func replay(since seq: Int64, to person: Person) -> [PageMessage] {
        guard seq >= 0, seq <= followed, followed - seq <= LiveView.replayReach, let first = try? store.ledger.first(),
            seq >= first - 1, let subjects = try? store.ledger.changed(since: seq, limit: LiveView.replayLimit)
        else { return [PageMessage(.reset)] }
        if subjects.count >= LiveView.replayLimit {
            return [PageMessage(.reset, .object([("reason", "more changed than is told one by one")]))]
        }
        var topics = PageTopic.changed(in: subjects)
        // What is being counted changes without a fact for each read.
        for id in (try? store.deliveries.counted()) ?? [] where !topics.contains(.delivery(id)) {
            topics.append(.delivery(id))
        }
        for id in (try? store.takes.open()) ?? [] where !topics.contains(.take(id)) { topics.append(.take(id)) }
        // Clicks to call that may still be under way.
        let clicks = (try? store.calls.commands(of: person.id, since: Clocks.wall - LiveView.clickLife)) ?? []
        return clicks.map { PageMessage(.command, $0.json) }
            + topics.compactMap { topic in
                switch topic {
                case .note(let call):
                    guard let row = (try? store.calls.row(call)).flatMap({ $0 }),
                        routing.shared(person.id).covers(row.snapshot),
                        let note = (try? store.calls.note(of: call)).flatMap({ $0 })
                    else { return nil }
                    return PageMessage(.note, .object([("call", .string(call)), ("note", note.json)]))
                default:
                    // After a restart everybody comes back at once: a view is made once for all of them.
                    if let message = present[topic] { return message }
                    let message = view(of: topic, isReplay: true)
                    present[topic] = message
                    return message
                }
            }
    }

    /// Pages whose session has ended meanwhile, by whatever hand, are closed. Called each second.
    func endSessions() {
        let now = Clocks.wall
        let sessions = hub.sessions
        guard !sessions.isEmpty, let live = try? store.people.liveSessions(among: Array(sessions), at: now) else {
            return
        }
        if live.count < sessions.count { hub.close(exceptSessions: live) }
    }
}
