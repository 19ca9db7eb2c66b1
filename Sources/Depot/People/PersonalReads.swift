import Model

/// Somebody looked at personal data: who, what kind, whose, where and when.
public struct PersonalRead: Equatable, Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        /// A client's card; the subject is the client's number here.
        case card
        /// A history of calls that was searched; the subject is the text, `*` for all of it.
        case history
        /// A search that showed clients or calls; the subject is the text, `*` for a list without one.
        case search
        /// The list of one's own calls and one's team's.
        case calls
        /// A file of them; the subject is what of.
        case export
        /// Everything about a number or a person; the subject is which.
        case access
        /// More than are told one by one; the subject is how many.
        case many
    }

    public var kind: Kind
    public var subject: String
    public var author: Author
    /// Unix milliseconds.
    public var at: Int64

    public init(_ kind: Kind, _ subject: String, by author: Author, at: Int64) {
        (self.kind, self.author, self.at) = (kind, author, at)
        self.subject = subject.isEmpty ? "*" : String(subject.prefix(PersonalReads.subjectLength))
    }
}

/// Which reads the trail is told of: each person, kind and subject once in ten minutes. A value in memory, so that whoever reads
/// waits for no disk; what it gives out is written in portions by `ReadDesk`.
public struct PersonalReads: Sendable {
    /// In which a read is told once, in milliseconds.
    public static let window: Int64 = 600_000
    /// Reads of one person that are told one by one in a window; how many more there were is told at its end.
    public static let perPerson = 100
    /// Reads that wait to be written; of more it is counted how many the trail does not have.
    public static let waitingLimit = 2000
    /// Written in one transaction.
    public static let portion = 200
    /// A text that is typed letter by letter is told when nothing was added for so long, in milliseconds.
    public static let settling: Int64 = 3000
    static let subjectLength = 120
    /// People who are followed at once; whoever looked longest ago is let go.
    static let peopleLimit = 2000

    private struct Window {
        var since: Int64
        var station: String?
        var known: Set<String> = []
        var more = 0
    }

    private var people: [String: Window] = [:]
    private var waiting: [PersonalRead] = []
    /// Reads that the trail does not have, because too many waited.
    public private(set) var lost: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { waiting.isEmpty && people.isEmpty }

    public mutating func note(_ read: PersonalRead) {
        let who = read.author.who
        if let window = people[who], read.at - window.since >= PersonalReads.window { end(who, window, at: read.at) }
        var window = people[who] ?? Window(since: read.at)
        defer { people[who] = window }
        if people[who] == nil, people.count >= PersonalReads.peopleLimit,
            let oldest = people.min(by: { $0.value.since < $1.value.since })
        {
            end(oldest.key, oldest.value, at: read.at)
        }
        window.station = read.author.station
        let key = "\(read.kind.rawValue) \(read.subject)"
        guard !window.known.contains(key) else { return }
        if let index = typed(read) {
            // As many as before: whoever types on and on fills no memory.
            window.known.remove("\(read.kind.rawValue) \(waiting[index].subject)")
            window.known.insert(key)
            waiting[index] = read
            return
        }
        guard window.known.count < PersonalReads.perPerson else {
            window.more += 1
            return
        }
        window.known.insert(key)
        wait(read)
    }

    /// What is to be told now, at most `portion`.
    public mutating func take(at now: Int64) -> [PersonalRead] {
        for (who, window) in people where now - window.since >= PersonalReads.window { end(who, window, at: now) }
        let ripe = waiting.filter { !$0.isTyped || now - $0.at >= PersonalReads.settling }.prefix(PersonalReads.portion)
        waiting.removeAll { ripe.contains($0) }
        return Array(ripe)
    }

    /// The same when nothing comes any more.
    public mutating func takeLast(at now: Int64) -> [PersonalRead] {
        for (who, window) in people { end(who, window, at: now) }
        defer { waiting = [] }
        return waiting
    }

    /// They could not be written.
    public mutating func putBack(_ reads: [PersonalRead]) { for read in reads { wait(read) } }

    private mutating func wait(_ read: PersonalRead) {
        guard waiting.count < PersonalReads.waitingLimit else {
            lost += 1
            return
        }
        waiting.append(read)
    }

    private mutating func end(_ who: String, _ window: Window, at now: Int64) {
        people[who] = nil
        guard window.more > 0 else { return }
        wait(PersonalRead(.many, String(window.more), by: Author(who, station: window.station), at: now))
    }

    /// The search that waits and of which this one is the continuation. A shorter one is another: it would hide what was looked for.
    private func typed(_ read: PersonalRead) -> Int? {
        guard read.isTyped else { return nil }
        return waiting.lastIndex {
            $0.author.who == read.author.who && $0.kind == read.kind && read.at - $0.at < PersonalReads.settling
                && read.subject.hasPrefix($0.subject)
        }
    }
}

extension PersonalRead {
    fileprivate var isTyped: Bool { (kind == .search || kind == .history) && subject != "*" }
}

/// Tells the trail who looked at what.
public struct ReadDesk {
    private let store: Store

    init(_ store: Store) { self.store = store }

    /// A portion in one transaction.
    public func tell(_ reads: [PersonalRead]) throws {
        guard !reads.isEmpty else { return }
        try store.transaction {
            for read in reads { try store.tell(Fact(.read(read.kind), read.subject), by: read.author, at: read.at) }
        }
    }
}

extension Desks {
    public var reads: ReadDesk { ReadDesk(store) }
}
