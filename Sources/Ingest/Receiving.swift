import Identifiers
public import Model

/// A delivery being received at a dock, as far as counting needs it.
public struct Reception: Equatable, Sendable {
    public var delivery: Int64
    public var note: String
    /// Expected quantity by GTIN-14.
    public var expected: [String: Int]
    /// Counted so far by GTIN-14.
    public var received: [String: Int]
    /// Tags and scans already counted here.
    public var subjects: Set<String>

    public init(
        delivery: Int64, note: String, expected: [String: Int], received: [String: Int] = [:],
        subjects: Set<String> = []
    ) {
        self.delivery = delivery
        self.note = note
        self.expected = expected
        self.received = received
        self.subjects = subjects
    }

    public var isComplete: Bool { expected.allSatisfy { (received[$0.key] ?? 0) >= $0.value } }
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
    }

    public var delivery: Int64
    public var subject: String
    public var gtin: String?
    public var serial: String?
    public var verdict: Verdict
}

/// What a record does to receiving: a pure function of the record and of what is open at its dock.
public enum Receiving {
    public enum Change: Equatable, Sendable {
        /// The delivery note was scanned: this delivery is now the one at that dock.
        case open(note: String)
        case count(Count)
    }

    /// `isNote` tells whether a text is the note of a delivery that is expected or open. `record` makes a scan of a
    /// barcode countable: the same barcode twice is two pieces, the same record twice is one.
    public static func decide(
        _ row: Row, record: @autoclosure () -> String, at reception: Reception?, isNote: (String) -> Bool,
        isClosedNote: (String) -> Bool = { _ in false },
        isReceivedElsewhere: (String) -> Bool
    ) -> Change? {
        switch row {
        case .key(let device, let zone, let text):
            // A wedge types what its scanner saw.
            return decide(
                .barcode(device: device, zone: zone, Barcode(text: text)), record: record(), at: reception,
                isNote: isNote,
                isClosedNote: isClosedNote, isReceivedElsewhere: isReceivedElsewhere)
        case .barcode(_, _, let barcode):
            let text = barcode.text.trimming(" \t")
            if isNote(text) { return reception?.note == text ? nil : .open(note: text) }
            // The paper of a delivery that is done, scanned once more, is not a piece of goods.
            guard let reception, !isClosedNote(text) else { return nil }
            let gtin = GS1.gtin(in: barcode)
            return .count(
                count(reception, subject: gtin == nil ? "text:\(text)" : "scan:\(record())", gtin: gtin, serial: nil)
            )
            .unlessCounted(reception)
        case .appeared(let sighting), .moved(let sighting, _):
            guard let reception else { return nil }
            let subject = "tag:\(sighting.tag.hex)"
            // Goods that stay beside the door after their own reception are not part of the next one.
            guard !isReceivedElsewhere(subject) else { return nil }
            let epc = sighting.tag.scheme == .epcGen2 ? try? EPC(sighting.tag.bytes) : nil
            // A pallet's label is not a piece of goods; it is kept in the journal.
            if epc?.sscc != nil { return nil }
            return .count(count(reception, subject: subject, gtin: epc?.gtin, serial: epc?.serial)).unlessCounted(
                reception)
        default: return nil
        }
    }

    private static func count(_ reception: Reception, subject: String, gtin: String?, serial: String?) -> Count {
        var count = Count(delivery: reception.delivery, subject: subject, gtin: gtin, serial: serial, verdict: .unknown)
        guard let gtin else { return count }
        let wanted = reception.expected[gtin] ?? 0
        guard (reception.received[gtin] ?? 0) < wanted else {
            count.verdict = .extra
            return count
        }
        var after = reception
        after.received[gtin, default: 0] += 1
        count.verdict = after.isComplete ? .complete : .expected
        return count
    }
}

extension Receiving.Change {
    fileprivate func unlessCounted(_ reception: Reception) -> Receiving.Change? {
        if case .count(let count) = self, reception.subjects.contains(count.subject) { return nil }
        return self
    }
}

extension Reception {
    /// The reception after a count.
    public mutating func apply(_ count: Count) {
        guard subjects.insert(count.subject).inserted, let gtin = count.gtin else { return }
        received[gtin, default: 0] += 1
    }
}
