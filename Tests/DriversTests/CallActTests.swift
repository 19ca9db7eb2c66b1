import Devices
import Drivers
import Model
import Testing

/// Hanging up and sending on from a card, with each exchange that can: by the line's own words, and once.
struct CallActTests {
    static let able: [Exchange.Dialect] = [.asterisk, .freeSWITCH, .csta]
    private static let id = "01KAJ0000000000000000000AA"

    private static func command(_ action: Command.Action) -> Command {
        Command(id: id, action: action, issued: 0, ttl: 15)
    }

    /// A call for 101 and 102 that runs.
    private static func line(
        _ dialect: Exchange.Dialect, answer: Bool, desks: [String] = ["101", "102"]
    ) throws -> (line: ExchangeTests.Line, call: String) {
        var line = ExchangeTests.Line(dialect)
        line.open()
        line.exchange.call(
            .init(
                from: "0199001234", to: "0123456701", desks: desks, answer: answer ? ("101", .seconds(2)) : nil,
                talk: .seconds(60), patience: .seconds(60)), at: line.now)
        line.settle()
        line.run(until: .milliseconds(5000))
        return (line, try #require(line.book.running.first?.call))
    }

    private static func desks(_ line: ExchangeTests.Line, _ states: Set<CallSnapshot.Leg.State>) -> [String] {
        line.book.running.flatMap(\.legs).filter { states.contains($0.state) }.compactMap(\.desk).sorted()
    }

    @Test func onlyTheLinesThatCanSaySo() {
        let able = Driver.catalog.filter { !$0.acts.isEmpty }.map(\.name).sorted()
        #expect(able == CallActTests.able.map(\.rawValue).sorted())
    }

    @Test(arguments: able)
    func onesOwnTelephoneIsHungUp(dialect: Exchange.Dialect) throws {
        var (line, call) = try CallActTests.line(dialect, answer: true)
        line.command(CallActTests.command(.hangUp(call: call, extension: "101")))
        line.run(until: .milliseconds(8000))
        #expect(line.progress.map(\.state) == [.accepted, .done])
        #expect(line.book.running.isEmpty && line.ended.count == 1)
        #expect(line.ended[0].answeredBy == ["101"] && line.ended[0].cause == .normal)
    }

    @Test(arguments: able)
    func aRingingTelephoneRefusesAndTheOthersRingOn(dialect: Exchange.Dialect) throws {
        var (line, call) = try CallActTests.line(dialect, answer: false)
        #expect(CallActTests.desks(line, [.ringing]) == ["101", "102"])
        line.command(CallActTests.command(.hangUp(call: call, extension: "101")))
        line.run(until: .milliseconds(8000))
        #expect(line.progress.map(\.state) == [.accepted, .done])
        #expect(CallActTests.desks(line, [.ringing]) == ["102"])
        // Asterisk tells a refusal as busy to whoever dialled.
        let cause = line.book.running.first?.legs.first { $0.desk == "101" }?.cause
        #expect(cause == .declined || cause == .busy)
    }

    @Test(arguments: able)
    func theOtherSideIsSentOn(dialect: Exchange.Dialect) throws {
        var (line, call) = try CallActTests.line(dialect, answer: true)
        line.command(CallActTests.command(.transfer(call: call, extension: "101", number: "104")))
        line.run(until: .milliseconds(9000))
        #expect(line.progress.map(\.state) == [.accepted, .done])
        let story = line.exchange.ledger.first
        #expect(story?.transfers == ["blind"] && story?.talks.map(\.desk) == ["101", "104"])
        #expect(line.book.running.allSatisfy { $0.caller?.number == "0199001234" })
        #expect(CallActTests.desks(line, [.talking]) == ["104"])
    }

    @Test(arguments: able)
    func whoHasNoPartDoesNothing(dialect: Exchange.Dialect) throws {
        var (line, call) = try CallActTests.line(dialect, answer: true)
        for action: Command.Action in [
            .hangUp(call: call, extension: "103"), .transfer(call: call, extension: "102", number: "104"),
            .hangUp(call: "pbx/unknown", extension: "101"), .transfer(call: call, extension: "101", number: "1 2\r\n"),
            .transfer(call: call, extension: "101", number: ""),
        ] {
            line.progress = []
            line.command(CallActTests.command(action))
            #expect(line.progress.map(\.state) == [.failed], "\(action)")
        }
        line.run(until: .milliseconds(8000))
        #expect(CallActTests.desks(line, [.talking]) == ["101"], "nobody was hung up")
    }

    /// Whoever rings cannot send the caller on: there is nobody to be sent.
    @Test(arguments: able)
    func whoRingsTransfersNothing(dialect: Exchange.Dialect) throws {
        var (line, call) = try CallActTests.line(dialect, answer: false)
        line.command(CallActTests.command(.transfer(call: call, extension: "101", number: "104")))
        #expect(line.progress.map(\.state) == [.failed])
    }

    @Test(arguments: able)
    func aLineThatBreaksLeavesNobodyWaiting(dialect: Exchange.Dialect) throws {
        var (line, call) = try CallActTests.line(dialect, answer: true)
        line.isUp = false  // what is sent now is never answered
        line.command(CallActTests.command(.hangUp(call: call, extension: "101")))
        #expect(line.progress.map(\.state) == [.accepted])
        line.cut()
        #expect(line.progress.map(\.state) == [.accepted, .unknown])
        line.progress = []
        line.command(CallActTests.command(.hangUp(call: call, extension: "101")))
        #expect(line.progress.map(\.state) == [.failed], "not connected")
    }

    @Test(arguments: able)
    func afterARestartAnActIsNotDoneAgain(dialect: Exchange.Dialect) throws {
        var line = ExchangeTests.Line(dialect)
        let reaction = line.session.handle(
            .recall(CallActTests.command(.hangUp(call: "pbx/1", extension: "101"))), at: line.now)
        #expect(reaction.send.isEmpty)
        guard case .progress(let step)? = reaction.observations.first else {
            Issue.record("nobody is told")
            return
        }
        #expect(step.state == .unknown)
    }

    /// What travels: each exchange's own request (AMI `BlindTransfer`, mod_commands `uuid_transfer`, ECMA-269 Single Step Transfer).
    @Test(
        arguments: zip(able, ["Action: BlindTransfer", " -bleg 104 XML default", "<transferredTo>104</transferredTo>"]))
    func eachIsAskedInItsOwnWords(dialect: Exchange.Dialect, words: String) throws {
        var (line, call) = try CallActTests.line(dialect, answer: true)
        let reaction = line.session.handle(
            .command(CallActTests.command(.transfer(call: call, extension: "101", number: "104"))), at: line.now)
        #expect(String(decoding: reaction.send, as: UTF8.self).contains(words))
    }
}
