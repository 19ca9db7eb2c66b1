public import Model
import SQLite

/// Why a decision was not taken down.
public enum DecisionError: Error, Equatable, Sendable {
    case noSuchDelivery
    /// It was said of one whose number this one has now.
    case anotherDelivery
    case closed
    case noSuchDecision
    /// The question that a person must answer first.
    case undecided([DeliveryView.Question])
    /// Somebody has to sign first.
    case unsigned
    case malformed(String)
}

extension DeliveryView {
    /// Somebody signed, and it was not opened again since: what came later is signed for anew.
    public var isSigned: Bool {
        let since = decisions.last { $0.kind == .reopen }?.id ?? 0
        return decisions.contains { $0.kind == .signed && $0.undoneBy == nil && $0.id > since }
    }
}

extension DeliveryTable {
    func decisions(delivery id: Int64) throws -> [Decision] { try decisions("delivery", id) }
    func decisions(take id: Int64) throws -> [Decision] { try decisions("take", id) }

    private func decisions(_ column: String, _ id: Int64) throws -> [Decision] {
        try database.rows(
            """
            SELECT id, at, who, station, kind, subject, gtin, quantity, lot, reason, photo, undone_by FROM decision
            WHERE \(column)=? ORDER BY id
            """, .integer(id)
        ) { row in
            Decision(
                id: row.integer(0), at: row.integer(1), who: row.text(2), station: row.optionalText(3),
                kind: Decision.Kind(rawValue: row.text(4)) ?? .ignore, subject: row.optionalText(5),
                gtin: row.optionalText(6), quantity: row.optionalQuantity(7),
                lot: row.optionalText(8), reason: row.optionalText(9), photo: row.optionalInteger(10),
                undoneBy: row.optionalInteger(11))
        }
    }

    /// A picture is one of this delivery already, or one that the same person sent: whoever names it may see it from then on.
    @discardableResult
    func record(_ decision: Decision, delivery: Int64? = nil, take: Int64? = nil) throws -> Int64 {
        if let photo = decision.photo {
            let mayName = try database.integer(
                """
                SELECT 1 FROM photo WHERE id=?1 AND (who=?4
                    OR EXISTS (SELECT 1 FROM decision WHERE photo=?1 AND delivery IS ?2 AND take IS ?3))
                """, .integer(photo), .integer(delivery), .integer(take), .text(decision.who))
            guard mayName != nil else { throw DecisionError.malformed("there is no picture \(photo)") }
        }
        try database.run(
            """
            INSERT INTO decision (delivery, take, at, who, station, kind, subject, gtin, quantity, lot, reason, photo)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .integer(delivery), .integer(take), .integer(decision.at), .text(decision.who),
            .text(decision.station), .text(decision.kind.rawValue), .text(decision.subject), .text(decision.gtin),
            .quantity(decision.quantity), .text(decision.lot), .text(decision.reason),
            .integer(decision.photo))
        let id = database.lastInsertID
        let about = [decision.gtin ?? decision.subject, decision.quantity?.description, decision.lot]
        try store.tell(
            Fact(
                delivery == nil ? .take(decision.kind) : .delivery(decision.kind), delivery ?? take ?? 0,
                about.compactMap(\.self).joined(separator: " · ")),
            by: Author(decision.who, station: decision.station, reason: decision.reason), at: decision.at)
        return id
    }

    /// Takes down a decision about a delivery, with its effect on what is counted.
    public func decide(_ decision: Decision, delivery id: Int64) throws {
        guard let view = try view(id) else { throw DecisionError.noSuchDelivery }
        // A lot changes no quantity: an ERP may ask for it when everything is closed.
        guard view.status != "closed" || decision.kind == .lot else { throw DecisionError.closed }
        if decision.kind == .undo {
            guard let target = decision.quantity?.whole.map({ Int64($0) }),
                let undone = view.decisions.first(where: {
                    $0.id == target && $0.undoneBy == nil && $0.kind != .undo && $0.kind != .reopen
                })
            else { throw DecisionError.noSuchDecision }
            let number = try record(decision, delivery: id)
            try database.run(
                "UPDATE decision SET undone_by=? WHERE id=?", .integer(number), .integer(undone.id))
            try revert(undone, delivery: id)
            return
        }
        try check(decision, view)
        let number = try record(decision, delivery: id)
        switch decision.kind {
        case .remove:
            try database.run(
                "UPDATE counted SET removed=?3 WHERE delivery=?1 AND subject=?2 AND removed IS NULL", .integer(id),
                .text(decision.subject), .integer(number))
            if let subject = decision.subject, subject.hasPrefix("sscc:"),
                let gtin = try database.text(
                    "SELECT gtin FROM counted WHERE delivery=? AND subject=?", .integer(id), .text(subject))
            {
                try release(gtin, delivery: id)
            }
        case .associate:
            guard let subject = decision.subject, let gtin = decision.gtin else { break }
            // A pallet is what it is once; a tag or a text is so whenever it is read.
            let isPallet = subject.hasPrefix("sscc:")
            if !isPallet {
                try database.run(
                    """
                    INSERT INTO label VALUES (?1, ?2, NULL, ?3, ?4, ?5)
                    ON CONFLICT DO UPDATE SET gtin=?2, lot=?3, who=?4, at=?5
                    """, .text(subject), .text(gtin), .text(decision.lot), .text(decision.who), .integer(decision.at))
            }
            try database.run(
                """
                UPDATE counted SET gtin=?3, lot=?4, quantity=coalesce(?5, quantity)
                WHERE delivery=?1 AND subject=?2 AND gtin IS NULL
                """, .integer(id), .text(subject), .text(gtin), .text(decision.lot),
                .quantity(isPallet ? decision.quantity : nil))
            if subject.hasPrefix("tag:") {
                try database.run(
                    "UPDATE item SET gtin=? WHERE epc=? AND gtin IS NULL", .text(gtin),
                    .text(String(subject.dropFirst(4))))
            }
        default: break
        }
    }

    private func check(_ decision: Decision, _ view: DeliveryView) throws {
        try store.articles.checkKnown(decision.gtin)
        let quantity = decision.quantity ?? 0
        let line = decision.gtin.map { gtin in view.lines.filter { $0.gtin == gtin } } ?? []
        let received = line.reduce(Quantity.zero) { $0 + $1.received }
        let measure = try decision.gtin.map(store.articles.measure(of:)) ?? .piece
        // Where an ERP counts in parts of a unit that nobody knows, so do we.
        let isParted = line.contains { !$0.expected.isWhole || !$0.received.isWhole }
        if decision.kind != .undo, !isParted { try DeliveryTable.checkParts(quantity, of: measure) }
        switch decision.kind {
        case .adjust:
            guard decision.gtin != nil, quantity != 0, Import.quantities.contains(quantity) else {
                throw DecisionError.malformed("an adjustment names a product and a quantity other than 0")
            }
            guard received + quantity >= 0 else {
                throw DecisionError.malformed("only \(received) are counted: \(-quantity) cannot be taken off")
            }
        case .damaged, .refuse:
            let free = received - (decision.kind == .damaged ? line.reduce(.zero) { $0 + $1.damaged } : 0)
            guard decision.gtin != nil, quantity > 0, quantity <= free else {
                throw DecisionError.malformed("more than 0 and at most \(measure.text(free)) of what was received")
            }
        case .lot:
            guard decision.gtin != nil, quantity > 0, Import.quantities.contains(quantity), decision.lot != nil else {
                throw DecisionError.malformed("a lot has a product, a number and a quantity")
            }
        case .remove, .associate, .ignore:
            guard let subject = decision.subject else { throw DecisionError.malformed("what was read is not named") }
            guard decision.kind != .associate || decision.gtin != nil else {
                throw DecisionError.malformed("the product is not named")
            }
            if decision.kind == .associate, let pieces = decision.quantity, !Piece.quantities.contains(pieces) {
                throw DecisionError.malformed("a pallet holds more than 0, and at most \(Piece.quantities.upperBound)")
            }
            let isCounted =
                try database.integer(
                    "SELECT 1 FROM counted WHERE delivery=? AND subject=? AND removed IS NULL", .integer(view.id),
                    .text(subject)) != nil
            guard isCounted else { throw DecisionError.malformed("\(subject) is not counted here") }
        case .later, .never:
            guard decision.gtin != nil else { throw DecisionError.malformed("the product is not named") }
        case .accept:
            guard decision.gtin != nil || decision.subject != nil else {
                throw DecisionError.malformed("what is accepted is not named")
            }
        case .signed:
            guard decision.photo != nil || decision.reason?.isEmpty == false else {
                throw DecisionError.malformed("a signature is a name or a picture")
            }
        case .photo:
            guard decision.photo != nil else { throw DecisionError.malformed("the picture is not named") }
            guard view.decisions.count(where: { $0.kind == .photo && $0.undoneBy == nil }) < Decision.photoLimit else {
                throw DecisionError.malformed("a delivery has at most \(Decision.photoLimit) pictures")
            }
        case .undo: break
        case .reopen: throw DecisionError.malformed("a delivery is opened again by a deed of its own")
        }
    }

    /// Pieces and packages are whole.
    static func checkParts(_ quantity: Quantity, of measure: Measure) throws {
        guard quantity.isWhole || measure.isDivisible else {
            let name = measure.symbol ?? "pieces"
            throw DecisionError.malformed("\(quantity) is a part: the article is counted in whole \(name)")
        }
    }

    private func revert(_ decision: Decision, delivery id: Int64) throws {
        switch decision.kind {
        case .remove:
            try database.run(
                "UPDATE counted SET removed=NULL WHERE delivery=? AND removed=?", .integer(id), .integer(decision.id))
        case .associate:
            try database.run("DELETE FROM label WHERE subject=?", .text(decision.subject))
            try database.run(
                """
                UPDATE counted SET gtin=NULL, lot=NULL,
                    quantity=CASE WHEN subject LIKE 'sscc:%' THEN 1000 ELSE quantity END WHERE delivery=? AND subject=?
                """, .integer(id),
                .text(decision.subject))
        default: break
        }
    }

    /// Answers every question that is left in one way, as the person at the screen chose.
    public func settle(
        delivery id: Int64, short: Decision.Kind?, extra: Decision.Kind?, unknown: Decision.Kind?, by author: Author,
        at now: Int64
    ) throws {
        // Sending back what was too much may leave something missing: asked again.
        for _ in 0..<3 where try settleOnce(id, short: short, extra: extra, unknown: unknown, by: author, at: now) == 0
        {
            return
        }
    }

    private func settleOnce(
        _ id: Int64, short: Decision.Kind?, extra: Decision.Kind?, unknown: Decision.Kind?, by author: Author,
        at now: Int64
    ) throws -> Int {
        guard let view = try view(id) else { throw DecisionError.noSuchDelivery }
        var settled = 0
        for question in view.questions {
            let kind: Decision.Kind?
            switch question.kind {
            case .short: kind = short
            case .over, .unordered, .serial, .dock: kind = extra
            case .unknown: kind = unknown
            }
            guard var kind else { continue }
            // A dock can only be accepted; the goods are here.
            if kind == .refuse, question.gtin == nil { kind = .accept }
            let decision = Decision(
                at: now, who: author.who, station: author.station, kind: kind, subject: question.subject,
                gtin: question.gtin, quantity: kind == .refuse ? question.quantity : nil, reason: author.reason)
            // What it answers was asked by the same fold: nothing to check again.
            try record(decision, delivery: id)
            settled += 1
        }
        return settled
    }

    /// Nobody announced it: a delivery that is whatever comes. Without a note of its own it is called by the day and a number.
    public func openBlind(
        supplier: String, zone: String, note: String?, day: String, by author: Author, at now: Int64
    ) throws
        -> Int64?
    {
        let number = try database.integer("SELECT coalesce(max(id), 0) + 1 FROM delivery") ?? 1
        let name = note ?? "\(day)-\(number)"
        guard try known(note: name, of: supplier, source: "blind").isEmpty else { return nil }
        guard let id = try expect(Announced(note: name, supplier: supplier), source: "blind"),
            try open(delivery: id, zone: zone, by: author, at: now)
        else { return nil }
        return id
    }

    /// What a scan means at the dock of this delivery now.
    public func setMode(_ mode: Reception.Mode, delivery id: Int64, by author: Author, at now: Int64) throws -> Bool {
        let changed = try database.run(
            "UPDATE delivery SET mode=? WHERE id=? AND status='open'", .text(mode.rawValue), .integer(id))
        if changed == 1 { try store.tell(Fact(.deliveryMode, id, mode.rawValue), by: author, at: now) }
        return changed == 1
    }

    public func keep(photo bytes: [UInt8], type: String, by author: Author, at now: Int64) throws -> Int64 {
        try database.run(
            "INSERT INTO photo (type, body, who, at) VALUES (?, ?, ?, ?)", .text(type), .blob(bytes), .text(author.who),
            .integer(now))
        return database.lastInsertID
    }

    /// Pictures are sent before the deed that names them, which may not come: after a day such a one is forgotten. True when there may
    /// be more.
    public func forgetPhotos(at now: Int64) throws -> Bool {
        try database.run(
            """
            DELETE FROM photo WHERE id IN (SELECT id FROM photo WHERE at<? AND NOT EXISTS (
                SELECT 1 FROM decision WHERE decision.photo=photo.id) ORDER BY at LIMIT 50)
            """, .integer(now - 86_400_000)) == 50
    }

    /// A picture, as far as this person may see what it is of: of a delivery or a count where it stands, of a signature with `personal`; one
    /// that is of nothing yet is theirs alone who sent it.
    public func photo(_ id: Int64, for person: Person) throws -> (type: String, body: [UInt8])? {
        let uses = try database.rows(
            """
            SELECT decision.kind, coalesce(delivery.zone, delivery.received_in, stock_take.zone) FROM decision
            LEFT JOIN delivery ON delivery.id=decision.delivery LEFT JOIN stock_take ON stock_take.id=decision.take
            WHERE decision.photo=?
            """, .integer(id)
        ) { (isSignature: $0.text(0) == Decision.Kind.signed.rawValue, zone: $0.optionalText(1)) }
        let isShown = uses.contains {
            person.reach.covers(zone: $0.zone) && (!$0.isSignature || person.may(.personal))
        }
        return try database.first("SELECT type, body, who FROM photo WHERE id=?", .integer(id)) {
            isShown || uses.isEmpty && $0.text(2) == person.name ? ($0.text(0), $0.blob(1)) : nil
        }.flatMap(\.self)
    }

    /// Where every counted piece of a product comes from: the reads and what was decided, in time's order.
    public func trail(delivery id: Int64, gtin: String) throws -> [JSON] {
        let reads = try database.rows(
            """
            SELECT counted.at, counted.subject, counted.quantity, counted.lot, counted.serial, counted.removed, agent,
                epoch, counted.seq, device, record.zone, CASE WHEN record.seq IS NULL THEN (
                    SELECT file FROM archived WHERE archived.stream=counted.stream AND first<=counted.seq AND last>=counted.seq)
                END
            FROM counted JOIN stream ON stream.id=counted.stream
            LEFT JOIN record ON record.stream=counted.stream AND record.seq=counted.seq
            WHERE delivery=? AND gtin=? ORDER BY counted.at, counted.subject LIMIT 5000
            """, .integer(id), .text(gtin)
        ) { ($0.integer(0), DeliveryTable.countedRead.json($0)) }
        let decided = try decisions(delivery: id).filter { $0.gtin == gtin }.map { ($0.at, $0.json) }
        return (reads + decided).sorted { $0.0 < $1.0 }.map(\.1)
    }

    private static let countedRead = Shape<SQLite.Row>(
        "CountedRead",
        [
            .moment("at") { $0.integer(0) }, .json("kind", .word(["read"])) { _ in "read" },
            .text("subject") { $0.text(1) }, .quantity("quantity") { $0.quantity(2) },
            .text("lot", ifAny: { $0.optionalText(3) }), .text("serial", ifAny: { $0.optionalText(4) }),
            .moment("removed", ifAny: { $0.optionalInteger(5) }),
            .text("record") { "\($0.text(6))/\(Hex.word($0.word(7)))/s/\($0.integer(8))" },
            .text("device", ifAny: { $0.optionalText(9) }), .text("zone", ifAny: { $0.optionalText(10) }),
            // What it said is there, and not here any more.
            .text("archive", ifAny: { $0.optionalText(11) }),
        ])

    /// A read or a decision.
    public static let trailSchema = AnswerSchema.either([countedRead.schema, Decision.shape.schema])
}
