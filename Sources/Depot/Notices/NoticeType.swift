/// What a person can be told of: the one table of an inbox's types with what goes for each when nobody chose otherwise.
public enum NoticeType: String, CaseIterable, Sendable {
    case callMissed = "call.missed"
    case callBackDue = "call.callback_due"
    case unknownNumber = "call.unknown_number"
    case receiptExpected = "receipt.expected_today"
    case receiptStarted = "receipt.started"
    case receiptCompleted = "receipt.completed"
    case receiptDiscrepancy = "receipt.discrepancy"
    case receiptProposed = "receipt.proposed"
    case receiptOverdue = "receipt.overdue"
    case unknownTag = "scan.unknown_tag"
    case countDue = "inventory.count_due"
    case countDiscrepancy = "inventory.discrepancy"
    case lowStock = "inventory.low_stock"
    case gatewayOffline = "gateway.offline"
    case gatewayOnline = "gateway.online"
    case readerFault = "reader.fault"
    case bufferFilling = "buffer.filling"
    case pushFailed = "erp.push_failed"
    case erpConflict = "erp.conflict"
    case reportGenerated = "report.generated"
    case webhookDisabled = "webhook.disabled"
    case keyExpiring = "key.expiring"
    case finding = "system.finding"
    case findingOver = "system.finding_over"
    case signIns = "security.sign_ins"
    case rolloutStopped = "rollout.stopped"
    case announcement = "system.announcement"

    /// In the order in which they are read.
    public enum Priority: Int, CaseIterable, Comparable, Sendable {
        case low, normal, high, critical

        public static func < (one: Priority, other: Priority) -> Bool { one.rawValue < other.rawValue }

        /// As it is written in answers and preferences.
        public var word: String {
            switch self {
            case .low: "low"
            case .normal: "normal"
            case .high: "high"
            case .critical: "critical"
            }
        }
    }

    /// Who is told.
    public enum Audience: Equatable, Sendable {
        /// Whom it concerns: who wants to call back, whose name was tried.
        case person
        /// Whose telephones rang.
        case team
        case holders(of: Permission)
        case everybody
    }

    public var priority: Priority {
        switch self {
        case .receiptStarted, .receiptCompleted, .gatewayOnline, .reportGenerated, .findingOver: .low
        case .unknownNumber, .receiptExpected, .unknownTag, .countDue, .announcement: .normal
        case .callMissed, .callBackDue, .receiptDiscrepancy, .receiptProposed, .receiptOverdue, .countDiscrepancy,
            .lowStock,
            .readerFault, .erpConflict, .webhookDisabled, .keyExpiring, .signIns, .finding,
            .rolloutStopped:
            .high
        case .gatewayOffline, .bufferFilling, .pushFailed: .critical
        }
    }

    /// How long it is worth telling, in milliseconds from its fact: what is over in a day is not read in a month.
    public var life: Int64 {
        let day: Int64 = 86_400_000
        return switch self {
        case .receiptExpected, .receiptStarted, .gatewayOnline, .findingOver: day
        case .callBackDue, .unknownNumber, .receiptCompleted, .unknownTag, .bufferFilling: 7 * day
        case .callMissed, .receiptDiscrepancy, .receiptProposed, .receiptOverdue, .countDue, .countDiscrepancy,
            .lowStock,
            .gatewayOffline, .readerFault, .pushFailed, .erpConflict, .reportGenerated, .rolloutStopped, .announcement:
            30 * day
        case .webhookDisabled, .keyExpiring, .signIns, .finding: 90 * day
        }
    }

    public var audience: Audience {
        switch self {
        case .callBackDue, .signIns, .reportGenerated: .person
        case .callMissed, .unknownNumber: .team
        case .countDiscrepancy, .lowStock: .holders(of: .stockPost)
        case .pushFailed, .erpConflict: .holders(of: .erp)
        case .webhookDisabled, .keyExpiring: .holders(of: .webhooks)
        case .finding, .findingOver: .holders(of: .gatewaysCommand)
        case .rolloutStopped: .holders(of: .gatewaysUpdate)
        case .receiptExpected, .receiptStarted, .receiptCompleted, .receiptDiscrepancy, .receiptProposed,
            .receiptOverdue, .unknownTag, .countDue, .gatewayOffline, .gatewayOnline, .readerFault, .bufferFilling,
            .announcement:
            .everybody
        }
    }

    /// What one must be allowed to see what it tells of, beside what the audience says; nil: nothing.
    public var needs: Permission? {
        switch self {
        case .callMissed, .callBackDue, .unknownNumber: .callsSee
        case .receiptExpected, .receiptStarted, .receiptCompleted, .receiptDiscrepancy, .receiptProposed,
            .receiptOverdue:
            .deliveriesSee
        case .unknownTag, .lowStock: .stockSee
        case .countDue, .countDiscrepancy: .countingSee
        case .gatewayOffline, .gatewayOnline, .readerFault, .bufferFilling, .finding, .findingOver: .gatewaysSee
        case .pushFailed, .erpConflict: .erpSee
        case .webhookDisabled, .keyExpiring, .signIns, .reportGenerated, .rolloutStopped, .announcement: nil
        }
    }

    /// What it tells of stands in a zone or at a site.
    public var isPlaced: Bool {
        switch needs {
        case .deliveriesSee, .countingSee, .stockSee, .gatewaysSee: true
        default: false
        }
    }

    /// The fact that makes one by itself; nil where no fact says it, or a fact says it only together with what the tables hold
    /// (a delivery that was closed with differences). `gateway.alarm` is none of a reader: it is told of clocks and accounts.
    /// Facts of calls, stock and pushes carry a key alone: whoever makes a notice of one asks the tables for its words.
    public var fact: Fact.Kind? {
        switch self {
        case .callMissed: .callMissed
        case .callBackDue: .reminderDue
        case .receiptStarted: .deliveryOpened
        case .receiptCompleted: .deliveryClosed
        case .receiptProposed: .deliveryProposed
        case .countDue: .countDue
        case .lowStock: .stockLow
        case .gatewayOffline: .gatewayOffline
        case .gatewayOnline: .gatewayOnline
        case .pushFailed: .pushNoticed
        case .webhookDisabled: .webhookStopped
        case .signIns: .sessionRefused
        case .announcement: .noticeTested
        case .unknownNumber: .callEnded
        case .receiptExpected: .deliveriesExpected
        case .receiptOverdue: .deliveryOverdue
        case .unknownTag: .tagsUnknown
        case .readerFault: .readerFailed
        case .bufferFilling: .bufferFilling
        case .reportGenerated: .reportMade
        case .keyExpiring: .keyExpiring
        case .finding: .findingNoticed
        case .findingOver: .findingOver
        case .rolloutStopped: .rolloutStopped
        case .receiptDiscrepancy, .countDiscrepancy, .erpConflict: nil
        }
    }

    /// The page of this centre where one sees to it; nil: there is nothing to see to.
    public var page: String? {
        switch self {
        case .callMissed, .callBackDue, .unknownNumber: "/calls"
        case .receiptExpected, .receiptStarted, .receiptCompleted, .receiptDiscrepancy, .receiptProposed,
            .receiptOverdue, .unknownTag:
            "/receiving"
        case .lowStock: "/find"
        case .countDue, .countDiscrepancy: "/stocktake"
        case .gatewayOffline, .gatewayOnline, .readerFault, .bufferFilling, .rolloutStopped: "/gateways"
        case .pushFailed, .erpConflict: "/erp"
        case .finding, .findingOver: "/repairs"
        // Beside the people, for those who keep them.
        case .signIns, .webhookDisabled, .keyExpiring: "/audit"
        case .reportGenerated, .announcement: nil
        }
    }

    private static let byFact: [Fact.Kind: NoticeType] = {
        var types: [Fact.Kind: NoticeType] = [:]
        for type in allCases {
            if let fact = type.fact { types[fact] = type }
        }
        return types
    }()

    /// What besides a refusal is told of sign-ins, in words of its own (`NoticeWords.signIn`).
    public static let signInFacts: Set<Fact.Kind> = [.sessionNewPlace, .factorAdded, .factorRemoved]

    /// Nil for a fact of which nobody is told.
    public init?(of fact: Fact.Kind) {
        guard let type = NoticeType.signInFacts.contains(fact) ? .signIns : NoticeType.byFact[fact] else { return nil }
        self = type
    }
}
