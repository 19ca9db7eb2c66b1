import Identifiers
import Model
import SQLite

/// What a row that is really new does: to what is received, counted and booked, and to calls.
extension Applier {
    func effect(
        _ row: Model.Row, _ texts: Arrival.Texts.Places, _ bytes: ArrivalBytes, _ origin: Origin, _ result: inout Result
    ) throws {
        if try isBadge(row, origin, &result) { return }
        switch row {
        case .appeared(let sighting), .moved(let sighting, _):
            let delivery = try receive(row, zone: sighting.zone, origin, &result)
            try store.deliveries.see(texts, bytes, present: true, delivery: delivery, at: origin.captured)
            try store.stock.remember(sighting, at: origin.captured)
            try follow(row, sighting, origin)
        case .still(let sighting):
            _ = try receive(row, zone: sighting.zone, origin, &result)
            try store.deliveries.see(texts, bytes, present: true, delivery: nil, at: origin.captured)
            try store.stock.remember(sighting, at: origin.captured)
        case .left(let sighting, _, _):
            try store.deliveries.see(texts, bytes, present: false, delivery: nil, at: origin.captured)
            try store.stock.remember(sighting, at: origin.captured)
            try follow(row, sighting, origin)
        // A wedge types what its scanner saw; whether that is a barcode, the goods decide.
        case .barcode(_, let zone, _), .key(_, let zone, _): _ = try receive(row, zone: zone, origin, &result)
        case .call(_, let told):
            let plan = plan(origin.stream.agent)
            let snapshot = plan.placed(told).corrected(by: origin.clockOffset, at: origin.now)
                .filed(under: origin.stream.agent)
            let key = CallKey.of(snapshot, plan: plan)
            if try store.calls.save(snapshot, agent: origin.stream.agent, key: key) {
                result.events.append(.call(snapshot, agent: origin.stream.agent))
            }
        case .decided(let decided):
            let standing = standings[origin.place.row] ?? .nobody(.unread)
            let isNew = try DepotDesk(store, needsSignature: needsSignature).take(
                decided, standing, agent: origin.stream.agent, at: min(origin.captured, origin.now), now: origin.now)
            guard isNew else { break }
            forgetReceptions()
            result.events.append(.delivery(decided.decision.delivery))
        case .device: result.events.append(.device(agent: origin.stream.agent))
        case .skipped: break
        }
        try mayBeBadge(row, origin, &result)
    }

    /// The record that an effect comes from.
    struct Origin {
        var stream: Stream
        var seq: UInt64 = 0
        /// By the centre's clock, as far as it is known how far the agent's is off.
        var captured: Int64 = 0
        var clockOffset: Int64 = 0
        var now: Int64
        var place: Stray

        var record: String { "\(stream.agent)/\(Hex.word(stream.epoch))/s/\(seq)" }
    }

    func follow(_ row: Model.Row, _ sighting: Model.Row.Sighting, _ origin: Origin) throws {
        guard store.rules[sighting.zone] != nil else { return }
        try store.stock.follow(
            row, Piece(sighting.tag, in: catalogue), stream: origin.stream.id, seq: origin.seq,
            device: "\(origin.stream.agent)/\(sighting.device)",
            at: origin.captured)
    }

    func receive(
        _ row: Model.Row, zone: String, _ origin: Origin, _ result: inout Result
    ) throws -> Int64? {
        if quiet == zone {
            guard let change = Receiving.opening(row, around) else {
                try stray(row, zone: zone, origin, &result)
                return nil
            }
            return try follow(change, row, zone: zone, origin, &result)
        }
        if takes == nil { try readTakes() }
        let take = takes?[zone]
        if let take { try count(row, in: take, zone, origin, &result) }
        let change = try decide(row, zone: zone, origin)
        if receptions[zone] == .some(.none), take == nil {
            quiet = zone
            if change == nil { try stray(row, zone: zone, origin, &result) }
        } else if change == nil, take == nil {
            try leave(row, zone: zone, origin, &result)
        }
        return try change.flatMap { try follow($0, row, zone: zone, origin, &result) }
    }

    /// The delivery for which something was counted.
    func follow(
        _ change: Receiving.Change, _ row: Model.Row, zone: String, _ origin: Origin, _ result: inout Result
    ) throws -> Int64? {
        switch change {
        case .open(let note):
            let meant = try store.deliveries.openable(named: note)
            if meant.count > 1 {
                result.events.append(.refused(zone: zone, take: nil, subject: "text:\(note)", .several))
            } else if let id = meant.first {
                try open(id, zone: zone, origin, &result)
            }
            return nil
        case .openUnit(let sscc):
            guard let id = try store.deliveries.id(unit: sscc) else { return nil }
            try open(id, zone: zone, origin, &result)
            // The label that opened it is counted as well.
            if case .count(let counts)? = try decide(row, zone: zone, origin) {
                try count(counts, zone, origin, &result)
            } else {
                try leave(row, zone: zone, origin, &result)
            }
            return nil
        case .count(let counts):
            try count(counts, zone, origin, &result)
            return counts.first?.delivery
        case .remove(let counts):
            for count in counts {
                try store.deliveries.uncount(count, zone: zone, at: origin.captured)
                receptions[zone]??.remove(count.subject)
                result.events.append(.counted(count, zone: zone))
            }
            // What readers had seen on a pallet counts for itself again.
            if counts.contains(where: { $0.subject.hasPrefix("sscc:") }) { receptions[zone] = nil }
            return nil
        }
    }

    func count(_ counts: [Count], _ zone: String, _ origin: Origin, _ result: inout Result) throws {
        for count in counts {
            try store.deliveries.count(count, stream: origin.stream.id, seq: origin.seq, at: origin.captured)
            receptions[zone]??.apply(count)
            result.events.append(.counted(count, zone: zone))
        }
    }

    /// A read that changes nothing where a delivery is open: whoever scanned it hears why, and another delivery's pallet that a
    /// portal saw waits for it.
    func leave(_ row: Model.Row, zone: String, _ origin: Origin, _ result: inout Result) throws {
        guard let reception = receptions[zone] ?? nil else { return }
        if let (subject, why) = Receiving.refusal(row, at: reception, in: catalogue, around) {
            let isShared = try why == .sameNote && store.deliveries.openable(named: reception.note).count > 1
            result.events.append(.refused(zone: zone, take: nil, subject: subject, isShared ? .several : why))
        } else if !units.isEmpty, let tag = row.arrivedTag, tag.scheme == .epcGen2,
            let sscc = (try? EPC(tag.bytes))?.sscc,
            reception.units[sscc] == nil, units.contains(sscc)
        {
            try keep(row, zone: zone, origin)
            result.events.append(.refused(zone: zone, take: nil, subject: "sscc:\(sscc)", .other))
        }
    }

    /// What the row does to what is open there. Nothing here keeps the reception after it returns: the next count would copy all
    /// of it.
    func decide(_ row: Model.Row, zone: String, _ origin: Origin) throws -> Receiving.Change? {
        if receptions[zone] == nil { receptions[zone] = .some(try store.deliveries.reception(zone: zone)) }
        if notes == nil {
            (notes, units) = (try store.deliveries.openableNotes(), try store.deliveries.openableUnits())
            names = try store.deliveries.openableNames()
        }
        return Receiving.decide(
            row, record: origin.record, at: receptions[zone] ?? nil, in: catalogue, around)
    }

    func readTakes() throws {
        var zones: [String: Int64] = [:]
        counting = [:]
        for (zone, take) in try store.takes.byZone() {
            zones[zone] = take.id
            counting[take.id] = take
        }
        takes = zones
    }

    func open(_ id: Int64, zone: String, _ origin: Origin, _ result: inout Result) throws {
        let author = Author("scan at \(zone)", station: zone)
        let paused = (receptions[zone] ?? nil)?.delivery
        guard try store.deliveries.open(delivery: id, zone: zone, by: author, at: origin.captured) else { return }
        (receptions, quiet) = ([:], nil)
        if let paused, paused != id { result.events.append(.delivery(paused)) }
        result.events.append(.delivery(id))
    }

    /// A read in a zone that is being counted.
    func count(
        _ row: Model.Row, in take: Int64, _ zone: String, _ origin: Origin, _ result: inout Result
    ) throws {
        guard let piece = Piece(row, record: origin.record, in: catalogue) else { return }
        guard let change = counting[take]?.decide(piece) else {
            if row.scannedText != nil {
                let isRemoving = counting[take]?.mode == .remove
                let isAsked = counting[take]?.subjects[piece.subject].map { $0.gtin == nil } ?? false
                result.events.append(
                    .refused(
                        zone: zone, take: take, subject: piece.subject,
                        isRemoving ? .notCounted : isAsked ? .asked : .again))
            }
            return
        }
        switch change {
        case .count(let piece):
            try store.takes.count(
                piece, take: take, device: origin.stream.agent, stream: origin.stream.id, seq: origin.seq,
                at: origin.captured)
            counting[take]?.apply(piece)
            result.events.append(
                .taken(
                    take, zone: zone, subject: piece.subject, gtin: piece.gtin,
                    verdict: piece.gtin == nil ? .unknown : .expected))
        case .remove(let subject):
            try store.takes.uncount(
                subject, take: take, by: Author("scan at \(zone)", station: zone), at: origin.captured)
            counting[take]?.remove(subject)
            result.events.append(.taken(take, zone: zone, subject: subject, gtin: piece.gtin, verdict: .removed))
        }
    }

    func stray(_ row: Model.Row, zone: String, _ origin: Origin, _ result: inout Result) throws {
        // Not one of those that nobody knows: a page offers to open its delivery again.
        if let (subject, why) = Receiving.closed(row, around) {
            result.events.append(.refused(zone: zone, take: nil, subject: subject, why))
            return
        }
        note(stray: origin.place)
        try keep(row, zone: zone, origin)
    }

    func note(stray place: Stray) {
        if strays.count < Applier.strayLimit {
            strays.append(place)
        } else {
            strays[nextStray] = place
            nextStray = (nextStray + 1) % Applier.strayLimit
        }
    }

    /// For the delivery that it may belong to.
    private func keep(_ row: Model.Row, zone: String, _ origin: Origin) throws {
        // Nothing is expected and it is no dock, or it was captured long ago: it waits for no delivery.
        guard notes?.isEmpty == false || store.rules[zone]?.kind == .dock, mayKeep(origin.captured, at: origin.now),
            let piece = Piece(row, record: origin.record, in: catalogue)
        else { return }
        keptHere += 1
        // Asked now: when it is counted, this sighting is its last.
        let away: Receiving.Away =
            piece.subject.hasPrefix("tag:") && around.isReceivedElsewhere(piece.subject, 0)
            ? around.comesBack(piece.subject) : .no
        try store.strays.keep(
            piece, away, zone: zone, at: min(origin.captured, origin.now), stream: origin.stream.id, seq: origin.seq)
    }
}

extension Model.Row {
    /// A tag that came into a zone.
    fileprivate var arrivedTag: TagID? {
        switch self {
        case .appeared(let sighting), .moved(let sighting, _): sighting.tag
        default: nil
        }
    }
}
