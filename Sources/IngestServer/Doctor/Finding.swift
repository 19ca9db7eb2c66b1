import Model

/// Something that is wrong, as it was seen.
struct Finding: Equatable, Sendable {
    var kind: FindingKind
    /// What it is about, where there are several: a gateway, `[broker]`, `[erp]`.
    var subject: String?
    /// What was seen, a sentence each. No telephone numbers, names of people or secrets.
    var evidence: [String]

    init(_ kind: FindingKind, of subject: String? = nil, _ evidence: String...) {
        (self.kind, self.subject, self.evidence) = (kind, subject, evidence)
    }

    init(_ kind: FindingKind, of subject: String? = nil, evidence: [String]) {
        (self.kind, self.subject, self.evidence) = (kind, subject, evidence)
    }

    func explains(_ other: Finding) -> Bool {
        guard kind != other.kind, kind.entry.hides.contains(other.kind) else { return false }
        return !kind.entry.isAboutItsSubject || subject == other.subject
    }

    var json: JSON {
        let entry = kind.entry
        return .object([
            ("code", .string(kind.rawValue)), ("severity", .string(entry.severity.rawValue)),
            ("title", .string(entry.title)), ("subject", subject.map(JSON.string)),
            ("evidence", .array(evidence.map(JSON.string))), ("fix", .string(entry.fix)),
        ])
    }
}

/// What a look at everything led to.
struct Diagnosis: Equatable, Sendable {
    /// Causes, the worst first.
    var findings: [Finding]
    /// What follows from one of them.
    var hidden: [Finding]
    var version: String
    var at: Int64

    init(_ all: [Finding], version: String, at now: Int64) {
        // What follows from something that itself follows is hidden too: nothing explains itself in a circle.
        hidden = all.filter { effect in all.contains { $0.explains(effect) } }
        let causes = all.filter { effect in !all.contains { $0.explains(effect) } }
        findings = FindingKind.Severity.allCases.reversed().flatMap { severity in
            causes.filter { $0.kind.entry.severity == severity }
        }
        (self.version, at) = (version, now)
    }

    var worst: FindingKind.Severity? { findings.first?.kind.entry.severity }

    /// 0: fine, or notes alone; 1: warnings; 2: something is broken.
    var exitCode: Int32 {
        switch worst {
        case .broken: 2
        case .warning: 1
        case .note, nil: 0
        }
    }

    var json: JSON {
        .object([
            ("version", .string(version)), ("at", .int(at)),
            ("worst", worst.map { .string($0.rawValue) }), ("findings", .array(findings.map(\.json))),
            ("hidden", .array(hidden.map(\.json))),
        ])
    }

    /// For people, a paragraph each.
    var text: String {
        var lines: [String] = []
        for finding in findings {
            let entry = finding.kind.entry
            let subject = finding.subject.map { " (\($0))" } ?? ""
            lines.append(
                "\(entry.severity.rawValue.uppercased()): \(entry.title)\(subject)  [\(finding.kind.rawValue)]")
            lines += finding.evidence.map { "    \($0)" }
            lines.append("    fix: \(entry.fix)")
            let effects = hidden.filter(finding.explains)
            if !effects.isEmpty {
                let names = effects.map { effect in effect.kind.rawValue + (effect.subject.map { " \($0)" } ?? "") }
                lines.append("    from it may follow: \(names.joined(separator: ", "))")
            }
            lines.append("")
        }
        let count = findings.filter { $0.kind.entry.severity != .note }.count
        lines.append(
            count == 0 ? "edge-ingest \(version): nothing is wrong" : "edge-ingest \(version): \(count) to put right")
        return lines.joined(separator: "\n")
    }
}
