public import Model

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

    public struct Product: Sendable {
        /// With everything but its code here.
        public var view: ProductView
        /// Its id there.
        public var id: String
        public var gtins: [String]

        public init(_ view: ProductView, id: String, gtins: [String]) {
            (self.view, self.id, self.gtins) = (view, id, gtins)
        }
    }

    public struct Receipt: Sendable {
        public struct Line: Sendable {
            /// The line's id there.
            public var id: String
            /// The article as the ERP has it, with everything but its code here.
            public var product: Product
            public var quantity: Quantity

            public init(id: String, product: Product, quantity: Quantity) {
                (self.id, self.product, self.quantity) = (id, product, quantity)
            }
        }

        /// Its id there.
        public var id: String
        /// What it is called there.
        public var name: String
        /// What else it answers to.
        public var references: [String]
        public var supplier: String
        /// `YYYY-MM-DD`
        public var expectedOn: String?
        public var path: String?
        public var lines: [Line]

        public init(
            id: String, name: String, references: [String], supplier: String, expectedOn: String?, path: String?,
            lines: [Line]
        ) {
            (self.id, self.name, self.references, self.supplier) = (id, name, references, supplier)
            (self.expectedOn, self.path, self.lines) = (expectedOn, path, lines)
        }
    }

    public func take(products: [Product], at now: Int64) throws {
        try store.transaction {
            for product in products {
                try store.articles.take(product.view, erp: product.id, gtins: product.gtins)
            }
            guard !products.isEmpty else { return }
            try store.tell(
                Fact(.imported("products"), "\(products.count)", "from the ERP"), by: Author("edge-ingest"), at: now)
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

    /// The receipts that are open there; one that is not among them and has not begun here is gone.
    public func take(receipts: [Receipt], at now: Int64) throws {
        let open = Set(receipts.map(\.id))
        try store.transaction {
            for receipt in receipts where !receipt.lines.isEmpty {
                let names = [receipt.name] + receipt.references
                let note = try store.deliveries.note(
                    ofReceipt: receipt.id, supplier: receipt.supplier, names: names, open: open)
                var announced = Announced(
                    note: note, supplier: receipt.supplier, expectedOn: receipt.expectedOn, erp: receipt.id,
                    erpPath: receipt.path, lines: try receipt.lines.map(self.announced))
                announced.names = names
                try store.deliveries.expect(announced, source: "erp")
            }
            try store.jobs.forgetReceipts(except: open)
            try store.jobs.remember("pulled", "\(receipts.count)", at: now)
            try store.tell(Fact(.deliveriesPulled, "\(receipts.count)"), by: Author("edge-ingest"), at: now)
        }
    }

    private func announced(_ line: Receipt.Line) throws -> Announced.Line {
        let product = line.product
        let code = try store.articles.lineCode(
            erp: product.id, gtin: product.gtins.first, reference: product.view.reference, codes: product.view.codes,
            description: product.view.description, tracking: product.view.tracking)
        return Announced.Line(
            gtin: code, description: product.view.description, quantity: line.quantity, erp: line.id,
            erpProduct: product.id)
    }
}
