import Glibc

/// What the system says of itself and of our services.
public enum Machine {
    /// Most of the journal that is taken, in bytes.
    static let journalLimit = 32 << 20

    /// The name it gives itself; empty where it has none.
    public static var name: String {
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, 255)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The last lines of these services, as `journalctl` prints them; empty where there is none, or nothing may be read.
    public static func journal(_ lines: Int, of services: [String]) -> String {
        let units = services.map { "-u \($0)" }.joined(separator: " ")
        let command = "journalctl -q --no-pager -o short-iso --no-hostname -n \(lines) \(units) 2>/dev/null"
        guard let pipe = popen(command, "re") else { return "" }
        defer { pclose(pipe) }
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0, out.count < journalLimit {
            out += buffer[..<count]
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Of the system and its kernel.
    public static var versions: [(name: String, value: String)] {
        var names = utsname()
        uname(&names)
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        let system =
            (try? Files.read("/etc/os-release", limit: 65_536)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let pretty = system.split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }?.dropFirst(12)
        return [
            ("system", pretty.map(String.init) ?? "?"), ("kernel", "\(text(names.release)) \(text(names.machine))"),
        ]
    }
}
