import Devices
import Drivers
import Model
import Testing

/// Each driver of an exchange against a simulated one that speaks its language, in virtual time: what the driver makes of a
/// rush hour must be what the telephones saw.
struct ExchangeTests {
    static let desks = (101...108).map { "\($0)" }

    /// A driver's session on a line to an exchange.
    struct Line {
        var exchange: Exchange
        var session: any Session
        var book = CallBook(revisionBase: 0)
        var now = Instant.milliseconds(1000)
        var due: Instant?
        var isUp = false
        var ended: [CallSnapshot] = []
        var progress: [CommandProgress] = []
        var faults: [Fault] = []
        var doubt = 0
        private let dialect: Exchange.Dialect
        private var counted: Int?
        /// When calls of a former run that nobody named are over, as the agent does it.
        private var settleAt: Instant?

        init(_ dialect: Exchange.Dialect) {
            self.dialect = dialect
            exchange = Exchange(dialect, user: "quai", secret: "simulated")
            session = Line.session(dialect, nil)
        }

        private static func session(_ dialect: Exchange.Dialect, _ past: SessionSettings.Past?) -> any Session {
            var settings = SessionSettings(name: "pbx", region: .eu)
            (settings.user, settings.secret) = ("quai", "simulated")
            settings.extensions = ExchangeTests.desks
            settings.past = past
            return Driver.named(dialect.rawValue)!.session(settings)
        }

        mutating func open() {
            isUp = true
            exchange.connect(1, at: now)
            take(.opened)
            settle()
        }

        mutating func cut() {
            isUp = false
            exchange.disconnect(1)
            take(.closed)
        }

        /// The agent stops; what it has on disk is this much.
        mutating func stop() -> (past: SessionSettings.Past, calls: [CallSnapshot]) {
            isUp = false
            exchange.disconnect(1)
            due = nil
            return (SessionSettings.Past(counted: counted, calls: book.running), book.running)
        }

        mutating func start(_ left: (past: SessionSettings.Past, calls: [CallSnapshot]), recalling: [Command] = []) {
            session = Line.session(dialect, left.past)
            book = CallBook(revisionBase: now.milliseconds << 20)
            for call in left.calls { book.recall(call) }
            for command in recalling { take(.recall(command)) }
            open()
        }

        private mutating func keep(_ calls: [CallSnapshot]) {
            ended += calls.filter { $0.state == .ended && $0.mergedInto == nil }
        }

        private mutating func take(_ stimulus: Stimulus) {
            let reaction = session.handle(stimulus, at: now)
            due = reaction.deadline
            counted = reaction.counted ?? counted
            for observation in reaction.observations {
                switch observation {
                case .call(let signal):
                    doubt += max(0, signal.doubt ?? 0)
                    keep(book.apply(signal, at: now.milliseconds))
                    if signal.event == .resynced { settleAt = settleAt ?? now + .seconds(1) }
                case .progress(let step): progress.append(step)
                case .fault(let fault): faults.append(fault)
                default: break
                }
            }
            if isUp, !reaction.send.isEmpty { exchange.receive(reaction.send, on: 1, at: now) }
        }

        /// Until neither has anything to say.
        mutating func settle() {
            for _ in 0..<1000 {
                let bytes = exchange.takeOutput().bytes[1] ?? []
                guard isUp, !bytes.isEmpty else { return }
                take(.bytes(bytes))
            }
        }

        mutating func run(until end: Instant) {
            while true {
                let next = [exchange.deadline, due, settleAt].compactMap(\.self).min() ?? end
                guard next <= end else { break }
                now = max(now, next)
                if let moment = settleAt, now >= moment {
                    settleAt = nil
                    keep(book.settle(at: now.milliseconds))
                }
                exchange.tick(at: now)
                settle()
                if let moment = due, now >= moment {
                    due = nil
                    take(.tick)
                    settle()
                }
            }
            now = end
        }

        mutating func command(_ command: Command) {
            take(.command(command))
            settle()
        }
    }

    @Test(arguments: [Exchange.Dialect.asterisk, .freeSWITCH, .csta], [1, 2, 3] as [UInt64])
    func aRushHourIsToldAsTheTelephonesSawIt(dialect: Exchange.Dialect, seed: UInt64) {
        var line = Line(dialect)
        line.open()
        for (at, script) in Exchange.rushHour(calls: 200, over: .seconds(120), seed: seed, desks: ExchangeTests.desks) {
            line.run(until: .milliseconds(2000) + at)
            line.exchange.call(script, at: line.now)
            line.settle()
        }
        line.run(until: .milliseconds(200_000))
        #expect(line.exchange.ledger.allSatisfy { $0.isOver })
        #expect(line.book.running.isEmpty && line.faults.isEmpty)
        let told = line.ended.map(Exchange.summary).sorted()
        let truth = line.exchange.ledger.map(\.summary).sorted()
        #expect(told.count == 200)
        for (a, b) in zip(told, truth) where a != b { Issue.record("told \(a)\ntrue \(b)") }
    }

    /// The line breaks again and again: every call ends once, none stays open, and nobody is accused of having missed one
    /// that was answered.
    @Test(arguments: [Exchange.Dialect.asterisk, .freeSWITCH, .csta], [1, 2, 3] as [UInt64])
    func aLineThatBreaksLeavesNoCallOpen(dialect: Exchange.Dialect, seed: UInt64) {
        var line = Line(dialect)
        line.open()
        var number = 0
        for (at, script) in Exchange.rushHour(calls: 200, over: .seconds(120), seed: seed, desks: ExchangeTests.desks) {
            line.run(until: .milliseconds(2000) + at)
            number += 1
            if number % 11 == 0 { line.cut() }
            if number % 11 == 2, !line.isUp { line.open() }
            line.exchange.call(script, at: line.now)
            line.settle()
        }
        if !line.isUp { line.open() }
        line.run(until: .milliseconds(400_000))
        #expect(line.book.running.isEmpty)
        let ended = line.ended.filter { $0.cause != .lost }.map(\.call)
        #expect(ended.count == Set(ended).count)
        // By the caller's number, which is each call's own.
        var missed: [String: Set<String>] = [:]
        for story in line.exchange.ledger { missed[story.from] = Set(story.missedBy) }
        var wrong = 0
        for call in line.ended where call.direction == .inbound {
            guard let number = call.caller?.number, let truth = missed[number] else { continue }
            if !Set(call.missedBy).isSubset(of: truth) { wrong += 1 }
        }
        #expect(wrong == 0)
        if dialect == .asterisk { #expect(line.doubt > 0) }
    }

    /// The agent itself is stopped and started again and again: no call stays open, none is told twice, and nobody is accused.
    @Test(arguments: [Exchange.Dialect.asterisk, .freeSWITCH, .csta], [1, 2, 3] as [UInt64])
    func anAgentThatIsStartedAgainLeavesNoCallOpen(dialect: Exchange.Dialect, seed: UInt64) {
        var line = Line(dialect)
        line.open()
        var left: (past: SessionSettings.Past, calls: [CallSnapshot])?
        for (number, (at, script)) in Exchange.rushHour(
            calls: 200, over: .seconds(120), seed: seed, desks: ExchangeTests.desks
        ).enumerated() {
            line.run(until: .milliseconds(2000) + at)
            if number % 11 == 5 { left = line.stop() }
            if number % 11 == 8, let known = left {
                line.start(known)
                left = nil
            }
            line.exchange.call(script, at: line.now)
            line.settle()
        }
        if let left { line.start(left) }
        line.run(until: .milliseconds(400_000))
        #expect(line.book.running.isEmpty)
        let ended = line.ended.filter { $0.cause != .lost }.map(\.call)
        #expect(ended.count == Set(ended).count)
        var missed: [String: Set<String>] = [:]
        for story in line.exchange.ledger { missed[story.from] = Set(story.missedBy) }
        for call in line.ended where call.direction == .inbound {
            guard let number = call.caller?.number, let truth = missed[number] else { continue }
            #expect(Set(call.missedBy).isSubset(of: truth))
        }
        if dialect != .csta { #expect(line.doubt > 0) }
    }

    /// While the own telephone rings, while the other one does, while they talk: the click goes on, and dials once.
    @Test(arguments: [Exchange.Dialect.asterisk, .freeSWITCH, .csta], [600, 2500, 6000, 9000] as [Int64])
    func aClickGoesOnWhenTheAgentIsStartedAgain(dialect: Exchange.Dialect, moment: Int64) throws {
        var line = Line(dialect)
        line.open()
        let id = "01KAJ0000000000000000000AA"
        let dial = Command(
            id: id, action: .dial(extension: "101", number: "0612340091", display: nil, device: nil), issued: 0, ttl: 15
        )
        line.command(dial)
        line.run(until: .milliseconds(1000 + moment))
        let isOver = line.book.running.isEmpty
        let left = line.stop()
        line.run(until: .milliseconds(1300 + moment))
        line.start(left, recalling: isOver ? [] : [dial])
        line.run(until: .milliseconds(90_000))
        #expect(line.book.running.isEmpty && line.ended.count == 1 && line.exchange.ledger.count == 1)
        let call = try #require(line.ended.first)
        #expect(call.direction == .outbound && call.command == id && call.called == "0612340091")
        #expect(line.progress.last?.state == .done)
    }

    @Test(arguments: [Exchange.Dialect.asterisk, .freeSWITCH, .csta])
    func aClickRingsBothInTurn(dialect: Exchange.Dialect) {
        var line = Line(dialect)
        line.open()
        let id = "01KAJ0000000000000000000AA"
        let dial = Command(
            id: id, action: .dial(extension: "101", number: "0612340091", display: nil, device: nil), issued: 0, ttl: 15
        )
        line.command(dial)
        line.run(until: .milliseconds(60_000))
        #expect(line.progress.map(\.state) == [.accepted, .ringingOwn, .ringingOther, .talking, .done])
        #expect(line.ended.count == 1 && line.ended[0].direction == .outbound && line.ended[0].command == id)
        #expect(line.ended[0].called == "0612340091" && line.ended[0].missedBy.isEmpty)
    }

    @Test func aBoxTellsWhoCalledAndWhetherItWasAnswered() {
        var line = Line(.fritzBox)
        line.open()
        for (at, script) in Exchange.rushHour(calls: 100, over: .seconds(60), seed: 5, desks: ExchangeTests.desks) {
            line.run(until: .milliseconds(2000) + at)
            line.exchange.call(script, at: line.now)
            line.settle()
        }
        line.run(until: .milliseconds(200_000))
        #expect(line.book.running.isEmpty)
        let truth = line.exchange.ledger.filter { $0.direction != .internal }
        func key(_ direction: CallDirection?, _ from: String, _ answered: Bool) -> String {
            "\(direction?.rawValue ?? "-") \(from) \(answered)"
        }
        let told = line.ended.map { call in
            key(
                call.direction,
                call.direction == .outbound
                    ? call.called ?? "-" : call.caller?.withheld == true ? "withheld" : call.caller?.number ?? "-",
                call.answeredAt != nil)
        }
        let wanted = truth.map { story in
            key(
                story.direction,
                story.direction == .outbound ? story.to : story.isPrivate ? "withheld" : story.from,
                story.direction == .outbound || !story.talks.isEmpty)
        }
        #expect(told.sorted() == wanted.sorted())
    }
}
