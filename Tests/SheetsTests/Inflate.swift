/// Raw DEFLATE (RFC 1951), for looking into files that a library packed. Wrong input gives what was read until then.
struct Inflate {
    /// A canonical Huffman code: how many codes of each length, and their symbols in order.
    private struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        init(_ lengths: [Int]) {
            for length in lengths where length > 0 { counts[length] += 1 }
            symbols = lengths.indices.filter { lengths[$0] > 0 }.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
        }
    }

    private let bytes: ArraySlice<UInt8>
    private var at: Int
    private var bit = 0
    private var out: [UInt8] = []

    static func bytes(_ packed: ArraySlice<UInt8>) -> [UInt8] {
        var inflate = Inflate(bytes: packed, at: packed.startIndex)
        while inflate.block() {}
        return inflate.out
    }

    private init(bytes: ArraySlice<UInt8>, at: Int) { (self.bytes, self.at) = (bytes, at) }

    private mutating func take(_ count: Int) -> Int? {
        var value = 0
        for place in 0..<count {
            guard at < bytes.endIndex else { return nil }
            value |= Int(bytes[at] >> UInt8(bit) & 1) << place
            bit += 1
            if bit == 8 { (bit, at) = (0, at + 1) }
        }
        return value
    }

    private mutating func symbol(_ code: Code) -> Int? {
        var (value, first, index) = (0, 0, 0)
        for length in 1..<16 {
            guard let next = take(1) else { return nil }
            value |= next
            if value - first < code.counts[length] { return code.symbols[index + value - first] }
            index += code.counts[length]
            first = (first + code.counts[length]) << 1
            value <<= 1
        }
        return nil
    }

    /// True while another block follows.
    private mutating func block() -> Bool {
        guard let last = take(1), let kind = take(2) else { return false }
        var isWhole = false
        switch kind {
        case 0:
            if bit > 0 { (bit, at) = (0, at + 1) }
            guard let count = take(16), take(16) != nil, at + count <= bytes.endIndex else { return false }
            out += bytes[at..<(at + count)]
            at += count
            isWhole = true
        case 1:
            let lengths = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
            isWhole = body(Code(lengths), Code([Int](repeating: 5, count: 30)))
        case 2:
            if let (literals, distances) = codes() { isWhole = body(literals, distances) }
        default: return false
        }
        return isWhole && last == 0
    }

    private mutating func codes() -> (Code, Code)? {
        guard let literals = take(5), let distances = take(5), let count = take(4) else { return nil }
        let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
        var lengths = [Int](repeating: 0, count: 19)
        for index in 0..<(count + 4) { lengths[order[index]] = take(3) ?? 0 }
        let code = Code(lengths)
        var all: [Int] = []
        while all.count < literals + 257 + distances + 1 {
            guard let symbol = symbol(code) else { return nil }
            switch symbol {
            case 16: all += [Int](repeating: all.last ?? 0, count: 3 + (take(2) ?? 0))
            case 17: all += [Int](repeating: 0, count: 3 + (take(3) ?? 0))
            case 18: all += [Int](repeating: 0, count: 11 + (take(7) ?? 0))
            default: all.append(symbol)
            }
        }
        return (Code(Array(all[..<(literals + 257)])), Code(Array(all[(literals + 257)...])))
    }

    private mutating func body(_ literals: Code, _ distances: Code) -> Bool {
        while let symbol = symbol(literals) {
            if symbol == 256 { return true }
            if symbol < 256 {
                out.append(UInt8(symbol))
                continue
            }
            let run = symbol - 257
            let extra = run < 8 || run == 28 ? 0 : run / 4 - 1
            let base = run < 8 ? run + 3 : run == 28 ? 258 : (4 + run % 4) << extra + 3
            guard let more = take(extra), let far = self.symbol(distances) else { return false }
            let wide = far < 4 ? 0 : far / 2 - 1
            guard let further = take(wide) else { return false }
            let distance = (far < 4 ? far + 1 : (2 + far % 2) << wide + 1) + further
            guard distance <= out.count else { return false }
            for _ in 0..<(base + more) { out.append(out[out.count - distance]) }
        }
        return false
    }
}
