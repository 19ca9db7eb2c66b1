import Foundation
import TestSupport
import Testing

@testable import Certificates

/// Keys, requests, certificates and lists of revoked ones, judged by openssl and by Python's `cryptography`.
struct CertificatesTests {
    static let now: Int64 = 1_796_000_000_000

    struct Place {
        let authority: Authority
        let agent: (key: PrivateKey, certificate: Certificate)
        let server: Certificate
    }

    static func place(at now: Int64 = now) throws -> Place {
        let (authority, _) = try Authority.fresh(named: "Maison Müller", at: now)
        let key = try PrivateKey.fresh()
        let asked = try #require(SigningRequest(try key.request(named: "somebody-else")))
        let server = try #require(SigningRequest(try PrivateKey.fresh().request(named: "x")))
        return Place(
            authority: authority, agent: (key, try authority.sign(asked, as: "lyon-dock-1", .client, at: now)),
            server: try authority.sign(
                server, as: "quai.example", .server, hosts: ["quai.example", "192.0.2.7", "::1", "quai.example"],
                at: now))
    }

    @Test func aCertificateHasTheNameThatTheCentreGives() throws {
        let place = try CertificatesTests.place()
        let given = place.agent.certificate
        #expect(given.name == "lyon-dock-1" && given.issuer == "Maison Müller" && !given.isAuthority)
        #expect(given.belongs(to: place.agent.key) && given.isSigned(by: place.authority.certificate))
        #expect(!place.server.belongs(to: place.agent.key) && place.authority.certificate.isAuthority)
        #expect(
            given.end == CertificatesTests.now + 397 * 86_400_000 && given.begin == CertificatesTests.now - 3_600_000)
        #expect(given.renewal > CertificatesTests.now + 264 * 86_400_000 && given.renewal < given.end)
        let request = try #require(SigningRequest(try place.agent.key.request(named: "lyon-dock-1")))
        #expect(request.key == given.key && request.key.count == 32)
        // Another authority's signature is none of ours.
        #expect(
            !given.isSigned(
                by: try Authority.fresh(named: "Maison Müller", at: CertificatesTests.now).authority.certificate))
        #expect(Authority(certificate: given, key: place.agent.key) == nil)
    }

    /// Nothing lives longer than who signed it.
    @Test func aLateCertificateEndsWithItsAuthority() throws {
        let place = try CertificatesTests.place()
        let late = CertificatesTests.now + 3600 * 86_400_000
        let asked = try #require(SigningRequest(try place.agent.key.request(named: "a")))
        #expect(try place.authority.sign(asked, as: "a", .client, at: late).end == place.authority.certificate.end)
    }

    @Test func whatIsNoRequestOfOursIsRefused() throws {
        let key = try PrivateKey.fresh()
        let good = try key.request(named: "a")
        #expect(SigningRequest("") == nil && SigningRequest(key.pem) == nil)
        #expect(SigningRequest(good + String(repeating: "x", count: SigningRequest.limit)) == nil)
        // A digit of the signature.
        let lines = good.split(separator: "\n").map(String.init)
        var broken = lines
        broken[lines.count - 3] = String(lines[lines.count - 3].map { $0 == "A" ? "B" : $0 == "B" ? "A" : $0 })
        if broken != lines { #expect(SigningRequest(broken.joined(separator: "\n") + "\n") == nil) }
        #expect(Certificate("no PEM") == nil)
        #expect(throws: CertificateFault.badKey) { try PrivateKey(pem: "no key").request(named: "a") }
    }

    /// A key of another kind is not signed: openssl makes one.
    @Test func aKeyOfAnotherKindIsRefused() throws {
        let folder = try CertificatesTests.folder()
        for kind in [["-newkey", "rsa:2048"], ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1"]] {
            let made = try CertificatesTests.run(
                "openssl",
                ["req", "-new"] + kind + [
                    "-nodes", "-keyout", "\(folder)/other.key", "-out", "\(folder)/other.csr", "-subj", "/CN=a",
                ])
            #expect(made.code == 0, "\(made.output)")
            #expect(SigningRequest(try String(contentsOfFile: "\(folder)/other.csr", encoding: .utf8)) == nil)
        }
    }

    @Test func opensslAgrees() throws {
        let place = try CertificatesTests.place()
        let folder = try CertificatesTests.folder()
        func save(_ text: String, _ name: String) throws -> String {
            let path = "\(folder)/\(name)"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return path
        }
        let authority = try save(place.authority.certificate.pem, "authority.crt")
        let agent = try save(place.agent.certificate.pem, "agent.crt")
        let server = try save(place.server.pem, "server.crt")
        let at = "\(CertificatesTests.now / 1000)"
        func verify(_ arguments: [String]) throws -> (code: Int32, output: String) {
            try CertificatesTests.run(
                "openssl", ["verify", "-x509_strict", "-attime", at, "-CAfile", authority] + arguments)
        }
        #expect(try verify(["-purpose", "sslclient", agent]).code == 0)
        #expect(try verify(["-purpose", "sslserver", agent]).code != 0)
        for host in [["-verify_hostname", "quai.example"], ["-verify_ip", "192.0.2.7"], ["-verify_ip", "::1"]] {
            let said = try verify(["-purpose", "sslserver"] + host + [server])
            #expect(said.code == 0, "\(said.output)")
        }
        #expect(try verify(["-verify_hostname", "other.example", server]).code != 0)
        let none = try save(try place.authority.list(of: [], at: CertificatesTests.now), "none.crl")
        #expect(try verify(["-crl_check", "-CRLfile", none, agent]).code == 0)
        let list = try place.authority.list(
            of: [.init(serial: place.agent.certificate.serial, at: CertificatesTests.now)], at: CertificatesTests.now)
        let revoked = try save(list, "revoked.crl")
        #expect(try verify(["-crl_check", "-CRLfile", revoked, agent]).output.contains("certificate revoked"))
        #expect(try verify(["-crl_check", "-CRLfile", revoked, server]).code == 0)
        let request = try save(try place.agent.key.request(named: "lyon-dock-1"), "agent.csr")
        let read = try CertificatesTests.run("openssl", ["req", "-in", request, "-noout", "-verify", "-subject"])
        #expect(read.code == 0 && read.output.contains("lyon-dock-1"), "\(read.output)")
    }

    /// Python's `cryptography` reads what was made, strictly: extensions, times, digests.
    @Test func pythonAgrees() throws {
        guard try CertificatesTests.run("python3", ["-c", "import cryptography"]).code == 0 else {
            print("left out: python3-cryptography is not installed")
            return
        }
        let place = try CertificatesTests.place()
        let list = try place.authority.list(
            of: [.init(serial: place.agent.certificate.serial, at: CertificatesTests.now)], at: CertificatesTests.now)
        let folder = try CertificatesTests.folder()
        let texts = [
            ("a", place.authority.certificate.pem), ("c", place.agent.certificate.pem), ("s", place.server.pem),
            ("l", list),
            ("r", try place.agent.key.request(named: "lyon-dock-1")),
        ]
        for (name, text) in texts { try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8) }
        let program = """
            import sys
            from cryptography import x509
            from cryptography.x509.oid import ExtendedKeyUsageOID as E
            from cryptography.hazmat.primitives import hashes
            from cryptography.hazmat.primitives.asymmetric import ec
            d = sys.argv[1]
            read = lambda n: open(f"{d}/{n}", "rb").read()
            a, c, s = (x509.load_pem_x509_certificate(read(n)) for n in "acs")
            for x in (c, s):
                a.public_key().verify(x.signature, x.tbs_certificate_bytes, ec.ECDSA(x.signature_hash_algorithm))
                assert not x.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
                assert x.issuer == a.subject and x.version == x509.Version.v3
            assert list(c.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [E.CLIENT_AUTH]
            names = s.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert names.get_values_for_type(x509.DNSName) == ["quai.example"]
            assert [str(i) for i in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7", "::1"]
            l = x509.load_pem_x509_crl(read("l"))
            assert l.is_signature_valid(a.public_key()) and l.get_revoked_certificate_by_serial_number(c.serial_number)
            r = x509.load_pem_x509_csr(read("r"))
            assert r.is_signature_valid and r.public_key().curve.name == "secp256r1"
            print(a.fingerprint(hashes.SHA256()).hex())
            """
        let said = try CertificatesTests.run("python3", ["-c", program, folder])
        #expect(said.code == 0, "\(said.output)")
        let digest = place.authority.certificate.digest.map { String(format: "%02x", $0) }.joined()
        #expect(said.output.contains(digest))
    }

    static func folder() throws -> String {
        let path = NSTemporaryDirectory() + "quai-certificates-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    static func run(_ program: String, _ arguments: [String]) throws -> (code: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        (process.standardOutput, process.standardError) = (pipe, pipe)
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
