/// Every desk over one store, as whoever writes the database has them: `desks.receiving.close(…)`. Most are values made when they are
/// asked for; those that remember something between two deeds stand here. Not to be shared between executors, as the store.
public struct Desks {
    package let store: Store
    /// Where what agents send is applied.
    public let intake: Applier
    public var dialling: DiallingDesk
    public var feeds: FeedDesk

    /// Lets go of pages of the database that are kept in memory, and of what nobody scanned for lately; they are read again when they are
    /// wanted.
    public func releaseMemory() {
        intake.rest()
        store.releaseMemory()
    }

    /// `plan` says how the site of an agent writes telephone numbers, `clockOffset` what is to be added to its times.
    public init(
        _ store: Store, rights: DialRights = DialRights(),
        clockOffset: @escaping (_ agent: String) -> Int64 = { _ in 0 },
        plan: @escaping (_ agent: String) -> NumberPlan = { _ in NumberPlan() }
    ) {
        self.store = store
        intake = Applier(store: store, plan: plan)
        intake.clockOffset = clockOffset
        dialling = DiallingDesk(store, rights: rights, plan: plan)
        feeds = FeedDesk(store, plan: plan)
    }

    public var receiving: ReceivingDesk { ReceivingDesk(store) }
    public var depot: DepotDesk { DepotDesk(store, needsSignature: intake.needsSignature) }
    public var counting: CountingDesk { CountingDesk(store) }
    public var catalogue: CatalogueDesk { CatalogueDesk(store) }
    public var notices: NoticeDesk { NoticeDesk(store) }
    public var inbox: InboxDesk { InboxDesk(store) }
    public var tagSearch: TagSearchDesk { TagSearchDesk(store) }
    public var clients: ClientDesk { ClientDesk(store) }
    public var calls: CallDesk { CallDesk(store) }
    public var reminders: ReminderDesk { ReminderDesk(store) }
    public var signIn: SignInDesk { SignInDesk(store) }
    public var accounts: AccountDesk { AccountDesk(store) }
    public var factors: FactorDesk { FactorDesk(store) }
    public var tokens: TokenDesk { TokenDesk(store) }
    public var rollouts: RolloutDesk { RolloutDesk(store) }
    public var gateways: GatewayDesk { intake.gateways }
    public var enrolment: EnrolmentDesk { EnrolmentDesk(store) }
    public var imports: ImportDesk { ImportDesk(store) }
    public var jobs: JobDesk { JobDesk(store) }
    public var exchange: ExchangeDesk { ExchangeDesk(store) }
    public var webhooks: WebhookDesk { WebhookDesk(store) }
    public var epcis: EPCISDesk { EPCISDesk(store) }
    public var channels: ChannelDesk { ChannelDesk(store) }
    public var duty: DutyDesk { DutyDesk(store) }
    public var openID: OpenIDDesk { OpenIDDesk(store) }
    public var screens: ScreenDesk { ScreenDesk(store) }
    public var pulls: PullDesk { PullDesk(store) }
}
