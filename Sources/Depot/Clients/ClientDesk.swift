/// What people do with clients while they are on the telephone: a number is given to somebody who is here already, and taken back.
public struct ClientDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    public enum Refusal: Error, Equatable, Sendable {
        case noClient
        /// Withheld, an extension or a short number: it does not tell who calls.
        case noNumber
        /// The client has as many as one may have.
        case full
        /// The client came with this number, by a file or the ERP: it is taken away there.
        case notOurs
    }

    /// Numbers of one client; a list that grows without end would be found by everybody's call.
    public static let numberLimit: Int64 = 50
    /// Fewest digits of a number that no plan knows: exchanges send such, shortened ones among them.
    static let digits = 6
    /// What is written beside a number that somebody attached here.
    static let label = "desk"

    /// Gives a client a number, or takes back one that was given here; the client as it is then. Throws `Refusal`.
    public func change(
        _ number: PhoneNumber, _ attaches: Bool, of id: Int64, by person: Person, at now: Int64
    ) throws -> PartyView {
        _ =
            try attaches
            ? attach(number, to: id, by: person, at: now) : detach(number, from: id, by: person, at: now)
        guard let party = try store.parties.view(id) else { throw Refusal.noClient }
        return party
    }

    /// False when the client had it. Throws `Refusal`; then nothing has changed.
    public func attach(_ number: PhoneNumber, to id: Int64, by person: Person, at now: Int64) throws -> Bool {
        let isNumber =
            number.kind == .subscriber
            || number.kind == .invalid && number.key.filter(\.isWholeNumber).count >= ClientDesk.digits
        guard isNumber else { throw Refusal.noNumber }
        return try store.transaction {
            guard try store.parties.view(id) != nil else { throw Refusal.noClient }
            let keys = try store.parties.keys(of: id)
            guard !keys.contains(number.key) else { return false }
            guard keys.count < ClientDesk.numberLimit else { throw Refusal.full }
            try store.parties.attach(number, to: id, label: ClientDesk.label)
            try store.tell(Fact(.numberAttached, id, number.display), by: person.author, at: now)
            return true
        }
    }

    /// Takes back a number that was attached here; false when the client has it no more.
    public func detach(_ number: PhoneNumber, from id: Int64, by person: Person, at now: Int64) throws -> Bool {
        try store.transaction {
            guard try store.parties.view(id) != nil else { throw Refusal.noClient }
            guard let label = try store.parties.label(of: number, at: id) else { return false }
            guard label == ClientDesk.label else { throw Refusal.notOurs }
            try store.parties.detach(number, from: id)
            try store.tell(Fact(.numberDetached, id, number.display), by: person.author, at: now)
            return true
        }
    }
}
