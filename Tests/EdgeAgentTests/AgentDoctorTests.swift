import Model
import Platform
import Testing

@testable import EdgeAgent

/// What `edge-agent doctor` makes of what it sees.
struct AgentDoctorTests {
    static let now: Int64 = 1_795_845_600_000

    static func good() -> AgentPicture {
        var picture = AgentPicture(now: now, version: "0.1.0")
        picture.disk = AgentPicture.Disk(path: "/var", free: 50 << 30, size: 100 << 30, inodes: (1_000_000, 2_000_000))
        picture.run = .running
        picture.broker = .good
        picture.brokerAddress = "mqtts://centre:8883"
        picture.uplink = AgentPicture.Uplink(
            isConnected: true, hasCentre: true, isDelivering: true, since: now - 3_600_000, lastAck: now - 1000,
            centreVersion: "0.1.0", clockOffset: 20)
        picture.buffer = .object([("level", "roomy"), ("bytes", 1000), ("budget", 1_000_000), ("pending", 0)])
        picture.devices = [device("dock-1")]
        return picture
    }

    static func device(_ name: String, _ state: String = "ready", isTelephone: Bool = false) -> AgentPicture.Device {
        AgentPicture.Device(
            name: name, driver: isTelephone ? "asterisk-ami" : "m100", isTelephone: isTelephone, state: state,
            reason: state == "ready" ? nil : "\(state), says the driver", since: now - 600_000)
    }

    static func phone(_ state: String, _ code: String? = nil) -> [AgentPicture.Device] {
        var device = device("pbx", state, isTelephone: true)
        device.code = code
        return [device]
    }

    /// Every kind, and what brings it about.
    static let cases: [(AgentFindingKind, @Sendable (inout AgentPicture) -> Void)] = [
        (.configurationBroken, { $0.mistakes = ["agent.toml:3:1: unknown key"] }),
        (.configurationRefused, { $0.refused = ["agent.toml:3:1: unknown key"] }),
        (
            .configurationTakenBack,
            { $0.managed = .object([("refused", 4), ("reason", "the centre was not reached")]) }
        ),
        (.configurationDoubtful, { $0.warnings = ["[uplink]: in clear"] }), (.clockUnset, { $0.clockIsSet = false }),
        (.clockJumps, { $0.uplink?.jump = (now - 60_000, -3_600_000) }),
        (.clockFar, { $0.uplink?.clockOffset = 90_000 }),
        (.stateClosed, { $0.closed = ["/s/outbox.db belongs to root"] }), (.diskFull, { $0.disk?.free = 1 << 20 }),
        (.diskLow, { $0.disk?.free = 1 << 30 }), (.inodesLow, { $0.disk?.inodes.free = 3 }),
        (.bufferRefuses, { $0.buffer = $0.buffer?.with("trouble", "the buffer is full").with("level", "full") }),
        (.bufferFills, { $0.buffer = $0.buffer?.with("level", "saving").with("bytes", 900_000) }),
        (.bufferAside, { $0.aside = ["/s/outbox.db.damaged-1"] }),
        (.secretUnreadable, { $0.secrets = [.init(subject: "[uplink]", problem: "no such file")] }),
        (.secretUnseen, { $0.secrets = [.init(subject: "[uplink]", problem: "no", mayLook: false)] }),
        (.certificateUnreadable, { $0.certificates = [.init(path: "/c", problem: "no such file")] }),
        (.certificateEnded, { $0.certificates = [.init(path: "/c", ends: now - 1)] }),
        (.certificateEnds, { $0.certificates = [.init(path: "/c", ends: now + 86_400_000)] }),
        (.stopped, { ($0.run, $0.uplink, $0.devices) = (.stopped("no answer"), nil, nil) }),
        (.unasked, { ($0.run, $0.uplink, $0.devices) = (.unasked("permission denied"), nil, nil) }),
        (.brokerUnreachable, { ($0.broker, $0.uplink) = (.unreachable("refused"), nil) }),
        (.brokerTLS, { $0.broker = .untrusted("self-signed") }), (.brokerRefuses, { $0.broker = .refused("no") }),
        (.brokerDenies, { $0.broker = .denied("reason 135") }), (.brokerOlder, { $0.broker = .older }),
        (.centreAway, { $0.uplink?.hasCentre = false }),
        (.centreSilent, { $0.uplink?.isDelivering = false }), (.centreRefuses, { $0.uplink?.alarm = "cloned" }),
        (.centreVersion, { $0.uplink?.centreVersion = "0.0.9" }), (.readerNone, { $0.devices = [] }),
        (.readerDenied, { $0.devices = [device("dock-1", "denied")] }),
        (.readerHeld, { $0.devices = [device("dock-1", "held")] }),
        (.readerMissing, { $0.devices = [device("dock-1", "missing")] }),
        (.readerFails, { $0.devices = [device("dock-1", "failing")] }),
        (.readerSilent, { $0.devices = [device("dock-1", "starting")] }),
        (.readerWaits, { $0.devices = [device("dock-1", "likely")] }),
        (.readerUnknown, { $0.devices = [device("dock-1", "unknown")] }),
        (.readerNoise, { $0.devices?[0].noise = 10_000 }),
        (.readerCountry, { $0.devices = [device("dock-1", "no-country")] }),
        (.readerRemark, { $0.devices?[0].reason = "its power cannot be set" }),
        (.readerExperimental, { $0.devices?[0].isExperimental = true }),
        (.exchangeUnreachable, { $0.devices = phone("missing") }),
        (.exchangeRefuses, { $0.devices = phone("failing", "login-refused") }),
        (.exchangeSilent, { $0.devices = phone("failing", "no-greeting") }),
        (
            .exchangeRights,
            {
                $0.devices = phone("ready")
                $0.devices?[0].reason = "it may not originate"
            }
        ),
        (.updateFailed, { $0.update = .object([("state", "failed"), ("code", "disk"), ("version", "0.1.1")]) }),
        (.updateWaits, { $0.update = .object([("state", "failed"), ("code", "unit-off"), ("reason", "nobody")]) }),
        (.exchangeDoubt, { $0.devices?[0].doubt = "calls may be missing" }),
    ]

    @Test func whereAllIsWellNothingIsFound() {
        let diagnosis = AgentDoctorTests.good().diagnosis
        #expect(diagnosis.findings.isEmpty && diagnosis.hidden.isEmpty && diagnosis.exitCode == 0)
        #expect(diagnosis.text == "edge-agent 0.1.0: nothing is wrong")
    }

    @Test func eachTroubleIsFoundAlone() {
        #expect(Set(AgentDoctorTests.cases.map(\.0)) == Set(AgentFindingKind.allCases), "every kind has a case here")
        for (kind, change) in AgentDoctorTests.cases {
            var picture = AgentDoctorTests.good()
            change(&picture)
            let diagnosis = picture.diagnosis
            #expect(diagnosis.findings.map(\.kind) == [kind], "\(kind)")
            let expected: Int32 = [.broken: 2, .warning: 1, .note: 0][kind.entry.severity]!
            #expect(diagnosis.exitCode == expected, "\(kind)")
            #expect(diagnosis.text.contains("[\(kind.rawValue)]") && diagnosis.text.contains("fix: \(kind.entry.fix)"))
        }
    }

    @Test func causesHideTheirEffects() {
        var picture = AgentDoctorTests.good()
        picture.clockIsSet = false
        picture.certificates = [.init(path: "/c", ends: AgentDoctorTests.now - 1)]
        picture.broker = .untrusted("certificate has expired")
        #expect(picture.diagnosis.findings.map(\.kind) == [.clockUnset])
        #expect(Set(picture.diagnosis.hidden.map(\.kind)) == [.certificateEnded, .brokerTLS])
        picture = AgentDoctorTests.good()
        picture.uplink?.hasCentre = false
        picture.buffer = picture.buffer?.with("level", "warning")
        #expect(picture.diagnosis.findings.map(\.kind) == [.centreAway])
        // The password of the broker explains the broker, and not the exchange.
        picture = AgentDoctorTests.good()
        picture.secrets = [.init(subject: "[uplink]", problem: "no such file")]
        picture.broker = .refused("not authorised")
        picture.devices = AgentDoctorTests.phone("failing", "login-refused")
        #expect(picture.diagnosis.findings.map(\.kind) == [.secretUnreadable, .exchangeRefuses])
    }

    @Test func whatBeginsAndEndsIsNewsOnce() {
        var book = FindingsBook<AgentFindingKind>()
        var picture = AgentDoctorTests.good()
        #expect(book.take(picture.diagnosis).isEmpty)
        picture.devices = [AgentDoctorTests.device("dock-1", "held")]
        let held = picture.diagnosis.findings[0]
        #expect(book.take(picture.diagnosis) == [.begins(held)])
        picture.now += 30_000
        picture.devices?[0].reason = "another sentence"
        #expect(book.take(picture.diagnosis).isEmpty, "the same trouble in other words is no news")
        #expect(book.json.list?.first?["since"]?.integer == AgentDoctorTests.now)
        var well = AgentDoctorTests.good()
        well.now += 90_000
        #expect(book.take(well.diagnosis) == [.ends(picture.diagnosis.findings[0], after: 90_000)])
        #expect(book.json.list?.isEmpty == true)
    }

    @Test func whatTravelsIsBounded() {
        var book = FindingsBook<AgentFindingKind>()
        var picture = AgentDoctorTests.good()
        picture.devices = (0..<200).map { number in
            var device = AgentDoctorTests.device("device-\(number)", "failing")
            device.reason = String(repeating: "é", count: 5000)
            return device
        }
        _ = book.take(picture.diagnosis)
        #expect(book.json.list?.count == FindingsBook<AgentFindingKind>.limit)
        #expect(book.json.description.utf8.count < 16_384)
    }

    @Test func theStatusOfARunningAgentIsUnderstood() throws {
        let status = try JSON(
            parsing: """
                {"version":"0.1.0","agent":"lyon","uplink":{"connected":false,"centre":false,"delivering":false,
                "reason":"the broker refuses us: Not authorized","since":1795845000000},"buffer":{"level":"roomy"},
                "devices":[{"name":"pbx","driver":"asterisk-ami","kind":"telephony","state":"failing","code":"login-refused",
                "reason":"the exchange refuses the login","since":1795845000000}],"facts":{"presence":false,"stages":{"pbx":1795845599000}}}
                """)
        var picture = AgentPicture(now: AgentDoctorTests.now)
        picture.take(status)
        #expect(picture.diagnosis.findings.map(\.kind) == [.brokerRefuses, .exchangeRefuses])
        #expect(
            AgentTop.line(status, at: AgentDoctorTests.now)
                == "lyon: 0 of 1 devices ready, 0 waiting, no broker: the broker refuses us: Not authorized")
        var top = AgentTop()
        let frame = top.frame(status, at: AgentDoctorTests.now)
        #expect(
            frame.contains { $0.hasPrefix("pbx ") && $0.contains("failing") && $0.contains("1 second") }, "\(frame)")
    }

    @Test func theCatalogueIsThePage() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = String(decoding: try Files.read("/\(path)/docs/reference/findings-agent.md"), as: UTF8.self)
        #expect(
            page == AgentFindingKind.page(DoctorVerb.head),
            "edge-agent doctor --catalogue > docs/reference/findings-agent.md")
    }
}
