import Glibc
import Model
import Platform
import Settings
import TestSupport
import Testing

@testable import EdgeAgent
@testable import Ports

/// Whom a TLS line believes: against openssl's own server with a certificate of its own.
struct TrustTests {
    static let openssl = "/usr/bin/openssl"

    /// A server with a self-signed certificate for `pbx.example`.
    final class Server {
        let folder = TemporaryFolder()
        let port: UInt16
        private let process: ProcessPort

        init() throws {
            try TrustTests.certificate("pbx", in: folder.path)
            try TrustTests.certificate("other", in: folder.path)
            let free = (41_000...50_000 as ClosedRange<UInt16>).first { port in
                (try? ListenerPort(host: "127.0.0.1", port: port)) != nil
            }
            port = try #require(free)
            process = try ProcessPort([
                TrustTests.openssl, "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-cert",
                "\(folder.path)/pbx.pem",
                "-key", "\(folder.path)/pbx.key",
            ])
        }

        var own: String { "\(folder.path)/pbx.pem" }
        var other: String { "\(folder.path)/other.pem" }

        /// Nil when it is believed.
        func objection(_ trust: TLSTrust) -> String? {
            let end = Clocks.now + .seconds(10)
            while true {
                do {
                    _ = try TLSPort(host: "127.0.0.1", port: port, trust: trust)
                    return nil
                } catch .missing(let text) {
                    // It has not begun yet.
                    guard Clocks.now < end else { return text }
                    usleep(20_000)
                } catch {
                    return error.text
                }
            }
        }
    }

    private static func run(_ script: String) throws -> String {
        let port = try ProcessPort(["/bin/sh", "-c", script])
        var out: [UInt8] = []
        let end = Clocks.now + .seconds(20)
        while Clocks.now < end {
            _ = waitFor([(port.descriptor, Int16(POLLIN))], milliseconds: 100)
            do { out += try port.read() } catch { break }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func certificate(_ name: String, in folder: String) throws {
        _ = try run(
            "\(openssl) req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(name).example "
                + "-keyout \(folder)/\(name).key -out \(folder)/\(name).pem 2>/dev/null")
    }

    private func pin(_ path: String) throws -> TLSTrust.Pin? {
        let text = try TrustTests.run(
            "\(TrustTests.openssl) x509 -in \(path) -pubkey -noout | \(TrustTests.openssl) pkey -pubin -outform der "
                + "| \(TrustTests.openssl) dgst -sha256 -binary | \(TrustTests.openssl) base64")
        return TLSTrust.Pin("sha256/" + text.filter { !$0.isWhitespace })
    }

    @Test(.enabled(if: Files.exists(openssl)))
    func onlyWhomTheSiteNamesIsBelieved() throws {
        let server = try Server()
        let (own, other) = (try #require(try pin(server.own)), try #require(try pin(server.other)))
        #expect(server.objection(TLSTrust(authority: server.own)) == nil)
        #expect(server.objection(TLSTrust(pin: own)) == nil)
        #expect(server.objection(TLSTrust(authority: server.own, pin: own)) == nil)
        // The system's authorities know nothing of it, and neither does another file.
        #expect(server.objection(TLSTrust())?.contains("its certificate is refused") == true)
        #expect(server.objection(TLSTrust(authority: server.other))?.contains("its certificate is refused") == true)
        let wrong = try #require(server.objection(TLSTrust(pin: other)))
        #expect(wrong.contains("the key is \(own), not the pin"))
        #expect(server.objection(TLSTrust(authority: server.own, pin: other))?.contains("not the pin") == true)
        #expect(server.objection(TLSTrust(authority: "\(server.folder.path)/none"))?.contains("authority") == true)
    }

    @Test func aPinIsReadInBothForms() {
        let hex = "AB:CD:" + Array(repeating: "00", count: 30).joined(separator: ":")
        #expect(TLSTrust.Pin("sha256/\(hex)")?.description == "sha256/q80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        #expect(TLSTrust.Pin("sha256/q80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") == TLSTrust.Pin("sha256/\(hex)"))
        for text in [
            "", "sha256/", "sha1/q80=", "sha256/q80A", "sha256/q80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", hex,
        ] {
            #expect(TLSTrust.Pin(text) == nil)
        }
    }

    private func phone(_ lines: String, address: String = "tls:pbx.example:5039") throws -> AgentConfiguration {
        try AgentConfiguration(
            parsing: "version = 1\n[phone.pbx]\ndriver = \"asterisk-ami\"\naddress = \"\(address)\"\n\(lines)",
            file: "a.toml")
    }

    @Test func authorityAndPinAreOfTLSAlone() throws {
        let pin = "sha256/q80AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        let good = try phone("authority = \"/etc/quai/pbx.pem\"\npin = \"\(pin)\"")
        #expect(good.devices[0].trust.authority == "/etc/quai/pbx.pem" && good.devices[0].trust.pin?.description == pin)
        #expect(throws: Problems.self) { try phone("pin = \"secret\"") }
        #expect(throws: Problems.self) { try phone("authority = \"pbx.pem\"") }
        #expect(throws: Problems.self) { try phone("pin = \"\(pin)\"", address: "tcp:pbx.example:5038") }
    }

    /// Whoever writes a configuration at the centre cannot put themselves in the exchange's place.
    @Test func theCentreCannotChangeWhomALineBelieves() throws {
        let own = try phone("authority = \"/etc/quai/pbx.pem\"")
        let policy = ManagedPolicy(own: own)
        #expect(policy.problem(with: own) == nil)
        #expect(policy.problem(with: try phone(""))?.contains("authority and pin") == true)
        #expect(policy.problem(with: try phone("authority = \"/tmp/mine.pem\""))?.contains("authority and pin") == true)
    }
}
