/// docs/reference/findings.md.
enum FindingsPage {
    static var text: String {
        var lines = [
            "# Findings", "",
            "What `edge-ingest doctor` can find, made from the catalogue in the program (`edge-ingest doctor --catalogue`). `broken`: work stands still,",
            "exit code 2; `warning`: something is missing, or soon will be, exit code 1; `note`: worth knowing. What follows from another finding is not told beside",
            "it: the column *explains* says what that is.", "",
            "| code | severity | means | to do | explains |", "|---|---|---|---|---|",
        ]
        for kind in FindingKind.allCases {
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
