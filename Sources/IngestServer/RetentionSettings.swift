import Depot
import Settings

extension RetentionRules {
    /// `[retention]`: days by kind.
    init(_ section: Section) {
        self.init()
        for kind in Retention.allCases {
            if let days = section.integer(kind.rawValue, in: kind.days) { self[kind] = Int(days) }
        }
    }

    /// For `edge-ingest check`.
    var words: String {
        Retention.allCases.map { kind in
            "\(kind.rawValue) \(self[kind] == 0 ? "for ever" : "\(self[kind]) days")"
        }.joined(separator: ", ")
    }
}
