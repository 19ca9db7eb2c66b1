import Depot
import Model

extension QueuePayload {
    /// What a closing changes of what was told of its delivery: nil for nothing. `told`: its jobs so far, without the one that is made.
    /// `reception`: the whole, as it would be told now.
    ///
    /// Counts of stock in between have told what they saw, and the ERP is not told twice (decision 0021). What is damaged changes
    /// nothing in the receipt: where the ERP has a place for it (`setsAside`) it is moved there, else it is said, and left out.
    static func correction(
        _ view: DeliveryView, whole: JSON, told: [ERPJob], setsAside: Bool, in store: Store
    ) throws -> JSON? {
        guard let reception = told.last(where: { $0.kind == .reception }) else { return nil }
        let corrections = told.filter { $0.kind == .correction && $0.id > reception.id && !$0.isVoid }
        var sum = Amounts()
        sum.add(whole, sign: 1)
        sum.add(reception.payload, sign: -1)
        for job in corrections { sum.add(job.payload, sign: -1) }
        let mark = reception.payload["mark"]?.integer ?? 0
        for (gtin, lots) in try store.stock.settled(delivery: view.id, after: mark) {
            for (lot, quantity) in lots { sum.add(quantity, of: gtin, lot: lot) }
        }
        let lines = sum.changes().map { change -> JSON in
            let line = sum.lines[change.gtin]
            return .object([
                ("line", line?["line"]), ("product", line?["product"]), ("gtin", .string(change.gtin)),
                ("lot", change.lot.isEmpty ? nil : .string(change.lot)),
                ("expires", sum.expiry[change.gtin + "\n" + change.lot].map(JSON.string)),
                ("quantity", change.quantity.json),
            ])
        }
        // Of which of several lots the damaged are, nobody has said.
        let changed = left(whole, reception, corrections)
        let broken = changed.filter { setsAside && lots(of: $0, whole, reception.payload).count < 2 }
        let left = changed.filter { !broken.contains($0) }
        let damaged = broken.isEmpty ? nil : aside(broken, whole, reception.payload)
        guard !lines.isEmpty || damaged != nil else { return nil }
        return .object([
            ("title", whole["title"]), ("place", reception.payload["place"] ?? whole["place"]),
            ("receipt", reception.remote.flatMap { $0.isEmpty ? nil : .string($0) } ?? whole["receipt"]),
            ("note", whole["note"]), ("reason", view.reopenings.last.map { .string($0.reason) }),
            ("supplier", whole["supplier"]), ("lines", .array(lines)),
            ("left", left.isEmpty ? nil : .array(left)), ("damaged", damaged),
        ])
    }

    /// What is damaged as it is told: with the product, and its lot where there is one.
    private static func aside(_ changed: [JSON], _ whole: JSON, _ told: JSON) -> JSON {
        .array(
            changed.map { change in
                let line = lines(of: change, whole, told).first
                return .object([
                    ("gtin", change["gtin"]), ("product", line?["product"]),
                    ("lot", lots(of: change, whole, told).first?["number"]), ("quantity", change["quantity"]),
                ])
            })
    }

    /// Of the delivery as it is, and as it was told: all of it may have gone back since.
    private static func lines(of change: JSON, _ whole: JSON, _ told: JSON) -> [JSON] {
        [whole, told].compactMap { $0["lines"]?.list?.first { $0["gtin"] == change["gtin"] } }
    }

    private static func lots(of change: JSON, _ whole: JSON, _ told: JSON) -> [JSON] {
        lines(of: change, whole, told).lazy.map { $0["lots"]?.list ?? [] }.first { !$0.isEmpty } ?? []
    }

    /// What became damaged since, or turned out to be whole.
    private static func left(_ whole: JSON, _ reception: ERPJob, _ corrections: [ERPJob]) -> [JSON] {
        var damaged: [String: Quantity] = [:]
        var names: [String: JSON] = [:]
        func add(_ payload: JSON, _ sign: Int) {
            for line in payload["lines"]?.list ?? [] {
                let quantity = line["damaged"].flatMap { Quantity($0) } ?? 0
                damaged[line["gtin"]?.text ?? "", default: 0] += sign > 0 ? quantity : -quantity
            }
            for line in payload["damaged"]?.list ?? [] {
                let quantity = line["quantity"].flatMap { Quantity($0) } ?? 0
                damaged[line["gtin"]?.text ?? "", default: 0] += sign > 0 ? quantity : -quantity
            }
            for line in payload["left"]?.list ?? [] where line["why"] == "damaged" {
                let quantity = line["quantity"].flatMap { Quantity($0) } ?? 0
                damaged[line["gtin"]?.text ?? "", default: 0] += sign > 0 ? quantity : -quantity
                names[line["gtin"]?.text ?? ""] = line["description"]
            }
        }
        add(whole, 1)
        for job in [reception] + corrections { add(job.payload, -1) }
        return damaged.filter { $0.value != 0 }.sorted { $0.key < $1.key }.map { gtin, quantity -> JSON in
            .object([
                ("gtin", .string(gtin)), ("description", names[gtin]), ("quantity", quantity.json),
                ("why", "damaged"),
            ])
        }
    }

    /// Sums by article and lot of what pushes say; a lot of '' is none.
    private struct Amounts {
        private var sums: [String: [String: Quantity]] = [:]
        /// The line in which an article stands, of those that were given last: the first of several.
        private(set) var lines: [String: JSON] = [:]
        private(set) var expiry: [String: String] = [:]
        /// Articles of which no lots are told any more.
        private var isWithoutLots: Set<String> = []

        struct Change {
            var gtin: String
            var lot: String
            var quantity: Quantity
        }

        /// What is on lines, and what a person left out of them to tell it by hand.
        mutating func add(_ payload: JSON, sign: Int) {
            if sign > 0 {
                let lined = (payload["lines"]?.list ?? []).map { ($0["gtin"]?.text ?? "", $0["lots"]?.list ?? []) }
                isWithoutLots = Set(lined.filter(\.1.isEmpty).map(\.0)).subtracting(
                    lined.filter { !$0.1.isEmpty }.map(\.0))
            }
            let byHand = (payload["left"]?.list ?? []).filter { $0["why"] == "person" }
            for line in (payload["lines"]?.list ?? []) + byHand {
                let gtin = line["gtin"]?.text ?? ""
                var rest = line["quantity"].flatMap { Quantity($0) } ?? 0
                for lot in line["lots"]?.list ?? [] {
                    let (number, quantity) = (lot["number"]?.text ?? "", lot["quantity"].flatMap { Quantity($0) } ?? 0)
                    add(sign > 0 ? quantity : -quantity, of: gtin, lot: number)
                    rest -= quantity
                    if let day = lot["expires"]?.text { expiry[gtin + "\n" + number] = day }
                }
                add(sign > 0 ? rest : -rest, of: gtin, lot: line["lot"]?.text ?? "")
                // The ERP's line and product as they are known now, else as they were then.
                lines[gtin] = lines[gtin] ?? line
            }
        }

        mutating func add(_ quantity: Quantity, of gtin: String, lot: String) {
            sums[gtin, default: [:]][lot, default: 0] += quantity
        }

        /// What is not 0. Where the ERP's articles have no lots any more, or one was named only later, pieces with and without
        /// a lot are the same pieces.
        func changes() -> [Change] {
            sums.sorted { $0.key < $1.key }.flatMap { gtin, lots -> [Change] in
                guard !isWithoutLots.contains(gtin) else {
                    return [Change(gtin: gtin, lot: "", quantity: lots.values.reduce(0, +))]
                }
                var lots = lots
                for lot in lots.keys.sorted() where !lot.isEmpty {
                    let (loose, quantity) = (lots[""] ?? 0, lots[lot] ?? 0)
                    guard loose < 0 && quantity > 0 || loose > 0 && quantity < 0 else { continue }
                    let same = min(loose.magnitude, quantity.magnitude)
                    lots[lot] = quantity > 0 ? quantity - same : quantity + same
                    lots[""] = loose > 0 ? loose - same : loose + same
                }
                return lots.sorted { $0.key < $1.key }.map { Change(gtin: gtin, lot: $0.key, quantity: $0.value) }
            }.filter { $0.quantity != 0 }
        }
    }
}
