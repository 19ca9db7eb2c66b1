import Model

/// Why something that a person scanned, or a pallet that a portal saw, counts nothing: told at the dock, with a sound.
public enum Refusal: String, Equatable, Sendable {
    /// It is counted here already.
    case again
    /// It is asked about here already: nobody has said yet what it is.
    case asked
    /// The note of the delivery that is open here.
    case sameNote = "same-note"
    /// The note of a delivery that is closed.
    case closedNote = "closed-note"
    /// Remove mode: nothing like it is counted.
    case notCounted = "not-counted"
    /// A pallet of another delivery: it waits for that one.
    case other
    /// Several deliveries that are expected have this number: a person chooses.
    case several
    /// A pallet of this delivery of which neither paper nor label says what is on it.
    case bare
}

extension Receiving {
    /// Why a scan for which `decide` had nothing to do counts nothing; nil for what readers see by themselves.
    static func refusal(
        _ row: Row, at reception: Reception, in catalogue: some Catalogue, _ around: Surroundings
    ) -> (subject: String, why: Refusal)? {
        guard let text = row.scannedText else { return nil }
        if reception.answers(to: text), around.isNote(text) { return ("text:\(text)", .sameNote) }
        if around.isClosedNote(text) { return ("text:\(text)", .closedNote) }
        guard let piece = Piece(row, record: "", in: catalogue) else { return nil }
        if reception.mode == .remove { return (piece.subject, .notCounted) }
        if let sscc = piece.sscc, reception.contents(of: sscc, piece).isEmpty, reception.subjects[piece.subject] == nil
        {
            return (piece.subject, .bare)
        }
        let isAsked = reception.subjects[piece.subject].map { $0.gtin == nil } ?? false
        return (piece.subject, isAsked ? .asked : .again)
    }
}
