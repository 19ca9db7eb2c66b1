import Drivers
import Model
import Testing

/// Telephones that ask an address of ours when a call begins, is answered and ends: as Snom, Yealink and Grandstream do it.
struct ActionURLTests {
    struct Listener {
        var session: any Session
        var book = CallBook(revisionBase: 0)
        var now = Instant.milliseconds(1_000_000)
        var connection = 0
        var ended: [CallSnapshot] = []
        var faults: [Fault] = []
        var due: Instant?

        init(secret: String? = nil) {
            var settings = SessionSettings(name: "phones", internalPlan: #"^[1-8]\d\d$"#)
            settings.secret = secret
            session = Driver.named("action-url")!.session(settings)
            take(session.handle(.opened, at: now))
        }

        mutating func take(_ reaction: Reaction) {
            due = reaction.deadline
            for observation in reaction.observations {
                switch observation {
                case .call(let signal):
                    ended += book.apply(signal, at: now.milliseconds).filter { $0.state == .ended }
                case .fault(let fault): faults.append(fault)
                default: break
                }
            }
        }

        /// The status line that a telephone is answered.
        @discardableResult
        mutating func ask(_ target: String, after pause: Duration = .milliseconds(100)) -> String {
            now = now + pause
            connection += 1
            let request = "GET \(target) HTTP/1.1\r\nHost: 10.0.4.5:8086\r\nUser-Agent: phone\r\n\r\n"
            let bytes =
                GatheredLine.encode(.opened(connection)) + GatheredLine.encode(.bytes(connection, Array(request.utf8)))
            let reaction = session.handle(.bytes(bytes), at: now)
            take(reaction)
            var line = GatheredLine()
            let events = line.take(reaction.send).events
            guard case .bytes(connection, let answer)? = events.first, events.last == .closed(connection) else {
                return ""
            }
            return String(decoding: answer.prefix { $0 != 0x0D }, as: UTF8.self)
        }
    }

    private static let remote = "remote=sip:0612345678@10.0.0.1"

    @Test(arguments: [
        ["incoming", "connected", "disconnected"], ["incoming_call", "established", "terminated"],
    ])
    func aCallIsFollowedFromItsRingToItsEnd(words: [String]) {
        var phones = Listener()
        let rest = "ext=101&\(Self.remote)&name=DUPONT%20SARL&local=sip:0123456701@10.0.0.1&call=a84b4c@10.0.0.7"
        #expect(phones.ask("/?event=\(words[0])&\(rest)") == "HTTP/1.1 200 OK")
        let ringing = phones.book.running.first
        #expect(ringing?.state == .ringing && ringing?.direction == .inbound && ringing?.ringing == ["101"])
        #expect(ringing?.caller == Party(number: "0612345678", name: "DUPONT SARL") && ringing?.called == "0123456701")
        // Asked again, as telephones do that got no answer.
        phones.ask("/?event=\(words[0])&\(rest)")
        #expect(phones.book.running.count == 1)
        phones.ask("/?event=\(words[1])&\(rest)", after: .seconds(4))
        #expect(phones.book.running.first?.talking == ["101"])
        phones.ask("/?event=hold&\(rest)")
        #expect(phones.book.running.first?.state == .held)
        phones.ask("/?event=unhold&\(rest)")
        phones.ask("/?event=\(words[2])&\(rest)", after: .seconds(60))
        #expect(phones.book.running.isEmpty && phones.ended.count == 1)
        #expect(phones.ended.first?.answeredBy == ["101"] && phones.ended.first?.missedBy == [])
    }

    /// Grandstream names no call: the other side's number says which.
    @Test func withoutANameOfTheCallItIsKnownByTheNumber() {
        var phones = Listener()
        phones.ask("/event=incoming&ext=101&remote=0612345678")
        phones.ask("/event=incoming&ext=101&remote=0698765432", after: .seconds(20))
        #expect(phones.book.running.count == 2)
        phones.ask("/event=terminated&ext=101&remote=0612345678")
        #expect(phones.ended.map(\.caller?.number) == ["0612345678"] && phones.ended.first?.missedBy == ["101"])
        phones.ask("/event=established&ext=101")
        #expect(phones.book.running.first?.talking == ["101"])
        phones.ask("/event=terminated&ext=101")
        #expect(phones.book.running.isEmpty)
    }

    @Test func aGroupRingsForOneCall() {
        var phones = Listener()
        phones.ask("/?event=incoming&ext=101&\(Self.remote)&call=one")
        phones.ask("/?event=incoming&ext=102&\(Self.remote)&call=two")
        #expect(phones.book.running.count == 1 && phones.book.running.first?.ringing == ["101", "102"])
        phones.ask("/?event=connected&ext=102&\(Self.remote)&call=two", after: .seconds(3))
        phones.ask("/?event=missed&ext=101&\(Self.remote)&call=one")
        phones.ask("/?event=disconnected&ext=102&\(Self.remote)&call=two", after: .seconds(30))
        #expect(phones.ended.count == 1 && phones.ended.first?.missedBy == [])
        #expect(phones.ended.first?.legs.first { $0.desk == "101" }?.cause == .answeredElsewhere)
        // Later it is another call.
        phones.ask("/?event=incoming&ext=101&\(Self.remote)&call=three", after: .seconds(60))
        phones.ask("/?event=incoming&ext=102&\(Self.remote)&call=four", after: .seconds(4))
        #expect(phones.book.running.count == 2)
    }

    @Test func aNumberDialledByHandIsFollowed() {
        var phones = Listener()
        phones.ask("/?event=outgoing&ext=101&\(Self.remote)&call=x")
        #expect(phones.book.running.first?.direction == .outbound && phones.book.running.first?.called == "0612345678")
        #expect(phones.book.running.first?.ringing == [], "theirs rings")
        phones.ask("/?event=established&ext=101&\(Self.remote)&call=x", after: .seconds(5))
        #expect(phones.book.running.first?.talking == ["101"] && phones.book.running.first?.wasReached == true)
        phones.ask("/?event=terminated&ext=101&\(Self.remote)&call=x", after: .seconds(5))
        #expect(phones.ended.first?.direction == .outbound && phones.ended.first?.cause == .normal)
        // From one telephone of ours to another: both tell of the same call.
        phones.ask("/?event=outgoing&ext=101&remote=sip:102@10.0.0.1&call=y")
        phones.ask("/?event=incoming&ext=102&remote=sip:101@10.0.0.1&call=z")
        #expect(phones.book.running.count == 1 && phones.book.running.first?.direction == .internal)
    }

    @Test(arguments: ["anonymous", "sip:anonymous@anonymous.invalid", "%22Anonymous%22%20%3Csip:Anonymous@10.0.0.1%3E"])
    func whatIsWithheldStaysSo(_ remote: String) {
        var phones = Listener()
        phones.ask("/?event=incoming&ext=101&remote=\(remote)&name=Dupont")
        #expect(phones.book.running.first?.caller == .hidden)
    }

    @Test func whatATelephoneDidNotFillInIsNothing() {
        var phones = Listener()
        phones.ask("/?event=incoming&ext=101&remote=%2B33612345678&name=$display_remote&call=$call_id")
        #expect(phones.book.running.first?.caller == Party(number: "+33612345678", name: nil))
        phones.ask("/?event=incoming&ext=$active_user&remote=0612345678")
        #expect(phones.book.running.count == 1, "nobody's telephone")
    }

    @Test func aTelephoneThatDiesLeavesNoCallOpen() {
        var phones = Listener()
        phones.ask("/?event=incoming&ext=101&\(Self.remote)")
        let due = phones.due
        phones.now = phones.now + .seconds(300)
        #expect(due == phones.now)
        phones.take(phones.session.handle(.tick, at: phones.now))
        #expect(phones.ended.map(\.cause) == [.lost] && phones.due == nil)
    }

    @Test func withASecretOnlyWhoHasItIsHeard() {
        var phones = Listener(secret: "s3cret/+")
        let incoming = "/?event=incoming&ext=101&\(Self.remote)"
        #expect(phones.ask(incoming) == "HTTP/1.1 403 Forbidden")
        #expect(phones.ask(incoming + "&token=S3cret") == "HTTP/1.1 403 Forbidden")
        #expect(phones.book.running.isEmpty && phones.faults.map(\.code) == ["token"], "said once")
        #expect(phones.ask(incoming + "&token=s3cret/%2B") == "HTTP/1.1 200 OK")
        #expect(phones.book.running.count == 1)
    }

    @Test(arguments: [
        "/", "/?event=dance&ext=101", "/?event=incoming", "/favicon.ico", "/?event=incoming&ext=1%0d%0a1", "?",
        "/?&&=&=x",
        "/?event=incoming&ext=",
    ])
    func whatIsNoCallIsRefused(_ target: String) {
        var phones = Listener()
        #expect(phones.ask(target) == "HTTP/1.1 404 Not Found")
        #expect(phones.book.running.isEmpty)
    }

    @Test func rubbishIsCountedAndClosed() {
        var phones = Listener()
        func say(_ text: String) -> Reaction {
            phones.connection += 1
            let bytes =
                GatheredLine.encode(.opened(phones.connection))
                + GatheredLine.encode(.bytes(phones.connection, Array(text.utf8)))
            return phones.session.handle(.bytes(bytes), at: phones.now)
        }
        #expect(say("hello\r\n\r\n").noise > 0)
        let flood = say(String(repeating: "x", count: 20_000))
        #expect(flood.noise >= 20_000 && String(decoding: flood.send, as: UTF8.self).contains("431"))
        #expect(say("GET / HTTP/1.1\r\nHost: x\r\n").send.isEmpty, "the rest is still to come")
    }

    @Test func soManyCallsAndNoMore() {
        var phones = Listener()
        for index in 0..<1200 {
            phones.ask("/?event=incoming&ext=101&remote=06\(10_000_000 + index)", after: .milliseconds(1))
        }
        #expect(phones.book.running.count == 1000)
    }

    /// Found by the fuzzer: bytes that are no UTF-8 grow threefold as text.
    @Test func whatIsNoRequestIsNoiseByteForByte() {
        var phones = Listener()
        let request = Array("GET /?event".utf8) + Array(repeating: UInt8(0xFF), count: 48) + Array(" HT\n\n".utf8)
        let bytes = GatheredLine.encode(.opened(1)) + GatheredLine.encode(.bytes(1, request))
        let reaction = phones.session.handle(.bytes(bytes), at: phones.now)
        #expect(reaction.noise == request.count - 2)
    }
}
