import Glibc
public import Model
public import Synchronization

/// Files beside the tests.
public enum Fixture {
    /// The repository's root.
    public static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/")
    }()

    public static func path(_ name: String) -> String { "\(root)/Tests/\(name)" }

    public static func exists(_ name: String) -> Bool { access(path(name), R_OK) == 0 }

    public static func bytes(_ name: String) -> [UInt8] { bytes(at: path(name)) }

    public static func bytes(at path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { fatalError("no file \(path)") }
        defer { fclose(file) }
        var out: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { out += buffer[..<count] }
        return out
    }

    public static func write(_ text: String, at path: String) throws {
        guard let file = fopen(path, "w") else { fatalError("cannot write \(path)") }
        defer { fclose(file) }
        _ = text.utf8.withContiguousStorageIfAvailable { fwrite($0.baseAddress, 1, $0.count, file) }
    }

    public static func text(_ name: String) -> String { String(decoding: bytes(name), as: UTF8.self) }

    public static func json(_ name: String) throws -> JSON { try JSON(parsing: bytes(name)) }

    /// Names of the files below a folder, relative to it, sorted.
    public static func list(_ folder: String) -> [String] {
        var out: [String] = []
        func walk(_ relative: String) {
            guard let directory = opendir(path(folder) + "/" + relative) else { return }
            defer { closedir(directory) }
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard !name.hasPrefix(".") else { continue }
                let child = relative.isEmpty ? name : "\(relative)/\(name)"
                if entry.pointee.d_type == UInt8(DT_DIR) { walk(child) } else { out.append(child) }
            }
        }
        walk("")
        return out.sorted()
    }
}

/// A generator whose sequence follows from its seed (SplitMix64): a failing test prints the seed.
public struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }
}

public func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// A folder of its own for a test, removed with it.
public final class TemporaryFolder: Sendable {
    public let path: String
    /// What is to be put away with a folder, by its path.
    public static let removals = Mutex<[String: [@Sendable () -> Void]]>([:])

    public init(_ name: String = #function) {
        let clean = name.filter { $0.isLetter || $0.isNumber }
        path = "/tmp/quai-test-\(getpid())-\(clean)-\(UInt32.random(in: .min ... .max))"
        mkdir(path, 0o700)
    }

    deinit {
        for put in TemporaryFolder.removals.withLock({ $0.removeValue(forKey: path) }) ?? [] { put() }
        _ = system("rm -rf '\(path)'")
    }
}
