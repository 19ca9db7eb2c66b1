/// A QR code (ISO/IEC 18004:2015), versions 1 to 6, byte mode, error correction level M: a label's text, up to 106 bytes.
public struct QRCode: Equatable, Sendable {
    /// Modules on a side, without the quiet zone.
    public let size: Int
    /// By rows; true is dark.
    public private(set) var modules: [Bool]

    /// In modules, on every side (clause 5.3.8).
    public static let quietZone = 4

    public subscript(row: Int, column: Int) -> Bool { modules[row * size + column] }

    /// How many codewords a version has at level M, in how many blocks of how many data codewords (Table 9); all blocks of a
    /// version are alike.
    private static let versions: [(all: Int, blocks: Int, data: Int)] = [
        (26, 1, 16), (44, 1, 28), (70, 1, 44), (100, 2, 32), (134, 2, 43), (172, 4, 27),
    ]

    /// Nil for nothing, and for what no version holds. UTF-8 that is not ASCII is announced as such (ECI 26), so that it is not
    /// taken for Latin-1.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        let isASCII = bytes.allSatisfy { $0 < 0x80 }
        // Mode and count (clause 7.4.5), and before them mode and number of the ECI (7.4.2).
        let overhead = 12 + (isASCII ? 0 : 12)
        guard !bytes.isEmpty,
            let index = QRCode.versions.firstIndex(where: { 8 * $0.blocks * $0.data >= overhead + 8 * bytes.count })
        else { return nil }
        let version = QRCode.versions[index]
        var bits = Bits()
        if !isASCII {
            bits.append(0b0111, 4)
            bits.append(26, 8)
        }
        bits.append(0b0100, 4)
        bits.append(bytes.count, 8)
        for byte in bytes { bits.append(Int(byte), 8) }
        let data = bits.padded(to: version.blocks * version.data)
        size = 17 + 4 * (index + 1)
        modules = [Bool](repeating: false, count: size * size)
        var canvas = Canvas(size: size)
        canvas.drawFunctions(hasAlignment: index > 0)
        canvas.place(QRCode.interleaved(data, version))
        modules = canvas.best()
    }

    /// Data of the blocks column by column, then their error correction (clause 7.6).
    private static func interleaved(_ data: [UInt8], _ version: (all: Int, blocks: Int, data: Int)) -> [UInt8] {
        let checks = (version.all - version.blocks * version.data) / version.blocks
        let blocks = (0..<version.blocks).map { Array(data[$0 * version.data..<($0 + 1) * version.data]) }
        let corrections = blocks.map { ReedSolomon.remainder(of: $0, checks: checks) }
        return (0..<version.data).flatMap { place in blocks.map { $0[place] } }
            + (0..<checks).flatMap { place in corrections.map { $0[place] } }
    }

    private struct Bits {
        private var bits: [Bool] = []

        mutating func append(_ value: Int, _ count: Int) {
            for place in (0..<count).reversed() { bits.append(value >> place & 1 == 1) }
        }

        /// With a terminator, filled up to whole codewords and with pad codewords (clause 7.4.10).
        func padded(to count: Int) -> [UInt8] {
            var bits = bits
            bits += [Bool](repeating: false, count: min(4, 8 * count - bits.count))
            bits += [Bool](repeating: false, count: (8 - bits.count % 8) % 8)
            var bytes = stride(from: 0, to: bits.count, by: 8).map { start in
                bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
            }
            var pad: UInt8 = 0xEC
            while bytes.count < count {
                bytes.append(pad)
                pad ^= 0xFD
            }
            return bytes
        }
    }

    /// Over GF(2⁸) with x⁸+x⁴+x³+x²+1 (clause 7.5.2).
    private enum ReedSolomon {
        static func remainder(of data: [UInt8], checks: Int) -> [UInt8] {
            var generator: [UInt8] = [1]
            var root: UInt8 = 1
            for _ in 0..<checks {
                // times (x − root)
                var next = generator + [0]
                for (index, factor) in generator.enumerated() { next[index + 1] ^= times(factor, root) }
                generator = next
                root = times(root, 2)
            }
            var rest = [UInt8](repeating: 0, count: checks)
            for byte in data {
                let factor = byte ^ rest.removeFirst()
                rest.append(0)
                for index in rest.indices { rest[index] ^= times(generator[index + 1], factor) }
            }
            return rest
        }

        private static func times(_ a: UInt8, _ b: UInt8) -> UInt8 {
            var (product, a, b): (UInt8, UInt8, UInt8) = (0, a, b)
            while b != 0 {
                if b & 1 == 1 { product ^= a }
                a = a << 1 ^ (a & 0x80 != 0 ? 0x1D : 0)
                b >>= 1
            }
            return product
        }
    }
}
