import Drivers
import Model
import Testing

/// Ids that come again: what begins under one whose call is over is a call of its own, and nothing is dropped.
struct CallNameTests {
    /// A CSTA server in the hands of a test.
    struct Server {
        var session: any Session
        var book: CallBook
        var calls: [CallSnapshot] = []
        var progress: [CommandProgress] = []
        private var listed: (call: String, caller: String)?
        /// The MakeCall that waits for its answer.
        var asked = ""
        private var now = Instant.milliseconds(1000)

        init(run: Int = 0, left: [CallSnapshot] = []) {
            var settings = SessionSettings(name: "pbx")
            settings.extensions = ["201", "202"]
            settings.run = run
            if !left.isEmpty { settings.past = SessionSettings.Past(counted: nil, calls: left) }
            session = Driver.csta.session(settings)
            book = CallBook(revisionBase: Int64(run) << 32)
            for call in left { book.recall(call) }
        }

        mutating func take(_ stimulus: Stimulus) {
            let reaction = session.handle(stimulus, at: now)
            for observation in reaction.observations {
                if case .progress(let step) = observation { progress.append(step) }
                if case .call(let signal) = observation { calls += book.apply(signal, at: now.milliseconds) }
            }
            var sent = reaction.send
            while case .frame(let frame)? = CSTAFrame.take(from: &sent) {
                if let xml = XMLTree(parsing: frame.xml[...]) { obey(xml, frame.invoke) }
            }
        }

        private mutating func obey(_ xml: XMLTree, _ invoke: String) {
            switch xml.name {
            case "startapplicationsession": answer(invoke, "<StartApplicationSessionPosResponse/>")
            case "monitorstart": answer(invoke, "<MonitorStartResponse/>")
            case "snapshotdevice":
                let call = xml["deviceid"]?.text == "201" ? listed?.call : nil
                let item = call.map {
                    "<snapshotDeviceResponseInfo><connectionIdentifier><callID>\($0)</callID><deviceID>201</deviceID>"
                        + "</connectionIdentifier><localCallState><compoundCallState><localConnectionState>alerting"
                        + "</localConnectionState></compoundCallState></localCallState></snapshotDeviceResponseInfo>"
                }
                answer(invoke, "<SnapshotDeviceResponse>\(item ?? "")</SnapshotDeviceResponse>")
            case "snapshotcall":
                answer(invoke, "<SnapshotCallResponse>\(party(listed?.caller ?? ""))</SnapshotCallResponse>")
            case "makecall": asked = invoke
            default: break
            }
        }

        mutating func answer(_ invoke: String, _ xml: String) {
            take(.bytes(CSTAFrame(invoke: invoke, xml: Array(xml.utf8)).encoded))
        }

        /// Without a call at its two telephones, unless one is listed that rings at 201.
        mutating func open(listing call: String? = nil, from caller: String = "") {
            listed = call.map { ($0, caller) }
            take(.opened)
        }

        /// The link breaks; for longer than its calls are kept where `isLong`.
        mutating func cut(isLong: Bool = false) {
            take(.closed)
            guard isLong else { return }
            now = now + .seconds(31)
            take(.tick)
        }

        private func party(_ number: String) -> String {
            "<callingDevice><deviceIdentifier>\(number)</deviceIdentifier></callingDevice>"
                + "<calledDevice><deviceIdentifier>0123456701</deviceIdentifier></calledDevice>"
        }

        mutating func rings(_ call: String, from number: String) {
            now = now + .milliseconds(10)
            answer(
                "9999",
                "<DeliveredEvent><connection><callID>\(call)</callID><deviceID>201</deviceID></connection><alertingDevice>"
                    + "<deviceIdentifier>201</deviceIdentifier></alertingDevice>\(party(number))</DeliveredEvent>")
        }

        mutating func clears(_ call: String) {
            now = now + .milliseconds(10)
            answer(
                "9999",
                "<ConnectionClearedEvent><droppedConnection><callID>\(call)</callID><deviceID>201</deviceID>"
                    + "</droppedConnection><cause>callCancelled</cause></ConnectionClearedEvent>")
        }

        var names: [String] { calls.filter { $0.state == .ended }.map(\.call) }
        func call(from number: String) -> CallSnapshot? { calls.last { $0.caller?.number == number } }
    }

    @Test func aCallIDThatComesAgainAtOnceIsANewCall() {
        var server = Server()
        server.open()
        for number in 1...4 {
            server.rings("1", from: "061234000\(number)")
            server.clears("1")
        }
        #expect(server.names == ["pbx/1", "pbx/1~2", "pbx/1~3", "pbx/1~4"] && server.book.running.isEmpty)
        for number in 1...4 { #expect(server.call(from: "061234000\(number)")?.missedBy == ["201"]) }
    }

    /// A click under a callID that was another's a moment ago.
    @Test func aClickUnderAUsedCallIDIsFollowed() {
        var server = Server()
        server.open()
        server.rings("1", from: "0612340001")
        server.clears("1")
        let action = Command.Action.dial(extension: "201", number: "0612340091", display: nil, device: nil)
        server.take(.command(Command(id: "01CLICK", action: action, issued: 0, ttl: 15)))
        server.answer(server.asked, "<MakeCallResponse><callID>1</callID><deviceID>201</deviceID></MakeCallResponse>")
        #expect(server.progress.map(\.state) == [.accepted, .ringingOwn])
        #expect(server.progress.last?.call == "pbx/1~2" && server.book.running.map(\.command) == ["01CLICK"])
        server.clears("1")
        #expect(server.book.running.isEmpty && server.progress.last?.state.isFinal == true)
    }

    /// One that was over before the answer came does not come back by it.
    @Test func anAnswerThatComesLateOpensNothing() {
        var server = Server()
        server.open()
        let action = Command.Action.dial(extension: "201", number: "0612340091", display: nil, device: nil)
        server.take(.command(Command(id: "01CLICK", action: action, issued: 0, ttl: 15)))
        server.rings("1", from: "0612340001")
        server.clears("1")
        server.answer(server.asked, "<MakeCallResponse><callID>1</callID><deviceID>201</deviceID></MakeCallResponse>")
        #expect(server.book.running.isEmpty && server.names == ["pbx/1"])
    }

    @Test func whatAListNamesUnderAUsedCallIDIsANewCall() {
        var server = Server()
        server.open()
        server.rings("1", from: "0612340001")
        server.clears("1")
        server.cut()
        server.open(listing: "1", from: "0612340002")
        #expect(server.book.running.map(\.call) == ["pbx/1~2"])
        #expect(server.book.running.first?.caller?.number == "0612340002")
    }

    /// The exchange was started again, and counts from 1: the call that was lost from sight is not that of another caller. The same caller's
    /// goes on.
    @Test(arguments: ["0612340001", "0612340002"], [false, true])
    func aCallOfAnotherCallerIsNotTheOneThatWasLost(caller: String, isLong: Bool) {
        var server = Server()
        server.open()
        server.rings("1", from: "0612340001")
        server.cut(isLong: isLong)
        server.open()
        server.rings("1", from: caller)
        let isSame = caller == "0612340001"
        #expect(server.book.running.map(\.call) == [isSame ? "pbx/1" : "pbx/1~2"])
        #expect(server.book.running.first?.caller?.number == caller)
    }

    /// After a restart of the agent nobody knows which ids were used: those that begin are told apart by the run, those that ran go on.
    @Test func anotherRunOfTheAgentStartsNewCalls() throws {
        var first = Server(run: 0)
        first.open()
        first.rings("1", from: "0612340001")
        first.clears("1")
        first.rings("2", from: "0612340002")
        let left = first.book.running
        #expect(left.map(\.call) == ["pbx/2"])
        var second = Server(run: 7, left: left)
        second.open(listing: "2", from: "0612340002")
        second.rings("1", from: "0612340003")
        let fresh = try #require(second.call(from: "0612340003"))
        #expect(Set(second.book.running.map(\.call)) == ["pbx/2", fresh.call])
        #expect(fresh.call == "pbx/1~7000001" && fresh.ringing == ["201"])
        // And once more: its new name is known by then.
        var third = Server(run: 8, left: second.book.running)
        third.open(listing: "1", from: "0612340003")
        _ = third.book.settle(at: 5000)
        #expect(third.book.running.map(\.call) == [fresh.call])
    }

    // MARK: scripts

    private func feed(_ session: inout any Session, _ book: inout CallBook, _ lines: String...) -> [CallSnapshot] {
        var told: [CallSnapshot] = []
        for line in lines {
            let reaction = session.handle(.bytes(Array((line + "\n").utf8)), at: .zero)
            for case .call(let signal) in reaction.observations { told += book.apply(signal, at: 1000) }
        }
        return told
    }

    /// A script that counts anew beside an agent that was started again: not the row of the call that ended before.
    @Test func aScriptsIDAfterARestartOfTheAgentIsANewCall() throws {
        var settings = SessionSettings(name: "feed")
        var (session, book) = (Driver.jsonl.session(settings), CallBook(revisionBase: 0))
        _ = session.handle(.opened, at: .zero)
        var told = feed(
            &session, &book, #"{"event":"ringing","call":"17","ext":"101","from":{"number":"0612340001"}}"#,
            #"{"event":"ended","call":"17"}"#,
            #"{"event":"ringing","call":"18","ext":"101","from":{"number":"0612340002"}}"#)
        #expect(Set(told.map(\.call)) == ["feed/17", "feed/18"])
        for run in [5, 6] {
            settings.run = run
            settings.past = SessionSettings.Past(counted: nil, calls: book.running)
            session = Driver.jsonl.session(settings)
            let left = book.running
            book = CallBook(revisionBase: Int64(run) << 32)
            for call in left { book.recall(call) }
            _ = session.handle(.opened, at: .zero)
            // The one that ran goes on, also when another telephone of it rings.
            told = feed(
                &session, &book, #"{"event":"ringing","call":"18","ext":"102"}"#,
                #"{"event":"ringing","call":"17","ext":"101","from":{"number":"0612340003"}}"#,
                #"{"event":"answered","call":"17","ext":"101"}"#)
            #expect(book.running.first { $0.call == "feed/18" }?.legs.count == 2)
            let fresh = try #require(told.last)
            #expect(fresh.call == "feed/17~\(run)000001" && fresh.caller?.number == "0612340003")
            #expect(fresh.answeredBy == ["101"])
            told = feed(
                &session, &book, #"{"event":"ended","call":"17"}"#,
                #"{"event":"queued","call":"17","queue":"sales","from":{"number":"0612340004"}}"#)
            #expect(told.last?.call == "feed/17~\(run)000002" && told.last?.caller?.number == "0612340004")
            _ = feed(&session, &book, #"{"event":"ended","call":"17"}"#)
            #expect(book.running.map(\.call) == ["feed/18"])
        }
    }

    // MARK: Asterisk

    /// Without `systemname` an exchange's ids are seconds and a count: one whose clock was wrong says the same again after a restart,
    /// with its last word (`Shutdown`), without one, or while the agent itself is down.
    @Test(arguments: ["shutdown", "break", "long break", "agent"])
    func anAsteriskThatCountsAnewStartsNewCalls(how: String) {
        var settings = SessionSettings(name: "pbx", user: "quai", secret: "s")
        var (session, book) = (Driver.asteriskAMI.session(settings), CallBook(revisionBase: 0))
        var calls: [CallSnapshot] = []
        func take(_ stimulus: Stimulus, at second: Int64) {
            let reaction = session.handle(stimulus, at: .milliseconds(second * 1000))
            for case .call(let signal) in reaction.observations { calls += book.apply(signal, at: second * 1000) }
            // Nothing runs when it asks.
            for action in String(decoding: reaction.send, as: UTF8.self).split(separator: "\r\n\r\n")
            where action.contains("CoreShowChannels") {
                let id = action.split(separator: "\r\n").first { $0.hasPrefix("ActionID") } ?? ""
                feed("Event: CoreShowChannelsComplete\n\(id)\nListItems: 0\n\n", at: second)
            }
        }
        func feed(_ text: String, at second: Int64) {
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\r\n")
            take(.bytes(Array(lines.utf8)), at: second)
        }
        func login(at second: Int64) {
            take(.opened, at: second)
            feed("Asterisk Call Manager/11.0.0\n", at: second)
            feed("Response: Success\nActionID: quai-1\nChallenge: 1\n\n", at: second)
            feed("Response: Success\nActionID: quai-2\nMessage: Authentication accepted\n\n", at: second)
        }
        func ring(from number: String, at second: Int64) {
            let shown = "ChanVariable: CALLERID(num-pres)=allowed_not_screened\n"
            feed(
                "Event: Newchannel\nChannel: PJSIP/carrier-1\nUniqueid: 1000.1\nLinkedid: 1000.1\nChannelState: 4\n"
                    + "CallerIDNum: \(number)\nExten: 0123456701\n\(shown)\n", at: second)
            for event in ["Newchannel\nChannelState: 0", "Newstate\nChannelState: 5\nChannelStateDesc: Ringing"] {
                feed(
                    "Event: \(event)\nChannel: PJSIP/101-2\nUniqueid: 1000.2\nLinkedid: 1000.1\n\(shown)\n", at: second)
            }
            take(.tick, at: second + 1)
        }
        login(at: 1)
        ring(from: "0612340001", at: 2)
        #expect(book.running.map(\.call) == ["pbx/1000.1"] && book.running.first?.ringing == ["101"])
        if how == "shutdown" { feed("Event: Shutdown\nShutdown: Cleanly\nRestart: True\n\n", at: 4) }
        if how == "agent" {
            settings.past = SessionSettings.Past(counted: nil, calls: book.running)
            let left = book.running
            (session, book) = (Driver.asteriskAMI.session(settings), CallBook(revisionBase: 1 << 32))
            for call in left { book.recall(call) }
        } else {
            take(.closed, at: 4)
        }
        if how == "long break" { for second in 5...60 as ClosedRange<Int64> { take(.tick, at: second) } }
        login(at: 61)
        calls += book.settle(at: 62_000)
        ring(from: "0612340002", at: 63)
        let old = calls.last { $0.call == "pbx/1000.1" }
        #expect(old?.state == .ended && old?.caller?.number != "0612340002")
        let running = book.running
        #expect(running.map(\.call) == ["pbx/1000.1~2"] && running.first?.ringing == ["101"])
        #expect(running.first?.caller?.number != "0612340001")
    }
}
