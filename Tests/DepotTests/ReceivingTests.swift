import Depot
import Identifiers
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

struct ReceivingTests {
    static let gtin = "03608439390616"

    static func reception(_ expected: [String: Quantity]) -> Reception {
        Reception(delivery: 1, note: "BL-1", expected: expected)
    }

    static func tag(_ serial: UInt64, gtin: String = ReceivingTests.gtin) -> Model.Row {
        .appeared(
            .init(
                device: "r", zone: "dock",
                tag: TagID(.epcGen2, EPC.sgtin96(gtin: gtin, companyDigits: 6, serial: serial)!), rssiDBm: -50,
                antenna: nil, reads: 1))
    }

    static func decide(_ row: Model.Row, _ reception: Reception?, record: String = "a/1/s/1") -> Receiving.Change? {
        Receiving.decide(
            row, record: record, at: reception, in: EmptyCatalogue(), .init(isNote: { $0.hasPrefix("BL-") }))
    }

    @Test func aNoteOpensItsDelivery() {
        let scan = Model.Row.barcode(device: "g", zone: "dock", Barcode(symbology: "]C0", text: " BL-2 "))
        #expect(ReceivingTests.decide(scan, nil) == .open(note: "BL-2"))
        let same = Model.Row.barcode(device: "g", zone: "dock", Barcode(text: "BL-1"))
        #expect(ReceivingTests.decide(same, ReceivingTests.reception([:])) == nil)
    }

    @Test func expectedCompleteExtraAndUnknownAreTold() {
        var reception = ReceivingTests.reception([ReceivingTests.gtin: 2])
        var verdicts: [Count.Verdict] = []
        let rows = [
            ReceivingTests.tag(1), ReceivingTests.tag(1), ReceivingTests.tag(2), ReceivingTests.tag(3),
            ReceivingTests.tag(9, gtin: "03608439390623"),
        ]
        for row in rows {
            guard case .count(let counts)? = ReceivingTests.decide(row, reception) else { continue }
            for count in counts { reception.apply(count) }
            verdicts += counts.map(\.verdict)
        }
        #expect(verdicts == [.expected, .complete, .extra, .extra])
        let odd = Model.Row.appeared(
            .init(device: "r", zone: "dock", tag: TagID(.epcGen2, [0xE2, 0x80]), rssiDBm: nil, antenna: nil, reads: 1))
        guard case .count(let counts)? = ReceivingTests.decide(odd, reception) else {
            Issue.record("not counted")
            return
        }
        #expect(counts.map(\.verdict) == [.unknown] && counts[0].gtin == nil)
    }

    /// Fifty reads, in any order, count once each; the sums do not depend on the order.
    @Test func theOrderOfReadsChangesNothing() {
        for seed in 1...100 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let serials = (0..<200).map { _ in UInt64.random(in: 1...30, using: &random) }
            var reception = ReceivingTests.reception([ReceivingTests.gtin: 20])
            for serial in serials {
                if case .count(let counts)? = ReceivingTests.decide(ReceivingTests.tag(serial), reception) {
                    for count in counts { reception.apply(count) }
                }
            }
            #expect(reception.received[ReceivingTests.gtin] == Quantity(Set(serials).count), "seed \(seed)")
        }
    }

    @Test func theNoteOfAClosedDeliveryIsNoPieceOfGoods() {
        let scan = Model.Row.barcode(device: "g", zone: "dock", Barcode(text: "OLD-9"))
        let change = Receiving.decide(
            scan, record: "r", at: ReceivingTests.reception([:]), in: EmptyCatalogue(),
            .init(isClosedNote: { $0 == "OLD-9" }))
        #expect(change == nil)
    }

    @Test func theSameBarcodeTwiceIsTwoPieces() {
        var reception = ReceivingTests.reception([ReceivingTests.gtin: 2])
        for record in ["a/1/s/1", "a/1/s/2", "a/1/s/2"] {
            let scan = Model.Row.barcode(device: "g", zone: "dock", Barcode(symbology: "]E0", text: "3608439390616"))
            if case .count(let counts)? = ReceivingTests.decide(scan, reception, record: record) {
                for count in counts { reception.apply(count) }
            }
        }
        #expect(reception.received[ReceivingTests.gtin] == 2 && reception.isComplete)
    }
}

struct ApplierTests {
    static func frame(_ rows: [Model.Row], first: UInt64, epoch: UInt64 = 5, was: Frame.Former? = nil) -> [UInt8] {
        let plain = Frame.body(of: rows.map { $0.encoded(at: 10) })
        return Frame(
            epoch: epoch, lane: .bulk, first: first, count: rows.count, boot: Boot(counter: 1, random: 2), origin: 1000,
            synced: true,
            codec: .plain, crc: CRC32C.checksum(plain), body: plain, was: was
        ).encoded
    }

    static func scan(_ text: String) -> Model.Row { .barcode(device: "g", zone: "dock", Barcode(text: text)) }

    @Test func aFrameIsAppliedOnceInAnyOrder() throws {
        let folder = TemporaryFolder()
        let applier = Applier(store: try TestStore.open("\(folder.path)/db"))
        let one = ApplierTests.frame([ApplierTests.scan("a"), ApplierTests.scan("b")], first: 1)
        let two = ApplierTests.frame([ApplierTests.scan("c")], first: 3)
        var result = try applier.apply([("dock", two)], at: 0)
        #expect(result.applied == 1 && result.acks[0].ack.cumulative == 0 && result.acks[0].ack.selective == [3...3])
        result = try applier.apply([("dock", one), ("dock", one), ("dock", two)], at: 0)
        #expect(result.applied == 2 && result.known == 3 && result.acks[0].ack.cumulative == 3)
    }

    @Test func poisonIsSetAsideAndBlocksNothing() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let applier = Applier(store: store)
        let plain = CBOR.array([
            .array([CBOR(1), CBOR(99), .text("from the future")]), .array([CBOR(1), CBOR(3), .bool(true)]),
            .array([CBOR(1), CBOR(3), .text("g"), .text("d"), .null, .text("good")]),
        ]).encoded
        let frame = Frame(
            epoch: 5, lane: .bulk, first: 1, count: 3, boot: Boot(counter: 1, random: 2), origin: 0, synced: true,
            codec: .plain,
            crc: CRC32C.checksum(plain), body: plain)
        let result = try applier.apply([("dock", frame.encoded), ("dock", [0x99, 0xFF]), ("dock", [])], at: 0)
        #expect(result.applied == 1 && result.rejected == 2 && result.refused.count == 2)
        #expect(result.acks[0].ack.cumulative == 3)
        #expect(
            result.acks[0].ack.rejected.sorted { $0.seq < $1.seq } == [
                .init(seq: 1, code: "unknown-kind"), .init(seq: 2, code: "malformed-row"),
            ])
        // A bomb that unpacks to more than a frame may hold.
        #expect(try store.records.recordCount() == 3)
    }

    @Test func whatIsRefusedIsCountedBeyondTheList() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let applier = Applier(store: store)
        func frame(_ count: Int, first: UInt64) -> [UInt8] {
            let plain = CBOR.array((0..<count).map { _ in .array([CBOR(1), CBOR(3), .bool(true)]) }).encoded
            return Frame(
                epoch: 5, lane: .bulk, first: first, count: count, boot: Boot(counter: 1, random: 2), origin: 0,
                synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain
            ).encoded
        }
        var ack = try applier.apply([("dock", frame(40, first: 1))], at: 0).acks[0].ack
        #expect(ack.rejected.count == Ack.rejectionLimit && ack.refused == 40)
        // Behind a hole they are not yet the agent's to settle.
        ack = try applier.apply([("dock", frame(5, first: 51))], at: 0).acks[0].ack
        #expect(ack.cumulative == 40 && ack.refused == 40)
        ack = try applier.apply([("dock", frame(10, first: 41))], at: 0).acks[0].ack
        #expect(ack.cumulative == 55 && ack.refused == 55)
        #expect(Ack(json: try JSON(parsing: ack.json.description))?.refused == 55)
    }

    @Test func aFrameThatIsHereInPartsIsCompleted() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let applier = Applier(store: store)
        let rows = (1...40).map { ApplierTests.scan("text \($0)") }
        _ = try applier.apply([("dock", ApplierTests.frame(Array(rows[9...11]), first: 10))], at: 0)
        let result = try applier.apply([("dock", ApplierTests.frame(rows, first: 1))], at: 0)
        #expect(result.applied == 37 && result.known == 3 && result.acks[0].ack.cumulative == 40)
        let stored = try store.database.rows("SELECT seq, subject, device, zone FROM record ORDER BY seq") {
            "\($0.integer(0)) \($0.text(1)) \($0.text(2)) \($0.text(3))"
        }
        #expect(stored == (1...40).map { "\($0) text \($0) g dock" })
    }

    @Test func aDeliveryIsOpenedCountedAndClosedThroughTheDatabase() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let csv = "delivery_note;supplier;gtin;description;quantity\nBL-1;Rexel;03608439390616;Disjoncteur;2\n"
        #expect(try Import.deliveries(CSV(Array(csv.utf8)), into: store, dryRun: false, now: 0).accepted == 1)
        let applier = Applier(store: store)
        let rows = [ApplierTests.scan("BL-1"), ReceivingTests.tag(1), ReceivingTests.tag(1), ReceivingTests.tag(2)]
        let events = try applier.apply([("dock", ApplierTests.frame(rows, first: 1))], at: 0).events
        #expect(events.count == 3)
        let id = try #require(try store.deliveries.id(note: "BL-1"))
        #expect(try store.deliveries.view(id)?.received == 2 && store.deliveries.view(id)?.missing == 0)
        #expect(try store.deliveries.close(delivery: id, by: Author("Camille"), at: 9))
        #expect(try !store.deliveries.close(delivery: id, by: Author("Bruno"), at: 10))
        #expect(try store.deliveries.view(id)?.closedBy == "Camille")
        #expect(
            try store.deliveries.view(id)?.lines.map { [$0.expected, $0.received, $0.missing, $0.extra] } == [
                [2, 2, 0, 0]
            ])
    }

    @Test func whatIsForgottenInAQuietHourIsReadAgain() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let csv = "delivery_note;supplier;gtin;description;quantity\nBL-1;Rexel;03608439390616;Disjoncteur;5\n"
        _ = try Import.deliveries(CSV(Array(csv.utf8)), into: store, dryRun: false, now: 0)
        let desks = Desks(store)
        let before = [ApplierTests.scan("BL-1"), ReceivingTests.tag(1), ReceivingTests.tag(2)]
        _ = try desks.intake.apply([("dock", ApplierTests.frame(before, first: 1))], at: 0)
        #expect(desks.intake.isAtWork)
        desks.releaseMemory()
        #expect(desks.intake.isAtWork)
        desks.releaseMemory()
        #expect(!desks.intake.isAtWork)
        let after = [ReceivingTests.tag(2), ReceivingTests.tag(3)]
        _ = try desks.intake.apply([("dock", ApplierTests.frame(after, first: 4))], at: 0)
        let id = try #require(try store.deliveries.id(note: "BL-1"))
        #expect(try store.deliveries.view(id)?.received == 3)
    }

    /// Call states in any order and any number: the newest revision stays, a missed call waits once.
    @Test func theNewestStateOfACallStays() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        var ringing = CallSnapshot(call: "pbx/1", revision: 1, startedAt: 5)
        ringing.state = .ringing
        ringing.caller = Party(number: "0199001234", name: nil)
        var ended = ringing
        ended.revision = 2
        ended.state = .ended
        ended.missedBy = ["101"]
        ended.endedAt = 9
        let key = CallKey.of(ended, plan: NumberPlan())
        #expect(try store.calls.save(ended, agent: "dock", key: key))
        #expect(try !store.calls.save(ringing, agent: "dock", key: key))
        #expect(try !store.calls.save(ended, agent: "dock", key: key))
        #expect(try store.calls.missed(of: CallScope(desks: ["101"])).count == 1)
        // Calling back settles it, in whichever direction.
        var back = CallSnapshot(call: "pbx/2", revision: 3, startedAt: 20)
        back.direction = .outbound
        back.called = "+33199001234"
        back.caller = Party(number: "101", name: nil)
        back.legs = [.init(id: "own", desk: "101", state: .talking, answeredAt: 22)]
        back.answeredAt = 22
        // Only one's own telephone was picked up: nobody was reached yet.
        #expect(try store.calls.save(back, agent: "dock", key: CallKey.of(back, plan: NumberPlan())))
        #expect(try store.calls.missed(of: CallScope(desks: ["101"])).count == 1)
        back.revision = 4
        back.legs.append(.init(id: "theirs", desk: nil, state: .talking, answeredAt: 25))
        #expect(try store.calls.save(back, agent: "dock", key: CallKey.of(back, plan: NumberPlan())))
        #expect(try store.calls.missed(of: CallScope(desks: ["101"])).isEmpty)
    }
}

struct ImportTests {
    @Test func badRowsAreRefusedWithLineAndReasonAndGoodOnesKept() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let text = """
            delivery_note;supplier;gtin;description;quantity
            BL-1;Rexel;03608439390616;"Disjoncteur ""40 A"";
            deux lignes";12
            BL-1;Rexel;03608439390617;check digit;1
            BL-1;Rexel;03608439390616;once more;1
            BL-2;Rexel;3608439390623;thirteen digits;zero
            BL-2;Rexel
            ;Rexel;03608439390623;no note;1
            BL-2;Rexel;3608439390623;good;3
            """
        let dry = try Import.deliveries(CSV(Array(text.utf8)), into: store, dryRun: true, now: 0)
        #expect(dry.accepted == 3 && dry.refused.map(\.line) == [4, 6, 7, 8])
        #expect(
            dry.refused[0].reason
                == "the check digit of GTIN 03608439390617 is wrong, and the catalogue has no such reference")
        #expect(try store.deliveries.rows(closedSince: 0).isEmpty)
        let done = try Import.deliveries(CSV(Array(text.utf8)), into: store, dryRun: false, now: 0)
        #expect(done == dry)
        // Importing the same file again changes nothing; the article that stands twice adds.
        _ = try Import.deliveries(CSV(Array(text.utf8)), into: store, dryRun: false, now: 0)
        #expect(try store.deliveries.rows(closedSince: 0).map(\.expected) == [13, 3])
    }

    @Test func excelsFrenchEncodingIsRead() {
        let csv = CSV(
            [UInt8](Array("soci".utf8) + [0xE9] + Array("t\u{7D};nom\nCaf".utf8) + [0xE9] + Array(";x\n".utf8)))
        #expect(csv.rows.first?.fields.first == "Café")
        #expect(CSV([0xEF, 0xBB, 0xBF] + Array("a,b\n1,\"x\ny\"\n".utf8)).rows.first?.fields == ["1", "x\ny"])
    }

    @Test func aFormulaIsDefusedInExports() { #expect(CSV.line(["=cmd()", "-5", "a;b"]) == "'=cmd();-5;\"a;b\"\r\n") }

    @Test func wrongColumnsAreNamed() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        #expect(throws: ImportError.self) {
            try Import.deliveries(CSV(Array("a;b\n1;2\n".utf8)), into: store, dryRun: true, now: 0)
        }
    }
}

struct IdentifierTests {
    /// Every vector of the Tag Data Standard and of public tests that vectors.txt lists.
    @Test func vectorsOfTheStandard() throws {
        var checked = 0
        for line in Fixture.text("DriversTests/vectors.txt").split(separator: "\n") where line.hasPrefix("TD-") {
            let parts = line.split(separator: "|").map { $0.drop { $0 == " " } }
            let bytes = try #require(Hex.bytes(parts[0].split(separator: " ")[2]))
            let meaning = parts[1].split(separator: " ")
            do {
                let epc = try EPC(bytes)
                #expect(epc.tagURI == String(meaning[0]), "\(parts[0])")
                if meaning.count > 2 {
                    #expect(epc.elements.map { "(\($0.ai))\($0.value)" }.joined() == meaning[2], "\(parts[0])")
                }
            } catch { Issue.record("\(parts[0]): \(error.reason)") }
            checked += 1
        }
        #expect(checked == 49)
    }

    /// What the vectors' tags say is written again as the same bits: from the tag URI, from the identity, from the keys.
    @Test func namesGoBackToTheSameBits() throws {
        var written = 0
        for line in Fixture.text("DriversTests/vectors.txt").split(separator: "\n") where line.hasPrefix("TD-") {
            let bytes = Hex.bytes(line.split(separator: " ")[2])!
            let epc = try EPC(bytes)
            guard let uri = epc.tagURI, !epc.scheme.hasPrefix("usdod") else { continue }
            #expect(try EPC(tagURI: uri).hex == Hex.string(bytes), "\(line)")
            written += 1
            guard let identity = epc.pureIdentity,
                let company = identity.split(separator: ":", maxSplits: 4).last?.split(separator: ".").first,
                !epc.elements.isEmpty
            else { continue }
            let filter = UInt64(uri.split(separator: ":", maxSplits: 4)[4].prefix(1))!
            // The shortest scheme may be another than the one on the tag: the identity is the same.
            let back = try EPC(pureIdentity: identity, filter: filter)
            #expect(back.pureIdentity == identity, "\(line)")
            let keys = try EPC(elements: epc.elements, companyDigits: company.count, filter: filter)
            #expect(keys.elements == epc.elements, "\(line)")
        }
        #expect(written == 46)
        #expect(throws: EPC.Unreadable.self) { try EPC(tagURI: "urn:epc:tag:sgtin-96:3.0614141.81234.6789") }
        #expect(throws: EPC.Unreadable.self) { try EPC(tagURI: "urn:epc:tag:sgtin-96:3.0614141.812345.274877906944") }
        #expect(throws: EPC.Unreadable.self) { try EPC(tagURI: "urn:epc:tag:sgtin-96:8.0614141.812345.1") }
    }

    @Test func plusSchemesOfTheStandard() throws {
        for (hex, elements) in [
            ("F73795211411234538566CB0AFC4", "(01)79521141123453(21)32a/b"),
            ("FB342CDE795211411234538566CB0AFC40", "(01)79521141123453(21)32a/b(17)220630"),
            ("F90095201234567891235000", "(00)095201234567891235"),
            ("FA30614141E8566CB0AFC400", "(8004)061414132a/b"), ("FA306141415678F0", "(8004)06141415678"),
            ("F03061414198765F5181C800", "(8010)061414198765(8011)12345"),
            ("F83401234567890150933800", "(255)401234567890104711"),
            ("F13006141411234520458B80", "(8003)006141411234525678"),
            ("4094257BF7194E40820000006A14", "(8006)806141411234580102(21)6789"),
            ("F34806141411234580102046A140", "(8006)806141411234580102(21)6789"),
            ("FD3795211411234538566CB0AFC525065F1876F0D996D800", "(01)79521141123453(21)32a/b"),
        ] {
            #expect(try EPC(Hex.bytes(hex)!).elements.map { "(\($0.ai))\($0.value)" }.joined() == elements, "\(hex)")
        }
        #expect(
            try EPC(Hex.bytes("FD3795211411234538566CB0AFC525065F1876F0D996D800")!).digitalLink
                == "https://id.example.com/01/79521141123453/21/32a%2Fb")
        #expect(try EPC(Hex.bytes("EF3095201234567891235907F8F5C3A568094000")!).host == "www.quai-.fr")
        #expect(
            try EPC(Hex.bytes("4094257BF7194E40820000006A14")!).tagURI
                == "urn:epc:tag:itip-110:4.0614141.812345.01.02.6789")
        #expect(
            try EPC(Hex.bytes("3B0E0CF5E76C9047759AD00373DC7602E7200000")!).tagURI
                == "urn:epc:tag:adi-var:3.35962.PQ7VZ4.M37GXB92")
    }

    @Test(arguments: [
        "]C1253ABCDEFGHIJKL0", "]C18003XAAAAAAAAAAAA0", "]C170039999999999", "]C18006806141411234590102",
        "]C13910ABC12", "]C10180614141123458\u{1D}10A#B", "https://id.gs1.org/01/80614141123458/10//21/5",
        "https://id.gs1.org/01/80614141123458/10", "https://id.gs1.org/01/80614141123458/99",
    ])
    func whatCannotBeIsRefused(scan: String) {
        #expect(throws: ElementString.Unreadable.self) { try ElementString(scan) }
    }

    @Test func linksAndCompositesAreRead() throws {
        #expect(try ElementString("]e10180614141123458").gtin == "80614141123458")
        let link = try ElementString("https://example.com/00/shop/01/80614141123458/21/6789?17=260930#top")
        #expect(link.elements.map { "(\($0.ai))\($0.value)" }.joined() == "(01)80614141123458(21)6789(17)260930")
        // Twenty digits of a serial number are 67 bits.
        #expect(
            try EPC(Hex.bytes("F718061414112345814156A95319D63E15A4")!).serial?.count == 20)
        #expect(try EPC(Hex.bytes("3974257BF46072C0000000000000000000000000000000000000")!).value("254") == nil)
    }

    @Test func elementStringsOfTheReference() throws {
        func text(_ scan: String) throws -> String {
            try ElementString(scan).elements.map { "(\($0.ai))\($0.value)" }.joined(separator: " ")
        }
        #expect(try text("]C1011231231231233310ABC123\u{1D}99TESTING") == "(01)12312312312333 (10)ABC123 (99)TESTING")
        #expect(try text("]E02112345678900") == "(01)02112345678900")
        #expect(try text("]C100106141412345678908") == "(00)106141412345678908")
        #expect(
            try text("]C100106141412345678908400PO-4711^10LOT7A^3712")
                == "(00)106141412345678908 (400)PO-4711 (10)LOT7A (37)12")
        #expect(try text("]C1\u{1D}01806141411234581726093010B77") == "(01)80614141123458 (17)260930 (10)B77")
        #expect(try text("]d20180614141123458216789\u{1D}3103001250") == "(01)80614141123458 (21)6789 (3103)001250")
        #expect(
            try text("https://id.gs1.org/01/80614141123458/21/32a%2Fb?17=260930")
                == "(01)80614141123458 (21)32a/b (17)260930")
        for bad in [
            "]E02112345678901", "]C100106141412345678909", "]Q1TESTING", "]C0BL-2026-00117", "]C101", "]C19", "]C1",
            "]C117261330",
            "]C10180614141123458010000000000000", "https://example.com/x",
        ] {
            #expect(throws: ElementString.Unreadable.self, "\(bad)") { try ElementString(bad) }
        }
    }

    @Test func digitalLinks() throws {
        #expect(
            try EPC(Hex.bytes("3074257BF7194E4000001A85")!).digitalLink
                == "https://id.gs1.org/01/80614141123458/21/6789")
        #expect(
            try EPC(Hex.bytes("3674257bf6b7a659b2c2bf100000000000000000000000000000")!).digitalLink
                == "https://id.gs1.org/01/70614141123451/21/32a%2Fb")
        #expect(
            try EPC(Hex.bytes("3174257bf4499602d2000000")!).digitalLink == "https://id.gs1.org/00/106141412345678908")
    }

    @Test func encodingIsTheInverse() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<1000 {
            let digits = (0..<13).map { _ in String(Int.random(in: 0...9, using: &random)) }.joined()
            let gtin = digits + String(GS1.checkDigit(digits))
            let serial = UInt64.random(in: 0..<(1 << 38), using: &random)
            let epc = try EPC(
                EPC.sgtin96(gtin: gtin, companyDigits: Int.random(in: 6...12, using: &random), serial: serial)!)
            #expect(epc.gtin == gtin && epc.serial == String(serial))
        }
    }

    @Test func malformedIsAReasonAndNeverAGuess() {
        for hex in ["", "30", "3074257BF7194E4000001A", "301C000000000000000000FF", "E28011606000020471A2B3C4", "00"] {
            #expect(throws: EPC.Unreadable.self) { try EPC(Hex.bytes(hex)!) }
        }
    }
}

struct PhoneTests {
    /// Pairs computed with Google's metadata.
    @Test func numbersAreUnderstoodAsTheTableSays() {
        for line in Fixture.text("DepotTests/phone-numbers.tsv").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let number = PhoneNumber(fields[2], region: fields[0], internalPlan: fields[1].isEmpty ? nil : fields[1])
            #expect(number.key == fields[9], "\(fields[2])")
            #expect(number.e164 ?? "" == fields[4], "\(fields[2])")
            let kind =
                switch fields[3] {
                case "number": "subscriber"
                case "short": fields[7] == "emergency" ? "emergency" : "short"
                default: fields[3]
                }
            #expect(number.kind.rawValue == kind, "\(fields[2])")
            #expect(number.premium == (fields[7] == "premium"), "\(fields[2])")
        }
    }
}
