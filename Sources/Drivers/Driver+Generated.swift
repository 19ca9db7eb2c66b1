import Model

extension Driver {
    /// The rules file that gives the agent its devices, made from every driver's hints. `udev/60-quai.rules` is this text
    /// without `more`: USB ids (`vvvv:pppp`) that a site's configuration names beside the catalogue's.
    public static func udevRules(more: Set<String> = []) -> String {
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
            "# Serial bridges that readers are built with: the group dialout may open them, ModemManager leaves them alone.",
            "SUBSYSTEM!=\"tty\", GOTO=\"quai_end\"",
        ]
        for id in bridges.keys.sorted() {
            lines.append("# \(bridges[id]!.joined(separator: ", "))")
            lines.append(
                "\(match(id, "ATTRS")), GROUP=\"dialout\", MODE=\"0660\", ENV{ID_MM_DEVICE_IGNORE}=\"1\", "
                    + "TAG+=\"systemd\"")
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
