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

    /// Writes the list anew, with what counts no more.
    func writeList(_ given: [EnrolmentTable.Given], at now: Int64) throws {
        let revoked = given.compactMap { row in row.revoked.map { Authority.Revoked(serial: row.serial, at: $0) } }
        try SetupFiles.replace(list, try authority().list(of: revoked, at: now), mode: 0o644)
    }
}
