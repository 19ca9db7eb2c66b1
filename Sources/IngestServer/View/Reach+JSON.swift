import Depot
import Model

/// What of a list a person may see, by where it stands.
extension Reach {
    func covers(item: JSON) -> Bool { covers(zone: item["zone"]?.text) }

    /// One that begins or ends where they may look.
    func covers(movement: JSON) -> Bool {
        let places = [movement["from"]?.text, movement["to"]?.text].compactMap(\.self)
        return places.isEmpty || places.contains { covers(zone: $0) }
    }

    func covers(hit: JSON, _ store: Store) throws -> Bool {
        switch hit["kind"]?.text {
        case "tag": covers(item: hit)
        case "delivery":
            covers(
                zone: try zones == nil
                    ? nil : hit["ref"]?.text.flatMap { Int64($0) }.flatMap(store.deliveries.zone(of:)))
        default: true
        }
    }
}

extension SearchTable.Found {
    var needs: Permission {
        switch self {
        case .product: .productsSee
        case .party: .clientsSee
        case .delivery: .deliveriesSee
        case .tag: .stockSee
        }
    }
}
