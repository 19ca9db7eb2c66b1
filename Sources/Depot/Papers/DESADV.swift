import Identifiers
import Model

/// Despatch advices (EDIFACT DESADV, D.96A and D.01B, as EANCOM uses them): deliveries announced by a message.
///
/// The delivery note is the one that RFF+DQ names, else the message's own number (BGM): it is what lies with the goods.
/// It is expected on the first of DTM+17, 132, 358, 69, 2, 64, 63, 35 that is there. Quantities count what LIN names,
/// pieces, cartons or metres alike (DE 6411 says which): QTY+59 is not multiplied in, because the catalogue knows the carton. Parties, dates and references
/// are kept beside it; texts (FTX) are read over.
public enum DESADV {
    /// Pallets and cartons of a message, and entries of what stands on them.
    static let unitLimit = 10_000
    static let contentLimit = 200_000
    static let serialLimit = 100_000
    /// CPS of a message, and reasons of a file that are told one by one.
    static let packageLimit = 20_000
    static let refusalLimit = 1000
    /// Levels of CPS, the shipment being the first.
    static let levelLimit = 20
    /// Codes of DTM that say when goods arrive, the best first: estimated, expected, promised, requested, earliest,
    /// latest, and the actual day, which suppliers write before it has come.
    static let arrivals = ["17", "132", "358", "69", "2", "64", "63", "35"]

    /// Words for what is kept of a message (code lists 3035, 2005 and 1153); other codes stay as they are.
    static let parties = [
        "BY": "buyer", "SU": "supplier", "SE": "seller", "SF": "ship-from", "DP": "ship-to", "ST": "ship-to",
        "UC": "final-consignee", "CN": "consignee", "CZ": "consignor", "CA": "carrier", "FW": "forwarder",
        "IV": "invoicee",
    ]
    static let dates = [
        "137": "issued", "11": "despatched", "17": "estimated", "132": "estimated", "358": "scheduled",
        "69": "promised",
        "2": "requested", "64": "earliest", "63": "latest", "35": "delivered", "171": "order",
    ]
    static let references = [
        "ON": "order", "VN": "supplier-order", "CR": "customer", "IV": "invoice", "AAS": "transport", "CT": "contract",
        "BO": "blanket-order", "AAK": "advice", "CU": "consignment",
    ]

    /// What can be received, and what was refused: a refused line, unit or link is not in its delivery, the rest is.
    /// Lines of refusals are lines of the file, from 1.
    /// `article` finds the GTIN of a supplier's reference, where a line names nothing better; `counting` says what an article is
    /// counted in; `own` names an article that has a reference alone.
    public static func parse(
        _ bytes: [UInt8], article: (String) -> String? = { _ in nil },
        counting: @escaping (String) -> ArticleCounting = { _ in ArticleCounting() },
        own: @escaping (String) -> String? = { _ in nil }
    ) -> ParsedDeliveries {
        let units = PaperUnits(counting)
        units.own = own
        let file = EDIFACT(bytes)
        var refused = file.refused
        var remarks: [ImportReport.Refusal] = []
        var deliveries: [Announced] = []
        var places: [String: [Int]] = [:]
        var owners: [String: Int] = [:]
        for message in file.messages {
            guard message.type == "DESADV" else {
                refused.append(
                    message.header.refusal("a message of type \"\(message.type)\" announces no delivery; DESADV does"))
                continue
            }
            var reading = Reading(message)
            var announced = reading.announced(article: article, units)
            refused += reading.refused
            remarks += reading.remarks
            guard announced != nil else { continue }
            let others = places[announced!.note] ?? []
            let same =
                others.first { Again.isSame(deliveries[$0].supplier, announced!.supplier) }
                ?? (others.count < Again.supplierLimit ? nil : others.last)
            let place = same ?? deliveries.count
            if place < deliveries.count, !reading.isReplacement {
                refused.append(message.header.refusal("the delivery \(announced!.note) stands twice in the file"))
                continue
            }
            announced!.units.removeAll { unit in
                guard let other = owners[unit.sscc], other != place else { return false }
                refused.append(
                    message.header.refusal("SSCC \(unit.sscc) stands on \(deliveries[other].note) already"))
                return true
            }
            for unit in announced!.units { owners[unit.sscc] = place }
            if place < deliveries.count {
                deliveries[place] = announced!
            } else {
                places[announced!.note, default: []].append(place)
                deliveries.append(announced!)
            }
        }
        refused.sort { $0.line < $1.line }
        if refused.count > refusalLimit {
            let more = refused.count - refusalLimit
            refused.removeLast(more)
            refused.append(.init(line: refused.last!.line, reason: "and \(more) more things are refused"))
        }
        return ParsedDeliveries(deliveries: deliveries, refused: refused, remarks: remarks)
    }

    /// `YYYY-MM-DD` of a DTM value and its format (code list 2379); nil where it is no day of the calendar.
    static func day(_ value: String, format: String) -> String? {
        var digits = value.trimming(" ")
        switch format {
        case "102", "203", "204", "205", "208", "303", "304", "711", "718", "719", "":
            guard digits.utf8.count >= 8 else { return nil }
            digits = String(digits.prefix(8))
        case "101", "201", "202", "713", "717":
            guard digits.utf8.count >= 6 else { return nil }
            digits = "20" + digits.prefix(6)
        case "2", "4":
            // The day in front: DDMMYY, DDMMYYYY.
            guard digits.utf8.count == (format == "2" ? 6 : 8) else { return nil }
            let year = digits.dropFirst(4)
            digits = "\(format == "2" ? "20" : "")\(year)\(digits.dropFirst(2).prefix(2))\(digits.prefix(2))"
        case "610", "609":
            // A month, by its last day.
            let month = (format == "610" ? "" : "20") + digits
            guard month.utf8.count == 6, let year = Int(month.prefix(4)), let number = Int(month.suffix(2)),
                (1...12).contains(number), (1900...2999).contains(year)
            else { return nil }
            return Day.text(year, number, Day.length(year, number))
        default: return nil
        }
        return Day.text(digits)
    }

    /// A number with a point or a comma before its decimals, or without; nil for anything else, and for a fourth decimal.
    static func quantity(_ text: String) -> Quantity? {
        let parts = text.trimming(" ").split(maxSplits: 1, omittingEmptySubsequences: false) { $0 == "." || $0 == "," }
        guard let head = parts.first, !head.isEmpty else { return nil }
        return Quantity(digits: head, decimals: parts.count == 2 ? parts[1] : "")
    }

    /// The texts from one to another, both included: what differs are digits of the same width.
    static func range(from first: String, to last: String, limit: Int) -> [String]? {
        if first == last { return [first] }
        let (a, b) = (Array(first.utf8), Array(last.utf8))
        guard a.count == b.count else { return nil }
        let common = zip(a, b).prefix { $0 == $1 }.count
        let digits = a.suffix(from: common).allSatisfy { (0x30...0x39).contains($0) }
        guard digits, let low = Int(String(decoding: a[common...], as: UTF8.self)),
            let high = Int(String(decoding: b[common...], as: UTF8.self)), low <= high, high - low < limit
        else { return nil }
        let (prefix, width) = (String(decoding: a[..<common], as: UTF8.self), a.count - common)
        return (low...high).map { number in
            let text = String(number)
            return prefix + String(repeating: "0", count: width - text.count) + text
        }
    }
}
