/// The files of a ZIP archive, by its central directory.
struct Archive {
    private(set) var files: [String: String] = [:]

    init(_ bytes: [UInt8]) {
        func number(_ at: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { at + $1 < bytes.count ? $0 | Int(bytes[at + $1]) << (8 * $1) : $0 }
        }
        guard let end = (0..<max(bytes.count - 21, 0)).last(where: { number($0, 4) == 0x0605_4B50 }) else { return }
        var at = number(end + 16, 4)
        while number(at, 4) == 0x0201_4B50 {
            let (packed, name, extra, comment) = (
                number(at + 20, 4), number(at + 28, 2), number(at + 30, 2), number(at + 32, 2)
            )
            let local = number(at + 42, 4)
            let start = local + 30 + number(local + 26, 2) + number(local + 28, 2)
            let data = bytes[start..<min(start + packed, bytes.count)]
            let body = number(at + 10, 2) == 8 ? Inflate.bytes(data) : Array(data)
            files[String(decoding: bytes[(at + 46)..<(at + 46 + name)], as: UTF8.self)] = String(
                decoding: body, as: UTF8.self)
            at += 46 + name + extra + comment
        }
    }
}
