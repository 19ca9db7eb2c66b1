import Drivers
import Model
import TestSupport
import Testing

/// Call records (AMI event `Cdr`) of recordings, in place of the events that a break took away: what they say of a call that was
/// lost from sight must be what its telephones saw.
struct CallRecordTests {
    static let names = ["13", "22", "22-tuned"].flatMap { folder in
        ["inbound-missed", "inbound-answered", "ring-group"].map { "\(folder)/\($0)" }
    }

    /// Cut when the last telephone has begun to ring; then another connection, which lists nothing.
    private static func pieces(_ name: String) throws -> (before: String, records: [String]) {
        let text = String(decoding: Fixture.bytes("DriversTests/Captures/asterisk/\(name).ami"), as: UTF8.self)
        let messages = text.components("\r\n\r\n")
        let ring = try #require(
            messages.lastIndex { $0.contains("Event: Newstate") && $0.contains("ChannelStateDesc: Ringing") })
        let empty = "Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 0"
        let before = messages[...ring] + ["Asterisk Call Manager/11.0.0\r\n" + empty]
        return (before.joined(separator: "\r\n\r\n") + "\r\n\r\n", messages.filter { $0.contains("Event: Cdr") })
    }

    private struct Listener {
        var session = Driver.asteriskAMI.session(SessionSettings())
        var book = CallBook(revisionBase: 0)
        var now: Int64 = 1_000_000
        var last: [String: CallSnapshot] = [:]
        var states: [CallSnapshot.State] = []

        mutating func take(_ text: String) {
            for case .call(let signal) in session.handle(.bytes(Array(text.utf8)), at: .zero).observations {
                for call in book.apply(signal, at: now) {
                    #expect(call.revision > last[call.call]?.revision ?? -1)
                    last[call.call] = call
                    states.append(call.state)
                }
            }
        }

        var told: [String] { Story.lines(of: Array(last.values)) }
    }

    @Test(arguments: names)
    func recordsTellHowACallEnded(name: String) throws {
        let (before, records) = try CallRecordTests.pieces(name)
        let truth = try Story.lines(ofCapture: Fixture.json("DriversTests/Captures/asterisk/\(name).json"))
        for order in [records, records.reversed()] {
            var listener = Listener()
            listener.take(before)
            let lost = try #require(listener.last.values.first)
            #expect(lost.cause == .lost && lost.missedBy == [] && lost.perhapsMissedBy != [])
            listener.now += 60_000
            listener.states = []
            for record in order { listener.take(record + "\r\n\r\n") }
            #expect(listener.told == truth)
            #expect(listener.last.values.allSatisfy { $0.perhapsMissedBy == [] && $0.cause != .lost })
            #expect(listener.states.allSatisfy { $0 == .ended }, "nothing rings again")
            // Again, and of nobody: no news.
            listener.states = []
            for record in order { listener.take(record + "\r\n\r\n") }
            #expect(listener.states == [])
        }
    }

    /// The same name, after the exchange was restarted, is another telephone's call.
    @Test func aNameThatIsUsedAgainSettlesNothing() throws {
        let (before, records) = try CallRecordTests.pieces("22/inbound-missed")
        var listener = Listener()
        listener.take(before)
        let channel = try #require(records[0].components("\r\n").first { $0.hasPrefix("DestinationChannel: ") })
            .dropFirst(
                20)
        listener.take(
            "Event: Newchannel\r\nChannel: \(channel)\r\nChannelState: 0\r\nUniqueid: 9.9\r\nLinkedid: 9.8\r\n\r\n")
        listener.states = []
        listener.take(records[0] + "\r\n\r\n")
        #expect(listener.states == [])
    }

    /// Numbers are a stranger's; a record without them, or with odd ones, still says who took the call.
    @Test(arguments: [
        "", "Duration: -5", "Duration: 1\r\nBillableSeconds: -9223372036854775808",
        "Duration: 9\r\nBillableSeconds: 99999999999999999999", "Duration: 3\r\nBillableSeconds: 7",
    ])
    func oddNumbersMeanNoTime(numbers: String) throws {
        let (before, records) = try CallRecordTests.pieces("22/inbound-answered")
        var listener = Listener()
        listener.take(before)
        let record = records[0].components("\r\n").filter {
            !$0.contains("Duration") && !$0.contains("BillableSeconds")
        }
        listener.take(record.joined(separator: "\r\n") + "\r\n\(numbers)\r\n\r\n")
        let call = try #require(listener.last.values.first)
        #expect(call.answeredBy == ["101"] && call.legs.allSatisfy { ($0.endedAt ?? 0) <= call.endedAt ?? 0 })
    }

    /// Records are asked for where the site wants them.
    @Test(arguments: [false, true])
    func theyAreAskedForWhereTheSiteWantsThem(wanted: Bool) {
        var settings = SessionSettings(user: "quai", secret: "s")
        settings.hearsRecords = wanted
        var session = Driver.asteriskAMI.session(settings)
        _ = session.handle(.opened, at: .zero)
        _ = session.handle(.bytes(Array("Asterisk Call Manager/11.0.0\r\n".utf8)), at: .zero)
        let answer = "Response: Success\r\nActionID: quai-1\r\nChallenge: 8\r\n\r\n"
        let login = session.handle(.bytes(Array(answer.utf8)), at: .zero).send
        #expect(String(decoding: login, as: UTF8.self).contains("Events: system,call,agent\(wanted ? ",cdr" : "")\r\n"))
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        var out: [String] = []
        var (line, rest) = ([UInt8](), Array(utf8)[...])
        let mark = Array(separator.utf8)
        while let byte = rest.first {
            if rest.starts(with: mark) {
                out.append(String(decoding: line, as: UTF8.self))
                line = []
                rest = rest.dropFirst(mark.count)
            } else {
                line.append(byte)
                rest = rest.dropFirst()
            }
        }
        return out + [String(decoding: line, as: UTF8.self)]
    }
}
