import Identifiers
public import Model

/// A delivery being received at a dock, as far as counting needs it: a fold over what was read and decided.
public struct Reception: Equatable, Sendable {
    /// What a scan means now.
    public enum Mode: String, Sendable, CaseIterable { case add, remove }

    /// A piece, a carton or a pallet that is counted.
    public struct Counted: Equatable, Sendable {
        public var gtin: String?
        public var serial: String?
        /// 0: part of a pallet whose label has counted it.
        public var quantity: Quantity

        public init(gtin: String?, serial: String? = nil, quantity: Quantity = 1) {
            self.gtin = gtin
            self.serial = serial
            self.quantity = quantity
        }
    }

    /// What a pallet's label stands for, one product of it.
    public struct Content: Equatable, Sendable {
        public var gtin: String
        public var quantity: Quantity
        public var lot: String?
        /// Whose content it is, where a label stands for what is on it as well: the carton, not the pallet.
        public var unit: String?

        public init(gtin: String, quantity: Quantity, lot: String? = nil, unit: String? = nil) {
            (self.gtin, self.quantity, self.lot, self.unit) = (gtin, quantity, lot, unit)
        }
    }

    public var delivery: Int64
    public var note: String
    /// What else it is called, folded as `DeliveryTable.folded(name:)` does it.
    var names: Set<String> = []
    public var mode = Mode.add
    /// Expected quantity by GTIN-14.
    public var expected: [String: Quantity]
    /// Serial numbers that the paper names, by GTIN-14.
    public var serials: [String: Set<String>] = [:]
    /// What the labels of its pallets stand for, by SSCC, with what stands on them.
    public var units: [String: [Content]] = [:]
    /// Counted so far by GTIN-14, after what people have decided.
    public private(set) var received: [String: Quantity] = [:]
    /// Tags, scans and labels that are counted here.
    public private(set) var subjects: [String: Counted] = [:]
    /// Pieces with a number of their own, however they were read: `GTIN/serial`.
    private var identities: Set<String> = []
    /// Pieces that a pallet's label has counted and no reader has seen yet, and those seen before their label.
    private(set) var claimed: [String: Quantity] = [:]
    private(set) var loose: [String: Quantity] = [:]

    public init(delivery: Int64, note: String, expected: [String: Quantity]) {
        self.delivery = delivery
        self.note = note
        self.expected = expected
    }

    /// Whether a scanned text is its note, or another name of it.
    func answers(to text: String) -> Bool {
        note == text || !names.isEmpty && names.contains(DeliveryTable.folded(name: text))
    }

    public var isComplete: Bool { expected.allSatisfy { (received[$0.key] ?? 0) >= $0.value } }

    /// The reception after a count.
    public mutating func apply(_ count: Count) {
        guard subjects[count.subject] == nil else { return }
        subjects[count.subject] = Counted(gtin: count.gtin, serial: count.serial, quantity: count.quantity)
        guard let gtin = count.gtin else { return }
        received[gtin, default: 0] += count.quantity
        if let serial = count.serial { identities.insert("\(gtin)/\(serial)") }
        if count.subject.hasPrefix("tag:") {
            if count.quantity == 0 { claimed[gtin, default: 0] -= 1 } else { loose[gtin, default: 0] += 1 }
        } else if count.subject.hasPrefix("sscc:") {
            claimed[gtin, default: 0] += count.quantity
            loose[gtin, default: 0] -= count.absorbed
        }
    }

    /// Takes back what was counted under a subject.
    public mutating func remove(_ subject: String) {
        guard let counted = subjects.removeValue(forKey: subject), let gtin = counted.gtin else { return }
        received[gtin, default: 0] -= counted.quantity
        if let serial = counted.serial { identities.remove("\(gtin)/\(serial)") }
        if subject.hasPrefix("tag:") {
            if counted.quantity == 0 { claimed[gtin, default: 0] += 1 } else { loose[gtin, default: 0] -= 1 }
        } else if subject.hasPrefix("sscc:") {
            claimed[gtin, default: 0] -= counted.quantity
        }
    }

    /// What a person counted or refused by hand.
    public mutating func adjust(_ gtin: String, by quantity: Quantity) { received[gtin, default: 0] += quantity }

    fileprivate func has(_ piece: Piece) -> Bool {
        if subjects[piece.subject] != nil { return true }
        guard let gtin = piece.gtin, let serial = piece.serial else { return false }
        return identities.contains("\(gtin)/\(serial)")
    }

    fileprivate func count(_ piece: Piece) -> Count {
        var count = Count(
            delivery: delivery, subject: piece.subject, gtin: piece.gtin, serial: piece.serial, verdict: .unknown,
            quantity: piece.quantity, lot: piece.lot, expires: piece.expires, remark: piece.remark)
        guard let gtin = piece.gtin else {
            if piece.sscc != nil { count.verdict = .pallet }
            return count
        }
        if piece.subject.hasPrefix("tag:"), claimed[gtin] ?? 0 > 0 {
            (count.quantity, count.verdict) = (0, .inside)
            return count
        }
        if let serial = piece.serial, let named = serials[gtin], !named.contains(serial) {
            count.verdict = .serial
            return count
        }
        let wanted = expected[gtin] ?? 0
        guard (received[gtin] ?? 0) + piece.quantity <= wanted else {
            count.verdict = .extra
            return count
        }
        var after = self
        after.received[gtin, default: 0] += piece.quantity
        count.verdict = after.isComplete ? .complete : .expected
        return count
    }

    /// The label of one of its pallets: everything on it is there, as the label says. What readers have seen of it before
    /// is not counted again, and what they see of it afterwards neither: the greater of the two holds.
    /// A pallet that nobody announced counts what its own label says; where that says nothing, it is asked about.
    fileprivate func counts(unit sscc: String, _ piece: Piece) -> [Count] {
        let contents = contents(of: sscc, piece)
        guard units[sscc] != nil || !contents.isEmpty else { return has(piece) ? [] : [count(piece)] }
        var after = self
        return contents.compactMap { content in
            let subject = content.subject(on: sscc)
            guard after.subjects[subject] == nil else { return nil }
            let absorbed = min(content.quantity, max(0, after.loose[content.gtin] ?? 0))
            var count = Count(
                delivery: delivery, subject: subject, gtin: content.gtin, serial: nil, verdict: .expected,
                quantity: content.quantity - absorbed, lot: content.lot, absorbed: absorbed, unit: content.unit ?? sscc,
                remark: piece.remark)
            let total = (after.received[content.gtin] ?? 0) + count.quantity
            if total > after.expected[content.gtin] ?? 0 { count.verdict = .extra }
            after.apply(count)
            if after.isComplete, count.verdict == .expected { count.verdict = .complete }
            return count
        }
    }

    /// What the paper says, else what the label says.
    func contents(of sscc: String, _ piece: Piece) -> [Content] {
        if let announced = units[sscc], !announced.isEmpty { return announced }
        return piece.gtin.map { [Content(gtin: $0, quantity: piece.quantity, lot: piece.lot)] } ?? []
    }

    fileprivate func removal(of subject: String) -> Count? {
        subjects[subject].map { counted in
            Count(
                delivery: delivery, subject: subject, gtin: counted.gtin, serial: counted.serial, verdict: .removed,
                quantity: counted.quantity)
        }
    }

    /// What is to be taken back when a piece is shown in remove mode: itself, or else the last scan of its kind.
    fileprivate func counted(like piece: Piece) -> String? {
        if subjects[piece.subject] != nil { return piece.subject }
        guard let gtin = piece.gtin, piece.subject.hasPrefix("scan:") else { return nil }
        return subjects.filter {
            $0.key.hasPrefix("scan:") && $0.value.gtin == gtin && $0.value.quantity == piece.quantity
        }.keys.max()
    }
}

/// One count and what the person hears.
public struct Count: Equatable, Sendable {
    public enum Verdict: String, Sendable {
        /// On the list and still wanted.
        case expected
        /// Not on the list, or more of it than ordered.
        case extra
        /// Nobody knows what it is.
        case unknown
        /// On the list, and with it everything is here.
        case complete
        /// Of a pallet whose label was scanned: counted already.
        case inside
        /// The product is on the list, this serial number is not.
        case serial
        /// A pallet that no paper announced and whose label does not say what is on it.
        case pallet
        /// A tag that another delivery has received, and that has come again.
        case returned
        /// Taken back.
        case removed
    }

    public var delivery: Int64
    public var subject: String
    public var gtin: String?
    public var serial: String?
    public var verdict: Verdict
    public var quantity: Quantity = 1
    public var lot: String?
    public var expires: String?
    /// Of a pallet's label: how much of it readers had seen before.
    public var absorbed: Quantity = 0
    /// The pallet, where its label counted.
    public var unit: String?
    /// What could not be read of the label.
    public var remark: String?
}

/// What a record does to receiving: a pure function of the record and of what is open at its dock.
public enum Receiving {
    public enum Change: Equatable, Sendable {
        /// The delivery note was scanned: this delivery is now the one at that dock.
        case open(note: String)
        /// The label of a pallet of another delivery that is expected.
        case openUnit(sscc: String)
        case count([Count])
        /// Remove mode: these are not counted any more.
        case remove([Count])
    }

    /// What is known about papers and goods besides the open reception. A class: five closures are not copied for each row.
    public final class Surroundings {
        /// A text is the note of a delivery that is expected or open.
        public let isNote: (String) -> Bool
        /// A text is the note of some delivery.
        public let isClosedNote: (String) -> Bool
        /// Some delivery that is expected or open has labelled pallets.
        public let expectsUnits: () -> Bool
        /// A pallet of a delivery that is expected or open.
        public let isUnit: (String) -> Bool
        /// A subject is counted by another delivery than this one.
        public let isReceivedElsewhere: (String, Int64) -> Bool
        /// Whether a tag that another delivery received has been away since, by its subject.
        public let comesBack: (String) -> Away
        /// Some delivery has labelled pallets, whatever its state.
        public let hasUnits: () -> Bool
        /// A pallet of a delivery that is closed.
        public let isClosedUnit: (String) -> Bool

        public init(
            isNote: @escaping (String) -> Bool = { _ in false },
            isClosedNote: @escaping (String) -> Bool = { _ in false },
            expectsUnits: @escaping () -> Bool = { false }, isUnit: @escaping (String) -> Bool = { _ in false },
            isReceivedElsewhere: @escaping (String, Int64) -> Bool = { _, _ in false },
            comesBack: @escaping (String) -> Away = { _ in .no },
            hasUnits: @escaping () -> Bool = { true },
            isClosedUnit: @escaping (String) -> Bool = { _ in false }
        ) {
            (self.isNote, self.isClosedNote, self.expectsUnits, self.isUnit) = (
                isNote, isClosedNote, expectsUnits, isUnit
            )
            self.isReceivedElsewhere = isReceivedElsewhere
            self.comesBack = comesBack
            (self.hasUnits, self.isClosedUnit) = (hasUnits, isClosedUnit)
        }
    }

    /// Of a tag that was received once.
    public enum Away: Int64, Sendable {
        /// It lies there still, or its delivery is not closed.
        case no
        /// It left the readers' field for a while: goods that stand beside the door do that too.
        case perhaps
        /// It has left the depot, or was seen nowhere for `long`.
        case surely
        /// In milliseconds: goods are carried away from a dock within a working day.
        public static let long: Int64 = 12 * 3_600_000
    }

    /// A piece that was read before the reception began; nil when it is counted already.
    static func count(_ piece: Piece, in reception: Reception) -> Count? {
        reception.has(piece) ? nil : reception.count(piece)
    }

    /// What the row does where nothing is open: only papers and pallets' labels change that. A label read by a portal opens
    /// nothing: a pallet may only pass by.
    static func opening(_ row: Row, _ around: Surroundings) -> Change? {
        guard let text = row.scannedText else { return nil }
        if around.isNote(text) { return .open(note: text) }
        guard around.expectsUnits(), let sscc = Piece.sscc(in: row), around.isUnit(sscc) else { return nil }
        return .openUnit(sscc: sscc)
    }

    public static func decide(
        _ row: Row, record: @autoclosure () -> String, at reception: Reception?, in catalogue: some Catalogue,
        _ around: Surroundings
    ) -> Change? {
        guard let reception else { return opening(row, around) }
        let text = row.scannedText
        if let text, around.isNote(text) { return reception.answers(to: text) ? nil : .open(note: text) }
        // The paper of a delivery that is done, scanned once more, is not a piece of goods.
        if let text, around.isClosedNote(text) { return nil }
        guard let piece = Piece(row, record: record(), in: catalogue) else { return nil }
        if let sscc = piece.sscc {
            // Another delivery's: its label opens that one, its tag waits for it.
            if reception.units[sscc] == nil, around.isUnit(sscc) { return text != nil ? .openUnit(sscc: sscc) : nil }
            if isOfClosed(row, sscc, piece, at: reception, around) { return nil }
            if reception.mode == .remove {
                let subjects = reception.contents(of: sscc, piece).map { $0.subject(on: sscc) } + [piece.subject]
                let removed = subjects.compactMap { reception.removal(of: $0) }
                return removed.isEmpty ? nil : .remove(removed)
            }
            let counts = reception.counts(unit: sscc, piece)
            return counts.isEmpty ? nil : .count(counts)
        }
        if reception.mode == .remove {
            return reception.counted(like: piece).flatMap { reception.removal(of: $0) }.map { .remove([$0]) }
        }
        guard !reception.has(piece) else { return nil }
        guard piece.subject.hasPrefix("tag:"), around.isReceivedElsewhere(piece.subject, reception.delivery) else {
            return .count([reception.count(piece)])
        }
        return returned(piece, around.comesBack(piece.subject), in: reception).map { .count([$0]) }
    }

    /// Goods that stay beside the door after their own reception are not part of the next one. What has been away may be a return
    /// or a swap: a person says.
    static func returned(_ piece: Piece, _ away: Away, in reception: Reception) -> Count? {
        let isWanted = reception.expected.isEmpty || piece.gtin.map { reception.expected[$0] != nil } ?? true
        guard away == .surely || away == .perhaps && isWanted, reception.subjects[piece.subject] == nil else {
            return nil
        }
        return Count(
            delivery: reception.delivery, subject: piece.subject, gtin: nil, serial: nil,
            verdict: piece.gtin == nil ? .unknown : .returned, quantity: piece.quantity)
    }

    /// Of a pallet that passed before the reception began; nothing where it is counted already.
    static func counts(pallet piece: Piece, in reception: Reception) -> [Count] {
        piece.sscc.map { reception.counts(unit: $0, piece) } ?? []
    }
}

extension Row {
    /// What somebody scanned, without the spaces around it.
    var scannedText: String? {
        switch self {
        case .barcode(_, _, let barcode):
            barcode.symbology == nil ? ScannedCode.plain(barcode.text) : barcode.text.trimming(" \t")
        case .key(_, _, let text): ScannedCode.plain(text)
        default: nil
        }
    }
}

extension Reception.Content {
    func subject(on sscc: String) -> String { "sscc:\(unit ?? sscc)/\(gtin)" + (lot.map { "/\($0)" } ?? "") }
}
