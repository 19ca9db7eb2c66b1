import Glibc

/// A configuration as it lies on the disk: one file, and what stands beside it in a folder of its name.
public enum ConfigurationFiles {
    /// Where packages put `NAME.toml`: `$CONFIGURATION_DIRECTORY` (systemd.exec(5), ConfigurationDirectory=), or `/etc/quai`.
    public static func usual(_ name: String) -> String {
        "\(getenv("CONFIGURATION_DIRECTORY").map { String(cString: $0) } ?? "/etc/quai")/\(name).toml"
    }

    /// The file that was named, else the usual one; nil where that is not there. One that may not be looked at is there.
    public static func find(_ named: String?, _ name: String) -> String? {
        if let named { return named }
        let path = usual(name)
        return Files.exists(path) || errno == EACCES ? path : nil
    }

    /// `/etc/quai/ingest.d` of `/etc/quai/ingest.toml`.
    public static func folder(of path: String) -> String {
        (path.hasSuffix(".toml") ? String(path.dropLast(5)) : path) + ".d"
    }

    /// The file, then every `*.toml` of its folder in the order of their names; hidden ones are left alone. At most 1 MiB each.
    public static func read(_ path: String) throws(FileError) -> [(file: String, text: String)] {
        let folder = folder(of: path)
        let names = Files.list(folder).filter { $0.hasSuffix(".toml") && !$0.hasPrefix(".") }
        var out: [(file: String, text: String)] = []
        for file in [path] + names.map({ "\(folder)/\($0)" }) {
            out.append((file, String(decoding: try Files.read(file, limit: 1 << 20), as: UTF8.self)))
        }
        return out
    }

    /// What `check` says was read.
    public static func words(_ files: [String], _ name: String) -> String {
        files.isEmpty ? "no file is read: there is no \(usual(name))" : "read \(files.joined(separator: ", "))"
    }
}
