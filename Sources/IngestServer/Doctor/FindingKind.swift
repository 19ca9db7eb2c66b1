/// Everything that `edge-ingest doctor` can find, each with what it means and what to do: docs/reference/findings.md is made from it.
enum FindingKind: String, CaseIterable, Sendable {
    case configurationBroken = "configuration-broken"
    case configurationDoubtful = "configuration-doubtful"
    case clockUnset = "clock-unset"
    case diskFull = "disk-full"
    case diskLow = "disk-low"
    case storageMissing = "storage-missing"
    case storageClosed = "storage-closed"
    case storageNewer = "storage-newer"
    case storageOlder = "storage-older"
    case storageDamaged = "storage-damaged"
    case secretUnreadable = "secret-unreadable"
    case secretOthers = "secret-owner"
    case secretUnseen = "secret-unseen"
    case certificateUnreadable = "certificate-unreadable"
    case certificateEnded = "certificate-ended"
    case certificateEnds = "certificate-ends"
    case certificateRefused = "certificate-refused"
    case centreStopped = "centre-stopped"
    case brokerUnreachable = "broker-unreachable"
    case brokerRefuses = "broker-refuses"
    case brokerDenies = "broker-denies"
    case gatewayNone = "gateway-none"
    case gatewayNever = "gateway-never"
    case gatewaySilent = "gateway-silent"
    case gatewayAlarm = "gateway-alarm"
    case gatewayBuffer = "gateway-buffer"
    case gatewayVersion = "gateway-version"
    case deadLetters = "dead-letters"
    case erpUnreachable = "erp-unreachable"
    case erpRefuses = "erp-refuses"
    case erpRights = "erp-rights"
    case erpDead = "erp-dead"
    case otherUnreachable = "other-unreachable"
    case webhookOff = "webhook-off"
    case webhookDead = "webhook-dead"
    case epcisLate = "epcis-late"
    case epcisDead = "epcis-dead"
    case channelDead = "channel-dead"
    case exchangeFolder = "exchange-folder"
    case backupOld = "backup-old"
    case backupNone = "backup-none"

    /// From harmless to bad.
    enum Severity: String, CaseIterable, Sendable {
        /// Worth knowing.
        case note
        /// Something is missing, or soon will be.
        case warning
        /// Work stands still.
        case broken
    }

    /// What the catalogue says of one kind.
    struct Entry: Sendable {
        var severity: Severity
        var title: String
        var meaning: String
        var fix: String
        /// What follows from it, and is not told beside it.
        var hides: [FindingKind] = []
        /// Only what has the same subject follows from it: the broker's password explains the broker, and not the ERP.
        var isAboutItsSubject = false

        init(
            _ severity: Severity, _ title: String, _ meaning: String, fix: String, hides: [FindingKind] = [],
            isAboutItsSubject: Bool = false
        ) {
            (self.severity, self.title, self.meaning, self.fix) = (severity, title, meaning, fix)
            (self.hides, self.isAboutItsSubject) = (hides, isAboutItsSubject)
        }
    }
}
