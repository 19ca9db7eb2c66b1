public import Broker
import Glibc
import Model
import Platform

/// Tries what a broker honours, by real connections under topics of its own. Everything is waited for by an answer or by a message that
/// comes behind it, `limit` at most; four things are waited for by the clock, all at once.
///
/// Several nodes are one cluster: what concerns one broker is tried at the first, what lies between at each pair.
public final class Trial {
    /// Messages of one run for order.
    static let many = 500
    /// As many as an agent has on the road at once (`Delivery`).
    static let window = 64
    /// What hangs is filled with so many of 16 KiB: more than the kernel keeps for it.
    static let heap = 2000

    let nodes: [BrokerOptions]
    /// Topics stand below `PREFIX/RUN`.
    let prefix: String
    let limit: Duration
    var version = TrialClient.Version.v5
    /// Restarts the broker, where its operator has said how.
    let restart: (() -> Bool)?
    /// Kills the first node, where its operator has said how; it is done last.
    let stop: (() -> Bool)?
    /// Driven whatever is waited for.
    var background: [TrialClient] = []
    private let run: String
    private var count = 0
    private let forced: TrialClient.Version?

    /// `is311`: as if it spoke MQTT 3.1.1 alone.
    public init(
        nodes: [BrokerOptions], prefix: String = "quai-trial", limit: Duration = .seconds(10), is311: Bool = false,
        restart: (() -> Bool)? = nil, stop: (() -> Bool)? = nil
    ) {
        var random = SystemRandomNumberGenerator()
        run = Hex.word(random.next())
        (self.nodes, self.limit, self.restart, self.stop) = (nodes, limit, restart, stop)
        self.prefix = "\(prefix)/\(run)"
        forced = is311 ? .v311 : nil
    }

    /// All that is asked, in its order. Where nobody answers, that alone.
    public func report(name: String) -> TrialReport {
        let (spoken, rows) = versions()
        guard let spoken else { return TrialReport(name: name, version: "no MQTT", rows: rows) }
        version = spoken
        let late = Late(self)
        var all = rows + ofOne() + late.rows(self)
        if nodes.count > 1 { all += between() }
        let order = TrialPoint.allCases
        all.sort { order.firstIndex(of: $0.point)! < order.firstIndex(of: $1.point)! }
        background = []
        return TrialReport(name: name, version: spoken.name, rows: all)
    }

    private func versions() -> (TrialClient.Version?, [TrialRow]) {
        let points: [(TrialClient.Version, TrialPoint)] = [(.v5, .version5), (.v311, .version311)]
        let rows = points.map { version, point -> (TrialClient.Version, TrialRow) in
            if let forced, forced != version { return (version, TrialRow(point, .not, "not tried")) }
            self.version = version
            return (version, row(point) { try self.announced(version) })
        }
        return (rows.first { $0.1.result == .honoured }?.0, rows.map(\.1))
    }

    /// What the broker says of itself when it greets.
    private func announced(_ version: TrialClient.Version) throws(TrialError) -> String? {
        let it = try client()
        defer { it.leave() }
        guard version == .v5, let greeting = it.greeting else { return "" }
        var words: [String] = []
        words.append("takes \(greeting.receiveMaximum.map { "\($0)" } ?? "65535") at once")
        if let size = greeting.maximumPacket { words.append("packets of \(size) bytes") }
        words.append("QoS up to \(greeting.maximumQuality ?? 2)")
        words.append("\(greeting.topicAliases ?? 0) topic aliases")
        if !greeting.hasRetained { words.append("no retained messages") }
        if !greeting.hasWildcards { words.append("no wildcards") }
        if !greeting.hasShared { words.append("no shared subscriptions") }
        return words.joined(separator: ", ")
    }

    // MARK: what the points are made of

    /// A point; nil from `ask` is not honoured without a word, an error with its words.
    func row(_ point: TrialPoint, _ ask: () throws -> String?) -> TrialRow {
        do {
            guard let detail = try ask() else { return TrialRow(point, .not) }
            return TrialRow(point, .honoured, detail)
        } catch { return TrialRow(point, .not, "\(error)") }
    }

    func topic() -> String {
        count += 1
        return "\(prefix)/\(count)"
    }

    func name() -> String {
        count += 1
        return "quai-trial-\(run.prefix(8))-\(count)"
    }

    /// Connected; says why not.
    func client(
        _ node: Int = 0, id: String? = nil, _ change: (inout TrialClient.Setup) -> Void = { _ in }
    ) throws(TrialError) -> TrialClient {
        var setup = TrialClient.Setup(id: id ?? name(), version: version)
        change(&setup)
        let it = try TrialClient(nodes[node], setup)
        guard wait([it], until: { it.greeting != nil || it.end != nil }), it.isUp else {
            let code = it.greeting?.reason ?? 0
            throw TrialError(
                code != 0 ? "refused with code \(code)" : it.end == nil ? "no answer to CONNECT" : "closed at CONNECT")
        }
        return it
    }

    /// Drives them until it is so; false when the limit is over.
    @discardableResult
    func wait(_ clients: [TrialClient], limit: Duration? = nil, until isSo: () -> Bool) -> Bool {
        let all = clients + background
        let end = Clocks.now + (limit ?? self.limit)
        while !isSo() {
            let now = Clocks.now
            guard now < end else { return false }
            let ready = waitFor(
                all.map(\.interest), milliseconds: Int32(clamping: min(50, (end - now).milliseconds + 1)))
            for (it, ready) in zip(all, ready) { it.advance(ready, now: Clocks.now) }
        }
        return true
    }

    func subscribe(
        _ it: TrialClient, _ pattern: String, quality: Int32 = 1, noLocal: Bool = false, identifier: UInt32? = nil
    ) throws(TrialError) {
        let id = it.subscribe(pattern, quality: quality, noLocal: noLocal, identifier: identifier)
        guard let id, wait([it], until: { it.granted[id] != nil || it.end != nil }), let answer = it.granted[id] else {
            throw TrialError(it.end.map { "the subscription ended it: \($0)" } ?? "the subscription is not answered")
        }
        guard answer < 128 else { throw TrialError("the subscription is refused (reason \(answer))") }
    }

    /// Sends them, so many at once, and waits until the broker has taken all. Returns its reasons.
    @discardableResult
    func send(
        _ it: TrialClient, _ topic: String, _ payloads: [[UInt8]], quality: Int32 = 1, retain: Bool = false,
        _ extras: TrialClient.Extras = .init(), with others: [TrialClient] = []
    ) throws(TrialError) -> [Int32] {
        var ids: [Int32] = []
        for payload in payloads {
            guard let id = it.publish(topic, payload, quality: quality, retain: retain, extras) else {
                throw TrialError(it.end.map { "the connection is over: \($0)" } ?? "larger than the broker takes")
            }
            ids.append(id)
            let open = ids.count >= Trial.window ? ids[ids.count - Trial.window] : nil
            if let open { wait([it] + others) { it.taken[open] != nil || it.end != nil } }
        }
        wait([it] + others) { it.end != nil || ids.allSatisfy { it.taken[$0] != nil } }
        let reasons = ids.compactMap { it.taken[$0] }
        guard reasons.count == ids.count else {
            throw TrialError(
                "\(ids.count - reasons.count) of \(ids.count) not acknowledged"
                    + (it.end.map { ": the connection is over, \($0)" } ?? ""))
        }
        if let refusal = reasons.first(where: { $0 >= 128 }) { throw TrialError("refused (reason \(refusal))") }
        return reasons
    }

    func send(_ it: TrialClient, _ topic: String, _ text: String, retain: Bool = false) throws(TrialError) {
        try send(it, topic, [Array(text.utf8)], retain: retain)
    }

    /// What `it` has heard of `topic` when a message that was sent behind it has come.
    func heard(_ it: TrialClient, _ topic: String, from sender: TrialClient) throws(TrialError) -> [TrialClient.Message]
    {
        let behind = self.topic()
        try subscribe(it, behind)
        try send(sender, behind, "behind")
        guard wait([it, sender], until: { it.messages.contains { $0.topic == behind } }) else {
            throw TrialError("what was sent behind it does not come")
        }
        return it.messages.filter { $0.topic == topic }
    }

    /// So many numbered messages from one to the other: each once, in order.
    func ordered(
        _ sender: TrialClient, _ reader: TrialClient, quality: Int32 = 1, count: Int = Trial.many
    ) throws(TrialError) -> String {
        let topic = topic()
        try subscribe(reader, topic, quality: quality)
        let start = Clocks.now
        let payloads = (1...count).map { Array(String($0).utf8) }
        try send(sender, topic, payloads, quality: quality, with: [reader])
        wait([sender, reader]) { reader.messages.filter { $0.topic == topic }.count >= count }
        let time = (Clocks.now - start).milliseconds
        let got = reader.messages.filter { $0.topic == topic }.compactMap { Int($0.text) }
        let flaws = Arrivals(sent: count, got)
        guard flaws.isClean else { throw TrialError("\(flaws)") }
        return "\(count) messages in \(time) ms"
    }
}

/// How numbered messages came.
public struct Arrivals: Equatable, CustomStringConvertible {
    public var lost = 0
    public var twice = 0
    /// Came behind one with a higher number.
    public var overtaken = 0

    /// `got` of 1 to `sent`.
    public init(sent: Int, _ got: [Int]) {
        lost = sent - Set(got).count
        twice = got.count - Set(got).count
        var highest = 0
        for number in got {
            if number < highest { overtaken += 1 }
            highest = max(highest, number)
        }
    }

    public var isClean: Bool { self == Arrivals(sent: 0, []) }
    public var description: String { "lost \(lost), twice \(twice), overtaken \(overtaken)" }
}
