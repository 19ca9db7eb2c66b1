import Certificates
import Glibc
import Model
import Platform

/// The certificates of a site: made where there are none, left where they are good, made anew where they end or are for another name.
struct SetupCertificates {
    /// A certificate that ends sooner is made anew, in milliseconds.
    static let margin: Int64 = 60 * 86_400_000

    let place: SetupPlace
    let firm: String
    let host: String
    let now: Int64

    /// The authority: the one that is there, however long it lives.
    func authority(_ files: inout SetupFiles) throws -> Authority {
        let folder = place.authority
        if Files.exists(folder.key) || Files.exists(folder.certificate) {
            files.keep(folder.certificate)
            return try folder.authority()
        }
        try files.folder(folder.path, mode: 0o700, place.service)
        let (authority, key) = try Authority.fresh(named: "\(firm) Quai", at: now)
        try files.write(folder.key, key.pem, mode: 0o600, place.service)
        try files.write(folder.certificate, authority.certificate.pem, place.service)
        return authority
    }

    /// The list of what is revoked, and the broker's copies of it and of the authority.
    func lists(_ authority: Authority, _ files: inout SetupFiles, forBroker: Bool) throws {
        let path = place.authority.list
        if Files.exists(path) {
            files.keep(path)
        } else {
            try files.write(path, try authority.list(of: [], at: now), place.service)
        }
        guard forBroker else { return }
        try files.folder(place.brokerFolder, mode: 0o755)
        // While another one takes its place the broker believes both.
        let all = (try? AuthorityRotation(folder: place.authority).both()) ?? [authority]
        try files.write(place.broker("authority.crt"), all.map(\.certificate.pem).joined())
        let list = files.isDry && !Files.exists(path) ? "" : try AuthorityFolder.text(path)
        try files.write(place.broker("revoked.crl"), list)
    }

    /// A key and a certificate in these files.
    func pair(
        _ use: Authority.Use, named name: String, _ certificate: String, _ key: String, mode: mode_t,
        _ owner: SetupFiles.Owner, _ authority: Authority, _ files: inout SetupFiles
    ) throws {
        if isGood(use, certificate, key, authority) {
            files.keep(certificate)
            return
        }
        let fresh = try PrivateKey.fresh()
        guard let request = SigningRequest(try fresh.request(named: name)) else { throw CertificateFault.notSigned }
        let hosts = use == .server ? self.hosts : []
        let made = try authority.sign(request, as: name, use, hosts: hosts, at: now)
        try files.write(key, fresh.pem, mode: mode, owner)
        // With the authority behind it: who is shown the chain sees where it ends.
        try files.write(certificate, made.pem + authority.certificate.pem, owner)
    }

    /// The name that people use first, and how this machine reaches itself.
    var hosts: [String] { [host, "localhost", "127.0.0.1", "::1"] }

    private func isGood(_ use: Authority.Use, _ certificate: String, _ key: String, _ authority: Authority) -> Bool {
        guard let text = try? AuthorityFolder.text(certificate), let secret = try? AuthorityFolder.text(key),
            let there = Certificate(text)
        else { return false }
        return there.belongs(to: PrivateKey(pem: secret)) && there.isSigned(by: authority.certificate)
            && there.end > now + SetupCertificates.margin && (use == .client || there.isFor(host))
    }
}
