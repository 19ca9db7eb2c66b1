import Depot
import ERP
import Followers
import Model
import Platform
import SQLite

/// The ERP's queue and what is pulled: all writes go through the centre.
extension Centre {
    func requeueERP() { try? store.jobs.requeueRunning(at: Clocks.wall) }

    func nextERPJob() -> ERPJob? { (try? store.jobs.nextJob(at: Clocks.wall)) ?? nil }

    func traceERP(job: Int64, summary: String, written: Bool, outcome: String, milliseconds: Int64) {
        try? store.jobs.trace(
            job: job, summary: summary, written: written, outcome: outcome, milliseconds: milliseconds, at: Clocks.wall)
    }

    func finishERP(_ job: ERPJob, remote: String, sentence: String) {
        let now = Clocks.wall
        do {
            try store.transaction {
                guard try store.jobs.finish(job: job.id, remote: remote, sentence: sentence, at: now) else { return }
                try store.tell(
                    Fact(.pushed(job.kind), job.subject, "\(remote): \(sentence)"),
                    by: Author(job.who, station: job.station, reason: job.reason), at: now)
                if job.kind == .party, let id = Int64(job.subject) { try store.parties.link(party: id, erp: remote) }
            }
        } catch { failed(error) }
        tellERP(job.id)
    }

    func failERP(_ job: ERPJob, _ fault: ERPFault, due: Int64?) {
        do {
            try store.jobs.fail(job: job.id, fault: fault.kind.rawValue, sentence: fault.sentence, due: due)
        } catch { failed(error) }
        tellERP(job.id)
    }

    private func tellERP(_ id: Int64) {
        follow()
        // Each try is told, not only what comes of it.
        guard let job = try? store.jobs.job(id) else { return }
        board.post([], changed: [.job(job.key)])
    }

    func retryERP(_ id: Int64, accepted: [String], person: Person) throws -> Bool {
        defer { tellERP(id) }
        try renew(id)
        return try store.jobs.retry(job: id, accepted: accepted, by: person.author, at: Clocks.wall)
    }

    /// A reception that waits for a person is told anew: a lot may have been added since.
    private func renew(_ id: Int64) throws {
        guard let job = try store.jobs.job(id), job.kind == .reception, job.state == .dead,
            let delivery = Int64(job.subject),
            let view = try store.deliveries.delivery(delivery)
        else { return }
        let payload = try QueuePayload.reception(view, in: store)
        try store.jobs.renew(job: id, payload: payload.with("accepted", job.payload["accepted"]))
    }

    func dropERP(_ id: Int64, by author: Author) throws -> Bool {
        defer { tellERP(id) }
        return try store.jobs.drop(job: id, by: author, at: Clocks.wall)
    }

    // MARK: what is pulled

    func take(products: [ERPProduct]) {
        do {
            try store.transaction {
                for product in products {
                    for gtin in product.gtins {
                        try store.articles.save(
                            ProductView(
                                gtin: gtin, description: product.description, reference: product.reference,
                                unit: product.unit, tracking: product.tracking.rawValue, erp: product.id,
                                cartons: product.packagings.map { .init(gtin: $0.gtin, quantity: $0.quantity) }))
                    }
                }
                if !products.isEmpty {
                    try store.tell(
                        Fact(.imported("products"), "\(products.count)", "from the ERP"), by: Author("edge-ingest"),
                        at: Clocks.wall)
                }
            }
            follow()
            counters.pulledProducts += UInt64(products.count)
        } catch { failed(error) }
    }

    func take(parties: [ERPParty]) {
        do {
            try store.transaction {
                for party in parties {
                    let numbers = party.numbers.map { configuration.plan.number($0) }.filter {
                        $0.kind != .withheld && $0.key != "raw:"
                    }
                    try store.jobs.save(
                        party: party.id, company: party.company, name: party.name, code: party.code, numbers: numbers,
                        at: Clocks.wall)
                }
            }
            counters.pulledParties += UInt64(parties.count)
        } catch { failed(error) }
    }

    func take(receipts: [ERPReceipt]) async {
        do {
            try store.transaction {
                for receipt in receipts {
                    let lines = receipt.lines.compactMap { line in
                        line.gtin.map {
                            Announced.Line(
                                gtin: $0, description: line.description, quantity: line.quantity, erp: line.id,
                                erpProduct: line.product)
                        }
                    }
                    guard !lines.isEmpty else { continue }
                    // A note that another receipt of the ERP had before stays that one's.
                    var note = receipt.references.first ?? receipt.name
                    if let id = try store.deliveries.id(note: note), let other = try store.deliveries.delivery(id)?.erp,
                        other != receipt.id
                    {
                        note = "\(note) (\(receipt.name))"
                    }
                    try store.deliveries.expect(
                        Announced(
                            note: note, supplier: receipt.supplier, expectedOn: receipt.expectedOn, erp: receipt.id,
                            erpPath: receipt.path, lines: lines), source: "erp")
                }
                try store.jobs.forgetReceipts(except: Set(receipts.map(\.id)))
                try store.jobs.remember("pulled", "\(receipts.count)", at: Clocks.wall)
                try store.tell(
                    Fact(.deliveriesPulled, "\(receipts.count)"), by: Author("edge-ingest"), at: Clocks.wall)
            }
            counters.pulledReceipts = UInt64(receipts.count)
            follow()
        } catch { failed(error) }
    }
}
