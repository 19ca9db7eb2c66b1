import Glibc

/// Addresses with a common beginning: `10.0.0.0/8`, `fd00::/8`, or one alone.
public struct AddressRange: Equatable, Sendable {
    /// 4 or 16 bytes in network order, and how many bits of them count.
    let prefix: [UInt8]
    let bits: Int

    /// Nil where the text is none.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = AddressRange.bytes(String(parts[0])) else { return nil }
        prefix = bytes
        guard parts.count == 2 else {
            bits = bytes.count * 8
            return
        }
        guard let count = Int(parts[1]), (0...bytes.count * 8).contains(count) else { return nil }
        bits = count
    }

    /// An address in network order; nil where it is no address.
    public static func bytes(_ text: String) -> [UInt8]? {
        guard text.utf8.count <= 45 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }

    /// An address of IPv4 counts inside its IPv6 form (`::ffff:10.0.0.1`), too.
    public func contains(_ address: [UInt8]) -> Bool {
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]
        let bytes =
            address.count == 16 && prefix.count == 4 && address.starts(with: mapped) ? Array(address[12...]) : address
        guard bytes.count == prefix.count else { return false }
        return (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == prefix[bit / 8] & mask
        }
    }
}

/// Which addresses a webhook may have: those of the public Internet, and what the site allows.
public struct AddressGuard: Equatable, Sendable {
    public var allowed: [AddressRange]

    public init(allowed: [AddressRange] = []) { self.allowed = allowed }

    /// 4 or 16 bytes in network order: the address that is connected to, not one that a name had before.
    public func permits(_ address: [UInt8]) -> Bool {
        PublicAddress.isPublic(address) || allowed.contains { $0.contains(address) }
    }
}
