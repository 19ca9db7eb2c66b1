import Depot
import FaultyDisk
import Model
import SQLite

/// One or two instances of the centre on one database.
extension World {
    mutating func reviveCentres() {
        for index in centres.indices where centres[index] == nil {
            guard let due = centreBack[index], now >= due else { continue }
            do {
                let store = try Store(path: "file:/\(centreDisk)/ingest.db?vfs=faulty")
                (stores[index], centres[index]) = (store, Applier(store: store))
                centreBack[index] = nil
                tell("the centre \(index) starts")
                announce(index, lives: true)
            } catch {
                centreBack[index] = now + .milliseconds(200)
                // What hit it while it opened the file hit the other one, too.
                if faulty_died(centreDisk) { fell(index, "as it starts") }
                if let sqlite = error as? SQLiteError, sqlite.isCorrupt {
                    problem = "the database is damaged: \(sqlite)"
                }
            }
        }
    }

    mutating func apply(_ frames: inout [(agent: String, payload: [UInt8])], _ index: Int) {
        defer { frames = [] }
        guard let applier = centres[index], !frames.isEmpty else { return }
        do {
            let arrivals = frames.map { frame in
                var arrival = Arrival(agent: frame.agent, payload: frame.payload)
                for (row, _) in arrival.decisions { arrival.standings[row] = .person("Marie") }
                return arrival
            }
            let result = try applier.apply(arrivals, at: now.milliseconds)
            // Dies between the commit and the acknowledgement.
            if isFaulty, chance(4) { return fell(index, "before it acknowledges") }
            for (_, ack) in result.acks { reply(.ack(ack)) }
            if let refused = result.refused.first { problem = "a frame was refused: \(refused.reason)" }
        } catch {
            if faulty_died(centreDisk) { fell(index, "in a transaction") }
        }
    }

    mutating func greet(_ hello: Hello, _ index: Int) {
        guard let applier = centres[index] else { return }
        do {
            let (ack, lost) = try applier.greet(hello, agent: "dock", at: now.milliseconds)
            if !lost.isEmpty { problem = "records were declared lost: \(lost)" }
            reply(.ack(ack))
        } catch {
            if faulty_died(centreDisk) { fell(index, "in a greeting") }
        }
    }

    mutating func reply(_ message: Message) { send(message, up: false) }

    mutating func fell(_ index: Int, _ how: String) {
        tell("the centre \(index) dies \(how)")
        // A disk that lost power takes all instances along.
        for other in centres.indices where other == index || faulty_died(centreDisk) {
            if centres[other] != nil { announce(other, lives: false) }
            (centres[other], stores[other]) = (nil, nil)
            centreBack[other] = now + .milliseconds(Int64.random(in: 1...400, using: &dice))
        }
    }
}
