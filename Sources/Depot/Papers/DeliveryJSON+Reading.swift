import Identifiers
import Model

extension DeliveryJSON {
    /// One delivery, field by field.
    struct Reading {
        /// Why a field cannot be taken, in words.
        private struct Fault: Error { var reason: Phrase }

        private(set) var refused: [ImportReport.Refusal] = []
        private(set) var remarks: [ImportReport.Refusal] = []
        private let json: JSON
        /// Its place in the file, from 1.
        private let number: Int
        /// Units of the deliveries before it, with their notes.
        private let ssccs: [String: String]
        private var name: Phrase

        /// Finds the GTIN of a reference.
        private let article: (String) -> String?
        private let units: PaperUnits

        init(
            _ json: JSON, number: Int, ssccs: [String: String], article: @escaping (String) -> String?,
            units: PaperUnits
        ) {
            self.units = units
            (self.json, self.number, self.ssccs, self.article) = (json, number, ssccs, article)
            name = "delivery \(number)"
        }

        private mutating func refuse(_ line: Int, _ place: Phrase?, _ reason: Phrase) {
            refused.append(
                .init(line: line, reason: place.map { "\(name), \($0): \(reason)" } ?? "\(name): \(reason)"))
        }

        /// The delivery; nil, with the reason, where nothing of it can be received.
        mutating func announced() -> Announced? {
            do throws(Fault) {
                guard json.isObject else { throw Fault(reason: "it is not an object") }
                let note = try needed("note", in: json, limit: DeliveryJSON.nameLimit)
                name = "delivery \(note)"
                var delivery = Announced(
                    note: note, supplier: try needed("supplier", in: json, limit: DeliveryJSON.textLimit),
                    expectedOn: try day("expectedOn", in: json),
                    client: try text("client", in: json, limit: DeliveryJSON.nameLimit),
                    dock: try text("dock", in: json, limit: DeliveryJSON.nameLimit))
                delivery.lines = readLines(try list("lines", in: json))
                guard !delivery.lines.isEmpty else { throw Fault(reason: "it has no line that can be received") }
                delivery.units = readUnits(try list("units", in: json))
                return delivery
            } catch {
                refuse(number, nil, error.reason)
                return nil
            }
        }

        private mutating func readLines(_ values: [JSON]) -> [Announced.Line] {
            var lines: [Announced.Line] = []
            var places: [String: Int] = [:]
            for (index, value) in values.enumerated() {
                do throws(Fault) {
                    let line = try line(value, number: index + 1)
                    // The same article of the same lot adds, as it does in a DESADV and in a table.
                    let key = "\(line.gtin)\u{1F}\(line.lot ?? "")\u{1F}\(line.expires ?? "")"
                    guard let place = places[key] else {
                        places[key] = lines.count
                        lines.append(line)
                        continue
                    }
                    guard lines[place].quantity + line.quantity <= Import.quantityLimit else {
                        throw Fault(reason: "GTIN \(line.gtin) is more than \(Import.quantityLimit) altogether")
                    }
                    lines[place].quantity += line.quantity
                    lines[place].serials += line.serials
                } catch {
                    refuse(index + 1, "line \(index + 1)", error.reason)
                }
            }
            return lines
        }

        private mutating func line(_ value: JSON, number: Int) throws(Fault) -> Announced.Line {
            guard value.isObject else { throw Fault(reason: "it is not an object") }
            let (written, rule, remark) = try counted(in: value)
            if let remark { remarks.append(.init(line: number, reason: "\(name), line \(number): \(remark)")) }
            guard let quantity = rule(written) else { throw Fault(reason: "quantity \(written) cannot be converted") }
            var serials: [String] = []
            for value in try list("serials", in: value) {
                guard let serial = value.text?.trimming(" \t"), (1...DeliveryJSON.nameLimit).contains(serial.count)
                else {
                    throw Fault(reason: "a serial number is a text of 1 to \(DeliveryJSON.nameLimit) characters")
                }
                serials.append(serial)
            }
            if !serials.isEmpty, Quantity(serials.count) != quantity {
                throw Fault(reason: "\(serials.count) serial numbers for a quantity of \(quantity)")
            }
            if Set(serials).count != serials.count { throw Fault(reason: "a serial number stands twice") }
            return .init(
                gtin: rule.gtin, description: try text("description", in: value, limit: DeliveryJSON.textLimit) ?? "",
                quantity: quantity, measure: rule.learned,
                lot: try text("lot", in: value, limit: DeliveryJSON.nameLimit),
                expires: try day("expires", in: value), serials: serials)
        }

        private mutating func readUnits(_ values: [JSON]) -> [Announced.Unit] {
            var units: [Announced.Unit] = []
            var places: [String: Int] = [:]
            var numbers: [Int] = []
            for (index, value) in values.enumerated() {
                let place: Phrase = "unit \(index + 1)"
                do throws(Fault) {
                    guard value.isObject else { throw Fault(reason: "it is not an object") }
                    let sscc = try needed("sscc", in: value, limit: DeliveryJSON.nameLimit)
                    guard Import.isSSCC(sscc) else {
                        throw Fault(reason: "\"\(sscc)\" is not an SSCC: 18 digits with a right check digit")
                    }
                    guard places[sscc] == nil else { throw Fault(reason: "SSCC \(sscc) stands twice") }
                    if let other = ssccs[sscc] { throw Fault(reason: "SSCC \(sscc) stands on \(other) already") }
                    let parent = try text("parent", in: value, limit: DeliveryJSON.nameLimit)
                    let contents = readContents(try list("contents", in: value), place, line: index + 1)
                    places[sscc] = units.count
                    numbers.append(index + 1)
                    units.append(.init(sscc: sscc, parent: parent, contents: contents))
                } catch {
                    refuse(index + 1, place, error.reason)
                }
            }
            // Links are judged as they were written, and those that lead nowhere or around are taken away together.
            let parents = units.map { $0.parent.map { places[$0] } }
            for index in units.indices {
                guard let parent = units[index].parent, let reason = fault(at: index, parents, parent) else { continue }
                refuse(numbers[index], "unit \(numbers[index])", "\(reason): it is taken to stand alone")
                units[index].parent = nil
            }
            return units
        }

        /// What is wrong with the unit that one stands on: nil when nothing is.
        private func fault(at index: Int, _ parents: [Int??], _ name: String) -> Phrase? {
            guard case .some(.some(var below)) = parents[index] else {
                return "the unit \(name) that it stands on does not exist"
            }
            for _ in 0..<DESADV.levelLimit {
                if below == index { return "it stands on itself" }
                guard case .some(.some(let next)) = parents[below] else { return nil }
                below = next
            }
            return "it stands on more than \(DESADV.levelLimit) units, or on some that go in a circle"
        }

        private mutating func readContents(_ values: [JSON], _ place: Phrase, line: Int) -> [Reception.Content] {
            var contents: [Reception.Content] = []
            for (index, value) in values.enumerated() {
                do throws(Fault) {
                    guard value.isObject else { throw Fault(reason: "it is not an object") }
                    let (written, rule, _) = try counted(in: value)
                    guard let quantity = rule(written) else {
                        throw Fault(reason: "quantity \(written) cannot be converted")
                    }
                    contents.append(
                        .init(
                            gtin: rule.gtin, quantity: quantity,
                            lot: try text("lot", in: value, limit: DeliveryJSON.nameLimit)))
                } catch {
                    refuse(line, "\(place), content \(index + 1)", error.reason)
                }
            }
            return contents
        }

        // MARK: Fields

        /// A text without the space around it; nil when it is absent, null or empty.
        private func text(_ field: String, in value: JSON, limit: Int) throws(Fault) -> String? {
            guard let member = value[field], member != .null else { return nil }
            guard let text = member.text?.trimming(" \t") else { throw Fault(reason: "\"\(field)\" is not a text") }
            guard text.count <= limit else { throw Fault(reason: "\"\(field)\" has more than \(limit) characters") }
            return text.isEmpty ? nil : text
        }

        private func needed(_ field: String, in value: JSON, limit: Int) throws(Fault) -> String {
            guard let text = try text(field, in: value, limit: limit) else {
                throw Fault(reason: "\"\(field)\" is missing")
            }
            return text
        }

        private func list(_ field: String, in value: JSON) throws(Fault) -> [JSON] {
            guard let member = value[field], member != .null else { return [] }
            guard let list = member.list else { throw Fault(reason: "\"\(field)\" is not an array") }
            return list
        }

        private func gtin(in value: JSON) throws(Fault) -> String {
            let code = try text("gtin", in: value, limit: DeliveryJSON.nameLimit)
            if let gtin = code.flatMap({ GS1.gtin14($0) }) { return gtin }
            let reference = try text("reference", in: value, limit: DeliveryJSON.nameLimit)
            if let gtin = [code, reference].lazy.compactMap({ $0 }).compactMap(article).first { return gtin }
            if let code { throw Fault(reason: Import.gtinReason(code)) }
            guard let reference else { throw Fault(reason: "\"gtin\" is missing, and a \"reference\" too") }
            if let own = units.own(reference) { return own }
            throw Fault(reason: "the catalogue has no article with the reference \"\(reference)\"")
        }

        /// How many of which article, and what that is in the article's unit.
        private func counted(in value: JSON) throws(Fault) -> (Quantity, PaperUnits.Rule, remark: Phrase?) {
            let gtin = try gtin(in: value)
            let quantity = try quantity(in: value)
            let measure = try text("unit", in: value, limit: DeliveryJSON.nameLimit).flatMap { Measure($0) }
            switch units.rule(gtin, quantity, in: measure) {
            case .failure(let fault): throw Fault(reason: fault.reason)
            case .success(let (rule, remark)): return (quantity, rule, remark)
            }
        }

        private func quantity(in value: JSON) throws(Fault) -> Quantity {
            guard let number = value["quantity"].flatMap({ Quantity($0) }), number > 0, number <= Import.quantityLimit
            else {
                let shown = value["quantity"].map { Phrase(verbatim: String($0.description.prefix(40))) } ?? "missing"
                throw Fault(
                    reason:
                        "quantity \(shown) is not a whole number from 1 to \(Import.quantityLimit), nor one with three decimals"
                )
            }
            return number
        }

        private func day(_ field: String, in value: JSON) throws(Fault) -> String? {
            guard let text = try text(field, in: value, limit: DeliveryJSON.nameLimit) else { return nil }
            guard Day.isDay(text) else {
                throw Fault(reason: "\"\(text)\" in \"\(field)\" is not a date such as 2027-03-31")
            }
            return text
        }
    }
}
