import Model
import Platform
import TestSupport
import Testing
import Uplink

@testable import EdgeAgent

/// What the page at the depot counts by itself while the centre is away.
struct GoodsCountTests {
    private static let breaker = "03608439390616"
    private static let lamp = "03608439390623"

    private static func line(_ gtin: String, _ expected: Quantity, _ counted: Quantity = 0) -> ExpectedGoods.Line {
        ExpectedGoods.Line(
            gtin: gtin, label: gtin, reference: gtin == lamp ? "LAMP-1" : nil, expected: expected, counted: counted,
            packs: gtin == breaker ? [.init(gtin: "13608439390613", quantity: 10)] : [])
    }

    private static func goods() -> ExpectedGoods {
        var goods = ExpectedGoods(
            at: 1, epoch: 7, through: 10,
            deliveries: [
                .init(
                    id: 1, note: "BL-1", supplier: "Rexel", zone: "dock-1", isOpen: true,
                    lines: [line(breaker, 12, 2), line(lamp, 3)]),
                .init(id: 2, note: "BL-2", supplier: "Sonepar", zone: "dock-2", isOpen: false, lines: [line(lamp, 5)]),
            ])
        goods.tags = [ExpectedGoods.sign(tag(breaker, 1).bytes), ExpectedGoods.sign(tag(breaker, 2).bytes)]
        return goods
    }

    /// SGTIN-96 of a company prefix of six digits: header, filter 1, partition 6, then 20, 24 and 38 bits.
    private static func tag(_ gtin: String, _ serial: UInt64) -> TagID {
        let company = UInt64(gtin.dropFirst().prefix(6)) ?? 0
        let item = UInt64("\(gtin.prefix(1))\(gtin.dropFirst(7).prefix(6))") ?? 0
        var high: UInt64 = 0x30 << 56
        high |= 1 << 53
        high |= 6 << 50
        high |= company << 30
        high |= item << 6
        high |= serial >> 32
        let low = UInt32(truncatingIfNeeded: serial)
        return TagID(
            .epcGen2,
            (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) }
                + (0..<4).map { UInt8(truncatingIfNeeded: low >> UInt32(24 - 8 * $0)) })
    }

    private static func seen(_ tag: TagID, at zone: String = "dock-1") -> GoodsRead {
        GoodsRead(
            .appeared(.init(device: "r", zone: zone, tag: tag, rssiDBm: nil, antenna: nil, reads: 1)))!
    }

    private static func scanned(_ text: String, at zone: String = "dock-1") -> GoodsRead {
        GoodsRead(.barcode(device: "g", zone: zone, Barcode(text: text)))!
    }

    private static func totals(_ reads: [GoodsRead]) -> [Quantity] {
        let open = GoodsCount(goods(), reads).open.first { $0.delivery.note == "BL-1" }
        return (open?.delivery.lines.indices).map { $0.map { open!.total($0) } } ?? []
    }

    @Test func aTagNamesItsArticle() throws {
        // EPC Tag Data Standard 1.13, appendix E.3: urn:epc:id:sgtin:0614141.812345.6789.
        let published = TagID(.epcGen2, try #require(Hex.bytes("3074257BF7194E4000001A85")))
        #expect(GoodsCode.gtin(tag: published) == "80614141123458")
        #expect(GoodsCode.gtin(tag: Self.tag(Self.breaker, 5)) == Self.breaker)
        #expect(GoodsCode.gtin(tag: TagID(.epcGen2, try #require(Hex.bytes("E28011606000020471A2B3C4")))) == nil)
        #expect(GoodsCode.gtin(tag: TagID(.em4100, Self.tag(Self.breaker, 5).bytes)) == nil)
        // A partition that there is not, and a tag that is too short.
        #expect(GoodsCode.gtin(tag: TagID(.epcGen2, try #require(Hex.bytes("301C00000000000000000000")))) == nil)
        #expect(GoodsCode.gtin(tag: TagID(.epcGen2, [0x30])) == nil)
    }

    @Test func aCodeNamesItsArticleWhereItIsPlain() {
        for text in [
            "3608439390616", "03608439390616", "]E03608439390616", "]C10103608439390616",
            "(01)03608439390616(10)L1", "010360843939061610L1\u{1D}17270101",
        ] {
            let code = GoodsCode.gtin(code: text)
            #expect(code?.gtin == Self.breaker && code?.isOne == false, "\(text)")
        }
        for text in ["010360843939061621A7", "]d2010360843939061617270101" + "21A7", "(01)03608439390616(21)A7"] {
            #expect(GoodsCode.gtin(code: text)?.isOne == true, "\(text)")
        }
        for text in ["3608439390617", "BL-1", "", "01", "0103608439390617", "360843939061", "]C1", "]", "\u{1D}"] {
            #expect(GoodsCode.gtin(code: text) == nil, "\(text)")
        }
    }

    @Test func whatIsReadIsAddedAndATagCountsOnce() {
        #expect(Self.totals([]) == [2, 0])
        let again = [1, 2, 3, 3, 4].map { Self.seen(Self.tag(Self.breaker, $0)) }
        #expect(Self.totals(again) == [4, 0], "two were counted by the centre, one was read twice")
        #expect(Self.totals([Self.scanned("3608439390623"), Self.scanned("3608439390623")]) == [2, 2])
        #expect(Self.totals([Self.scanned("LAMP-1")]) == [2, 1], "by the supplier's reference")
        #expect(Self.totals([Self.scanned("13608439390613")]) == [12, 0], "a carton is what is in it")
    }

    @Test func whatIsDecidedHereIsShownAndCountsWhereThatIsPlain() throws {
        func decided(_ kind: DepotDecision.Kind, _ quantity: Quantity, delivery: Int64 = 1) throws -> GoodsRead {
            var decision = DepotDecision(key: "0123456789", delivery: delivery, kind: kind, name: "Marie")
            (decision.gtin, decision.quantity) = (Self.breaker, quantity)
            let row = try #require(Row.Decided(zone: "dock-1", text: decision.json.description, proof: [1]))
            return try #require(GoodsRead(.decided(row)))
        }
        // Counted by hand, so many in all: what was read before is in it, what is read after comes to it.
        let reads = [
            Self.scanned("3608439390616"), try decided(.count, 9), Self.scanned("3608439390616"),
            try decided(.damaged, 2), try decided(.count, 1, delivery: 77),
        ]
        #expect(Self.totals(reads) == [10, 0])
        let open = try #require(GoodsCount(Self.goods(), reads).open.first)
        #expect(open.decided.map(\.kind) == [.count, .damaged])
        let told = try #require(open.json["decided"]?.list)
        #expect(told.count == 2 && told[0]["name"] == "Marie" && told[0]["key"] == nil && open.json["id"] == 1)
        #expect(Self.totals([try decided(.count, 0)]) == [0, 0], "nothing of it came")
    }

    @Test func aDecisionIsSealedWithItsWords() throws {
        let secret = (1...32).map { UInt8($0) }
        let key = try #require(SealedBox.publicKey(of: secret))
        func body(_ pin: String, _ zone: String = "dock-1") -> [UInt8] {
            Array(
                #"{"key":"0123456789","delivery":1,"kind":"close","name":"Marie","zone":"\#(zone)","pin":"\#(pin)"}"#
                    .utf8)
        }
        let decision = try #require(LocalDecision(body("471147"), zones: ["dock-1"]))
        guard case .decided(let row)? = decision.row(agent: "dock", key: key) else {
            Issue.record("no row")
            return
        }
        #expect(!row.text.contains("471147") && row.decision.name == "Marie" && row.zone == "dock-1")
        #expect(DepotDecision.pin(in: row.proof, of: row.text, agent: "dock", with: secret) == "471147")
        #expect(decision.row(agent: "dock", key: [1]) == nil)
        #expect(LocalDecision(body(""), zones: ["dock-1"]) == nil && LocalDecision([], zones: []) == nil)
        #expect(LocalDecision(body("471147", "yard"), zones: ["dock-1"]) == nil)
        #expect(LocalDecision(body(String(repeating: "1", count: 65)), zones: ["dock-1"]) == nil)
    }

    @Test func whatIsNotOnTheListIsSaidAndNotLost() throws {
        let reads = [
            Self.scanned("13608439390613"), Self.scanned("3608439390616"),
            Self.seen(TagID(.epcGen2, [0xE2, 0x80])), Self.seen(Self.tag("03608439390661", 1)),
            Self.scanned("3608439390616", at: "yard"),
        ]
        let count = GoodsCount(Self.goods(), reads)
        let open = try #require(count.open.first)
        #expect(open.total(0) == 13 && open.extra == 2 && open.unknown == 1 && count.elsewhere == 1)
        #expect(open.json["list"]?.list?.first?["here"]?.integer == 11)
    }

    @Test func aNoteOpensItsDeliveryWhereItIsScanned() {
        let reads = [
            Self.scanned("3608439390623"), Self.scanned(" BL-2 "), Self.scanned("3608439390623"),
            Self.scanned("BL-1", at: "dock-3"),
        ]
        let count = GoodsCount(Self.goods(), reads)
        #expect(count.open.map(\.zone) == ["dock-1", "dock-3"])
        #expect(count.open.map(\.delivery.note) == ["BL-2", "BL-1"] && count.toCome.isEmpty)
        #expect(count.open[0].total(0) == 1 && count.open[1].total(1) == 1)
    }

    @Test func aPalletNamesItself() throws {
        // EPC Tag Data Standard 1.13, appendix E.3: urn:epc:id:sscc:0614141.1234567890.
        let published = TagID(.epcGen2, try #require(Hex.bytes("3174257BF4499602D2000000")))
        #expect(GoodsCode.sscc(tag: published) == "106141412345678908" && GoodsCode.gtin(tag: published) == nil)
        #expect(GoodsCode.sscc(tag: Self.tag(Self.breaker, 1)) == nil)
        for text in [
            "00106141412345678908", "]C100106141412345678908", "(00)106141412345678908", "001061414123456789081037",
        ] {
            #expect(GoodsCode.sscc(code: text) == "106141412345678908", "\(text)")
        }
        for text in ["00106141412345678909", "106141412345678908", "00", "3608439390616", ""] {
            #expect(GoodsCode.sscc(code: text) == nil, "\(text)")
        }
    }

    /// The greater of what the label says and what readers see holds, as it does at the centre.
    @Test func aPalletsLabelCountsWhatIsOnItOnce() throws {
        let (first, second) = ("106141412345678908", "036084390000000010")
        var goods = Self.goods()
        goods.deliveries[0].units = [
            .init(sscc: first, contents: [.init(gtin: Self.breaker, quantity: 6)]), .init(sscc: second, contents: []),
        ]
        goods.deliveries[0].loose = [.init(gtin: Self.breaker, quantity: 2)]
        let label = Self.scanned("00" + first)
        func total(_ reads: [GoodsRead]) -> Quantity? { GoodsCount(goods, reads).open.first?.total(0) }
        #expect(total([label]) == 6, "two of the six were seen before")
        #expect(total([label, label]) == 6)
        let inside = (3...6 as ClosedRange<UInt64>).map { Self.seen(Self.tag(Self.breaker, $0)) }
        #expect(total([label] + inside) == 6 && total(inside + [label]) == 6)
        #expect(total([label] + inside + [Self.seen(Self.tag(Self.breaker, 7))]) == 7, "one more than the label says")
        // Counted by the centre already, and one that nobody announced.
        #expect(total([Self.scanned("00" + second)]) == 2)
        let stranger = GoodsCount(goods, [Self.scanned("00036084390000000027")])
        #expect(stranger.open[0].total(0) == 2 && stranger.open[0].unknown == 1)
    }

    @Test func aPalletStandsForWhatIsOnItsCartons() throws {
        let (pallet, carton, other) = ("106141412345678908", "036084390000000010", "036084390000000027")
        var goods = Self.goods()
        goods.deliveries[0].units = [
            .init(sscc: pallet, contents: []),
            .init(sscc: carton, parent: pallet, contents: [.init(gtin: Self.breaker, quantity: 4)]),
            // On itself: a paper that nobody could load.
            .init(sscc: other, parent: other, contents: [.init(gtin: Self.lamp, quantity: 1)]),
        ]
        func totals(_ labels: [String]) -> [Quantity?] {
            let open = GoodsCount(goods, labels.map { Self.scanned("00" + $0) }).open.first
            return [open?.total(0), open?.total(1)]
        }
        #expect(
            totals([pallet]) == [6, 0] && totals([pallet, carton]) == [6, 0] && totals([carton, pallet]) == [6, 0])
        #expect(totals([other]) == [2, 1])
    }

    @Test func aLabelOpensItsDeliveryAndATagThatPassesDoesNot() throws {
        var goods = Self.goods()
        goods.deliveries[1].units = [
            .init(sscc: "106141412345678908", contents: [.init(gtin: Self.lamp, quantity: 5)])
        ]
        let tag = TagID(.epcGen2, try #require(Hex.bytes("3174257BF4499602D2000000")))
        let passed = GoodsCount(goods, [Self.seen(tag)])
        #expect(passed.open.map(\.delivery.note) == ["BL-1"] && passed.elsewhere == 1 && passed.open[0].unknown == 0)
        let scanned = GoodsCount(goods, [Self.scanned("00106141412345678908")])
        #expect(scanned.open.map(\.delivery.note) == ["BL-2"] && scanned.open[0].total(0) == 5)
    }

    @Test func whatTheCentreHasCountedIsNotAddedAgain() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/expected.json"
        let local = LocalGoods(path: path)
        #expect(local.json == .null)
        let entries = (1...5 as ClosedRange<UInt64>).map {
            Outbox.Entry(
                .appeared(
                    .init(
                        device: "r", zone: "dock-1", tag: Self.tag(Self.breaker, $0), rssiDBm: nil, antenna: nil,
                        reads: 1)), at: .zero)
        }
        local.add(LocalGoods.goods(in: entries, skipping: 0), from: 9, epoch: 7)
        // Numbers 9 and 10 are tags 1 and 2, which it has; 11 to 13 are not yet there.
        local.take(Self.goods(), epoch: 7)
        let list = local.json["open"]?.list?.first?["list"]?.list
        #expect(list?.first?["counted"]?.integer == 5 && local.json["reads"]?.integer == 3)
        local.keep(isCentreThere: false, at: .zero)
        let next = LocalGoods(path: path)
        #expect(next.json["open"]?.list?.first?["note"]?.text == "BL-1" && next.json["reads"]?.integer == 0)
    }

    @Test func theFileIsNotWrittenWithEveryScan() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/expected.json"
        let local = LocalGoods(path: path)
        local.take(Self.goods(), epoch: 7)
        local.keep(isCentreThere: true, at: .zero)
        var later = Self.goods()
        later.at = 2
        local.take(later, epoch: 7)
        local.keep(isCentreThere: true, at: .zero + .seconds(59))
        #expect(LocalGoods(path: path).json["at"]?.integer == 1)
        local.keep(isCentreThere: false, at: .zero + .seconds(59))
        #expect(LocalGoods(path: path).json["at"]?.integer == 2, "the link broke: it may be long")
    }
}
