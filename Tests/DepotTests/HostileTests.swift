import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// What an agent, or somebody in its place, may send: set aside with a reason, and nothing that reads the database later is
/// harmed by it.
struct HostileTests {
    static let now: Int64 = 1_795_000_000_000
    static let extremes: [Int64] = [.min, .max, 1 << 62, 1_000_000_000_000_000_000, 1 << 53, -1]

    let store: Store
    let applier: Applier
    private let folder = TemporaryFolder()

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        applier = Applier(store: store)
    }

    static func frame(_ rows: [CBOR], first: UInt64 = 1, origin: Int64 = now) -> [UInt8] {
        let plain = CBOR.array(rows).encoded
        return Frame(
            epoch: 7, lane: .bulk, first: first, count: rows.count, boot: Boot(counter: 1, random: 2), origin: origin,
            synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain
        ).encoded
    }

    static func scan(_ text: String, dt: Int64 = 0) -> CBOR {
        .array([CBOR(dt), CBOR(3), .text("gun"), .text("dock-1"), .null, .text(text)])
    }

    /// A row of kind 6 whose snapshot has these members more.
    static func call(_ id: Int, _ members: String) -> CBOR {
        let text =
            #"{"call":"pbx/\#(id)","rev":1,"state":"ended","direction":"inbound","caller":{"number":"+33612345678"},"called":"101",\#(members),"missedBy":["101"]}"#
        return .array([CBOR(0), CBOR(6), .text("pbx"), .text(text)])
    }

    @Test func aScanAtNoTimeIsSetAsideAndAcknowledged() throws {
        var first: UInt64 = 1
        for value in HostileTests.extremes where value != -1 {
            for origin in [0, HostileTests.now, .max, .min] as [Int64] {
                let frame = HostileTests.frame(
                    [HostileTests.scan("BL-1", dt: value)], first: first, origin: origin)
                let result = try applier.apply([("dock", frame)], at: HostileTests.now)
                #expect(result.rejected == 1 && result.applied == 0 && result.acks.first?.ack.cumulative == first)
                #expect(result.acks.first?.ack.rejected.first?.code == "bad-time", "\(value) \(origin)")
                first += 1
            }
        }
        // What follows in the same frame is applied.
        let rows = [HostileTests.scan("a", dt: .min), HostileTests.scan("b", dt: 5)]
        let result = try applier.apply([("dock", HostileTests.frame(rows, first: first))], at: HostileTests.now)
        #expect(result.rejected == 1 && result.applied == 1)
        #expect(try store.records.deadLetters(limit: 100).count == Int(first))
    }

    @Test func aFrameOfNoOriginLosesItsRowsAndNotItsPlace() throws {
        var first: UInt64 = 1
        for origin in HostileTests.extremes {
            let frame = HostileTests.frame([HostileTests.scan("BL-1")], first: first, origin: origin)
            let result = try applier.apply([("dock", frame)], at: HostileTests.now)
            #expect(result.refused.isEmpty && result.rejected == 1 && result.acks.first?.ack.cumulative == first)
            first += 1
        }
    }

    @Test(arguments: ["answered", "ended", "rang"])
    func aCallOfPoisonedTimesIsNoPartOfTheHistory(field: String) throws {
        var rows: [CBOR] = []
        let started = HostileTests.now - 9000
        for (index, value) in HostileTests.extremes.enumerated() {
            let times = field == "rang" ? #""started":\#(started)"# : #""started":\#(started),"\#(field)":\#(value)"#
            let rang = field == "rang" ? value : started
            rows.append(
                HostileTests.call(
                    index, #"\#(times),"legs":[{"leg":"l1","desk":"101","state":"ended","rang":\#(rang)}]"#))
        }
        rows.append(
            HostileTests.call(
                99,
                #""started":\#(started),"ended":\#(HostileTests.now),"legs":[{"leg":"l1","desk":"101","state":"ended"}]"#
            ))
        let result = try applier.apply([("dock", HostileTests.frame(rows))], at: HostileTests.now)
        #expect(result.rejected == HostileTests.extremes.count && result.applied == 1)
        let history = try store.calls.rows(of: CallScope(desks: ["101"]), limit: 100)
        #expect(history.count == 1 && CallStory.of(history).first?.newest.snapshot.call.hasSuffix("pbx/99") == true)
        #expect(try store.calls.missed(of: CallScope(desks: ["101"])).count == 1)
        #expect(try store.records.deadLetters(limit: 100).allSatisfy { $0["code"]?.text == "malformed-row" })
    }

    /// Snapshots that an older version let in, or that were made here: stories are told of any times.
    @Test func storiesAreToldOfAnyTimes() {
        for start in HostileTests.extremes {
            for end in HostileTests.extremes {
                var call = CallSnapshot(call: "pbx/1", revision: 1, startedAt: start)
                call.endedAt = end
                let row = CallRow(snapshot: call, agent: "dock", key: "+33612345678")
                #expect(CallStory.of([row, row]).flatMap(\.rows).count == 2)
            }
        }
    }

    @Test func anAccountThatNobodyCountedDisagreesAndNoMore() throws {
        _ = try applier.apply([("dock", HostileTests.frame([HostileTests.scan("a")]))], at: HostileTests.now)
        for value in HostileTests.extremes where value != 1 << 53 {
            for field in ["produced", "committed", "pending", "rejected", "skipped"] {
                let json = try JSON(parsing: "{\"\(field)\":\(value)}")
                let found = try store.gateways.disagreement(
                    agent: "dock", epoch: 7, account: Account(json: json), settled: 0)
                #expect(found != nil, "\(field) \(value)")
            }
        }
        for settled in [1 << 48, 1 << 62, UInt64(Int64.max)] as [UInt64] {
            #expect(
                try store.gateways.disagreement(agent: "dock", epoch: 7, account: Account(), settled: settled)
                    == "records 2 to \(settled) were let go by the agent and are not here")
        }
    }

    @Test func whatAHelloHasLetGoIsCountedWithoutHarm() throws {
        for epoch in 1...20 as ClosedRange<UInt64> {
            let hello = Hello(
                epoch: epoch, boot: Boot(counter: 1, random: 2), nonce: 1,
                bulk: .init(lowest: 1 << 48, highest: 1 << 48), urgent: .init(lowest: 1, highest: 0), clock: 0)
            #expect(try applier.greet(hello, agent: "dock", at: HostileTests.now).lost.count == 1)
        }
        try store.gateways.update(agent: "dock", site: nil, online: true, status: nil, at: HostileTests.now)
        #expect(try store.gateways.rows().first?.skipped == 20 * ((1 << 48) - 1))
    }

    // MARK: status

    @Test func anAccountOutOfRangeStaysOpen() throws {
        let status = GatewayStatus(
            json: try JSON(
                parsing:
                    #"{"online":true,"epoch":"0000000000000abc","buffer":{"settled":0},"account":{"produced":1,"committed":9223372036854775807,"pending":9223372036854775807,"rejected":9223372036854775807,"skipped":0}}"#
            ))
        #expect(status.json["account"]?["closed"]?.truth == false && status.json["online"]?.truth == true)
        #expect(!Account(json: status.json["account"]).isClosed && status.problems.count == 3)
        #expect(status.json["epoch"]?.text == "0000000000000abc" && status.json["buffer"]?["settled"]?.integer == 0)
    }

    @Test func oneOddDeviceDoesNotHideTheOthers() throws {
        let none = GatewayStatus(json: try JSON(parsing: #"{"online":true,"devices":5}"#))
        #expect(none.json["devices"]?.list?.isEmpty == true && none.problems == ["devices is no list"])
        let text =
            #"{"online":true,"devices":[5,{"name":7},{"name":"gate","kind":"reader","state":"ready","driver":"m100"}]}"#
        let status = GatewayStatus(json: try JSON(parsing: text))
        let devices = try #require(status.json["devices"]?.list)
        #expect(devices.count == 1 && devices[0]["name"]?.text == "gate" && devices[0]["port"]?.text == "")
        #expect(status.problems.count == 2)
        let many = JSON.array((0..<1000).map { .object([("name", .string("d\($0)"))]) })
        #expect(GatewayStatus(json: .object([("devices", many)])).json["devices"]?.list?.count == 256)
    }

    @Test func whatALineCanBeAskedForGoesThrough() throws {
        let text =
            #"{"devices":[{"name":"pbx","kind":"telephony","can":["hangup",5,"transfer"]},{"name":"old","can":"x"}]}"#
        let status = GatewayStatus(json: try JSON(parsing: text))
        let devices = try #require(status.json["devices"]?.list)
        #expect(devices[0]["can"] == .array([.string("hangup"), .string("transfer")]) && devices[1]["can"] == nil)
        #expect(status.problems == ["device pbx.can is not a text", "device old.can is no list"])
    }

    @Test func aTextMakesNoLinesAndSteersNoTerminal() throws {
        let odd = "a\n2026 critical: FORGED \u{1B}[31mred\u{7F}\u{9B}\u{202E}"
        #expect(GatewayStatus.clean(odd) == "a 2026 critical: FORGED [31mred")
        #expect(GatewayStatus.clean(String(repeating: "é", count: 500)).utf8.count == 200)
        let device = JSON.object([("name", "gate"), ("port", "/dev/ttyUSB0"), ("lastFault", .string(odd))])
        let status = GatewayStatus(json: .object([("devices", .array([device]))]))
        #expect(status.json["devices"]?.list?.first?["lastFault"]?.text == "a 2026 critical: FORGED [31mred")
        #expect(status.problems == ["device gate.lastFault was cut or cleaned"])
        for text in [#"{"kind":"fault","code":"x","text":"a\n2026 FORGED"}"#, "5", "[]", "null"] {
            #expect(GatewayStatus(json: try JSON(parsing: text)).json["devices"] == nil)
        }
    }

    @Test func aStatusOfExtremesIsTakenApartWithoutHarm() throws {
        let others: [JSON] = [.number(1e300), .null, .string("x"), .array([]), .members([]), .bool(true)]
        for value in HostileTests.extremes.map({ JSON.int($0) }) + others {
            var device: [JSON.Member] = [.init("name", .string("gate"))]
            for name in ["port", "since", "observations", "identity", "antennas", "doubt", "readsPerSecond", "zone"] {
                device.append(.init(name, value))
            }
            var members: [JSON.Member] = [.init("devices", .array([.members(device)]))]
            for name in ["online", "clock", "epoch", "boot", "account", "buffer", "uplink", "configuration"] {
                members.append(.init(name, value))
            }
            let status = GatewayStatus(json: .members(members))
            #expect(status.json["devices"]?.list?.first?["name"]?.text == "gate")
            #expect(status.json["devices"]?.list?.first?["port"]?.text != nil)
            #expect(GatewayStatus(json: status.json).json["devices"] == status.json["devices"])
        }
    }

    @Test func anOrdinaryStatusIsShownAsItCame() throws {
        let text =
            #"{"v":1,"agent":"lyon","site":"lyon","online":true,"version":"1.0","clock":1795000000000,"synced":true,"started":1794000000000,"epoch":"0000000000000ABC","boot":3,"account":{"produced":3,"committed":1,"pending":2,"rejected":0,"skipped":0,"closed":true},"buffer":{"pending":2,"settled":1,"bytes":40,"budget":1000,"level":"roomy","refused":0},"uplink":{"connected":true,"centre":true,"delivering":true,"urgentWaiting":0,"frames":2,"bytes":80,"since":1794000000000}}"#
        let json = try JSON(parsing: text)
        let status = GatewayStatus(json: json)
        #expect(status.problems.isEmpty)
        for field in json.fields ?? [] { #expect(status.json[field.name] == field.value, "\(field.name)") }
    }

    /// Why scans are refused, since when and how many reaches the pages, of the buffer and of each reader.
    @Test func whatIsRefusedIsShown() throws {
        let text =
            #"{"online":true,"buffer":{"bytes":40,"budget":1000,"files":60,"level":"full","trouble":"not saved: the disk is full","code":"disk-full","since":1795000000000,"refusedSince":7,"refused":9},"devices":[{"name":"gate","title":"","kind":"reader","port":"","zone":"dock","state":"ready","since":0,"observations":3,"present":0,"notSaved":{"code":"disk-full","reason":"not saved: the disk is full","since":1795000000000,"count":7}}]}"#
        let json = try JSON(parsing: text)
        let status = GatewayStatus(json: json)
        #expect(status.problems.isEmpty && status.json["buffer"] == json["buffer"])
        #expect(status.json["devices"]?.list?.first?["notSaved"] == json["devices"]?.list?.first?["notSaved"])
        let odd = GatewayStatus(json: try JSON(parsing: #"{"devices":[{"name":"gate","notSaved":"yes"}]}"#))
        #expect(odd.json["devices"]?.list?.first?["notSaved"] == nil && !odd.problems.isEmpty)
    }
}
