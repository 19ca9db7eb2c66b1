import Devices
import Drivers
import Model
import Testing

/// The client's name on the telephone that rings (AMI `Setvar`): at the simulated exchange, in virtual time.
struct TelephoneNameTests {
    private static func command(_ call: String, _ name: String) -> Command {
        Command(id: "01KAN0000000000000000000AA", action: .name(call: call, name: name), issued: 0, ttl: 5)
    }

    /// 101 and 102 are called at 1 s, and ring 50 ms later; the rest is for `milliseconds` after that.
    private static func line(
        after milliseconds: Int64, isPrivate: Bool = false, answer: Duration? = nil
    ) throws -> (line: ExchangeTests.Line, call: String) {
        var line = ExchangeTests.Line(.asterisk)
        line.open()
        line.run(until: .milliseconds(1000))
        line.exchange.call(
            .init(
                from: "0199001234", to: "0123456701", desks: ["101", "102"], answer: answer.map { ("101", $0) },
                talk: .seconds(60), patience: .seconds(60), isPrivate: isPrivate), at: line.now)
        line.settle()
        line.run(until: .milliseconds(1050 + milliseconds))
        return (line, try #require(line.book.running.first?.call))
    }

    @Test(arguments: [-40, 0, 290] as [Int64])
    func telephonesThatRingOrAreAboutToShowTheName(after: Int64) throws {
        var (line, call) = try TelephoneNameTests.line(after: after)
        line.command(TelephoneNameTests.command(call, "DUPONT SARL"))
        line.run(until: .milliseconds(3000))
        #expect(line.progress.map(\.state) == [.accepted, .done] && line.faults.isEmpty)
        #expect(line.exchange.ledger[0].displays == ["101": "DUPONT SARL", "102": "DUPONT SARL"])
        #expect(line.book.running.first?.ringing == ["101", "102"], "nothing else has changed")
    }

    /// What is called later shows it without being told again.
    @Test func whomTheCallIsSentToShowsItToo() throws {
        var (line, call) = try TelephoneNameTests.line(after: 10, answer: .seconds(1))
        line.command(TelephoneNameTests.command(call, "DUPONT SARL"))
        line.run(until: .milliseconds(4000))
        line.command(
            Command(
                id: "01KAN0000000000000000000AB", action: .transfer(call: call, extension: "101", number: "104"),
                issued: 0, ttl: 15))
        line.run(until: .milliseconds(5000))
        #expect(line.exchange.ledger[0].displays["104"] == "DUPONT SARL")
    }

    @Test func whatComesTooLateIsNotSet() throws {
        var (line, call) = try TelephoneNameTests.line(after: 310)
        line.command(TelephoneNameTests.command(call, "DUPONT SARL"))
        #expect(line.progress.map(\.state) == [.expired])
        line.run(until: .milliseconds(3000))
        #expect(line.exchange.ledger[0].displays == [:])
    }

    @Test func aCallerWhoHidesHasNoName() throws {
        var (line, call) = try TelephoneNameTests.line(after: 10, isPrivate: true)
        line.command(TelephoneNameTests.command(call, "DUPONT SARL"))
        line.run(until: .milliseconds(3000))
        #expect(line.progress.map(\.state) == [.expired] && line.exchange.ledger[0].displays == [:])
    }

    @Test func aCallThatIsAnsweredOrUnknownIsLeftAlone() throws {
        var (line, _) = try TelephoneNameTests.line(after: 10)
        line.command(TelephoneNameTests.command("pbx/unknown", "DUPONT SARL"))
        #expect(line.progress.map(\.state) == [.expired])
        var own = ExchangeTests.Line(.asterisk)
        own.open()
        own.exchange.call(.init(from: "101", to: "102", desks: ["102"]), at: own.now)
        own.settle()
        let call = try #require(own.book.running.first?.call)
        own.command(TelephoneNameTests.command(call, "DUPONT SARL"))
        #expect(own.progress.map(\.state) == [.expired], "between own telephones names are the exchange's")
    }

    /// A name is a stranger's text: it adds no header, no quotes to a SIP header, and has an end.
    @Test func aNameIsCleanedAndCut() throws {
        var (line, call) = try TelephoneNameTests.line(after: 10)
        let odd = "Zoé \"\u{327}<sip:1@x>\";\\\r\nAction: Hangup\u{202E}" + String(repeating: "é", count: 40)
        let reaction = line.session.handle(.command(TelephoneNameTests.command(call, odd)), at: line.now)
        let text = String(decoding: reaction.send, as: UTF8.self)
        let values = text.split(separator: "\r\n").filter { $0.hasPrefix("Value: ") }.map { $0.dropFirst(7) }
        #expect(values.count == 3 && Set(values).count == 1, "two telephones and the caller")
        #expect(values[0].hasPrefix("Zoé \u{327}sip:1@xAction: Hangupé") && values[0].utf8.count <= 64)
        #expect(!text.contains("\nAction: Hangup"))
        #expect(text.contains("Variable: CONNECTEDLINE(name)\r\n") && text.contains("Variable: CALLERID(name)\r\n"))
        (line, call) = try TelephoneNameTests.line(after: 10)
        line.command(TelephoneNameTests.command(call, "\u{7}\""))
        #expect(line.progress.map(\.state) == [.expired], "nothing is left of it")
    }

    @Test func aRightThatIsMissingIsSaid() throws {
        var (line, call) = try TelephoneNameTests.line(after: 10)
        _ = line.session.handle(.command(TelephoneNameTests.command(call, "DUPONT SARL")), at: line.now)
        let refusal = "Response: Error\r\nActionID: 01KAN0000000000000000000AA\r\nMessage: Permission denied\r\n\r\n"
        let reaction = line.session.handle(.bytes(Array(refusal.utf8)), at: line.now)
        let codes = reaction.observations.compactMap { observation in
            if case .fault(let fault) = observation { fault.code } else { nil }
        }
        #expect(codes == ["no-right-name"])
    }
}
