import Glibc
import Platform

/// Who has a serial line already. Two programs on one line each hear half of it, so a line that is held is left alone.
///
/// Looked at: lock files of the UUCP kind (Filesystem Hierarchy Standard 3.0, §5.9 /var/lock: `LCK..` and the device's name,
/// the process id in ten columns), and open descriptors of processes that we may look at. TIOCEXCL shows when it is opened.
enum LineHolder {
    static let lockFolders = ["/run/lock", "/var/lock"]
    /// Processes looked at (our limit).
    static let processLimit = 20_000

    /// A sentence on who holds the line at `path`; nil where nobody does, as far as anybody can tell.
    static func holder(
        of path: String, folders: [String] = lockFolders, processes: String = "/proc"
    ) -> String? {
        let device = resolved(path) ?? path
        for folder in folders {
            for name in lockNames(path, device) {
                guard let owner = owner(of: "\(folder)/\(name)") else { continue }
                return "\(describe(owner, processes)) (lock file \(folder)/\(name))"
            }
        }
        return user(of: device, processes).map { "\(describe($0, processes)) has it open" }
    }

    /// A lock file says which; one of a process that is gone, or our own, says nothing.
    private static func owner(of file: String) -> Int32? {
        guard let bytes = try? Files.read(file, limit: 64) else { return nil }
        let digits = String(decoding: bytes, as: UTF8.self).drop { $0 == " " }.prefix { $0.isASCII && $0.isNumber }
        var number = Int32(digits)
        // Old programs write the number itself, four bytes.
        if number == nil, bytes.count == 4 {
            number = bytes.withUnsafeBytes { $0.loadUnaligned(as: Int32.self) }
        }
        guard let number, number > 0, number != getpid() else { return nil }
        return kill(number, 0) == 0 || errno == EPERM ? number : nil
    }

    static func lockNames(_ path: String, _ device: String) -> [String] {
        var names: [String] = []
        for text in [device, path] {
            let parts = text.split(separator: "/").map(String.init)
            guard let last = parts.last else { continue }
            // Pseudo-terminals are /dev/pts/3: some programs keep the folder in the name.
            for name in parts.dropLast().last == "pts" ? ["pts_\(last)", "pts\(last)"] : [last]
            where !names.contains("LCK..\(name)") {
                names.append("LCK..\(name)")
            }
        }
        return names
    }

    /// A process that has the device open and that we may look into. Whoever holds a pseudo-terminal's other end made it.
    private static func user(of device: String, _ processes: String) -> Int32? {
        let isTerminal = device.hasPrefix("/dev/pts/")
        for name in entries(processes).prefix(processLimit) {
            guard let number = Int32(name), number != getpid() else { continue }
            var hasIt = false
            var isMaker = false
            for descriptor in entries("\(processes)/\(name)/fd") {
                guard let target = link("\(processes)/\(name)/fd/\(descriptor)") else { continue }
                let file = "\(processes)/\(name)/fd/\(descriptor)"
                hasIt = hasIt || target == device && !isAnother(file, than: device)
                isMaker = isMaker || isTerminal && target.hasSuffix("/ptmx")
            }
            if hasIt, !isMaker { return number }
        }
        return nil
    }

    /// In a container another line may have the same name.
    private static func isAnother(_ file: String, than device: String) -> Bool {
        guard let theirs = FileLook(file), let ours = FileLook(device) else { return false }
        return (theirs.device, theirs.number) != (ours.device, ours.number)
    }

    private static func describe(_ process: Int32, _ processes: String) -> String {
        let name = (try? Files.read("\(processes)/\(process)/comm", limit: 64)).map {
            String(decoding: $0, as: UTF8.self)
        }
        let clean = (name ?? "").filter { $0.isLetter || $0.isNumber || "-_.".contains($0) }
        return clean.isEmpty ? "process \(process)" : "\(clean) (process \(process))"
    }

    private static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.first?.isNumber == true { names.append(name) }
        }
        return names
    }

    private static func link(_ path: String) -> String? {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = buffer.withUnsafeMutableBytes { raw in
            readlink(path, raw.baseAddress!.assumingMemoryBound(to: CChar.self), raw.count)
        }
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Somebody has the open line for itself. Who may everything is let in all the same and must ask (ioctl_tty(2), TIOCGEXCL).
    static func isExclusive(_ descriptor: Int32) -> Bool {
        var value: Int32 = 0
        return ioctl(descriptor, 0x8004_5440, &value) == 0 && value != 0
    }

    static func resolved(_ path: String) -> String? {
        guard let raw = realpath(path, nil) else { return nil }
        defer { free(raw) }
        return String(cString: raw)
    }
}

/// Our own lock file, for programs that look for one; where the folder cannot be written there is none.
final class LineLock {
    private let file: String

    init?(device: String, folder: String = LineHolder.lockFolders[0]) {
        guard let name = LineHolder.lockNames(device, device).first else { return nil }
        file = "\(folder)/\(name)"
        let number = String(getpid())
        let text = String(repeating: " ", count: max(0, 10 - number.count)) + number + "\n"
        // Whoever left it is gone, or it is our own of before: `holder` has looked.
        unlink(file)
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else {
            unlink(file)
            return nil
        }
    }

    deinit { unlink(file) }
}
