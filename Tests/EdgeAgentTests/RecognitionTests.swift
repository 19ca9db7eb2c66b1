import Drivers
import Model
import Testing

@testable import EdgeAgent

/// Unnamed lines and who is on them, as people have met them: stray bytes, boards that boot, echoes, GPS receivers, readers in
/// automatic mode. In virtual time, with the driver's session behind the recognition.
struct RecognitionTests {
    enum Answers { case m100, echo, modem, shell, garble, none }

    struct Line {
        var answers: Answers
        var stage: Stage
        var now = Instant.milliseconds(1_000_000)
        var state = "recognising"
        var remark: String?
        var driver: String?
        var reason = ""
        var written: [[UInt8]] = []
        var tags = 0
        private var due: Instant?
        private var script: [(at: Instant, bytes: [UInt8])]
        private var unread: [UInt8] = []

        enum Stage {
            case recognising(Claims)
            case talking(any Session)
        }

        /// `at` in milliseconds after opening; `every` repeats for a minute.
        init(
            _ answers: Answers, at: [(Int64, String)] = [], first: Int64 = 300, every: (Int64, String)? = nil,
            hint: Claims.Hint = Claims.Hint(speed: .none)
        ) {
            self.answers = answers
            stage = .recognising(Claims(hint: hint))
            let opened = now
            script = at.map { (opened + .milliseconds($0.0), Hex.bytes($0.1)!) }
            if let (period, hex) = every {
                for time in stride(from: first, to: 60_000, by: Int(period)) {
                    script.append((opened + .milliseconds(time), Hex.bytes(hex)!))
                }
            }
            script.sort { $0.at < $1.at }
            if case .recognising(var claims) = stage {
                let action = claims.begin(at: now)
                stage = .recognising(claims)
                take(action)
            }
        }

        mutating func pass(_ time: Duration) {
            let end = now + time
            while let next = [due, script.first?.at].compactMap(\.self).min(), next <= end {
                now = max(now, next)
                if let said = script.first, said.at <= now {
                    script.removeFirst()
                    hear(said.bytes)
                } else {
                    due = nil
                    react(.tick)
                }
            }
            now = end
        }

        private mutating func hear(_ bytes: [UInt8]) { react(.bytes(bytes)) }

        private mutating func react(_ stimulus: Stimulus) {
            switch stage {
            case .recognising(var claims):
                var action = Claims.Action()
                if case .bytes(let bytes) = stimulus { action = claims.hear(bytes, at: now) }
                if case .tick = stimulus { action = claims.tick(at: now) }
                stage = .recognising(claims)
                take(action)
            case .talking(var session):
                let reaction = session.handle(stimulus, at: now)
                stage = .talking(session)
                take(reaction)
            }
        }

        private mutating func take(_ action: Claims.Action) {
            due = action.deadline
            switch action.verdict {
            case .claimed(let name, _, _, let heard)?:
                driver = name
                stage = .talking(Driver.named(name)!.session(SessionSettings(name: "x")))
                react(.opened)
                if !heard.isEmpty { react(.bytes(heard)) }
            case .likely(let name, _, let why)?: (state, driver, reason) = ("likely", name, why)
            case .unknown(let why)?: (state, reason) = ("unknown", why)
            case nil: break
            }
            write(action.send)
        }

        private mutating func take(_ reaction: Reaction) {
            due = reaction.deadline
            for case .tag in reaction.observations { tags += 1 }
            switch reaction.condition {
            case .ready?: (state, remark) = ("ready", reaction.remark)
            case .failing(let code, _)?: state = code
            case .starting?: state = "starting"
            case nil: break
            }
            write(reaction.send)
        }

        /// The device's answer comes at once.
        private mutating func write(_ bytes: [UInt8]) {
            guard !bytes.isEmpty else { return }
            written.append(bytes)
            switch answers {
            case .none: return
            case .garble: script.insert((now, bytes.map { $0 &* 37 | 0x80 }), at: 0)
            case .echo: script.insert((now, bytes), at: 0)
            case .modem: script.insert((now, bytes + Array("\r\nERROR\r\n".utf8)), at: 0)
            case .shell:
                script.insert((now, bytes + Array("\r\n-sh: \u{FFFD}: not found\r\n$ ".utf8)), at: 0)
            case .m100:
                unread += bytes
                var answer: [UInt8] = []
                while let step = M100Frame.take(from: &unread) {
                    guard case .frame(let frame) = step, frame.kind == .command else { continue }
                    let data = frame.command == 3 ? [0] + Array("M100 26dBm V1.0".utf8) : [0]
                    answer += M100Frame(.response, frame.command, data).bytes
                }
                if !answer.isEmpty { script.insert((now, answer), at: 0) }
            }
        }
    }

    static let sentence = "244750474C4C2C343931362E34352C4E2C31323331312E31322C572C3232353434342C412A33310D0A"
    static let automatic = "1100EE00E284361100001000094944AA9ACC"

    @Test(arguments: [(50, "00"), (200, "00"), (400, "FF"), (900, "0000FF"), (1290, "80")] as [(Int64, String)])
    func aStrayByteDelaysRecognition(time: Int64, hex: String) {
        var line = Line(.m100, at: [(time, hex)])
        line.pass(.seconds(5))
        #expect(line.driver == "m100" && line.state == "ready")
        // And on a port where it was before.
        let hint = Claims.Hint(remembered: (driver: "m100", baud: 115200), speed: .none)
        var known = Line(.m100, at: [(time, hex)], hint: hint)
        known.pass(.seconds(1))
        #expect(known.state == "ready")
    }

    @Test(arguments: [
        "0D0A626F6F74206F6B0D0A", "65747320 4A756C 20203820323031362C7273743A30783120",
        "414243444546FFFEFDFCFBFAF9F8F7F6F5F4F3",
    ])
    func aBoardThatBootsIsAskedAfterASilence(banner: String) {
        var line = Line(.m100, at: [(100, banner.replacing(" ", with: ""))])
        line.pass(.seconds(12))
        #expect(line.driver == "m100" && line.state == "ready", "\(line.reason)")
    }

    @Test(arguments: [Answers.echo, .modem, .shell])
    func aLineThatReturnsWhatIsSentIsNoReader(answers: Answers) {
        var line = Line(answers)
        line.pass(.seconds(300))
        #expect(line.state == "unknown" && line.driver == nil, "\(line.reason)")
        #expect(line.written.count <= 5)
    }

    @Test func anEchoIsNoAnswerToASessionEither() {
        var session = Driver.a0.session(SessionSettings(name: "x", region: .eu))
        var now = Instant.zero
        var reaction = session.handle(.opened, at: now)
        for _ in 0..<20 where reaction.condition != .ready {
            reaction = session.handle(.bytes(reaction.send), at: now)
            guard let due = reaction.deadline else { break }
            now = due
            reaction = session.handle(.tick, at: now)
            if case .failing("no-answer", _)? = reaction.condition { return }
        }
        Issue.record("\(reaction)")
    }

    /// It was set to report by itself and answers nothing: what it says is enough.
    @Test func aReaderInAutomaticModeIsReadyByWhatItSays() {
        var line = Line(.none, every: (300, RecognitionTests.automatic))
        line.pass(.seconds(24))
        #expect(line.driver == "uhfreader" && line.state == "ready" && line.remark != nil)
        let asked = line.written.count
        line.pass(.seconds(20))
        #expect(line.written.count == asked)
    }

    @Test(arguments: [200, 500, 600, 900, 990] as [Int64])
    func whatSpeaksOnceASecondGetsNoByte(first: Int64) {
        var line = Line(.none, first: first, every: (1000, RecognitionTests.sentence))
        line.pass(.seconds(60))
        #expect(line.written.isEmpty && line.state == "likely")
        // Nor at a speed at which it is not understood.
        let garbage = Hex.bytes(RecognitionTests.sentence)!.map { $0 &* 37 | 0x80 }
        var other = Line(
            .none, first: first, every: (1000, Hex.string(garbage)), hint: Claims.Hint(speed: .hunted))
        other.pass(.seconds(60))
        #expect(other.written.isEmpty && other.state == "unknown")
    }

    /// A logger's first line, while it is asked, is the end of asking.
    @Test func whoHasSpokenIsNotAskedAnyMore() {
        let line = Hex.string(Array("T=21.5;H=40\r\n".utf8))
        var logger = Line(.none, first: 2000, every: (7000, line))
        logger.pass(.seconds(2.5))
        let asked = logger.written.count
        #expect(asked <= 2)
        logger.pass(.seconds(50))
        #expect(logger.written.count == asked)
        // One that is heard first is never asked, though it rests for seven seconds.
        var early = Line(.none, every: (7000, line))
        early.pass(.seconds(60))
        #expect(early.written.isEmpty)
    }

    @Test func aSilentThingIsAskedLittleAndItIsSaidWhat() {
        var line = Line(.none)
        line.pass(.seconds(600))
        #expect(line.written.count <= 17)
        #expect(line.reason.contains("asked: m100, thingmagic, a0, uhfreader, tsl-ascii"))
    }

    @Test func aBridgeOfNoReaderIsOnlyListenedTo() {
        var line = Line(.none, hint: Claims.Hint(mayAsk: false))
        line.pass(.seconds(600))
        #expect(line.written.isEmpty && line.reason.contains("[discovery] only"))
    }

    /// Whatever is there now: it may be its turn tomorrow.
    @Test func aRememberedReaderIsAskedForEver() {
        let hint = Claims.Hint(remembered: (driver: "m100", baud: 115200), speed: .none)
        for answers in [Answers.none, .garble, .echo] {
            var line = Line(answers, every: answers == .none ? (700, "0102030405060708") : nil, hint: hint)
            line.pass(.seconds(3600))
            let asked = line.written.count
            line.pass(.seconds(25))
            #expect(line.written.count >= asked + 2, "\(answers)")
            line.answers = .m100
            line.pass(.seconds(15))
            #expect(line.state == "ready", "\(answers)")
        }
    }

    /// Within a second: no other kind of device has this USB id.
    @Test func aUSBIdThatOnlyReadersHaveIsAskedAtOnce() {
        var line = Line(.m100, hint: Claims.Hint(scores: ["m100": 50, "barcode": 50]))
        line.pass(.milliseconds(400))
        #expect(line.state == "ready")
        // The usual bridges are listened to first.
        var shared = Line(.m100, hint: Claims.Hint(scores: ["m100": 10]))
        shared.pass(.milliseconds(1400))
        #expect(shared.written.isEmpty)
        shared.pass(.milliseconds(1500))
        #expect(shared.state == "ready")
    }

    /// It answers nothing: only at its own speed is it heard when a tag comes.
    @Test func whatWasHereIsWaitedForAtItsSpeed() {
        var claims = Claims(hint: .init(remembered: (driver: "uhfreader", baud: 38400)))
        var now = Instant.zero
        var action = claims.begin(at: now)
        var baud = 0
        while action.verdict == nil, let due = action.deadline {
            now = due
            action = claims.tick(at: now)
            baud = action.baud ?? baud
        }
        #expect(baud == 38400)
        action = claims.hear(Hex.bytes(RecognitionTests.automatic)!, at: now + .seconds(1))
        guard case .claimed("uhfreader", 38400, _, let heard)? = action.verdict else {
            Issue.record("\(action)")
            return
        }
        #expect(heard.count == 18)
    }

    @Test func aFixedSpeedIsTheOnlyOne() {
        var claims = Claims(hint: .init(speed: .fixed(19200)))
        var now = Instant.zero
        var action = claims.begin(at: now)
        var speeds: Set<Int> = []
        for _ in 0..<100 {
            if let baud = action.baud { speeds.insert(baud) }
            guard let due = action.deadline else { break }
            now = due
            action = claims.tick(at: now)
        }
        #expect(speeds == [19200])
    }

    /// Nobody has said where it is: it keeps its region, and says so.
    @Test func withoutACountryNoRegionIsSent() {
        var line = Line(.m100)
        line.pass(.seconds(24))
        #expect(line.state == "ready" && line.remark?.contains("country") == true)
        #expect(!line.written.contains { Hex.string($0).contains("BB0007") || Hex.string($0).contains("A0060178") })
    }

    @Test func anEchoIsTakenOut() {
        let question = Array(".vr\r\n".utf8)
        #expect(EchoFilter.rest(of: Array(".vr\r\r\nCS: .vr\r\n".utf8), after: [question]) == Array("CS: .vr\r\n".utf8))
        #expect(EchoFilter.rest(of: [1, 2, 3], after: [[2, 3, 4], []]) == nil)
        #expect(EchoFilter.rest(of: [9, 2, 3, 9, 2, 3], after: [[2, 3]]) == [9, 9])
    }
}
