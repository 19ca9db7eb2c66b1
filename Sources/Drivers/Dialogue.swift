import Model

/// Questions asked one after the other, each until it is answered or its tries run out: how a polled reader is set up.
/// A value that the session asks what to send next.
struct Dialogue<Question: Equatable>: Equatable {
    enum Turn: Equatable {
        case send(Question)
        /// The last question has been dealt with.
        case finished
        /// A question that must be answered was not.
        case unanswered(Question)
    }

    private let questions: [Question]
    /// How many at the front must be answered; later ones are skipped when nobody answers.
    private let essential: Int
    private let patience: Duration
    private let limit: Int
    private var index = 0
    private var tries = 0
    private(set) var due: Instant?

    init(_ questions: [Question], essential: Int = 1, patience: Duration, tries limit: Int = 3) {
        self.questions = questions
        self.essential = essential
        self.patience = patience
        self.limit = limit
    }

    /// The question that waits for its answer.
    var current: Question? { due == nil || index >= questions.count ? nil : questions[index] }

    mutating func begin(at now: Instant) -> Turn {
        index = 0
        return ask(at: now)
    }

    /// The present question has been answered, well or badly.
    mutating func answered(at now: Instant) -> Turn {
        index += 1
        return ask(at: now)
    }

    /// Nil while there is still time.
    mutating func overdue(at now: Instant) -> Turn? {
        guard let due, now >= due else { return nil }
        if tries < limit {
            tries += 1
            self.due = now + patience
            return .send(questions[index])
        }
        guard index >= essential else {
            self.due = nil
            return .unanswered(questions[index])
        }
        return answered(at: now)
    }

    private mutating func ask(at now: Instant) -> Turn {
        guard index < questions.count else {
            due = nil
            return .finished
        }
        tries = 1
        due = now + patience
        return .send(questions[index])
    }
}
