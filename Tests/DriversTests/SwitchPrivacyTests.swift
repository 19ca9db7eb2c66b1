import Drivers
import Model
import Testing

/// A caller of a FreeSWITCH whose number a dial plan hides sooner or later: withheld means withheld. Headers as in recordings of 1.10.12.
struct SwitchPrivacyTests {
    static let number = "0612340052"

    struct Switch {
        var session = Driver.freeSWITCH.session(SessionSettings(user: "quai", secret: "secret"))
        var book = CallBook(revisionBase: 0)
        /// Everything that left the driver, as text.
        var text = ""
        var sent = ""
        var last: CallSnapshot?

        mutating func feed(_ text: String) {
            let reaction = session.handle(.bytes(Array(text.utf8)), at: .zero)
            sent += String(decoding: reaction.send, as: UTF8.self)
            for observation in reaction.observations {
                self.text += "\(observation)\n"
                guard case .call(let signal) = observation else { continue }
                for call in book.apply(signal, at: 1000) {
                    self.text += "\(call.json)\n"
                    last = call
                }
            }
        }

        /// An event of the caller's channel `a`, or of one towards a telephone.
        mutating func tell(
            _ event: String, _ id: String = "a", state: String = "", number: String = SwitchPrivacyTests.number,
            hides: Bool = false, hidesName: Bool = false
        ) {
            let isCaller = id == "a"
            var fields = [
                "Event-Name: CHANNEL_\(event)", "Unique-ID: \(id)", "Channel-Call-UUID: a",
                "Call-Direction: \(isCaller ? "inbound" : "outbound")", "Caller-Caller-ID-Number: \(number)",
                "Caller-Caller-ID-Name: Zoe", "Caller-Destination-Number: \(isCaller ? "0123456701" : "101")",
                "Channel-Name: sofia/\(isCaller ? "external/\(number)" : "internal/101")@10.0.0.1",
                "Caller-Privacy-Hide-Name: \(hidesName)", "Caller-Privacy-Hide-Number: \(hides)",
            ]
            if !state.isEmpty { fields.append("Channel-Call-State: \(state)") }
            if event == "HANGUP_COMPLETE" { fields.append("Hangup-Cause: NORMAL_CLEARING") }
            if !isCaller { fields.append("Other-Leg-Unique-ID: a") }
            let body = fields.joined(separator: "\n") + "\n\n"
            feed("Content-Length: \(body.utf8.count)\nContent-Type: text/event-plain\n\n\(body)")
        }

        mutating func answer(_ body: String) {
            feed("Content-Type: api/response\nContent-Length: \(body.utf8.count)\n\n\(body)")
        }

        mutating func login() {
            _ = session.handle(.opened, at: .zero)
            feed("Content-Type: auth/request\n\n")
            feed("Content-Type: command/reply\nReply-Text: +OK accepted\n\n")
        }

        mutating func list() {
            answer(
                #"{"row_count":2,"rows":[{"uuid":"a","direction":"inbound","name":"sofia/external/x","cid_num":""#
                    + SwitchPrivacyTests.number
                    + #"","cid_name":"Zoe","dest":"0123456701","callstate":"ACTIVE","call_uuid":"a"},{"uuid":"b","#
                    + #""direction":"outbound","name":"sofia/internal/101@1","cid_num":""# + SwitchPrivacyTests.number
                    + #"","dest":"101","callstate":"ACTIVE","call_uuid":"a"}]}"#)
        }
    }

    @Test func aNumberIsToldWhenATelephoneIsCalledAndNotBefore() {
        var exchange = Switch()
        exchange.tell("CREATE")
        exchange.tell("CALLSTATE", state: "RINGING")
        #expect(exchange.last?.direction == .inbound && !exchange.text.contains(Self.number))
        exchange.tell("CREATE", "b")
        #expect(exchange.last?.caller == Party(number: Self.number, name: "Zoe"))
        exchange.tell("CALLSTATE", "b", state: "RINGING")
        #expect(exchange.last?.state == .ringing && exchange.last?.caller?.number == Self.number)
    }

    /// A plan may hide on the way to the first telephone.
    @Test(arguments: ["a", "b"])
    func aNumberThatThePlanHidesAppearsNowhere(by channel: String) {
        var exchange = Switch()
        exchange.tell("CREATE")
        exchange.tell("CALLSTATE", state: "RINGING")
        if channel == "a" { exchange.tell("CALLSTATE", state: "EARLY", hides: true) }
        exchange.tell("CREATE", "b", hides: true)
        exchange.tell("CALLSTATE", "b", state: "RINGING", hides: true)
        exchange.tell("CALLSTATE", "b", state: "ACTIVE", hides: true)
        exchange.tell("HANGUP_COMPLETE", "b", hides: true)
        exchange.tell("HANGUP_COMPLETE", hides: true)
        #expect(!exchange.text.contains(Self.number) && !exchange.text.contains("Zoe"))
        #expect(exchange.last?.state == .ended && exchange.last?.caller == .hidden)
    }

    /// Or between two, in a transfer: from then on nobody sees it, and what was told is taken back.
    @Test func aTransferIsAskedAnew() {
        var exchange = Switch()
        exchange.tell("CREATE")
        exchange.tell("CREATE", "b")
        exchange.tell("CALLSTATE", "b", state: "ACTIVE")
        exchange.tell("CALLSTATE", state: "ACTIVE")
        #expect(exchange.last?.caller?.number == Self.number)
        exchange.tell("HANGUP_COMPLETE", "b")
        exchange.tell("CREATE", "c", hides: true)
        #expect(exchange.last?.caller == .hidden)
        // Hidden stays hidden.
        exchange.tell("CALLSTATE", "c", state: "RINGING")
        #expect(exchange.last?.state == .ringing && exchange.last?.caller == .hidden)
    }

    /// A telephone to which the plan writes a word in the number's place shows that word.
    @Test func aWordInTheNumbersPlaceHidesIt() {
        var exchange = Switch()
        exchange.tell("CREATE")
        exchange.tell("CREATE", "b", number: "anonymous")
        exchange.tell("CALLSTATE", "b", state: "RINGING", number: "anonymous")
        #expect(exchange.last?.caller == .hidden && !exchange.text.contains(Self.number))
    }

    @Test func whoGoesBeforeATelephoneIsCalledIsTold() {
        for hides in [false, true] {
            var exchange = Switch()
            exchange.tell("CREATE")
            exchange.tell("HANGUP_COMPLETE", hides: hides)
            #expect(exchange.last?.state == .ended)
            #expect(exchange.last?.caller == (hides ? .hidden : Party(number: Self.number, name: "Zoe")))
        }
    }

    @Test func aNameAloneMayBeHidden() {
        var exchange = Switch()
        exchange.tell("CREATE", hidesName: true)
        exchange.tell("CREATE", "b", hidesName: true)
        #expect(exchange.last?.caller == Party(number: Self.number, name: nil) && !exchange.text.contains("Zoe"))
    }

    /// Lists say nothing of privacy: the channel is asked, and until it has answered nobody's number is told.
    @Test(arguments: [false, true, nil])
    func aListedCallerIsAskedFor(hides: Bool?) {
        var exchange = Switch()
        exchange.login()
        exchange.list()
        #expect(exchange.last?.state == .answered && !exchange.text.contains(Self.number))
        #expect(exchange.sent.hasSuffix("api uuid_dump a\n\n"))
        guard let hides else {
            exchange.answer("-ERR No such channel!\n")
            #expect(exchange.last?.caller?.number == nil && exchange.last?.caller?.withheld == false)
            return
        }
        exchange.answer(
            "Event-Name: CHANNEL_DATA\nUnique-ID: a\nChannel-Call-State: ACTIVE\nCaller-Caller-ID-Number: \(Self.number)\n"
                + "Caller-Privacy-Hide-Number: \(hides)\n\n")
        #expect(exchange.last?.caller?.withheld == hides && exchange.text.contains(Self.number) != hides)
        // After a break the known one is asked again: it may be hidden by now.
        _ = exchange.session.handle(.closed, at: .zero)
        exchange.sent = ""
        exchange.login()
        exchange.list()
        #expect(exchange.sent.contains("uuid_dump a\n") != hides)
        #expect(exchange.last?.caller?.withheld == hides)
    }

    /// A telephone of ours is nobody's secret, whatever its line sends to the carrier.
    @Test func whoCallsOutIsKnownInTheHouse() {
        var exchange = Switch()
        let fields = [
            "Event-Name: CHANNEL_CREATE", "Unique-ID: a", "Channel-Call-UUID: a", "Call-Direction: inbound",
            "Caller-Caller-ID-Number: +33199000700", "Caller-Caller-ID-Name: Quai",
            "Caller-Destination-Number: \(Self.number)", "Channel-Name: sofia/internal/101@10.0.0.1",
            "Caller-Privacy-Hide-Number: false",
        ]
        let body = fields.joined(separator: "\n") + "\n\n"
        exchange.feed("Content-Length: \(body.utf8.count)\nContent-Type: text/event-plain\n\n\(body)")
        #expect(exchange.last?.direction == .outbound && exchange.last?.caller?.number == "101")
        #expect(exchange.last?.leg(of: "101")?.state == .dialling)
    }
}
