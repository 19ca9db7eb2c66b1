import Identifiers
import Model

extension DESADV {
    /// One message, segment by segment: its head, its packages (CPS), its lines.
    struct Reading {
        /// What a CPS describes: the shipment, a pallet, a carton, or several alike.
        struct Group {
            var segment: EDIFACT.Segment
            var ssccs: [String] = []

            var id: String { segment[0] }
            var parent: String { segment[1] }
        }

        private(set) var refused: [ImportReport.Refusal] = []
        private(set) var remarks: [ImportReport.Refusal] = []
        private let message: EDIFACT.Message
        private var head: EDIFACT.Segment?
        private var deliveryNote = ""
        private var suppliers: [String: String] = [:]
        private var days: [String: String] = [:]
        /// Parties, dates and references of the head, orders of the lines.
        private var details: [(kind: Announced.Detail.Kind, code: String, value: String)] = []
        private var groups: [Group] = []
        private var lines: [Line] = []
        private var ssccs: Set<String> = []
        private var serials = 0

        init(_ message: EDIFACT.Message) {
            self.message = message
            for segment in message.segments { read(segment) }
        }

        /// It stands for one of the same note that came before.
        var isReplacement: Bool { head?[2] == "5" }

        /// The delivery; nil, with the reason, where nothing of it can be received.
        mutating func announced(article: (String) -> String?, _ units: PaperUnits) -> Announced? {
            guard let head else {
                refused.append(message.header.refusal("the message has no number (BGM)"))
                return nil
            }
            guard head[2] != "1", head[2] != "3" else {
                refused.append(head.refusal("the message cancels the delivery \(head[1]); that is for a person to do"))
                return nil
            }
            let note = deliveryNote.isEmpty ? head[1].trimming(" ") : deliveryNote
            guard (1...64).contains(note.count) else {
                refused.append(head.refusal("a delivery note has 1 to 64 characters"))
                return nil
            }
            guard groups.count <= DESADV.packageLimit else {
                refused.append(head.refusal("\(groups.count) packages: at most \(DESADV.packageLimit) are read"))
                return nil
            }
            let supplier = ["SU", "SE", "SF"].first { suppliers[$0] != nil }.flatMap { suppliers[$0] }
            let expectedOn = DESADV.arrivals.first { days[$0] != nil }.flatMap { days[$0] }
            var delivery = Announced(note: note, supplier: supplier ?? message.sender, expectedOn: expectedOn)
            for detail in details { delivery.add(detail.kind, detail.code, detail.value) }
            if note != head[1].trimming(" ") { delivery.add(.reference, "advice", head[1]) }
            var pallets = Pallets(groups)
            var places: [String: Int] = [:]
            for index in lines.indices {
                lines[index].find(article)
                lines[index].name(units.own)
                if lines[index].isEmpty {
                    remarks.append(lines[index].segment.refusal("nothing of it is on its way: left out"))
                    continue
                }
                guard let written = lines[index].parts(), let named = lines[index].gtin, let all = lines[index].quantity
                else {
                    if let (segment, reason) = lines[index].fault { refused.append(segment.refusal(reason)) }
                    continue
                }
                let rule: PaperUnits.Rule
                switch units.rule(named, all, in: lines[index].measure) {
                case .failure(let fault):
                    refused.append(lines[index].segment.refusal(fault.reason))
                    continue
                case .success(let (found, remark)):
                    rule = found
                    if let remark { remarks.append(lines[index].segment.refusal(remark)) }
                }
                let parts = written.compactMap { part in
                    rule(part.quantity).map {
                        Line.Part(lot: part.lot, expires: part.expires, quantity: $0, serials: part.serials)
                    }
                }
                guard parts.count == written.count else {
                    refused.append(lines[index].segment.refusal("a lot of it would be in parts"))
                    continue
                }
                lines[index].convert(by: rule)
                let gtin = rule.gtin
                var accepted: [Line.Part] = []
                for part in parts {
                    let key = "\(gtin)\u{1F}\(part.lot ?? "")\u{1F}\(part.expires ?? "")"
                    if let place = places[key] {
                        guard delivery.lines[place].quantity + part.quantity <= Import.quantityLimit else {
                            refused.append(
                                lines[index].segment.refusal("\(gtin) is more than \(Import.quantityLimit) altogether"))
                            continue
                        }
                        delivery.lines[place].quantity += part.quantity
                        delivery.lines[place].serials += part.serials
                    } else {
                        places[key] = delivery.lines.count
                        delivery.lines.append(
                            .init(
                                gtin: gtin, description: lines[index].description, quantity: part.quantity,
                                measure: rule.learned, lot: part.lot, expires: part.expires, serials: part.serials))
                    }
                    accepted.append(part)
                }
                pallets.load(lines[index], gtin: gtin, parts: accepted)
            }
            refused += pallets.refused
            guard !delivery.lines.isEmpty else {
                refused.append(head.refusal("the delivery \(note) has no line that can be received"))
                return nil
            }
            delivery.units = pallets.units
            return delivery
        }

        private mutating func read(_ segment: EDIFACT.Segment) {
            switch segment.tag {
            case "BGM": head = head ?? segment
            case "CPS": groups.append(Group(segment: segment))
            case "LIN": lines.append(Line(segment, group: groups.indices.last))
            case "GIN": readNumbers(segment)
            case _ where groups.isEmpty && lines.isEmpty: readHead(segment)
            case "PIA": withLine { $0.identifyFurther(segment) }
            case "IMD": withLine { $0.describe(segment) }
            case "QTY": withLine { $0.count(segment) }
            case "DTM": withLine { $0.date(segment) }
            case "PCI": withLine { $0.marks.append(.init()) }
            case "RFF" where segment[0] == "BT" && !segment[0, 1].isEmpty:
                withLine { $0.marks[$0.marks.count - 1].lots.append(segment[0, 1]) }
            case "RFF" where ["ON", "VN", "CR"].contains(segment[0]): noteReference(segment)
            default: return
            }
        }

        private mutating func noteReference(_ segment: EDIFACT.Segment) {
            guard details.count < Announced.detailLimit else { return }
            details.append((.reference, DESADV.references[segment[0]] ?? segment[0], segment[0, 1]))
        }

        /// Its name, and its number (GLN) behind it.
        private mutating func noteParty(_ segment: EDIFACT.Segment) {
            guard details.count < Announced.detailLimit else { return }
            let name =
                segment.elements.count > 3 ? segment.elements[3].filter { !$0.isEmpty }.joined(separator: " ") : ""
            let number = segment[1].trimming(" ")
            let value = name.isEmpty || number.isEmpty ? name + number : "\(name) (\(number))"
            details.append((.party, DESADV.parties[segment[0]] ?? segment[0], value))
        }

        /// The line that is being read: none between a CPS and its first LIN.
        private mutating func withLine(_ body: (inout Line) -> Void) {
            guard let last = lines.indices.last, lines[last].group == groups.indices.last else { return }
            body(&lines[last])
        }

        private mutating func readHead(_ segment: EDIFACT.Segment) {
            switch segment.tag {
            case "NAD":
                noteParty(segment)
                // The party's name, else its address as free text, else its number.
                let name = segment.elements.count > 3 ? segment.elements[3].filter { !$0.isEmpty } : []
                let texts = [name.joined(separator: " "), segment[2], segment[1]].map { $0.trimming(" ") }
                guard suppliers[segment[0]] == nil else { return }
                suppliers[segment[0]] = texts.first { !$0.isEmpty }
            case "RFF":
                if segment[0] == "DQ", deliveryNote.isEmpty {
                    deliveryNote = segment[0, 1].trimming(" ")
                } else {
                    noteReference(segment)
                }
            case "DTM":
                if let day = DESADV.day(segment[0, 1], format: segment[0, 2]) {
                    details.append((.date, DESADV.dates[segment[0]] ?? segment[0], day))
                }
                guard DESADV.arrivals.contains(segment[0]) else { return }
                if let day = DESADV.day(segment[0, 1], format: segment[0, 2]) {
                    days[segment[0]] = day
                } else {
                    refused.append(segment.refusal("\"\(segment[0, 1])\" is not a date: it is left out"))
                }
            default: return
            }
        }

        /// GIN: pallets' labels, serial numbers or lots; each element is one, or from one to another.
        private mutating func readNumbers(_ segment: EDIFACT.Segment) {
            let isInLine = lines.last.map { $0.group == groups.indices.last } ?? false
            for element in segment.elements.indices.dropFirst() {
                let first = segment[element].trimming(" ")
                let last = segment[element, 1].trimming(" ")
                guard !first.isEmpty else { continue }
                switch segment[0] {
                case "BJ", "AW":
                    let accepted = labels(first, last, segment)
                    if isInLine {
                        withLine { $0.marks[$0.marks.count - 1].ssccs += accepted }
                    } else if groups.isEmpty {
                        refused.append(segment.refusal("a pallet's label outside of any CPS"))
                    } else {
                        groups[groups.count - 1].ssccs += accepted
                    }
                case "BN":
                    let numbers =
                        last.isEmpty
                        ? [first] : DESADV.range(from: first, to: last, limit: DESADV.serialLimit - serials)
                    serials += numbers?.count ?? 0
                    withLine { line in
                        if let numbers, numbers.allSatisfy({ $0.count <= 64 }) {
                            line.marks[line.marks.count - 1].serials += numbers
                        } else {
                            line.fail(segment, "\"\(first)\" to \"\(last)\" are no serial numbers that can be counted")
                        }
                    }
                case "BX": withLine { $0.marks[$0.marks.count - 1].lots.append(first) }
                default: continue
                }
            }
        }

        /// The labels of a GIN that are right and new.
        private mutating func labels(_ first: String, _ last: String, _ segment: EDIFACT.Segment) -> [String] {
            let ends = [first, last].filter { !$0.isEmpty }.map(Import.sscc)
            if let wrong = ends.first(where: { !Import.isSSCC($0) }) {
                refused.append(segment.refusal("\"\(wrong)\" is not an SSCC: 18 digits with a right check digit"))
                return []
            }
            guard
                let numbers = DESADV.range(
                    from: String(ends[0].dropLast()), to: String(ends.last!.dropLast()),
                    limit: DESADV.unitLimit)
            else {
                refused.append(segment.refusal("\(ends[0]) to \(ends.last!) is no range of SSCCs"))
                return []
            }
            var accepted: [String] = []
            for number in numbers {
                let sscc = "\(number)\(GS1.checkDigit(number))"
                guard ssccs.count < DESADV.unitLimit else {
                    refused.append(segment.refusal("more than \(DESADV.unitLimit) units"))
                    break
                }
                guard ssccs.insert(sscc).inserted else {
                    refused.append(segment.refusal("SSCC \(sscc) stands twice in the message"))
                    continue
                }
                accepted.append(sscc)
            }
            return accepted
        }
    }
}
