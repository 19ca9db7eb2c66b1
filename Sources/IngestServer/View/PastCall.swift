import Depot
import Model

/// One of the last calls with a client, in a few words.
struct PastCall {
    /// Of a note its beginning, in characters.
    static let noteLimit = 200

    private let row: CallRow
    private let answeredBy: [String]

    init(_ row: CallRow, _ routing: CallRouting) {
        self.row = row
        answeredBy = row.snapshot.answeredBy.map(routing.label)
    }

    static let shape = Shape<PastCall>(
        "PastCall",
        [
            .moment("at", \.row.snapshot.startedAt), .word("direction", ifAny: \.row.snapshot.direction),
            .texts("answeredBy", \.answeredBy), .truth("missed") { !$0.row.snapshot.wasReached },
            .text("disposition", ifAny: { $0.row.note?.disposition }),
            .text(
                "note",
                ifAny: { $0.row.note.flatMap { $0.note.isEmpty ? nil : String($0.note.prefix(PastCall.noteLimit)) } }),
        ])

    var json: JSON { PastCall.shape.json(self) }
}
