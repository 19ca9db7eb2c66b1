import Model

/// Second factors: set up, shown, lost. A right that `Store.guarded` names is had only in a
/// session that began with one.
public struct FactorDesk {
    /// Wrong codes of an app in a day, from everywhere, before its codes open nothing for the rest of it: a guesser who knows the password has one chance
    /// in sixteen thousand a day.
    public static let codeBudget: Int64 = 20
    static let day: Int64 = 86_400_000
    /// Of one person.
    public static let passkeyLimit = 20

    /// Why a second factor was not changed.
    public enum Refusal: Error, Equatable, Sendable {
        /// The secret was not shown lately in this session.
        case showAgain
        /// Who has no password has nothing that a second one could be added to.
        case noPassword
        /// The code is not that of the secret that was shown.
        case wrongCode
        case notBegun
        /// A right of theirs asks for one: another first.
        case lastFactor
        case tooMany
        case known
        case unknown
        case passkey(PasskeyAnswer.Fault)
    }

    let store: Store
    private var signIns: SignInDesk { SignInDesk(store) }

    public init(_ store: Store) { self.store = store }

    // MARK: at the door

    /// Whether a password alone lets this person in. Throws `SignInRefusal.codeNeeded` where it does not.
    public func ask(_ user: PeopleTable.UserRow) throws {
        let standing = try store.factors.standing(of: user.id)
        // Who has passkeys alone, and no right that asks for one, may go on with the password: a passkey is a comfort then.
        guard standing.code != nil || standing.isAny && isDemanded(of: user.permissions) else { return }
        throw SignInRefusal.codeNeeded(code: standing.code != nil, passkey: !standing.passkeys.isEmpty)
    }

    func isDemanded(of rights: Set<Permission>) -> Bool { !rights.isDisjoint(with: store.guarded) }

    /// A code of the app or a recovery code, after the password. Throws `SignInRefusal`; a wrong one is counted, and the trail told.
    public func show(
        _ typed: String, of user: PeopleTable.UserRow, keys: CodeKeys?, from source: String, at now: Int64
    ) throws -> SignInProof {
        let key = SignInKey.code(user.id)
        try signIns.begin(key, from: source, at: now)
        do {
            let proof: SignInProof? = try store.transaction { try self.proof(typed, of: user, keys, at: now) }
            if let proof {
                try signIns.succeeded(key, from: source, at: now)
                return proof
            }
        } catch {
            // It was not compared: as if it had not been tried.
            try signIns.withdrawn(key, from: source)
            throw error
        }
        try signIns.refused(key, who: user.name, from: source, at: now)
        throw SignInRefusal.refused
    }

    /// Nil for a wrong one.
    private func proof(
        _ typed: String, of user: PeopleTable.UserRow, _ keys: CodeKeys?, at now: Int64
    ) throws -> SignInProof? {
        if let digest = RecoveryCode.digest(typed) {
            guard try store.factors.useRecovery(digest, of: user.id, at: now) else { return nil }
            try store.tell(Fact(.factorRemoved, user.name, "recovery code"), by: Author(user.name), at: now)
            return .recovery
        }
        guard let code = try store.factors.code(of: user.id), let salt = code.salt else { return nil }
        guard let keys, keys.mark == code.mark else { throw SignInRefusal.codesLost }
        let isNewDay = code.wrongSince < now - FactorDesk.day || code.wrongSince > now
        guard isNewDay || code.wrong < FactorDesk.codeBudget else { throw SignInRefusal.codesLocked }
        let digits = typed.filter { $0 != " " }
        guard let step = OneTimeCode.step(of: digits, keys.secret(salt), after: code.step, at: now) else {
            try store.factors.countWrong(of: user.id, isNewDay: isNewDay, at: now)
            return nil
        }
        try store.factors.use(step: step, of: user.id)
        return .code
    }

    /// Who signs in with a passkey, without a name. Throws `SignInRefusal`; what was wrong with it is `fault`'s to hear.
    public func show(
        credential: String, client: [UInt8], data: [UInt8], signature: [UInt8], at site: PasskeyAnswer.Site,
        isChallenge: ([UInt8]) -> Bool, from source: String, fault: (PasskeyAnswer.Fault?) -> Void, at now: Int64
    ) throws -> (user: PeopleTable.UserRow, key: SignInKey) {
        let key = SignInKey.passkey(credential)
        try signIns.begin(key, from: source, at: now)
        let kept = try store.factors.passkey(credential)
        let user = try kept.flatMap { try store.people.user(id: $0.user) }
        guard let kept, let user, user.password != nil, kept.site == site.id, let cose = try? CBOR(decoding: kept.key),
            let publicKey = CredentialKey(cose)
        else {
            fault(nil)
            try signIns.refused(key, who: user?.name, from: source, at: now)
            throw SignInRefusal.refused
        }
        do {
            let counter = try PasskeyAnswer.asserted(
                client: client, data: data, signature: signature, key: publicKey,
                counter: UInt32(clamping: kept.counter), at: site, isChallenge: isChallenge)
            try store.factors.use(passkey: kept.id, counter: Int64(counter), at: now)
            return (user, key)
        } catch let wrong as PasskeyAnswer.Fault {
            fault(wrong)
            try signIns.refused(key, who: user.name, from: source, at: now)
            throw SignInRefusal.refused
        }
    }

    // MARK: set up

    /// A secret for somebody's app, which counts when a code of it was shown; one that they have goes on until then.
    public func begin(codeOf person: Person, keys: CodeKeys, at now: Int64) throws -> [UInt8] {
        try store.transaction {
            try check(person, at: now)
            let salt = CodeKeys.salt()
            try store.factors.propose(salt: salt, to: person.id)
            return keys.secret(salt)
        }
    }

    /// The app shows a code: from now on it is asked for. Returns recovery codes where they had none; their other sessions end.
    public func confirm(codeOf person: Person, _ typed: String, keys: CodeKeys, at now: Int64) throws -> [String] {
        try store.transaction {
            try check(person, at: now)
            guard let salt = try store.factors.code(of: person.id)?.next else { throw Refusal.notBegun }
            let digits = typed.filter { $0 != " " }
            guard let step = OneTimeCode.step(of: digits, keys.secret(salt), after: 0, at: now) else {
                throw Refusal.wrongCode
            }
            try store.factors.confirm(salt: salt, mark: keys.mark, of: person.id, step: step, at: now)
            return try added("code", to: person, proof: .code, at: now)
        }
    }

    /// Throws `Refusal`, also for what the browser brought.
    public func add(
        passkey name: String, of person: Person, client: [UInt8], attestation: [UInt8], at site: PasskeyAnswer.Site,
        isChallenge: ([UInt8]) -> Bool, at now: Int64
    ) throws -> [String] {
        try store.transaction {
            try check(person, at: now)
            let created: PasskeyAnswer.Created
            do {
                created = try PasskeyAnswer.created(
                    client: client, attestation: attestation, at: site, isChallenge: isChallenge)
            } catch let fault as PasskeyAnswer.Fault { throw Refusal.passkey(fault) }
            let credential = Base64URL.text(created.credential)
            guard try store.factors.passkey(credential) == nil else { throw Refusal.known }
            guard try store.factors.credentials(of: person.id).count < FactorDesk.passkeyLimit else {
                throw Refusal.tooMany
            }
            try store.factors.add(
                passkey: credential, of: person.id, site: site.id, key: created.keyBytes,
                counter: Int64(created.counter),
                name: name, at: now)
            return try added("passkey \(name)", to: person, proof: .passkey, at: now)
        }
    }

    private func added(_ what: String, to person: Person, proof: SignInProof, at now: Int64) throws -> [String] {
        try store.tell(Fact(.factorAdded, person.name, what), by: person.author, at: now)
        if let session = person.session {
            try store.people.strengthen(session: session.digest, by: proof)
            try store.people.end(sessionsOf: person.id, except: session.digest)
        }
        return try store.factors.standing(of: person.id).recovery == 0 ? renewed(of: person) : []
    }

    /// New recovery codes; those of before open nothing any more.
    public func renewRecovery(of person: Person, at now: Int64) throws -> [String] {
        try store.transaction {
            try check(person, at: now)
            guard try store.factors.hasAny(person.id) else { throw Refusal.unknown }
            try store.tell(Fact(.factorAdded, person.name, "recovery codes"), by: person.author, at: now)
            return try renewed(of: person)
        }
    }

    private func renewed(of person: Person) throws -> [String] {
        let codes = (0..<RecoveryCode.count).map { _ in RecoveryCode.fresh() }
        try store.factors.replaceRecovery(codes.compactMap(RecoveryCode.digest), of: person.id)
        return codes
    }

    // MARK: take away

    public func removeCode(of person: Person, at now: Int64) throws {
        try remove("code", of: person, at: now) {
            guard try store.factors.standing(of: person.id).code != nil else { throw Refusal.unknown }
            try store.factors.removeCode(of: person.id)
        }
    }

    public func remove(passkey id: Int64, of person: Person, at now: Int64) throws {
        try remove("passkey", of: person, at: now) {
            guard try store.factors.remove(passkey: id, of: person.id) else { throw Refusal.unknown }
        }
    }

    private func remove(_ what: String, of person: Person, at now: Int64, _ body: () throws -> Void) throws {
        try store.transaction {
            try check(person, at: now)
            try body()
            try store.tell(Fact(.factorRemoved, person.name, what), by: person.author, at: now)
            guard try !store.factors.hasAny(person.id) else { return }
            guard let user = try store.people.user(id: person.id), !isDemanded(of: user.permissions) else {
                throw Refusal.lastFactor
            }
            // Without a factor there is nothing to recover.
            try store.factors.removeAll(of: person.id)
        }
    }

    /// All of somebody's, by whoever keeps people, or runs the server: they sign in with the password, and set up another one where a right asks for it.
    /// Their sessions end. False where they had none.
    public func reset(_ user: PeopleTable.UserRow, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            guard try store.factors.standing(of: user.id).isAny else { return false }
            try store.factors.removeAll(of: user.id)
            try store.people.end(sessionsOf: user.id, except: nil)
            try store.tell(Fact(.factorRemoved, user.name, "all"), by: author, at: now)
            return true
        }
    }

    private func check(_ person: Person, at now: Int64) throws {
        guard try store.people.user(id: person.id)?.password != nil else { throw Refusal.noPassword }
        guard person.session?.isFresh(at: now) == true else { throw Refusal.showAgain }
    }
}
