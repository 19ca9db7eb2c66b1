import Devices
import Foundation
import Glibc
import Model
import Platform
import Rig
import TestSupport

/// USB without hardware: the agent in an umockdev testbed, and simulated devices on its bus (simulators/USBRig).
final class USBRig: @unchecked Sendable {
    // `process` and the pipes are set once; what was said is locked.

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A device as the bus sees it.
    struct Descriptor {
        var vendor: UInt16
        var product: UInt16
        var serial: String?
        var title: String
        var interface: (class: UInt8, subclass: UInt8, protocol: UInt8)
        /// Address, attributes (2 bulk, 3 interrupt) and packet size.
        var endpoints: [(address: UInt8, attributes: UInt8, size: UInt8)]
        var report: [UInt8] = []

        /// HID 1.11 appendix B.1.
        static let bootKeyboardReport = Hex.bytes(
            "05010906a101050719e029e71500250175019508810295017508810195067508150025650507190029658100c0")!

        static func keyboard(_ vendor: UInt16, _ product: UInt16, serial: String? = nil, _ title: String) -> Descriptor
        {
            Descriptor(
                vendor: vendor, product: product, serial: serial, title: title, interface: (3, 1, 1),
                endpoints: [(0x81, 3, 8)], report: bootKeyboardReport)
        }

        static let cardReader = Descriptor(
            vendor: 0x072F, product: 0x2200, title: "ACS ACR122U PICC Interface", interface: (0x0B, 0, 0),
            endpoints: [(0x81, 3, 8), (0x02, 2, 64), (0x82, 2, 64)])

        var bytes: [UInt8] {
            let device: [UInt8] = [
                18, 1, 0, 2, 0, 0, 0, 8, UInt8(vendor & 0xFF), UInt8(vendor >> 8), UInt8(product & 0xFF),
                UInt8(product >> 8), 0, 1, 1, 2, serial == nil ? 0 : 3, 1,
            ]
            let hid: [UInt8] = report.isEmpty ? [] : [9, 0x21, 0x11, 1, 0, 1, 0x22, UInt8(report.count), 0]
            let points = endpoints.flatMap { [7, 5, $0.address, $0.attributes, $0.size, 0, 10] as [UInt8] }
            let body: [UInt8] =
                [9, 4, 0, 0, UInt8(endpoints.count), interface.class, interface.subclass, interface.protocol, 0] + hid
                + points
            return device + [9, 2, UInt8(9 + body.count), 0, 1, 1, 0, 0xA0, 50] + body
        }
    }

    private let process = Process()
    private let input = Pipe()
    private let said = Locked<[String]>([])
    private let listeners = Locked<[String: @Sendable ([UInt8]) -> Void]>([:])

    /// Runs the agent with this configuration file.
    init(agent: String, configuration: String, log: String, folder: String) throws {
        let program = "\(folder)/usb-rig"
        let flags = try USBRig.output("/usr/bin/pkg-config", ["--cflags", "--libs", "umockdev-1.0"])
        let source = Fixture.root + "/simulators/USBRig/usb-rig.c"
        _ = try USBRig.output(
            "/usr/bin/env",
            ["clang", "-O1", source, "-o", program] + flags.split(whereSeparator: \.isWhitespace).map(String.init))
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/umockdev-wrapper")
        process.arguments = [program, agent, "run", "--config", configuration]
        process.standardInput = input
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        let descriptor = output.fileHandleForReading.fileDescriptor
        startThread("usb-rig") { [self] in
            // Holds the pipe as long as it is read.
            withExtendedLifetime(output) { listen(descriptor) }
        }
    }

    private static func output(_ program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "\(program) \(arguments) failed") }
        return String(decoding: data, as: UTF8.self)
    }

    private func listen(_ descriptor: Int32) {
        var pending: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return }
            pending += buffer[..<count]
            while let end = pending.firstIndex(of: 0x0A) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeFirst(end + 1)
                let words = line.split(separator: " ").map(String.init)
                if words.first == "out", words.count == 4 {
                    listeners.with { $0[words[1]] }?(Hex.bytes(words[3]) ?? [])
                } else {
                    said.change { $0.append(line) }
                }
            }
        }
    }

    func plug(_ descriptor: Descriptor, at place: String, number: Int) {
        tell(
            [
                "plug", place, "\(number)", hex(descriptor.vendor), hex(descriptor.product), descriptor.serial ?? "-",
                String(descriptor.interface.class, radix: 16), String(descriptor.interface.subclass, radix: 16),
                String(descriptor.interface.protocol, radix: 16), Hex.string(descriptor.bytes),
                descriptor.report.isEmpty ? "-" : Hex.string(descriptor.report), descriptor.title,
            ].joined(separator: " "))
    }

    func unplug(_ place: String) { tell("unplug \(place)") }

    /// Packets of `size` bytes for whoever asks at an endpoint.
    func send(_ bytes: [UInt8], to place: String, endpoint: UInt8, size: Int) {
        for start in stride(from: 0, to: bytes.count, by: size) {
            let part = bytes[start..<min(start + size, bytes.count)]
            tell("in \(place) \(Hex.string([endpoint])) \(Hex.string(part))")
        }
    }

    func onOutput(of place: String, _ body: @escaping @Sendable ([UInt8]) -> Void) {
        listeners.change { $0[place] = body }
    }

    /// How often a line was said; waits until it was said `times`.
    func wait(for line: String, times: Int = 1) -> Bool {
        said.wait(timeout: 10_000) { $0.count { $0 == line } >= times ? true : nil } ?? false
    }

    func hasSaid(_ line: String) -> Bool { said.with { $0.contains(line) } }

    private func hex(_ value: UInt16) -> String { Hex.string([UInt8(value >> 8), UInt8(value & 0xFF)]) }

    private func tell(_ line: String) { try? input.fileHandleForWriting.write(contentsOf: Array((line + "\n").utf8)) }

    func stop() {
        // The agent first: the testbed must not go while it uses its devices.
        let children =
            (try? String(
                contentsOfFile: "/proc/\(process.processIdentifier)/task/\(process.processIdentifier)/children",
                encoding: .utf8)) ?? ""
        for child in children.split(separator: " ").compactMap({ pid_t($0) }) { kill(child, SIGTERM) }
        _ = said.wait(timeout: 5000) { $0.contains { $0.hasPrefix("ended") } ? true : nil }
        process.terminate()
        process.waitUntilExit()
    }
}
