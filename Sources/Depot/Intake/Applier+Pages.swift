public import Model

/// What is scanned in pages goes the way of a reader's record: a journal of its own, in which each scan is a row, and then whatever
/// a row of that zone does.
extension Applier {
    /// The journal's agent: no agent can have this name (`Topic.isName`), so nobody at the broker speaks for it.
    public static let pages = "@pages"
    static let pagesEpoch: UInt64 = 1

    /// Applies scans in their order, each once by its key, in one transaction. `clock` is what the browser's clock showed when it sent
    /// them, in Unix milliseconds; `sender` is whoever is signed in there. The answers are in the order of the scans. Throws only where
    /// the database does: then nothing has happened, and the same may be sent again.
    public func take(_ scans: [PageScan], clock: Int64, from sender: Person, at now: Int64) throws -> (
        answers: [JSON], events: [CentreEvent]
    ) {
        var result = Result()
        var answers: [JSON] = []
        do {
            try begin()
            try store.transaction {
                var stream = try store.records.stream(agent: Applier.pages, epoch: Applier.pagesEpoch)
                for scan in scans {
                    if let before = try store.pageScans.answer(scan.key) {
                        answers.append(before.with("again", true))
                    } else {
                        answers.append(try take(scan, clock: clock, from: sender, &stream, now, &result))
                    }
                }
                try store.records.save(stream)
                try end()
            }
        } catch {
            forgetReceptions()
            throw error
        }
        return (answers, result.events)
    }

    /// Scans in one transaction.
    private static let forgotten: Int64 = 500

    /// Forgets keys of scans that came so long ago that none like them is applied any more: how many; 0 when there are none left.
    public func forgetPageScans(at now: Int64) throws -> Int64 {
        try store.transaction {
            try store.pageScans.forget(before: now - PageScan.keyLife, atMost: Applier.forgotten)
        }
    }

    private func take(
        _ scan: PageScan, clock: Int64, from sender: Person, _ stream: inout Stream, _ now: Int64,
        _ result: inout Result
    ) throws -> JSON {
        let moment = PageScan.moment(scan.at, clock: clock, now: now)
        guard now - moment <= PageScan.life else {
            var answer = PageScanAnswer(key: scan.key, zone: scan.zone, subject: "text:\(scan.text)")
            (answer.outcome, answer.reason) = (.refused, .tooOld)
            return PageScanAnswer.shape.json(answer)
        }
        // Whoever scanned stands in the record, as a reader's name does.
        let name = try scan.person.flatMap { try store.pageScans.name(person: $0) } ?? sender.name
        let row = Model.Row.barcode(
            device: name.cut(to: Bounded.nameLimit), zone: scan.zone,
            Barcode(symbology: scan.symbology, text: scan.text.cut(to: Model.Row.textLimit)))
        let body = Frame.body(of: [row.encoded(at: 0)])
        let frame = Frame(
            epoch: Applier.pagesEpoch, lane: .bulk, first: stream.frontier + 1, count: 1,
            boot: Boot(counter: 0, random: 0), origin: moment, synced: true, codec: .plain,
            crc: CRC32C.checksum(body), body: body)
        // It cannot fail: what it holds is bounded before it comes here.
        let content = try Arrival(agent: Applier.pages, payload: frame.encoded).content.get()
        let before = result.events.count
        try content.withBytes { try apply(content, 0, $0, &stream, now, &result) }
        var answer = PageScanAnswer(key: scan.key, zone: scan.zone, subject: "text:\(scan.text)")
        for event in result.events[before...] { answer.take(event) }
        if result.events.count == before {
            result.events.append(.stray(zone: scan.zone, subject: "text:\(scan.text)"))
        }
        answer.note = try answer.delivery.flatMap { try store.pageScans.note(delivery: $0) }
        answer.description = try answer.gtin.flatMap {
            try store.pageScans.description(gtin: $0, delivery: answer.delivery)
        }
        let json = PageScanAnswer.shape.json(answer)
        try store.pageScans.keep(
            scan, seq: stream.frontier, sender: sender.id, at: moment, received: now, answer: json)
        return json
    }
}
