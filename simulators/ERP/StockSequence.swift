import ERP
import Model

/// One random story of a depot: received, put away, moved, shipped in the ERP, counted, corrected, with deaths of the connector on
/// the way, against a stand-in in this process. After each step the ERP's books are what really lies there: every article and
/// lot at every place.
public struct StockSequence {
    public enum Peer: String, CaseIterable, Sendable { case odoo, tryton }

    public struct Outcome: Sendable {
        /// Nil: the books were right to the end.
        public var failure: String?
        /// What was done, a line a step.
        public var story: [String] = []
        /// Requests that were answered, or should have been.
        public var calls = 0
    }

    /// The same sequence for a seed on every machine.
    struct Dice: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }

    private struct Failure: Error { var words: String }

    private struct Receipt {
        var id: String
        var note: String
        var lines: [String: Int64]
        /// What was received of it, corrections among it: no more than this goes back.
        var got: [StockThing: Int]
        var corrections = 1
    }

    private var dice: Dice
    private let peer: StockPeer
    /// What lies where: by place.
    private var world: [[StockThing: Int]]
    private let things: [StockThing]
    private var receipts: [Receipt] = []
    private var story: [String] = []
    private var takesCorrections = true
    private let usesKey: Bool

    private init(_ peer: Peer, seed: UInt64) {
        dice = Dice(state: seed &* 2 &+ (peer == .odoo ? 0 : 1))
        let kind: StockPeer.Kind
        switch peer {
        case .odoo:
            kind = .odoo(series: Int.random(in: 15...19, using: &dice))
            usesKey = false
        case .tryton:
            let series = ["7.0", "8.0", "8.2"][Int.random(in: 0...2, using: &dice)]
            usesKey = series != "7.0" && Int.random(in: 0...3, using: &dice) == 0
            kind = .tryton(series: series, usesKey: usesKey)
        }
        self.peer = StockPeer(kind)
        let opening = StockPeer.opening(kind)
        things = opening.keys.sorted { ($0.article, $0.lot ?? "") < ($1.article, $1.lot ?? "") }
        world = [opening, [:], [:]]
        story.append("\(kind)")
    }

    /// `steps`: how many things happen.
    public static func play(_ peer: Peer, seed: UInt64, steps: Int = 8) async -> Outcome {
        var sequence = StockSequence(peer, seed: seed)
        var failure: String?
        do {
            for step in 0..<steps {
                try await sequence.step(step)
                try sequence.compare()
            }
        } catch let error as Failure {
            failure = error.words
        } catch {
            failure = "\(error)"
        }
        return Outcome(failure: failure, story: sequence.story, calls: sequence.peer.total)
    }

    // MARK: Steps

    private mutating func step(_ step: Int) async throws {
        let place = Int.random(in: 0...2, using: &dice)
        let thing = things[Int.random(in: 0..<things.count, using: &dice)]
        switch Int.random(in: 0...7, using: &dice) {
        case 0, 1: try await receive(step)
        case 2: try await move(step, thing, from: 0, to: Int.random(in: 1...2, using: &dice))
        case 3: try await move(step, thing, from: place, to: (place + 1) % 3)
        case 4: ship(thing, place)
        case 5: try await correct(thing)
        default: try await count(step, place)
        }
    }

    private mutating func receive(_ step: Int) async throws {
        let note = "BL-\(step)"
        let (plain, tracked) = (Int.random(in: 1...9, using: &dice), Int.random(in: 1...6, using: &dice))
        let id = peer.announce([(1, plain), (9, tracked)], note)
        let receipt = try await peer.connector.openReceipts().first { $0.id == id }
        guard let receipt else { throw Failure(words: "receipt \(id) is not offered") }
        // Over REST nobody can say yes to more than was announced.
        let got = Int.random(in: 0...(plain + (usesKey ? 0 : 1)), using: &dice)
        let first = Int.random(in: 0...tracked, using: &dice)
        let second = tracked - first
        let named = things.filter { $0.lot != nil }
        let parts = [(named[0], first), (named[1], second)].filter { $0.1 > 0 }
        let lines = receipt.lines.map { line -> ReceptionPush.Line in
            let isTracked = line.product == "9"
            return ReceptionPush.Line(
                line: line.id, product: line.product, gtin: line.gtin ?? "",
                quantity: Quantity(isTracked ? tracked : got),
                lots: isTracked ? parts.map { .init(number: $0.0.lot ?? "", quantity: Quantity($0.1)) } : [])
        }
        let backorder = Bool.random(using: &dice)
        story.append("\(step) receive \(note): \(got) of \(plain), lots \(first) + \(second), rest \(backorder)")
        let push = ReceptionPush(
            key: "quai/S/reception/\(step)", receipt: receipt.id, note: note, lines: lines, backorder: backorder)
        let outcome = try await insist { try await $0.push(push, dry: false) }
        add(StockThing(article: 1), got, 0)
        for (thing, quantity) in parts { add(thing, quantity, 0) }
        guard case .done(let remote, _) = outcome else { return }
        let ids = receipt.lines.map { ($0.id, Int64($0.product) ?? 0) }
        let received = Dictionary(parts, uniquingKeysWith: +).merging(
            [StockThing(article: 1): got], uniquingKeysWith: +)
        receipts.append(
            Receipt(id: remote, note: note, lines: Dictionary(ids) { first, _ in first }, got: received))
    }

    private mutating func move(_ step: Int, _ thing: StockThing, from: Int, to: Int) async throws {
        let there = world[from][thing] ?? 0
        guard there > 0 else { return }
        let quantity = Int.random(in: 1...min(5, there), using: &dice)
        story.append("\(step) move \(quantity) of \(thing.article) \(thing.lot ?? "") from \(from) to \(to)")
        let push = TransferPush(
            key: "quai/S/move/\(step)", from: peer.places[from], to: peer.places[to],
            lines: [
                TransferPush.Line(
                    product: nil, gtin: peer.gtin(thing.article), lot: thing.lot, quantity: Quantity(quantity))
            ])
        _ = try await insist { try await $0.push(push, dry: false) }
        add(thing, -quantity, from)
        add(thing, quantity, to)
    }

    /// A person there ships some.
    private mutating func ship(_ thing: StockThing, _ place: Int) {
        let quantity = min(2, world[place][thing] ?? 0)
        story.append("- ship \(quantity) of \(thing.article) \(thing.lot ?? "") from \(place)")
        guard quantity > 0 else { return }
        peer.add(thing, -quantity, place: place)
        add(thing, -quantity, place)
    }

    /// A closed delivery is opened again: late goods, or a miscount, of one or several of its articles. The connector is set
    /// to die in the middle of it at least once.
    private mutating func correct(_ thing: StockThing) async throws {
        guard takesCorrections, !receipts.isEmpty else { return }
        let index = Int.random(in: 0..<receipts.count, using: &dice)
        var changes: [(thing: StockThing, line: String, change: Int)] = []
        for other in things where other == thing || Bool.random(using: &dice) {
            guard let line = receipts[index].lines.first(where: { $0.value == other.article })?.key else { continue }
            let got = receipts[index].got[other] ?? 0
            let change = Int.random(in: -min(3, got, world[0][other] ?? 0)...3, using: &dice)
            if change != 0 { changes.append((other, line, change)) }
        }
        guard !changes.isEmpty else { return }
        receipts[index].corrections += 1
        let receipt = receipts[index]
        let words = changes.map { "\($0.change) of \($0.thing.article) \($0.thing.lot ?? "")" }
        story.append("- correct \(receipt.note): \(words.joined(separator: ", "))")
        let push = CorrectionPush(
            key: "quai/S/correction/\(receipt.note).\(receipt.corrections)", receipt: receipt.id, note: receipt.note,
            reason: "Counted again",
            lines: changes.map { thing, line, change in
                CorrectionPush.Line(
                    line: line, product: String(thing.article), gtin: peer.gtin(thing.article), lot: thing.lot,
                    change: Quantity(change))
            })
        do {
            _ = try await insist(deaths: Int.random(in: 1...2, using: &dice)) { try await $0.push(push, dry: false) }
        } catch let fault as ERPFault where fault.kind == .unsupported {
            takesCorrections = false
            return
        }
        for (thing, _, change) in changes {
            add(thing, change, 0)
            receipts[index].got[thing, default: 0] += change
        }
    }

    /// Something was lost or found of which nobody told; it is counted, and others move between the beginning and the push.
    private mutating func count(_ step: Int, _ place: Int) async throws {
        let book = try await peer.connector.stock(at: peer.places[place])
        let name = peer.places[place]
        for thing in things where Bool.random(using: &dice) {
            add(thing, Int.random(in: -min(2, world[place][thing] ?? 0)...2, using: &dice), place)
        }
        let lines = things.map { thing in
            let begin = book.first { $0.product == String(thing.article) && $0.lot == thing.lot }?.quantity ?? 0
            let below = place == 0 ? inside(thing) : 0
            let counted = Quantity((world[place][thing] ?? 0) + below)
            return StockTakePush.Line(
                product: String(thing.article), gtin: peer.gtin(thing.article), lot: thing.lot, counted: counted,
                expected: counted, begin: begin)
        }
        let comes = Int.random(in: 0...4, using: &dice)
        story.append(
            "\(step) count \(name): \(lines.map { "\($0.change ?? 0)" }.joined(separator: " ")), \(comes) come")
        if comes > 0 {
            peer.add(StockThing(article: 2), comes, place: place)
            add(StockThing(article: 2), comes, place)
        }
        let push = StockTakePush(key: "quai/S/take/\(step)", location: name, lines: lines)
        _ = try await insist { try await $0.push(push, dry: false) }
    }

    /// What Odoo counts to a place from the places below it; Tryton counts none.
    private func inside(_ thing: StockThing) -> Int {
        guard case .odoo = peer.kind else { return 0 }
        return (world[1][thing] ?? 0) + (world[2][thing] ?? 0)
    }

    // MARK: What holds

    private mutating func add(_ thing: StockThing, _ quantity: Int, _ place: Int) {
        world[place][thing, default: 0] += quantity
    }

    private func compare() throws(Failure) {
        let books = peer.books(things)
        for place in world.indices {
            for thing in things {
                let (book, there) = (books[place][thing] ?? 0, world[place][thing] ?? 0)
                guard book != Double(there) else { continue }
                let name = "\(thing.article) \(thing.lot ?? "")"
                throw Failure(
                    words: "article \(name) at \(peer.places[place]): the books say \(book), there are \(there)")
            }
        }
        if let leftover = peer.leftover { throw Failure(words: leftover) }
    }

    /// Pushes until it goes, with up to two deaths on the way where nothing else is said.
    private mutating func insist(
        deaths: Int? = nil, _ push: (any ERPConnector) async throws -> PushOutcome
    ) async throws -> PushOutcome {
        for _ in 0..<(deaths ?? max(0, Int.random(in: -1...2, using: &dice))) {
            let (call, isAfter) = (Int.random(in: 4...20, using: &dice), Bool.random(using: &dice))
            story.append("    dies \(isAfter ? "after" : "before") call \(call)")
            peer.die(at: call, isAfter: isAfter)
            _ = try? await push(peer.connector)
        }
        peer.revive()
        do {
            return try await push(peer.connector)
        } catch let fault as ERPFault where fault.kind != .unsupported {
            throw Failure(words: "\(fault.kind): \(fault.sentence)")
        }
    }
}
