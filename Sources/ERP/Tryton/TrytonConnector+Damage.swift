import Model

/// Damaged goods are received with the rest and then moved to a place of their own by an internal shipment, with our key and
/// `/damaged` as its reference. Tryton has no scrap; a place of type *Lost and Found* takes them off the books, one of type
/// *Storage* keeps them there. Without such a place they stay with the good ones, and the outcome says so.
extension TrytonConnector {
    struct Damage: Equatable {
        var line: TransferPush.Line
        var name: String
    }

    /// Where goods may be put aside.
    private static let kinds = ["storage", "lost_found"]

    /// Throws `.rule` where more is damaged than came, or its lot is not said.
    func damage(
        _ reception: ReceptionPush, _ shipment: TrytonShipment?, _ products: [TrytonProduct]
    ) throws(TrytonError) -> [Damage] {
        var found: [Damage] = []
        for line in reception.lines where line.quantity > 0 {
            let ofLots = line.lots.filter { $0.damaged > 0 }
            let sum = ofLots.reduce(Quantity.zero) { $0 + $1.damaged }
            guard line.damaged > 0 || sum > 0 else { continue }
            let move = shipment?.moves.first { String($0.id) == line.line }
            let product = products.article(line.product, line.gtin)
            guard let article = move?.product ?? product?.id else { continue }
            let name = move?.productName ?? product?.name ?? line.gtin
            let isTracked = move?.tracksLots ?? product?.tracksLots ?? false
            func damage(_ lot: String?, _ quantity: Quantity) -> Damage {
                Damage(
                    line: TransferPush.Line(product: String(article), gtin: line.gtin, lot: lot, quantity: quantity),
                    name: lot.map { "\(name), lot \($0)" } ?? name)
            }
            guard max(line.damaged, sum) <= line.quantity, ofLots.allSatisfy({ $0.damaged <= $0.quantity }) else {
                let words = "More of \(name) is damaged than came: \(max(line.damaged, sum))."
                throw .fault(ERPFault(.rule, words))
            }
            if !isTracked {
                found.append(damage(nil, max(line.damaged, sum)))
            } else if sum > 0 {
                found += ofLots.map { damage($0.number, $0.damaged) }
            } else if line.lots.count == 1 {
                found.append(damage(line.lots[0].number, line.damaged))
            } else if damagedName != nil {
                let words = "\(line.damaged) of \(name) are damaged: say of which lot or serial number."
                throw .fault(ERPFault(.rule, words))
            } else {
                found.append(damage(nil, line.damaged))
            }
        }
        return found
    }

    /// After the reception, in a step of its own: what is put aside already under our key is not put aside again.
    func setAside(
        _ damage: [Damage], _ key: String, from storage: Int64, dry: Bool, _ outcome: PushOutcome
    ) async throws(TrytonError) -> PushOutcome {
        guard !damage.isEmpty else { return outcome }
        let list = damage.map { "\($0.line.quantity) \($0.name)" }.joined(separator: ", ")
        guard let damagedName else {
            guard case .done(let id, let sentence) = outcome else { return outcome }
            return .done(
                id: id, "\(sentence) Damaged, and left with the good ones because no place is named for them: \(list).")
        }
        let route = TrytonRoute(
            key: "\(key)/damaged", from: storage, to: try await place(damagedName, kinds: Self.kinds),
            fromName: try await name(of: storage), toName: damagedName)
        switch outcome {
        case .planned(let planned):
            // Neither the goods nor their lots are there yet.
            let moves = damage.map { damaged in
                JSON.object([
                    ("product", damaged.line.product.map { .string($0) }), ("quantity", damaged.line.quantity.json),
                    ("lot", damaged.line.lot.map { .string("lot \($0)") }),
                ])
            }
            let shipment = JSON.object([
                ("reference", .string(route.key)), ("from_location", .int(route.from)),
                ("to_location", .int(route.to)), ("moves", [["create", .array(moves)]]),
            ])
            return .planned(planned + (try await plan(.create(route.model, [shipment]))))
        case .done where dry: return try await move(damage.map(\.line), route, dry: true)
        case .done(let id, let sentence):
            do throws(TrytonError) {
                _ = try await move(damage.map(\.line), route, dry: false)
            } catch {
                guard case .fault(let fault) = error, [.conflict, .rule].contains(fault.kind) else { throw error }
                let words = "The receipt is done, but the damaged goods are not set aside. \(fault.sentence)"
                throw .fault(ERPFault(fault.kind, words))
            }
            return .done(id: id, "\(sentence) Set aside as damaged at \(damagedName): \(list).")
        }
    }

    /// What turned out to be damaged after the receipt was told goes to its place, and what turned out to be whole comes back: each an
    /// internal shipment under the correction's key.
    func setAside(
        _ correction: CorrectionPush, _ receipt: TrytonShipment, dry: Bool
    ) async throws(TrytonError) -> PushOutcome {
        guard let damagedName else {
            throw .fault(ERPFault(.rule, "No place is named for damaged goods ([erp] damaged): nothing was moved."))
        }
        let aside = try await place(damagedName, kinds: Self.kinds)
        let home = try await name(of: receipt.storage)
        let out = TrytonRoute(
            key: "\(correction.key)/damaged", from: receipt.storage, to: aside, fromName: home, toName: damagedName)
        let back = TrytonRoute(
            key: "\(correction.key)/whole", from: aside, to: receipt.storage, fromName: damagedName, toName: home)
        var (planned, sentences): ([ERPRequest], [String]) = ([], [])
        for (route, isOut) in [(out, true), (back, false)] {
            let lines = correction.damaged.filter { $0.change != 0 && ($0.change > 0) == isOut }.map { line in
                TransferPush.Line(
                    product: line.product, gtin: line.gtin, lot: line.lot, quantity: line.change.magnitude)
            }
            guard !lines.isEmpty else { continue }
            switch try await move(lines, route, dry: dry) {
            case .planned(let requests): planned += requests
            case .done(_, let words): sentences.append(words)
            }
        }
        if dry { return .planned(planned) }
        return .done(id: String(receipt.id), sentences.joined(separator: " "))
    }

    /// Told when the connection is checked.
    func damagedPlaceThatIsMissing() async throws(TrytonError) -> [String] {
        guard let damagedName else { return [] }
        do throws(TrytonError) {
            _ = try await place(damagedName, kinds: Self.kinds)
            return []
        } catch {
            guard case .fault(let fault) = error, fault.kind == .rule else { throw error }
            return ["Damaged goods cannot be set aside: \(fault.sentence)"]
        }
    }
}
