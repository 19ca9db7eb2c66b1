import Depot
import Model

extension EPCISFollower {
    /// Order numbers of a paper that are told.
    private static let orders = 10

    // MARK: a delivery

    /// Everything that a closed delivery is: what came, what of it was damaged or refused, what stood on which pallet.
    func received(_ view: DeliveryView, _ held: [StockTable.Held], in zone: String, at now: Int64) -> [EPCISEvent] {
        let documents = documents(of: view)
        let units = Dictionary(view.lines.map { ($0.gtin, $0.measure) }) { first, _ in first }
        func event(_ kind: EPCISEvent.Kind, _ action: EPCISEvent.Action, _ step: EPCISEvent.Step) -> EPCISEvent {
            var event = EPCISEvent(kind, at: now, action, step, .inProgress)
            (event.seenAt, event.place, event.documents) = (names.zone(zone), names.zone(zone), documents)
            return event
        }
        let pallets = view.units.filter(\.isVerified)
        var whole = event(.object, .observe, .receiving)
        whole.names = pallets.map { names.pallet($0.sscc) }
        add(held, to: &whole) { units[$0] ?? .piece }
        var events = parts(of: whole)
        for (disposition, quantity) in [
            (EPCISEvent.Disposition.damaged, \DeliveryView.Line.damaged), (.nonConformant, \.refused),
        ] {
            var some = event(.object, .observe, .inspecting)
            some.disposition = disposition
            some.amounts = view.lines.filter { $0[keyPath: quantity] > 0 }.map {
                amount($0.gtin, nil, $0[keyPath: quantity], $0.measure)
            }
            events += parts(of: some)
        }
        for pallet in pallets {
            var packed = event(.aggregation, .observe, .receiving)
            packed.parent = names.pallet(pallet.sscc)
            packed.names = view.units.filter { $0.parent == pallet.sscc }.map { names.pallet($0.sscc) }
            packed.amounts = pallet.contents.map { amount($0.gtin, $0.lot, $0.quantity, units[$0.gtin] ?? .piece) }
            guard !packed.isEmpty else { continue }
            events.append(packed)
            guard unpacks else { continue }
            (packed.action, packed.step) = (.delete, .unpacking)
            events.append(packed)
        }
        // Which papers belong together, where there is more than the note.
        if documents.count > 1 {
            var papers = whole
            (papers.kind, papers.action, papers.step) = (.transaction, .add, .accepting)
            events += parts(of: papers)
        }
        return events
    }

    private func documents(of view: DeliveryView) -> [EPCISEvent.Document] {
        let orders = view.details.filter { $0.kind == .reference && $0.code == "order" }.prefix(EPCISFollower.orders)
        return [.init("desadv", names.delivery(view.note, of: view.supplier))]
            + orders.map { .init("po", names.order($0.value)) }
            + [view.erp.map { .init("recadv", names.receipt($0)) }].compactMap(\.self)
    }

    // MARK: a count

    /// What was seen in a zone, as it was posted.
    func counted(_ view: StockTakeView, _ rows: [StockTable.Held], at now: Int64) -> [EPCISEvent] {
        var event = EPCISEvent(.object, at: now, .observe, .counting, .available)
        (event.seenAt, event.place) = (names.zone(view.zone), names.zone(view.zone))
        for line in view.lines where line.counted > 0 {
            let own = rows.filter { $0.gtin == line.gtin }
            let sum = own.reduce(Quantity.zero) { $0 + $1.quantity }
            // Somebody has put less down than was read: nobody knows of which.
            guard sum <= line.counted else {
                event.amounts.append(amount(line.gtin, nil, line.counted, line.measure))
                continue
            }
            add(own, to: &event) { _ in line.measure }
            if line.counted > sum { event.amounts.append(amount(line.gtin, nil, line.counted - sum, line.measure)) }
        }
        event.amounts = EPCISFollower.joined(event.amounts)
        return parts(of: event)
    }

    // MARK: goods that move

    /// One event for what went one way within a second.
    func moved(_ rows: [EPCISTable.Move], _ measure: (String) throws -> Measure) throws -> [EPCISEvent] {
        var groups: [[EPCISTable.Move]] = []
        for row in rows {
            if let last = groups.last?.last, (last.kind, last.from, last.to) == (row.kind, row.from, row.to),
                last.at / 1000 == row.at / 1000
            {
                groups[groups.count - 1].append(row)
            } else {
                groups.append([row])
            }
        }
        return try groups.flatMap { group -> [EPCISEvent] in
            let first = group[0]
            let hasGone = first.kind == .departed
            var event = EPCISEvent(
                .object, at: first.at, .observe, hasGone ? .departing : .storing, hasGone ? .inTransit : .available)
            event.seenAt = (first.to ?? first.from).map(names.zone)
            event.place = first.to.map(names.zone)
            let units = Dictionary(try group.map { ($0.gtin, try measure($0.gtin)) }) { one, _ in one }
            let held = group.map {
                StockTable.Held(subject: $0.subject, gtin: $0.gtin, lot: $0.lot, quantity: $0.quantity)
            }
            add(held, to: &event) { units[$0] ?? .piece }
            return parts(of: event)
        }
    }

    // MARK: things and amounts

    private func amount(_ gtin: String, _ lot: String?, _ quantity: Quantity, _ measure: Measure) -> EPCISEvent.Amount {
        .init(names.article(gtin, lot: lot), quantity, unit: EPCISNames.unit(measure))
    }

    /// Things by their names, the rest by article and lot. A tag of more than one piece, such as a carton's, is a thing.
    private func add(_ held: [StockTable.Held], to event: inout EPCISEvent, _ measure: (String) -> Measure) {
        var known = Set(event.names)
        for one in held where one.quantity > 0 {
            if let name = one.subject.flatMap({ names.thing($0) }) {
                if known.insert(name).inserted { event.names.append(name) }
            } else {
                event.amounts.append(amount(one.gtin, one.lot, one.quantity, measure(one.gtin)))
            }
        }
        event.amounts = EPCISFollower.joined(event.amounts)
    }

    /// A class stands in a list once.
    private static func joined(_ amounts: [EPCISEvent.Amount]) -> [EPCISEvent.Amount] {
        var places: [String: Int] = [:]
        return amounts.reduce(into: []) { list, amount in
            let key = "\(amount.name) \(amount.unit ?? "")"
            if let place = places[key] {
                list[place].quantity = list[place].quantity + amount.quantity
            } else {
                places[key] = list.count
                list.append(amount)
            }
        }
    }

    /// Nothing where there is nothing; several where there are more things than one event should hold.
    private func parts(of event: EPCISEvent) -> [EPCISEvent] {
        guard !event.isEmpty else { return [] }
        let most = EPCISFollower.portion
        let count = (max(event.names.count, event.amounts.count) + most - 1) / most
        return (0..<count).map { index in
            var part = event
            part.names = Array(event.names.dropFirst(index * most).prefix(most))
            part.amounts = Array(event.amounts.dropFirst(index * most).prefix(most))
            return part
        }
    }
}
