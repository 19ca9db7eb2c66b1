import Devices
import Drivers
import Foundation
import Model
import Platform
import Rig
import TestSupport
import Testing

/// USB devices through the real libusb, in an umockdev testbed.
@Suite(.serialized)
struct USBTests {
    private func start(_ name: String, _ extra: String = "") throws -> (rig: USBRig, folder: String, tail: Acceptance) {
        let folder = "/tmp/quai-usb-\(getpid())-\(name)"
        try? FileManager.default.removeItem(atPath: folder)
        try Files.makeFolder("\(folder)/agent")
        let text = """
            version = 1
            agent = "dock"
            state = "\(folder)/agent"
            \(extra)
            [uplink]
            broker = "mqtt://127.0.0.1:9"
            """
        try Files.write(Array(text.utf8), to: "\(folder)/agent.toml")
        let rig = try USBRig(
            agent: "\(RoadTests.binaries)/edge-agent", configuration: "\(folder)/agent.toml",
            log: "\(folder)/agent.log", folder: folder)
        return (rig, folder, Acceptance(socket: "\(folder)/agent/control.sock"))
    }

    private func devices(_ folder: String, _ arguments: [String] = []) throws -> String {
        try RoadTests.run("edge-agent", ["devices", "--config", "\(folder)/agent.toml"] + arguments).output
    }

    private func wait(_ folder: String, for text: String) throws -> Bool {
        for _ in 0..<200 where try devices(folder).contains(text) { return true }
        return false
    }

    /// Scans until it is saved, as a person would. Where the machine is busy, the pause between two keystrokes may come to
    /// more than the silence that ends a scan.
    private func scan(
        _ text: String, _ keyboard: HIDKeyboardDevice = HIDKeyboardDevice(), at place: String, _ rig: USBRig,
        _ tail: Acceptance
    ) -> Bool {
        for _ in 0..<5 {
            rig.send(keyboard.reports(text), to: place, endpoint: 0x81, size: 8)
            if tail.waitFor(text, milliseconds: 4_000) { return true }
        }
        return false
    }

    /// Plugged in, it is taken from the kernel and scans; pulled out and put into another socket, it is the same device.
    @Test(.timeLimit(.minutes(2)))
    func aWedgeIsTakenScansLeavesAndComesBack() throws {
        let (rig, folder, tail) = try start("wedge")
        defer {
            tail.stop()
            rig.stop()
        }
        #expect(tail.waitAttached(milliseconds: 20_000))
        let wedge = USBRig.Descriptor.keyboard(0x08FF, 0x0009, serial: "A1", "Sycreader USB wedge")
        rig.plug(wedge, at: "1-1", number: 2)
        #expect(rig.wait(for: "detached 1-1") && rig.wait(for: "claimed 1-1"))
        #expect(try wait(folder, for: "usb-a1           hid-keyboard  ready"))
        #expect(scan("BL-2026-0117", at: "1-1", rig, tail))
        rig.unplug("1-1")
        #expect(rig.wait(for: "unplugged 1-1"))
        #expect(try wait(folder, for: "is not plugged in"))
        rig.plug(wedge, at: "1-4", number: 5)
        #expect(rig.wait(for: "claimed 1-4"))
        #expect(try wait(folder, for: "usb-a1           hid-keyboard  ready"))
        #expect(scan("3760123456784", HIDKeyboardDevice(layout: .fr), at: "1-4", rig, tail))
        rig.stop()
        #expect(rig.hasSaid("attached 1-4"))
    }

    /// None is lost, none runs into the next; how fast this machine brings the keystrokes makes no difference.
    @Test(.timeLimit(.minutes(2)))
    func aHundredScansWithoutAPauseAreAllKept() throws {
        let (rig, _, tail) = try start(
            "flood",
            "[reader.flood]\ndriver = \"hid-keyboard\"\nport = \"usb:08FF:0009\"\nscan-silence-ms = 5000")
        defer {
            tail.stop()
            rig.stop()
        }
        #expect(tail.waitAttached(milliseconds: 20_000))
        rig.plug(.keyboard(0x08FF, 0x0009, serial: "A1", "Sycreader USB wedge"), at: "1-1", number: 2)
        #expect(rig.wait(for: "claimed 1-1"))
        let keyboard = HIDKeyboardDevice()
        for number in 100..<200 {
            rig.send(keyboard.reports("3760123456\(number)"), to: "1-1", endpoint: 0x81, size: 8)
        }
        #expect(tail.waitFor("3760123456199", milliseconds: 60_000))
        for number in 100..<200 { #expect(tail.isSaved("3760123456\(number)")) }
    }

    /// A technician's keyboard stays a keyboard until somebody says that it is a scanner.
    @Test(.timeLimit(.minutes(2)))
    func aKeyboardIsLeftAloneUntilItIsAccepted() throws {
        let (rig, folder, tail) = try start("keyboard")
        defer {
            tail.stop()
            rig.stop()
        }
        #expect(tail.waitAttached(milliseconds: 20_000))
        rig.plug(.keyboard(0x046D, 0xC31C, "Logitech USB Keyboard"), at: "1-1", number: 2)
        rig.plug(.keyboard(0x05E0, 0x1200, "Symbol Bar Code Scanner"), at: "1-2", number: 3)
        #expect(
            try wait(folder, for: "a keyboard, left alone; if it is a scanner: edge-agent devices --accept usb-1-1"))
        #expect(
            try wait(
                folder, for: "calls itself a scanner; it still types into windows: edge-agent devices --accept usb-1-2")
        )
        #expect(!rig.hasSaid("claimed 1-1") && !rig.hasSaid("claimed 1-2"))
        #expect(try devices(folder, ["--accept", "usb-1-2"]).contains("usb-1-2 is accepted"))
        #expect(rig.wait(for: "claimed 1-2"))
        #expect(scan("scan me", at: "1-2", rig, tail))
        #expect(!rig.hasSaid("claimed 1-1"))
    }

    /// A contactless reader without pcscd: commands and answers on its bulk endpoints.
    @Test(.timeLimit(.minutes(2)))
    func aCardIsReadThroughTheReadersOwnProtocol() throws {
        let (rig, folder, tail) = try start(
            "card", "[reader.badge]\ndriver = \"pcsc\"\nport = \"usb:072F:2200\"\nzone = \"door\"")
        defer {
            tail.stop()
            rig.stop()
        }
        #expect(tail.waitAttached(milliseconds: 20_000))
        let device = Locked(CardReaderDevice())
        rig.onOutput(of: "1-1") { bytes in
            let reaction = device.with { $0.handle(.bytes(bytes), at: Clocks.now) }
            rig.send(reaction.send, to: "1-1", endpoint: 0x82, size: 64)
        }
        rig.plug(.cardReader, at: "1-1", number: 2)
        #expect(rig.wait(for: "claimed 1-1"))
        #expect(try wait(folder, for: "ready"))
        let card = TagID(.iso14443a, [0x04, 0xA1, 0xB2, 0xC3, 0xD4, 0xE5, 0x80])
        let arrival = device.with { $0.perform(.present([card], lasting: .seconds(60)), at: Clocks.now) }
        rig.send(arrival.send, to: "1-1", endpoint: 0x81, size: 8)
        #expect(tail.waitFor(card.hex, milliseconds: 10_000))
    }
}
