import Model

/// Everything that `edge-ingest doctor` can find, each with what it means and what to do: docs/reference/findings.md is made from it.
enum FindingKind: String, FindingCatalogue {
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
    case webhookOff = "webhook-off"
    case webhookDead = "webhook-dead"
    case epcisLate = "epcis-late"
    case epcisDead = "epcis-dead"
    case channelDead = "channel-dead"
    case exchangeFolder = "exchange-folder"
    case backupOld = "backup-old"
    case backupNone = "backup-none"

    typealias Severity = Model.Severity
    typealias Entry = FindingEntry<FindingKind>

    static let program = "edge-ingest"
}
