import Depot
import Followers
import Logging
import Model
import Platform

/// What there is one of in this process, made in the order in which each needs what is above it.
struct Wiring: Sendable {
    /// Of the start.
    let configuration: IngestConfiguration
    /// What holds now: it is read again while the centre runs.
    let present: Locked<IngestConfiguration>
    /// Of requests.
    let troubles: Troubles
    let plans: SitePlans
    let writer: Writer
    let live: LiveView
    let reads: LongReads
    /// Beside them: whoever watches does not wait for a list of a year.
    let gauges: LongReads
    let lists: CallLists
    let mail = AgentMail()
    let tracer = Tracer()
    let intake: AgentIntake
    let orders: AgentOrders
    let goods: GoodsNews
    let vouching: DepotVouching
    let accounts: Accounts
    let openID: OpenIDSignIn
    let screens: ScreenDoor
    let imports: FileImports
    /// Nil where no ERP is configured.
    let erp = Locked<ERPLink?>(nil)
    let exchangeState = Locked(ExchangeState())
    let webhookCounts = Locked(WebhookCounts())
    let personal = PersonalReadLog()
    let forgetting: Forgetting
    let archiveCounts = Locked(ArchiveCounts())
    let syslogState = Locked(SyslogState())
    let epcisState = Locked(EPCISState())
    /// Who is told at the broker besides agents; set when the centre runs.
    let eventTopics = Locked<EventTopics?>(nil)
    let home = Locked<HomeLink?>(nil)
    let eventSockets: EventSockets
    let channelCounts = Locked(ChannelCounts())
    let repairs: Repairs

    /// Nil where a file keeps the store: its folder has one centre.
    let duty: CentreDuty?

    init(_ configuration: IngestConfiguration, duty: CentreDuty? = nil, logger: Logger) throws {
        (self.configuration, self.duty) = (configuration, duty)
        troubles = Troubles(logger)
        present = Locked(configuration)
        repairs = Repairs(present)
        let plans = SitePlans(configuration)
        let clocks = Locked(ClockBook())
        let store = try Store(path: configuration.database, epoch: duty?.epoch, holder: duty?.id)
        store.guarded = configuration.people.guarded
        try store.parties.readNumbersAgain(configuration.plan)
        for row in try store.gateways.rows() {
            plans.place(row.name, at: row.site)
            if let offset = row.status?["clockOffset"]?.integer { clocks.with { $0.recall(row.name, offset: offset) } }
        }
        var desks = Desks(
            store, clockOffset: { agent in clocks.with { $0.offset(of: agent) } },
            plan: { plans.plan(of: $0) })
        desks.take(configuration, plans)
        let known = try desks.gateways.book()
        self.plans = plans
        forgetting = Forgetting(present: present)
        writer = try Writer(desks, CentreFollowers(configuration, plans), logger: logger)
        live = try LiveView(configuration: configuration, plans: plans, writer: writer, mail: mail)
        reads = try LongReads(database: configuration.database)
        gauges = try LongReads(database: configuration.database)
        lists = CallLists(reads: reads, live: live, plans: plans, present: present)
        screens = ScreenDoor(writer: writer)
        intake = AgentIntake(
            writer: writer, live: live, screens: screens, plans: plans, mail: mail, known: known, clocks: clocks,
            tracer: tracer, logger: logger)
        orders = AgentOrders(writer: writer, live: live, mail: mail)
        let secret = try StateSecret.depotKey(state: configuration.state)
        goods = GoodsNews(reads: reads, mail: mail, key: SealedBox.publicKey(of: secret), logger: logger)
        vouching = DepotVouching(writer: writer, secret: secret)
        accounts = Accounts(writer: writer, live: live, present)
        openID = OpenIDSignIn(configuration.signIn, writer: writer, live: live, logger: logger)
        eventSockets = EventSockets(
            writer: writer, live: live, reads: reads, accounts: accounts, instance: configuration.instance)
        imports = FileImports(writer: writer, database: configuration.database, plan: configuration.plan)
    }

    var followers: CentreFollowers { CentreFollowers(present.with { $0 }, plans) }

    /// What people and desks go by, in one turn: what is done before it is done by the former rules, what comes after by these.
    /// Throws what the database says; then the former ones stay.
    func take(_ configuration: IngestConfiguration) async throws {
        let (plans, present) = (plans, present)
        try await writer.take(CentreFollowers(configuration, plans)) { desks, _ in
            desks.take(configuration, plans)
            present.with { $0 = configuration }
        }
        await live.take(configuration)
    }
}

extension Desks {
    mutating func take(_ configuration: IngestConfiguration, _ plans: SitePlans) {
        store.rules = configuration.zones
        dialling.rights = configuration.dialRights
        intake.needsSignature = configuration.signature == .required
        for (name, feed) in configuration.feeds { plans.place(name, at: feed.site) }
    }
}
