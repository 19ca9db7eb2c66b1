/// What is wrong with a running program and since when: for its log, where each trouble stands once when it begins and once when it
/// is over, and for whoever is shown it.
public struct FindingsBook<Kind: FindingCatalogue>: Sendable {
    /// Findings told to the centre; the worst come first. With the limits below less than 16 KiB travel.
    public static var limit: Int { 24 }
    public static var evidenceLimit: (sentences: Int, bytes: Int) { (2, 240) }

    public struct Entry: Equatable, Sendable {
        public var finding: Finding<Kind>
        /// Unix milliseconds.
        public var since: Int64
    }

    public enum News: Equatable, Sendable {
        case begins(Finding<Kind>)
        /// After so many milliseconds.
        case ends(Finding<Kind>, after: Int64)
    }

    /// The worst first.
    public private(set) var entries: [Entry] = []

    public init() {}

    /// What has changed since the last look.
    public mutating func take(_ diagnosis: Diagnosis<Kind>) -> [News] {
        let before = entries
        entries = diagnosis.findings.map { finding in
            let known = before.first { $0.finding.kind == finding.kind && $0.finding.subject == finding.subject }
            return Entry(finding: finding, since: known?.since ?? diagnosis.at)
        }
        func isIn(_ list: [Entry], _ one: Entry) -> Bool {
            list.contains { $0.finding.kind == one.finding.kind && $0.finding.subject == one.finding.subject }
        }
        return before.filter { !isIn(entries, $0) }.map { .ends($0.finding, after: max(0, diagnosis.at - $0.since)) }
            + entries.filter { !isIn(before, $0) }.map { .begins($0.finding) }
    }

    /// Part `findings` of the status (docs/reference/topics.md, `st`).
    public var json: JSON {
        .array(
            entries.prefix(FindingsBook.limit).map { entry in
                let evidence = entry.finding.evidence.prefix(FindingsBook.evidenceLimit.sentences)
                return .object([
                    ("code", .string(entry.finding.kind.rawValue)),
                    ("severity", .string(entry.finding.kind.entry.severity.rawValue)),
                    ("subject", entry.finding.subject.map(JSON.string)), ("since", .int(entry.since)),
                    (
                        "evidence",
                        .array(evidence.map { .string($0.cut(to: FindingsBook.evidenceLimit.bytes)) })
                    ),
                ])
            })
    }
}
