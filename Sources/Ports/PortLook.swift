import Glibc
import Platform

/// What can be seen of a port without opening it: opening resets some boards, and hangs up modems.
public enum PortLook {
    /// Why it could not be opened now; nil where nothing is in the way, as far as can be seen. Asked by root it is judged for the
    /// agent's service, whose group is `dialout`.
    public static func trouble(of address: PortAddress) -> PortError? {
        switch address {
        case .serial(let path), .pty(let path):
            guard Files.exists(path) else { return .missing("\(path) is not there: plugged in and switched on?") }
            if !mayOpen(path) { return .denied("\(path): no permission") }
            return LineHolder.holder(of: path).map { .held("\(path) is left alone: \($0)") }
        case .usb:
            guard let node = node(of: address) else { return .missing("\(address) is not plugged in") }
            return mayOpen(node) ? nil : .denied("\(address): no permission on \(node)")
        case .tcp(let host, let port), .tls(let host, let port):
            do { _ = try TCPPort(host: host, port: port) } catch { return error }
            return nil
        case .process(let words):
            guard let program = words.first else { return nil }
            if !Files.exists(program) { return .missing("there is no program \(program)") }
            return access(program, X_OK) == 0 ? nil : .denied("\(program) may not be run: chmod +x \(program)")
        case .listen, .pcsc: return nil
        }
    }

    /// Whose its file is, who has it open, which rule is missing; empty where it has no file.
    public static func evidence(of address: PortAddress) -> [String] {
        let path: String
        switch address {
        case .serial(let name), .pty(let name): path = name
        case .usb:
            guard let node = node(of: address) else { return [] }
            path = node
        case .process(let words): path = words.first ?? ""
        default: return []
        }
        guard let look = FileLook(path) else { return [] }
        var out = ["\(path) is owned by \(FileLook.user(look.owner)):\(FileLook.group(look.group)), mode \(look.octal)"]
        if let holder = LineHolder.holder(of: path) { out.append(holder) }
        let hasRules = ["/etc/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d"].contains {
            Files.list($0).contains { $0.contains("quai") }
        }
        if !hasRules, path.hasPrefix("/dev/") { out.append("no rule of udev that edge-agent makes is installed") }
        return out
    }

    private static func mayOpen(_ path: String) -> Bool {
        guard geteuid() == 0, let look = FileLook(path) else { return access(path, R_OK | W_OK) == 0 }
        let isDialout = getgrnam("dialout").map { $0.pointee.gr_gid == look.group } ?? false
        return look.mode & 0o006 == 0o006 || isDialout && look.mode & 0o060 == 0o060
            || look.owner == getpwnam("quai-agent")?.pointee.pw_uid && look.mode & 0o600 == 0o600
    }

    private static func node(of address: PortAddress) -> String? {
        guard case .usb(let vendor, let product, let serial, let place) = address else { return nil }
        return USBDevice.present().first {
            $0.vendor == vendor && $0.product == product && (serial == nil || $0.serial == serial)
                && (place == nil || $0.place == place)
        }?.node
    }
}
