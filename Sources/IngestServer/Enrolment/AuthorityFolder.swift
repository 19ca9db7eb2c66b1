import Certificates
import Depot
import Glibc
import Model
import Platform

/// The site's authority as it lies on the disk: `authority.key` (mode 0600), `authority.crt`, and `revoked.crl`, the list of what it took back.
///
/// While another one takes its place (docs/how-to/replace-the-authority.md) `authority.crt` has both, the former first, and besides there
/// are `next.key` (mode 0600) and `next.crt`. What is there says how far that has come, so that whatever is killed goes on from there:
///
/// - `next.crt`, and not in `authority.crt`: made; the broker is told, and nothing is signed by it yet.
/// - In `authority.crt`, too: the overlap. What agents are given is signed by the new one.
/// - And `back`: by the former one again, until the new one can be forgotten.
struct AuthorityFolder: Sendable {
    let path: String

    var certificate: String { "\(path)/authority.crt" }
    var key: String { "\(path)/authority.key" }
    var list: String { "\(path)/revoked.crl" }
    var nextKey: String { "\(path)/next.key" }
    var nextCertificate: String { "\(path)/next.crt" }
    var back: String { "\(path)/back" }

    static func text(_ path: String) throws(FileError) -> String {
        String(decoding: try Files.read(path, limit: Certificate.limit), as: UTF8.self)
    }

    /// Who is believed: the authority, and the next one beside it.
    func believed() throws -> [Certificate] { Certificate.all(in: try AuthorityFolder.text(certificate)) }

    /// Those of them that can sign, in the same order. Throws where there is none.
    func authorities() throws -> [Authority] {
        var keys: [PrivateKey] = []
        for path in [key, nextKey] where Files.exists(path) {
            keys.append(PrivateKey(pem: try AuthorityFolder.text(path)))
        }
        let found = try believed().compactMap { one in
            keys.compactMap { Authority(certificate: one, key: $0) }.first
        }
        guard !found.isEmpty else {
            throw IngestFailure("\(certificate) and \(key) are no authority: a certificate and its key")
        }
        return found
    }

    /// The one whose certificates the broker and the pages show, and whose mark tokens have.
    func authority() throws -> Authority { try authorities()[0] }

    /// The mark of the one by which agents' certificates are signed now, without its key. Nil where there is no certificate.
    func mark() throws -> String? {
        let all = try believed()
        guard !Files.exists(back), Files.exists(nextCertificate),
            let next = Certificate(try AuthorityFolder.text(nextCertificate)),
            all.contains(where: { $0.digest == next.digest })
            // An intermediate has those up to the root behind it: it is the first that signs.
        else { return all.first?.mark }
        return next.mark
    }

    /// Does something that nobody else may do to the authority meanwhile. `waits`: until whoever is at it is done.
    func locked<T>(waits: Bool = false, _ body: () throws -> T) throws -> T {
        let lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard lock >= 0 else { throw Exit.say("\(path): \(String(cString: strerror(errno)))") }
        defer { close(lock) }
        guard flock(lock, waits ? LOCK_EX : LOCK_EX | LOCK_NB) == 0 else {
            throw Exit.say("somebody else is at it", Exit.warnings)
        }
        return try body()
    }

    /// The one by which agents' certificates are signed now.
    func signer() throws -> Authority {
        let all = try authorities()
        return Files.exists(back) ? all[0] : all[all.count - 1]
    }

    /// A certificate for an agent, as the books keep it, and in PEM. `isNew`: by an agent that knows that authorities are replaced; another
    /// one believes the former alone.
    func sign(_ request: SigningRequest, agent: String, isNew: Bool = true, at now: Int64) throws -> (
        given: EnrolmentTable.Given, pem: String
    ) {
        let made = try (isNew ? signer() : authority()).sign(request, as: agent, .client, at: now)
        let given = EnrolmentTable.Given(
            serial: made.serial, agent: agent, key: Hex.string(made.key), made: now, ends: made.end)
        return (given, made.pem)
    }

    /// What was taken back, a serial and a moment a line: it only grows, because a database that was restored knows fewer.
    var book: String { "\(path)/revoked.txt" }

    private func revoked() throws -> [Authority.Revoked] {
        (Files.exists(book) ? try AuthorityFolder.text(book) : "").split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard parts.count == 2, let at = Int64(parts[1]) else { return nil }
            return Authority.Revoked(serial: String(parts[0]), at: at)
        }
    }

    /// Writes the list anew, with what counts no more.
    func writeList(_ given: [EnrolmentTable.Given], at now: Int64) throws {
        var all = Dictionary(try revoked().map { ($0.serial, $0.at) }, uniquingKeysWith: min)
        for row in given { if let at = row.revoked { all[row.serial] = all[row.serial] ?? at } }
        let rows = all.sorted { $0.key < $1.key }
        try SetupFiles.replace(book, rows.map { "\($0.key) \($0.value)\n" }.joined(), mode: 0o600)
        var signers = try authorities()
        if let made = try next(), !signers.contains(where: { $0.certificate.digest == made.certificate.digest }) {
            signers.append(made)
        }
        try SetupFiles.replace(list, try lists(of: signers, at: now), mode: 0o644)
    }

    /// One list of each: whoever checks wants one of whoever signed.
    func lists(of authorities: [Authority], at now: Int64) throws -> String {
        let revoked = try revoked()
        return try authorities.map { try $0.list(of: revoked, at: now) }.joined()
    }

    /// The one that is to take the place, made already; nil without.
    func next() throws -> Authority? {
        guard Files.exists(nextCertificate), Files.exists(nextKey) else { return nil }
        let (pem, secret) = (try AuthorityFolder.text(nextCertificate), try AuthorityFolder.text(nextKey))
        guard let one = Certificate(pem), let authority = Authority(certificate: one, key: PrivateKey(pem: secret))
        else { throw IngestFailure("\(nextCertificate) and \(nextKey) are no authority: a certificate and its key") }
        return authority
    }
}
