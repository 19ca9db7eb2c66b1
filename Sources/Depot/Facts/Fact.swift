/// Something that happened and that somebody may want to know. It is appended to the ledger in the transaction of its effect
/// and never changed; a single scan is none (a busy dock brings two hundred thousand a second), what it did to a delivery is.
public struct Fact: Equatable, Sendable {
    public var kind: Kind
    /// What it happened to: the number of a delivery or count, a GTIN, a call, an agent, a name.
    public var subject: String
    /// What else there is to say, for people; never parsed.
    public var detail: String?

    public init(_ kind: Kind, _ subject: String, _ detail: String? = nil) {
        (self.kind, self.subject, self.detail) = (kind, subject, detail)
    }

    public init(_ kind: Kind, _ id: Int64, _ detail: String? = nil) { self.init(kind, String(id), detail) }

    /// `room.deed`, stable: the trail's words, and what followers go by.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }
        private init(_ room: Room, _ deed: String) { rawValue = "\(room.rawValue).\(deed)" }

        /// What was done: the second word.
        public var deed: String { String(rawValue.drop { $0 != "." }.dropFirst()) }

        /// Nil for one of a version to come.
        public var room: Room? { Room(rawValue: String(rawValue.prefix { $0 != "." })) }
    }

    /// Whose subject it is: the first word of a kind.
    public enum Room: String, CaseIterable, Sendable {
        case delivery, take, product, `import`, notice, party, number, desk, call, missed, session, user, gateway,
            records,
            configuration, erp, webhook, channel, token, personal, rollout
    }
}

extension Fact {
    /// Rows of a file, and those that were not taken.
    init(imported what: String, accepted: Int, refused: Int) {
        self.init(.imported(what), "\(accepted)", "\(refused) refused")
    }
}

extension Fact.Kind {
    // Receiving. Subject: the delivery.
    public static let deliveryOpened = Fact.Kind(.delivery, "open")
    public static let deliveryClosed = Fact.Kind(.delivery, "close")
    /// Nothing of it came, and it comes later: it is expected again.
    public static let deliveryPostponed = Fact.Kind(.delivery, "postpone")
    /// It was closed, and is received again; whoever did it gave a reason.
    public static let deliveryReopened = Fact.Kind.delivery(.reopen)
    public static let deliveryMode = Fact.Kind(.delivery, "mode")
    /// Lines of a further paper were added; the detail is how many, of which note.
    public static let deliveryExtended = Fact.Kind(.delivery, "extend")
    /// Deliveries that an ERP announced were read; the subject is how many.
    public static let deliveriesPulled = Fact.Kind(.delivery, "pulled")
    /// How many are expected today: the subject is the day, the detail the number.
    public static let deliveriesExpected = Fact.Kind(.delivery, "expected")
    public static func delivery(_ decision: Decision.Kind) -> Fact.Kind { Fact.Kind(.delivery, decision.rawValue) }

    /// Somebody decided at a depot, and it was not done; the detail is what, and why. Then what somebody at the centre made of it.
    public static let deliveryProposed = Fact.Kind(.delivery, "proposed")
    public static let deliveryProposalAccepted = Fact.Kind(.delivery, "proposal-accepted")
    public static let deliveryProposalRefused = Fact.Kind(.delivery, "proposal-refused")

    // Counting. Subject: the stock take.
    public static let takeOpened = Fact.Kind(.take, "open")
    public static let takePosted = Fact.Kind(.take, "post")
    public static let takeMode = Fact.Kind(.take, "mode")
    public static func take(_ status: StockTakeView.Status) -> Fact.Kind { Fact.Kind(.take, status.rawValue) }
    public static func take(_ decision: Decision.Kind) -> Fact.Kind { Fact.Kind(.take, decision.rawValue) }

    // Stock and articles. Subject: a GTIN or a zone; of an import how many rows were accepted.
    public static let stockLow = Fact.Kind(.notice, "low-stock")
    public static let countDue = Fact.Kind(.notice, "count-due")
    public static let pushNoticed = Fact.Kind(.notice, "push-dead")
    public static let exchangeNoticed = Fact.Kind(.notice, "exchange-refused")
    public static let exchangeUntaken = Fact.Kind(.notice, "exchange-late")
    public static let exchangeAway = Fact.Kind(.notice, "exchange-folder")
    public static let webhookUntaken = Fact.Kind(.notice, "webhook-dead")
    public static let webhookStopped = Fact.Kind(.notice, "webhook-disabled")
    public static let channelUntaken = Fact.Kind(.notice, "channel-dead")
    public static let deliveryOverdue = Fact.Kind(.notice, "delivery-overdue")
    public static let tagsUnknown = Fact.Kind(.notice, "unknown-tags")
    public static let readerFailed = Fact.Kind(.notice, "reader-fault")
    public static let bufferFilling = Fact.Kind(.notice, "buffer-filling")
    public static let keyExpiring = Fact.Kind(.notice, "key-expiring")
    /// A finding of `doctor`, here or at a gateway; and its end, of which the detail is how long it stood.
    public static let findingNoticed = Fact.Kind(.notice, "finding")
    public static let findingOver = Fact.Kind(.notice, "finding-over")
    /// A report that somebody had to wait for; the subject is their name.
    public static let reportMade = Fact.Kind(.notice, "report")
    public static let noticeDone = Fact.Kind(.notice, "done")
    /// Somebody looks whether they are told; the subject is their name, the detail what they want to be told.
    public static let noticeTested = Fact.Kind(.notice, "test")
    public static let productSaved = Fact.Kind(.product, "save")
    public static func imported(_ what: String) -> Fact.Kind { Fact.Kind(.import, what) }

    // Clients and calls. Subject: the client, the call, the command or the extension.
    public static let partyCreated = Fact.Kind(.party, "create")
    public static let numberAttached = Fact.Kind(.party, "number")
    public static let numberDetached = Fact.Kind(.party, "number-undone")
    public static let numberErased = Fact.Kind(.number, "erased")
    public static let deskClaimed = Fact.Kind(.desk, "claim")
    public static let callEnded = Fact.Kind(.call, "ended")
    public static let callMissed = Fact.Kind(.call, "missed")
    public static let callNoted = Fact.Kind(.call, "note")
    public static let dialled = Fact.Kind(.call, "dial")
    public static let reminderSet = Fact.Kind(.call, "remind")
    public static let reminderDue = Fact.Kind(.call, "remind-due")
    public static let reminderDone = Fact.Kind(.call, "remind-done")
    public static let reminderUndone = Fact.Kind(.call, "remind-undone")
    /// Somebody wants a call-back to stand in the ERP, too.
    public static let callBackPushed = Fact.Kind(.call, "remind-erp")
    /// By a click: whoever hung up, and whoever was sent on, to which number.
    public static let hungUp = Fact.Kind(.call, "hang-up")
    public static let callSentOn = Fact.Kind(.call, "transfer")
    public static let missedTaken = Fact.Kind(.missed, "take")
    public static let missedGivenBack = Fact.Kind(.missed, "give-back")
    public static let missedDone = Fact.Kind(.missed, "done")

    // Who looked at personal data.
    public static func read(_ kind: PersonalRead.Kind) -> Fact.Kind { Fact.Kind(.personal, kind.rawValue) }

    // People. Subject: the name.
    public static let sessionOpened = Fact.Kind(.session, "open")
    public static let sessionRefused = Fact.Kind(.session, "refused")
    /// From where this person never signed in before; the detail is from where, and with what.
    public static let sessionNewPlace = Fact.Kind(.session, "new-place")
    /// Ended by somebody's hand; the subject is whose, the detail which.
    public static let sessionEnded = Fact.Kind(.session, "end")
    /// A screen was bound to its dock; the subject is its name, the detail its dock.
    public static let screenBound = Fact.Kind(.session, "screen")
    public static let screenEnded = Fact.Kind(.session, "screen-end")
    /// It asks from another address than before; the detail is both.
    public static let screenMoved = Fact.Kind(.session, "screen-moved")
    /// A badge was read at the dock that is the subject, and opened nothing; the detail is why, and nobody's name.
    public static let badgeUnused = Fact.Kind(.session, "badge-unused")
    public static let userAdded = Fact.Kind(.user, "add")
    /// They are somebody at a provider, which the words name.
    public static let userLinked = Fact.Kind(.user, "link")
    public static let userRights = Fact.Kind(.user, "rights")
    public static let userScope = Fact.Kind(.user, "scope")
    /// Subject: the role; the detail is what it may.
    public static let roleSet = Fact.Kind(.user, "role-set")
    public static let roleForgotten = Fact.Kind(.user, "role-forgotten")
    public static let userEnabled = Fact.Kind(.user, "enable")
    public static let userDisabled = Fact.Kind(.user, "disable")
    /// `secret` is password, pin or badge.
    public static func user(secret: String) -> Fact.Kind { Fact.Kind(.user, secret) }
    /// A second factor of theirs was set up; the detail is which.
    public static let factorAdded = Fact.Kind(.user, "factor-add")
    public static let factorRemoved = Fact.Kind(.user, "factor-remove")
    /// A program's token; the subject is its name, the detail its signs.
    public static let tokenAdded = Fact.Kind(.token, "add")
    public static let tokenRevoked = Fact.Kind(.token, "revoke")

    // Gateways. Subject: the agent.
    public static let recordsLost = Fact.Kind(.records, "lost")
    /// Rows that could not be applied; the detail is why and how many.
    public static let recordsRejected = Fact.Kind(.records, "rejected")
    /// Old ones were written into a file; the subject is its name, the detail how many, and its SHA-256.
    public static let recordsArchived = Fact.Kind(.records, "archived")
    public static let configurationSet = Fact.Kind(.configuration, "set")
    public static let gatewayOnline = Fact.Kind(.gateway, "online")
    public static let gatewayOffline = Fact.Kind(.gateway, "offline")
    public static let gatewayAlarm = Fact.Kind(.gateway, "alarm")
    public static let gatewayHealed = Fact.Kind(.gateway, "healed")
    public static let gatewayAdded = Fact.Kind(.gateway, "add")
    public static let gatewayConfirmed = Fact.Kind(.gateway, "confirm")
    public static let gatewayForgotten = Fact.Kind(.gateway, "forget")
    public static let gatewayInvited = Fact.Kind(.gateway, "invite")
    public static let gatewayUninvited = Fact.Kind(.gateway, "uninvite")
    /// It was given a certificate by an invitation; the detail is which.
    public static let gatewayJoined = Fact.Kind(.gateway, "join")
    public static let gatewayRenewed = Fact.Kind(.gateway, "renew")
    public static let gatewayRevoked = Fact.Kind(.gateway, "revoke")
    /// The site's authority is replaced, was, or stays after all; the subject is the mark of the one that signs from then on.
    public static let authorityRotated = Fact.Kind(.gateway, "authority-rotate")
    public static let authorityFinished = Fact.Kind(.gateway, "authority-finish")
    public static let authorityAbandoned = Fact.Kind(.gateway, "authority-abandon")
    /// It was told to take a version; the detail is which.
    public static let gatewayUpdating = Fact.Kind(.gateway, "update")
    /// It came back with it.
    public static let gatewayUpdated = Fact.Kind(.gateway, "updated")
    /// It does not take versions from here, or holds another; the detail is why.
    public static let gatewayPassedOver = Fact.Kind(.gateway, "passed-over")
    // A version on its way to the gateways. Subject: the version.
    public static let rolloutStarted = Fact.Kind(.rollout, "start")
    public static let rolloutPaused = Fact.Kind(.rollout, "pause")
    public static let rolloutResumed = Fact.Kind(.rollout, "resume")
    public static let rolloutAbandoned = Fact.Kind(.rollout, "abandon")
    public static let rolloutBack = Fact.Kind(.rollout, "back")
    /// By itself; the detail is which gateways, and why.
    public static let rolloutStopped = Fact.Kind(.rollout, "stop")
    public static let rolloutDone = Fact.Kind(.rollout, "done")

    // The ERP's queue. Subject: what was pushed, or the job's key.
    public static func pushed(_ kind: ERPJob.Kind) -> Fact.Kind { Fact.Kind(.erp, kind.rawValue) }
    public static let pushRetried = Fact.Kind(.erp, "retry")
    public static let pushDropped = Fact.Kind(.erp, "drop")
    /// It waits for a person; the detail is why.
    public static let pushDied = Fact.Kind(.erp, "dead")
    /// A line was left out, or its article chosen; the detail is which.
    public static let pushMended = Fact.Kind(.erp, "mend")
    /// Of a file that was put into the exchange, rows were refused; the subject is its name, the detail how many, and why the first.
    public static let exchangeRefused = Fact.Kind(.erp, "file-refused")
    /// The exchange's folder is another one, and a person said that it is right.
    public static let exchangeFolder = Fact.Kind(.erp, "folder")
    /// The database came from a backup: keys carry this name from here on.
    public static let installationRenewed = Fact.Kind(.erp, "installation")

    // Webhooks. Subject: its number; the detail names it.
    public static let webhookAdded = Fact.Kind(.webhook, "add")
    public static let webhookChanged = Fact.Kind(.webhook, "change")
    public static let webhookRemoved = Fact.Kind(.webhook, "remove")
    public static let webhookEnabled = Fact.Kind(.webhook, "enable")
    public static let webhookDisabled = Fact.Kind(.webhook, "disable")
    /// It signs with other keys.
    public static let webhookKey = Fact.Kind(.webhook, "key")
    /// An event for it alone.
    public static let webhookTested = Fact.Kind(.webhook, "test")
    public static let webhookReplayed = Fact.Kind(.webhook, "replay")
    /// An event was given up after the last try; the detail is which, and why.
    public static let webhookDied = Fact.Kind(.webhook, "dead")

    // How people are told. Subject: whose it is; the detail is which. Of what nobody has read the subject is the notice's.
    public static let channelAdded = Fact.Kind(.channel, "add")
    public static let channelRemoved = Fact.Kind(.channel, "remove")
    /// What it leads to wants nothing more.
    public static let channelGone = Fact.Kind(.channel, "gone")
    /// Something was given up after the last try.
    public static let channelDied = Fact.Kind(.channel, "dead")
    /// Nobody had read it: it went on; the detail is to whom, and how.
    public static let noticeRaised = Fact.Kind(.channel, "raise")
    /// Somebody has seen it.
    public static let noticeSeen = Fact.Kind(.channel, "seen")
    /// There is nobody left to be told.
    public static let noticeUnseen = Fact.Kind(.channel, "unseen")
    public static let dutySet = Fact.Kind(.channel, "duty")
}
