import Glibc
import World

/// Stations with queues, and jobs that go from one to the next: a discrete-event simulation (A. M. Law, Simulation Modeling and Analysis,
/// chapter 1). A value: no clock, no disk; the same numbers from the same seed. Time is in seconds.
///
/// Tried against what queueing theory says exactly, in `QueuesTests`.
public struct Queues: Sendable {
    /// How long a visit takes.
    public enum Service: Equatable, Sendable {
        case fixed(Double)
        /// With this mean.
        case exponential(Double)

        public var mean: Double {
            switch self {
            case .fixed(let value), .exponential(let value): value
            }
        }
    }

    /// First come, first served.
    public struct Station: Equatable, Sendable {
        public var name: String
        public var servers: Int
        /// Visits that may be done together, one after the other's time, and what such a group takes besides: a transaction.
        public var together: Int
        public var setup: Double

        public init(_ name: String, servers: Int = 1, together: Int = 1, setup: Double = 0) {
            (self.name, self.servers, self.together, self.setup) = (name, servers, together, setup)
        }
    }

    public struct Visit: Equatable, Sendable {
        public var station: Int
        public var service: Service
        /// May be done together with others of its kind; others are alone.
        public var joins: Bool
        /// What each one takes of those that a source gathered, beside the service.
        public var each: Double

        public init(_ station: Int, _ service: Service, joins: Bool = false, each: Double = 0) {
            (self.station, self.service, self.joins, self.each) = (station, service, joins, each)
        }
    }

    /// When jobs of a kind come.
    public enum Arrivals: Sendable {
        /// Independent of each other, so many a second.
        case poisson(Double)
        /// Many, each once a period at a moment of its own: `phases`, ascending, within the period.
        case periodic(phases: [Double], period: Double)
        /// At these moments, ascending.
        case list([Double])
    }

    public struct Kind: Sendable {
        public var name: String
        public var arrivals: Arrivals
        public var route: [Visit]
        /// They come to so many sources in turn, each of which has one job on its way: what comes meanwhile goes together in the next.
        /// 0: each goes by itself.
        public var sources: Int

        public init(_ name: String, _ arrivals: Arrivals, _ route: [Visit], sources: Int = 0) {
            (self.name, self.arrivals, self.route, self.sources) = (name, arrivals, route, sources)
        }
    }

    /// What a kind of jobs saw.
    public struct Seen: Sendable {
        /// From coming to the end of the route, of those that came after the warm-up and ended, ascending.
        public internal(set) var times: [Float] = []
        /// Those that had not ended when it was over.
        public internal(set) var left = 0
        /// When the last one ended.
        public internal(set) var last = 0.0

        public var mean: Double { times.isEmpty ? 0 : times.reduce(0) { $0 + Double($1) } / Double(times.count) }

        /// The time within which this share of them was done.
        public func quantile(_ share: Double) -> Double {
            times.isEmpty ? 0 : Double(times[min(times.count - 1, Int(Double(times.count) * share))])
        }
    }

    public struct Load: Equatable, Sendable {
        /// Seconds in which servers were busy, after the warm-up.
        public internal(set) var busy = 0.0
        public internal(set) var groups = 0
        public internal(set) var visits = 0
        public internal(set) var longest = 0
    }

    private struct Job {
        var kind: Int
        var step: Int
        var born: Double
        var source = 0
        /// Of those that go with it.
        var others: [Double] = []
    }

    private struct Source {
        var isAway = false
        var waiting: [Double] = []
    }

    /// What a source gathers into one: the scans of a frame (`Frame.rowLimit`).
    static let gathered = 500

    private enum Happening {
        /// The next of a kind comes.
        case comes(Int)
        /// A group is done at a station.
        case done(station: Int, group: Int)
    }

    public private(set) var seen: [Seen]
    public private(set) var loads: [Load]
    private let stations: [Station]
    private let kinds: [Kind]
    private var dice: Dice
    private var now = 0.0
    private var agenda = Agenda<Happening>()
    private var waiting: [Row<Job>]
    private var free: [Int]
    private var groups: [[Job]] = []
    private var spare: [Int] = []
    private var next: [Int]
    private var sources: [[Source]]
    private var turn: [Int]

    public init(_ stations: [Station], _ kinds: [Kind], seed: UInt64) {
        (self.stations, self.kinds, dice) = (stations, kinds, Dice(seed: seed))
        seen = Array(repeating: Seen(), count: kinds.count)
        loads = Array(repeating: Load(), count: stations.count)
        waiting = Array(repeating: Row(), count: stations.count)
        free = stations.map(\.servers)
        next = Array(repeating: 0, count: kinds.count)
        turn = next
        sources = kinds.map { Array(repeating: Source(), count: $0.sources) }
    }

    /// To the moment `end`; what comes before `warm` is not counted.
    public mutating func run(to end: Double, warm: Double = 0) {
        for kind in kinds.indices { announce(kind) }
        while let (at, happening) = agenda.first(before: end) {
            now = at
            switch happening {
            case .comes(let kind):
                seen[kind].left += 1
                if sources[kind].isEmpty {
                    arrive(Job(kind: kind, step: 0, born: now), warm)
                } else {
                    turn[kind] = (turn[kind] + 1) % sources[kind].count
                    sources[kind][turn[kind]].waiting.append(now)
                    send(kind, turn[kind], warm)
                }
                announce(kind)
            case .done(let station, let group):
                free[station] += 1
                let jobs = groups[group]
                groups[group] = []
                spare.append(group)
                for job in jobs {
                    var job = job
                    job.step += 1
                    if job.step < kinds[job.kind].route.count { arrive(job, warm) } else { finish(job, warm) }
                }
                begin(station, warm)
            }
        }
        for kind in kinds.indices { seen[kind].times.sort() }
    }

    private mutating func finish(_ job: Job, _ warm: Double) {
        seen[job.kind].left -= 1 + job.others.count
        seen[job.kind].last = now
        for born in [job.born] + job.others where born >= warm { seen[job.kind].times.append(Float(now - born)) }
        guard !sources[job.kind].isEmpty else { return }
        sources[job.kind][job.source].isAway = false
        send(job.kind, job.source, warm)
    }

    private mutating func send(_ kind: Int, _ source: Int, _ warm: Double) {
        let waiting = sources[kind][source].waiting
        guard !sources[kind][source].isAway, let first = waiting.first else { return }
        let part = waiting.prefix(Queues.gathered)
        sources[kind][source] = Source(isAway: true, waiting: Array(waiting.dropFirst(part.count)))
        arrive(Job(kind: kind, step: 0, born: first, source: source, others: Array(part.dropFirst())), warm)
    }

    private mutating func announce(_ kind: Int) {
        let at: Double
        switch kinds[kind].arrivals {
        case .poisson(let rate):
            guard rate > 0 else { return }
            at = now + exponential(1 / rate)
        case .periodic(let phases, let period):
            guard !phases.isEmpty else { return }
            let (round, place) = next[kind].quotientAndRemainder(dividingBy: phases.count)
            at = Double(round) * period + phases[place]
        case .list(let moments):
            guard next[kind] < moments.count else { return }
            at = moments[next[kind]]
        }
        next[kind] += 1
        agenda.put(.comes(kind), at: max(now, at))
    }

    private mutating func arrive(_ job: Job, _ warm: Double) {
        let station = kinds[job.kind].route[job.step].station
        waiting[station].append(job)
        loads[station].longest = max(loads[station].longest, waiting[station].count)
        begin(station, warm)
    }

    private mutating func begin(_ place: Int, _ warm: Double) {
        while free[place] > 0, let first = waiting[place].removeFirst() {
            var (jobs, spent) = ([first], stations[place].setup)
            spent += time(of: first)
            if kinds[first.kind].route[first.step].joins {
                while jobs.count < stations[place].together, let other = waiting[place].first,
                    kinds[other.kind].route[other.step].joins
                {
                    spent += time(of: other)
                    jobs.append(other)
                    _ = waiting[place].removeFirst()
                }
            }
            free[place] -= 1
            if now >= warm {
                loads[place].busy += spent
                loads[place].groups += 1
                loads[place].visits += jobs.count
            }
            let group = spare.popLast() ?? groups.count
            if group == groups.count { groups.append(jobs) } else { groups[group] = jobs }
            agenda.put(.done(station: place, group: group), at: now + spent)
        }
    }

    private mutating func time(of job: Job) -> Double {
        let visit = kinds[job.kind].route[job.step]
        return draw(visit.service) + visit.each * Double(1 + job.others.count)
    }

    private mutating func draw(_ service: Service) -> Double {
        switch service {
        case .fixed(let value): value
        case .exponential(let mean): exponential(mean)
        }
    }

    /// By inversion, of 53 bits; never of 0.
    private mutating func exponential(_ mean: Double) -> Double {
        -mean * log((Double(dice.next() >> 11) + 1) / 9_007_199_254_740_992)
    }
}

/// First in, first out.
private struct Row<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() -> Element? {
        guard head < elements.count else { return nil }
        defer {
            head += 1
            if head > 1024, head * 2 > elements.count {
                elements.removeFirst(head)
                head = 0
            }
        }
        return elements[head]
    }
}

/// What is to happen, the earliest first; of the same moment in the order in which it was put. A binary heap.
private struct Agenda<Event: Sendable>: Sendable {
    private struct Entry {
        var at: Double
        var order: UInt64
        var event: Event

        static func < (a: Entry, b: Entry) -> Bool { a.at != b.at ? a.at < b.at : a.order < b.order }
    }

    private var heap: [Entry] = []
    private var order: UInt64 = 0

    mutating func put(_ event: Event, at: Double) {
        order += 1
        heap.append(Entry(at: at, order: order, event: event))
        var child = heap.count - 1
        while child > 0, heap[child] < heap[(child - 1) / 2] {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func first(before end: Double) -> (at: Double, event: Event)? {
        guard let top = heap.first, top.at <= end else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            let left = 2 * parent + 1
            if left < heap.count, heap[left] < heap[least] { least = left }
            if left + 1 < heap.count, heap[left + 1] < heap[least] { least = left + 1 }
            guard least != parent else { return (top.at, top.event) }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
