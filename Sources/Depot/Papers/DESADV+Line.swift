import Identifiers
import Model

extension DESADV {
    /// A LIN and what follows it.
    struct Line {
        /// What one package of it carries: everything after a PCI. The first one stands for the line itself.
        struct Mark {
            var lots: [String] = []
            var expires: String?
            var bestBefore: String?
            var quantity: Quantity?
            var ssccs: [String] = []
            var serials: [String] = []
        }

        /// A part of it that is one lot.
        struct Part {
            var lot: String?
            var expires: String?
            var quantity: Quantity
            var serials: [String]
        }

        var segment: EDIFACT.Segment
        /// Its CPS, among those of the message.
        var group: Int?
        var gtin: String?
        var description = ""
        var hasFreeDescription = false
        var marks = [Mark()]
        /// The first thing that is wrong with it.
        var fault: (segment: EDIFACT.Segment, reason: Phrase)?
        private var despatched: Quantity?
        private var delivered: Quantity?
        private var ordered: Quantity?
        /// The unit of what is on its way (code list 6411), and of what was ordered; the empty one is the article's own.
        private var despatchedIn: String?
        private var orderedIn: String?
        /// What else it is called: by the supplier, by us, or where a GTIN should be.
        private var articles: [String] = []
        private var badCode: (segment: EDIFACT.Segment, text: String)?

        init(_ segment: EDIFACT.Segment, group: Int?) {
            (self.segment, self.group) = (segment, group)
            identify(segment[2], type: segment[2, 1], segment)
        }

        mutating func fail(_ segment: EDIFACT.Segment, _ reason: Phrase) { fault = fault ?? (segment, reason) }

        /// An item number and what it is one of (code list 7143).
        private mutating func identify(_ text: String, type: String, _ segment: EDIFACT.Segment) {
            let text = text.trimming(" ")
            guard !text.isEmpty else { return }
            switch type {
            case "EN", "SRV", "UP", "":
                // Zeros stand where there is none.
                guard gtin == nil, text.contains(where: { $0 != "0" }) else { return }
                gtin = GS1.gtin14(text)
                guard gtin == nil else { return }
                badCode = badCode ?? (segment, text)
                articles.append(text)
            case "SA", "IN", "BP", "MF", "GB", "VP", "MN", "PN", "ZZZ": articles.append(text)
            case "NB": marks[marks.count - 1].lots.append(text)
            case "SN": marks[marks.count - 1].serials.append(text)
            default: return
            }
        }

        /// A line without a good GTIN is known by the supplier's reference, where the catalogue has it.
        mutating func find(_ known: (String) -> String?) {
            guard gtin == nil || badCode != nil, let found = articles.lazy.compactMap(known).first else { return }
            (gtin, badCode) = (found, nil)
        }

        /// A line that has a reference alone, which the catalogue does not have, names an article without a GTIN.
        mutating func name(_ own: (String) -> String?) {
            guard gtin == nil, badCode == nil, let found = articles.lazy.compactMap(own).first else { return }
            gtin = found
        }

        /// Its quantity is 0: what is missing comes later.
        var isEmpty: Bool { despatched == 0 && marks.allSatisfy { ($0.quantity ?? 0) == 0 } }

        mutating func identifyFurther(_ segment: EDIFACT.Segment) {
            for element in segment.elements.indices.dropFirst() {
                identify(segment[element], type: segment[element, 1], segment)
            }
        }

        /// IMD: a free text is better than the others.
        mutating func describe(_ segment: EDIFACT.Segment) {
            let text = [segment[2, 3], segment[2, 4]].filter { !$0.isEmpty }.joined().trimming(" ")
            let isFree = segment[0] == "F"
            guard !text.isEmpty, description.isEmpty || (isFree && !hasFreeDescription) else { return }
            (description, hasFreeDescription) = (text, isFree)
        }

        mutating func count(_ segment: EDIFACT.Segment) {
            let (code, text, unit) = (segment[0], segment[0, 1], segment[0, 2])
            let isOfMark = marks.count > 1
            guard ["12", "21", "46", "59"].contains(code) || (isOfMark && ["1", "11", "52"].contains(code)) else {
                return
            }
            guard let number = DESADV.quantity(text),
                (code == "12" && !isOfMark ? 0...Import.quantityLimit : Quantity(thousandths: 1)...Import.quantityLimit)
                    .contains(number)
            else {
                fail(
                    segment,
                    "quantity \"\(text)\" is not a whole number from 1 to \(Import.quantityLimit), nor one with three decimals"
                )
                return
            }
            switch code {
            case "59": return
            case "21":
                if ordered == nil { (ordered, orderedIn) = (number, unit) }
                return
            default: break
            }
            if let other = despatchedIn, other != unit {
                fail(segment, "quantities in \"\(other)\" and in \"\(unit)\" on one line")
            }
            despatchedIn = unit
            switch code {
            // Delivered, where others write despatched: better than what was ordered.
            case "46": delivered = delivered ?? number
            case "12" where !isOfMark:
                if despatched != nil { fail(segment, "a second despatched quantity") }
                despatched = number
            default: marks[marks.count - 1].quantity = (marks[marks.count - 1].quantity ?? 0) + number
            }
        }

        mutating func date(_ segment: EDIFACT.Segment) {
            let code = segment[0]
            guard code == "36" || code == "361" else { return }
            guard let day = DESADV.day(segment[0, 1], format: segment[0, 2]) else {
                fail(segment, "\"\(segment[0, 1])\" is not a date")
                return
            }
            if code == "36" { marks[marks.count - 1].expires = day } else { marks[marks.count - 1].bestBefore = day }
        }

        /// Altogether, in `measure`; nil where it does not say.
        var quantity: Quantity? {
            let parts = marks.compactMap(\.quantity)
            return despatched ?? (parts.isEmpty ? delivered ?? ordered : parts.reduce(.zero, +))
        }

        var measure: Measure? {
            (quantity == ordered && despatchedIn == nil ? orderedIn : despatchedIn).flatMap { Measure($0) }
        }

        /// What its packages hold, in the unit of the article.
        mutating func convert(by rule: PaperUnits.Rule) {
            gtin = rule.gtin
            for index in marks.indices { marks[index].quantity = marks[index].quantity.flatMap { rule($0) } }
        }

        /// Split into its lots. Nil, with its fault, where something is wrong.
        mutating func parts() -> [Part]? {
            if let badCode {
                fail(badCode.segment, Import.gtinReason(badCode.text))
            } else if gtin == nil {
                fail(
                    segment,
                    articles.first.map {
                        "the line of article \($0) has no GTIN, and the catalogue has no such reference"
                    } ?? "the line has no GTIN")
            }
            if quantity == nil { fail(segment, "the line has no quantity (QTY+12)") }
            guard fault == nil, let quantity else { return nil }
            let serials = marks.flatMap(\.serials)
            if !serials.isEmpty, Quantity(serials.count) != quantity {
                fail(segment, "\(serials.count) serial numbers for a quantity of \(quantity)")
            } else if Set(serials).count != serials.count {
                fail(segment, "a serial number stands twice")
            } else if quantity > Import.quantityLimit {
                fail(segment, "its packages hold \(quantity): more than \(Import.quantityLimit)")
            }
            let lots = Set(marks.flatMap(\.lots))
            let dates = Line.dates(marks)
            guard lots.count > 1 else {
                return fault == nil
                    ? [Part(lot: lots.first, expires: dates, quantity: quantity, serials: serials)] : nil
            }
            let bearers = marks.filter { !$0.lots.isEmpty }
            guard bearers.allSatisfy({ $0.lots.count == 1 && $0.quantity != nil }) else {
                fail(segment, "\(lots.count) lots, and not how many are of which")
                return nil
            }
            let sum = bearers.reduce(Quantity.zero) { $0 + $1.quantity! }
            if sum != quantity { fail(segment, "its lots hold \(sum), the line \(quantity)") }
            guard fault == nil else { return nil }
            var parts = bearers.map {
                Part(
                    lot: $0.lots[0], expires: Line.dates([$0]) ?? Line.dates([marks[0]]), quantity: $0.quantity!,
                    serials: $0.serials)
            }
            // Those that no lot claims are of the line: the delivery knows them by their GTIN.
            parts[0].serials += marks.filter(\.lots.isEmpty).flatMap(\.serials)
            return parts
        }

        private static func dates(_ marks: [Mark]) -> String? {
            marks.lazy.compactMap(\.expires).min() ?? marks.lazy.compactMap(\.bestBefore).min()
        }
    }
}
