import Model

/// How an exchange shows itself to its clients.
protocol ExchangeFace: Sendable {
    mutating func connect(_ id: Int)
    mutating func disconnect(_ id: Int)
    /// `legs` are those that exist now, oldest first.
    mutating func receive(_ bytes: [UInt8], on id: Int, legs: [Exchange.Leg]) -> [Exchange.Request]
    mutating func tell(_ happening: Exchange.Happening, legs: [Exchange.Leg], at now: Instant)
    mutating func heartbeat()
    mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int])
}

extension ExchangeFace {
    mutating func heartbeat() {}
}

/// What waits for each connection.
struct FaceOutput: Sendable {
    private var bytes: [Int: [UInt8]] = [:]
    private var closing: Set<Int> = []

    mutating func put(_ text: String, on id: Int) { put(Array(text.utf8), on: id) }
    mutating func put(_ new: [UInt8], on id: Int) { bytes[id, default: []] += new }
    mutating func close(_ id: Int) { closing.insert(id) }
    mutating func forget(_ id: Int) {
        bytes[id] = nil
        closing.remove(id)
    }

    mutating func take() -> (bytes: [Int: [UInt8]], closing: [Int]) {
        defer {
            bytes = [:]
            closing = []
        }
        return (bytes, closing.sorted())
    }
}
