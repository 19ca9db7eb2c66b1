import Glibc
import Platform
import Testing

@testable import Ports

/// Ports against real programs and sockets of this machine.
struct PortTests {
    private func readAll(_ port: any Port, until end: (String) -> Bool) -> (text: String, error: PortError?) {
        var text = ""
        for _ in 0..<200 {
            _ = waitFor([(port.descriptor, Int16(POLLIN))], milliseconds: 50)
            do { text += String(decoding: try port.read(), as: UTF8.self) } catch { return (text, error) }
            if end(text) { break }
        }
        return (text, nil)
    }

    @Test func aProgramSpeaksAndIsSpokenTo() throws {
        let port = try ProcessPort(["/bin/sh", "-c", "read line; echo \"heard $line\"; echo bad >&2; exit 7"])
        #expect(try port.write(Array("hello\n".utf8)[...]) == 6)
        let (text, error) = readAll(port) { _ in false }
        #expect(text == "heard hello\n")
        #expect(error == .gone("/bin/sh ended with code 7: bad"))
    }

    @Test func aProgramEndsWithItsPortAndInheritsNothing() throws {
        var port: ProcessPort? = try ProcessPort(
            ["/bin/sh", "-c", "echo $$ $(ls /proc/$$/fd | wc -l) $QUAI_SECRET.$HOME; exec sleep 600"])
        setenv("QUAI_SECRET", "x", 1)
        let (text, _) = readAll(port!) { $0.hasSuffix("\n") }
        let words = text.split(separator: " ")
        let process = try #require(words.first.flatMap { pid_t($0) })
        // Three of its own and the pipe of the command substitution.
        #expect(Int(words[1]) ?? 99 <= 5 && words[2].hasPrefix("./nonexistent"))
        #expect(kill(process, 0) == 0)
        port = nil
        #expect(kill(process, 0) != 0)
    }

    @Test func aProgramThatIsNotThereIsMissing() {
        #expect(throws: PortError.missing("there is no program /nowhere/sdk: see \"port\" in the configuration")) {
            try ProcessPort(["/nowhere/sdk"])
        }
    }

    @Test func aDeviceConnectsToUs() throws {
        // Others test on this machine too: the first port that is free.
        func free() -> (ListenerPort, UInt16)? {
            for port in 40_000...50_000 as ClosedRange<UInt16> {
                if let listener = try? ListenerPort(host: "127.0.0.1", port: port) { return (listener, port) }
            }
            return nil
        }
        let (listener, port) = try #require(free())
        #expect(listener.accept() == nil)
        let client = try TCPPort(host: "127.0.0.1", port: port)
        _ = waitFor([(listener.descriptor, Int16(POLLIN))], milliseconds: 2000)
        let accepted = try #require(listener.accept())
        #expect(try client.write([1, 2, 3]) == 3)
        _ = waitFor([(accepted.descriptor, Int16(POLLIN))], milliseconds: 2000)
        #expect(try accepted.read() == [1, 2, 3])
    }

    @Test func manyConnectionsAreOneLine() throws {
        let free = (40_000...50_000 as ClosedRange<UInt16>).lazy.compactMap { port in
            (try? GatheringPort(host: "127.0.0.1", port: port)).map { ($0, port) }
        }
        let (gathering, port) = try #require(free.first)
        #expect(try gathering.read() == [])
        let one = try TCPPort(host: "127.0.0.1", port: port)
        #expect(readAll(gathering) { $0.hasSuffix("open\n") }.text == "conn 1 open\n")
        var two: TCPPort? = try TCPPort(host: "127.0.0.1", port: port)
        #expect(readAll(gathering) { $0.hasSuffix("open\n") }.text == "conn 2 open\n")
        #expect(try two!.write(Array("from two".utf8)[...]) == 8)
        #expect(readAll(gathering) { $0.hasSuffix("two") }.text == "conn 2 data 8\nfrom two")
        let out = Array("conn 1 data 6\nto oneconn 9 data 1\nx".utf8)
        #expect(try gathering.write(out[...]) == out.count)
        #expect(readAll(one) { $0 == "to one" }.text == "to one")
        two = nil
        #expect(readAll(gathering) { $0.hasSuffix("close\n") }.text == "conn 2 close\n")
        _ = try gathering.write(Array("conn 1 close\n".utf8)[...])
        #expect(readAll(gathering) { $0.hasSuffix("close\n") }.text == "conn 1 close\n")
    }

    @Test func addressesAreReadAndWritten() {
        for text in [
            "/dev/serial/by-id/usb-1a86_USB_Serial:1", "pty:/tmp/x", "tcp:[::1]:5084", "tls:reader.example:5085",
            "listen:0.0.0.0:5084", "usb:08FF:0009", "usb:08FF:0009:A1:B", "usb:08FF:0009:@1-2.3", "pcsc:",
            "pcsc:ACS ACR122U", "exec:/usr/bin/sdk --all",
        ] { #expect(PortAddress(text)?.description == text) }
        for text in ["", "usb:8FF:9", "usb:08FF", "tcp:host", "tcp:host:0", "exec:sdk", "ftp:x", "dev/ttyUSB0"] {
            #expect(PortAddress(text) == nil, "\(text)")
        }
    }
}
