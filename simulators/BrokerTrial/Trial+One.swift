import Model
import Platform

/// What concerns one broker.
extension Trial {
    func ofOne() -> [TrialRow] {
        [
            row(.wildcards, wildcards), row(.quality0) { try self.delivered(0) },
            row(.quality1) { try self.delivered(1) },
            row(.quality2) { try self.delivered(2) },
            row(.order) { try self.ordered(self.client(), self.client()) },
            row(.orderFast) { try self.ordered(self.client(), self.client(), quality: 0) },
            row(.flow, flow), row(.large) { try self.large(64 << 10) },
            row(.largest) { try self.large(512 << 10) },
            row(.retained, retained), row(.cleared, cleared), row(.clean, clean), row(.session, session),
            row(.will, will), row(.takeOver) { try self.takeOver(0, 0) }, row(.own, own),
            row(.slow, slow),
        ] + ofFive() + sharedRows() + [restarted()]
    }

    /// What MQTT 5 alone has.
    private func ofFive() -> [TrialRow] {
        let points: [(TrialPoint, () throws -> String?)] = [
            (.noLocal, noLocal), (.nobody, nobody), (.contentType, contentType), (.userProperty, userProperty),
            (.subscriptionIdentifier, subscriptionIdentifier),
        ]
        return points.map { version == .v5 ? row($0, $1) : TrialRow($0, .not, "MQTT 3.1.1 does not have it") }
    }

    private func wildcards() throws(TrialError) -> String? {
        let (it, topic) = (try client(), topic())
        try subscribe(it, "\(topic)/+/+/s")
        try send(it, "\(topic)/7f/dock/c", "other")
        try send(it, "\(topic)/7f/dock/s", "this")
        guard wait([it], until: { !it.messages.isEmpty }) else { return nil }
        return it.messages.map(\.text) == ["this"] ? "" : nil
    }

    private func delivered(_ quality: Int32) throws(TrialError) -> String? {
        let (it, topic) = (try client(), topic())
        try subscribe(it, topic, quality: quality)
        try send(it, topic, [Array("it".utf8)], quality: quality)
        return wait([it], until: { !it.messages.isEmpty }) ? "" : nil
    }

    /// All at once, without waiting for one acknowledgement.
    private func flow() throws(TrialError) -> String? {
        let (it, topic) = (try client(), topic())
        try send(it, topic, [[UInt8]](repeating: [UInt8](repeating: 0x61, count: 16 << 10), count: Trial.window))
        return "of 16 KiB each"
    }

    private func large(_ size: Int) throws(TrialError) -> String? {
        let (it, topic) = (try client(), topic())
        let reader = try client()
        try subscribe(reader, topic)
        try send(it, topic, [[UInt8](repeating: 0x61, count: size)], with: [reader])
        guard wait([it, reader], until: { !reader.messages.isEmpty || reader.end != nil }) else { return nil }
        if let end = reader.end { throw TrialError("it ends the reader's connection: \(end)") }
        return reader.messages[0].payload.count == size ? "" : nil
    }

    private func retained() throws(TrialError) -> String? {
        let (sender, topic) = (try client(), topic())
        try send(sender, topic, "old", retain: true)
        try send(sender, topic, "new", retain: true)
        let reader = try client()
        try subscribe(reader, topic)
        let got = try heard(reader, topic, from: sender)
        try? send(sender, topic, "", retain: true)
        guard got.map(\.text) == ["new"] else { throw TrialError("came: \(got.map(\.text).joined(separator: ", "))") }
        return got[0].isRetained ? "" : "not marked as retained"
    }

    private func cleared() throws(TrialError) -> String? {
        let (sender, topic) = (try client(), topic())
        try send(sender, topic, "it", retain: true)
        try send(sender, topic, "", retain: true)
        let reader = try client()
        try subscribe(reader, topic)
        return try heard(reader, topic, from: sender).isEmpty ? "" : nil
    }

    private func clean() throws(TrialError) -> String? {
        let (sender, topic, id) = (try client(), topic(), name())
        let before = try client(id: id)
        try subscribe(before, topic)
        before.leave()
        try send(sender, topic, "old")
        let after = try client(id: id)
        guard after.greeting?.hasSession == false else { throw TrialError("the session is kept") }
        return try heard(after, topic, from: sender).isEmpty ? "" : nil
    }

    private func session() throws(TrialError) -> String? {
        let (sender, topic, id, count) = (try client(), topic(), name(), 50)
        let keeps: (inout TrialClient.Setup) -> Void = { setup in
            setup.isClean = false
            if setup.version == .v5 { setup.sessionExpiry = 300 }
        }
        let before = try client(id: id, keeps)
        try subscribe(before, topic)
        before.leave()
        try send(sender, topic, (1...count).map { Array(String($0).utf8) })
        let after = try client(id: id, keeps)
        wait([after]) { after.messages.count >= count }
        let flaws = Arrivals(sent: count, after.messages.compactMap { Int($0.text) })
        after.leave()
        // It is ended, too.
        (try? client(id: id))?.leave()
        guard after.greeting?.hasSession == true else { throw TrialError("the session is forgotten") }
        guard flaws.isClean else { throw TrialError("\(flaws)") }
        return "\(count) messages waited"
    }

    private func will() throws(TrialError) -> String? {
        let (watcher, topic, other, id) = (try client(), topic(), topic(), name())
        try subscribe(watcher, topic)
        try subscribe(watcher, other)
        let dies = try client { $0.will = .init(topic: topic, isRetained: true) }
        let start = Clocks.now
        dies.vanish()
        guard wait([watcher], until: { watcher.messages.contains { $0.topic == topic } }) else {
            throw TrialError("it does not come")
        }
        let time = (Clocks.now - start).milliseconds
        let late = try client()
        try subscribe(late, topic)
        let kept = try heard(late, topic, from: watcher)
        try? send(watcher, topic, "", retain: true)
        guard kept.map(\.text) == ["gone"] else { throw TrialError("it is told once and not retained") }
        try client(id: id) { $0.will = .init(topic: other) }.leave()
        // The same name again: what is said behind it comes behind a will of the one before.
        guard try heard(watcher, other, from: client(id: id)).isEmpty else { throw TrialError("told after a goodbye") }
        return "after \(time) ms"
    }

    func takeOver(_ first: Int, _ second: Int) throws(TrialError) -> String? {
        let id = name()
        let old = try client(first, id: id)
        let new = try client(second, id: id)
        wait([old, new]) { old.end != nil || new.end != nil }
        if let end = new.end { throw TrialError("the second is cut: \(end)") }
        guard let end = old.end else { throw TrialError("both live") }
        return end
    }

    private func own() throws(TrialError) -> String? {
        let (it, topic) = (try client(), topic())
        try subscribe(it, topic)
        try send(it, topic, [Array("echo".utf8)], quality: 0)
        return wait([it], until: { !it.messages.isEmpty }) ? "" : nil
    }

    /// One reads nothing; the sender and another reader must not feel it.
    private func slow() throws(TrialError) -> String? {
        let (sender, hangs, reader, topic) = (try client(), try client(), try client(), topic())
        try subscribe(hangs, topic)
        try subscribe(reader, topic)
        hangs.reads = false
        hangs.pings = false
        let count = Trial.heap
        let filler = [UInt8](repeating: 0x20, count: 16 << 10)
        let start = Clocks.now
        try send(sender, topic, (1...count).map { Array(String($0).utf8) + filler }, with: [reader])
        wait([sender, reader]) { reader.messages.count >= count }
        let time = (Clocks.now - start).milliseconds
        let flaws = Arrivals(sent: count, reader.messages.compactMap { Int($0.text.prefix { $0 != " " }) })
        guard flaws.isClean else { throw TrialError("the other reader: \(flaws)") }
        hangs.reads = true
        let kept = try? heard(hangs, topic, from: sender).count
        let fate = hangs.end.map { "it was cut: \($0)" } ?? "\(kept.map { "\($0)" } ?? "not all") kept for it"
        return "\(count) messages of 16 KiB in \(time) ms; \(fate)"
    }

    // MARK: MQTT 5

    private func noLocal() throws(TrialError) -> String? {
        let (it, topic) = (try client(), topic())
        try subscribe(it, topic, noLocal: true)
        try send(it, topic, "own")
        return try heard(it, topic, from: it).isEmpty ? "" : nil
    }

    private func nobody() throws(TrialError) -> String? {
        let it = try client()
        return try send(it, topic(), [[0x61]]) == [16] ? "" : nil
    }

    private func first(_ extras: TrialClient.Extras, identifier: UInt32? = nil) throws(TrialError)
        -> TrialClient.Message
    {
        let (it, topic) = (try client(), topic())
        try subscribe(it, topic, identifier: identifier)
        try send(it, topic, [[0x61]], extras)
        guard wait([it], until: { !it.messages.isEmpty }) else { throw TrialError("the message does not come") }
        return it.messages[0]
    }

    private func contentType() throws(TrialError) -> String? {
        let type = "application/cloudevents+json"
        return try first(.init(contentType: type)).contentType == type ? "" : nil
    }

    private func userProperty() throws(TrialError) -> String? { try first(.init(user: "été")).user == "été" ? "" : nil }

    private func subscriptionIdentifier() throws(TrialError) -> String? {
        try first(.init(), identifier: 300).subscription == 300 ? "" : nil
    }

    // MARK: shared subscriptions, a restart

    private func sharedRows() -> [TrialRow] {
        let (topic, count) = (topic(), 50)
        var kept: TrialRow?
        let one = row(.shared) {
            let members = [try self.client(), try self.client()]
            let senders = [try self.client(), try self.client()]
            for member in members { try self.subscribe(member, "$share/quai/\(topic)/+") }
            for (index, sender) in senders.enumerated() {
                try self.send(sender, "\(topic)/\(index)", (1...count).map { Array(String($0).utf8) }, with: members)
            }
            self.wait(members, limit: .seconds(3)) { members.map(\.messages.count).reduce(0, +) >= 2 * count }
            let got = members.map { member in
                senders.indices.map { index in
                    member.messages.filter { $0.topic == "\(topic)/\(index)" }.compactMap { Int($0.text) }
                }
            }
            let all = senders.indices.map { index in Arrivals(sent: count, got.flatMap { $0[index] }.sorted()) }
            guard all.allSatisfy(\.isClean) else { throw TrialError("\(all[0])") }
            let isKept = senders.indices.allSatisfy { index in got.contains { $0[index] == Array(1...count) } }
            let share = members.map { "\($0.messages.count)" }.joined(separator: " and ")
            kept = TrialRow(.sharedOrder, isKept ? .honoured : .not, isKept ? "" : "a client's messages go to both")
            return "\(share) of \(2 * count)"
        }
        return [one, kept ?? TrialRow(.sharedOrder, .unasked)]
    }

    private func restarted() -> TrialRow {
        guard let restart else { return TrialRow(.restart, .unasked) }
        let topic = topic()
        return row(.restart) {
            let before = try self.client()
            try self.send(before, topic, "kept", retain: true)
            before.leave()
            guard restart() else { throw TrialError("the command failed") }
            let end = Clocks.now + .seconds(60)
            var after: TrialClient?
            while after == nil, Clocks.now < end {
                after = try? self.client()
                if after == nil { self.wait([], limit: .milliseconds(200)) { false } }
            }
            guard let after else { throw TrialError("it does not come back") }
            try self.subscribe(after, topic)
            let got = try self.heard(after, topic, from: after)
            try? self.send(after, topic, "", retain: true)
            return got.map(\.text) == ["kept"] ? "" : nil
        }
    }
}
