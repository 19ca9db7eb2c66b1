import Glibc
import Platform

/// Where setup writes: on this machine, or all below one folder, as a whole installation to be tried there.
struct SetupPlace: Sendable {
    /// Empty on this machine.
    var root = ""
    var state = "/var/lib/quai-ingest"

    var configuration: String { "\(root)/etc/quai/ingest.toml" }
    var dropIn: String { "\(root)/etc/quai/ingest.d/10-setup.toml" }
    var broker: String { "\(root)/etc/mosquitto/conf.d/quai.conf" }
    var access: String { "\(root)/etc/mosquitto/quai.acl" }
    var brokerFolder: String { "\(root)/etc/mosquitto/certs" }
    func broker(_ name: String) -> String { "\(brokerFolder)/quai-\(name)" }
    var home: String { "\(root)\(state)" }
    var authority: AuthorityFolder { AuthorityFolder(path: "\(home)/authority") }
    func identity(_ name: String) -> String { "\(home)/identity/\(name)" }

    /// The folder that the configuration names, below the root; false where it is no whole path.
    mutating func follow(state named: String) -> Bool {
        guard named.hasPrefix("/") else { return false }
        let named = named.count > 1 && named.hasSuffix("/") ? String(named.dropLast()) : named
        state = !root.isEmpty && named.hasPrefix("\(root)/") ? String(named.dropFirst(root.count)) : named
        return true
    }

    /// Whose the centre's files are, and the broker's: nobody's in particular below another root, or where there is no such account.
    var service: SetupFiles.Owner { owner("quai-ingest", "quai-ingest") }
    var brokerGroup: SetupFiles.Owner { owner("root", "mosquitto") }

    private func owner(_ user: String, _ group: String) -> SetupFiles.Owner {
        guard root.isEmpty, geteuid() == 0 else { return SetupFiles.Owner() }
        return SetupFiles.Owner(
            user: getpwnam(user).map { $0.pointee.pw_uid }, group: getgrnam(group).map { $0.pointee.gr_gid })
    }

    /// Where the broker's example and its access list are: of the package, or of the sources.
    static func examples(_ named: String?) -> String? {
        ([named].compactMap(\.self) + ["/usr/share/quai/broker", "/usr/share/doc/quai-ingest/examples"]).first {
            Files.exists("\($0)/mosquitto.conf") && Files.exists("\($0)/quai.acl")
        }
    }
}
