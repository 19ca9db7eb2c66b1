import Depot
import Glibc
import Model

/// What the two ends tell each other, and what happens behind the parser: applied, listed, compared. Nothing is expected but that
/// the process lives, and that what was accepted survives its own encoding.
enum CentreTarget: String, CaseIterable {
    case apply = "frame-apply"
    case status, hello, ack, command, call
    case paper

    func run(_ bytes: [UInt8]) {
        if self == .apply { return CentreTarget.applyFrame(bytes) }
        if self == .paper { return CentreTarget.importPaper(bytes) }
        guard let json = try? JSON(parsing: bytes) else { return }
        switch self {
        case .apply, .paper: break
        case .status:
            let status = GatewayStatus(json: json)
            // What is safe stays as it is.
            precondition(GatewayStatus(json: status.json).json["devices"] == status.json["devices"])
            CentreTarget.compare(Account(json: status.json["account"]), status.json)
            CentreTarget.compare(Account(json: json["account"]), json)
        case .hello:
            guard let hello = Hello(json: json), let store = CentreTarget.store() else { return }
            precondition(Hello(json: hello.json) == hello)
            _ = try? Applier(store: store).greet(hello, agent: "fuzz", at: CentreTarget.now)
        case .ack:
            guard let ack = Ack(json: json) else { return }
            _ = (ack.time &- CentreTarget.now, Ack(json: ack.json))
        case .command:
            if let command = Command(json: json) { precondition(Command(json: command.json) == command) }
            if let progress = CommandProgress(json: json) { _ = progress.json.text8 }
            if let desired = DesiredConfiguration(json: json) {
                var managed = ManagedConfiguration()
                _ = managed.offer(desired, at: CentreTarget.now) { _ in nil }
                _ = ManagedConfiguration(json: managed.json)
            }
            var managed = ManagedConfiguration(json: json)
            _ = managed.start()
            managed.confirm()
        case .call:
            guard let call = CallSnapshot(json: json) else { return }
            precondition(CallSnapshot(json: call.json) == call)
            if let row = CentreTarget.row(call) { _ = CallStory.of([row, row]) }
        }
    }

    /// Whatever people import: as every kind of file, twice.
    private static func importPaper(_ bytes: [UInt8]) {
        guard let store = CentreTarget.store() else { return }
        for isAddition in [false, true] {
            let options = Import.Options(supplier: "S", note: "N", isAddition: isAddition)
            let report = try? Import.deliveries(bytes, options: options, into: store, dryRun: false, now: now)
            if let report { _ = Import.rejects(of: CSV(bytes), report) }
        }
        // As somebody may say that it is read, and compared with what stands there.
        let said = CSV(bytes, reading: .init(separator: .tab, encoding: .utf16, decimal: .comma))
        for table in [CSV(bytes), said] {
            for checked in [
                try? Import.check(parties: table, region: "FR", options: .init(), in: store),
                try? Import.check(products: table, options: .init(), in: store),
                try? Import.check(tags: table, options: .init(), in: store),
                try? Import.check(deliveries: bytes, options: .init(supplier: "S", note: "N"), in: store),
            ] { _ = try? checked?.changes(in: store) }
        }
    }

    static let now: Int64 = 1_795_000_000_000

    /// An empty database; in memory, yet a file, since the store wants a log to sync.
    private static func store() -> Store? {
        let path = "/dev/shm/quai-fuzz-\(getpid())"
        for end in ["", "-wal", "-shm"] { unlink(path + end) }
        return try? Store(path: path)
    }

    private static func row(_ call: CallSnapshot) -> CallRow? {
        guard let store = CentreTarget.store(),
            (try? store.calls.save(call, agent: "fuzz", key: CallKey.of(call, plan: NumberPlan()))) != nil
        else { return nil }
        return (try? store.calls.row(call.call)) ?? nil
    }

    private static func compare(_ account: Account, _ status: JSON) {
        guard let store = CentreTarget.store() else { return }
        _ = try? store.gateways.disagreement(
            agent: "fuzz", epoch: 7, account: account,
            settled: UInt64(clamping: status["buffer"]?["settled"]?.integer ?? 0))
    }

    /// An even first byte: eight bytes of origin and a plain body follow, whose checksum is made here; else a whole payload.
    private static func applyFrame(_ bytes: [UInt8]) {
        guard let first = bytes.first, let store = CentreTarget.store() else { return }
        var payload = Array(bytes.dropFirst())
        if first & 1 == 0, payload.count > 8 {
            let origin = payload.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            let plain = Array(payload.dropFirst(8))
            var reader = CBORReader(plain)
            let count = (try? reader.arrayCount()) ?? 1
            payload =
                Frame(
                    epoch: 7, lane: .bulk, first: UInt64(first) + 1, count: count, boot: Boot(counter: 1, random: 2),
                    origin: Int64(bitPattern: origin), synced: true, codec: .plain, crc: CRC32C.checksum(plain),
                    body: plain
                ).encoded
        }
        let applier = Applier(store: store)
        for _ in 0..<2 { _ = try? applier.apply([(agent: "fuzz", payload: payload)], at: now) }
        read(store)
    }

    /// What pages, exports and the comparison of accounts read.
    private static func read(_ store: Store) {
        let scope = CallScope(desks: ["101"], queues: ["support"])
        let calls = (try? store.calls.rows(of: scope, limit: 100)) ?? []
        for story in CallStory.of(calls) { _ = story.newest.snapshot.json.text8 }
        for row in (try? store.calls.missed(of: scope)) ?? [] { _ = row.snapshot.json.text8 }
        for row in (try? store.calls.running(since: 0)) ?? [] { _ = row.snapshot.json.text8 }
        for letter in (try? store.records.deadLetters(limit: 100)) ?? [] { _ = letter.text8 }
        _ = try? store.gateways.rows()
        for settled in [0, 1, 1 << 48] as [UInt64] {
            _ = try? store.gateways.disagreement(agent: "fuzz", epoch: 7, account: Account(), settled: settled)
        }
    }

    /// One good message of the kind, as an input.
    var seeds: [[UInt8]] {
        switch self {
        case .apply:
            let rows: [Model.Row] = [
                .barcode(device: "gun", zone: "dock-1", Barcode(symbology: "]C1", text: "BL-1")),
                .call(device: "pbx", CentreTarget.ended), .skipped(reason: "damaged on disk"),
            ]
            let body = Frame.body(of: rows.map { $0.encoded(at: 1000) })
            let origin = UInt64(CentreTarget.now)
            let head = (0..<8).map { UInt8(truncatingIfNeeded: origin >> (56 - 8 * UInt64($0))) }
            return [[0] + head + body]
        case .status:
            return [
                Array(
                    #"{"online":true,"epoch":"0000000000000007","buffer":{"settled":1},"account":{"produced":2,"committed":1,"pending":1},"devices":[{"name":"gate","port":"/dev/ttyUSB0","identity":{"antenna-1":"connected"},"antennas":[{"antenna":1,"reads":3,"rssiDBm":-55.5}]}]}"#
                        .utf8)
            ]
        case .hello:
            return [
                Hello(
                    epoch: 7, boot: Boot(counter: 1, random: 2), nonce: 3, bulk: .init(lowest: 5, highest: 9),
                    urgent: .init(lowest: 1, highest: 0), clock: CentreTarget.now
                ).json.text8
            ]
        case .ack:
            return [
                Ack(
                    epoch: 7, lane: .bulk, cumulative: 4, selective: [6...7], rejected: [.init(seq: 2, code: "x")],
                    time: CentreTarget.now, hello: 3, tip: 7, boot: Boot(counter: 1, random: 2)
                ).json.text8
            ]
        case .command:
            let dial = Command.Action.dial(extension: "101", number: "0612340001", display: "A", device: "pbx")
            return [
                Command(id: "01ARYZ6S41", action: dial, issued: CentreTarget.now, ttl: 15).json.text8,
                CommandProgress(id: "01ARYZ6S41", state: .done, cause: "x").json.text8,
                DesiredConfiguration(revision: 1, text: "version = 1", expires: CentreTarget.now).json.text8,
            ]
        case .call: return [CentreTarget.ended.json.text8]
        case .paper:
            let table =
                "delivery_note;supplier;gtin;description;quantity;expires\nN;S;9521234000341;\"A\";1 200,00;31/12/2027\n"
            let desadv = """
                UNB+UNOC:3+1:14+2:14+261122:0900+R'UNH+M+DESADV:D:96A:UN'BGM+351+N+9'NAD+SU+1::9++S'LIN+1++9521234000341:EN'
                QTY+12:2:PCE'UNT+6+M'UNZ+1+R'
                """
            let json = #"{"note":"N","supplier":"S","lines":[{"gtin":"9521234000341","quantity":2}]}"#
            let parties = "company;name;phone\nA;B;01 99 00 12 02 / 02 61 91 12 03\n"
            return [table, desadv, json, parties].map { Array($0.utf8) }
        }
    }

    private static var ended: CallSnapshot {
        var call = CallSnapshot(call: "pbx/1", revision: 1, startedAt: now)
        call.state = .ended
        call.direction = .inbound
        call.caller = Party(number: "0612340001", name: "A")
        call.called = "101"
        call.legs = [.init(id: "1", desk: "101", state: .ended, rangAt: now, answeredAt: now, endedAt: now, holds: 1)]
        call.transfers = [.init(how: "blind", by: "101", to: "102")]
        call.endedAt = now
        call.missedBy = ["101"]
        return call
    }
}
