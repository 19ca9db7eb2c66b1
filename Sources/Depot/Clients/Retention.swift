/// What is kept for how long, by kind: what `[retention]` says, and what is forgotten by it.
public enum Retention: String, CaseIterable, Sendable {
    /// Calls with all that belongs to them.
    case calls
    /// What people wrote about calls, and what the ERP was told of it.
    case notes
    /// Who looked at whom (`PersonalRead`).
    case cardViews = "card-views"
    /// Who did what: entries lose their content and keep their place in the chain.
    case trail
    /// What readers read: keys stay, so that none is applied again.
    case reads
    /// Pictures of goods.
    case photos
    /// Names and pictures of those who signed.
    case signatures
    case inbox
    /// Keys of scans that pages brought, with who brought them.
    case pageScans = "page-scans"

    /// Days; 0 keeps them. Telephone traffic and who looked at whom: a year (CNIL, délibération 2021-122 of 14 October 2021: logs, six months
    /// to a year). What a trader may have to prove: five years (Code de commerce, L110-4). Reads are of goods.
    public var usualDays: Int {
        switch self {
        case .calls, .notes, .cardViews: 365
        case .trail, .photos, .signatures: 5 * 365
        case .reads: 0
        case .inbox: 90
        case .pageScans: Int(PageScan.keyLife / 86_400_000)
        }
    }

    /// Fewer would break what the program promises; 0 is always allowed but for those that may not be kept for ever.
    public var days: ClosedRange<Int64> {
        switch self {
        case .trail: 0...36_500
        // A browser may bring one again.
        case .pageScans: (PageScan.keyLife / 86_400_000)...3650
        case .inbox: 1...3650
        default: 0...36_500
        }
    }
}

/// For how long each kind is kept, in days; 0 for ever.
public struct RetentionRules: Equatable, Sendable {
    public var days: [Retention: Int] = [:]

    public init() {}

    public subscript(_ kind: Retention) -> Int {
        get { days[kind] ?? kind.usualDays }
        set { days[kind] = newValue }
    }

    /// What was before is to be forgotten; nil where all is kept.
    public func limit(_ kind: Retention, at now: Int64) -> Int64? {
        self[kind] > 0 ? now - Int64(self[kind]) * 86_400_000 : nil
    }

    /// What is allowed and yet worth a second look.
    public var warnings: [String] {
        var out: [String] = []
        if self[.notes] > 0, self[.calls] > 0, self[.notes] > self[.calls] {
            out.append("[retention]: notes go with their calls, after \(self[.calls]) days")
        }
        for kind in [Retention.calls, .notes, .cardViews, .signatures]
        where self[kind] == 0 && (kind != .notes || self[.calls] == 0) {
            out.append(
                "[retention]: \(kind.rawValue) = 0 keeps personal data for ever; say for how long they are needed")
        }
        return out
    }
}
