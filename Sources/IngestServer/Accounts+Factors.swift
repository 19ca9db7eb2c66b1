import Depot
import Model
import Platform

/// Second factors: what is asked of a browser, and the desk's answers.
extension Accounts {
    /// A passkey as a browser brings it at the door.
    struct ShownPasskey: Sendable {
        var credential: String
        var client: [UInt8]
        var data: [UInt8]
        var signature: [UInt8]
    }

    static let signInPurpose = "sign-in"

    func challenge(for purpose: String) -> [UInt8] { challenges.with { $0.make(for: purpose, at: Clocks.wall) } }

    func signIn(
        passkey: ShownPasskey, at site: PasskeyAnswer.Site, from source: String, browser: String, token: String
    ) async throws -> Person {
        let box = challenges
        let faults = Locked<PasskeyAnswer.Fault?>(nil)
        do {
            let person = try await writer.run { desks, now in
                var asked: [UInt8] = []
                let (user, key) = try desks.factors.show(
                    credential: passkey.credential, client: passkey.client, data: passkey.data,
                    signature: passkey.signature, at: site,
                    isChallenge: { challenge in
                        asked = challenge
                        return box.with { $0.isOpen(challenge, for: Accounts.signInPurpose, at: now) }
                    }, from: source, fault: { fault in faults.with { $0 = fault } }, at: now)
                guard box.with({ $0.take(asked, at: now) }) else { throw SignInRefusal.refused }
                return try desks.signIn.openSession(
                    user, by: key, station: nil, session: Digests.hex(token), from: source, as: .passkey,
                    browser: browser, at: now)
            }
            guard let person else { throw SignInRefusal.refused }
            await live.signedIn(person)
            return person
        } catch SignInRefusal.refused {
            refusals.with { $0 += 1 }
            throw SignInRefusal.refused
        }
    }

    /// The password once more, in a session that goes on: what changes how one signs in asks for it.
    func show(password: String, of person: Person, from source: String) async throws {
        let change = try await writer.run { try $0.accounts.begin(passwordOf: person, from: source, at: $1) }
        let isRight = try await fits(password, change.kept, change.key, from: source)
        if !isRight { refusals.with { $0 += 1 } }
        try await writer.run { desks, now in
            try desks.accounts.shown(isRight: isRight, for: change, at: now)
            if let session = person.session { try desks.signIn.shown(session: session.digest, at: now) }
        }
    }

    func beginCode(of person: Person) async throws -> [UInt8] {
        guard let keys = try configuration.people.keysOrNew(state: configuration.state) else { throw KeyUnreadable() }
        return try await writer.run { try $0.factors.begin(codeOf: person, keys: keys, at: $1) }
    }

    func confirmCode(of person: Person, _ code: String) async throws -> [String] {
        // Without a secret of the installation nobody has begun.
        guard let keys = try configuration.people.keys(state: configuration.state) else {
            throw FactorDesk.Refusal.notBegun
        }
        return try await writer.run { try $0.factors.confirm(codeOf: person, code, keys: keys, at: $1) }
    }

    func add(
        passkey name: String, of person: Person, client: [UInt8], attestation: [UInt8], at site: PasskeyAnswer.Site
    ) async throws -> [String] {
        let box = challenges
        return try await writer.run { desks, now in
            var asked: [UInt8] = []
            let codes = try desks.factors.add(
                passkey: name, of: person, client: client, attestation: attestation, at: site,
                isChallenge: { challenge in
                    asked = challenge
                    return box.with { $0.isOpen(challenge, for: "\(person.id)", at: now) }
                }, at: now)
            _ = box.with { $0.take(asked, at: now) }
            return codes
        }
    }

    /// The secret of the installation is not to be had.
    struct KeyUnreadable: Error {}

    // MARK: programs

    /// A program shows its token; written when that was not done lately.
    func used(_ program: ProgramMark, from source: String) {
        guard program.isNoteDue(from: source, at: Clocks.wall) else { return }
        writer.post { try $0.tokens.used(program.id, from: source, at: $1) }
    }

    /// A session is used; written when that was not done lately.
    func used(_ session: SessionState) {
        guard session.seen < Clocks.wall - PeopleTable.seenPause else { return }
        writer.post { try $0.signIn.use(session: session.digest, at: $1) }
    }
}
