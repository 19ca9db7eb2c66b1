/// How bad a finding is, from harmless to bad.
public enum Severity: String, CaseIterable, Sendable {
    /// Worth knowing.
    case note
    /// Something is missing, or soon will be.
    case warning
    /// Work stands still.
    case broken
}

/// Everything that one program can find: the code of each kind, and what the catalogue says of it.
public protocol FindingCatalogue: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// As it is called in a terminal.
    static var program: String { get }
    var entry: FindingEntry<Self> { get }
}

/// What the catalogue says of one kind.
public struct FindingEntry<Kind: FindingCatalogue>: Sendable {
    public var severity: Severity
    public var title: String
    public var meaning: String
    public var fix: String
    /// What follows from it, and is not told beside it.
    public var hides: [Kind]
    /// Only what has the same subject follows from it: the broker's password explains the broker, and not the ERP.
    public var isAboutItsSubject: Bool

    public init(
        _ severity: Severity, _ title: String, _ meaning: String, fix: String, hides: [Kind] = [],
        isAboutItsSubject: Bool = false
    ) {
        (self.severity, self.title, self.meaning, self.fix) = (severity, title, meaning, fix)
        (self.hides, self.isAboutItsSubject) = (hides, isAboutItsSubject)
    }
}

/// Something that is wrong, as it was seen.
public struct Finding<Kind: FindingCatalogue>: Equatable, Sendable {
    public var kind: Kind
    /// What it is about, where there are several: a gateway, a device, `[broker]`, `[erp]`.
    public var subject: String?
    /// What was seen, a sentence each. No telephone numbers, names of people or secrets.
    public var evidence: [String]

    public init(_ kind: Kind, of subject: String? = nil, _ evidence: String...) {
        (self.kind, self.subject, self.evidence) = (kind, subject, evidence)
    }

    public init(_ kind: Kind, of subject: String? = nil, evidence: [String]) {
        (self.kind, self.subject, self.evidence) = (kind, subject, evidence)
    }

    public func explains(_ other: Finding) -> Bool {
        guard kind != other.kind, kind.entry.hides.contains(other.kind) else { return false }
        return !kind.entry.isAboutItsSubject || subject == other.subject
    }

    public var json: JSON {
        let entry = kind.entry
        return .object([
            ("code", .string(kind.rawValue)), ("severity", .string(entry.severity.rawValue)),
            ("title", .string(entry.title)), ("subject", subject.map(JSON.string)),
            ("evidence", .array(evidence.map(JSON.string))), ("fix", .string(entry.fix)),
        ])
    }
}

extension FindingCatalogue {
    /// The catalogue as a table in Markdown, below `head`.
    public static func page(_ head: String) -> String {
        var lines = [head, "", "| code | severity | means | to do | explains |", "|---|---|---|---|---|"]
        for kind in allCases {
            let entry = kind.entry
            let hides =
                entry.hides.count > 20
                ? "all others but the clock and the disk"
                : entry.hides.map { "`\($0.rawValue)`" }.joined(separator: " ")
            let cells = [
                "`\(kind.rawValue)`", entry.severity.rawValue, "**\(entry.title).** \(entry.meaning)", entry.fix,
                hides.isEmpty ? "–" : hides + (entry.isAboutItsSubject ? " of the same subject" : ""),
            ]
            lines.append("| \(cells.joined(separator: " | ")) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
