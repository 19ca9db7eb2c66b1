import Devices
import Drivers
import Model
import Testing

@testable import EdgeAgent

struct ClaimsTests {
    /// A line with a device at one speed; whoever speaks at another hears garbage or nothing.
    struct Line {
        var claims: Claims
        var device: any SimulatedDevice
        var deviceBaud: Int
        var baud = 0
        var now = Instant.milliseconds(1_000_000)
        var verdicts: [Claims.Verdict] = []
        var written = 0
        private var due: Instant?
        private var deviceDue: Instant?

        init(_ device: any SimulatedDevice, baud: Int, hint: Claims.Hint = .init()) {
            claims = Claims(hint: hint)
            self.device = device
            deviceBaud = baud
            take(claims.begin(at: now))
        }

        mutating func pass(_ time: Duration) {
            let end = now + time
            while let next = [due, deviceDue].compactMap(\.self).min(), next <= end {
                now = max(now, next)
                if let moment = deviceDue, moment <= now {
                    deviceDue = nil
                    hear(device.handle(.tick, at: now))
                }
                if let moment = due, moment <= now {
                    due = nil
                    take(claims.tick(at: now))
                }
            }
            now = end
        }

        mutating func perform(_ act: DeviceAct) { hear(device.perform(act, at: now)) }

        private mutating func take(_ action: Claims.Action) {
            if let baud = action.baud { self.baud = baud }
            due = action.deadline
            if let verdict = action.verdict { verdicts.append(verdict) }
            written += action.send.count
            if !action.send.isEmpty, baud == deviceBaud { hear(device.handle(.bytes(action.send), at: now)) }
        }

        private mutating func hear(_ reaction: Reaction) {
            if let moment = reaction.deadline { deviceDue = moment }
            guard !reaction.send.isEmpty else { return }
            // At another speed a byte is heard as another one.
            let bytes = baud == deviceBaud ? reaction.send : reaction.send.map { $0 &* 37 | 0x80 }
            take(claims.hear(bytes, at: now))
        }
    }

    static let speeds = [
        "m100": 115200, "a0": 115200, "thingmagic": 230400, "uhfreader": 38400, "tsl-ascii": 115200,
    ]

    @Test(arguments: speeds.keys.sorted())
    func aReaderIsRecognisedByItsAnswer(name: String) {
        let speed = ClaimsTests.speeds[name]!
        var line = Line(DeviceCatalog.device(named: name)!, baud: speed)
        line.pass(.seconds(20))
        guard case .claimed(name, speed, _, let heard)? = line.verdicts.first else {
            Issue.record("\(line.verdicts)")
            return
        }
        #expect(heard.isEmpty && line.verdicts.count == 1)
    }

    /// Two seconds from plugging in to a tag: a reader that was here before is asked first, at its own speed.
    @Test func whatIsRememberedIsAskedFirst() {
        var line = Line(
            UHFReaderDevice(), baud: 38400, hint: .init(remembered: (driver: "uhfreader", baud: 38400)))
        line.pass(.milliseconds(600))
        guard case .claimed("uhfreader", 38400, _, _)? = line.verdicts.first else {
            Issue.record("\(line.verdicts)")
            return
        }
    }

    @Test func oneThatSpeaksIsNeverWrittenTo() {
        var line = Line(RDM6300Device(), baud: 9600)
        line.perform(.present([TagID(.em4100, [1, 2, 3, 4, 5])], lasting: .seconds(60)))
        line.pass(.seconds(30))
        guard case .claimed("rdm6300", 9600, _, let heard)? = line.verdicts.first else {
            Issue.record("\(line.verdicts)")
            return
        }
        #expect(line.written == 0 && !heard.isEmpty)
        // Nor one that speaks what nobody understands.
        var stranger = Line(RDM6300Device(), baud: 300)
        stranger.perform(.present([TagID(.em4100, [1, 2, 3, 4, 5])], lasting: .seconds(60)))
        stranger.pass(.seconds(30))
        #expect(stranger.written == 0)
        guard case .unknown? = stranger.verdicts.last else {
            Issue.record("\(stranger.verdicts)")
            return
        }
    }

    /// Silent until somebody scans; the first scan is not lost where the scanner says what it is.
    @Test func aScannerIsRecognisedByItsFirstScan() {
        var line = Line(BarcodeDevice(), baud: 9600)
        line.pass(.seconds(30))
        guard case .unknown? = line.verdicts.last else {
            Issue.record("\(line.verdicts)")
            return
        }
        line.perform(.scan("BL-2026-0117"))
        guard case .claimed("barcode", 9600, _, let heard)? = line.verdicts.last else {
            Issue.record("\(line.verdicts)")
            return
        }
        #expect(heard == Array("]C0BL-2026-0117\r\n".utf8))
    }

    @Test func aLineOfPlainTextNeedsAYesUnlessItsNameSaysScanner() {
        var plain = Claims(hint: .init())
        var action = plain.begin(at: .zero)
        action = plain.hear(Array("BL-2026-0117\r\n".utf8), at: .milliseconds(10))
        guard case .likely("barcode", 9600, _)? = action.verdict else {
            Issue.record("\(action)")
            return
        }
        var named = Claims(hint: .init(scores: ["barcode": 50]))
        _ = named.begin(at: .zero)
        action = named.hear(Array("BL-2026-0117\r\n".utf8), at: .milliseconds(10))
        guard case .claimed("barcode", 9600, _, _)? = action.verdict else {
            Issue.record("\(action)")
            return
        }
    }

    /// After a power cut a reader may start more slowly than we; one that was known is asked for as long as it takes.
    @Test(arguments: [false, true])
    func aReaderThatStartsLaterIsAskedAgain(isRemembered: Bool) {
        var line = Line(
            M100Device(), baud: 0, hint: isRemembered ? .init(remembered: (driver: "m100", baud: 115200)) : .init())
        line.pass(.seconds(isRemembered ? 3600 : 25))
        guard case .unknown? = line.verdicts.last else {
            Issue.record("\(line.verdicts)")
            return
        }
        line.deviceBaud = 115200
        line.pass(.seconds(isRemembered ? 12 : 40))
        guard case .claimed("m100", 115200, _, _)? = line.verdicts.last else {
            Issue.record("\(line.verdicts)")
            return
        }
    }

    @Test func aSpeedThatTheLineDoesNotTakeIsSkipped() {
        var claims = Claims()
        _ = claims.begin(at: .zero)
        let next = claims.skip(at: .milliseconds(1))
        #expect(next.baud == 115200 && next.verdict == nil)
        #expect(claims.skip(at: .milliseconds(2)).baud == 115200)
    }

    /// Between two questions there is silence enough for a wrong one to time out in the reader.
    @Test func questionsKeepTheirDistanceAndOrder() {
        var claims = Claims()
        var now = Instant.zero
        var action = claims.begin(at: now)
        var asked: [(at: Instant, bytes: [UInt8])] = []
        while let due = action.deadline, asked.count < 14 {
            now = due
            action = claims.tick(at: now)
            if !action.send.isEmpty { asked.append((now, action.send)) }
        }
        #expect(zip(asked, asked.dropFirst()).allSatisfy { $0.1.at - $0.0.at >= .milliseconds(350) })
        // What speaks once a second has been heard by then.
        #expect(asked[0].at >= .milliseconds(1450))
        // Each family's usual question is sent within the three seconds that a new reader may take.
        #expect(asked[3].at <= .milliseconds(2800))
        #expect(
            asked.map { Hex.string($0.bytes) } == [
                "BB0003000100047E", "A0030172EA", "FF00031D0C", "04FF211995", "AA000300010004DD", "A003FF72EC",
                "FF00031D0C", "FF00031D0C", "FF00031D0C", "04FF211995", "04FF211995", "04FF211995", "04FF211995",
                "2E76720D0A",
            ])
    }
}
