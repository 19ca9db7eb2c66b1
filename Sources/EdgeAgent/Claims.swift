import Drivers
import Model

/// Finds out who is on an unknown serial line: by listening first, then by harmless questions one after the other
/// (docs/how-to/plug-in-a-reader.md). A device that already speaks is never written to.
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

    /// One question and its answer, for `edge-agent probe`.
    struct Exchange: Equatable, Sendable {
        var baud: Int
        var sent: [UInt8]
        var heard: [UInt8]
    }

    /// What is known before a byte is exchanged.
    struct Hint: Equatable, Sendable {
        /// From an earlier time on this very port.
        var remembered: (driver: String, baud: Int)?
        /// Points for each driver: a USB id of its own 50, a name that says scanner 50, a shared bridge 10.
        var scores: [String: Int] = [:]

        static func == (a: Hint, b: Hint) -> Bool {
            a.remembered?.driver == b.remembered?.driver && a.remembered?.baud == b.remembered?.baud
                && a.scores == b.scores
        }
    }

    /// What it takes to be claimed, and to be offered.
    static let certain = 100
    static let offered = 50
    /// What evidence is worth.
    static let likelyPoints = 60
    /// Silence before a question, so that a wrong one before it times out in the reader.
    static let gap: Duration = .milliseconds(150)
    static let firstListen: Duration = .milliseconds(300)
    static let shortListen: Duration = .milliseconds(100)
    static let longListen: Duration = .seconds(2)
    /// A reader that was here before may still be starting, or have lost its power: its own question is asked again.
    static let rememberedPause: Duration = .seconds(10)
    /// One that nobody knows is asked everything again, a few times: it may start more slowly than we.
    static let strangerPause: Duration = .seconds(30)
    static let rounds = 3
    /// Bytes kept of what one step heard.
    static let hearing = 4096
    /// Speeds at which somebody who speaks but is not understood is listened to.
    static let listenSpeeds = [9600, 115200, 57600, 38400, 19200]

    private enum Step: Equatable, Sendable {
        case listen(baud: Int, Duration)
        case pause(Probe)
        case ask(Probe)
        /// For ever, at the speed at which scanners speak.
        case wait(baud: Int)
    }

    private let drivers: [Driver]
    private let hint: Hint
    private var steps: [Step]
    private var heard: [UInt8] = []
    private var spoke = false
    private var rounds = 1
    private let everything: [Step]
    private var known: [Step] = []
    private var due: Instant?
    private(set) var exchanges: [Exchange] = []

    init(drivers: [Driver] = Driver.catalog, hint: Hint = Hint()) {
        self.drivers = drivers.filter { $0.recognise != nil }
        self.hint = hint
        let probes = self.drivers.flatMap(\.probes).enumerated().sorted {
            ($0.element.step, $0.offset) < ($1.element.step, $1.offset)
        }
        .map(\.element)
        steps = [.listen(baud: 9600, Claims.firstListen)]
        // The automatic mode of some readers is heard rather than asked for, before the last question.
        for probe in probes where probe.step < 7 { steps += [.pause(probe), .ask(probe)] }
        steps += [.listen(baud: 38400, Claims.longListen), .listen(baud: 115200, Claims.longListen)]
        for probe in probes where probe.step > 7 { steps += [.pause(probe), .ask(probe)] }
        steps.append(.wait(baud: 9600))
        everything = steps
        guard let memory = hint.remembered, let driver = self.drivers.first(where: { $0.name == memory.driver }),
            let probe = driver.probes.first(where: { $0.baud == memory.baud }) ?? driver.probes.first
        else { return }
        known = [.listen(baud: memory.baud, Claims.shortListen), .pause(probe), .ask(probe)]
        steps = known + steps
    }

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
        return enter(at: now)
    }

    mutating func hear(_ bytes: [UInt8], at now: Instant) -> Action {
        guard let step = steps.first else { return Action() }
        heard = (heard + bytes).suffix(Claims.hearing)
        if case .ask = step {} else { spoke = true }
        return judge(step, at: now) ?? Action(deadline: due)
    }

    mutating func tick(at now: Instant) -> Action {
        guard let due, now >= due, let step = steps.first else { return Action(deadline: due) }
        if case .ask(let probe) = step { exchanges.append(Exchange(baud: probe.baud, sent: probe.send, heard: heard)) }
        if case .wait = step {
            // It has begun to speak meanwhile: from then on it is only heard.
            guard !spoke else {
                self.due = nil
                return Action()
            }
            rounds += 1
            steps = known.isEmpty ? everything : known + [step]
            return enter(at: now)
        }
        steps.removeFirst()
        if spoke, !heard.isEmpty { listenOnly() }
        return enter(at: now)
    }

    /// From here on nothing is sent: whoever is there speaks by itself.
    private mutating func listenOnly() {
        let isListening = !steps.contains { if case .ask = $0 { true } else { false } }
        guard !isListening else { return }
        steps = Claims.listenSpeeds.map { .listen(baud: $0, Claims.longListen) } + [.wait(baud: 9600)]
    }

    private mutating func enter(at now: Instant) -> Action {
        heard = []
        guard let step = steps.first else { return Action() }
        var action = Action()
        switch step {
        case .listen(let baud, let time): (action.baud, due) = (baud, now + time)
        case .pause(let probe): (action.baud, due) = (probe.baud, now + Claims.gap)
        case .ask(let probe): (action.send, due) = (probe.send, now + probe.wait)
        case .wait(let baud):
            (action.baud, due) = (baud, again(at: now))
            action.verdict = .unknown(
                why: spoke
                    ? "it speaks, and at no usual speed in a language known here; `edge-agent probe` writes down what it says"
                    : "it answers no question known here; a scanner is recognised by its first scan, others by naming their driver"
            )
        }
        action.deadline = due
        return action
    }

    /// When a silent line is asked once more; nil when it speaks, or has been asked often enough.
    private func again(at now: Instant) -> Instant? {
        guard !spoke else { return nil }
        if !known.isEmpty { return now + Claims.rememberedPause }
        return rounds < Claims.rounds ? now + Claims.strangerPause : nil
    }

    /// The line does not take this speed: on to the next step that has another.
    mutating func skip(at now: Instant) -> Action {
        if case .pause = steps.first { steps.removeFirst() }
        if !steps.isEmpty { steps.removeFirst() }
        return enter(at: now)
    }

    private mutating func judge(_ step: Step, at now: Instant) -> Action? {
        let baud =
            switch step {
            case .listen(let baud, _), .wait(let baud): baud
            case .pause(let probe), .ask(let probe): probe.baud
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
        // A scan that comes while another family is being asked is no answer, and must not be lost.
        var isAnswer = false
        if case .ask(let probe) = step {
            isAnswer = best.driver.probes.contains(probe)
            exchanges.append(Exchange(baud: probe.baud, sent: probe.send, heard: heard))
        }
        due = nil
        if best.points >= Claims.certain {
            steps = []
            return Action(
                verdict: .claimed(
                    driver: best.driver.name, baud: baud, why: best.why, heard: isAnswer ? [] : heard))
        }
        // It goes on being heard, at this speed, until somebody says yes or it says something surer.
        steps = [.wait(baud: baud)]
        heard = []
        return Action(verdict: .likely(driver: best.driver.name, baud: baud, why: best.why))
    }
}
