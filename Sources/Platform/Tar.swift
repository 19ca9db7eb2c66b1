/// Files one behind the other in the `ustar` form (POSIX.1-2017, pax, "ustar Interchange Format").
public enum Tar {
    /// Names of 1 to 100 bytes of ASCII, and a folder of 155 before; each file for its owner alone. `at` in Unix milliseconds.
    public static func archive(_ files: [(name: String, bytes: [UInt8])], at now: Int64) -> [UInt8] {
        var out: [UInt8] = []
        for file in files {
            out += header(file.name, size: file.bytes.count, at: now) + file.bytes
            out += [UInt8](repeating: 0, count: (512 - file.bytes.count % 512) % 512)
        }
        return out + [UInt8](repeating: 0, count: 1024)
    }

    private static func header(_ name: String, size: Int, at now: Int64) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at place: Int, room: Int) {
            for (index, byte) in text.utf8.prefix(room).enumerated() { block[place + index] = byte }
        }
        func octal(_ value: Int64, digits: Int) -> String {
            let text = String(max(0, value), radix: 8)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        // A longer name has its folder apart, 155 bytes at most.
        let cut = name.utf8.count > 100 ? name.lastIndex(of: "/") : nil
        put(cut.map { String(name[name.index(after: $0)...]) } ?? name, at: 0, room: 100)
        if let cut { put(String(name[..<cut]), at: 345, room: 155) }
        put(octal(0o600, digits: 7), at: 100, room: 7)
        put(octal(0, digits: 7), at: 108, room: 7)
        put(octal(0, digits: 7), at: 116, room: 7)
        put(octal(Int64(size), digits: 11), at: 124, room: 11)
        put(octal(now / 1000, digits: 11), at: 136, room: 11)
        // Of the whole block, with spaces where it stands itself.
        put("        ", at: 148, room: 8)
        put("0", at: 156, room: 1)
        put("ustar", at: 257, room: 5)
        put("00", at: 263, room: 2)
        let sum = block.reduce(Int64(0)) { $0 + Int64($1) }
        put(octal(sum, digits: 6) + "\u{0} ", at: 148, room: 8)
        return block
    }
}
