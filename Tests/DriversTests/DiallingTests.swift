import Devices
import Drivers
import Model
import Testing

/// Whoever dials has a leg of their own, from dialling to the end, whatever the exchange.
struct DiallingTests {
    static let dialects = [Exchange.Dialect.asterisk, .freeSWITCH, .csta]

    private func line(_ dialect: Exchange.Dialect) -> ExchangeTests.Line {
        var line = ExchangeTests.Line(dialect)
        line.open()
        line.run(until: .milliseconds(2000))
        return line
    }

    private func outside(_ line: inout ExchangeTests.Line) {
        line.exchange.call(
            Exchange.Script(
                from: "101", to: "0612340091", desks: [],
                acts: [(.seconds(3), .answerOutside), (.seconds(8), .hangUp)]), at: line.now)
        line.settle()
    }

    private func inside(_ line: inout ExchangeTests.Line, answer: String?) {
        let acts: [(after: Duration, act: Exchange.Script.Act)] =
            (answer.map { [(.seconds(3), .answer($0))] } ?? []) + [(.seconds(8), .hangUp)]
        line.exchange.call(Exchange.Script(from: "101", to: "102", desks: ["102"], acts: acts), at: line.now)
        line.settle()
    }

    @Test(arguments: dialects)
    func whoCallsOutHasALegWhileItRingsAndWhileTheyTalk(dialect: Exchange.Dialect) throws {
        var line = line(dialect)
        outside(&line)
        line.run(until: .milliseconds(3000))
        var call = try #require(line.book.running.first)
        var own = try #require(call.leg(of: "101"))
        #expect(own.state == .dialling && own.dialledAt != nil && own.rangAt == nil)
        #expect(call.direction == .outbound && call.called == "0612340091" && call.answeredAt == nil)
        line.run(until: .milliseconds(6000))
        call = try #require(line.book.running.first)
        own = try #require(call.leg(of: "101"))
        #expect(own.state == .talking && own.answeredAt == nil && call.state == .answered && call.answeredAt != nil)
        line.run(until: .milliseconds(30_000))
        let ended = try #require(line.ended.first)
        #expect(line.ended.count == 1 && ended.legs.filter { $0.desk == "101" }.count == 1)
        #expect(ended.leg(of: "101")?.state == .ended && ended.answeredBy.isEmpty && ended.missedBy.isEmpty)
        #expect(ended.cause == .normal && ended.wasReached)
    }

    @Test(arguments: dialects, [nil, "102"])
    func whoCallsAColleagueNeitherAnswersNorMisses(dialect: Exchange.Dialect, answer: String?) throws {
        var line = line(dialect)
        inside(&line, answer: answer)
        line.run(until: .milliseconds(3000))
        let call = try #require(line.book.running.first)
        #expect(call.direction == .internal && call.leg(of: "101")?.state == .dialling)
        #expect(call.leg(of: "102")?.state == .ringing && call.ringing == ["102"])
        line.run(until: .milliseconds(30_000))
        let ended = try #require(line.ended.first)
        #expect(line.ended.count == 1 && ended.leg(of: "101")?.dialledAt != nil)
        #expect(ended.answeredBy == (answer.map { [$0] } ?? []) && ended.missedBy == (answer == nil ? ["102"] : []))
    }

    /// The list of what runs brings the dialler back, also where nothing was on the disk.
    @Test(arguments: dialects, [(3000, true), (3000, false), (7000, true), (7000, false)])
    func whoDialledIsFoundAgainAfterARestart(dialect: Exchange.Dialect, at: (moment: Int64, isKept: Bool)) throws {
        for isInside in [false, true] {
            var line = line(dialect)
            if isInside { inside(&line, answer: "102") } else { outside(&line) }
            line.run(until: .milliseconds(at.moment))
            let left = line.stop()
            line.run(until: .milliseconds(at.moment + 200))
            line.start(at.isKept ? left : (past: SessionSettings.Past(), calls: []))
            line.run(until: .milliseconds(at.moment + 1500))
            let call = try #require(line.book.running.first)
            let own = try #require(call.leg(of: "101"))
            #expect(line.book.running.count == 1 && own.dialledAt != nil && own.state != .ringing)
            #expect(!call.answeredBy.contains("101") && call.caller?.number == "101")
            line.run(until: .milliseconds(30_000))
            #expect(line.book.running.isEmpty && line.ended.allSatisfy { !$0.missedBy.contains("101") })
        }
    }

    /// Who asks a colleague and joins the two is out of it: no line of theirs is left in the client's call.
    @Test(arguments: dialects)
    func whoHandsACallOverIsGone(dialect: Exchange.Dialect) throws {
        var line = line(dialect)
        line.exchange.call(
            Exchange.Script(
                from: "0612340091", to: "0123456701", desks: ["101"],
                acts: [
                    (.seconds(1), .answer("101")), (.seconds(3), .consult(by: "101", to: "102")),
                    (.seconds(5), .complete(by: "101")), (.seconds(9), .hangUp),
                ]), at: line.now)
        line.settle()
        line.run(until: .milliseconds(6000))
        let question = try #require(line.book.running.first { $0.direction == .internal })
        #expect(question.leg(of: "101")?.dialledAt != nil && question.answeredBy == ["102"])
        line.run(until: .milliseconds(9000))
        let call = try #require(line.book.running.first)
        #expect(line.book.running.count == 1 && call.caller?.number == "0612340091")
        #expect(call.legs.filter { $0.desk == "101" }.allSatisfy { $0.state == .ended })
        #expect(call.leg(of: "102")?.state == .talking && call.answeredBy == ["101", "102"])
    }

    /// Who takes a call by a code has dialled, and yet answered it.
    @Test(arguments: dialects)
    func whoTakesACallHasAnsweredIt(dialect: Exchange.Dialect) throws {
        var line = line(dialect)
        line.exchange.call(
            Exchange.Script(
                from: "0612340091", to: "0123456701", desks: ["101"],
                acts: [(.seconds(2), .pickup(by: "103")), (.seconds(6), .hangUp)]), at: line.now)
        line.settle()
        line.run(until: .milliseconds(20_000))
        let call = try #require(line.ended.first)
        #expect(line.ended.count == 1 && call.answeredBy == ["103"] && call.missedBy.isEmpty)
        #expect(call.leg(of: "103")?.dialledAt == nil)
    }

    /// The exchange was away for so long that its calls were given up: who had dialled has still dialled.
    @Test func aDiallerThatWasLostFromSightDoesNotRing() throws {
        var book = CallBook(revisionBase: 0)
        func say(_ event: CallSignal.Event, leg: String? = nil, _ cause: CallCause? = nil) -> CallSnapshot? {
            var signal = CallSignal(event, call: "pbx/1")
            (signal.leg, signal.desk, signal.cause, signal.direction) = (leg, leg.map { _ in "101" }, cause, .outbound)
            return book.apply(signal, at: 1000).last
        }
        #expect(say(.dialling, leg: "a")?.leg(of: "101")?.state == .dialling)
        #expect(say(.ended, .lost)?.state == .ended)
        let back = try #require(say(.dialling, leg: "a"))
        #expect(back.leg(of: "101")?.state == .dialling && back.ringing.isEmpty)
        #expect(say(.answered, leg: "a")?.leg(of: "101")?.answeredAt == nil)
    }

    /// A click says what the other side will see: the telephone inside, its own or the site's number outside, nothing where the exchange decides.
    @Test(arguments: [Exchange.Dialect.asterisk, .freeSWITCH, .csta])
    func aClickSaysWhatItPresents(dialect: Exchange.Dialect) throws {
        for (desk, number, callerID, presents) in [
            ("101", "102", "+33199000700", "101"), ("101", "0612340091", "+33199000700", "+33199000700"),
            ("104", "0612340091", "+33199000700", "+33199000704"), ("101", "0612340091", nil, nil),
        ] as [(String, String, String?, String?)] {
            var settings = SessionSettings(name: "pbx", user: "quai", secret: "simulated")
            (settings.extensions, settings.callerID) = (["101", "104"], callerID)
            if callerID != nil { settings.callerIDs = ["104": "+33199000704"] }
            var session = try #require(Driver.named(dialect.rawValue)).session(settings)
            var exchange = Exchange(dialect, user: "quai", secret: "simulated")
            var told: [CommandProgress] = []
            func take(_ stimulus: Stimulus) {
                let reaction = session.handle(stimulus, at: .milliseconds(1000))
                for case .progress(let step) in reaction.observations { told.append(step) }
                if !reaction.send.isEmpty { exchange.receive(reaction.send, on: 1, at: .milliseconds(1000)) }
                if let bytes = exchange.takeOutput().bytes[1], !bytes.isEmpty { take(.bytes(bytes)) }
            }
            exchange.connect(1, at: .milliseconds(1000))
            take(.opened)
            let action = Command.Action.dial(extension: desk, number: number, display: nil, device: nil)
            take(.command(Command(id: "01CLICK", action: action, issued: 0, ttl: 15)))
            let accepted = try #require(told.first)
            #expect(accepted.state == .accepted && accepted.presents == (dialect == .csta ? nil : presents))
        }
    }

    /// A client who was sent to voicemail after a telephone had rung: nobody has answered, and it has missed them. A FRITZ!Box names its own
    /// answering machine (40); so do the vectors.
    @Test(arguments: ["asterisk-ami", "freeswitch-esl"])
    func aMachineThatTakesACallHasNotAnsweredIt(driver: String) throws {
        var session = try #require(Driver.named(driver)).session(SessionSettings(user: "quai", secret: "s"))
        var book = CallBook(revisionBase: 0)
        var last: CallSnapshot?
        func feed(_ text: String) {
            for case .call(let signal) in session.handle(.bytes(Array(text.utf8)), at: .zero).observations {
                last = book.apply(signal, at: 1000).last ?? last
            }
        }
        let caller = "Channel: PJSIP/carrier-1|Uniqueid: 1.1|Linkedid: 1.1|CallerIDNum: 0612340001|Exten: 0123456701"
        let telephone = "DestChannel: PJSIP/101-2|DestUniqueid: 1.2|DestLinkedid: 1.1"
        let own = "Channel: PJSIP/101-2|Uniqueid: 1.2|Linkedid: 1.1"
        for event in [
            "Newchannel|ChannelState: 4|\(caller)", "DialBegin|\(caller)|\(telephone)",
            "Newstate|ChannelState: 5|ChannelStateDesc: Ringing|\(own)",
            "DialEnd|DialStatus: NOANSWER|\(caller)|\(telephone)", "Hangup|Cause: 19|\(own)",
            "Newstate|ChannelState: 6|ChannelStateDesc: Up|\(caller)", "Hangup|Cause: 16|\(caller)",
        ] where driver == "asterisk-ami" {
            feed("Event: " + event.split(separator: "|").joined(separator: "\r\n") + "\r\n\r\n")
        }
        let inbound =
            "Unique-ID: a\nChannel-Call-UUID: a\nCall-Direction: inbound\nCaller-Caller-ID-Number: 0612340001\n"
            + "Caller-Destination-Number: 0123456701\nChannel-Name: sofia/external/0612340001@10.0.0.1\n"
        let outbound =
            "Unique-ID: b\nChannel-Call-UUID: a\nCall-Direction: outbound\nCaller-Caller-ID-Number: 0612340001\n"
            + "Caller-Destination-Number: 101\nChannel-Name: sofia/internal/101@10.0.0.2\nOther-Leg-Unique-ID: a\n"
        for event in [
            "CREATE\n\(inbound)", "CREATE\n\(outbound)", "CALLSTATE\nChannel-Call-State: RINGING\n\(outbound)",
            "HANGUP_COMPLETE\nHangup-Cause: NO_ANSWER\n\(outbound)",
            "CALLSTATE\nChannel-Call-State: ACTIVE\n\(inbound)",
            "HANGUP_COMPLETE\nHangup-Cause: NORMAL_CLEARING\n\(inbound)",
        ] where driver == "freeswitch-esl" {
            let body = "Event-Name: CHANNEL_\(event)\n"
            feed("Content-Length: \(body.utf8.count)\nContent-Type: text/event-plain\n\n\(body)")
        }
        let call = try #require(last)
        #expect(call.state == .ended && call.direction == .inbound && call.caller?.number == "0612340001")
        #expect(call.answeredBy.isEmpty && call.answeredAt == nil && call.missedBy == ["101"])
    }

    /// A voicemail, an announcement or the exchange itself: whoever dialled talks, and nobody has answered.
    @Test func aTalkWithAMachineOfTheSwitchIsAnsweredByNobody() throws {
        var session = Driver.freeSWITCH.session(SessionSettings())
        var book = CallBook(revisionBase: 0)
        var last: CallSnapshot?
        for (name, state) in [("CREATE", ""), ("CALLSTATE", "ACTIVE"), ("HANGUP_COMPLETE", "")] {
            let event =
                "Event-Name: CHANNEL_\(name)\nUnique-ID: v\nChannel-Call-UUID: v\nCall-Direction: inbound\n"
                + "Caller-Caller-ID-Number: 101\nCaller-Destination-Number: *98\nChannel-Name: sofia/internal/101@10.0.0.1\n"
                + (state.isEmpty ? "Hangup-Cause: NORMAL_CLEARING\n" : "Channel-Call-State: \(state)\n") + "\n"
            let bytes = Array("Content-Length: \(event.utf8.count)\nContent-Type: text/event-plain\n\n\(event)".utf8)
            for case .call(let signal) in session.handle(.bytes(bytes), at: .zero).observations {
                last = book.apply(signal, at: 1000).last ?? last
            }
        }
        let call = try #require(last)
        #expect(call.state == .ended && call.direction == .internal && call.called == "*98")
        #expect(call.answeredBy.isEmpty && call.answeredAt == nil && call.missedBy.isEmpty && !call.wasReached)
        #expect(call.leg(of: "101")?.dialledAt != nil)
    }
}
