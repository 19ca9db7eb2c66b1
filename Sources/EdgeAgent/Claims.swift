import Drivers
import Model

/// Finds out who is on an unknown serial line: by listening first, then by harmless questions one after the other
/// (docs/how-to/plug-in-a-reader.md). A device that speaks by itself is never written to.
///
/// A value: bytes and time come in; what to set, to send and to believe come out.
struct Claims: Sendable {
    enum Verdict: Equatable, Sendable {
        /// No doubt; what was heard while listening belongs to the driver.
        case claimed(driver: String, baud: Int, why: String, heard: [UInt8])
        /// Somebody has to say yes.
        case likely(driver: String, baud: Int, why: String)
        case unknown(why: String)
    }

    struct Action: Equatable, Sendable {
        var baud: Int?
        var send: [UInt8] = []
        var deadline: Instant?
        var verdict: Verdict?
    }

    /// What it takes to be claimed, and to be offered.
    static let certain = 100
    static let offered = 50
    /// What evidence is worth.
    static let likelyPoints = 60
    /// Silence before a question, so that a wrong one before it times out in the reader.
    static let gap: Duration = .milliseconds(150)
    /// Longer than the second between two sentences of a GPS receiver: what speaks once a second is heard before it is asked.
    static let firstListen: Duration = .milliseconds(1300)
    static let shortListen: Duration = .milliseconds(100)
    static let longListen: Duration = .seconds(2)
    /// Silence behind a few stray bytes, and behind a text or more than a few: a board that has said what it boots. Longer
    /// than the pauses of what reports every few seconds.
    static let strayQuiet: Duration = .milliseconds(1300)
    static let bannerQuiet: Duration = .seconds(8)
    /// Bytes that may be stray; more are somebody who speaks.
    static let strayLimit = 16
    /// A reader that was here before may still be starting, or have lost its power: its own question is asked again, for ever.
    static let rememberedPauses: [Duration] = [.seconds(2), .seconds(4), .seconds(8), .seconds(10)]
    /// One that nobody knows is asked again, a few times: it may start more slowly than we.
    static let strangerPause: Duration = .seconds(30)
    static let rounds = 3
    /// Bytes kept of what one step heard.
    static let hearing = 4096
    /// Speeds at which somebody who speaks but is not understood is listened to.
    static let listenSpeeds = [9600, 115200, 57600, 38400, 19200]

    private let drivers: [Driver]
    private let hint: Hint
    private let plan: Plan
    private var steps: [Step]
    /// Questions that wait until the line has been quiet for long enough.
    private var later: [Step]?
    private var heard: [UInt8] = []
    /// Bytes that nobody understood and that answer no question.
    private var strays = 0
    private var lastHeard: Instant?
    private var isText = false
    /// It speaks by itself: nothing more is sent to it.
    private var isTalker = false
    private var hasEchoed = false
    private var offer: Verdict?
    private var rounds = 1
    private var pauses = 0
    /// The question of the reader that was here before is being asked, whatever is heard.
    private var isOwnQuestion = false
    private var due: Instant?
    /// What was sent, each once.
    private(set) var asked: [[UInt8]] = []

    init(drivers: [Driver] = Driver.catalog, hint: Hint = Hint()) {
        self.drivers = drivers.filter { $0.recognise != nil }
        self.hint = hint
        plan = Plan(self.drivers, hint)
        steps = plan.first + plan.everything
        later = nil
    }

    /// Drivers whose questions were sent, in order.
    var askedNames: [String] {
        var names: [String] = []
        for driver in drivers where driver.probes.contains(where: { asked.contains($0.send) }) {
            names.append(driver.name)
        }
        return names
    }

    /// A verdict that is not the last word: when the line has been silent for long enough, it is asked.
    var goesOn: Bool { later != nil && strays <= 256 }

    // MARK: what happens

    /// The port is open.
    mutating func begin(at now: Instant) -> Action {
        // One that only talks cannot be asked: what it was before, it is again.
        if let memory = hint.remembered, let driver = drivers.first(where: { $0.name == memory.driver }),
            driver.probes.isEmpty
        {
            steps = []
            let why = "known from before on this port"
            return Action(
                baud: memory.baud, verdict: .claimed(driver: memory.driver, baud: memory.baud, why: why, heard: []))
        }
        isOwnQuestion = !plan.own.isEmpty
        return enter(at: now)
    }

    mutating func hear(_ bytes: [UInt8], at now: Instant) -> Action {
        guard let step = steps.first, !bytes.isEmpty else { return Action(deadline: due) }
        // What was said long ago is no beginning of what is said now.
        if case .wait = step, let lastHeard, now - lastHeard >= Claims.strayQuiet { heard = [] }
        heard = (heard + bytes).suffix(Claims.hearing)
        // What equals a question of ours is the line's echo, or a console's: no answer.
        if !isTalker || isOwnQuestion, let rest = EchoFilter.rest(of: heard, after: asked) {
            hasEchoed = true
            heard = rest
        }
        if let action = judge(step, at: now) { return action }
        if case .ask = step { return Action(deadline: due) }
        guard !heard.isEmpty, !asked.contains(where: { $0.starts(with: heard) }) else { return Action(deadline: due) }
        strays += bytes.count
        lastHeard = now
        isText = isText || Claims.isText(heard)
        if !asked.isEmpty, isText || strays > Claims.strayLimit, !isOwnQuestion { isTalker = true }
        switch step {
        // A reader may take what comes before a stray byte's end for a torn question.
        case .pause where !isTalker && !isOwnQuestion: due = now + Claims.gap
        case .wait where later != nil || due == nil: due = waitEnd(at: now)
        default: break
        }
        return Action(deadline: due)
    }

    mutating func tick(at now: Instant) -> Action {
        guard let due, now >= due, let step = steps.first else { return Action(deadline: due) }
        switch step {
        case .wait(let baud): return again(baud, at: now)
        case .ask:
            // A modem's ERROR, a shell's prompt, a scan that came between: it speaks, and not as a reader.
            if Claims.isText(heard) { (isText, isTalker) = (true, true) }
            if !hasEchoed, let action = judge(step, at: now, isEnd: true) { return action }
            isOwnQuestion = false
            // Behind an echo the usual readers are looked for, no more.
            if hasEchoed { steps = steps.filter { isUsual($0) } }
        case .listen where !isOwnQuestion && strays > 0 && !isTalker && asked.isEmpty:
            // It has said something. Few bytes and silence are none; the rest is heard at other speeds meanwhile.
            if !isQuiet(at: now), !isBrief, later == nil {
                later = Array(steps.dropFirst())
                steps = [step] + listening(from: step)
            } else if !isQuiet(at: now), isBrief, later == nil {
                self.due = quietEnd
                return Action(deadline: self.due)
            }
        default: break
        }
        if steps.first == step { steps.removeFirst() }
        if let later, isQuiet(at: now) { (steps, self.later) = (later, nil) }
        if isTalker, !isOwnQuestion { listenOnly() }
        return enter(at: now)
    }

    /// The line does not take this speed: on to the next step that has another.
    mutating func skip(at now: Instant) -> Action {
        if case .pause = steps.first { steps.removeFirst() }
        if !steps.isEmpty { steps.removeFirst() }
        return enter(at: now)
    }

    // MARK: steps

    /// From here on nothing is sent: whoever is there speaks by itself.
    private mutating func listenOnly() {
        later = nil
        guard steps.contains(where: { if case .ask = $0 { true } else { false } }) else { return }
        steps = offer == nil && !isText ? listening(from: nil) : [.wait(baud: plan.baud)]
    }

    private func listening(from step: Step?) -> [Step] {
        guard plan.isHunting else { return [.wait(baud: plan.baud)] }
        let steps = Claims.listenSpeeds.map { Step.listen(baud: $0, Claims.longListen) }
        return (step == nil || isText ? steps : Array(steps.dropFirst())) + [.wait(baud: plan.baud)]
    }

    private mutating func enter(at now: Instant) -> Action {
        heard = []
        guard let step = steps.first else { return Action() }
        var action = Action()
        switch step {
        case .listen(let baud, let time):
            (action.baud, due) = (baud, now + time)
            if later != nil, let end = quietEnd { due = min(now + time, max(now, end)) }
        case .pause(let probe): (action.baud, due) = (probe.baud, now + Claims.gap)
        case .ask(let probe):
            (action.send, due) = (probe.send, now + probe.wait)
            if !asked.contains(probe.send) { asked.append(probe.send) }
        case .wait(let baud):
            (action.baud, due) = (baud, waitEnd(at: now))
            action.verdict = offer ?? .unknown(why: why)
        }
        action.deadline = due
        return action
    }

    /// When the line is asked once more; nil when it is only heard from now on.
    private func waitEnd(at now: Instant) -> Instant? {
        if later != nil { return quietEnd }
        if !plan.own.isEmpty { return now + Claims.rememberedPauses[min(pauses, Claims.rememberedPauses.count - 1)] }
        // What is not understood may be at another speed.
        if isTalker, !isText, plan.isHunting { return heard.isEmpty ? nil : now + Claims.longListen }
        if isTalker || hasEchoed || offer != nil || plan.again.isEmpty { return nil }
        return rounds < Claims.rounds ? now + Claims.strangerPause : nil
    }

    private mutating func again(_ baud: Int, at now: Instant) -> Action {
        if let later {
            if isQuiet(at: now) {
                (steps, self.later) = (later, nil)
            } else if isText || !plan.isHunting {
                due = quietEnd
                return Action(deadline: due)
            } else {
                steps = listening(from: nil)
            }
        } else if !plan.own.isEmpty {
            pauses += 1
            isOwnQuestion = true
            // What speaks and is not understood may be another reader at another speed.
            steps = plan.own + (isTalker && !isText ? listening(from: nil) : [.wait(baud: baud)])
        } else if isTalker {
            steps = listening(from: nil)
        } else {
            rounds += 1
            steps = plan.again
        }
        return enter(at: now)
    }

    private func isUsual(_ step: Step) -> Bool {
        switch step {
        case .pause(let probe), .ask(let probe): plan.usual.contains(probe)
        case .listen, .wait: true
        }
    }

    // MARK: silence

    private var isBrief: Bool { strays <= Claims.strayLimit && !isText }
    private var quietEnd: Instant? { lastHeard.map { $0 + (isBrief ? Claims.strayQuiet : Claims.bannerQuiet) } }
    private func isQuiet(at now: Instant) -> Bool { quietEnd.map { now >= $0 } ?? true }

    /// Mostly signs that can be printed, and more than a wrong speed makes of a few bytes.
    static func isText(_ bytes: [UInt8]) -> Bool {
        let signs = bytes.count { (0x20..<0x7F).contains($0) || [0x09, 0x0A, 0x0D].contains($0) }
        return bytes.count >= 4 && signs * 10 >= bytes.count * 9
    }

    private var why: String {
        let names = askedNames.joined(separator: ", ")
        if hasEchoed {
            return
                "the line returns what is sent (a modem, a console, a looped cable): no reader among \(names) answered"
        }
        if isTalker || strays > 0 && asked.isEmpty {
            return
                "it speaks, and at no usual speed in a language known here, so nothing more is sent to it; "
                + "`edge-agent probe` writes down what it says"
        }
        if asked.isEmpty {
            return
                "its USB id is of no bridge that readers are built with, so it is not asked; name it in [discovery] only, "
                + "or its driver in a [reader.…]"
        }
        if let memory = hint.remembered {
            return
                "\(memory.driver) was here before and does not answer: is it on? It is asked again and again; "
                + "asked: \(names)"
        }
        return
            "it answers no question known here (asked: \(names)); a scanner is recognised by its first scan, others by "
            + "naming their driver"
    }

    // MARK: evidence

    /// `isEnd`: nothing more comes in this step. Before that, a text that comes behind a question may still become an answer.
    private mutating func judge(_ step: Step, at now: Instant, isEnd: Bool = false) -> Action? {
        let baud: Int
        var isAnswering = false
        switch step {
        case .listen(let speed, _), .wait(let speed): baud = speed
        case .pause(let probe): baud = probe.baud
        case .ask(let probe): (baud, isAnswering) = (probe.baud, true)
        }
        var best: (driver: Driver, points: Int, why: String)?
        for driver in drivers {
            let points: Int
            let why: String
            switch driver.recognise?(heard) ?? .none {
            case .none: continue
            case .certain(let text): (points, why) = (Claims.certain, text)
            case .likely(let text): (points, why) = (Claims.likelyPoints + (hint.scores[driver.name] ?? 0), text)
            }
            if points > best?.points ?? 0 { best = (driver, points, why) }
        }
        guard let best, best.points >= Claims.offered else { return nil }
        if best.points >= Claims.certain {
            // A scan that comes while another family is being asked is no answer, and must not be lost.
            var isAnswer = false
            if case .ask(let probe) = step { isAnswer = best.driver.probes.contains { $0.send == probe.send } }
            (due, steps, later) = (nil, [], nil)
            return Action(
                verdict: .claimed(
                    driver: best.driver.name, baud: baud, why: best.why, heard: isAnswer ? [] : heard))
        }
        // What was here before is asked all the same, and a text behind a question may be the beginning of an answer.
        guard !isOwnQuestion, !isAnswering || isEnd else { return nil }
        // It goes on being heard, at this speed, until somebody says yes or it says something surer. One text before the
        // first question may be a board that boots: after a long silence it is asked.
        strays += heard.count
        (isText, lastHeard) = (true, now)
        if asked.isEmpty {
            if later == nil { later = Array(steps.drop { if case .listen = $0 { true } else { false } }) }
            if later?.contains(where: { if case .ask = $0 { true } else { false } }) != true { later = nil }
        } else {
            isTalker = true
        }
        steps = [.wait(baud: baud)]
        heard = []
        let isDue = due
        due = waitEnd(at: now)
        // What was here before is asked in its time, however much is said meanwhile.
        if case .wait = step, !plan.own.isEmpty { due = isDue }
        let verdict = Verdict.likely(driver: best.driver.name, baud: baud, why: best.why)
        offer = verdict
        return Action(deadline: due, verdict: verdict)
    }
}
