import Model

extension EPC {
    private static let tens: [UInt64] = (0..<13).reduce(into: [1]) { powers, _ in powers.append(powers.last! * 10) }

    /// GTIN-14 and serial number of an SGTIN-96 (TDS 1.13 §14.5.1) as digits behind `out`, without anything else being made of it: a backlog
    /// brings hundreds of thousands a second. How many digits the serial number has; nil, and nothing is put, where `EPC(_:)` reads no
    /// SGTIN-96.
    ///
    /// ```
    /// header 8 | filter 3 | partition 3 | company 20…40, item 24…4: 44 together | serial 38
    /// ```
    public static func putSGTIN96(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) -> Int? {
        guard bytes.count == 12, bytes[0] == 0x30 else { return nil }
        let high = UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))
        let low = UInt64(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        let partition = Int(high >> 50 & 7)
        guard partition < 7 else { return nil }
        let both = high >> 6 & (1 << 44 - 1)
        let itemBits = UInt64(44 - companyBits[partition])
        let (company, item) = (both >> itemBits, both & (1 << itemBits - 1))
        guard company < tens[12 - partition], item < tens[1 + partition] else { return nil }
        // The item's first digit, the indicator, stands in front.
        let (indicator, rest) = item.quotientAndRemainder(dividingBy: tens[partition])
        var digits = indicator * tens[12] + company * tens[partition] + rest
        let start = out.count
        out.append(contentsOf: repeatElement(0x30, count: 14))
        var (sum, weight) = (UInt64(0), UInt64(3))
        for place in (start..<start + 13).reversed() {
            let digit = digits % 10
            out[place] += UInt8(digit)
            (sum, weight, digits) = (sum + digit * weight, 4 - weight, digits / 10)
        }
        out[start + 13] += UInt8((10 - sum % 10) % 10)
        return putDecimal((high & 63) << 32 | low, into: &out)
    }

    private static func putDecimal(_ value: UInt64, into out: inout [UInt8]) -> Int {
        let count = tens.firstIndex { value < $0 }.map { max($0, 1) } ?? tens.count
        let start = out.count
        out.append(contentsOf: repeatElement(0x30, count: count))
        var rest = value
        for place in (start..<start + count).reversed() {
            out[place] += UInt8(rest % 10)
            rest /= 10
        }
        return count
    }
}
