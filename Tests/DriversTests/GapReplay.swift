import Drivers
import Model
import TestSupport

/// An exchange made of a recording that was never interrupted and of what its lists would have said at each moment. It can be
/// entered at any time, and the line to it breaks when the recording says so.
struct GapReplay {
    struct Moment {
        var at: Int64
        var bytes: [UInt8]
    }

    /// Milliseconds from the beginning of the recording, as all times here.
    let begin: Int64
    let gaps: [(from: Int64, to: Int64)]
    let story: [JSON]
    private let events: [Moment]
    private let lists: [(at: Int64, json: JSON)]
    /// What this account may ask.
    var mayCount = true
    var mayList = true

    private(set) var book = CallBook(revisionBase: 0)
    private(set) var ended: [CallSnapshot] = []
    private(set) var signals: [CallSignal] = []
    private(set) var counted: Int?
    private var session: any Session
    private var due: Instant?
    /// When calls of a former run that nobody named are over, as the agent does it.
    private var settleAt: Int64?
    private var isUp = false
    private var now: Int64 = 0

    init(_ name: String, past: SessionSettings.Past? = nil, book: CallBook? = nil) throws {
        let json = try Fixture.json("DriversTests/Captures/gaps/\(name).json")
        func milliseconds(_ json: JSON?) -> Int64 { Int64((json?.double ?? 0) * 1000) }
        begin = milliseconds(json["begin"])
        gaps = (json["gaps"]?.list ?? []).map { (milliseconds($0.list?.first), milliseconds($0.list?.last)) }
        story = json["story"]?.list ?? []
        let bytes = Fixture.bytes("DriversTests/Captures/gaps/\(name).ami")
        // Each message when its last byte came.
        var events: [Moment] = []
        var (start, from) = (0, 0)
        for piece in json["pieces"]?.list ?? [] {
            let end = min(bytes.count, start + Int(piece.list?.last?.integer ?? 0))
            let at = milliseconds(piece.list?.first)
            var index = max(from + 3, start)
            while index < end {
                if bytes[index - 3...index].elementsEqual([13, 10, 13, 10]) {
                    events.append(Moment(at: at, bytes: Array(bytes[from...index])))
                    from = index + 1
                }
                index += 1
            }
            start = end
        }
        // Its own login and goodbye are nobody else's.
        self.events = events.filter { $0.bytes.starts(with: Array("Event:".utf8)) }
        lists = try Fixture.text("DriversTests/Captures/gaps/\(name).lists.jsonl").split(separator: "\n").map {
            let json = try JSON(parsing: Array($0.utf8))
            return (milliseconds(json["t"]), json)
        }
        var settings = SessionSettings(name: "pbx", user: "quai", secret: "simulated")
        settings.past = past
        session = Driver.asteriskAMI.session(settings)
        if let book { self.book = book }
    }

    /// From one moment to another; the line is there but for the gaps.
    mutating func play(from start: Int64? = nil, until end: Int64 = .max) {
        let start = start ?? begin
        now = start
        let breaks = gaps.filter { $0.to > start && $0.from < end }
        if !breaks.contains(where: { $0.from <= start }) { open() }
        var marks = breaks.flatMap { [($0.from, false), ($0.to, true)] }
        for event in events where event.at >= start && event.at < end {
            while let mark = marks.first, mark.0 <= event.at { pass(marks.removeFirst()) }
            run(until: event.at)
            if isUp { take(.bytes(event.bytes)) }
        }
        for mark in marks { pass(mark) }
        guard end == .max else { return run(until: end) }
        run(until: now + 60_000)
    }

    private mutating func pass(_ mark: (at: Int64, isBack: Bool)) {
        guard mark.at >= now else { return }
        run(until: mark.at)
        if mark.isBack { open() } else { close() }
    }

    mutating func close() {
        isUp = false
        take(.closed)
    }

    private mutating func open() {
        isUp = true
        take(.opened)
        take(.bytes(Array("Asterisk Call Manager/11.0.0\r\n".utf8)))
    }

    private mutating func run(until end: Int64) {
        while let moment = due, moment <= .milliseconds(end) {
            now = max(now, moment.milliseconds)
            due = nil
            take(.tick)
        }
        now = max(now, end)
        if let moment = settleAt, now >= moment {
            keep(book.settle(at: now))
            settleAt = nil
        }
    }

    private mutating func take(_ stimulus: Stimulus) {
        let reaction = session.handle(stimulus, at: .milliseconds(now))
        due = reaction.deadline
        counted = reaction.counted ?? counted
        for case .call(let signal) in reaction.observations {
            signals.append(signal)
            keep(book.apply(signal, at: now))
            if signal.event == .resynced { settleAt = settleAt ?? now + 1000 }
        }
        guard isUp, !reaction.send.isEmpty else { return }
        var parser = AMIParser()
        for case .message(let message) in parser.take(reaction.send) where isUp { answer(message) }
    }

    private mutating func keep(_ calls: [CallSnapshot]) {
        ended += calls.filter { $0.state == .ended && $0.mergedInto == nil }
    }

    private mutating func answer(_ message: AMIMessage) {
        let action = message.action?.lowercased() ?? ""
        let id = message.id ?? ""
        func say(_ lines: [String]) -> [UInt8] { Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) }
        let good = ["Response: Success", "ActionID: \(id)"]
        let denied = say(["Response: Error", "ActionID: \(id)", "Message: Permission denied"])
        switch action {
        case "challenge": take(.bytes(say(good + ["Challenge: 1"])))
        case "coreshowchannels" where mayList:
            take(
                .bytes(say(good) + items("channels", id) + say(["Event: CoreShowChannelsComplete", "ActionID: \(id)"])))
        case "status" where mayList:
            take(.bytes(say(good) + items("status", id) + say(["Event: StatusComplete", "ActionID: \(id)"])))
        case "queuestatus":
            take(.bytes(say(good) + items("queues", id) + say(["Event: QueueStatusComplete", "ActionID: \(id)"])))
        case "corestatus" where mayCount:
            let begun = events.count { $0.at <= now && GapReplay.begins($0.bytes) }
            take(.bytes(say(good + ["CoreProcessedCalls: \(begun)"])))
        case "coreshowchannels", "status", "corestatus", "originate": take(.bytes(denied))
        case "getvar": take(.bytes(say(good + ["Value: allowed_not_screened"])))
        default: take(.bytes(say(good + (action == "ping" ? ["Ping: Pong"] : []))))
        }
    }

    private static func begins(_ bytes: [UInt8]) -> Bool {
        var parser = AMIParser()
        guard case .message(let message)? = parser.take(bytes).first, message.event == "Newchannel" else {
            return false
        }
        return message["channelstate"] == "4"
    }

    private func items(_ name: String, _ id: String) -> [UInt8] {
        let list = lists.last { $0.at <= now }?.json[name]?.list ?? []
        return list.compactMap(\.text).flatMap { item in
            var lines = item.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            lines.insert("ActionID: \(id)", at: 1)
            return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        }
    }
}
