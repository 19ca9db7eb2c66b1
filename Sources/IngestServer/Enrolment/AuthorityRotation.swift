import Certificates
import Depot
import Glibc
import Model
import NIOSSL
import Platform

/// One authority takes the place of another, and everybody goes on working: both are believed for a while. A value of files; who starts
/// what is the verb's matter. Each step may be done again, and each file takes its place whole: what is killed in the middle goes on from
/// there.
struct AuthorityRotation {
    enum Stage: String, Sendable {
        case none
        /// The next one is made, and nothing is signed by it.
        case made
        /// Both are believed, and agents come over.
        case overlap
        /// Both are believed, and agents come back.
        case back
    }

    /// An overlap that stands longer is a finding of its own, in milliseconds.
    static let patience: Int64 = 30 * 86_400_000
    /// Whoever was not seen for longer keeps nobody waiting, in days.
    static let usualDays: Int64 = 30

    let folder: AuthorityFolder

    var stage: Stage {
        get throws {
            guard let next = try folder.next() else { return .none }
            if Files.exists(folder.back) { return .back }
            return try folder.believed().contains { $0.digest == next.certificate.digest } ? .overlap : .made
        }
    }

    /// Since when: the next one's first moment. Nil without.
    var since: Int64? { get throws { try folder.next().map { $0.certificate.begin } } }

    /// The next root in DER, for devices to install, while it is on its way.
    var root: [UInt8]? {
        guard !Files.exists(folder.back), let pem = try? AuthorityFolder.text(folder.nextCertificate),
            let next = Certificate(pem), (try? folder.believed())?.contains(where: { $0.digest == next.digest }) == true
        else { return nil }
        return try? NIOSSLCertificate(bytes: Array(pem.utf8), format: .pem).toDERBytes()
    }

    // MARK: who has come

    /// An agent that has a certificate of this site's.
    struct Carrier: Equatable, Sendable {
        enum State: String, Sendable {
            case carries, former
            /// It does not say: its version knows nothing of this, or it was never heard.
            case unknown
        }
        var agent: String
        var state: State
        /// Unix milliseconds; nil: never heard.
        var seen: Int64?
        /// When its newest certificate was made, in Unix milliseconds.
        var made: Int64

        /// The broker lets it in no more, as soon as `authority` is the only one: also who does not say, and has nothing that is young enough,
        /// or was heard since it was given: what knows nothing of two authorities was given the former's.
        func isCutOff(by authority: Certificate) -> Bool {
            state == .former || state == .unknown && (made < authority.begin || seen.map { $0 >= made } == true)
        }
    }

    /// Every agent whose certificate counts, and whether it carries `authority` and a certificate of it, as it says.
    static func carriers(
        _ given: [EnrolmentTable.Given], _ rows: [GatewayTable.AgentRow], of authority: Certificate, at now: Int64
    ) -> [Carrier] {
        let known = Dictionary(rows.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let agents = Dictionary(
            given.filter { $0.revoked == nil && $0.ends > now }.map { ($0.agent, $0.made) }, uniquingKeysWith: max)
        return agents.sorted { $0.key < $1.key }.map { agent, made in
            let row = known[agent]
            let said = row?.status?["uplink"]?["authority"]?.text
            return Carrier(
                agent: agent, state: said == nil ? .unknown : said == authority.mark ? .carries : .former,
                seen: row?.seen, made: made)
        }
    }

    // MARK: steps

    /// Makes the next authority where there is none.
    func make(named name: String, at now: Int64) throws {
        guard try folder.next() == nil else { return }
        unlink(folder.back)
        let (authority, key) = try Authority.fresh(named: name, at: now)
        // The key first: a certificate without its key is of no use.
        try SetupFiles.replace(folder.nextKey, key.pem, mode: 0o600)
        try SetupFiles.replace(folder.nextCertificate, authority.certificate.pem, mode: 0o644)
    }

    /// Its name: as the former's, with what tells them apart. Lists of revoked ones are looked up by the name of who signed them.
    static func name(after former: String) -> String {
        let words = former.split(separator: " ")
        guard words.count > 2, words[words.count - 2] == "Quai", let number = words.last.flatMap({ Int($0) }) else {
            return "\(former) 2"
        }
        return "\(words.dropLast().joined(separator: " ")) \(number &+ 1)"
    }

    /// The firm in an authority's name.
    static func firm(of name: String) -> String {
        let words = name.split(separator: " ", omittingEmptySubsequences: false)
        let bare = words.count > 2 && words.last.flatMap({ Int($0) }) != nil ? words.dropLast() : words[...]
        return bare.count > 1 && bare.last == "Quai" ? bare.dropLast().joined(separator: " ") : name
    }

    /// What the broker is to believe, and its list: both authorities from before the new one signs until after the last has come.
    func broker(_ authorities: [Authority], at now: Int64) throws -> (bundle: String, list: String) {
        (authorities.map(\.certificate.pem).joined(), try folder.lists(of: authorities, at: now))
    }

    /// The former, and the next.
    func both() throws -> [Authority] {
        guard let next = try folder.next() else { return try folder.authorities() }
        return try folder.authorities().filter { $0.certificate.digest != next.certificate.digest } + [next]
    }

    /// From here on what agents are given is signed by the next one: the broker believes it.
    func begin() throws {
        let bundle = try both().map(\.certificate.pem).joined()
        try SetupFiles.replace(folder.certificate, bundle, mode: 0o644)
    }

    /// From here on by the former one again.
    func turn() throws { try SetupFiles.replace(folder.back, "", mode: 0o600) }

    /// Who stays at the end.
    func winner() throws -> Authority { try stage == .overlap ? folder.signer() : folder.authority() }

    /// The other one is believed no more, and its key is gone. Everything else has been signed by whoever stays.
    func end() throws {
        if try stage == .overlap, let next = try folder.next() {
            // The key first: between the two the certificate that fits is found in the bundle.
            try SetupFiles.replace(folder.key, try AuthorityFolder.text(folder.nextKey), mode: 0o600)
            try SetupFiles.replace(folder.certificate, next.certificate.pem, mode: 0o644)
        } else {
            try SetupFiles.replace(folder.certificate, try folder.authority().certificate.pem, mode: 0o644)
        }
        for path in [folder.nextKey, folder.nextCertificate, folder.back] { unlink(path) }
    }
}
