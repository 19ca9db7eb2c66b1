public import Model

/// Something that stays open until somebody has dealt with it, or it has gone by itself.
enum Notice: String, CaseIterable {
    case lowStock = "low-stock"
    case countDue = "count-due"
    /// The ERP did not take something, and a person has to help.
    case pushDead = "push-dead"
    /// Of a file that was put into the exchange something was refused.
    case exchangeRefused = "exchange-refused"
    /// A file for the ERP was not taken.
    case exchangeLate = "exchange-late"
    /// A folder of the exchange is not there, or not ours to write.
    case exchangeFolder = "exchange-folder"
    /// A webhook did not take an event, and it is not tried again.
    case webhookDead = "webhook-dead"
    /// A webhook is told nothing more.
    case webhookDisabled = "webhook-disabled"
    /// One of the ways in which somebody wants to be told does not work.
    case channelDead = "channel-dead"
    /// A delivery did not come on its day.
    case deliveryOverdue = "delivery-overdue"
    /// Tags that nobody knows lie in a zone.
    case unknownTags = "unknown-tags"
    case readerFault = "reader-fault"
    case bufferFilling = "buffer-filling"
    case keyExpiring = "key-expiring"
    /// What `doctor` finds here or at a gateway, and nobody is told of otherwise.
    case finding

    var fact: Fact.Kind {
        switch self {
        case .lowStock: .stockLow
        case .countDue: .countDue
        case .pushDead: .pushNoticed
        case .exchangeRefused: .exchangeNoticed
        case .exchangeLate: .exchangeUntaken
        case .exchangeFolder: .exchangeAway
        case .webhookDead: .webhookUntaken
        case .webhookDisabled: .webhookStopped
        case .channelDead: .channelUntaken
        case .deliveryOverdue: .deliveryOverdue
        case .unknownTags: .tagsUnknown
        case .readerFault: .readerFailed
        case .bufferFilling: .bufferFilling
        case .keyExpiring: .keyExpiring
        case .finding: .findingNoticed
        }
    }
}

extension Person {
    /// What waits for somebody, among what they may see.
    public func sees(notice: JSON) -> Bool {
        switch notice["kind"]?.text.flatMap(Notice.init(rawValue:)) {
        case .lowStock: may(.stockSee)
        case .countDue: may(.countingSee) && reach.covers(zone: notice["subject"]?.text)
        case .pushDead, .exchangeRefused, .exchangeLate, .exchangeFolder: may(.erpSee)
        case .webhookDead, .webhookDisabled, .channelDead: may(.erpSee) || may(.webhooks)
        case .deliveryOverdue: may(.deliveriesSee)
        case .unknownTags: may(.stockSee) && reach.covers(zone: notice["data"]?["zone"]?.text)
        case .readerFault: may(.gatewaysSee) && reach.covers(zone: notice["data"]?["zone"]?.text)
        case .bufferFilling: may(.gatewaysSee)
        case .keyExpiring: may(.webhooks)
        // The centre's own are for those who keep it.
        case .finding: may(.gatewaysCommand) && (notice["data"]?["agent"]?.text != nil || reach.sites == nil)
        case nil: true
        }
    }
}
