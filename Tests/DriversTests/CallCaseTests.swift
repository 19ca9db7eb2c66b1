import Drivers
import Model
import TestSupport
import Testing

/// Situations recorded from Asterisk 13 and 22 with an account of few rights, each judged by what the telephones saw. The driver is
/// logged in and runs in virtual time; what it asks of a caller's presentation is answered as the exchange would have at that moment.
struct CallCaseTests {
    static let folder = "DriversTests/Captures/asterisk-cases"
    static let names = Fixture.list(folder).filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()

    static func names(of kinds: String...) -> [String] {
        names.filter { name in kinds.contains { name.dropFirst(3).hasPrefix($0) } }
    }

    /// What a driver made of a recording.
    struct Told {
        var signals: [(at: Double, signal: CallSignal)] = []
        var snapshots: [CallSnapshot] = []
        var calls: [CallSnapshot] = []
        var faults: [String] = []
        var sent = ""
        /// Everything that left the driver, as text.
        var text = ""
    }

    /// Plays a recording to a session that is logged in. `delay`: what `presentation-delay-ms` says; `mayAsk`: the account's right.
    static func play(
        _ name: String, delay: Int64 = 30, mayAsk: Bool = true, showsUnchecked: Bool = false, command: Command? = nil,
        prepare: (inout SessionSettings) -> Void = { _ in }
    ) throws -> (told: Told, json: JSON) {
        let json = try Fixture.json("\(folder)/\(name).json")
        var player = Player(json, delay: delay, mayAsk: mayAsk, showsUnchecked: showsUnchecked, prepare)
        player.login(version: name.hasPrefix("13") ? "2.10.6" : "11.0.0")
        if let command { player.take(.command(command)) }
        player.run(Fixture.bytes("\(folder)/\(name).ami"), json)
        return (player.told, json)
    }

    struct Player {
        private var session: any Session
        private var book = CallBook(revisionBase: 0)
        private var now = Instant.milliseconds(10_000)
        private var due: Instant?
        private let mayAsk: Bool
        /// From when on a channel's presentation is what.
        private var presentation: [(at: Double, channels: [(String, String?)])]
        private var dialled: [String: Double] = [:]
        private var names: [String: String] = [:]
        private var isPlaying = false
        var told = Told()

        init(
            _ json: JSON, delay: Int64, mayAsk: Bool, showsUnchecked: Bool, _ prepare: (inout SessionSettings) -> Void
        ) {
            var settings = SessionSettings(name: "", user: "quai", secret: "secret", context: "internal")
            settings.presentationDelay = .milliseconds(delay)
            settings.showsUnchecked = showsUnchecked
            prepare(&settings)
            session = Driver.asteriskAMI.session(settings)
            self.mayAsk = mayAsk
            presentation = (json["presentation"]?.list ?? []).map { entry in
                (
                    entry.list?[0].double ?? 0,
                    (entry.list?[1].fields ?? []).map { ($0.name, $0.value.text) }
                )
            }
        }

        /// Seconds of the recording.
        private var seconds: Double { Double(now.milliseconds - 10_000) / 1000 }

        mutating func login(version: String) {
            take(.opened)
            feed("Asterisk Call Manager/\(version)\r\n")
            feed("Response: Success\r\nActionID: quai-1\r\nChallenge: 1\r\n\r\n")
            feed("Response: Success\r\nActionID: quai-2\r\nMessage: Authentication accepted\r\n\r\n")
        }

        private mutating func feed(_ text: String) { take(.bytes(Array(text.utf8))) }

        mutating func take(_ stimulus: Stimulus) {
            let reaction = session.handle(stimulus, at: now)
            due = reaction.deadline
            for observation in reaction.observations {
                told.text += "\(observation)\n"
                if case .fault(let fault) = observation { told.faults.append(fault.code) }
                guard case .call(let signal) = observation else { continue }
                told.signals.append((seconds, signal))
                for call in book.apply(signal, at: now.milliseconds) {
                    told.text += String(decoding: call.json.text8, as: UTF8.self) + "\n"
                    told.snapshots.append(call)
                    if call.state == .ended, call.mergedInto == nil { told.calls.append(call) }
                }
            }
            let sent = String(decoding: reaction.send, as: UTF8.self)
            told.sent += sent
            for action in sent.split(separator: "\r\n\r\n") { answer(String(action)) }
        }

        private mutating func answer(_ action: String) {
            func value(_ name: String) -> String {
                action.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }.map {
                    String($0.dropFirst(name.count + 2))
                } ?? ""
            }
            let id = value("ActionID")
            switch value("Action") {
            case "CoreShowChannels":
                feed("Event: CoreShowChannelsComplete\r\nActionID: \(id)\r\nListItems: 0\r\n\r\n")
            case "Getvar" where !mayAsk:
                feed("Response: Error\r\nActionID: \(id)\r\nMessage: Permission denied\r\n\r\n")
            case "Getvar":
                let channel = names[value("Channel")] ?? ""
                if let word = word(channel) {
                    feed("Response: Success\r\nActionID: \(id)\r\nVariable: x\r\nValue: \(word)\r\n\r\n")
                } else {
                    feed("Response: Error\r\nActionID: \(id)\r\nMessage: No such channel\r\n\r\n")
                }
            default: break
            }
        }

        /// The lists were asked every 50 ms: from the dial on, what the next one says; before it nothing is hidden yet.
        private func word(_ channel: String) -> String? {
            let words = presentation.compactMap { entry in
                entry.channels.first { $0.0 == channel }.map { (entry.at, $0.1) }
            }
            guard !words.isEmpty else { return nil }
            guard dialled[channel] != nil else {
                return words.last { $0.0 <= seconds }?.1 ?? "allowed_not_screened"
            }
            return words.last { $0.0 <= seconds + 0.06 }?.1 ?? words[0].1
        }

        mutating func run(_ bytes: [UInt8], _ json: JSON) {
            isPlaying = true
            var start = 0
            var rest: [UInt8] = []
            for piece in json["pieces"]?.list ?? [] {
                let (at, count) = (piece.list?[0].double ?? 0, Int(piece.list?[1].integer ?? 0))
                advance(to: Instant.milliseconds(10_000 + Int64(at * 1000)))
                rest += bytes[start..<min(start + count, bytes.count)]
                start += count
                while let end = ends(rest) {
                    message(Array(rest[..<end]))
                    rest.removeFirst(end)
                }
            }
            advance(to: now + .seconds(5))
        }

        private func ends(_ bytes: [UInt8]) -> Int? {
            guard bytes.count >= 4 else { return nil }
            for index in 3..<bytes.count where bytes[index - 3...index].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) {
                return index + 1
            }
            return nil
        }

        private mutating func message(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.hasPrefix("Event: ") else { return }
            func value(_ name: String) -> String? {
                text.split(separator: "\r\n").first { $0.hasPrefix(name + ": ") }.map {
                    String($0.dropFirst(name.count + 2))
                }
            }
            if let name = value("Channel"), let id = value("Uniqueid") { names[name] = id }
            if text.hasPrefix("Event: DialBegin"), let id = value("Uniqueid") { dialled[id] = seconds }
            take(.bytes(bytes))
        }

        private mutating func advance(to end: Instant) {
            while let moment = due, moment <= end {
                now = max(now, moment)
                due = nil
                take(.tick)
            }
            now = max(now, end)
        }
    }

    // MARK: the story

    static func lines(_ calls: [CallSnapshot]) -> [String] {
        calls.map { call in
            let legs = call.legs
            return "\(call.direction?.rawValue ?? "-") \(call.caller?.number ?? "-") > \(call.called ?? "-")"
                + " rings \(legs.filter { $0.rangAt != nil }.map { $0.desk ?? "carrier" }.sorted())"
                + " talks \(legs.filter { $0.answeredAt != nil }.map { $0.desk ?? "carrier" }.sorted())"
                + " missed \(call.missedBy) dials \(legs.filter { $0.dialledAt != nil }.map { $0.desk ?? "-" })"
        }.sorted()
    }

    static func lines(_ story: JSON?) -> [String] {
        (story?.list ?? []).map { call in
            func names(_ what: String) -> [String] {
                (call[what]?.list ?? []).filter { $0["from"] != $0["to"] }.compactMap { $0["ext"]?.text }.sorted()
            }
            // A telephone shows the number as the dial plan left it.
            let seen = call["direction"]?.text == "inbound" ? call["sees"]?.list?.first?["caller"]?.text : nil
            let isHidden = call["caller"]?["withheld"]?.truth == true
            let caller = isHidden ? nil : seen ?? call["caller"]?["number"]?.text
            return "\(call["direction"]?.text ?? "-") \(caller ?? "-") > \(call["called"]?.text ?? "-")"
                + " rings \(names("rings")) talks \(names("talks"))"
                + " missed \((call["missedBy"]?.list ?? []).compactMap(\.text)) dials \(names("dials"))"
        }.sorted()
    }

    /// A consultation becomes part of the call that it was for, so it has its own test; what a wrong click does is no example.
    @Test(arguments: names.filter { !$0.hasSuffix("attended-to-outside") && !$0.contains("wrong") })
    func aCaseTellsTheTelephonesStory(name: String) throws {
        let (told, json) = try CallCaseTests.play(name)
        #expect(CallCaseTests.lines(told.calls) == CallCaseTests.lines(json["story"]))
        for call in json["story"]?.list ?? [] {
            if let number = call["hiddenNumber"]?.text { #expect(!told.text.contains(number)) }
        }
    }

    /// A transfer to an outside number names it.
    @Test(arguments: names(of: "attended-to-outside"))
    func aTransferOutOfTheHouseNamesTheNumber(name: String) throws {
        let (told, json) = try CallCaseTests.play(name)
        let transfer = try #require(json["story"]?.list?.first?["transfers"]?.list?.first)
        let call = try #require(told.calls.first)
        #expect(told.calls.count == 1)
        #expect(call.transfers.map(\.to) == [transfer["to"]?.text])
        #expect(call.transfers.map(\.by) == [transfer["by"]?.text])
    }

    /// Whoever dials is of the call while it rings and while they talk, and no longer.
    @Test(arguments: names(of: "hand-dial", "outbound-then", "conference"))
    func whoeverDialsHasTheCardFromDiallingToTheEnd(name: String) throws {
        let (told, json) = try CallCaseTests.play(name)
        for call in json["story"]?.list ?? [] {
            for dial in call["dials"]?.list ?? [] {
                let (desk, from, to) = (dial["ext"]?.text, dial["from"]?.double ?? 0, dial["to"]?.double ?? 0)
                let own = told.signals.filter { $0.signal.desk == desk && abs($0.at - from) < 0.1 }
                #expect(own.first?.signal.event == .dialling)
                let leg = try #require(own.first?.signal.leg)
                let end = told.signals.first { $0.signal.leg == leg && $0.signal.event == .legEnded }
                // Asterisk tells of a transferer that it has gone, before the telephone hangs up.
                #expect(try #require(end).at <= to + 0.1)
                let up = told.signals.first { $0.signal.leg == leg && $0.signal.event == .answered }
                #expect((up != nil) == (dial["answered"]?.double != nil))
            }
        }
        // Its own name is nobody else's.
        #expect(
            told.calls.allSatisfy {
                $0.direction != .outbound || $0.caller?.number == "101" || $0.caller?.number == "105"
            })
        #expect(told.calls.allSatisfy { $0.answeredBy != [$0.caller?.number ?? ""] })
    }

    @Test(arguments: names(of: "conference"))
    func aConferenceIsToldAsSuch(name: String) throws {
        let (told, _) = try CallCaseTests.play(name)
        #expect(told.calls.count == 3 && told.calls.allSatisfy { $0.conference != nil })
    }

    /// The name that the telephone shows when it rings, not the first one heard.
    @Test(arguments: names(of: "name"))
    func aNameIsTheOneThatTheTelephoneShows(name: String) throws {
        let (told, json) = try CallCaseTests.play(name)
        let seen = json["story"]?.list?.first?["sees"]?.list?.first
        #expect(told.calls.map(\.caller?.name) == [seen?["name"]?.text])
        let ringing = try #require(told.snapshots.first { $0.state == .ringing })
        #expect(ringing.caller?.name == seen?["name"]?.text && ringing.caller?.number == seen?["caller"]?.text)
    }

    /// Without delay nothing waits, and still no number is told that the plan hides.
    @Test(arguments: names(of: "hidden"), [0, 30])
    func aHiddenNumberAppearsNowhere(name: String, delay: Int64) throws {
        let (told, json) = try CallCaseTests.play(name, delay: delay)
        for call in json["story"]?.list ?? [] {
            if let number = call["hiddenNumber"]?.text {
                #expect(!told.text.contains(number))
            } else if let number = call["caller"]?["number"]?.text {
                #expect(told.calls.contains { $0.caller?.number == number })
            }
        }
        let hidden = (json["story"]?.list ?? []).filter { $0["hiddenNumber"] != nil }.count
        #expect(told.calls.filter { $0.caller?.withheld == true }.count == hidden)
    }

    /// An account that may not ask is told so, and its numbers stay masked unless the site says otherwise.
    @Test(arguments: [false, true])
    func anAccountThatMayNotAskKeepsNumbersMasked(showsUnchecked: Bool) throws {
        let (told, _) = try CallCaseTests.play("22-early-media-183", mayAsk: false, showsUnchecked: showsUnchecked)
        #expect(told.faults.filter { $0 == "presentation-unknown" }.count == 1)
        #expect(told.calls.count == 2 && told.calls.allSatisfy { ($0.caller?.number != nil) == showsUnchecked })
        #expect(told.calls.allSatisfy { $0.caller?.withheld == false })
    }

    /// The other side of a click sees the telephone that clicked; outside, the site's or the telephone's own number.
    @Test(arguments: [("101", "104"), ("0199001181", "+33199000700"), ("0199001181", "+33199000704")])
    func aClickPresentsWhoCalls(number: String, caller: String) throws {
        let command = Command(
            id: "click-7-click", action: .dial(extension: "104", number: number, display: "Client", device: nil),
            issued: 0, ttl: 30)
        let name = number == "101" ? "22-click-internal" : "22-click-outside"
        let (told, json) = try CallCaseTests.play(name, command: command) {
            $0.callerID = "+33199000700"
            if caller.hasSuffix("704") { $0.callerIDs["104"] = caller }
        }
        #expect(told.sent.contains("CallerID: \"\(caller)\" <\(caller)>\r\n"))
        #expect(!told.sent.contains("Client"))
        #expect(CallCaseTests.lines(told.calls) == CallCaseTests.lines(json["story"]))
        #expect(told.calls.first?.command == command.id)
    }

    /// Whichever device of a person ends first: the person's state is that of the device that does most.
    @Test(arguments: names(of: "two-devices"))
    func aPersonRingsAndTalksWhileAnyDeviceDoes(name: String) throws {
        let (told, json) = try CallCaseTests.play(name)
        let story = try #require(json["story"]?.list?.first)
        let rings = (story["rings"]?.list ?? []).filter { $0["from"] != $0["to"] }
        let until = rings.compactMap { $0["to"]?.double }.max() ?? 0
        for (index, call) in told.snapshots.enumerated() where index > 0 {
            guard let leg = told.snapshots[index - 1].leg(of: "112"), leg.state == .talking else { continue }
            #expect(call.leg(of: "112")?.state != .ringing)
        }
        #expect(until > 0 && told.calls.count == 1)
        #expect(told.calls.first?.missedBy == (story["missedBy"]?.list ?? []).compactMap(\.text))
    }
}
