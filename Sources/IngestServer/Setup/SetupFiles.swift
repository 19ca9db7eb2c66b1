import Glibc
import Model
import Platform

/// Files that `setup` writes. Texts of which it keeps a mark at their head are known again: what an administrator changed is left alone.
struct SetupFiles {
    enum Outcome: Equatable, Sendable {
        case made, renewed, same
        /// Somebody changed it: what setup would write stands beside it, in this file.
        case left(String)
    }

    /// Nobody in particular where setup does not run as root, or writes below another root.
    typealias Owner = FileOwner

    /// Nothing is written.
    var isDry = false
    private(set) var outcomes: [(path: String, outcome: Outcome)] = []

    init(isDry: Bool) { self.isDry = isDry }

    var hasChanged: Bool { outcomes.contains { $0.outcome == .made || $0.outcome == .renewed } }
    func hasChanged(_ path: String) -> Bool {
        outcomes.contains { $0.path == path && ($0.outcome == .made || $0.outcome == .renewed) }
    }

    // MARK: texts with a mark

    /// `# edge-ingest setup wrote this file…: MARK` and the digest of all that follows.
    private static let mark = "# Written by edge-ingest setup, which leaves it alone once you have changed it. Mark: "

    static func marked(_ text: String) -> String { "\(mark)\(Topic.digest(of: text).prefix(32))\n\(text)" }

    /// Nobody has changed it since setup wrote it.
    static func isOurs(_ text: String) -> Bool {
        guard let end = text.firstIndex(of: "\n") else { return false }
        return marked(String(text[text.index(after: end)...])) == text
    }

    /// Writes a text with a mark, unless somebody has changed what is there.
    mutating func put(_ path: String, _ text: String, mode: mode_t = 0o644, _ owner: Owner = Owner()) throws {
        let text = SetupFiles.marked(text)
        let there = Files.exists(path) ? String(decoding: try Files.read(path, limit: 1 << 20), as: UTF8.self) : nil
        guard there != text else { return outcomes.append((path, .same)) }
        if let there, !SetupFiles.isOurs(there) {
            let beside = "\(path).setup"
            if !isDry { try SetupFiles.replace(beside, text, mode: mode, owner) }
            return outcomes.append((path, .left(beside)))
        }
        if !isDry { try SetupFiles.replace(path, text, mode: mode, owner) }
        outcomes.append((path, there == nil ? .made : .renewed))
    }

    /// Keys and certificates, which carry no mark: the caller has looked whether they are wanted.
    mutating func write(_ path: String, _ text: String, mode: mode_t = 0o644, _ owner: Owner = Owner()) throws {
        let isThere = Files.exists(path)
        if isThere, try Files.read(path, limit: 1 << 20) == Array(text.utf8) { return outcomes.append((path, .same)) }
        if !isDry { try SetupFiles.replace(path, text, mode: mode, owner) }
        outcomes.append((path, isThere ? .renewed : .made))
    }

    mutating func keep(_ path: String) { outcomes.append((path, .same)) }

    func folder(_ path: String, mode: mode_t, _ owner: Owner = Owner()) throws {
        guard !isDry, !Files.exists(path) else { return }
        try Files.makeFolder(path, mode: mode, owner)
    }

    // MARK: how

    /// The whole new file takes the place of the old one at once.
    static func replace(_ path: String, _ text: String, mode: mode_t, _ owner: Owner = Owner()) throws(FileError) {
        // Where nobody is named it stays whose the former one was, or whose the folder is.
        var owner = owner
        if owner == Owner(), geteuid() == 0, let like = FileLook(path) ?? FileLook(Backup.split(path).folder) {
            owner = Owner(user: like.owner, group: like.group)
        }
        try Files.replace(path, text, mode: mode, owner)
    }
}
