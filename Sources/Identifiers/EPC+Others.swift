import Model

extension EPC {
    /// Schemes without a partition table: GID, DoD, CPI of any length, ADI, ITIP.
    static func decodeOther(_ header: UInt8, _ bytes: [UInt8]) throws(Unreadable) -> EPC {
        switch header {
        case 0x35: return try decodeGID(bytes)
        case 0x2F: return try decodeDoD(bytes)
        case 0x3D: return try decodeCPI(bytes)
        case 0x3B: return try decodeADI(bytes)
        case 0x40: return try decodeITIP(bytes, "itip-110")
        case 0x41: return try decodeITIP(bytes, "itip-212")
        case 0xE2: throw Unreadable("header E2 is a tag's own number (TID) or not programmed, not an EPC")
        default: throw Unreadable("header \(Hex.string([header])) is not a GS1 EPC")
        }
    }

    private static func decodeGID(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        guard bytes.count == 12 else { throw Unreadable("GID-96 has 12 bytes, not \(bytes.count)") }
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let parts = [try bits.number(28), try bits.number(24), try bits.number(36)].map(String.init).joined(
            separator: ".")
        return EPC(bytes, "gid-96", tag: parts, identity: "gid:\(parts)")
    }

    private static func decodeDoD(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        guard bytes.count == 12 else { throw Unreadable("USDOD-96 has 12 bytes, not \(bytes.count)") }
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(4)
        var cage = ""
        for index in 0..<6 {
            let byte = UInt8(try bits.number(8))
            if index == 0, byte == 0x20 { continue }
            guard (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte), byte != 0x49, byte != 0x4F else {
                throw Unreadable("character \(Hex.string([byte])) is not allowed in a CAGE code")
            }
            cage += String(UnicodeScalar(byte))
        }
        let serial = try bits.number(36)
        return EPC(bytes, "usdod-96", tag: "\(filter).\(cage).\(serial)", identity: "usdod:\(cage).\(serial)")
    }

    private static func decodeCPI(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(3)
        let partition = Int(try bits.number(3))
        guard partition < 7 else { throw Unreadable("partition 7 is not allowed") }
        let company = try bits.decimal(companyBits[partition], digits: 12 - partition, "company prefix")
        let part = try bits.text6()
        guard (1...(18 + partition)).contains(part.count) else {
            throw Unreadable("the part reference has \(part.count) characters")
        }
        let serial = String(try bits.number(40))
        try bits.endInZeros()
        let text = [company, part, serial].map(escape).joined(separator: ".")
        return EPC(
            bytes, "cpi-var", tag: "\(filter).\(text)", identity: "cpi:\(text)",
            [Element("8010", company + part), Element("8011", serial)])
    }

    /// Filter 6, CAGE or DoDAAC 6 × 6, part and serial in six-bit characters, each ended by six zero bits.
    private static func decodeADI(_ bytes: [UInt8]) throws(Unreadable) -> EPC {
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(6)
        var cage = ""
        for index in 0..<6 {
            let value = UInt8(try bits.number(6))
            if index == 0, value == 0x20 { continue }
            let byte = value < 0x20 ? value | 0x40 : value
            guard (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte), byte != 0x49, byte != 0x4F else {
                throw Unreadable("character \(Hex.string([byte])) is not allowed in a CAGE code")
            }
            cage += String(UnicodeScalar(byte))
        }
        let part = try bits.text6()
        let serial = try bits.text6()
        guard part.count <= 32, (1...30).contains(serial.count), !part.contains("#") else {
            throw Unreadable("part or serial number has characters that ADI does not allow, or too many")
        }
        try bits.endInZeros()
        let text = [cage, part, serial].map(escape).joined(separator: ".")
        return EPC(bytes, "adi-var", tag: "\(filter).\(text)", identity: "adi:\(text)")
    }

    /// SGTIN's fields, piece and total of seven bits each, serial: 38 bits or twenty 7-bit characters.
    private static func decodeITIP(_ bytes: [UInt8], _ name: String) throws(Unreadable) -> EPC {
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let filter = try bits.number(3)
        let partition = Int(try bits.number(3))
        guard partition < 7 else { throw Unreadable("partition 7 is not allowed") }
        let company = try bits.decimal(companyBits[partition], digits: 12 - partition, "company prefix")
        let item = try bits.decimal(44 - companyBits[partition], digits: partition + 1, "item reference")
        let piece = try bits.decimal(7, digits: 2, "piece number")
        let total = try bits.decimal(7, digits: 2, "number of pieces")
        let serial = name == "itip-110" ? String(try bits.number(38)) : try bits.text7(20)
        try bits.endInZeros()
        let digits = String(item.prefix(1)) + company + item.dropFirst()
        let gtin = digits + String(GS1.checkDigit(digits))
        let text = [company, item, piece, total, escape(serial)].joined(separator: ".")
        return EPC(
            bytes, name, tag: "\(filter).\(text)", identity: "itip:\(text)",
            [Element("8006", gtin + piece + total), Element("21", serial)])
    }
}
