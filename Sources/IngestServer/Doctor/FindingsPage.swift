import Model

/// docs/reference/findings.md.
enum FindingsPage {
    static var text: String {
        FindingKind.page(
            """
            # Findings

            What `edge-ingest doctor` can find, made from the catalogue in the program (`edge-ingest doctor --catalogue`). `broken`: work stands still,
            exit code 2; `warning`: something is missing, or soon will be, exit code 1; `note`: worth knowing. What follows from another finding is not told beside
            it: the column *explains* says what that is.
            """)
    }
}
