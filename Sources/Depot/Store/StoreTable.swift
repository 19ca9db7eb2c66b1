import SQLite

/// A part of the database with everything that asks or changes it: SQL stands in files of tables, and nowhere else. What needs
/// another table asks it (`store.articles`).
protocol StoreTable {
    var store: Store { get }
}

extension StoreTable {
    var database: Database { store.database }
    var ledger: Ledger { store.ledger }
}

extension Store {
    public var articles: ArticleTable { ArticleTable(store: self) }
    public var index: SearchTable { SearchTable(store: self) }
    public var calls: CallTable { CallTable(store: self) }
    public var reminders: ReminderTable { ReminderTable(store: self) }
    var signIns: SignInTable { SignInTable(store: self) }
    public var parties: PartyTable { PartyTable(store: self) }
    public var people: PeopleTable { PeopleTable(store: self) }
    public var roles: RoleTable { RoleTable(store: self) }
    public var factors: FactorTable { FactorTable(store: self) }
    public var tokens: TokenTable { TokenTable(store: self) }
    public var erasure: ErasureTable { ErasureTable(store: self) }
    public var takes: TakeTable { TakeTable(store: self) }
    public var gateways: GatewayTable { GatewayTable(store: self) }
    public var enrolment: EnrolmentTable { EnrolmentTable(store: self) }
    public var rollouts: RolloutTable { RolloutTable(store: self) }
    public var records: RecordTable { RecordTable(store: self) }
    public var archive: ArchiveTable { ArchiveTable(store: self) }
    public var papers: PaperTable { PaperTable(store: self) }
    public var deliveries: DeliveryTable { DeliveryTable(store: self) }
    public var strays: StrayTable { StrayTable(store: self) }
    public var stock: StockTable { StockTable(store: self) }
    public var jobs: JobTable { JobTable(store: self) }
    public var exchange: ExchangeTable { ExchangeTable(store: self) }
    public var inbox: InboxTable { InboxTable(store: self) }
    public var webhooks: WebhookTable { WebhookTable(store: self) }
    public var epcis: EPCISTable { EPCISTable(store: self) }
    public var channels: ChannelTable { ChannelTable(store: self) }
    public var duty: DutyTable { DutyTable(store: self) }
    public var escalations: EscalationTable { EscalationTable(store: self) }
    public var openID: OpenIDTable { OpenIDTable(store: self) }
    public var screens: ScreenTable { ScreenTable(store: self) }
    public var trail: TrailTable { TrailTable(store: self) }
}
