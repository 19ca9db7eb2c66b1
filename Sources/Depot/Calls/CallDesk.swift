public import Model

/// What people do with calls: write about them, and share out whom to call back. Who may see a call while it runs is known where
/// cards are shown, and comes as a value.
public struct CallDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    public enum Refusal: Error, Equatable, Sendable {
        /// There is none, or it is none of theirs: which of the two is not said.
        case noCall
        /// Two agents have a call of this name.
        case ambiguous
        /// Somebody else has written meanwhile; what stands there now.
        case changed(CallNote?)
    }

    /// What a person may see of one call.
    public struct Sight: Equatable, Sendable {
        /// It runs, and they were shown its card.
        public var isShown: Bool
        /// Its present state while it runs; what is kept counts otherwise.
        public var running: CallSnapshot?
        public var scope: CallScope

        public init(isShown: Bool, running: CallSnapshot?, scope: CallScope) {
            (self.isShown, self.running, self.scope) = (isShown, running, scope)
        }

        func covers(_ kept: CallSnapshot?) -> Bool {
            isShown || (running ?? kept).map(scope.covers) ?? false
        }
    }

    // MARK: keeping

    /// A call that ended, before its journal copy comes. Whole or not at all: the copy would not repair a half.
    public func keep(_ snapshot: CallSnapshot, of agent: String, plan: NumberPlan) throws {
        try store.transaction {
            _ = try store.calls.save(snapshot, agent: agent, key: CallKey.of(snapshot, plan: plan))
        }
    }

    /// Forgets some of the calls that are older than a site keeps them; true when there may be more.
    public func forget(before: Int64) throws -> Bool { try store.erasure.forgetCalls(before: before) > 0 }

    // MARK: notes

    /// What is to stand about a call; nil leaves what stands there.
    public struct Words: Equatable, Sendable {
        public var note: String?
        /// An empty one takes it away.
        public var disposition: String?
        /// 0 takes it away.
        public var party: Int64?

        public init(note: String? = nil, disposition: String? = nil, party: Int64? = nil) {
            (self.note, self.disposition, self.party) = (note, disposition, party)
        }
    }

    /// A call by the name that somebody gives, as the centre names it. Throws `Refusal.ambiguous`.
    public func name(of call: String) throws -> String {
        guard let name = try store.calls.filed(call: call) else { throw Refusal.ambiguous }
        return name
    }

    /// Writes over revision `base`, 0 where nothing stands yet. Throws `Refusal`; then nothing has changed.
    public func write(
        _ words: Words, on call: String, over base: Int64, seeing sight: Sight, by person: Person, at now: Int64
    ) throws -> CallNote {
        try store.transaction {
            guard sight.covers(try store.calls.row(call)?.snapshot) else { throw Refusal.noCall }
            let old = try store.calls.note(of: call)
            // Whoever does not see what stands there sends back what they were shown in its place.
            let isUnseen = !person.may(.personal) && old.map { PersonalMask.text($0.note) == words.note } == true
            let new = CallNote(
                revision: 0, note: (isUnseen ? nil : words.note) ?? old?.note ?? "",
                disposition: words.disposition.map { $0.isEmpty ? nil : $0 } ?? old?.disposition,
                party: words.party.map { $0 == 0 ? nil : $0 } ?? old?.party, who: person.name, at: now)
            guard let saved = try store.calls.write(new, of: call, over: base) else { throw Refusal.changed(old) }
            try store.tell(Fact(.callNoted, call), by: person.author, at: now)
            return saved
        }
    }

    // MARK: missed calls

    /// Nobody need call back any more. Done for the whole story, which people see as one line; false when it was done already, or
    /// is none of theirs.
    public func settle(missed call: String, of scope: CallScope, by person: Person, at now: Int64) throws -> Bool {
        try store.transaction {
            let story = try story(of: call, in: scope)
            for row in story { _ = try store.calls.settleMissed(row.snapshot.call, who: person.name, at: now) }
            return !story.isEmpty
        }
    }

    /// One of a team says that they will call back, or gives it back; false when somebody else has it, or nobody need.
    public func take(
        missed call: String, _ takes: Bool, of scope: CallScope, by person: Person, at now: Int64
    ) throws -> Bool {
        try store.transaction {
            var isTaken = false
            for row in try story(of: call, in: scope)
            where try store.calls.takeMissed(
                row.snapshot.call, who: takes ? person.name : nil, by: person.name, at: now)
            {
                isTaken = true
            }
            return isTaken
        }
    }

    /// The open calls of the story that this one is of; none where it is done, or out of `scope`.
    private func story(of call: String, in scope: CallScope) throws -> [CallRow] {
        let call = try store.calls.filed(call: call) ?? call
        return CallStory.of(try store.calls.missed(of: scope))
            .first { $0.rows.contains { $0.snapshot.call == call } }?.rows ?? []
    }
}
