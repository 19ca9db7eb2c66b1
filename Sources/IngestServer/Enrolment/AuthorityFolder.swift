import Certificates
import Depot
import Model
import Platform

/// The site's authority as it lies on the disk: `authority.key` (mode 0600), `authority.crt`, and `revoked.crl`, the list of what it took back.
struct AuthorityFolder: Sendable {
    let path: String

    var certificate: String { "\(path)/authority.crt" }
    var key: String { "\(path)/authority.key" }
    var list: String { "\(path)/revoked.crl" }

    static func text(_ path: String) throws(FileError) -> String {
        String(decoding: try Files.read(path, limit: Certificate.limit), as: UTF8.self)
    }

    /// Throws where it is not whole.
    func authority() throws -> Authority {
        let (pem, key) = (try AuthorityFolder.text(certificate), try AuthorityFolder.text(key))
        guard let certificate = Certificate(pem),
            let authority = Authority(certificate: certificate, key: PrivateKey(pem: key))
        else { throw IngestFailure("\(self.certificate) and \(self.key) are no authority: a certificate and its key") }
        return authority
    }

    /// A certificate for an agent, as the books keep it, and in PEM.
    func sign(_ request: SigningRequest, agent: String, at now: Int64) throws -> (
        given: EnrolmentTable.Given, pem: String
    ) {
        let made = try authority().sign(request, as: agent, .client, at: now)
        let given = EnrolmentTable.Given(
            serial: made.serial, agent: agent, key: Hex.string(made.key), made: now, ends: made.end)
        return (given, made.pem)
    }

    /// What was taken back, a serial and a moment a line: it only grows, because a database that was restored knows fewer.
    var book: String { "\(path)/revoked.txt" }

    /// Writes the list anew, with what counts no more.
    func writeList(_ given: [EnrolmentTable.Given], at now: Int64) throws {
        var all: [String: Int64] = [:]
        for line in (Files.exists(book) ? try AuthorityFolder.text(book) : "").split(separator: "\n") {
            let parts = line.split(separator: " ")
            if parts.count == 2, let at = Int64(parts[1]) { all[String(parts[0])] = at }
        }
        for row in given { if let at = row.revoked { all[row.serial] = all[row.serial] ?? at } }
        let rows = all.sorted { $0.key < $1.key }
        try SetupFiles.replace(book, rows.map { "\($0.key) \($0.value)\n" }.joined(), mode: 0o600)
        let revoked = rows.map { Authority.Revoked(serial: $0.key, at: $0.value) }
        try SetupFiles.replace(list, try authority().list(of: revoked, at: now), mode: 0o644)
    }
}
