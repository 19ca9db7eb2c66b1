import Model
import SQLite

/// The deliveries of a page, in the order of the work: those open, those late, those of today, those that come later, those closed.
///
/// A list of thousands is read in pages of `limits`; `after` is the last delivery that the asker has, so that nothing is skipped or
/// doubled when others come and go meanwhile. Heads alone are sorted and searched; a delivery is counted up only for its page.
public struct DeliveryList: Sendable {
    public enum State: String, CaseIterable, Sendable {
        case open, late, today, later, closed
    }

    /// What is asked for.
    public struct Question: Equatable, Sendable {
        /// Each word of it must stand in the note, the supplier, another name, an order, the dock or the client; without regard to case and accents.
        public var text = ""
        /// Empty for all.
        public var states: Set<State> = []
        public var dock: String?
        public var supplier: String?
        /// What the asker may see.
        public var reach = Reach()
        /// The asker's day, YYYY-MM-DD: late is what was expected before it.
        public var today: String
        /// Closed ones since then, in Unix milliseconds.
        public var since: Int64
        public var limit = 50
        public var after: Int64?

        public init(today: String, since: Int64) { (self.today, self.since) = (today, since) }
    }

    /// Deliveries of one answer.
    public static let limits = 1...200
    /// Heads that are looked through, the latest first: a year of a large depot.
    static let reach = 20_000
    /// Suppliers offered as a filter.
    static let supplierLimit = 300

    public var deliveries: [DeliveryView] = []
    /// How many there are of each state, whatever states are asked for.
    public var counts: [State: Int] = [:]
    /// How many there are in the states that are asked for.
    public var total = 0
    /// The last of `deliveries`, where more come after it.
    public var next: Int64?
    /// Suppliers and docks of all that is not filtered by them, for choosing.
    public var suppliers: [String] = []
    public var docks: [String] = []

    /// What the order needs to know of a delivery.
    struct Head: Sendable {
        var id: Int64
        var note: String
        var supplier: String
        var expectedOn: String?
        var status: String
        var zone: String?
        var places: Set<String>
        var opened: Int64
        var closed: Int64
        var words: String

        func state(today: String) -> State {
            switch status {
            case "open": .open
            case "closed": .closed
            default:
                switch expectedOn {
                case .some(let day) where day < today: .late
                case .some(let day) where day == today: .today
                default: .later
                }
            }
        }
    }

    /// Where a head stands: its state, then the most late, the next to come, the last opened or closed.
    struct Place: Comparable {
        var rank: Int
        var day: String
        var age: Int64
        var note: String
        var id: Int64

        init(_ head: Head, today: String) {
            let state = head.state(today: today)
            rank = State.allCases.firstIndex(of: state) ?? 0
            // Without a day: after all that have one.
            day = state == .open || state == .closed ? "" : head.expectedOn ?? "~"
            age = state == .open ? -head.opened : state == .closed ? -head.closed : 0
            note = head.note
            id = head.id
        }

        static func < (a: Self, b: Self) -> Bool {
            (a.rank, a.day, a.age, a.note, a.id) < (b.rank, b.day, b.age, b.note, b.id)
        }
    }
}

extension DeliveryTable {
    /// One page of the list, with the counts of all of it.
    public func list(_ question: DeliveryList.Question) throws -> DeliveryList {
        // `BL-77` is one word of two parts, which stand together.
        let words = question.text.split(separator: " ").map { Cell.folded(String($0)) }.filter { !$0.isEmpty }
        let heads = try heads(since: question.since, withNames: !words.isEmpty).filter {
            question.reach.covers(zone: $0.zone)
        }
        var list = DeliveryList()
        list.suppliers = Array(Set(heads.map(\.supplier)).sorted().prefix(DeliveryList.supplierLimit))
        list.docks = Set(heads.flatMap(\.places)).sorted()
        let meant = heads.filter { head in
            (question.dock.map(head.places.contains) ?? true) && (question.supplier.map { $0 == head.supplier } ?? true)
                && words.allSatisfy(head.words.contains)
        }
        for head in meant { list.counts[head.state(today: question.today), default: 0] += 1 }
        let asked = meant.filter {
            question.states.isEmpty || question.states.contains($0.state(today: question.today))
        }
        list.total = asked.count
        var places = asked.map { DeliveryList.Place($0, today: question.today) }.sorted()
        // Looked up among all: it may have left the states that are asked for meanwhile.
        if let after = question.after, let last = heads.first(where: { $0.id == after }) {
            let place = DeliveryList.Place(last, today: question.today)
            places = places.filter { $0 > place }
        }
        let page = places.prefix(question.limit)
        list.next = places.count > page.count ? page.last?.id : nil
        list.deliveries = try page.compactMap { try view($0.id) }
        return list
    }

    private func heads(since: Int64, withNames: Bool) throws -> [DeliveryList.Head] {
        let names =
            withNames
            ? """
            coalesce((SELECT group_concat(name, ' ') FROM delivery_name WHERE delivery=delivery.id), '') || ' ' || coalesce(
                (SELECT group_concat(value, ' ') FROM delivery_detail
                    WHERE delivery=delivery.id AND kind='reference' AND code='order'), '')
            """ : "NULL"
        return try database.rows(
            """
            SELECT id, note, supplier, substr(expected, 1, 10), status, zone, dock, opened, closed, client, \(names), received_in
            FROM delivery WHERE status IN ('open', 'expected') OR (status='closed' AND closed>=?1)
            ORDER BY id DESC LIMIT ?2
            """, .integer(since), .integer(Int64(DeliveryList.reach))
        ) { row in
            let places = [row.optionalText(5), row.optionalText(6)].compactMap(\.self)
            let texts =
                [row.text(1), row.text(2)] + places + [row.optionalText(9), row.optionalText(10)].compactMap(\.self)
            return DeliveryList.Head(
                id: row.integer(0), note: row.text(1), supplier: row.text(2), expectedOn: row.optionalText(3),
                status: row.text(4), zone: row.optionalText(5) ?? row.optionalText(11), places: Set(places),
                opened: row.optionalInteger(7) ?? 0,
                closed: row.optionalInteger(8) ?? 0,
                words: withNames ? Cell.folded(texts.joined(separator: " ")) : "")
        }
    }
}
