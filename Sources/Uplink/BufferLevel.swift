/// How full the buffer is, and what follows from it. Nothing old is ever dropped to make room:
/// docs/explanation/delivery.md has the table.
public enum BufferLevel: Int, Comparable, Sendable, CaseIterable {
    case roomy
    /// From 70 %: said, nothing else.
    case warning
    /// From 85 %: sightings of tags that come and go are kept as one, with count, first and last; repeats are left out.
    case saving
    /// From 95 %: what counts stock is refused, so that deliveries still find room.
    case deliveriesOnly
    /// Nothing more is accepted, and whoever scans is told.
    case full

    public init(used: Int64, budget: Int64) {
        let percent = budget > 0 ? Double(used) / Double(budget) * 100 : 100
        self =
            switch percent {
            case ..<70: .roomy
            case ..<85: .warning
            case ..<95: .saving
            case ..<100: .deliveriesOnly
            default: .full
            }
    }

    public static func < (a: BufferLevel, b: BufferLevel) -> Bool { a.rawValue < b.rawValue }

    public var name: String {
        switch self {
        case .roomy: "roomy"
        case .warning: "warning"
        case .saving: "saving"
        case .deliveriesOnly: "deliveries-only"
        case .full: "full"
        }
    }
}
