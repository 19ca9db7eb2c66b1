import Foundation
import Glibc
import Model
import Platform
import Rig
import TestSupport
import Testing

/// A contactless card through the real pcscd, on Debian's virtual reader (vsmartcard-vpcd).
struct CardTests {
    /// pcscd wants root and its place for itself; where somebody runs it already, this is not the place to test.
    static let isPossible =
        getuid() == 0 && Files.exists("/usr/sbin/pcscd") && !Files.exists("/run/pcscd/pcscd.comm")
        && Files.exists("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")

    /// The virtual reader's port (vpcd's own).
    static let port: UInt16 = 35963

    /// Lies on the reader until it is taken away: answers ATR and UID, length in front (vpcd's protocol).
    private func card(_ uid: [UInt8], lasting milliseconds: Int64) throws {
        // pcscd opens its own door before its driver does.
        var connected: Int32?
        for _ in 0..<500 where connected == nil {
            connected = Sockets.connect(port: CardTests.port)
            if connected == nil { usleep(20_000) }
        }
        let socket = try #require(connected)
        defer { close(socket) }
        let end = Clocks.now + .milliseconds(milliseconds)
        var pending: [UInt8] = []
        while Clocks.now < end {
            let left = Int32(clamping: max(0, (end - Clocks.now).milliseconds))
            guard waitFor([(socket, Int16(POLLIN))], milliseconds: left)[0] != 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 1024)
            let count = read(socket, &buffer, buffer.count)
            guard count > 0 else { return }
            pending += buffer[..<count]
            while pending.count >= 2, pending.count >= 2 + Int(pending[0]) << 8 + Int(pending[1]) {
                let message = Array(pending[2..<2 + Int(pending[0]) << 8 + Int(pending[1])])
                pending.removeFirst(2 + message.count)
                let answer: [UInt8]
                switch message.first {
                case 0x00?, 0x01?, 0x02?: continue  // power off, power on, reset
                case 0x04? where message.count == 1:
                    answer = Hex.bytes("3B8F8001804F0CA0000003060300030000000068")!
                case 0xFF? where message.dropFirst().first == 0xCA: answer = uid + [0x90, 0x00]
                default: answer = [0x6D, 0x00]
                }
                let bytes = [UInt8(answer.count >> 8), UInt8(answer.count & 0xFF)] + answer
                send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            }
        }
    }

    @Test(.enabled(if: CardTests.isPossible), .timeLimit(.minutes(2)))
    func aCardIsReadThroughPCSCD() throws {
        let folder = "/tmp/quai-card-\(getpid())"
        try Files.makeFolder("\(folder)/agent")
        let daemon = try ChildProcess("/usr/sbin/pcscd", ["-f"], log: "\(folder)/pcscd.log")
        defer {
            daemon.killHard()
            unlink("/run/pcscd/pcscd.comm")
            unlink("/run/pcscd/pcscd.pid")
        }
        for _ in 0..<200 where !Files.exists("/run/pcscd/pcscd.comm") { usleep(20_000) }
        try Files.write(
            Array(
                """
                version = 1
                agent = "dock"
                state = "\(folder)/agent"
                [discovery]
                enabled = false
                [uplink]
                broker = "mqtt://127.0.0.1:9"
                [reader.door]
                driver = "pcsc"
                port = "pcsc:"
                """.utf8), to: "\(folder)/agent.toml")
        let agent = try ChildProcess(
            "\(RoadTests.binaries)/edge-agent", ["run", "--config", "\(folder)/agent.toml"], log: "\(folder)/agent.log")
        defer { agent.killHard() }
        let tail = Acceptance(socket: "\(folder)/agent/control.sock")
        defer { tail.stop() }
        #expect(tail.waitAttached(milliseconds: 20_000))
        func waitReady(_ words: String) throws -> Bool {
            for _ in 0..<200
            where try RoadTests.run("edge-agent", ["devices", "--config", "\(folder)/agent.toml"]).output.contains(
                words)
            {
                return true
            }
            return false
        }
        #expect(try waitReady("ready"))
        try card([0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80], lasting: 1500)
        #expect(tail.waitFor("04A1B2C3D4E580", milliseconds: 10_000))
        try card([0x04, 0x11, 0x22, 0x33], lasting: 1500)
        #expect(tail.waitFor("04112233", milliseconds: 10_000))
        daemon.killHard()
        #expect(try waitReady("pcscd"))
    }
}
