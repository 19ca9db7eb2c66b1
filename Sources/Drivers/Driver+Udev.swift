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

    private static func hex(_ value: UInt16) -> String { Hex.string([UInt8(value >> 8), UInt8(value & 0xFF)]).lowercased() }
}
