import Model
import Platform

/// What lies between the nodes of a cluster, at each pair of them, both ways.
extension Trial {
    func between() -> [TrialRow] {
        let pairs = nodes.indices.flatMap { a in nodes.indices.filter { $0 != a }.map { (a, $0) } }
        let points: [(TrialPoint, (Int, Int) throws -> String?)] = [
            (.acrossOrder, { (a, b) in try self.ordered(self.client(a), self.client(b)) }),
            (.acrossRetained, acrossRetained), (.acrossCleared, acrossCleared), (.acrossWill, acrossWill),
            (.acrossTakeOver, { (a, b) in try self.takeOver(a, b) }),
        ]
        let rows = points.map { point, ask in
            var details: [String] = []
            for (a, b) in pairs {
                let one = row(point) { try ask(a, b) }
                guard one.result == .honoured else {
                    return TrialRow(point, .not, "node \(a + 1) to \(b + 1): \(one.detail.isEmpty ? "no" : one.detail)")
                }
                details.append(one.detail)
            }
            return TrialRow(
                point, .honoured, details.allSatisfy(\.isEmpty) ? "" : details.max { $0.count < $1.count } ?? "")
        }
        return rows + [stop == nil ? TrialRow(.acrossDeath, .unasked) : row(.acrossDeath, acrossDeath)]
    }

    /// The first node dies with a client at it, who comes to the second under its name and hears again.
    private func acrossDeath() throws(TrialError) -> String? {
        let (id, topic) = (name(), topic())
        let old = try client(0, id: id)
        try subscribe(old, topic)
        guard stop?() ?? false else { throw TrialError("the command failed") }
        let start = Clocks.now
        wait([old]) { old.end != nil }
        var why = TrialError("no answer")
        while Clocks.now - start < limit + limit {
            do throws(TrialError) {
                let new = try client(1, id: id)
                try subscribe(new, topic)
                try send(client(1), topic, "it")
                if wait([new], until: { !new.messages.isEmpty }) {
                    return "after \((Clocks.now - start).milliseconds) ms"
                }
            } catch { why = error }
            wait([], limit: .milliseconds(200)) { false }
        }
        throw why
    }

    /// Published at `a`; when it has come to `b`, somebody new asks there.
    private func acrossRetained(_ a: Int, _ b: Int) throws(TrialError) -> String? {
        let (sender, watcher, topic) = (try client(a), try client(b), topic())
        try subscribe(watcher, topic)
        try send(sender, topic, "it", retain: true)
        guard wait([sender, watcher], until: { !watcher.messages.isEmpty }) else {
            throw TrialError("it does not come")
        }
        let late = try client(b)
        try subscribe(late, topic)
        let got = try heard(late, topic, from: watcher)
        for it in [sender, watcher] { try? send(it, topic, "", retain: true) }
        return got.map(\.text) == ["it"] ? "" : nil
    }

    /// Published at `b`, cleared at `a`.
    private func acrossCleared(_ a: Int, _ b: Int) throws(TrialError) -> String? {
        let (sender, watcher, topic) = (try client(b), try client(a), topic())
        try subscribe(sender, topic)
        try subscribe(watcher, topic)
        try send(sender, topic, "it", retain: true)
        guard wait([sender, watcher], until: { !watcher.messages.isEmpty }) else {
            throw TrialError("it does not come")
        }
        try send(watcher, topic, "", retain: true)
        guard wait([sender, watcher], until: { sender.messages.contains { $0.payload.isEmpty } }) else {
            throw TrialError("the empty one does not come")
        }
        let late = try client(b)
        try subscribe(late, topic)
        let got = try heard(late, topic, from: sender)
        if !got.isEmpty { try? send(sender, topic, "", retain: true) }
        return got.isEmpty ? "" : nil
    }

    private func acrossWill(_ a: Int, _ b: Int) throws(TrialError) -> String? {
        let (watcher, topic) = (try client(b), topic())
        try subscribe(watcher, topic)
        let dies = try client(a) { $0.will = .init(topic: topic) }
        let start = Clocks.now
        dies.vanish()
        guard wait([watcher], until: { !watcher.messages.isEmpty }) else { return nil }
        return "after \((Clocks.now - start).milliseconds) ms"
    }
}
