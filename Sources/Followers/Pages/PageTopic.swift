public import Depot

/// What of the depot a page shows by itself: a fact says which of these changed, and a page is told how it is now.
public enum PageTopic: Hashable, Sendable {
    case delivery(Int64)
    case deliveries
    case take(Int64)
    case missed
    case note(call: String)
    case gateway(String)
    case notices
    /// As it is called here, without the installation.
    case job(String)

    /// Nil for what no page shows by itself.
    public init?(_ fact: Fact) {
        switch fact.kind.room {
        case .delivery:
            if fact.kind == .deliveriesPulled {
                self = .deliveries
            } else {
                guard let id = Int64(fact.subject) else { return nil }
                self = .delivery(id)
            }
        case .take:
            guard let id = Int64(fact.subject) else { return nil }
            self = .take(id)
        case .import: self = .deliveries
        case .notice: self = .notices
        case .missed: self = .missed
        case .call:
            switch fact.kind {
            case .callNoted: self = .note(call: fact.subject)
            case .callMissed, .callEnded: self = .missed
            // The same list of what there is to do.
            case .reminderSet, .reminderDone, .reminderUndone, .reminderDue: self = .missed
            default: return nil
            }
        case .gateway, .records, .configuration: self = .gateway(fact.subject)
        case .erp:
            // What was pushed is named by its subject, what a person did to a job by the job's key.
            self = .job(
                ERPJob.Kind(rawValue: fact.kind.deed).map { ERPJob.key($0, fact.subject) }
                    ?? ERPJob.name(key: fact.subject))
        case .product, .party, .number, .desk, .session, .user, .webhook, .channel, .personal, .token, .rollout, nil:
            return nil
        }
    }

    /// What changed in these entries, each once, in the order of the last change.
    public static func changed(in entries: [Entry]) -> [PageTopic] {
        var seen: Set<PageTopic> = []
        return entries.reversed().compactMap { PageTopic($0.fact) }.filter { seen.insert($0).inserted }.reversed()
    }
}
