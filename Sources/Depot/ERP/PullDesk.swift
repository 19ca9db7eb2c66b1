import Model

/// What the ERP tells of its own: products, parties and receipts that it expects.
public struct PullDesk {
    let store: Store

    public init(_ store: Store) { self.store = store }

    public struct Party: Sendable {
        /// Its id there.
        public var id: String
        public var company: String
        public var name: String
        public var code: String?
        public var numbers: [PhoneNumber]

        public init(id: String, company: String, name: String, code: String?, numbers: [PhoneNumber]) {
            (self.id, self.company, self.name, self.code, self.numbers) = (id, company, name, code, numbers)
        }
    }

    public func take(products: [ProductView], count: Int, at now: Int64) throws {
        try store.transaction {
            for product in products { try store.articles.save(product) }
            guard count > 0 else { return }
            try store.tell(
                Fact(.imported("products"), "\(count)", "from the ERP"), by: Author("edge-ingest"), at: now)
        }
    }

    public func take(parties: [Party], at now: Int64) throws {
        try store.transaction {
            for party in parties {
                try store.jobs.save(
                    party: party.id, company: party.company, name: party.name, code: party.code, numbers: party.numbers,
                    at: now)
            }
        }
    }

    /// `name` is what each is called there. Of receipts that are open there, those with a line we can count; `open` are all of them: what
    /// is not among them and has not begun here is gone.
    public func take(receipts: [(name: String, announced: Announced)], open: Set<String>, at now: Int64) throws {
        try store.transaction {
            for (name, announced) in receipts {
                var announced = announced
                // A note that another receipt of the ERP had before stays that one's.
                if let remote = announced.erp,
                    try store.deliveries.isTaken(
                        note: announced.note, of: announced.supplier, byAnotherThan: remote)
                {
                    announced.note = "\(announced.note) (\(name))"
                }
                try store.deliveries.expect(announced, source: "erp")
            }
            try store.jobs.forgetReceipts(except: open)
            try store.jobs.remember("pulled", "\(open.count)", at: now)
            try store.tell(Fact(.deliveriesPulled, "\(open.count)"), by: Author("edge-ingest"), at: now)
        }
    }
}
