import Glibc
import Model
import Platform
import TestSupport
import Testing

@testable import Depot
@testable import IngestServer

/// What `edge-ingest doctor` makes of what it sees.
struct DoctorTests {
    private static let now: Int64 = 1_795_845_600_000

    private func good() -> Picture {
        var picture = Picture(now: DoctorTests.now, version: "0.1.0")
        picture.disk = Picture.Disk(path: "/var", free: 50 << 30, size: 100 << 30)
        picture.storage = .form(7, newest: 7)
        picture.isRunning = true
        picture.broker = .good
        picture.gateways = [gateway("lyon")]
        picture.erp = .good(remarks: [])
        picture.deadLetters = Picture.DeadLetters(count: 0)
        picture.lastCopy = "20261128T023000Z"
        return picture
    }

    private func gateway(_ name: String, isOnline: Bool = true, age: Int64 = 20_000) -> Picture.Gateway {
        Picture.Gateway(
            name: name, isOnline: isOnline, seen: DoctorTests.now - age, alarm: nil, version: "0.1.0", trouble: nil)
    }

    private func codes(_ picture: Picture) -> [String] { picture.diagnosis.findings.map(\.kind.rawValue) }

    @Test func whereAllIsWellNothingIsFound() {
        let diagnosis = good().diagnosis
        #expect(diagnosis.findings.isEmpty && diagnosis.hidden.isEmpty && diagnosis.exitCode == 0)
        #expect(diagnosis.text == "edge-ingest 0.1.0: nothing is wrong")
        #expect(diagnosis.json["worst"] == nil && diagnosis.json["findings"]?.list?.isEmpty == true)
    }

    @Test func eachTroubleIsFound() {
        let cases: [(FindingKind, (inout Picture) -> Void)] = [
            (.configurationBroken, { $0.mistakes = ["ingest.toml:3:1: unknown key"] }),
            (.configurationDoubtful, { $0.warnings = ["[http]: in clear"] }),
            (.pagesElsewhere, { $0.elsewhere = ["edge-ingest.socket: 8443", "[http]: 0.0.0.0:443"] }),
            (.rolloutStopped, { $0.rollout = ("0.1.1", ["lyon: not-back: it is gone"]) }),
            (.exchangeFolder, { $0.folders = ["/srv/in is not there"] }),
            (.clockUnset, { $0.clockIsSet = false }), (.diskFull, { $0.disk?.free = 100 << 20 }),
            (.diskLow, { $0.disk?.free = 10 << 30 }), (.storageMissing, { $0.storage = .missing("/s/ingest.db") }),
            (.storageUnreachable, { $0.storage = .unreachable("connection refused") }),
            (.storageClosed, { $0.storage = .closed(["/s belongs to root"]) }),
            (.storageNewer, { $0.storage = .form(8, newest: 7) }),
            (.storageOlder, { $0.storage = .form(6, newest: 7) }),
            (.storageDamaged, { $0.storage = .damaged("malformed") }),
            (.secretUnreadable, { $0.secrets = [.init(subject: "[erp]", problem: "no such file")] }),
            (.secretOthers, { $0.secrets = [.init(subject: "[erp]", stranger: "it belongs to root")] }),
            (.secretUnseen, { $0.secrets = [.init(subject: "[erp]", problem: "no", mayLook: false)] }),
            (.certificateUnreadable, { $0.certificates = [.init(subject: "[broker]", path: "/c", problem: "no")] }),
            (.certificateEnded, { $0.certificates = [.init(subject: "[broker]", path: "/c", ends: $0.now - 1)] }),
            (
                .certificateEnds,
                { $0.certificates = [.init(subject: "[broker]", path: "/c", ends: $0.now + 86_400_000)] }
            ),
            (.certificateRefused, { $0.pageCertificate = "/k is not the key of the first certificate in /c" }),
            (.authorityEnds, { $0.authority = .init(path: "/a", ends: $0.now + 86_400_000) }),
            (
                .authorityOverlap,
                { $0.authority = .init(path: "/a", ends: .max, stage: .overlap, since: $0.now, carry: 1, gateways: 2) }
            ),
            (
                .authorityLate,
                {
                    $0.authority = .init(
                        path: "/a", ends: .max, stage: .made, since: $0.now - 10_000_000, gateways: 1, missing: ["lyon"]
                    )
                }
            ), (.gatewayAuthority, { $0.authority = .init(path: "/a", ends: .max, former: ["lyon"]) }),
            (
                .centreAlone,
                {
                    $0.centres = [
                        .init(name: "lyon-1", version: "1", works: true, isThere: true),
                        .init(name: "lyon-2", version: "1", works: false, isThere: false),
                    ]
                }
            ),
            (.centreBroker, { $0.given = [.init(name: "lyon-1", age: 60_000)] }),
            (.centreStopped, { $0.isRunning = false }), (.brokerUnreachable, { $0.broker = .unreachable("refused") }),
            (.brokerRefuses, { $0.broker = .refused("not authorised") }),
            (.brokerDenies, { $0.broker = .denied("nothing came back") }), (.brokerOlder, { $0.broker = .older }),
            (.gatewayNone, { $0.gateways = [] }),
            (.gatewayNever, { $0.expected = ["nice"] }), (.gatewaySilent, { $0.gateways?[0].isOnline = false }),
            (.gatewayAlarm, { $0.gateways?[0].alarm = "clock: an hour" }),
            (.gatewayBuffer, { $0.gateways?[0].trouble = "no space left" }),
            (.gatewayVersion, { $0.gateways?[0].version = "0.0.9" }),
            (.deadLetters, { $0.deadLetters = Picture.DeadLetters(count: 2, codes: ["zone-not-yours": 2]) }),
            (.erpUnreachable, { $0.erp = .unreachable("no route") }),
            (.erpRefuses, { $0.erp = .refused("wrong password") }),
            (.erpRights, { $0.erp = .good(remarks: ["stock.quant: no right to write"]) }),
            (.otherUnreachable, { $0.unreached = [.init(subject: "[syslog]", why: "logs:6514: refused")] }),
            (.erpDead, { $0.deadPushes = 3 }), (.webhookOff, { $0.webhooks = [.init(id: 1, trouble: "410")] }),
            (.webhookDead, { $0.webhooks = [.init(id: 1, dead: 2)] }), (.epcisDead, { $0.epcis = .init(dead: 2) }),
            (.epcisLate, { $0.epcis = .init(waiting: $0.now - 7_200_000) }),
            (.channelDead, { $0.channels = [.init(name: "Léa", kind: "email", sentence: "550")] }),
            (.providerAway, { $0.providers = [.init(subject: "[sign-in.one]", trouble: .away("no route"))] }),
            (.providerWrong, { $0.providers = [.init(subject: "[sign-in.one]", trouble: .wrong("another issuer"))] }),
            (.providerClock, { $0.providers = [.init(subject: "[sign-in.one]", ahead: -90)] }),
            (.providerRole, { $0.providers = [.init(subject: "[sign-in.one]", missing: ["stok"])] }),
            (.archiveLost, { $0.archive = ["/a/records-2026-01-1.csv.gz is not there"] }),
            (.backupOld, { $0.lastCopy = "20261126T023000Z" }),
            (.backupNone, { $0.lastCopy = nil }),
        ]
        #expect(Set(cases.map(\.0)) == Set(FindingKind.allCases), "every kind has a case here")
        for (kind, change) in cases {
            var picture = good()
            change(&picture)
            let diagnosis = picture.diagnosis
            #expect(diagnosis.findings.map(\.kind) == [kind] && diagnosis.hidden.isEmpty)
            #expect(diagnosis.findings.allSatisfy { !$0.evidence.isEmpty && !$0.evidence.contains("") })
            let code: Int32 =
                switch kind.entry.severity {
                case .note: 0
                case .warning: 1
                case .broken: 2
                }
            #expect(diagnosis.exitCode == code)
            #expect(diagnosis.text.contains(kind.entry.fix) && diagnosis.text.contains("[\(kind.rawValue)]"))
        }
        // A server's own people copy it.
        var picture = good()
        (picture.lastCopy, picture.isServer) = (nil, true)
        #expect(picture.diagnosis.findings.isEmpty)
    }

    @Test func causesHideWhatFollowsFromThem() {
        var picture = good()
        picture.broker = .unreachable("connection refused")
        picture.gateways = [gateway("lyon", isOnline: false, age: 7_200_000), gateway("nice", age: 300_000)]
        #expect(codes(picture) == ["broker-unreachable"])
        #expect(picture.diagnosis.hidden.map(\.subject) == ["lyon", "nice"])
        #expect(picture.diagnosis.text.contains("from it may follow: gateway-silent lyon, gateway-silent nice"))
        // The password explains why the broker refuses, and that why nobody is heard; the ERP's trouble it does not.
        picture.secrets = [Picture.Secret(subject: "[broker]", problem: "no file")]
        picture.broker = .refused("not authorised")
        picture.erp = .refused("wrong password")
        #expect(codes(picture) == ["secret-unreadable", "erp-refuses"])
        // A gateway's silence explains its own buffer, and no other's.
        picture = good()
        picture.gateways = [gateway("lyon", isOnline: false), gateway("nice")]
        picture.gateways?[0].trouble = "full"
        picture.gateways?[1].trouble = "full"
        #expect(picture.diagnosis.findings.map(\.subject) == ["nice", "lyon"])
        #expect(codes(picture) == ["gateway-buffer", "gateway-silent"])
        picture.mistakes = ["ingest.toml:1:1: no"]
        #expect(codes(picture) == ["configuration-broken"] && picture.diagnosis.exitCode == 2)
    }

    @Test func onlyMuchSpaceOnALargeDiskIsPlenty() {
        var picture = good()
        picture.disk = Picture.Disk(path: "/var", free: 100 << 30, size: 4000 << 30)
        #expect(codes(picture).isEmpty)
        picture.disk = Picture.Disk(path: "/var", free: 4 << 30, size: 16 << 30)
        #expect(codes(picture).isEmpty)
        picture.disk = Picture.Disk(path: "/var", free: 2 << 30, size: 16 << 30)
        #expect(codes(picture) == ["disk-low"])
        picture.disk = Picture.Disk(path: "/var", free: 0, size: 0)
        #expect(codes(picture).isEmpty)
    }

    @Test func ageIsToldInTheUnitThatSaysIt() {
        #expect(Span.words(-5) == "0 seconds" && Span.words(119_000) == "119 seconds")
        #expect(Span.words(120_000) == "2 minutes" && Span.words(7_200_000) == "2 hours")
        #expect(Span.words(14 * 86_400_000) == "14 days")
    }

    @Test func theCatalogueIsWhole() {
        let page = String(decoding: Fixture.bytes(at: Fixture.root + "/docs/reference/findings.md"), as: UTF8.self)
        #expect(page == FindingsPage.text, "edge-ingest doctor --catalogue > docs/reference/findings.md")
        for kind in FindingKind.allCases {
            let entry = kind.entry
            #expect(!entry.title.isEmpty && !entry.meaning.isEmpty && !entry.fix.isEmpty)
            #expect(!"\(entry.title)\(entry.meaning)\(entry.fix)".contains("|"), "\(kind) has a bar in its words")
            // Nothing explains itself, also not around a corner.
            var (reached, open) = (Set<FindingKind>(), [kind])
            while let next = open.popLast() {
                for hidden in next.entry.hides where reached.insert(hidden).inserted { open.append(hidden) }
            }
            #expect(!reached.contains(kind), "\(kind) hides itself")
        }
    }

    // MARK: probes

    @Test func whatIsOnThisMachineIsLookedAtWithoutTheNetwork() async throws {
        let folder = TemporaryFolder("doctor")
        let file = "\(folder.path)/ingest.toml"
        let text = "version = 1\nstate = \"\(folder.path)/state\"\n[broker]\npassword = \"file:\(folder.path)/none\"\n"
        try Files.write(Array(text.utf8), to: file)
        var picture = await Probes.picture(file, isLocal: true)
        #expect(picture.storage == .missing("\(folder.path)/state/ingest.db") && picture.broker == nil)
        #expect(picture.secrets.map(\.subject) == ["[broker]"] && picture.secrets[0].problem != nil)
        #expect((picture.disk?.size ?? 0) > 0)
        try Files.makeFolder("\(folder.path)/state")
        do {
            let store = try Store(path: "\(folder.path)/state/ingest.db")
            try store.gateways.update(
                agent: "lyon", site: "lyon", online: true,
                status: #"{"version":"9.9","buffer":{"trouble":"the disk is full"}}"#, at: 1)
        }
        picture = await Probes.picture(file, isLocal: true)
        #expect(picture.storage == .form(Store.newestForm, newest: Store.newestForm) && picture.isRunning == false)
        #expect(picture.gateways?.map(\.version) == ["9.9"] && picture.gateways?[0].trouble == "the disk is full")
        try Files.write(
            Array("SQLite format 3\u{0}and then nothing that it could be".utf8), to: "\(folder.path)/state/ingest.db")
        picture = await Probes.picture(file, isLocal: true)
        guard case .damaged = picture.storage else {
            Issue.record("\(String(describing: picture.storage))")
            return
        }
    }

    @Test func aConfigurationThatCannotBeReadIsTheFinding() async throws {
        let folder = TemporaryFolder("doctor-broken")
        let file = "\(folder.path)/ingest.toml"
        try Files.write(Array("version = 1\nsurprise = 1\n".utf8), to: file)
        let diagnosis = await Probes.picture(file, isLocal: true).diagnosis
        #expect(diagnosis.findings.map(\.kind).contains(.configurationBroken) && diagnosis.exitCode == 2)
        #expect(diagnosis.findings.first?.evidence.first?.contains("\(file):2:1") == true)
    }

    /// Root opens everything: as another user only.
    @Test(.enabled(if: geteuid() != 0)) func aFolderThatMayNotBeEnteredIsNamed() throws {
        let folder = TemporaryFolder("doctor-closed")
        try Files.makeFolder("\(folder.path)/private/state")
        try Files.write([1], to: "\(folder.path)/private/state/ingest.db")
        chmod("\(folder.path)/private", 0)
        defer { chmod("\(folder.path)/private", 0o700) }
        let why = StorageLook.closed("\(folder.path)/private/state/ingest.db")
        #expect(why?.first?.contains("\(folder.path)/private may not be entered: it belongs to") == true)
    }

    @Test(.enabled(if: geteuid() == 0)) func asRootAFileOfSomebodyElseIsNamed() throws {
        let folder = TemporaryFolder("doctor-owner")
        let file = "\(folder.path)/ingest.db"
        try Files.write([1], to: file, mode: 0o600)
        #expect(StorageLook.closed(file) == nil)
        chown(folder.path, 65_534, 65_534)
        let why = try #require(StorageLook.closed(file))
        #expect(why[0].contains("\(file): it belongs to root") && why[1].contains("chown"))
        chown(file, 65_534, 65_534)
        #expect(StorageLook.closed(file) == nil)
    }

    // MARK: certificates

    /// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=t -days 3650`, 28 November 2026.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBbTCCAROgAwIBAgIUA4AchygLHfZqQhBvnJgeXHoy3GEwCgYIKoZIzj0EAwIw
        DDEKMAgGA1UEAwwBdDAeFw0yNjExMjgwOTMyMjhaFw0zNjExMjUwOTMyMjhaMAwx
        CjAIBgNVBAMMAXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASo0b+6Jw79MnYQ
        dP9fHcswb1ki8EgDUSlKHWFID2DFlQ4iaZwpguF1PxPNZ+8t4R4MAtV7fWTQgbMO
        YSZ3RV6co1MwUTAdBgNVHQ4EFgQUl8o5SZsfSSDsOFhNiOZHPR9HALMwHwYDVR0j
        BBgwFoAUl8o5SZsfSSDsOFhNiOZHPR9HALMwDwYDVR0TAQH/BAUwAwEB/zAKBggq
        hkjOPQQDAgNIADBFAiEAnIoC3INLvEW35Y7U0MzEd3WG7j13Am93Oh+trvlo94YC
        ICuPnKsjDrdCu32V87rv11IHuwQHyG3nmLsNJ7NODW81
        -----END CERTIFICATE-----
        """

    @Test func whenACertificateEndsIsRead() throws {
        let text = DoctorTests.certificate
        #expect(try CertificateEnd.all(inPEM: text) == [2_111_218_348_000])
        #expect(try CertificateEnd.all(inPEM: "letter\n\(text)\n\(text)").count == 2)
        for bad in ["", "letter", text.replacing("MII", with: "!II"), text.replacing("MII", with: "AII")] {
            #expect(throws: CertificateEnd.Unreadable.self) { try CertificateEnd.all(inPEM: bad) }
        }
    }

    @Test func aCutCertificateIsReadAsNone() {
        // 30 80 is a length of unknown form, 30 84 one of 32 bits; the rest ends too early.
        for bytes: [UInt8] in [
            [], [0x30], [0x30, 0x80], [0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x30, 0x02, 0x30, 0x05],
        ] {
            #expect(CertificateEnd.end(of: bytes) == nil)
        }
    }
}

/// Of which findings people are told, and when they are over.
struct FindingsWatchTests {
    private func row(_ name: String, _ codes: [String]?, online: Bool = true) -> GatewayTable.AgentRow {
        let list = codes.map { JSON.array($0.map { .object([("code", .string($0)), ("severity", "broken")]) }) }
        return .init(
            name: name, online: online, status: .object([("findings", list)]), seen: 0, since: 0, applied: 0,
            rejected: 0, skipped: 0)
    }

    @Test func whatIsToldIsInTheCatalogues() {
        for (code, words) in NoticeWords.findings {
            let title = FindingKind(rawValue: code)?.entry.title ?? AgentFindingKind(rawValue: code)?.entry.title
            #expect(title == words.en && !words.fr.isEmpty, "\(code)")
        }
    }

    @Test func whatIsHiddenOrAwayIsNotOver() {
        let clock = Repair(place: "centre", code: "clock-unset", severity: "broken", since: 5, evidence: [])
        var look = FindingsWatch(
            own: [clock],
            gateways: [
                row("here", ["agent-clock-unset"]), row("gone", [], online: false), row("old", nil),
                row("well", []),
            ])
        #expect(look.standing.map(\.code) == ["clock-unset", "agent-clock-unset"])
        // The clock explains it; a full disk it does not.
        #expect(look.isUnseen(nil, "gateway-alarm", nil) && !look.isUnseen(nil, "disk-full", nil))
        #expect(look.isUnseen("here", "agent-certificate-ends", nil) && !look.isUnseen("here", "agent-disk-full", nil))
        for name in ["gone", "old"] { #expect(look.isUnseen(name, "agent-disk-full", nil)) }
        #expect(!look.isUnseen("well", "agent-disk-full", nil) && !look.isUnseen("forgotten", "agent-disk-full", nil))
        look.own = nil
        #expect(look.isUnseen(nil, "disk-full", nil))
    }
}
