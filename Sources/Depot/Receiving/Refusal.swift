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
    /// A pallet of a delivery that is closed: it came late, or is opened again.
    case closedUnit = "closed-unit"
    /// Remove mode: nothing like it is counted.
    case notCounted = "not-counted"
    /// A pallet of another delivery: it waits for that one.
    case other
    /// Several deliveries that are expected have this number: a person chooses.
    case several
    /// A pallet of this delivery of which neither paper nor label says what is on it.
    case bare
    /// Scanned in a page so long ago that nobody knows any more whether it was counted.
    case tooOld = "too-old"
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
        if let sscc = piece.sscc, isOfClosed(row, sscc, piece, at: reception, around) {
            return ("sscc:\(sscc)", .closedUnit)
        }
        if reception.mode == .remove { return (piece.subject, .notCounted) }
        if let sscc = piece.sscc, reception.contents(of: sscc, piece).isEmpty, reception.subjects[piece.subject] == nil
        {
            return (piece.subject, .bare)
        }
        let isAsked = reception.subjects[piece.subject].map { $0.gtin == nil } ?? false
        return (piece.subject, isAsked ? .asked : .again)
    }

    /// A scan where nothing is open that names a delivery which is closed.
    static func closed(_ row: Row, _ around: Surroundings) -> (subject: String, why: Refusal)? {
        guard let text = row.scannedText else { return nil }
        if around.isClosedNote(text) { return ("text:\(text)", .closedNote) }
        guard around.hasUnits(), let sscc = Piece.sscc(in: row), around.isClosedUnit(sscc) else { return nil }
        return ("sscc:\(sscc)", .closedUnit)
    }

    /// The scanned label of a pallet that another delivery has had. Where nothing was announced, it may be a return.
    static func isOfClosed(
        _ row: Row, _ sscc: String, _ piece: Piece, at reception: Reception, _ around: Surroundings
    ) -> Bool {
        row.scannedText != nil && reception.mode == .add && !reception.expected.isEmpty && reception.units[sscc] == nil
            && reception.subjects[piece.subject] == nil && around.isClosedUnit(sscc)
    }
}
