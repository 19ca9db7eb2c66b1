import Model
import Testing

/// The ends of what a number can say, in every place where one comes over a wire: refused where it is out of range, and
/// never the end of a process.
struct BoundedTests {
    static let extremes: [Int64] = [.min, .max, 1 << 62, 1_000_000_000_000_000_000, -1, 1 << 53]
    /// Those that no clock says.
    static let noTimes: [Int64] = [.min, .max, 1 << 62, 1_000_000_000_000_000_000, -1, 1 << 53, 7_258_118_400_001]

    static func json(_ text: String) throws -> JSON { try JSON(parsing: text) }

    @Test func momentsStayAtTheEndsOfTheirClock() {
        for value in BoundedTests.extremes {
            let instant = Instant.milliseconds(value)
            for other in BoundedTests.extremes {
                let sum = instant + .milliseconds(other)
                let difference = Instant(nanoseconds: value) - Instant(nanoseconds: other)
                #expect(sum.milliseconds <= Int64.max && difference.nanoseconds <= Int64.max)
            }
            #expect(Duration.seconds(value).nanoseconds.signum() == value.signum())
        }
        #expect(Instant.milliseconds(.max).nanoseconds == .max && Instant.milliseconds(.min).nanoseconds == .min)
        #expect(Instant(nanoseconds: 5) + .milliseconds(Int64.max) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: .min) - Instant(nanoseconds: 1) == .nanoseconds(Int64.min))
        #expect(Instant.milliseconds(1) + .milliseconds(2) == .milliseconds(3))
        #expect(Duration.milliseconds(-1500).nanoseconds == -1_500_000_000)
    }

    @Test func aSumOfTimesIsWithinRangeOrNone() {
        #expect(Bounded.time(1_795_000_000_000, plus: 5) == 1_795_000_000_005)
        for value in BoundedTests.noTimes {
            #expect(Bounded.time(0, plus: value) == nil && Bounded.time(value, plus: value) == nil)
        }
    }

    @Test(arguments: ["produced", "committed", "pending", "rejected", "skipped"])
    func anAccountWithANumberThatNobodyCountedIsNotClosed(field: String) throws {
        for value in [.min, .max, 1 << 62, 1_000_000_000_000_000_000, -1] as [Int64] {
            let account = Account(json: try BoundedTests.json("{\"\(field)\":\(value)}"))
            #expect(!account.isClosed, "\(field) \(value)")
        }
        #expect(Account(json: try BoundedTests.json(#"{"produced":3,"committed":1,"pending":2}"#)).isClosed)
        #expect(Account(json: nil).isClosed)
        let huge = Account(produced: .max, committed: .max, pending: .max, rejected: .max, skipped: .max)
        #expect(!huge.isClosed && huge.accounted == .max)
    }

    @Test func anAcknowledgementBelievesNoTimeOutOfRange() throws {
        for value in BoundedTests.noTimes {
            let ack = Ack(
                json: try BoundedTests.json(#"{"epoch":"0000000000000007","lane":"s","cum":3,"t":\#(value)}"#))
            #expect(ack?.time == 0 && ack?.cumulative == 3)
        }
    }

    @Test(arguments: ["cum", "tip", "rejn"])
    func anAcknowledgementOfNumbersOutOfRangeIsRefused(field: String) throws {
        for value in [.min, .max, -1, (1 << 62) + 1] as [Int64] {
            let others = field == "cum" ? "" : #""cum":3,"#
            let text = #"{"epoch":"0000000000000007","lane":"s",\#(others)"\#(field)":\#(value)}"#
            #expect(Ack(json: try BoundedTests.json(text)) == nil, "\(field) \(value)")
        }
    }

    @Test func rangesAndCreditOfAnAcknowledgementAreBounded() throws {
        for value in BoundedTests.extremes {
            let text = #"""
                {"epoch":"0000000000000007","lane":"s","cum":3,"credit":\#(value),"sack":[[5,\#(value)],[\#(value),9]],
                "rej":[[\#(value),"x"]],"rejn":4}
                """#
            let ack = try #require(Ack(json: try BoundedTests.json(text)))
            #expect((1...4096).contains(ack.credit) && ack.refused == 3)
            #expect(
                ack.selective.allSatisfy { $0.upperBound <= 1 << 62 } && ack.rejected.allSatisfy { $0.seq <= 1 << 62 })
        }
    }

    @Test func aHelloOfNumbersOutOfRangeIsRefused() throws {
        func hello(_ lowest: Int64, _ highest: Int64, clock: Int64 = 5) throws -> Hello? {
            Hello(
                json: try BoundedTests.json(
                    #"""
                    {"v":1,"epoch":"0000000000000007","boot":["0000000000000001","0000000000000002"],
                    "nonce":"0000000000000003","lanes":{"s":{"lowest":\#(lowest),"highest":\#(highest)},
                    "c":{"lowest":1,"highest":0}},"clock":\#(clock)}
                    """#))
        }
        #expect(try hello(1, 9) != nil)
        for value in BoundedTests.extremes {
            #expect(try hello(value, 9) == nil && hello(1, value) == nil, "\(value)")
            #expect(try hello(1, 9, clock: value)?.clock == 0)
        }
    }

    @Test(arguments: ["issued", "ttl"])
    func aCommandOfNumbersOutOfRangeIsRefused(field: String) throws {
        for value in BoundedTests.noTimes {
            let others = field == "issued" ? #""ttl":15"# : #""issued":1795000000000"#
            let text = #"{"id":"A","type":"find","args":{"tag":"30","seconds":1},\#(others),"\#(field)":\#(value)}"#
            #expect(Command(json: try BoundedTests.json(text)) == nil, "\(field) \(value)")
        }
        for value in BoundedTests.noTimes {
            let text = #"{"id":"A","type":"find","args":{"tag":"30","seconds":\#(value)},"issued":5,"ttl":15}"#
            #expect(Command(json: try BoundedTests.json(text)) == nil, "seconds \(value)")
        }
    }

    @Test func whatIsAskedAboutACallTravels() throws {
        for action: Command.Action in [
            .hangUp(call: "pbx/17", extension: "101"), .transfer(call: "pbx/17", extension: "101", number: "104"),
            .name(call: "pbx/17", name: "DUPONT SARL"),
        ] {
            let command = Command(id: "A", action: action, issued: 1_795_000_000_000, ttl: 15)
            #expect(Command(json: try JSON(parsing: command.json.text8)) == command)
        }
        let long = String(repeating: "7", count: 1000)
        for args in [
            #""extension":"101""#, #""call":"","extension":"101""#, #""call":"\#(long)","extension":"101""#,
            #""call":"pbx/1","extension":"\#(long)""#,
        ] {
            for type in ["hangup", "transfer"] {
                let text = #"{"id":"A","type":"\#(type)","args":{\#(args),"number":"104"},"issued":5,"ttl":15}"#
                #expect(Command(json: try BoundedTests.json(text)) == nil, "\(text.prefix(80))")
            }
        }
        let wide =
            #"{"id":"A","type":"transfer","args":{"call":"pbx/1","extension":"101","number":"\#(long)"},"issued":5,"ttl":15}"#
        #expect(Command(json: try BoundedTests.json(wide)) == nil)
    }

    @Test func aConfigurationOfNumbersOutOfRangeIsRefused() throws {
        func desired(_ revision: Int64, _ expires: Int64) throws -> DesiredConfiguration? {
            let hash = Topic.digest(of: "x")
            return DesiredConfiguration(
                json: try BoundedTests.json(
                    #"{"v":1,"revision":\#(revision),"hash":"\#(hash)","text":"x","expires":\#(expires)}"#))
        }
        #expect(try desired(1, 5) != nil)
        for value in BoundedTests.noTimes { #expect(try desired(1, value) == nil, "\(value)") }
        for value in [.min, .max, -1, 0] as [Int64] { #expect(try desired(value, 5) == nil, "\(value)") }
        for value in BoundedTests.extremes {
            let text =
                #"{"kept":{"revision":\#(value),"text":"a"},"trial":{"revision":2,"text":"b"},"starts":\#(value)}"#
            var managed = ManagedConfiguration(json: try BoundedTests.json(text))
            _ = managed.start()
            #expect((1...ManagedConfiguration.startLimit).contains(managed.starts) || managed.trial == nil)
        }
    }

    @Test(arguments: ["started", "answered", "ended", "rang", "leg-answered", "leg-ended"])
    func aCallOfTimesOutOfRangeIsRefusedWhole(field: String) throws {
        let name = field.split(separator: "-").last ?? ""
        for value in BoundedTests.noTimes {
            let own = field == "started" || field.hasPrefix("leg-") || field == "rang" ? "" : #","\#(field)":\#(value)"#
            let leg =
                field == "rang" || field.hasPrefix("leg-")
                ? #","\#(name)":\#(value)"# : ""
            let started = field == "started" ? value : 5
            let text =
                #"{"call":"pbx/1","rev":1,"state":"ended","started":\#(started)\#(own),"legs":[{"leg":"1","state":"ended"\#(leg)}]}"#
            #expect(CallSnapshot(json: try BoundedTests.json(text)) == nil, "\(field) \(value)")
            let row = CBOR.array([CBOR(1), CBOR(6), .text("pbx"), .text(text)]).encoded
            #expect(throws: RowError.self) { try Row.decode(try CBOR(decoding: row)) }
        }
    }

    @Test func whatACallSaysAtLengthIsCut() throws {
        let long = String(repeating: "é", count: 5000)
        let many = Array(repeating: #"{"how":"blind","by":"\#(long)"}"#, count: 40).joined(separator: ",")
        let desks = Array(repeating: "\"101\"", count: 500).joined(separator: ",")
        let text = #"""
            {"call":"pbx/1","rev":1,"state":"ended","started":5,"called":"\#(long)","transfers":[\#(many)],
            "missedBy":[\#(desks)],"answeredBy":[\#(desks)],"caller":{"number":"\#(long)","name":"\#(long)"}}
            """#
        let call = try #require(CallSnapshot(json: try BoundedTests.json(text)))
        #expect(
            call.transfers.count == CallSnapshot.legLimit && call.missedBy.count == 128 && call.answeredBy.count == 128)
        #expect(call.called?.utf8.count == 256 && call.transfers[0].by?.utf8.count == 256)
        #expect(call.json.text8.count < 65536 && CallSnapshot(json: call.json) == call)
    }

    @Test func aRowOfNumbersOutOfRangeIsRefused() throws {
        func sighted(_ kind: Int64, _ rest: CBOR...) -> [CBOR] {
            [CBOR(5), CBOR(kind), .text("r"), .text("dock"), CBOR(0), .bytes([0x30])] + rest
        }
        func decode(_ items: [CBOR]) throws -> (dt: Int64, row: Row) { try Row.decode(.array(items)) }
        #expect(throws: Never.self) { try decode(sighted(1, CBOR(-550), CBOR(1), CBOR(2))) }
        for value in [.min, .max, 1 << 62, 1_000_000_000_000_000_000, (1 << 53) + 1] as [Int64] {
            let number = CBOR(value)
            let rows: [[CBOR]] = [
                [number, CBOR(3), .text("g"), .text("d"), .null, .text("x")],
                [CBOR(5), number],
                [CBOR(5), CBOR(1), .text("r"), .text("dock"), number, .bytes([0x30]), .null, .null, CBOR(1)],
                sighted(1, number, CBOR(1), CBOR(2)), sighted(1, .null, number, CBOR(2)),
                sighted(1, .null, .null, number), sighted(2, .null, .null, CBOR(2), number),
            ]
            for row in rows { #expect(throws: RowError.self, "\(row)") { try decode(row) } }
        }
        let far = Row.Sighting(
            device: "r", zone: "d", tag: TagID(.raw, [1]), rssiDBm: 1e300, antenna: .max, reads: .max)
        for row in [Row.appeared(far), .left(far, present: .seconds(Int64.max))] {
            // What a reader exaggerates is not told, or told up to the limit; the scan itself is never lost.
            #expect(throws: Never.self) { try Row.decode(try CBOR(decoding: row.encoded(at: 5))) }
        }
    }

    @Test func aFrameOfNumbersOutOfRangeIsRefused() throws {
        func frame(_ first: Int64, _ count: Int64) throws -> Frame {
            try Frame(
                decoding: Array(
                    #"[1,"00000000000000AA","s",\#(first),\#(count),[1,2,\#(Int64.max),true],2,null,[[0,0,"x"]]]"#.utf8)
            )
        }
        #expect(try frame(1, 1).last == 1)
        for value in BoundedTests.extremes {
            #expect(throws: FrameError.self) { try frame(value, 1) }
            #expect(throws: FrameError.self) { try frame(1, value) }
        }
    }

    @Test func aTextIsCutBetweenScalars() {
        #expect("abc".cut(to: 3) == "abc" && "abc".cut(to: 2) == "ab" && "aé".cut(to: 2) == "a" && "😀".cut(to: 3) == "")
    }
}
