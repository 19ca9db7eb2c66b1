/// Whether an address that a name resolved to is one of the public Internet: a webhook's URL must not reach what only this machine
/// or its network can (IANA special-purpose address registries for IPv4 and IPv6).
public enum PublicAddress {
    /// 4 or 16 bytes in network order; another count is none.
    public static func isPublic(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4: !closed4.contains { has(bytes, $0.prefix, $0.bits) }
        case 16: isPublic6(bytes)
        default: false
        }
    }

    /// RFC 6890 and the registry.
    private static let closed4: [(prefix: [UInt8], bits: Int)] = [
        ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12), ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24), ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24),
        // Multicast, and what is reserved up to the broadcast address.
        ([224, 0, 0, 0], 4), ([240, 0, 0, 0], 4),
    ]

    private static func isPublic6(_ bytes: [UInt8]) -> Bool {
        // ::ffff:0:0/96, mapped, and 64:ff9b::/96, translated (RFC 6052): the IPv4 address inside decides.
        if has(bytes, [UInt8](repeating: 0, count: 10) + [0xff, 0xff], 96)
            || has(bytes, [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0], 96)
        {
            return isPublic(Array(bytes[12...]))
        }
        // 2002::/16, 6to4 (RFC 3056): the same.
        if has(bytes, [0x20, 0x02], 16) { return isPublic(Array(bytes[2..<6])) }
        // Of the rest only 2000::/3 is global unicast, but not 2001::/23 (Teredo and other protocols), 2001:db8::/32 and
        // 3fff::/20 (documentation).
        return has(bytes, [0x20], 3) && !has(bytes, [0x20, 0x01, 0x00], 23)
            && !has(bytes, [0x20, 0x01, 0x0d, 0xb8], 32) && !has(bytes, [0x3f, 0xff, 0x00], 20)
    }

    private static func has(_ bytes: [UInt8], _ prefix: [UInt8], _ bits: Int) -> Bool {
        (0..<bits).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == prefix[bit / 8] & mask
        }
    }
}
