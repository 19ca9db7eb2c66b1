import Platform
import Settings

/// What differs between two configurations of one agent.
struct ConfigurationChanges: Equatable, Sendable {
    /// Names of devices.
    var added: [String] = []
    var changed: [String] = []
    var removed: [String] = []
    /// Tables and keys that are no device's: they hold for the whole agent.
    var others: [String] = []
    /// Those among them that are taken up while it runs.
    var light: [String] = []

    var isEmpty: Bool { self == ConfigurationChanges() }

    /// `changed dock-1; removed gate`
    var words: String {
        [
            ("added", added), ("changed", changed), ("removed", removed), ("taken up", light),
            ("for the whole agent", others),
        ]
        .filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
    }
}

extension AgentConfiguration {
    /// Where a file says that the state lies, whatever else is wrong with it; nil where it does not say, or is no TOML.
    static func state(in file: String?) -> String? {
        guard let file, let sources = try? ConfigurationFiles.read(file), let reader = try? SettingsReader(sources)
        else { return nil }
        return reader.root.string("state")
    }

    /// `[reader.NAME]` and `[phone.NAME]` stand for themselves, anything else for its first name.
    static func place(_ path: [String]) -> String {
        path.count > 1 && ["reader", "phone"].contains(path[0]) ? "\(path[0]).\(path[1])" : path.first ?? ""
    }

    /// How `next` differs. A device that is a reader here and a telephone there has changed.
    func changes(to next: AgentConfiguration) -> ConfigurationChanges {
        var out = ConfigurationChanges()
        let (mine, theirs) = (Set(devices.map(\.name)), Set(next.devices.map(\.name)))
        out.added = next.devices.map(\.name).filter { !mine.contains($0) }
        out.removed = devices.map(\.name).filter { !theirs.contains($0) }
        for place in Set(written.keys).union(next.written.keys).sorted() where written[place] != next.written[place] {
            let parts = place.split(separator: ".", maxSplits: 1).map(String.init)
            if parts.count == 2 {
                if mine.contains(parts[1]), theirs.contains(parts[1]), !out.changed.contains(parts[1]) {
                    out.changed.append(parts[1])
                }
            } else if ["discovery", "log-level"].contains(place) {
                out.light.append(place)
            } else if !["reader", "phone"].contains(place) {
                out.others.append(place)
            }
        }
        return out
    }
}
