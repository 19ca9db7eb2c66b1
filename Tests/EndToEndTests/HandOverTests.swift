import Glibc
import NIOCore
import Platform
import Rig
import TestSupport
import Testing

@testable import IngestServer

/// The pages' sockets while the centre is replaced.
struct HandOverTests {
    private func given(_ descriptor: Int32, _ name: String, _ address: String?, _ port: Int = 8080) throws
        -> GivenSockets.Given
    {
        try .init(
            descriptor: descriptor, name: name, address: address.map { try SocketAddress(ipAddress: $0, port: port) })
    }

    @Test func whatWasKeptIsTakenWhereItIsTheWantedAddress() throws {
        let wanted = try SocketAddress(ipAddress: "127.0.0.1", port: 8080)
        let kept = GivenSockets(all: [
            try given(3, "quai-redirect", "127.0.0.1", 80), try given(4, "quai-pages", "127.0.0.1"),
            try given(5, "quai-pages", "0.0.0.0"), try given(6, "quai-pages", nil),
        ])
        #expect(kept.choose(.pages, at: wanted) == .init(descriptor: 4, stale: [5], isKept: true))
        #expect(kept.choose(.redirect, at: wanted) == .init(stale: [3]))
        #expect(kept.choose(.pages, at: nil) == .init(stale: [4, 5]))
        let other = try SocketAddress(ipAddress: "192.0.2.1", port: 8080)
        #expect(kept.choose(.pages, at: other) == .init(stale: [4, 5]))
        // Any port; another set of addresses is another socket.
        #expect(GivenSockets.isSame(wanted, try SocketAddress(ipAddress: "127.0.0.1", port: 0)))
        let (six, four) = try (SocketAddress(ipAddress: "::", port: 1), SocketAddress(ipAddress: "0.0.0.0", port: 1))
        #expect(!GivenSockets.isSame(six, four) && !GivenSockets.isSame(four, six))
        #expect(GivenSockets.serves(six, four) && !GivenSockets.serves(four, six))
        #expect(GivenSockets().choose(.pages, at: wanted) == .init())
    }

    @Test func aUnitOfTheSiteGoesFirst() throws {
        let wanted = try SocketAddress(ipAddress: "127.0.0.1", port: 8080)
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let all = [
                try given(3, "quai-pages", "127.0.0.1"), try given(4, "edge-ingest.socket", "0.0.0.0", 443),
                try given(5, "redirect", "0.0.0.0", 80),
            ]
            let sockets = GivenSockets(all: order.map { all[$0] })
            #expect(sockets.choose(.pages, at: wanted) == .init(descriptor: 4, elsewhere: "0.0.0.0:443", stale: [3]))
            let redirect = try SocketAddress(ipAddress: "0.0.0.0", port: 80)
            #expect(sockets.choose(.redirect, at: redirect) == .init(descriptor: 5))
        }
    }

    @Test func aUnitThatListensElsewhereIsSaid() {
        let unit = SocketUnit(texts: ["[Socket]\nListenStream=8080\n", "[Socket]\nListenStream=\nListenStream = 443\n"])
        #expect(unit.listens == ["443"])
        #expect(unit.disagreement("0.0.0.0", 443).isEmpty)
        #expect(unit.disagreement("0.0.0.0", 8443) == ["edge-ingest.socket: 443", "[http]: 0.0.0.0:8443"])
        #expect(unit.disagreement("127.0.0.1", 443).count == 2)
        #expect(SocketUnit(texts: ["ListenStream=[::1]:443"]).disagreement("::1", 443).isEmpty)
        #expect(SocketUnit(texts: ["ListenStream=/run/quai"]).disagreement("::1", 443).count == 2)
        #expect(SocketUnit().disagreement("::1", 443).isEmpty)
    }

    @Test func aDateIsWrittenAsItsPaperHasIt() {
        // RFC 9110 §5.6.7.
        #expect(PageAnswer.date(784_111_777_000) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }

    private func shell(_ line: String) throws -> (code: Int32, output: String) {
        let log = "/tmp/quai-handover-\(getpid()).log"
        defer { unlink(log) }
        let code = try ChildProcess("/bin/sh", ["-c", line], log: log).wait()
        return (code, String(decoding: try Files.read(log), as: UTF8.self))
    }

    /// A real process over TLS, with somebody who asks all the time; and a socket of systemd's own.
    @Test func nobodyIsRefusedWhileTheCentreIsReplaced() throws {
        let folder = "/tmp/quai-handover-\(getpid())"
        try Files.makeFolder(folder)
        defer { _ = try? shell("rm -rf \(folder)") }
        let made = try shell(
            "cd \(folder) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem "
                + "-out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>&1")
        try #require(made.code == 0, "\(made.output)")
        let keys = "certificate = \"\(folder)/cert.pem\"\nkey = \"\(folder)/key.pem\"\n"
        for (verb, http) in [("kept", keys), ("moved", keys), ("unit", "")] {
            let port = Sockets.freePort()
            try Fixture.write(
                """
                version = 1
                state = "\(folder)/state"
                [http]
                port = \(port)
                \(http)
                [broker]
                url = "mqtt://127.0.0.1:\(Sockets.freePort())"
                """, at: "\(folder)/ingest.toml")
            let told = try shell(
                "python3 \(Fixture.root)/packaging/install/handover.py \(verb) \(RoadTests.binaries)/edge-ingest "
                    + "\(folder)/ingest.toml \(port) \(verb == "moved" ? "\(Sockets.freePort())" : "") 2>&1")
            #expect(told.code == 0, "\(told.output)")
        }
    }
}
