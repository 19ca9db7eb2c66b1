import Glibc
import Platform

/// The machine of one process as that process sees it: its clock may be wrong, its disk full, read-only or broken.
public final class TroubledHost: @unchecked Sendable {
    // The mapping is written by the one thread that inflicts faults; the process beyond reads it.
    public enum Disk: Int32, Sendable {
        case fine = 0
        case full = 1
        case readOnly = 2
        case broken = 3
    }

    /// `struct faulty_host` of simulators/Host: 8 bytes the clock's offset in milliseconds, 4 the disk's state, 4 unused. Not
    /// through its module: linking that here would put this program on the troubled machine.
    private let map: UnsafeMutableRawPointer
    private static let size = 16
    private let path: String
    private let library: String

    /// `binaries` holds the library that is preloaded; nil where it was not built. `path` is the file that both share.
    public init?(binaries: String, path: String) throws {
        let name = "libquai-faulty-host.so"
        guard let found = ["\(binaries)/\(name)", "\(binaries)/../lib/quai/\(name)"].first(where: Files.exists) else {
            return nil
        }
        library = found
        self.path = path
        try Files.write([UInt8](repeating: 0, count: TroubledHost.size), to: path)
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0,
            let memory = mmap(nil, TroubledHost.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
            memory != MAP_FAILED
        else { throw ChildProcess.Failure(description: "\(path): \(String(cString: strerror(errno)))") }
        close(descriptor)
        map = memory
    }

    deinit { munmap(map, TroubledHost.size) }

    /// For the process that is to suffer.
    public var environment: [String: String] { ["LD_PRELOAD": library, "QUAI_FAULTY_HOST": path] }

    public func set(disk: Disk) { map.storeBytes(of: disk.rawValue, toByteOffset: 8, as: Int32.self) }
    public func set(clockOff offset: Duration) { map.storeBytes(of: offset.components.seconds * 1000, as: Int64.self) }

    public func heal() {
        set(disk: .fine)
        set(clockOff: .zero)
    }
}
