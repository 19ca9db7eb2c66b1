public import Model

/// Asks agents to join, gives them their certificates, and takes those back. What a certificate is, and who signs it, is the caller's matter.
public struct EnrolmentDesk {
    /// How long an invitation may count, in hours.
    public static let hours: ClosedRange<Int64> = 1...168
    /// Wrong secrets that may come under an invitation's name before it counts no more.
    public static let tries: Int64 = 10
    /// Invitations at once.
    public static let limit = 200
    /// Invitations are shown for this long after their end, certificates kept, in milliseconds.
    static let memory: Int64 = 7 * 86_400_000
    /// Users of the packaged access list (quai.acl) that are no agents: a certificate of such a name would be theirs.
    public static let reserved: Set<String> = ["quai-ingest", "home-assistant", "node-red"]
    /// Certificates of one agent within a day.
    static let daily = 10

    public enum Refusal: Error, Equatable, Sendable {
        case tooMany
        /// No invitation of this name and secret; also what somebody is told who guesses.
        case unknown
        case used, ended, blocked
        /// The name of a user of the broker that is no agent.
        case reserved
        case noCertificate, revoked
    }

    let store: Store

    public init(_ store: Store) { self.store = store }

    /// Every certificate that was given, for the list of those that count no more.
    public func given() throws -> [EnrolmentTable.Given] { try store.enrolment.given() }

    // MARK: people

    /// `hours` is within `EnrolmentDesk.hours`.
    public func invite(
        _ agent: String, site: String, zones: [String], hours: Int64, token: JoinToken, by author: Author, at now: Int64
    ) throws -> EnrolmentTable.Invitation {
        guard !EnrolmentDesk.reserved.contains(agent) else { throw Refusal.reserved }
        return try store.transaction {
            try store.enrolment.forget(endedBefore: now - EnrolmentDesk.memory)
            try store.enrolment.forget(certificatesEndedBefore: now - EnrolmentDesk.memory)
            guard try store.enrolment.invitations().count < EnrolmentDesk.limit else { throw Refusal.tooMany }
            var invitation = EnrolmentTable.Invitation(
                id: token.id, agent: agent, site: site, zones: zones, who: author.who, made: now,
                ends: now + hours * 3_600_000)
            invitation.digest = EnrolmentDesk.digest(token.secret)
            try store.enrolment.keep(invitation)
            try store.tell(Fact(.gatewayInvited, agent, "site \(site)"), by: author, site: site, at: now)
            return invitation
        }
    }

    /// False where there is none.
    public func withdraw(_ agent: String, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            guard try store.enrolment.withdraw(agent) else { return false }
            try store.tell(Fact(.gatewayUninvited, agent), by: author, at: now)
            return true
        }
    }

    /// Its certificates and its invitation count no more, and what it still sends has no effect; until it is invited again. False when
    /// nobody knows it.
    public func revoke(_ agent: String, by author: Author, at now: Int64) throws -> Bool {
        try store.transaction {
            var grant = try store.gateways.grants().first { $0.name == agent }
            guard try grant != nil || !store.enrolment.given(to: agent).isEmpty else { return false }
            _ = try store.enrolment.withdraw(agent)
            try store.enrolment.revoke(allOf: agent, at: now)
            grant?.state = .revoked
            if let grant { try store.gateways.keep(grant) }
            try store.tell(Fact(.gatewayRevoked, agent), by: author, site: grant?.site, at: now)
            return true
        }
    }

    // MARK: agents

    /// A certificate for whoever shows an invitation's secret; `key` is the digest of its public key, `sign` what signs it for a name. The
    /// agent belongs here from then on. Who asks again with the same key, because the answer was lost, is answered again.
    public func redeem(
        _ id: String, secret: String, key: String, at now: Int64, sign: (String) throws -> EnrolmentTable.Given
    ) throws -> (invitation: EnrolmentTable.Invitation, given: EnrolmentTable.Given) {
        guard let invitation = try store.enrolment.invitation(id) else { throw Refusal.unknown }
        guard invitation.state(at: now) != .blocked else { throw Refusal.blocked }
        guard Secrecy.isSame(Array(invitation.digest.utf8), Array(EnrolmentDesk.digest(secret).utf8)) else {
            try store.enrolment.count(tryOf: id)
            throw Refusal.unknown
        }
        guard now < invitation.ends else { throw Refusal.ended }
        guard !EnrolmentDesk.reserved.contains(invitation.agent) else { throw Refusal.reserved }
        return try store.transaction {
            // Asked within: another process withdraws and revokes, too.
            guard let there = try store.enrolment.invitation(id) else { throw Refusal.unknown }
            guard there.used == nil || there.key == key else { throw Refusal.used }
            try sparing(invitation.agent, at: now)
            let given = try sign(invitation.agent)
            try store.enrolment.use(id, key: key, at: now)
            try store.enrolment.keep(given)
            let author = Author(invitation.who, station: "invitation")
            try GatewayDesk(store).add(
                invitation.agent, site: invitation.site, zones: invitation.zones,
                mayTelephone: store.gateways.grants().first { $0.name == invitation.agent }?.mayTelephone ?? true,
                by: author, at: now)
            try store.tell(
                Fact(.gatewayJoined, invitation.agent, "certificate \(given.serial)"), by: author,
                site: invitation.site,
                at: now)
            return (invitation, given)
        }
    }

    /// A new certificate for a key that has one which counts still.
    public func renew(
        key: String, at now: Int64, sign: (String) throws -> EnrolmentTable.Given
    ) throws -> EnrolmentTable.Given {
        try store.transaction {
            guard let former = try store.enrolment.given(key: key) else { throw Refusal.noCertificate }
            guard former.revoked == nil else { throw Refusal.revoked }
            guard now < former.ends else { throw Refusal.ended }
            guard !EnrolmentDesk.reserved.contains(former.agent) else { throw Refusal.reserved }
            try sparing(former.agent, at: now)
            let given = try sign(former.agent)
            try store.enrolment.keep(given)
            try store.tell(
                Fact(.gatewayRenewed, former.agent, "certificate \(given.serial)"), by: Author("edge-ingest"), at: now)
            return given
        }
    }

    /// A request that somebody overheard makes no endless list of certificates.
    private func sparing(_ agent: String, at now: Int64) throws {
        let today = try store.enrolment.given(to: agent).count { now - $0.made < 86_400_000 }
        guard today < EnrolmentDesk.daily else { throw Refusal.tooMany }
    }

    static func digest(_ secret: String) -> String { Topic.digest(of: "join:\(secret)") }
}
