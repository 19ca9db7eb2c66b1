public import Model

/// A delivery with what was counted and decided of it: a fold, the same whenever it is made.
public struct DeliveryView: Equatable, Sendable {
    public struct Line: Equatable, Sendable {
        public var gtin: String
        public var description: String
        public var reference: String?
        public var expected: Quantity
        /// Counted and kept: after refusals, by hand and by readers.
        public var received: Quantity
        public var damaged: Quantity = 0
        public var refused: Quantity = 0
        public var lots: [Lot] = []
        /// Serial numbers that were read, as far as labels carry them.
        public var serials: [String] = []
        public var unexpectedSerials: [String] = []
        /// What its quantities are in.
        public var measure = Measure.piece
        /// The ERP's line and product.
        public var erp: String?
        public var erpProduct: String?

        public var missing: Quantity { max(0, expected - received) }
        public var extra: Quantity { max(0, received - expected) }

        /// As part of a sum over articles.
        func things(_ quantity: Quantity) -> Int { measure.isDivisible ? (quantity > 0 ? 1 : 0) : quantity.ceiling }

        public init(gtin: String, description: String, expected: Quantity, received: Quantity) {
            (self.gtin, self.description, self.expected, self.received) = (gtin, description, expected, received)
        }
    }

    public struct Lot: Equatable, Sendable {
        public var number: String
        public var quantity: Quantity
        public var expires: String?
        /// The paper says so; what was read does not.
        public var isFromPaper = false
    }

    public struct Stray: Equatable, Sendable {
        /// `tag:HEX`, `text:…`, or `sscc:…` of a pallet that nobody announced.
        public var subject: String
        public var at: Int64
        /// What its tag says it is: received before, it has come again.
        public var gtin: String?

        public init(subject: String, at: Int64, gtin: String? = nil) {
            (self.subject, self.at, self.gtin) = (subject, at, gtin)
        }
    }

    /// A label of which a part could not be read: what was sure is counted.
    public struct Remark: Equatable, Sendable {
        public var subject: String
        public var gtin: String?
        public var text: String
        public var at: Int64
    }

    /// A pallet of the paper.
    public struct Unit: Equatable, Sendable {
        public var sscc: String
        public var parent: String?
        public var contents: [Reception.Content]
        public var isVerified: Bool
    }

    /// What a person has to decide before it is closed.
    public struct Question: Equatable, Sendable {
        public enum Kind: String, Sendable, CaseIterable { case short, over, unordered, unknown, serial, dock }

        public var kind: Kind
        public var gtin: String?
        public var subject: String?
        public var quantity: Quantity?
    }

    public var id: Int64
    public var note: String
    public var supplier: String
    public var source: String
    public var expectedOn: String?
    public var client: String?
    /// expected, open, closed
    public var status: String
    /// Where it is open.
    public var zone: String?
    /// Where it was closed.
    public var receivedIn: String?
    /// Where it was to come.
    public var dock: String?
    public var mode: Reception.Mode
    public var openedAt: Int64?
    public var openedBy: String?
    public var closedAt: Int64?
    public var closedBy: String?
    public var erp: String?
    public var erpPath: String?
    public var lines: [Line] = []
    public var unknown: [Stray] = []
    public var units: [Unit] = []
    public var remarks: [Remark] = []
    /// What its paper says beside the lines.
    public var details: [Announced.Detail] = []
    /// It is what was missing of this delivery when that was closed.
    public var restOf: Int64?
    /// What else it is called.
    public var names: [String] = []
    /// How often, by whom and why it was opened again after it was closed.
    public var reopenings: [Reopening] = []
    public var decisions: [Decision] = []
    /// What was decided at its depot and not done: somebody accepts or refuses it.
    public var proposals: [DepotProposal] = []
    public var questions: [Question] = []

    /// Where it stands, for those who see some places alone; nil: nowhere yet.
    public var place: String? { zone ?? receivedIn }

    /// Pieces altogether. Metres are not added to pieces: a line in a unit that can be divided is one thing, received when all of
    /// it is there.
    public var expected: Int { lines.reduce(0) { $0 + $1.things($1.expected) } }
    public var received: Int {
        lines.reduce(0) {
            $0 + ($1.measure.isDivisible && $1.missing > 0 ? 0 : $1.things(min($1.received, $1.expected)))
        }
    }
    public var missing: Int { lines.reduce(0) { $0 + $1.things($1.missing) } }
    public var extra: Int { lines.reduce(0) { $0 + $1.things($1.extra) } }
    public var damaged: Int { lines.reduce(0) { $0 + $1.things($1.damaged) } }

    /// One row of what was counted.
    struct CountedRow {
        var subject: String
        var gtin: String?
        var serial: String?
        var quantity: Quantity
        var lot: String?
        var expires: String?
        var unit: String?
        var at: Int64
        var remark: String?
        /// The product of a tag that is not counted as one.
        var tagged: String?
    }

    struct ExpectedLine {
        var gtin: String
        var description: String
        var reference: String?
        var quantity: Quantity
        var measure = Measure.piece
        var lot: String?
        var expires: String?
        var erp: String?
        var erpProduct: String?
    }

    /// What the catalogue says of an article that no paper has.
    typealias Known = (description: String, reference: String?, erp: String?, measure: Measure)

    /// Folds reads and decisions into lines, and says what is still to be decided.
    mutating func fold(
        _ expected: [ExpectedLine], serials: [String: Set<String>], counted: [CountedRow],
        name: (String) -> Known
    ) {
        let standing = decisions.filter { $0.undoneBy == nil }
        var received: [String: Quantity] = [:]
        var lots: [String: [String: Lot]] = [:]
        var named: [String: [String]] = [:]
        func lot(_ gtin: String, _ number: String, _ quantity: Quantity, _ expires: String?) {
            var lot = lots[gtin, default: [:]][number] ?? Lot(number: number, quantity: 0, expires: expires)
            lot.quantity += quantity
            lots[gtin, default: [:]][number] = lot
        }
        (unknown, remarks) = ([], [])
        // A pallet whose paper came after it, and whose label was scanned once more.
        let verified = Set(units.filter(\.isVerified).map { "sscc:\($0.sscc)" })
        for row in counted {
            if let text = row.remark {
                remarks.append(Remark(subject: row.subject, gtin: row.gtin, text: text, at: row.at))
            }
            guard let gtin = row.gtin else {
                if !verified.contains(row.subject) {
                    unknown.append(Stray(subject: row.subject, at: row.at, gtin: row.tagged))
                }
                continue
            }
            received[gtin, default: 0] += row.quantity
            if let number = row.lot { lot(gtin, number, row.quantity, row.expires) }
            if let serial = row.serial { named[gtin, default: []].append(serial) }
        }
        var damaged: [String: Quantity] = [:]
        var refused: [String: Quantity] = [:]
        for decision in standing {
            guard let gtin = decision.gtin, let quantity = decision.quantity else { continue }
            switch decision.kind {
            case .adjust:
                received[gtin, default: 0] += quantity
                if let number = decision.lot { lot(gtin, number, quantity, nil) }
            case .lot: if let number = decision.lot { lot(gtin, number, quantity, nil) }
            case .damaged: damaged[gtin, default: 0] += quantity
            case .refuse:
                refused[gtin, default: 0] += quantity
                received[gtin, default: 0] -= quantity
            default: break
            }
        }
        // Two lines of one product: the first is filled first, and the last takes what is over.
        lines = []
        var left = received
        var seen: Set<String> = []
        var lastIndex: [String: Int] = [:]
        for (index, line) in expected.enumerated() { lastIndex[line.gtin] = index }
        for (index, line) in expected.enumerated() {
            let isLast = lastIndex[line.gtin] == index
            let have = max(0, left[line.gtin] ?? 0)
            let take = isLast ? have : min(have, line.quantity)
            left[line.gtin, default: 0] -= take
            var view = Line(
                gtin: line.gtin, description: line.description, expected: line.quantity, received: take)
            (view.reference, view.erp, view.erpProduct) = (line.reference, line.erp, line.erpProduct)
            view.measure = line.measure
            complete(&view, isFirst: seen.insert(line.gtin).inserted)
            // A tag says no lot: that of the paper, for as many as are left.
            let told = view.lots.reduce(Quantity.zero) { $0 + $1.quantity }
            if let number = line.lot, told < view.received {
                view.lots.append(
                    Lot(number: number, quantity: view.received - told, expires: line.expires, isFromPaper: true))
            }
            lines.append(view)
        }
        for gtin in Set(received.keys).union(refused.keys).sorted() where !seen.contains(gtin) {
            guard received[gtin] ?? 0 != 0 || refused[gtin] ?? 0 != 0 else { continue }
            let known = name(gtin)
            var view = Line(
                gtin: gtin, description: known.description, expected: 0, received: max(0, received[gtin] ?? 0))
            (view.reference, view.erpProduct, view.measure) = (known.reference, known.erp, known.measure)
            complete(&view, isFirst: true)
            lines.append(view)
        }
        /// Lots and serial numbers go to the lines as far as their quantities reach: never more than was kept.
        func complete(_ view: inout Line, isFirst: Bool) {
            if isFirst {
                view.damaged = damaged[view.gtin] ?? 0
                view.refused = refused[view.gtin] ?? 0
                if let paper = serials[view.gtin] {
                    view.unexpectedSerials = (named[view.gtin] ?? []).sorted().filter { !paper.contains($0) }
                }
            }
            var room = view.received
            for lot in (lots[view.gtin] ?? [:]).values.sorted(by: { $0.number < $1.number }) where lot.quantity > 0 {
                let take = min(room, lot.quantity)
                guard take > 0 else { break }
                view.lots.append(Lot(number: lot.number, quantity: take, expires: lot.expires))
                lots[view.gtin]?[lot.number]?.quantity -= take
                room -= take
            }
            let numbers = (named[view.gtin] ?? []).sorted()
            view.serials = Array(numbers.prefix(max(0, view.received.floor)))
            named[view.gtin] = Array(numbers.dropFirst(max(0, view.received.floor)))
        }
        ask(standing)
    }

    private mutating func ask(_ standing: [Decision]) {
        func isDecided(_ kinds: Set<Decision.Kind>, gtin: String? = nil, subject: String? = nil) -> Bool {
            standing.contains {
                // A decision about one serial number or one dock says nothing about the product.
                kinds.contains($0.kind) && $0.subject == subject && (gtin == nil || $0.gtin == gtin)
            }
        }
        questions = []
        var short: [String: Quantity] = [:]
        var over: [String: Quantity] = [:]
        for line in lines {
            short[line.gtin, default: 0] += line.missing
            over[line.gtin, default: 0] += line.extra
        }
        for line in lines where short[line.gtin] != nil {
            if let missing = short[line.gtin], missing > 0, !isDecided([.later, .never], gtin: line.gtin) {
                questions.append(Question(kind: .short, gtin: line.gtin, quantity: missing))
            }
            if let extra = over[line.gtin], extra > 0, !isDecided([.accept], gtin: line.gtin) {
                questions.append(
                    Question(kind: line.expected == 0 ? .unordered : .over, gtin: line.gtin, quantity: extra))
            }
            for serial in line.unexpectedSerials
            where !isDecided([.accept, .refuse], subject: "serial:\(line.gtin)/\(serial)") {
                questions.append(
                    Question(kind: .serial, gtin: line.gtin, subject: "serial:\(line.gtin)/\(serial)", quantity: 1))
            }
            (short[line.gtin], over[line.gtin]) = (nil, nil)
        }
        for stray in unknown where !isDecided([.ignore], subject: stray.subject) {
            questions.append(Question(kind: .unknown, gtin: stray.gtin, subject: stray.subject, quantity: 1))
        }
        if let dock, let zone, dock != zone, !isDecided([.accept], subject: "dock:\(zone)") {
            questions.append(Question(kind: .dock, subject: "dock:\(zone)"))
        }
    }
}
