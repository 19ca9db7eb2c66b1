import Model

extension Driver {
    /// The rules file that gives the agent its devices, made from every driver's hints. `udev/60-quai.rules` is this text.
    public static var udevRules: String {
        var bridges: [String: [String]] = [:]
        for driver in catalog {
            for case .usb(let vendor, let product, _) in driver.hints {
                bridges["\(hex(vendor)):\(hex(product))", default: []].append(driver.name)
            }
        }
        var lines = [
            "# Made by `edge-agent rules` from the driver catalogue; do not edit.",
            "# Serial bridges that readers are built with: the group dialout may open them, ModemManager leaves them alone.",
            "ACTION==\"remove\", GOTO=\"quai_end\"",
            "SUBSYSTEM!=\"tty\", GOTO=\"quai_end\"",
        ]
        for id in bridges.keys.sorted() {
            let parts = id.split(separator: ":")
            lines.append("# \(bridges[id]!.joined(separator: ", "))")
            lines.append(
                "ATTRS{idVendor}==\"\(parts[0])\", ATTRS{idProduct}==\"\(parts[1])\", GROUP=\"dialout\", MODE=\"0660\", "
                    + "ENV{ID_MM_DEVICE_IGNORE}=\"1\", TAG+=\"systemd\"")
        }
        lines.append("LABEL=\"quai_end\"")
        return lines.joined(separator: "\n") + "\n"
    }

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
                case .tcp(let port): "TCP \(port)"
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
