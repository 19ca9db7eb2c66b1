import Model

/// Back from names to bits: tag URI, pure identity, and GS1 keys whose company prefix length is known.
extension EPC {
    /// `urn:epc:tag:sgtin-96:3.0614141.812345.6789`, of any scheme with a partition table, GID-96 and ITIP-110.
    public init(tagURI text: String) throws(Unreadable) {
        let parts = text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0...2] == ["urn", "epc", "tag"] else {
            throw Unreadable("a tag URI begins urn:epc:tag:SCHEME:")
        }
        let fields = try EPC.fields(parts[4])
        if parts[3] == "gid-96" {
            self = try EPC.encodeGID(fields)
        } else {
            guard let (header, scheme) = EPC.partitioned.first(where: { $0.value.name == parts[3] }) else {
                throw Unreadable("\(parts[3]) is not a scheme that can be written here")
            }
            guard let filter = fields.first.flatMap({ UInt64($0) }), filter < 8 else {
                throw Unreadable("the filter is a number from 0 to 7")
            }
            self = try EPC.encode(header, scheme, filter: filter, Array(fields.dropFirst()))
        }
    }

    /// `urn:epc:id:sgtin:0614141.812345.6789`; the shortest scheme that holds it.
    public init(pureIdentity text: String, filter: UInt64 = 0) throws(Unreadable) {
        let parts = text.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0...2] == ["urn", "epc", "id"] else {
            throw Unreadable("a pure identity begins urn:epc:id:FAMILY:")
        }
        let fields = try EPC.fields(parts[4])
        self = try EPC.shortest(parts[3], filter: filter, fields)
    }

    /// A GS1 key such as `(01)…(21)…`; the length of its company prefix is not written in it and is never guessed.
    public init(elements: [Element], companyDigits: Int, filter: UInt64 = 0) throws(Unreadable) {
        guard (6...12).contains(companyDigits) else { throw Unreadable("a company prefix has 6 to 12 digits") }
        func value(_ ai: String) -> String? { elements.first { $0.ai == ai }?.value }
        /// Company, the rest without its check digit, and what follows.
        func split(_ key: String, skipping: Int = 0, of length: Int) throws(Unreadable) -> [String] {
            let digits = key.dropFirst(skipping)
            guard digits.count >= length, digits.prefix(length).allSatisfy(\.isNumber),
                digits.prefix(length).last?.wholeNumberValue == GS1.checkDigit(String(digits.prefix(length - 1)))
            else { throw Unreadable("\(key) is not a key with a right check digit") }
            let body = digits.prefix(length - 1)
            guard companyDigits <= body.count else { throw Unreadable("the company prefix is longer than the key") }
            return [
                String(body.prefix(companyDigits)), String(body.dropFirst(companyDigits)),
                String(digits.dropFirst(length)),
            ]
        }
        /// The first digit, which is the indicator or extension, goes in front of the second field.
        func rotated(_ key: String, of length: Int) throws(Unreadable) -> [String] {
            guard key.count == length, key.allSatisfy(\.isNumber),
                key.last?.wholeNumberValue == GS1.checkDigit(String(key.dropLast()))
            else { throw Unreadable("\(key) is not a key with a right check digit") }
            let body = key.dropFirst().dropLast()
            return [String(body.prefix(companyDigits)), String(key.prefix(1) + body.dropFirst(companyDigits))]
        }
        func asset(_ key: String) throws(Unreadable) -> [String] {
            guard key.count > companyDigits, key.prefix(companyDigits).allSatisfy(\.isNumber) else {
                throw Unreadable("\(key) is shorter than its company prefix")
            }
            return [String(key.prefix(companyDigits)), String(key.dropFirst(companyDigits))]
        }
        if let gtin = value("01").flatMap(GS1.gtin14), let serial = value("21") {
            self = try EPC.shortest("sgtin", filter: filter, try rotated(gtin, of: 14) + [serial])
        } else if let sscc = value("00") {
            self = try EPC.shortest("sscc", filter: filter, try rotated(sscc, of: 18))
        } else if let gln = value("414") {
            self = try EPC.shortest(
                "sgln", filter: filter, Array(try split(gln, of: 13).prefix(2)) + [value("254") ?? "0"])
        } else if let key = value("8003") {
            self = try EPC.shortest("grai", filter: filter, try split(key, skipping: 1, of: 13))
        } else if let key = value("8004") {
            self = try EPC.shortest("giai", filter: filter, try asset(key))
        } else if let key = value("253") {
            self = try EPC.shortest("gdti", filter: filter, try split(key, of: 13))
        } else if let key = value("255") {
            self = try EPC.shortest("sgcn", filter: filter, try split(key, of: 13))
        } else if let key = value("8018") {
            self = try EPC.shortest("gsrn", filter: filter, Array(try split(key, of: 18).prefix(2)))
        } else if let key = value("8017") {
            self = try EPC.shortest("gsrnp", filter: filter, Array(try split(key, of: 18).prefix(2)))
        } else if let key = value("8010"), let serial = value("8011") {
            self = try EPC.shortest("cpi", filter: filter, try asset(key) + [serial])
        } else {
            throw Unreadable("no key that a tag can carry; a GTIN needs its serial number (21)")
        }
    }

    // MARK: fields

    private static func fields(_ text: String) throws(Unreadable) -> [String] {
        var out: [String] = []
        for part in text.split(separator: ".", omittingEmptySubsequences: false) {
            var bytes: [UInt8] = []
            var rest = Array(part.utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "%") else {
                    bytes.append(byte)
                    continue
                }
                guard rest.count >= 2, let value = Hex.bytes(ascii: rest.prefix(2))?.first else {
                    throw Unreadable("a broken % escape")
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            }
            out.append(String(decoding: bytes, as: UTF8.self))
        }
        return out
    }

    private static func shortest(_ family: String, filter: UInt64, _ fields: [String]) throws(Unreadable) -> EPC {
        let schemes = partitioned.filter { $0.value.family == family }.sorted { $0.value.bits < $1.value.bits }
        var problem = Unreadable("\(family) is not a family that can be written here")
        for (header, scheme) in schemes {
            do { return try encode(header, scheme, filter: filter, fields) } catch { problem = error }
        }
        throw problem
    }

    private static func encode(
        _ header: UInt8, _ scheme: Partitioned, filter: UInt64, _ fields: [String]
    ) throws(Unreadable) -> EPC {
        let count: Int = if case .none = scheme.tail { 2 } else { 3 }
        // A serial may hold dots of its own.
        let parts =
            fields.count > count
            ? fields.prefix(count - 1) + [fields.dropFirst(count - 1).joined(separator: ".")] : fields[...]
        guard parts.count == count else { throw Unreadable("\(scheme.name) has \(count) fields") }
        let company = parts[0]
        guard (6...12).contains(company.count), let prefix = number(company) else {
            throw Unreadable("a company prefix has 6 to 12 digits")
        }
        let partition = 12 - company.count
        var bits = EPCWriter()
        try bits.write(UInt64(header), 8)
        try bits.write(filter, 3)
        try bits.write(UInt64(partition), 3)
        try bits.write(prefix, companyBits[partition])
        let second = parts[1]
        if let digits = scheme.digits {
            guard second.count == digits + partition, let value = second.isEmpty ? 0 : number(second) else {
                throw Unreadable("the second field has \(digits + partition) digits beside this company prefix")
            }
            try bits.write(value, scheme.second[partition])
        } else if scheme.bits > 96 {
            try bits.write(text: second, scheme.second[partition])
        } else {
            try bits.write(try plain(second), scheme.second[partition])
        }
        switch scheme.tail {
        case .none: break
        case .number(let count): try bits.write(try plain(parts[2]), count)
        case .text(let count): try bits.write(text: parts[2], count * 7)
        case .markedDecimal(let count):
            guard let value = number("1" + parts[2]) else { throw Unreadable("\(parts[2]) is not a number") }
            try bits.write(value, count)
        }
        return try EPC(bits.filled(to: scheme.bits))
    }

    private static func encodeGID(_ fields: [String]) throws(Unreadable) -> EPC {
        guard fields.count == 3 else { throw Unreadable("gid-96 has 3 fields") }
        var bits = EPCWriter()
        try bits.write(0x35, 8)
        for (field, count) in zip(fields, [28, 24, 36]) { try bits.write(try plain(field), count) }
        return try EPC(bits.filled(to: 96))
    }

    private static func number(_ text: String) -> UInt64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt64(text) : nil
    }

    /// A number that keeps no zeros in front: another text would come back.
    private static func plain(_ text: String) throws(Unreadable) -> UInt64 {
        guard let value = number(text), String(value) == text else {
            throw Unreadable("\(text) is not a number without zeros in front")
        }
        return value
    }
}

/// Bits of an EPC, written from the left.
struct EPCWriter {
    private var bits: [Bool] = []

    mutating func write(_ value: UInt64, _ count: Int) throws(EPC.Unreadable) {
        guard count >= 64 || value >> UInt64(count) == 0 else {
            throw EPC.Unreadable("\(value) does not fit into \(count) bits")
        }
        for index in (0..<count).reversed() { bits.append(index < 64 && value >> UInt64(index) & 1 == 1) }
    }

    /// Characters of seven bits, zeros behind.
    mutating func write(text: String, _ count: Int) throws(EPC.Unreadable) {
        guard !text.isEmpty, text.utf8.count <= count / 7, text.utf8.allSatisfy({ EPCBits.isInvariant($0) }) else {
            throw EPC.Unreadable("\"\(text)\" is not 1 to \(count / 7) characters that GS1 allows")
        }
        for byte in text.utf8 { try write(UInt64(byte), 7) }
        for _ in 0..<(count - text.utf8.count * 7) { bits.append(false) }
    }

    /// Whole words of sixteen bits, as a tag has them.
    func filled(to count: Int) -> [UInt8] {
        let size = (count + 15) / 16 * 16
        let all = bits + [Bool](repeating: false, count: max(0, size - bits.count))
        return stride(from: 0, to: size, by: 8).map { start in
            all[start..<start + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }
}
