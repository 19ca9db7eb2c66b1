/// Names of what has ended, so that a late event brings none of it back: the newest `limit` of them.
struct Ended {
    private let limit: Int
    private var names: Set<String> = []
    /// In the order of their end, from `oldest` on, round and round.
    private var order: [String] = []
    private var oldest = 0

    init(limit: Int) { self.limit = limit }

    func contains(_ name: String) -> Bool { names.contains(name) }

    /// False where it is not there.
    mutating func remove(_ name: String) -> Bool {
        guard names.remove(name) != nil else { return false }
        // Else its old turn would take it away when it has ended anew.
        if let place = order.firstIndex(of: name) { order[place] = "" }
        return true
    }

    mutating func insert(_ name: String) {
        guard names.insert(name).inserted else { return }
        guard order.count == limit else { return order.append(name) }
        names.remove(order[oldest])
        order[oldest] = name
        oldest = (oldest + 1) % limit
    }
}
