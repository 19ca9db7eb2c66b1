import Identifiers
import Model

/// Deliveries announced as JSON: `{"deliveries": […]}`, an array of deliveries, or one delivery.
///
/// A delivery has `note` and `supplier`, perhaps `expectedOn` (`YYYY-MM-DD`), `client` and `dock`; `lines` of `gtin`
/// (or the supplier's `reference`, where the catalogue knows it), `quantity`, perhaps `unit` (`MTR`, `m`), `description`, `lot`, `expires` and `serials`; perhaps `units` of `sscc`, `parent` and
/// `contents` (`gtin`, `quantity`, `lot`). Other fields are read over; null is as good as none.
public enum DeliveryJSON {
    /// Bytes of a text.
    static let sizeLimit = 16 << 20
    /// Characters of a note, a lot, a serial number; and of a description, a supplier.
    static let nameLimit = 64
    static let textLimit = 4096

    /// What can be received, and what was refused: a refused line, unit or content is not in its delivery, the rest is.
    /// A refusal's line is the line's or unit's place in its delivery, the delivery's in the file where it is about the
    /// delivery itself (from 1), or the line of the text where that is no JSON; its reason names the delivery.
    /// `article` finds the GTIN of a supplier's `reference`, where a line has no `gtin`; `own` names an article that has that alone.
    public static func parse(
        _ bytes: [UInt8], article: @escaping (String) -> String? = { _ in nil },
        counting: @escaping (String) -> ArticleCounting = { _ in ArticleCounting() },
        own: @escaping (String) -> String? = { _ in nil }
    ) -> ParsedDeliveries {
        let units = PaperUnits(counting)
        units.own = own
        guard bytes.count <= sizeLimit else {
            return ParsedDeliveries(refused: [
                .init(line: 1, reason: "the text has \(bytes.count) bytes; at most \(sizeLimit) are read")
            ])
        }
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        let json: JSON
        do {
            json = try JSON(parsing: body)
        } catch {
            let line = 1 + body.prefix(error.offset).count { $0 == 0x0A }
            return ParsedDeliveries(refused: [.init(line: line, reason: "this is not JSON: \(error)")])
        }
        guard let all = json["deliveries"]?.list ?? json.list ?? (json.isObject ? [json] : nil) else {
            return ParsedDeliveries(refused: [
                .init(line: 1, reason: "deliveries are expected: an array, or an object with \"deliveries\"")
            ])
        }
        if json["deliveries"] != nil, json["deliveries"]?.list == nil {
            return ParsedDeliveries(refused: [.init(line: 1, reason: "\"deliveries\" is not an array")])
        }
        var refused: [ImportReport.Refusal] = []
        var remarks: [ImportReport.Refusal] = []
        var deliveries: [Announced] = []
        var notes: [String: [String]] = [:]
        var ssccs: [String: String] = [:]
        for (index, value) in all.enumerated() {
            guard let delivery = read(value, number: index + 1, ssccs, article, units, &refused, &remarks) else {
                continue
            }
            guard Again.isFirst(delivery, &notes) else {
                refused.append(.init(line: index + 1, reason: "delivery \(delivery.note) stands twice"))
                continue
            }
            for unit in delivery.units { ssccs[unit.sscc] = delivery.note }
            deliveries.append(delivery)
        }
        return ParsedDeliveries(deliveries: deliveries, refused: refused, remarks: remarks)
    }

    private static func read(
        _ value: JSON, number: Int, _ ssccs: [String: String], _ article: @escaping (String) -> String?,
        _ units: PaperUnits, _ refused: inout [ImportReport.Refusal], _ remarks: inout [ImportReport.Refusal]
    ) -> Announced? {
        var reading = Reading(value, number: number, ssccs: ssccs, article: article, units: units)
        defer {
            refused += reading.refused
            remarks += reading.remarks
        }
        return reading.announced()
    }
}
