import Drivers
import Model
import Platform
import Uplink

/// One device as the pages, the verbs and the metrics show it.
struct DeviceStatus: Equatable, Sendable {
    var name: String
    /// Empty while nobody knows.
    var driver: String
    var title: String
    var kind: String
    var port: String
    var zone: String
    /// missing, denied, gone, held, failed, recognising, likely, unknown, starting, ready, no-country, failing
    var state: String
    /// What is wrong and what to try.
    var reason: String?
    /// Why it fails, for programs; nil while it does not.
    var code: String?
    /// Unix milliseconds of the last change of state.
    var since: Int64
    var identity: [String: String] = [:]
    /// Drivers whose questions were sent to find out who is there.
    var asked: [String] = []
    var observations: UInt64 = 0
    var noise: UInt64 = 0
    var faults: UInt64 = 0
    var lastFault: String?
    var restarts: UInt64 = 0
    /// Packets that nobody fetched in time.
    var overruns: UInt64 = 0
    /// Tags in the zone, or calls that run.
    var present = 0
    /// Unix milliseconds of the last observation.
    var lastSeen: Int64?
    var refused: UInt64 = 0
    /// Set while what this device reads is refused.
    var notSaved: NotSaved?
    /// Rows that wait here because the outbox takes none at the moment.
    var unsaved = 0
    /// What may have happened while the line was down.
    var doubt: Doubt?
    /// Reads a second over the last stretch; 0 once it is quiet.
    var readsPerSecond = 0.0
    /// By antenna, from 1; 0 for readers that name none.
    var antennas: [Int: Antenna] = [:]

    struct Antenna: Equatable, Sendable {
        var reads: UInt64 = 0
        /// Smoothed strength of the last reads, in dBm.
        var rssiDBm: Double?
    }

    /// A break of the line to an exchange, and what nobody can say of it. Unix milliseconds.
    struct Doubt: Equatable, Sendable {
        /// Calls that came and went unseen; 0 where there were none or nobody counted.
        var calls: Int
        /// The exchange has counted them.
        var counted: Bool
        /// Calls that ran before and were over after it, nobody knows how.
        var unclear: Int
        var from: Int64
        var to: Int64

        init(calls: Int, counted: Bool, unclear: Int, from: Int64, to: Int64) {
            (self.calls, self.counted, self.unclear, self.from, self.to) = (calls, counted, unclear, from, to)
        }

        /// Part `doubt` of a device's status.
        init?(_ json: JSON?) {
            guard let json, let from = json["from"]?.integer, let to = json["to"]?.integer else { return nil }
            self.init(
                calls: Int(clamping: json["calls"]?.integer ?? 0), counted: json["counted"]?.truth ?? false,
                unclear: Int(clamping: json["unclear"]?.integer ?? 0), from: from, to: to)
        }

        var text: String {
            let missing = !counted ? "calls" : calls == 1 ? "1 call" : calls > 1 ? "\(calls) calls" : nil
            let ended = unclear == 1 ? "1 call" : unclear > 1 ? "\(unclear) calls" : nil
            let parts = [
                missing.map { "\($0) may be missing" }, ended.map { "how \($0) ended is not known" },
            ].compactMap(\.self)
            return "\(parts.joined(separator: ", and ")): the line was down between \(rfc3339(from)) and \(rfc3339(to))"
        }
    }

    /// Scans that are refused, as whoever stands before the device must be told.
    struct NotSaved: Equatable, Sendable {
        var reason: OutboxError
        /// Unix milliseconds; nil where nobody has scanned since.
        var since: Int64?
        /// Of this device; 0 where it has not read since.
        var count: UInt64

        var json: JSON {
            .object([
                ("code", .string(reason.code)), ("reason", .string(reason.text)), ("since", since.map(JSON.int)),
                ("count", .int(Int64(clamping: count))),
            ])
        }
    }

    /// As the buffer is now: scans of any device that are saved again, or room that is there again for stock, end it; where
    /// nobody's scans are saved, this device's are not either.
    mutating func follow(_ outbox: Outbox.Status, countsStock: Bool) {
        if let mine = notSaved, mine.reason == .reserved ? outbox.fill.level < .deliveriesOnly : outbox.refusal == nil {
            notSaved = nil
        }
        if let refusal = outbox.refusal {
            notSaved = NotSaved(
                reason: refusal.reason, since: notSaved?.since ?? refusal.since, count: notSaved?.count ?? 0)
        } else if countsStock, outbox.fill.level >= .deliveriesOnly, notSaved == nil {
            notSaved = NotSaved(reason: .reserved, since: nil, count: 0)
        }
    }

    /// Antennas told apart; a reader that claims more has gone mad.
    static let antennaLimit = 64

    /// What a device tells of itself, in so many fields of so many characters at most.
    static let identityLimit = (fields: 64, characters: 256)

    mutating func learn(_ new: Identity) {
        guard identity[new.field] != nil || identity.count < DeviceStatus.identityLimit.fields,
            new.field.count <= 64
        else { return }
        identity[new.field] = String(new.text.prefix(DeviceStatus.identityLimit.characters))
    }

    mutating func note(_ reads: [TagRead]) {
        for read in reads {
            let number = read.antenna ?? 0
            guard antennas[number] != nil || antennas.count < DeviceStatus.antennaLimit else { continue }
            var antenna = antennas[number] ?? Antenna()
            antenna.reads += UInt64(clamping: read.count)
            if let rssi = read.rssiDBm { antenna.rssiDBm = (antenna.rssiDBm ?? rssi) * 0.9 + rssi * 0.1 }
            antennas[number] = antenna
        }
    }

    var json: JSON {
        let what: [(String, JSON?)] = [
            ("name", .string(name)), ("driver", driver.isEmpty ? nil : .string(driver)), ("title", .string(title)),
            ("kind", .string(kind)), ("port", .string(port)), ("zone", .string(zone)), ("state", .string(state)),
            ("reason", reason.map(JSON.string)), ("code", code.map(JSON.string)), ("since", .int(since)),
            ("identity", identityJSON),
            ("can", canJSON), ("asked", asked.isEmpty ? nil : .string(asked.joined(separator: ", "))),
        ]
        let counts: [(String, JSON?)] = [
            ("observations", .int(Int64(clamping: observations))), ("noiseBytes", .int(Int64(clamping: noise))),
            ("faults", .int(Int64(clamping: faults))), ("lastFault", lastFault.map(JSON.string)),
            ("restarts", .int(Int64(clamping: restarts))), ("overruns", .int(Int64(clamping: overruns))),
            ("present", .int(Int64(present))), ("lastSeen", lastSeen.map(JSON.int)),
            ("refused", .int(Int64(clamping: refused))), ("notSaved", notSaved?.json),
            ("unsaved", unsaved > 0 ? .int(Int64(unsaved)) : nil), ("doubt", doubtJSON),
            ("readsPerSecond", readsPerSecond > 0 ? .number((readsPerSecond * 10).rounded() / 10) : nil),
            ("antennas", antennasJSON),
        ]
        return .object(what + counts)
    }

    /// What can be done with its calls, so that pages offer nothing else.
    private var canJSON: JSON? {
        guard let acts = Driver.named(driver)?.acts, !acts.isEmpty else { return nil }
        return .array(acts.map(\.rawValue).sorted().map(JSON.string))
    }

    private var identityJSON: JSON? {
        guard !identity.isEmpty else { return nil }
        return .object(identity.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })
    }

    private var doubtJSON: JSON? {
        doubt.map {
            .object([
                ("calls", .int(Int64($0.calls))), ("counted", .bool($0.counted)), ("unclear", .int(Int64($0.unclear))),
                ("from", .int($0.from)), ("to", .int($0.to)),
            ])
        }
    }

    private var antennasJSON: JSON? {
        guard !antennas.isEmpty else { return nil }
        return .array(
            antennas.sorted { $0.key < $1.key }.map { number, antenna in
                .object([
                    ("antenna", number == 0 ? nil : .int(Int64(number))),
                    ("reads", .int(Int64(clamping: antenna.reads))),
                    ("rssiDBm", antenna.rssiDBm.map { .number(($0 * 10).rounded() / 10) }),
                ])
            })
    }
}
