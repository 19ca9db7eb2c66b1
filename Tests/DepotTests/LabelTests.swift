import Identifiers
import Model
import SQLite
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Labels as the field has them, on the open reception of a dock: each ends in a count, a question or a word at the screen.
struct LabelTests {
    static let zone = "dock-1"

    /// Of GS1's demonstration prefix 952.
    static func gtin(_ number: Int) -> String {
        let digits = "952123400" + String(String(1000 + number).dropFirst())
        return "0\(digits)\(GS1.checkDigit(digits))"
    }

    static func sscc(_ number: Int) -> String {
        let digits = "1952123400000" + String(String(10_000 + number).dropFirst())
        return "\(digits)\(GS1.checkDigit(digits))"
    }

    /// The tag of a pallet; company prefix of seven digits.
    static func palletTag(_ number: Int) throws -> TagID {
        TagID(
            .epcGen2,
            try #require(
                Hex.bytes(try EPC(pureIdentity: "urn:epc:id:sscc:9521234.1\(sscc(number).dropFirst(8).prefix(9))").hex))
        )
    }

    let store: Store
    let applier: Applier
    let delivery: Int64
    private let folder = TemporaryFolder()
    private let sender = InventoryTests.Sender()

    /// A hundred of each article, on no pallet; twenty of article 8 on pallet 11.
    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        applier = Applier(store: store)
        for number in 1...32 {
            let reference = number == 31 ? "1020304" : number == 32 ? "067601" : "AB-\(number) x"
            try store.articles.save(
                ProductView(gtin: Self.gtin(number), description: "Article \(number)", reference: reference))
        }
        let unit = Announced.Unit(sscc: Self.sscc(11), contents: [.init(gtin: Self.gtin(8), quantity: 20)])
        let announced = Announced(
            note: "BL-L", supplier: "Demo", lines: (1...32).map { .init(gtin: Self.gtin($0), quantity: 100) },
            units: [unit])
        delivery = try #require(try store.deliveries.expect(announced, source: "file"))
    }

    func open() throws {
        sender.time += 1000
        #expect(try store.deliveries.open(delivery: delivery, zone: Self.zone, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
    }

    @discardableResult
    func send(_ row: Model.Row) throws -> [CentreEvent] {
        sender.time += 1000
        let frame = InventoryTests.frame([row.encoded(at: 0)], first: sender.next, origin: sender.time)
        sender.next += 1
        return try applier.apply([("gate", frame)], at: sender.time).events
    }

    /// As a line scanner's driver tells it: the AIM identifier beside the text.
    @discardableResult
    func scan(_ text: String) throws -> [CentreEvent] {
        let symbology = text.first == "]" ? String(text.prefix(3)) : nil
        let rest = symbology == nil ? text : String(text.dropFirst(3))
        return try send(.barcode(device: "g", zone: Self.zone, Barcode(symbology: symbology, text: rest)))
    }

    @discardableResult
    func type(_ text: String) throws -> [CentreEvent] { try send(.key(device: "k", zone: Self.zone, text: text)) }

    @discardableResult
    func pass(_ tag: TagID) throws -> [CentreEvent] { try send(.appeared(InventoryTests.sighting(tag, Self.zone))) }

    func leave(_ tag: TagID) throws { try send(.left(InventoryTests.sighting(tag, Self.zone), present: .zero)) }

    func view() throws -> DeliveryView { try #require(try store.deliveries.view(delivery)) }

    func line(_ number: Int) throws -> DeliveryView.Line {
        try #require(try view().lines.first { $0.gtin == Self.gtin(number) })
    }

    func asked() throws -> [String] {
        try view().questions.filter { $0.kind == .unknown }.compactMap(\.subject)
    }

    // MARK: what counts

    struct Case: Sendable, CustomTestStringConvertible {
        var text: String
        var pieces: Quantity
        var lot: String?
        /// Whether a part of it is shown as not read.
        var isInPart = false

        var testDescription: String { text }

        init(_ text: String, _ pieces: Quantity, lot: String? = nil, isInPart: Bool = false) {
            (self.text, self.pieces, self.lot, self.isInPart) = (text, pieces, lot, isInPart)
        }
    }

    static let one = gtin(1)

    static let cases: [Case] = [
        // No AIM identifier, as scanners leave the factory, and as wedges type.
        Case("01\(one)10LOTA\u{1D}3005", 5, lot: "LOTA"), Case("01\(one)17271231", 1), Case("01\(one)21SER001", 1),
        Case("\(one.dropFirst())", 1), Case("\(one)", 1),
        // A symbol that does not promise GS1 data, and holds them.
        Case("]C001\(one)10LOTA", 1, lot: "LOTA"), Case("]d101\(one)21SER1", 1), Case("]E001\(one)3007", 7),
        Case("]e001\(one)10B", 1, lot: "B"), Case("]Q001\(one)3002", 2), Case("]Q101\(one)3002", 2),
        // Promised.
        Case("]C101\(one)10LOTA\u{1D}3005", 5, lot: "LOTA"), Case("]Q301\(one)10L", 1, lot: "L"),
        Case("]J101\(one)3003", 3), Case("]I1\(one)", 1), Case("]E0\(one.dropFirst())", 1),
        Case("]E3\(one.dropFirst())12", 1),
        // FNC1 as it comes through keyboards and lines of text; doubled, in front, at the end.
        Case("01\(one)10LOTA^3005", 5, lot: "LOTA"), Case("01\(one)10LOTAè3005", 5, lot: "LOTA"),
        Case("01\(one)10LOTA~3005", 5, lot: "LOTA"), Case("01\(one)10LOTA{GS}3005", 5, lot: "LOTA"),
        Case("01\(one)10LOTA|3005", 5, lot: "LOTA"), Case("\u{1D}01\(one)10LOTA\u{1D}", 1, lot: "LOTA"),
        Case("]C101\(one)10LOTA\u{1D}\u{1D}21S8", 1, lot: "LOTA"),
        // Links, of any host; printed text; a letter that names the symbology; composites.
        Case("https://id.gs1.org/01/\(one)/10/L2/21/SER7", 1, lot: "L2"),
        Case("HTTPS://SHOP.EXAMPLE/X/01/\(one.dropFirst())?10=L3", 1, lot: "L3"), Case("id.gs1.org/01/\(one)", 1),
        Case("(01)\(one)(10)L1(30)4", 4, lot: "L1"), Case("(01) 0 9521234 00001 3 (10) L1", 1, lot: "L1"),
        Case("[01]\(one)[10]L1[30]4", 4, lot: "L1"), Case("[01] 0 9521234 00001 3 [10] L(1)", 1, lot: "L(1)"),
        Case("]C1[01]\(one)[10]L1", 1, lot: "L1"), Case("A]E0\(one.dropFirst())", 1),
        Case("I01\(one)10L4", 1, lot: "L4"),
        Case("]E0\(one.dropFirst())|]e010L5", 1, lot: "L5"), Case("\(one.dropFirst())|10L5^17271231", 1, lot: "L5"),
        // The article is certain, the rest is not.
        Case("]C101\(one)10LOT D", 1, isInPart: true), Case("]C101\(one)10N°4", 1, isInPart: true),
        Case("]C101\(one)17271331", 1, isInPart: true), Case("]C101\(one)1727133110L6", 1, lot: "L6", isInPart: true),
        Case("]d201\(one)5710BAF1761125070917270630", 1, isInPart: true), Case("01\(one)10LOT D", 1, isInPart: true),
        Case("https://id.gs1.org/01/\(one)/10/A%20B", 1, isInPart: true),
        // A supplier's label (ISO/IEC 15434, ANSI MH10.8.2), as it is and as a keyboard types it; other ways to write a reference.
        Case("[)>\u{1E}06\u{1D}1PAB-1 x\u{1D}Q12\u{1D}1TL9\u{1E}\u{04}", 12, lot: "L9"),
        Case("[)>06^PAB1X^7Q3PC", 3), Case("[)>\u{1E}06\u{1D}8P\(one)\u{1D}Q2\u{1E}\u{04}", 2),
        Case("[)>\u{1E}05\u{1D}01\(one)\u{1D}3004\u{1E}\u{04}", 4), Case("AB-1 x", 1), Case("ab 1x", 1),
        Case("]A0AB1X", 1),
    ]

    @Test(arguments: cases)
    func aLabelCountsByWhicheverDoorItComes(label: Case) throws {
        try open()
        try scan(label.text)
        #expect(try line(1).received == label.pieces)
        #expect(try view().lines.first { $0.gtin == Self.one }?.lots.first?.number == label.lot)
        #expect(try view().remarks.isEmpty != label.isInPart)
        #expect(try asked().isEmpty)
        // A wedge's text is read the same; a piece with a number of its own is the same piece.
        let isOne = ScannedCode(label.text)?.value("21") != nil
        try type(label.text)
        #expect(try line(1).received == (isOne ? label.pieces : label.pieces + label.pieces))
    }

    @Test func twoBarcodesAreTwoPiecesAndOneSerialNumberIsOne() throws {
        try open()
        for _ in 1...2 { try scan(String(Self.gtin(27).dropFirst())) }
        #expect(try line(27).received == 2)
        try scan("01\(Self.gtin(3))21SER001")
        let again = try scan("]d201\(Self.gtin(3))21SER001")
        #expect(try line(3).received == 1)
        #expect(
            again == [
                .refused(zone: Self.zone, take: nil, subject: "item:\(Self.gtin(3))/SER001", .again)
            ])
    }

    /// Digits that could be element strings are references where the catalogue says so.
    @Test func referencesStayReferences() throws {
        try open()
        try scan("1020304")
        try scan("067601")
        #expect(try line(31).received == 1 && line(32).received == 1 && asked().isEmpty)
    }

    /// Another supplier's number, the ERP's code, a second barcode.
    @Test func everyCodeOfAnArticleFindsIt() throws {
        var product = try #require(try store.articles.product(Self.gtin(5)))
        product.codes = ["SON 123-4", "[E-COM07]", Self.gtin(90)]
        try store.articles.save(product)
        #expect(try store.articles.product(Self.gtin(5))?.codes == ["SON 123-4", "[E-COM07]"])
        try open()
        for code in ["son1234", "[E-COM07]", "]C0SON-1234", "]E0\(Self.gtin(90).dropFirst())", "[)>06^1PSON1234^Q2"] {
            try scan(code)
        }
        #expect(try line(5).received == 6 && asked().isEmpty)
        #expect(
            try store.index.search("son 1234", kinds: [.product], limit: 5).compactMap { $0["ref"]?.text } == [
                Self.gtin(5)
            ])
        try store.articles.remove(code: "SON1234", of: Self.gtin(5))
        try scan("SON1234")
        #expect(try asked() == ["text:SON1234"])
    }

    /// Two suppliers with the same reference: a person says which, nobody guesses.
    @Test func aReferenceOfTwoArticlesIsAsked() throws {
        try store.articles.save(ProductView(gtin: Self.gtin(40), description: "x", reference: "Z-9"))
        try store.articles.save(ProductView(gtin: Self.gtin(41), description: "y", reference: "Z9"))
        try open()
        try scan("z 9")
        #expect(try asked() == ["text:z 9"])
    }

    @Test(arguments: [
        "10ABC77", "010952123400033510L", "00195212340000000990", "12345678", "]A0ABC-123", "]C1019521234000335",
        "https://id.gs1.org/01/09521234000336", "(01)09521234000336(10)L", "[01]09521234000336[10]L", "[E-COM07]",
        "I10ABC77", "[)>06^Q12",
    ])
    func whatIsNoCodeIsAskedWithItsText(text: String) throws {
        try open()
        try scan(text)
        let bare = text.hasPrefix("]") ? String(text.dropFirst(3)) : text
        #expect(try asked() == ["text:\(bare)"])
        #expect(try view().lines.allSatisfy { $0.received == 0 })
        let again = try scan(text)
        #expect(again == [.refused(zone: Self.zone, take: nil, subject: "text:\(bare)", .asked)], "asked already")
    }

    /// The beginning of a text looks like an article that nobody knows: all of it is asked about.
    @Test func aDoubtfulArticleThatNobodyKnowsIsAsked() throws {
        try open()
        let text = "01\(Self.gtin(77))10LOT D"
        try scan(text)
        #expect(try asked() == ["text:\(text)"])
    }

    @Test func anArticleOutsideTheCatalogueIsANamedQuestion() throws {
        try open()
        try scan("01\(Self.gtin(77))3003")
        #expect(try view().questions.contains { $0.kind == .unordered && $0.gtin == Self.gtin(77) && $0.quantity == 3 })
    }

    /// An empty reference would find an article whose reference is empty; each one is looked up.
    @Test func aLabelHasAFewReferencesAndNoEmptyOne() {
        #expect(ScannedCode("[)>06^1P^Q2") == nil)
        let many = ScannedCode("[)>06" + (1...500).map { "^P\($0)" }.joined() + "^1PAB-1")
        #expect(many?.references.count == 8 && many?.references.first == "AB-1")
    }

    // MARK: pallets

    @Test(arguments: ["00", "", "]C000", "]C100", "(00)", "https://id.gs1.org/00/", "[)>06^1J"])
    func anAnnouncedPalletCountsWhatIsOnIt(before: String) throws {
        try open()
        try scan(before + Self.sscc(11))
        #expect(try line(8).received == 20)
    }

    @Test func aPalletNobodyAnnouncedIsAsked() throws {
        try open()
        let events = try scan("]C100\(Self.sscc(21))")
        guard case .counted(let count, _)? = events.first else {
            Issue.record("nothing was told")
            return
        }
        #expect(count.verdict == .pallet && count.subject == "sscc:\(Self.sscc(21))")
        #expect(try asked() == ["sscc:\(Self.sscc(21))"])
        // Its tag is the same pallet; another one's is another question.
        try pass(try Self.palletTag(21))
        try pass(try Self.palletTag(23))
        #expect(try Set(asked()) == ["sscc:\(Self.sscc(21))", "sscc:\(Self.sscc(23))"])
        // A restart folds the same.
        #expect(try store.deliveries.reception(of: delivery)?.subjects.count == 2)
        // A person says what is on it; taken back, it is asked again.
        try store.deliveries.decide(
            Decision(
                at: sender.time, who: "Nadia", kind: .associate, subject: "sscc:\(Self.sscc(21))", gtin: Self.gtin(14),
                quantity: 30), delivery: delivery)
        #expect(try line(14).received == 30)
        let last = try #require(try view().decisions.last)
        try store.deliveries.decide(
            Decision(at: sender.time, who: "Nadia", kind: .undo, quantity: Quantity(last.id)), delivery: delivery)
        #expect(try line(14).received == 0 && asked().count == 2)
    }

    @Test func aLogisticLabelCountsWhatItSays() throws {
        try open()
        let label = "]C100\(Self.sscc(22))02\(Self.gtin(14))3712"
        try scan(label)
        #expect(try line(14).received == 12 && asked().isEmpty)
        let again = try scan(label)
        #expect(try line(14).received == 12)
        #expect(again == [.refused(zone: Self.zone, take: nil, subject: "sscc:\(Self.sscc(22))", .again)])
        // Remove mode takes it back.
        #expect(try store.deliveries.setMode(.remove, delivery: delivery, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        try scan(label)
        #expect(try line(14).received == 0)
    }

    @Test func aPalletThatPassedBeforeTheOpeningCountsAtIt() throws {
        try pass(try Self.palletTag(11))
        try pass(try Self.palletTag(24))
        try scan("10ABC77")
        #expect(
            try store.strays.rows(zone: Self.zone, at: sender.time).compactMap { $0["subject"]?.text } == [
                "text:10ABC77", "sscc:\(Self.sscc(24))", "sscc:\(Self.sscc(11))",
            ])
        #expect(try store.strays.proposals(zone: Self.zone, at: sender.time).compactMap { $0["fits"]?.integer } == [20])
        try open()
        #expect(try line(8).received == 20)
        #expect(try asked() == ["sscc:\(Self.sscc(24))"])
    }

    /// What another delivery's pallet does at this dock: its tag waits for that one.
    @Test func anotherDeliverysPalletWaitsForIt() throws {
        let unit = Announced.Unit(sscc: Self.sscc(31), contents: [.init(gtin: Self.gtin(9), quantity: 6)])
        let other = try #require(
            try store.deliveries.expect(
                Announced(
                    note: "BL-M", supplier: "Demo", lines: [.init(gtin: Self.gtin(9), quantity: 6)], units: [unit]),
                source: "file"))
        try open()
        let events = try pass(try Self.palletTag(31))
        #expect(events.contains(.refused(zone: Self.zone, take: nil, subject: "sscc:\(Self.sscc(31))", .other)))
        #expect(try asked().isEmpty)
        #expect(try store.deliveries.open(delivery: other, zone: Self.zone, by: Author("Nadia"), at: sender.time))
        #expect(try store.deliveries.view(other)?.received == 6)
    }

    @Test func aPalletIsAskedAboutInAStockTakeToo() throws {
        let take = try #require(
            try store.takes.openTake(zone: "shelf", sources: [], blind: false, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        try send(.barcode(device: "g", zone: "shelf", Barcode(text: "00\(Self.sscc(22))02\(Self.gtin(14))3712")))
        try send(.key(device: "g", zone: "shelf", text: Self.sscc(21)))
        let view = try #require(try store.takes.view(take))
        #expect(view.counted == 12 && view.unknown.map(\.subject) == ["sscc:\(Self.sscc(21))"])
    }

    // MARK: tags that come again

    @Test func aTagOfAFormerDeliveryIsAskedWhenItComesBack() throws {
        let tag = InventoryTests.epc(5)
        let first = try #require(
            try store.deliveries.expect(
                Announced(note: "BL-0", supplier: "Demo", lines: [.init(gtin: InventoryTests.breaker, quantity: 1)]),
                source: "file"))
        #expect(try store.deliveries.open(delivery: first, zone: Self.zone, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        try pass(tag)
        #expect(try store.deliveries.close(delivery: first, by: Author("Nadia"), at: sender.time))
        // It stays beside the door during the next one.
        try open()
        try pass(tag)
        #expect(try asked().isEmpty)
        try leave(tag)
        try pass(tag)
        #expect(try asked().isEmpty, "nobody awaits it, and it was here a moment ago")
        try leave(tag)
        sender.time += 400 * 86_400_000
        let events = try pass(tag)
        #expect(
            events.contains { if case .counted(let count, _) = $0 { count.verdict == .returned } else { false } })
        #expect(try view().unknown.map(\.gtin) == [InventoryTests.breaker])
        // A person says that it is received once more.
        try store.deliveries.decide(
            Decision(
                at: sender.time, who: "Nadia", kind: .associate, subject: "tag:\(tag.hex)", gtin: InventoryTests.breaker
            ),
            delivery: delivery)
        #expect(try view().lines.first { $0.gtin == InventoryTests.breaker }?.received == 1)
    }

    /// It came back before anybody opened the reception of the return.
    @Test func aTagThatCameBackBeforeTheOpeningIsAskedAtIt() throws {
        let tag = InventoryTests.epc(6, Self.gtin(2))
        try open()
        try pass(tag)
        #expect(try line(2).received == 1)
        try leave(tag)
        #expect(try store.deliveries.close(delivery: delivery, by: Author("Nadia"), at: sender.time))
        _ = try store.deliveries.expect(
            Announced(note: "BL-N", supplier: "Demo", lines: [.init(gtin: Self.gtin(3), quantity: 1)]), source: "file")
        sender.time += 3 * 86_400_000
        try pass(tag)
        let back = try #require(
            try store.deliveries.openBlind(
                supplier: "Return", zone: Self.zone, note: "R-1", day: "2026-11-27", by: Author("Nadia"),
                at: sender.time + 1000))
        let view = try #require(try store.deliveries.view(back))
        #expect(view.unknown.map(\.subject) == ["tag:\(tag.hex)"] && view.unknown.map(\.gtin) == [Self.gtin(2)])
    }

    // MARK: what counts nothing

    @Test func aScanThatCountsNothingSaysWhy() throws {
        _ = try store.deliveries.expect(Announced(note: "OLD-1", supplier: "Demo"), source: "file")
        try store.database.run("UPDATE delivery SET status='closed', closed=1 WHERE note='OLD-1'")
        try open()
        func why(_ text: String) throws -> [Refusal] {
            try scan(text).compactMap { if case .refused(_, _, _, let why) = $0 { why } else { nil } }
        }
        #expect(try why("BL-L") == [.sameNote])
        #expect(try why("OLD-1") == [.closedNote])
        #expect(try store.deliveries.setMode(.remove, delivery: delivery, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        #expect(try why(String(Self.gtin(2).dropFirst())) == [.notCounted])
    }

    /// What is scanned into the field of the search is read as a dock reads it.
    @Test(arguments: [
        "]C101\(gtin(4))10L", "https://id.gs1.org/01/\(gtin(4))", "(01)\(gtin(4))", "\(gtin(4).dropFirst())",
    ])
    func aScannedLabelFindsItsArticle(text: String) throws {
        let found = try store.index.search(text, kinds: [.product], limit: 5)
        #expect(found.compactMap { $0["ref"]?.text } == [Self.gtin(4)])
        #expect(
            try store.index.search(Self.sscc(11), kinds: [.delivery], limit: 5).compactMap { $0["title"]?.text } == [
                "BL-L"
            ])
    }

    /// The part that could not be read is told with the count.
    @Test func whatWasNotReadIsShown() throws {
        try open()
        try scan("]C101\(Self.one)17271331")
        let remark = try #require(try view().remarks.first)
        #expect(remark.gtin == Self.one && remark.text.contains("271331"))
        #expect(try view().json["remarks"]?.list?.count == 1)
    }

    @Test func whatWasNotReadIsShownInAStockTakeToo() throws {
        let take = try #require(
            try store.takes.openTake(zone: "shelf", sources: [], blind: false, by: Author("Nadia"), at: sender.time))
        applier.forgetReceptions()
        for text in ["01\(Self.one)17271331", "01\(Self.gtin(4))"] {
            try send(.barcode(device: "g", zone: "shelf", Barcode(symbology: "]C1", text: text)))
        }
        let view = try #require(try store.takes.view(take))
        #expect(view.counted == 2 && view.remarks.map(\.gtin) == [Self.one])
        #expect(view.remarks[0].text.contains("271331"))
        #expect(view.json["remarks"]?.list?.count == 1)
    }
}
