import Depot
import Followers
import Logging
import Model
import Platform

/// What there is one of in this process, made in the order in which each needs what is above it.
struct Wiring: Sendable {
    let configuration: IngestConfiguration
    /// As it was read last: `configuration` is the one of the start.
    let present: Locked<IngestConfiguration>
    /// Of requests.
    let troubles: Troubles
    let plans: SitePlans
    let writer: Writer
    let live: LiveView
    let reads: LongReads
    let lists: CallLists
    let mail = AgentMail()
    let intake: AgentIntake
    let orders: AgentOrders
    let goods: GoodsNews
    let vouching: DepotVouching
    let accounts: Accounts
    let openID: OpenIDSignIn
    let screens: ScreenDoor
    let imports: FileImports
    /// Nil where no ERP is configured.
    let queue: QueueFollower?
    /// Nil where nothing is told by file.
    let exchange: ExchangeFollower?
    let exchangeState = Locked(ExchangeState())
    let webhookCounts = Locked(WebhookCounts())
    let personal = PersonalReadLog()
    let forgetting: Forgetting
    let syslogState = Locked(SyslogState())
    /// Nil where no EPCIS events are made.
    let epcis: EPCISFollower?
    let epcisState = Locked(EPCISState())
    /// Who is told at the broker besides agents; set when the centre runs.
    let eventTopics = Locked<EventTopics?>(nil)
    let home = Locked<HomeLink?>(nil)
    let eventSockets: EventSockets
    let channelCounts = Locked(ChannelCounts())
    let repairs: Repairs

    init(_ configuration: IngestConfiguration, logger: Logger) throws {
        self.configuration = configuration
        troubles = Troubles(logger)
        present = Locked(configuration)
        repairs = Repairs(present)
        let plans = SitePlans(configuration)
        let clocks = Locked(ClockBook())
        let store = try Store(path: configuration.database)
        store.rules = configuration.zones
        store.guarded = configuration.people.guarded
        try store.parties.readNumbersAgain(configuration.plan)
        for row in try store.gateways.rows() {
            plans.place(row.name, at: row.site)
            if let offset = row.status?["clockOffset"]?.integer { clocks.with { $0.recall(row.name, offset: offset) } }
        }
        for (name, feed) in configuration.feeds { plans.place(name, at: feed.site) }
        let desks = Desks(
            store, rights: configuration.dialRights, clockOffset: { agent in clocks.with { $0.offset(of: agent) } },
            plan: { plans.plan(of: $0) })
        desks.intake.needsSignature = configuration.signature == .required
        let known = try desks.gateways.book()
        let zones = configuration.zones
        queue =
            configuration.erp == nil
            ? nil
            : QueueFollower(
                location: { zones[$0]?.erpLocation ?? $0 }, plan: { plans.plan(of: $0) },
                setsAside: configuration.erp?.setsAside ?? false)
        exchange = configuration.exchange.flatMap { settings in
            guard settings.outFolder != nil else { return nil }
            return ExchangeFollower(
                location: { zones[$0]?.erpLocation ?? $0 }, form: settings.form,
                day: settings.isDaily ? ExchangeSettings.day : nil)
        }
        epcis = configuration.epcis?.follower(instance: configuration.instance)
        self.plans = plans
        forgetting = Forgetting(rules: configuration.retention)
        writer = try Writer(
            desks, queue: queue, exchange: exchange, epcis: epcis,
            inbox: InboxFollower(teams: configuration.teams, plan: { plans.plan(of: $0) }), logger: logger)
        live = try LiveView(configuration: configuration, plans: plans, writer: writer, mail: mail)
        reads = try LongReads(database: configuration.database)
        lists = CallLists(reads: reads, live: live, plans: plans, link: configuration.cardLink, queue: queue)
        screens = ScreenDoor(writer: writer)
        intake = AgentIntake(
            writer: writer, live: live, screens: screens, plans: plans, mail: mail, known: known, clocks: clocks,
            logger: logger)
        orders = AgentOrders(writer: writer, live: live, mail: mail)
        let secret = try StateSecret.depotKey(state: configuration.state)
        goods = GoodsNews(reads: reads, mail: mail, key: SealedBox.publicKey(of: secret), logger: logger)
        vouching = DepotVouching(writer: writer, secret: secret)
        accounts = Accounts(writer: writer, live: live, configuration: configuration)
        openID = OpenIDSignIn(configuration.signIn, writer: writer, live: live, logger: logger)
        eventSockets = EventSockets(
            writer: writer, live: live, reads: reads, accounts: accounts, instance: configuration.instance)
        imports = FileImports(writer: writer, database: configuration.database, plan: configuration.plan)
    }
}
