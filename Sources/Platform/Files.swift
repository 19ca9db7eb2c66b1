public import Glibc

/// What a file operation answered, in words.
public struct FileError: Error, CustomStringConvertible, Sendable {
    public var path: String
    public var code: Int32

    public init(path: String, code: Int32) {
        self.path = path
        self.code = code
    }

    public var description: String { "\(path): \(String(cString: strerror(code)))" }
}

public enum Files {
    /// A whole file; `limit` in bytes guards against a wrong path such as a device.
    public static func read(_ path: String, limit: Int = 64 << 20) throws(FileError) -> [UInt8] {
        guard let file = fopen(path, "re") else { throw FileError(path: path, code: errno) }
        defer { fclose(file) }
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            out += buffer[..<count]
            guard out.count <= limit else { throw FileError(path: path, code: EFBIG) }
        }
        guard ferror(file) == 0 else { throw FileError(path: path, code: EIO) }
        return out
    }

    /// Names in a folder, sorted.
    public static func list(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }.sorted()
    }

    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o644) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw FileError(path: path, code: errno) }
        defer { close(descriptor) }
        try write(bytes, to: path, descriptor)
    }

    /// Creates a folder and those above it, for the owner only.
    public static func makeFolder(_ path: String) throws(FileError) {
        var built = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            built += "/\(part)"
            if mkdir(built, 0o700) != 0, errno != EEXIST { throw FileError(path: built, code: errno) }
        }
    }

    /// A secret: `credential:NAME` from systemd's credentials folder (without one `/etc/credstore`), or `file:PATH` readable by nobody else.
    public static func secret(_ reference: String) throws(SecretError) -> String {
        let path: String
        if reference.hasPrefix("credential:") {
            // By hand there is no such folder, and root reads it where LoadCredential= finds it (systemd.exec(5)).
            let folder = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) }
            path = (folder ?? "/etc/credstore") + "/" + reference.dropFirst(11)
            guard folder != nil || access(path, R_OK) == 0 else {
                throw SecretError(text: "\(reference): no credentials folder; systemd sets it from LoadCredential=")
            }
        } else if reference.hasPrefix("file:") {
            path = String(reference.dropFirst(5))
            var information = stat()
            guard stat(path, &information) == 0 else {
                throw SecretError(text: "\(path): \(String(cString: strerror(errno)))")
            }
            guard information.st_mode & 0o077 == 0 else {
                throw SecretError(text: "\(path): others can read it; chmod 600 \(path)")
            }
        } else {
            throw SecretError(text: "a secret is written as credential:NAME or file:PATH, never itself")
        }
        do {
            let bytes = try read(path, limit: 4096)
            return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
                ?? ""
        } catch { throw SecretError(text: "\(error)") }
    }

    /// The kernel's boot identity: rows of the same boot share its monotonic clock.
    public static var kernelBootID: String {
        guard let bytes = try? read("/proc/sys/kernel/random/boot_id", limit: 128) else { return "unknown" }
        return String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
            ?? "unknown"
    }
}

public struct SecretError: Error, CustomStringConvertible, Sendable {
    public var text: String
    public var description: String { text }
}
