import Identifiers
import Model

extension UBL {
    /// One despatch advice.
    struct Reading {
        private let document: Node
        private(set) var refused: [ImportReport.Refusal] = []
        private(set) var remarks: [ImportReport.Refusal] = []
        private var places: [String: Int] = [:]
        private var units: [String: Int] = [:]

        init(_ document: Node) { self.document = document }

        /// Why a line cannot be received.
        private struct Fault: Error {
            var line: Int
            var reason: Phrase

            init(node: Node, reason: Phrase) { (line, self.reason) = (node.line, "\(node.name): \(reason)") }
        }

        private mutating func refuse(_ node: Node, _ reason: Phrase) {
            refused.append(.init(line: node.line, reason: "\(node.name): \(reason)"))
        }

        /// The delivery; nil, with the reason, where nothing of it can be received.
        mutating func announced(article: (String) -> String?, _ units: PaperUnits) -> Announced? {
            guard let note = document.first("ID"), (1...64).contains(note.count) else {
                refuse(document, "a delivery note (ID) has 1 to 64 characters")
                return nil
            }
            let suppliers =
                document.all("DespatchSupplierParty", "Party") + document.all("SellerSupplierParty", "Party")
            var delivery = Announced(
                note: note, supplier: String((suppliers.lazy.compactMap(Reading.name).first ?? "").prefix(256)),
                expectedOn: expectedOn())
            addDetails(to: &delivery)
            for unit in document.all("Shipment", "TransportHandlingUnit") {
                if let sscc = sscc(unit) { stand(sscc, in: &delivery) }
            }
            let shipped = delivery.units.map(\.sscc)
            for line in document.all("DespatchLine") {
                do throws(Fault) { try add(line, to: &delivery, shipped: shipped, article, units) } catch {
                    refused.append(.init(line: error.line, reason: error.reason))
                }
            }
            guard !delivery.lines.isEmpty else {
                refuse(document, "the delivery \(note) has no line that can be received")
                return nil
            }
            return delivery
        }

        // MARK: head

        private static func name(_ party: Node) -> String? {
            party.first("PartyName", "Name") ?? party.first("PartyLegalEntity", "RegistrationName")
                ?? party.first("PartyIdentification", "ID") ?? party.first("EndpointID")
        }

        /// The best of what is said of its arrival.
        private mutating func expectedOn() -> String? {
            let deliveries = document.all("Shipment", "Delivery")
            let periods = ["EstimatedDeliveryPeriod", "PromisedDeliveryPeriod", "RequestedDeliveryPeriod"].flatMap {
                period in
                deliveries.flatMap { $0.all(period, "StartDate") + $0.all(period, "EndDate") }
            }
            let others = ["LatestDeliveryDate", "ActualDeliveryDate"].flatMap { date in
                deliveries.flatMap { $0.all(date) }
            }
            for node in periods + others where !node.text.isEmpty {
                if let day = Reading.day(node.text) { return day }
                refuse(node, "\"\(node.text.prefix(40))\" is not a date: it is left out")
            }
            return nil
        }

        /// `2027-03-31`, perhaps with a zone of time behind it (XML Schema, `date`).
        private static func day(_ text: String) -> String? {
            let day = String(text.prefix(10))
            return Day.isDay(day) ? day : nil
        }

        private func addDetails(to delivery: inout Announced) {
            func parties(_ nodes: [Node], _ code: String) {
                for party in nodes { delivery.add(.party, code, Reading.name(party) ?? "") }
            }
            parties(document.all("DespatchSupplierParty", "Party"), "supplier")
            parties(document.all("SellerSupplierParty", "Party"), "seller")
            parties(document.all("DeliveryCustomerParty", "Party"), "ship-to")
            parties(document.all("BuyerCustomerParty", "Party"), "buyer")
            parties(document.all("Shipment", "Consignment", "CarrierParty"), "carrier")
            parties(document.all("Shipment", "Delivery", "CarrierParty"), "carrier")
            parties(document.all("Shipment", "ShipmentStage", "CarrierParty"), "carrier")
            delivery.add(.date, "issued", document.first("IssueDate").flatMap(Reading.day) ?? "")
            for shipped in document.all("Shipment", "Delivery", "Despatch", "ActualDespatchDate") {
                delivery.add(.date, "despatched", Reading.day(shipped.text) ?? "")
            }
            for order in document.all("OrderReference")
                + document.all("DespatchLine", "OrderLineReference", "OrderReference")
            {
                delivery.add(.reference, "order", order.first("ID") ?? "")
                delivery.add(.reference, "supplier-order", order.first("SalesOrderID") ?? "")
                delivery.add(.reference, "customer", order.first("CustomerReference") ?? "")
            }
            for other in document.all("AdditionalDocumentReference") {
                delivery.add(.reference, other.first("DocumentType") ?? "document", other.first("ID") ?? "")
            }
            for shipment in document.all("Shipment", "ID") where !["1", "NA"].contains(shipment.text) {
                delivery.add(.reference, "shipment", shipment.text)
            }
        }

        // MARK: lines

        private mutating func add(
            _ line: Node, to delivery: inout Announced, shipped: [String], _ article: (String) -> String?,
            _ units: PaperUnits
        ) throws(Fault) {
            guard let counted = line.all("DeliveredQuantity").first else {
                throw Fault(node: line, reason: "it has no DeliveredQuantity")
            }
            guard let written = DESADV.quantity(counted.text), (0...Import.quantityLimit).contains(written) else {
                let reason: Phrase =
                    "quantity \"\(counted.text.prefix(40))\" is not a whole number from 1 to \(Import.quantityLimit), nor one with three decimals"
                throw Fault(node: counted, reason: reason)
            }
            guard written > 0 else {
                remarks.append(.init(line: line.line, reason: "DespatchLine: nothing of it is on its way: left out"))
                return
            }
            let rule: PaperUnits.Rule
            switch units.rule(try self.gtin(line, article, own: units.own), written, in: Measure(counted.scheme)) {
            case .failure(let fault): throw Fault(node: counted, reason: fault.reason)
            case .success(let (found, remark)):
                rule = found
                if let remark { remarks.append(.init(line: line.line, reason: "DespatchLine: \(remark)")) }
            }
            guard let quantity = rule(written) else { return }
            let gtin = rule.gtin
            let parts = try parts(line, quantity)
            let description = line.first("Item", "Name") ?? line.first("Item", "Description") ?? ""
            for part in parts {
                let key = "\(gtin)\u{1F}\(part.lot ?? "")\u{1F}\(part.expires ?? "")"
                guard let place = places[key] else {
                    places[key] = delivery.lines.count
                    delivery.lines.append(
                        .init(
                            gtin: gtin, description: String(description.prefix(256)), quantity: part.quantity,
                            measure: rule.learned, lot: part.lot, expires: part.expires, serials: part.serials))
                    continue
                }
                guard delivery.lines[place].quantity + part.quantity <= Import.quantityLimit else {
                    throw Fault(node: line, reason: "\(gtin) is more than \(Import.quantityLimit) altogether")
                }
                delivery.lines[place].quantity += part.quantity
                delivery.lines[place].serials += part.serials
            }
            load(parts, gtin, of: line, on: shipped, in: &delivery)
        }

        private func gtin(
            _ line: Node, _ article: (String) -> String?, own: (String) -> String?
        ) throws(Fault) -> String {
            let standard = line.all("Item", "StandardItemIdentification", "ID").filter { !$0.text.isEmpty }
            if let gtin = standard.lazy.compactMap({ GS1.gtin14($0.text) }).first { return gtin }
            // Some say it there; a scheme of 0160 is GTIN's (ISO/IEC 6523).
            let further = line.all("Item", "AdditionalItemIdentification", "ID")
            let named = further.lazy.filter { ["0160", "GTIN", "EAN"].contains($0.scheme.uppercased()) }
            if standard.isEmpty, let gtin = named.compactMap({ GS1.gtin14($0.text) }).first { return gtin }
            let others = [
                "SellersItemIdentification", "BuyersItemIdentification", "ManufacturersItemIdentification",
                "CatalogueItemIdentification",
            ].flatMap { line.all("Item", $0, "ID") }
            let names = (standard + others).map(\.text).filter { !$0.isEmpty }
            if let gtin = names.lazy.compactMap(article).first { return gtin }
            if let bad = standard.first { throw Fault(node: bad, reason: Import.gtinReason(bad.text)) }
            if let own = names.lazy.compactMap(own).first { return own }
            guard let name = names.first else { throw Fault(node: line, reason: "the line names no article") }
            throw Fault(
                node: line,
                reason: "the line of article \(name.prefix(64)) has no GTIN, and the catalogue has no such reference")
        }

        /// A part of a line that is one lot.
        private struct Part {
            var lot: String?
            var expires: String?
            var quantity: Quantity
            var serials: [String]
        }

        /// Its lots: several are told apart where each piece has its serial number.
        private func parts(_ line: Node, _ quantity: Quantity) throws(Fault) -> [Part] {
            let instances = line.all("Item", "ItemInstance")
            var parts: [Part] = []
            var places: [String: Int] = [:]
            for instance in instances {
                let lot = instance.first("LotIdentification", "LotNumberID")
                var expires: String?
                for node in instance.all("LotIdentification", "ExpiryDate") + instance.all("BestBeforeDate")
                where !node.text.isEmpty && expires == nil {
                    guard let day = Reading.day(node.text) else {
                        throw Fault(node: node, reason: "\"\(node.text.prefix(40))\" is not a date")
                    }
                    expires = day
                }
                let serial = instance.first("SerialID")
                guard lot?.count ?? 0 <= 64, serial?.count ?? 0 <= 64 else {
                    throw Fault(node: instance, reason: "a lot and a serial number have at most 64 characters")
                }
                let key = "\(lot ?? "")\u{1F}\(expires ?? "")"
                if let place = places[key] {
                    parts[place].serials += serial.map { [$0] } ?? []
                } else {
                    places[key] = parts.count
                    guard parts.count < 1000 else { throw Fault(node: line, reason: "it has more than 1000 lots") }
                    parts.append(Part(lot: lot, expires: expires, quantity: 0, serials: serial.map { [$0] } ?? []))
                }
            }
            let serials = parts.flatMap(\.serials)
            guard Set(serials).count == serials.count else {
                throw Fault(node: line, reason: "a serial number stands twice")
            }
            guard serials.isEmpty || Quantity(serials.count) == quantity else {
                throw Fault(node: line, reason: "\(serials.count) serial numbers for a quantity of \(quantity)")
            }
            guard parts.count > 1 else {
                return [
                    Part(lot: parts.first?.lot, expires: parts.first?.expires, quantity: quantity, serials: serials)
                ]
            }
            guard parts.allSatisfy({ !$0.serials.isEmpty }) else {
                throw Fault(node: line, reason: "\(parts.count) lots, and not how many are of which")
            }
            return parts.map {
                Part(lot: $0.lot, expires: $0.expires, quantity: Quantity($0.serials.count), serials: $0.serials)
            }
        }

        // MARK: pallets

        private mutating func sscc(_ unit: Node) -> String? {
            guard let text = unit.first("ID"), !["NA", "1"].contains(text) else { return nil }
            let sscc = Import.sscc(text)
            if Import.isSSCC(sscc) { return sscc }
            // Units may have numbers of another kind.
            let isSaidToBe = unit.all("ID").contains { ["SSCC", "0161"].contains($0.scheme.uppercased()) }
            if isSaidToBe { refuse(unit, "\"\(text.prefix(64))\" is not an SSCC: 18 digits with a right check digit") }
            return nil
        }

        private mutating func stand(_ sscc: String, in delivery: inout Announced) {
            guard units[sscc] == nil, delivery.units.count < DESADV.unitLimit else { return }
            units[sscc] = delivery.units.count
            delivery.units.append(.init(sscc: sscc))
        }

        /// On the one unit of the line, else on the one of the shipment.
        private mutating func load(
            _ parts: [Part], _ gtin: String, of line: Node, on shipped: [String], in delivery: inout Announced
        ) {
            var own: [String] = []
            for unit in line.all("Shipment", "TransportHandlingUnit") {
                guard let sscc = sscc(unit) else { continue }
                stand(sscc, in: &delivery)
                own.append(sscc)
            }
            if own.count > 1 { refuse(line, "how many are on which of its units is not said: they stand empty") }
            guard let sscc = own.isEmpty ? (shipped.count == 1 ? shipped[0] : nil) : own.count == 1 ? own[0] : nil,
                let unit = units[sscc]
            else { return }
            for part in parts {
                delivery.units[unit].contents.append(.init(gtin: gtin, quantity: part.quantity, lot: part.lot))
            }
        }
    }
}
