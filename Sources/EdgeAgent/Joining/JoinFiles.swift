import Certificates
import Glibc
import Platform

/// What joining writes: `agent.d/10-join.toml`, and the agent's key and certificates in its state, where it may renew them.
struct JoinFiles: Sendable {
    /// Empty on this machine.
    var root = ""
    var state = "/var/lib/quai-agent"

    var configuration: String { "\(root)/etc/quai/agent.toml" }
    var dropIn: String { "\(root)/etc/quai/agent.d/10-join.toml" }
    var folder: String { "\(root)\(state)/identity" }
    var key: String { "\(folder)/agent.key" }
    var certificate: String { "\(folder)/agent.crt" }
    var former: String { "\(folder)/agent.former.crt" }
    var authority: String { "\(folder)/authority.crt" }

    /// The certificate that is there; nil where this machine has not joined.
    var present: Certificate? { JoinFiles.text(certificate).flatMap { Certificate($0) } }

    /// The folder that the configuration names, below the root; the packaged one where it names none.
    mutating func follow(state named: String?) {
        guard let named, named.hasPrefix("/") else { return }
        state = !root.isEmpty && named.hasPrefix("\(root)/") ? String(named.dropFirst(root.count)) : named
    }

    static func text(_ path: String) -> String? {
        (try? Files.read(path, limit: Certificate.limit)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// TOML of the drop-in. All of it came from a centre that was believed, and is quoted all the same.
    func dropIn(agent: String, site: String, broker: String, url: String) -> String {
        func quoted(_ text: String) -> String {
            var out = "\""
            for letter in text.unicodeScalars where letter.value >= 0x20 && letter.value != 0x7F {
                if letter == "\"" || letter == "\\" { out += "\\" }
                out.unicodeScalars.append(letter)
            }
            return out + "\""
        }
        var out = "# Written by edge-agent join; join again with --again to change it.\nversion = 1\n"
        out += "agent = \(quoted(agent))\nsite = \(quoted(site))\n"
        if !root.isEmpty { out += "state = \(quoted("\(root)\(state)"))\n" }
        out += "\n[uplink]\nbroker = \(quoted(broker))\nauthority = \(quoted(authority))\n"
        return out + "certificate = \(quoted(certificate))\nkey = \(quoted(key))\ncentre = \(quoted(url))\n"
    }

    /// The folders, for the service alone.
    func prepare() throws(FileError) {
        for (path, mode) in [
            ("\(root)/etc/quai/agent.d", mode_t(0o755)), ("\(root)\(state)", 0o700), (folder, 0o700),
        ] {
            try Files.makeFolder(path, mode: mode)
        }
        for path in ["\(root)\(state)", folder] { give(path) }
    }

    /// The whole new file takes the place of the old one at once.
    func put(_ path: String, _ text: String, mode: mode_t) throws(FileError) {
        try Files.replace(path, text, mode: mode)
        if path.hasPrefix("\(folder)/") { give(path) }
    }

    /// To the service, where root writes on this machine.
    private func give(_ path: String) {
        guard root.isEmpty, geteuid() == 0, let user = getpwnam("quai-agent") else { return }
        lchown(path, user.pointee.pw_uid, user.pointee.pw_gid)
    }
}
