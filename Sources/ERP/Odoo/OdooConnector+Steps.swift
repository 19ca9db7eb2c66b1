import Model

/// Receptions in two steps (`reception_steps` of a warehouse): what came in lies at the input place, and a transfer of Odoo's own is to bring
/// it to stock (stock_rule.py, `_run_push`). What is put away from there is done in that transfer, to the very bin: another one beside it
/// would leave it waiting for goods that are gone. Its rest goes on waiting, as a back-order.
extension OdooConnector {
    /// A transfer that follows receipts.
    struct Step: Equatable, Sendable {
        struct Room: Equatable, Sendable {
            var move: Int64
            var product: Int64
            /// In the article's own unit.
            var left: Double
        }

        var id: Int64
        var rooms: [Room]

        /// What is moved in it of these shares, each with its move; they keep the rest.
        mutating func take(_ shares: inout [OdooTransfer.Share]) -> [(share: OdooTransfer.Share, move: Int64)] {
            var taken: [(share: OdooTransfer.Share, move: Int64)] = []
            for index in shares.indices {
                for room in rooms.indices where rooms[room].product == shares[index].product {
                    let quantity = min(shares[index].quantity, rooms[room].left)
                    guard quantity > 0.000_01 else { continue }
                    rooms[room].left -= quantity
                    shares[index].quantity -= quantity
                    var share = shares[index]
                    share.quantity = quantity
                    taken.append((share, rooms[room].move))
                }
            }
            shares.removeAll { $0.quantity <= 0.000_01 }
            // A package that goes in two transfers would be in two places in between, which Odoo refuses.
            let cut = Set(shares.compactMap(\.package)).intersection(taken.compactMap(\.share.package))
            for index in taken.indices where taken[index].share.package.map(cut.contains) ?? false {
                taken[index].share.isPackageKept = false
            }
            for index in shares.indices where shares[index].package.map(cut.contains) ?? false {
                shares[index].isPackageKept = false
            }
            return taken
        }
    }

    /// Does what it can of these shares in such transfers, and leaves the others. `plan`: in a dry run what would be sent.
    func follow(
        _ shares: inout [OdooTransfer.Share], _ key: String, from: Int64, to: Int64, _ names: OdooNames, dry: Bool,
        _ plan: inout [OdooCall]
    ) async throws(ERPFault) -> [OdooPicking] {
        var followed: [OdooPicking] = []
        for var step in try await steps(from: from, to: to, Set(shares.map(\.product))) {
            var open = shares
            let taken = step.take(&open)
            guard !taken.isEmpty, let calls = try await calls(step, taken, key, to: to, names) else { continue }
            shares = open
            if dry {
                plan += calls
            } else {
                followed.append(try await done(step.id, names, asking: try await send(calls)))
            }
        }
        return followed
    }

    /// Transfers that follow receipts from one place to the other, or to what is around it.
    private func steps(from: Int64, to: Int64, _ products: Set<Int64>) async throws(ERPFault) -> [Step] {
        let moves = try await records(
            .search(
                "stock.move",
                [
                    .clause("product_id", "in", .ids(products.sorted())), .clause("location_id", "=", .int(from)),
                    .clause("location_dest_id", "parent_of", .int(to)), .clause("move_orig_ids", "!=", false),
                    .clause("picking_id.picking_type_code", "=", "internal"),
                    .clause("state", "in", ["assigned", "partially_available", "confirmed"]),
                ], ["picking_id", "product_id", "product_qty"], order: "id"))
        var steps: [Step] = []
        for move in moves {
            guard let id = move["id"]?.integer, let picking = move["picking_id"]?.odooID,
                let product = move["product_id"]?.odooID
            else { continue }
            let room = Step.Room(move: id, product: product, left: move["product_qty"]?.double ?? 0)
            if let index = steps.firstIndex(where: { $0.id == picking }) {
                steps[index].rooms.append(room)
            } else {
                steps.append(Step(id: picking, rooms: [room]))
            }
        }
        return steps
    }

    /// Key and lines in one write, absolute, and the validation; nil: a person works on it.
    private func calls(
        _ step: Step, _ taken: [(share: OdooTransfer.Share, move: Int64)], _ key: String, to: Int64, _ names: OdooNames
    ) async throws(ERPFault) -> [OdooCall]? {
        let record = try await records(.read("stock.picking", [step.id], ["note"])).first
        let note = record?["note"]?.odooText ?? ""
        let isOurs = OdooCorrection.holds(note, key)
        let old = try await picking(step.id, names).lines
        guard isOurs || !old.contains(where: \.isPicked) else { return nil }
        let commands: [JSON] =
            old.map { [2, .int($0.id)] }
            + taken.map { share, move in [0, 0, OdooConnector.values(share, move: move, to: to, names)] }
        let values = JSON.object([
            ("note", isOurs ? nil : .string(note + OdooText.html("\n\(key)"))), ("move_line_ids", .array(commands)),
        ])
        return [
            .write("stock.picking", [step.id], values),
            .act("stock.picking", "button_validate", [step.id], context: [JSON.Member("skip_backorder", true)]),
        ]
    }

    /// A line of a transfer.
    static func values(_ share: OdooTransfer.Share, move: Int64?, to: Int64, _ names: OdooNames) -> JSON {
        .object([
            ("move_id", move.map { .int($0) }), ("product_id", .int(share.product)),
            ("product_uom_id", .int(share.unit)), ("lot_id", share.lot.map { .int($0) }),
            ("location_id", .int(share.from)), ("location_dest_id", .int(to)),
            ("package_id", share.package.map { .int($0) }),
            ("result_package_id", share.isPackageKept ? share.package.map { .int($0) } : nil),
            ("owner_id", share.owner.map { .int($0) }),
            (names.done, .quantity(share.quantity)), ("picked", names.hasPicked ? true : nil),
        ])
    }
}

extension OdooTransfer {
    /// What is left to do behind the done lines of another transfer.
    func without(_ lines: [OdooLine], _ units: OdooUnits) -> OdooTransfer {
        less { need in
            lines.filter {
                $0.state == "done" && $0.product == need.product && (need.lot == nil || $0.lotName == need.lot)
            }
            .reduce(0) { $0 + units.convert($1.quantity, from: $1.unit, to: need.unit) }
        }
    }

    /// What these shares are of.
    func only(_ shares: [Share]) -> OdooTransfer {
        less { need in
            let own = shares.filter { $0.product == need.product && (need.lot == nil || $0.lotName == need.lot) }
            return need.quantity.double - own.reduce(0) { $0 + $1.quantity }
        }
    }

    private func less(_ done: (Need) -> Double) -> OdooTransfer {
        var rest = self
        rest.needs = needs.compactMap { need in
            var left = need
            left.quantity = Quantity(nearest: need.quantity.double - done(need)) ?? 0
            return left.quantity > 0 ? left : nil
        }
        return rest
    }
}
