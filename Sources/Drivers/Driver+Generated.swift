import Model

extension Driver {
    /// The rules file that gives the agent its devices, made from every driver's hints. `udev/60-quai.rules` is this text
    /// without `more`: USB ids (`vvvv:pppp`) that a site's configuration names beside the catalogue's.
    /// `claimed` are matches of serial lines that were recognised or configured: ModemManager leaves those alone, and no other,
    /// because a bridge of the same kind may have a modem behind it.
    public static func udevRules(more: Set<String> = [], claimed: [String] = []) -> String {
        var bridges: [String: [String]] = [:]
        var devices: [String: [String]] = [:]
        for driver in catalog {
            for case .usb(let vendor, let product, let shared) in driver.hints {
                let id = "\(hex(vendor)):\(hex(product))"
                if case .serial = driver.line {
                    bridges[id, default: []].append(driver.name)
                } else if !shared {
                    devices[id, default: []].append(driver.name)
                }
            }
        }
        for id in more { devices[id, default: []].append("this site's configuration") }
        func match(_ id: String, _ key: String) -> String {
            let parts = id.split(separator: ":")
            return "\(key){idVendor}==\"\(parts[0])\", \(key){idProduct}==\"\(parts[1])\""
        }
        var lines = [
            "# Made by `edge-agent rules` from the driver catalogue; do not edit.",
            "ACTION==\"remove\", GOTO=\"quai_end\"",
            "# Readers with a USB interface of their own: the group dialout may open them.",
        ]
        for id in devices.keys.sorted() {
            lines.append("# \(devices[id]!.joined(separator: ", "))")
            lines.append(
                "SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", \(match(id, "ATTR")), GROUP=\"dialout\", MODE=\"0660\", "
                    + "TAG+=\"systemd\"")
            lines.append("SUBSYSTEM==\"input\", \(match(id, "ATTRS")), ENV{LIBINPUT_IGNORE_DEVICE}=\"1\"")
        }
        lines += [
            "# Serial bridges that readers are built with: the group dialout may open them. A modem may be behind one too, so",
            "# ModemManager is told of lines that are configured or were recognised: edge-agent rules --config FILE",
            "SUBSYSTEM!=\"tty\", GOTO=\"quai_end\"",
        ]
        for id in bridges.keys.sorted() {
            lines.append("# \(bridges[id]!.joined(separator: ", "))")
            lines.append(
                "\(match(id, "ATTRS")), GROUP=\"dialout\", MODE=\"0660\", TAG+=\"systemd\"")
        }
        if !claimed.isEmpty { lines.append("# Lines of this site's readers: ModemManager leaves them alone.") }
        for line in claimed { lines.append("\(line), ENV{ID_MM_DEVICE_IGNORE}=\"1\", ENV{ID_MM_PORT_IGNORE}=\"1\"") }
        lines.append("LABEL=\"quai_end\"")
        return lines.joined(separator: "\n") + "\n"
    }

    /// USB ids of serial bridges that readers are built with, besides those in the drivers' hints; a line behind one may be
    /// asked who is there. Source: the id tables of the kernel's drivers ch341, cp210x, ftdi_sio and pl2303; 0483:5740 is ST's
    /// virtual COM port.
    public static let bridges: Set<String> = [
        "1a86:5523", "1a86:55d3", "1a86:55d4", "10c4:ea70", "10c4:ea71", "0403:6010", "0403:6011", "0403:6014",
        "0403:6015",
        "067b:2303", "067b:23a3", "0483:5740",
    ]

    /// `docs/reference/readers.md`: what can be plugged in.
    public static var readersPage: String {
        var lines = [
            "# Readers, scanners and exchanges", "",
            "Made by `edge-agent rules --page` from the driver catalogue; do not edit. *Experimental*: never met a capture of the",
            "real device. A USB id marked *shared* belongs to a serial bridge and says nothing about what is behind it.",
            "",
            "| driver | devices | line | USB ids | state | written from |", "|---|---|---|---|---|---|",
        ]
        for driver in catalog {
            let line: String =
                switch driver.line {
                case .serial(let baud): "serial, \(baud) 8N1"
                case .tcp(0): "TCP"
                case .tcp(let port): "TCP \(port)"
                case .gathered(let port): "TCP \(port), it connects to us"
                case .hid(.keyboard): "USB HID, keyboard"
                case .hid(.pointOfSale): "USB HID, page 8C"
                case .ccid: "PC/SC or USB CCID"
                case .process: "child process"
                }
            let ids = driver.hints.map { hint in
                switch hint {
                case .usb(let vendor, let product, let shared):
                    "`\(hex(vendor)):\(hex(product))`\(shared ? " *shared*" : "")"
                }
            }
            let state = driver.experimental ? "*experimental*" : "tested against recordings"
            lines.append(
                "| `\(driver.name)` | \(driver.title) | \(line) | \(ids.joined(separator: ", ")) | \(state) | \(driver.source) |"
            )
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func hex(_ value: UInt16) -> String {
        Hex.string([UInt8(value >> 8), UInt8(value & 0xFF)]).lowercased()
    }
}
