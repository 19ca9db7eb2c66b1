import Model

/// What a framer cut off the front of a stream.
public enum Framed<Frame: Equatable & Sendable>: Equatable, Sendable {
    case frame(Frame)
    /// Bytes that belong to no frame.
    case noise(Int)
}

/// What one frame means for the conversation; what it says to the world goes into the reaction.
struct FrameMeaning {
    /// It answers the question that waits.
    var answers = false
    /// The reader is at work.
    var isAlive = false
    /// This round of reading is over: the next one may begin.
    var endsRound = false
    /// The reader tells of tags by itself, without being asked to read.
    var isReport = false
}

/// What differs between readers that are set up by questions and then read in rounds or a stream.
protocol PolledFamily {
    associatedtype Frame: Equatable & Sendable

    /// How long an answer may take.
    static var patience: Duration { get }
    /// Without a sign of life for this long, reading is begun again.
    static var silence: Duration { get }
    /// What to try when the first question is not answered.
    static var advice: String { get }

    /// To set the reader up, in order; the first must be answered.
    var questions: [Frame] { get }
    /// What is worth knowing though it works.
    var remark: String? { get }
    /// Why it may not transmit, once it was asked; nil: it may.
    var obstacle: String? { get }
    static func take(from bytes: inout [UInt8]) -> Framed<Frame>?
    func bytes(of question: Frame) -> [UInt8]
    /// Before the first question.
    mutating func greet(_ reaction: inout Reaction)
    /// `question` is the one that waits for its answer; nil once reading has begun.
    mutating func accept(_ frame: Frame, question: Frame?, _ reaction: inout Reaction) -> FrameMeaning
    /// Begins reading, or its next round.
    mutating func round() -> [UInt8]
    /// Scans are safe: the bytes that make the reader beep or light up, where it can and the site wants it.
    func accepted(_ count: Int) -> [UInt8]
    /// Stops reading, where the reader knows how.
    func farewell() -> [UInt8]
}

extension PolledFamily {
    var remark: String? { nil }
    var obstacle: String? { nil }
    func accepted(_ count: Int) -> [UInt8] { [] }
}

/// The conversation with such a reader: resynchronising frames, questions with tries, rounds under supervision.
struct PolledReader<Family: PolledFamily>: Session {
    /// A frame that is still torn after this was cut short: its first byte was noise (our limit).
    static var gap: Duration { .milliseconds(100) }
    /// Rounds without a sign of life before the port is opened anew.
    static var restarts: Int { 3 }

    private var family: Family
    private var pending: [UInt8] = []
    private var torn: Instant?
    private var setup: Dialogue<Family.Frame>
    private var round: Instant?
    private var silences = 0
    /// It has told of tags by itself since the port was opened.
    private var isReporting = false

    init(_ family: Family) {
        self.family = family
        setup = Dialogue(family.questions, patience: Family.patience)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            (pending, torn, round, silences, isReporting) = ([], nil, nil, 0, false)
            reaction.condition = .starting
            family.greet(&reaction)
            take(setup.begin(at: now), now, &reaction)
        case .bytes(let bytes):
            pending += bytes
            drain(now, &reaction)
        case .tick:
            if let torn, now >= torn, !pending.isEmpty {
                pending.removeFirst()
                reaction.noise += 1
                self.torn = nil
                drain(now, &reaction)
            }
            if let turn = setup.overdue(at: now) { take(turn, now, &reaction) }
            if let round, now >= round { quiet(now, &reaction) }
        case .closing:
            reaction.send += family.farewell()
            round = nil
        case .closed: (pending, torn, round) = ([], nil, nil)
        case .accepted(let count): reaction.send += family.accepted(count)
        case .descriptor, .command, .recall: break
        }
        reaction.deadline = [torn, setup.due, round].compactMap(\.self).min()
        return reaction
    }

    private mutating func drain(_ now: Instant, _ reaction: inout Reaction) {
        let before = pending.count
        while let step = Family.take(from: &pending) {
            switch step {
            case .frame(let frame): accept(frame, now, &reaction)
            case .noise(let count): reaction.noise += count
            }
        }
        if pending.isEmpty {
            torn = nil
        } else if torn == nil || pending.count != before {
            torn = now + PolledReader.gap
        }
    }

    private mutating func accept(_ frame: Family.Frame, _ now: Instant, _ reaction: inout Reaction) {
        let meaning = family.accept(frame, question: setup.current, &reaction)
        isReporting = isReporting || meaning.isReport
        if meaning.isAlive, round != nil {
            silences = 0
            round = now + Family.silence
        }
        if meaning.answers, setup.current != nil {
            take(setup.answered(at: now), now, &reaction)
        } else if meaning.endsRound, round != nil {
            read(now, &reaction)
        }
    }

    private mutating func take(_ turn: Dialogue<Family.Frame>.Turn, _ now: Instant, _ reaction: inout Reaction) {
        switch turn {
        case .send(let question): reaction.send += family.bytes(of: question)
        case .finished:
            if let obstacle = family.obstacle {
                reaction.condition = .failing(code: Condition.noCountry, text: obstacle)
                return
            }
            (reaction.condition, reaction.remark) = (.ready, family.remark)
            read(now, &reaction)
        case .unanswered where isReporting:
            // It reads and tells by itself: what it says is enough, and nothing more is sent.
            reaction.condition = .ready
            reaction.remark =
                "it reports tags by itself and answers no question, so its firmware and power are not known"
        case .unanswered:
            reaction.condition = .failing(code: "no-answer", text: Family.advice)
            reaction.restart = .seconds(2)
        }
    }

    private mutating func read(_ now: Instant, _ reaction: inout Reaction) {
        round = now + Family.silence
        reaction.send += family.round()
    }

    private mutating func quiet(_ now: Instant, _ reaction: inout Reaction) {
        silences += 1
        guard silences > PolledReader.restarts else { return read(now, &reaction) }
        round = nil
        reaction.condition = .failing(code: "silent", text: "the reader stopped answering: check its power")
        reaction.restart = .seconds(1)
    }
}

extension Reaction {
    /// The reader has no setting for what the site may use: said, and left as it is.
    mutating func refuseRegion(_ region: Region) {
        observations.append(
            .fault(
                Fault(
                    code: "region-unsupported",
                    text: "this reader cannot be set to \(region.rawValue); its own setting stays")))
    }
}
