import Model
import NIOCore
import Platform
import Rig
import TestSupport
import Testing

@testable import IngestServer

/// From where requests come, and under which certificate pages are served: values.
struct PageTLSTests {
    private static func configuration(_ http: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\n[http]\n\(http)\n", file: "ingest.toml")
    }

    private static func visit(
        from peer: String = "127.0.0.1", _ headers: (String, String)...
    ) throws -> Visit {
        let proxies = try configuration(#"proxies = ["127.0.0.1", "10.0.0.0/24"]"#).proxies
        return proxies.visit(
            from: try SocketAddress(ipAddress: peer, port: 5), isEncrypted: false, host: "quai:8080"
        ) { name in headers.filter { $0.0 == name }.map(\.1) }
    }

    // MARK: proxies

    @Test func aProxyIsBelievedAndAStrangerIsNot() throws {
        let told = [
            ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "quai.example"),
        ]
        let good = try Self.visit(from: "127.0.0.1", told[0], told[1], told[2])
        #expect(good == Visit(source: "192.0.2.7", isSecure: true, host: "quai.example", isProxied: true))
        for stranger in ["127.0.0.2", "192.0.2.1", "::1", "10.0.1.1"] {
            let visit = try Self.visit(from: stranger, told[0], told[1], told[2])
            #expect(visit.source == stranger && !visit.isSecure && visit.host == "quai:8080")
            #expect(visit.isDoubtful && visit.isProxied)
        }
        #expect(try Self.visit() == Visit(source: "127.0.0.1", host: "quai:8080"))
        // An address of IPv4 on a socket of IPv6 is the same proxy.
        #expect(try Self.visit(from: "::ffff:10.0.0.9", told[0]).source == "192.0.2.7")
    }

    @Test func ofAChainCountsWhatTheLastProxyWrote() throws {
        // The first was sent by the browser; the second proxy is ours, too.
        #expect(try Self.visit(("x-forwarded-for", "8.8.8.8, 192.0.2.7, 10.0.0.2")).source == "192.0.2.7")
        #expect(try Self.visit(("x-forwarded-for", "8.8.8.8"), ("x-forwarded-for", "192.0.2.7")).source == "192.0.2.7")
        #expect(try Self.visit(("x-forwarded-for", "10.0.0.1, 10.0.0.2")).source == "10.0.0.1")
        #expect(try Self.visit(("x-forwarded-proto", "https, http")).isSecure == false)
        // A network of IPv6 is one source; what is no address leaves the proxy's own.
        #expect(try Self.visit(("x-forwarded-for", "2001:db8:1:2::9")).source == "2001:db8:1:2::/64")
        for text in ["unknown", "_hidden", "' or 1", "", ",", "1.2.3", String(repeating: "a", count: 5000)] {
            #expect(try Self.visit(("x-forwarded-for", text)).source == "127.0.0.1", "\(text)")
        }
        // However long the browser began it, the end is the proxy's.
        let long = String(repeating: "8.8.8.8, ", count: 900) + "192.0.2.7"
        #expect(try Self.visit(("x-forwarded-for", long)).source == "192.0.2.7")
    }

    /// The examples of RFC 7239, 4 and 6.
    @Test func theStandardHeaderIsReadAsItsPaperHasIt() throws {
        let cases = [
            ("for=\"_gazonk\"", "127.0.0.1"), ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe:0::/64"),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"),
            ("for=192.0.2.43, for=198.51.100.17", "198.51.100.17"),
            ("for=\"192.0.2.43:47011\"", "192.0.2.43"), ("for=192.0.2.43, for=10.0.0.7;proto=https", "192.0.2.43"),
        ]
        for (text, source) in cases { #expect(try Self.visit(("forwarded", text)).source == source, "\(text)") }
        let all = try Self.visit(("forwarded", "for=192.0.2.7;proto=https;host=\"quai.example:8443\""))
        #expect(all == Visit(source: "192.0.2.7", isSecure: true, host: "quai.example:8443", isProxied: true))
    }

    @Test func whereBothKindsDisagreeNeitherCounts() throws {
        let spoofed = try Self.visit(
            ("forwarded", "for=8.8.8.8;proto=https"), ("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "http"))
        #expect(spoofed == Visit(source: "127.0.0.1", host: "quai:8080", isProxied: true, isDoubtful: true))
        let same = try Self.visit(("forwarded", "for=192.0.2.7"), ("x-forwarded-for", "192.0.2.7"))
        #expect(same.source == "192.0.2.7" && !same.isDoubtful)
    }

    @Test func aProxyMayHaveMoreConnectionsThanOneAddress() {
        var limits = ConnectionLimits()
        limits.source = 1
        let door = Door(limits: limits)
        #expect(door.enter(from: "10.0.0.2", isProxy: true) && door.enter(from: "10.0.0.2", isProxy: true))
        #expect(!door.enter(from: "10.0.0.2"))
    }

    // MARK: settings

    @Test func whatDoesNotFitTogetherIsRefused() {
        let wrong = [
            "certificate = \"/a\"", "key = \"/a\"", "authority = \"/a\"", "redirect-port = 80", "proxies = [\"proxy\"]",
            "port = 8443\ncertificate = \"/a\"\nkey = \"/b\"\nredirect-port = 8443",
        ]
        for text in wrong { #expect(throws: (any Error).self, "\(text)") { try Self.configuration(text) } }
    }

    @Test func whoComesInClearIsSentOnToNamesOfOursAlone() throws {
        let hosts = Hosts(try Self.configuration("hosts = \"quai.example\""))
        func target(_ uri: String, _ host: String?, _ port: Int = 443) -> String? {
            RedirectChannel.target(uri, host: host, hosts, port: port)
        }
        #expect(target("/calls?x=1", "quai.example") == "https://quai.example/calls?x=1")
        #expect(target("/", "QUAI.example:80", 8443) == "https://quai.example:8443/")
        #expect(target("/", "[::1]:80", 8443) == "https://[::1]:8443/")
        for (uri, host) in [
            ("/", "evil.example"), ("/", nil), ("http://evil.example/", "quai.example"), ("/a\r\nb", "quai.example"),
            ("*", "quai.example"),
        ] as [(String, String?)] { #expect(target(uri, host) == nil) }
    }

    // MARK: the certificate

    /// An authority and what it signed, made by OpenSSL.
    private struct Signed {
        let folder = TemporaryFolder("page-tls")

        init() throws {
            let script = """
                cd \(folder.path)
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3 -subj /CN=Root
                for name in one two; do
                    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.csr -subj /CN=$name
                    openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $name.pem -days 2
                    cat ca.pem >>$name.pem
                done
                openssl x509 -req -in two.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ended.pem -days -1 ||
                    openssl x509 -req -in two.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out ended.pem -not_before 20200101000000Z -not_after 20200201000000Z
                openssl ec -in one.key -aes128 -passout pass:secret -out locked.key
                chmod 600 *.key
                """
            try Files.write(Array(script.utf8), to: "\(folder.path)/make.sh")
            let made = try ChildProcess("/bin/sh", ["\(folder.path)/make.sh"], log: "\(folder.path)/log")
            try #require(made.wait() == 0)
        }

        func path(_ name: String) -> String { "\(folder.path)/\(name)" }

        func copy(_ name: String, to other: String) throws {
            try Files.write(try Files.read(path(name)), to: path(other), mode: 0o600)
        }
    }

    @Test func aNewCertificateIsTakenAndABadOneIsNot() throws {
        let made = try Signed()
        try made.copy("one.pem", to: "site.pem")
        try made.copy("one.key", to: "site.key")
        let files = CertificateFiles(certificate: made.path("site.pem"), key: "file:\(made.path("site.key"))")
        let pages = try PageCertificate(files)
        let (now, first) = (Clocks.wall, pages.context)
        #expect(pages.look(now: now) == .same && pages.ends > now)
        // The root closes the chain: it is what people install.
        let root = try #require(pages.authority)
        #expect(CertificateEnd.isSelfIssued(root))
        // Half is written: nothing is said yet, then it is, once; the former stays.
        try made.copy("two.pem", to: "site.pem")
        #expect(pages.look(now: now) == .unsettled && pages.refusal == nil)
        let why = "file:\(made.path("site.key")) is not the key of the first certificate in \(made.path("site.pem"))"
        #expect(pages.look(now: now) == .refused(why) && pages.look(now: now) == .same)
        #expect(pages.refusal == why && pages.context === first)
        #expect(pages.metrics.contains("quai_ingest_http_certificate_refused 1"))
        #expect(pages.look(isAsked: true, now: now) == .refused(why))
        // Whole: the next connection has it.
        try made.copy("two.key", to: "site.key")
        #expect(pages.look(now: now) == .taken(ends: pages.ends))
        #expect(pages.refusal == nil && pages.context !== first)
        // One that has ended takes no place of one that holds.
        try made.copy("ended.pem", to: "site.pem")
        _ = pages.look(now: now)
        #expect(pages.look(now: now) == .refused("\(made.path("site.pem")) has ended, the one in use has not"))
        #expect(pages.look(now: now) == .same && pages.ends > now)
    }

    @Test func whatIsNoPairIsSaidInAWord() throws {
        let made = try Signed()
        func refusal(_ certificate: String, _ key: String) -> String {
            let files = CertificateFiles(certificate: made.path(certificate), key: made.path(key))
            do { _ = try PageCertificate(files) } catch { return error.text }
            return ""
        }
        #expect(refusal("one.pem", "one.key") == "")
        #expect(refusal("one.key", "one.key").hasSuffix("one.key: there is no certificate in it (PEM)"))
        #expect(refusal("one.pem", "one.pem").hasSuffix("others can read it; chmod 640 \(made.path("one.pem"))"))
        #expect(refusal("one.pem", "locked.key").hasSuffix("there is no key without a passphrase in it (PEM)"))
        #expect(refusal("none.pem", "one.key").contains("none.pem: No such file"))
        #expect(refusal("one.pem", "two.key").contains("is not the key of the first certificate"))
    }
}
