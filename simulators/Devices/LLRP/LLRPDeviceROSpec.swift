import Model

/// One ROSpec as the reader keeps it: what was asked, and how far it is (LLRP 1.0.1 §10.2).
struct LLRPDeviceROSpec: Sendable {
    enum State: UInt8 { case disabled, inactive, active }

    enum Start: Equatable {
        /// A client's START_ROSPEC; an input's trigger too, as nothing moves the inputs of this reader.
        case command
        case immediate
        case periodic(offset: Duration, every: Duration)
    }

    /// One AISpec: antennas, and when it is done.
    struct Part {
        enum Stop: Equatable {
            case never
            case after(Duration)
            /// So many tags, or this long; `distinct` counts each once.
            case tags(Int, distinct: Bool, timeout: Duration?)
            /// Nobody new for this long.
            case silence(Duration, timeout: Duration?)
            case rounds(Int, timeout: Duration?)
        }

        /// 0 alone means all.
        var antennas: [UInt16]
        var stop: Stop
        /// Of its first InventoryParameterSpec.
        var inventoryID: UInt16
        /// Bodies of AntennaConfigurations.
        var configurations: [ArraySlice<UInt8>]
        /// By antenna; 0 is all that have none of their own.
        var filters: [UInt16: [LLRPDeviceFilter]]

        func hears(_ antenna: Int) -> Bool { antennas.contains(0) || antennas.contains { Int($0) == antenna } }
    }

    let id: UInt32
    let priority: UInt8
    private(set) var state = State.disabled
    let start: Start
    let stop: Duration?
    let parts: [Part]
    /// Nil takes the reader's.
    let report: LLRPDeviceReport?
    private let bytes: [UInt8]

    /// The date of its periodic trigger, in microseconds since 1970; without one it counts from when it was added.
    private(set) var clock: UInt64?
    /// From when the periodic trigger's offset counts.
    var counted = Instant.zero
    /// When its trigger fires next.
    var startsAt: Instant?
    private(set) var began = Instant.zero
    private(set) var index = 0
    private var partBegan = Instant.zero
    private var observed = 0
    private var seen: Set<[UInt8]> = []
    private var lastNew = Instant.zero
    private var rounds = 0
    private var tags: [LLRPDeviceTag] = []
    private var places: [LLRPDeviceTag.Key: Int] = [:]
    private var reportedAt = Instant.zero

    /// From an ADD_ROSPEC's parameters.
    init(_ parameters: [LLRPPart]) throws {
        let spec = try parameters.required(LLRPPartType.roSpec, "the ROSpec")
        bytes = Array(spec.whole)
        var fields = LLRPFields(spec.body)
        id = try fields.u32()
        guard id != 0 else { throw LLRPRefusal.parameter(LLRPPartType.roSpec, 201, "a ROSpec's number is not 0") }
        priority = try fields.u8()
        guard try fields.u8() == State.disabled.rawValue, priority <= LLRPDeviceConfiguration.leastPriority else {
            throw LLRPRefusal.parameter(
                LLRPPartType.roSpec, 201, "a new ROSpec is disabled, and its priority is from 0 to 7")
        }
        let children = try fields.parts()
        let boundary = try LLRPFields(
            try children.required(LLRPPartType.boundary, "ROBoundarySpec").body
        ).parts()
        (start, clock) = try LLRPDeviceROSpec.start(
            try boundary.required(LLRPPartType.startTrigger, "ROSpecStartTrigger").body)
        var stopping = LLRPFields(try boundary.required(LLRPPartType.stopTrigger, "ROSpecStopTrigger").body)
        switch (try stopping.u8(), try stopping.u32()) {
        case (0, _): stop = nil
        case (1, let time): stop = .milliseconds(Int64(time))
        case (2, _): stop = try LLRPDeviceROSpec.timeout(of: stopping)
        default: throw LLRPRefusal.parameter(LLRPPartType.stopTrigger, 201, "there is no such stop trigger")
        }
        guard children.first(LLRPPartType.surveySpec) == nil else {
            throw LLRPRefusal.parameter(LLRPPartType.surveySpec, 209, "this reader does no RF survey")
        }
        parts = try children.filter { $0.type == LLRPPartType.aiSpec }.map { try Part($0.body) }
        guard !parts.isEmpty else { throw LLRPRefusal.parameter(LLRPPartType.aiSpec, 203, "AISpec is missing") }
        report = try children.first(LLRPPartType.reportSpec).map { try LLRPDeviceReport($0.body) }
    }

    private static func start(_ body: ArraySlice<UInt8>) throws -> (Start, clock: UInt64?) {
        var fields = LLRPFields(body)
        switch try fields.u8() {
        case 0, 3: return (.command, nil)
        case 1: return (.immediate, nil)
        case 2:
            var period = LLRPFields(
                try fields.parts().required(LLRPPartType.periodic, "PeriodicTriggerValue").body)
            let start = Start.periodic(
                offset: .milliseconds(Int64(try period.u32())), every: .milliseconds(Int64(try period.u32())))
            let date = try period.parts().first(LLRPPartType.utc)?.body
            return (start, clock: date.map { $0.reduce(0) { $0 << 8 | UInt64($1) } })
        default: throw LLRPRefusal.parameter(LLRPPartType.startTrigger, 201, "there is no such start trigger")
        }
    }

    /// Of a GPI trigger: nothing moves the inputs, so this is its end; 0 is none.
    fileprivate static func timeout(of fields: LLRPFields) throws -> Duration? {
        var trigger = LLRPFields(
            try fields.parts().required(LLRPPartType.gpiTrigger, "GPITriggerValue").body)
        _ = try trigger.take(3)
        let time = try trigger.u32()
        return time == 0 ? nil : .milliseconds(Int64(time))
    }

    /// As GET_ROSPECS shows it: what was added, with its state of now.
    var shown: [UInt8] {
        var bytes = bytes
        bytes[9] = state.rawValue
        return bytes
    }

    // MARK: states

    mutating func enable(_ now: Instant) {
        guard state == .disabled else { return }
        state = .inactive
        switch start {
        case .command: startsAt = nil
        case .immediate: startsAt = now
        case .periodic(let offset, let every):
            let first = counted + offset
            guard now > first, every > .zero else {
                startsAt = first
                break
            }
            let periods = (now - first).milliseconds / every.milliseconds + 1
            startsAt = first + .milliseconds(periods * every.milliseconds)
        }
    }

    mutating func disable() { (state, startsAt) = (.disabled, nil) }

    mutating func activate(_ now: Instant) {
        (state, began, index, reportedAt) = (.active, now, 0, now)
        if case .periodic(_, let every) = start, let moment = startsAt, every > .zero {
            startsAt = max(moment + every, now)
        } else {
            startsAt = nil
        }
        beginPart(now)
    }

    /// Its end, or another's beginning before its end.
    mutating func deactivate(_ now: Instant) {
        guard state == .active else { return }
        state = .inactive
        if start == .immediate { startsAt = now }
    }

    mutating func beginPart(_ now: Instant) {
        (partBegan, observed, seen, lastNew, rounds) = (now, 0, [], now, 0)
    }

    /// True when this was its last part.
    mutating func nextPart(_ now: Instant) -> Bool {
        index += 1
        beginPart(now)
        return index >= parts.count
    }

    var part: Part? { parts.indices.contains(index) ? parts[index] : nil }

    /// No end comes before one round.
    private func after(_ moment: Instant, _ time: Duration) -> Instant { moment + max(time, LLRPDevice.cycle) }

    var stopsAt: Instant? { stop.map { after(began, $0) } }

    /// When its part's time is up, as far as time decides.
    var partStopsAt: Instant? {
        switch part?.stop {
        case .after(let time): after(partBegan, time)
        case .tags(_, _, let timeout), .rounds(_, let timeout): timeout.map { after(partBegan, $0) }
        case .silence(let time, let timeout):
            [after(lastNew, time), timeout.map { after(partBegan, $0) }].compactMap(\.self).min()
        case .never, nil: nil
        }
    }

    /// Its part has what it wanted.
    var hasEnough: Bool {
        switch part?.stop {
        case .tags(let count, let distinct, _): (distinct ? seen.count : observed) >= max(1, count)
        case .rounds(let count, _): rounds >= max(1, count)
        default: false
        }
    }

    // MARK: tags

    mutating func countRound() { rounds += 1 }

    /// A tag is read: a new entry, or another count of one that waits.
    mutating func take(_ tag: LLRPDeviceTag, at now: Instant, by report: LLRPDeviceReport) {
        observed += 1
        switch part?.stop {
        case .tags(_, distinct: true, _), .silence: if seen.insert(tag.epc).inserted { lastNew = now }
        default: break
        }
        // No other read can be added to one that is told at once.
        if report.count == 1, (1...2).contains(report.trigger) { return tags.append(tag) }
        let key = tag.key(report)
        if let place = places[key] {
            tags[place].add(tag)
        } else if tags.count < LLRPDeviceTag.most {
            places[key] = tags.count
            tags.append(tag)
        }
    }

    /// Enough tags, or enough time, for a report.
    func wantsReport(_ report: LLRPDeviceReport, _ now: Instant) -> Bool {
        guard !tags.isEmpty else { return false }
        switch report.trigger {
        case 1, 2: return report.count > 0 && tags.count >= Int(report.count)
        case 3, 4: return now - reportedAt >= .seconds(Int64(report.count))
        case 5, 6: return now - reportedAt >= .milliseconds(Int64(report.count))
        default: return false
        }
    }

    /// The entries that wait, as TagReportData.
    mutating func takeTags(by standard: LLRPDeviceReport, _ now: Instant? = nil) -> [[UInt8]] {
        defer { (tags, places, reportedAt) = ([], [:], now ?? reportedAt) }
        let report = report ?? standard
        return tags.map { $0.bytes(report) }
    }
}

extension LLRPDeviceROSpec.Part {
    /// From an AISpec's body.
    init(_ body: ArraySlice<UInt8>) throws {
        var fields = LLRPFields(body)
        antennas = []
        for _ in 0..<Int(try fields.u16()) { antennas.append(try fields.u16()) }
        let children = try fields.parts()
        stop = try Self.stop(try children.required(LLRPPartType.aiStop, "AISpecStopTrigger").body)
        let inventories = children.filter { $0.type == LLRPPartType.inventory }
        guard let first = inventories.first, !antennas.isEmpty else {
            throw LLRPRefusal.parameter(LLRPPartType.aiSpec, 203, "an AISpec needs antennas and an inventory")
        }
        var inventory = LLRPFields(first.body)
        inventoryID = try inventory.u16()
        guard try inventory.u8() == 1 else {
            throw LLRPRefusal.parameter(LLRPPartType.inventory, 201, "this reader speaks Gen2 only")
        }
        configurations = try inventory.parts().filter { $0.type == LLRPPartType.antennaConfiguration }.map(\.body)
        filters = [:]
        for body in configurations {
            var fields = LLRPFields(body)
            let antenna = try fields.u16()
            guard let command = try fields.parts().first(LLRPPartType.inventoryCommand) else { continue }
            filters[antenna] = try LLRPDeviceFilter.list(command.body)
        }
    }

    private static func stop(_ body: ArraySlice<UInt8>) throws -> Stop {
        var fields = LLRPFields(body)
        switch (try fields.u8(), try fields.u32()) {
        case (0, _): return .never
        case (1, let time): return .after(.milliseconds(Int64(time)))
        case (2, _): return try LLRPDeviceROSpec.timeout(of: fields).map { .after($0) } ?? .never
        case (3, _):
            var trigger = LLRPFields(
                try fields.parts().required(LLRPPartType.tagObservation, "TagObservationTrigger").body)
            let type = try trigger.u8()
            _ = try trigger.u8()
            let (tags, attempts) = (Int(try trigger.u16()), Int(try trigger.u16()))
            let silence = Duration.milliseconds(Int64(try trigger.u16()))
            let time = try trigger.u32()
            let timeout: Duration? = time == 0 ? nil : .milliseconds(Int64(time))
            switch type {
            case 0, 3: return .tags(tags, distinct: type == 3, timeout: timeout)
            case 1, 4: return .silence(silence, timeout: timeout)
            case 2: return .rounds(attempts, timeout: timeout)
            default: throw LLRPRefusal.parameter(LLRPPartType.tagObservation, 201, "there is no such trigger")
            }
        default: throw LLRPRefusal.parameter(LLRPPartType.aiStop, 201, "there is no such stop trigger")
        }
    }
}
