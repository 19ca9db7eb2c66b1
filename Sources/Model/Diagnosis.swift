/// What a look at everything led to.
public struct Diagnosis<Kind: FindingCatalogue>: Equatable, Sendable {
    /// Causes, the worst first.
    public var findings: [Finding<Kind>]
    /// What follows from one of them.
    public var hidden: [Finding<Kind>]
    public var version: String
    public var at: Int64

    public init(_ all: [Finding<Kind>], version: String, at now: Int64) {
        // What follows from something that itself follows is hidden too: nothing explains itself in a circle.
        hidden = all.filter { effect in all.contains { $0.explains(effect) } }
        let causes = all.filter { effect in !all.contains { $0.explains(effect) } }
        findings = Severity.allCases.reversed().flatMap { severity in
            causes.filter { $0.kind.entry.severity == severity }
        }
        (self.version, at) = (version, now)
    }

    public var worst: Severity? { findings.first?.kind.entry.severity }

    /// 0: fine, or notes alone; 1: warnings; 2: something is broken.
    public var exitCode: Int32 {
        switch worst {
        case .broken: 2
        case .warning: 1
        case .note, nil: 0
        }
    }

    public var json: JSON {
        .object([
            ("version", .string(version)), ("at", .int(at)),
            ("worst", worst.map { .string($0.rawValue) }), ("findings", .array(findings.map(\.json))),
            ("hidden", .array(hidden.map(\.json))),
        ])
    }

    /// For people, a paragraph each.
    public var text: String {
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
            count == 0
                ? "\(Kind.program) \(version): nothing is wrong" : "\(Kind.program) \(version): \(count) to put right")
        return lines.joined(separator: "\n")
    }
}
