import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Cable by the metre, goods by weight: from the paper to the book.
struct MeasuredGoodsTests {
    static let cable = "09521234000013"
    static let drum = "19521234000010"
    static let plug = "09521234000020"

    private let folder = TemporaryFolder()
    let store: Store

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = ["dock": ZoneRule(kind: .dock)]
        var product = ProductView(gtin: Self.cable, description: "Câble R2V 3G2,5", unit: "mètre")
        product.cartons = [.init(gtin: Self.drum, quantity: 500)]
        try store.articles.save(product)
        try store.articles.save(ProductView(gtin: Self.plug, description: "Prise", unit: "pce"))
    }

    private func take(_ rows: String..., head: String = "delivery_note;supplier;gtin;quantity;unit") throws
        -> ImportReport
    {
        try Import.deliveries(Array(([head] + rows).joined(separator: "\n").utf8), into: store, dryRun: false, now: 1)
    }

    private func view(_ note: String = "N") throws -> DeliveryView {
        try #require(try store.deliveries.id(note: note).flatMap { try store.deliveries.view($0) })
    }

    @Test func theUnitIsACodeHoweverItWasWritten() throws {
        #expect(try store.articles.product(Self.cable)?.unit == "MTR")
        #expect(try store.articles.measure(of: Self.cable).symbol == "m")
        #expect(try store.articles.measure(of: Self.plug) == .piece)
        #expect(try store.articles.product(Self.cable)?.json["unit"] == "MTR")
    }

    @Test func aTableAnnouncesMetresDrumsAndPieces() throws {
        let report = try take(
            "N;S;\(Self.cable);12,5;", "N;S;\(Self.cable);0,75 m;", "N;S;\(Self.drum);2;RL", "N;S;\(Self.cable);50;cm",
            "N;S;\(Self.plug);3;")
        #expect(report.refused.isEmpty)
        #expect(report.remarks.map(\.reason) == ["50 cm are 0.5 m"])
        let lines = try view().lines
        #expect(lines.map(\.expected) == [Quantity("13.75"), 1000, 3].compactMap(\.self))
        #expect(lines.map(\.measure.code) == ["MTR", "MTR", "C62"])
        #expect(try view().expected == 5, "two lines in metres and three pieces")
        #expect(try view().json["lines"]?.list?.first?["expected"] == .number(13.75))
        #expect(try view().json["lines"]?.list?.first?["unit"] == "MTR")
        #expect(try view().json["lines"]?.list?.last?["unit"] == nil)
    }

    @Test func whatCannotBeConvertedIsRefused() throws {
        let report = try take(
            "N;S;\(Self.cable);2;PCE", "N;S;\(Self.plug);12,5;", "N;S;\(Self.plug);12;m", "N;S;\(Self.drum);2,5;",
            "N;S;\(Self.cable);1,0001;", "N;S;\(Self.cable);3 m;kg", "N;S;\(Self.cable);0,05;cm",
            "N;S;\(Self.plug);5;kartons",
            "N;S;\(Self.cable);12,500;")
        #expect(report.refused.map(\.line) == [2, 3, 4, 5, 6, 7, 8, 10])
        for (refusal, words) in zip(
            report.refused,
            [
                "in pieces, not in m", "not a whole number", "in MTR, not in pieces", "not a whole number",
                "more than three decimals", "beside it is KGM", "three decimals", "could be",
            ])
        {
            #expect(refusal.reason.contains(words), "\(refusal.reason)")
        }
        #expect(
            report.remarks.map(\.reason) == ["5 CT are taken for 5 pieces: the line names the piece, not its package"])
        #expect(try view().lines.map(\.expected) == [5])
    }

    /// Nobody has said what it is counted in: the paper does, once for all of its lines.
    @Test func aPaperTeachesTheUnit() throws {
        let hose = "09521234000037"
        let report = try take("N;S;\(hose);7,5 m;", "N;S;\(hose);2;PCE", "N;S;\(hose);2;")
        #expect(report.refused.map(\.line) == [3])
        #expect(try view().lines.map(\.expected) == [Quantity("9.5")])
        #expect(try store.articles.product(hose)?.unit == "MTR")
    }

    @Test func messagesSayTheirUnits() throws {
        let desadv = DESADVTests.interchange([
            DESADVTests.head + [
                "CPS+1", "LIN+1++\(Self.cable.dropFirst()):EN", "QTY+12:250.5:MTR", "LIN+2++\(Self.drum):SRV",
                "QTY+12:1:PCE",
                "LIN+3++\(Self.plug.dropFirst()):EN", "QTY+12:5:KGM",
            ]
        ])
        let report = try Import.deliveries(DESADVTests.latin1(desadv), into: store, dryRun: false, now: 1)
        #expect(report.refused.map(\.reason).filter { $0.contains("in KGM, not in pieces") }.count == 1)
        #expect(try view("DA-77").lines.map(\.expected) == [Quantity("250.5"), 500].compactMap(\.self))

        let ubl = UBLTests.advice(
            UBLTests.line("12.75", unit: "MTR", item: UBLTests.standard(String(Self.cable.dropFirst()))),
            UBLTests.line("2", unit: "XRL", item: UBLTests.standard(Self.drum)))
        #expect(try Import.deliveries(Array(ubl.utf8), into: store, dryRun: false, now: 1).refused.isEmpty)
        #expect(try view("U-1").lines.map(\.expected) == [Quantity("12.75"), 1000].compactMap(\.self))

        let json = """
            {"note":"J","supplier":"S","lines":[{"gtin":"\(Self.cable)","quantity":0.125},
            {"gtin":"\(Self.cable)","quantity":75,"unit":"cm","lot":"L"},{"gtin":"\(Self.plug)","quantity":1.5}],
            "units":[{"sscc":"\(DESADVTests.sscc(1))","contents":[{"gtin":"\(Self.cable)","quantity":0.125}]}]}
            """
        let read = try Import.deliveries(Array(json.utf8), into: store, dryRun: false, now: 1)
        #expect(
            read.refused.map(\.line) == [3] && read.remarks.map(\.reason) == ["delivery J, line 2: 75 cm are 0.75 m"])
        #expect(try view("J").lines.map(\.expected) == [Quantity("0.125"), Quantity("0.75")].compactMap(\.self))
        #expect(try view("J").units.first?.contents.first?.quantity == Quantity("0.125"))
    }

    @Test(
        arguments: [
            ("]C101\(cable)3111000125", "12.5", false), ("]d201\(cable)3113012345", "12.345", false),
            ("]C101\(cable)3115123456", nil, true), ("]C101\(drum)", "500", false),
            ("]C101\(drum)3110000480", "480", false),
            ("]C101\(cable)", "1", true), ("]C101\(plug)3103001500", "1", false),
            ("]C101\(cable)3210000100", "2.54", false),
        ] as [(String, String?, Bool)]) func aLabelSaysItsLength(text: String, metres: String?, isRemarked: Bool) throws
    {
        let piece = Piece(
            Barcode(symbology: String(text.prefix(3)), text: String(text.dropFirst(3))), record: "a/1",
            in: StoredCatalogue(store: store))
        #expect(piece.quantity == metres.flatMap { Quantity($0) } ?? 1)
        #expect((piece.remark != nil) == isRemarked, "\(piece.remark ?? "")")
    }

    /// ANSI MH10.8.2: a quantity as it is, or with a unit behind it.
    @Test(
        arguments: [
            (cable, "Q250.5", "250.5", false), (cable, "Q12,5", "12.5", false), (cable, "Q250", "250", false),
            (cable, "7Q12.5MR", "12.5", false), (cable, "7Q1250CM", "12.5", false), (cable, "Q0.75 m", "0.75", false),
            (cable, "7Q3KG", "1", true), (cable, "Q1,250", "1", true), (cable, "7Q0.0005MR", "1", true),
            (drum, "7Q480.25MR", "480.25", false), (drum, "Q2", "1000", false),
            (plug, "7Q2DZ", "24", false), (plug, "Q12.000", "12", false), (plug, "Q12.5", "1", true),
            (plug, "7Q5KG", "1", true), (plug, "7Q5BX", "1", true), (plug, "7Q5ZZ", "1", true),
            (plug, "Q123456789012", "1", true), (plug, "7Q0.5DZ", "6", false), (plug, "7Q0.1DZ", "1", true),
        ] as [(String, String, String, Bool)])
    func aSuppliersLabelSaysItsQuantity(gtin: String, field: String, quantity: String, isRemarked: Bool) throws {
        let text = "[)>\u{1E}06\u{1D}8P\(gtin)\u{1D}\(field)\u{1E}\u{04}"
        let piece = Piece(Barcode(text: text), record: "a/1", in: StoredCatalogue(store: store))
        #expect(piece.gtin == (gtin == Self.drum ? Self.cable : gtin))
        #expect(piece.quantity == Quantity(quantity), "\(piece.quantity)")
        #expect((piece.remark != nil) == isRemarked, "\(piece.remark ?? "")")
    }

    @Test func metresAreReceivedCorrectedBookedAndCounted() throws {
        _ = try take("N;S;\(Self.cable);250,5;", "N;S;\(Self.plug);4;")
        let (receiving, counting) = (ReceivingDesk(store), CountingDesk(store))
        let id = try view().id
        func adjust(_ gtin: String, _ text: String) throws {
            try receiving.decide(
                Decision(at: 2, who: "Nadia", kind: .adjust, gtin: gtin, quantity: Quantity(text)), on: id)
        }
        #expect(try receiving.open(id, zone: "dock", by: Author("Nadia"), at: 1))
        try adjust(Self.cable, "250.25")
        #expect(throws: DecisionError.self) { try adjust(Self.plug, "0.5") }
        try adjust(Self.plug, "4")
        #expect(try view().lines[0].missing == Quantity("0.25"))
        #expect(try view().questions.map(\.quantity) == [Quantity("0.25")])
        #expect(try view().received == 4 && view().missing == 1)
        try adjust(Self.cable, "0.25")
        #expect(try view().received == 5 && view().missing == 0)
        let undone = try #require(try view().decisions.last)
        try receiving.decide(
            Decision(at: 3, who: "Nadia", kind: .undo, quantity: Quantity(undone.id)), on: id)
        #expect(try view().lines[0].received == Quantity("250.25"))
        try receiving.decide(
            Decision(at: 3, who: "Nadia", kind: .damaged, gtin: Self.cable, quantity: Quantity("0.2")), on: id)
        #expect(try receiving.close(id, .init(short: .later), by: Author("Nadia"), at: 4))
        #expect(try store.stock.rows(gtin: Self.cable).map(\.quantity) == [Quantity("250.25")].compactMap(\.self))
        #expect(
            try store.stock.movements(gtin: Self.cable, zone: nil, from: nil, to: nil, limit: 5).first?["quantity"]
                == .number(250.25))

        let take = try #require(try counting.open(zone: "dock", sources: [], blind: false, by: Author("Karim"), at: 5))
        for text in ["100.1", "150.1"] {
            try counting.decide(
                Decision(at: 6, who: "Karim", kind: .adjust, gtin: Self.cable, quantity: Quantity(text)), on: take)
        }
        #expect(throws: DecisionError.self) {
            try counting.decide(
                Decision(at: 6, who: "Karim", kind: .adjust, gtin: Self.plug, quantity: Quantity("3.5")), on: take)
        }
        #expect(try counting.change(take, to: .review, by: Author("Karim"), at: 7))
        let line = try #require(try store.takes.view(take)?.lines.first { $0.gtin == Self.cable })
        #expect(line.difference == Quantity("-0.05") && line.measure.code == "MTR")
        #expect(try counting.post(take, complete: false, by: Author("Karim"), at: 8))
        #expect(try store.stock.rows(gtin: Self.cable).map(\.quantity) == [Quantity("250.2")].compactMap(\.self))
        #expect(try store.takes.view(take)?.lines.first?.counted == Quantity("250.2"))
    }

    /// An ERP announces parts of a unit that nobody knows: they can be received.
    @Test func partsOfAnUnknownUnitAreReceivedWhereTheyAreExpected() throws {
        let gtin = "09521234000044"
        let id = try #require(
            try store.deliveries.expect(
                Announced(note: "E", supplier: "S", lines: [.init(gtin: gtin, quantity: Quantity(thousandths: 7500))]),
                source: "erp"))
        #expect(try store.deliveries.open(delivery: id, zone: "dock", by: Author("Nadia"), at: 1))
        try store.deliveries.decide(
            Decision(at: 2, who: "Nadia", kind: .adjust, gtin: gtin, quantity: Quantity(thousandths: 7500)),
            delivery: id)
        #expect(try view("E").questions.isEmpty)
    }

    @Test func theUnitOfWhatIsInStockStays() throws {
        let table = CSV(
            Array("gtin;description;unit;minimum\n\(Self.cable);Câble;kg;\n\(Self.plug);Prise;pce;2,5".utf8))
        #expect(try Import.check(products: table, in: store).report.refused.map(\.line) == [3], "half a plug")
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "dock"), gtin: Self.cable, quantity: 5, by: Author("Nadia"), at: 1)
        let refused = try Import.check(products: table, in: store).report.refused
        #expect(refused.map(\.line) == [2, 3] && refused[0].reason.contains("cannot become KGM"))
    }

    @Test func aMinimumInMetresIsWatched() throws {
        var product = try #require(try store.articles.product(Self.cable))
        product.minimum = Quantity("10.5")
        try store.articles.save(product)
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "dock"), gtin: Self.cable, quantity: Quantity(thousandths: 10_499),
            by: Author("Nadia"), at: 1)
        let notice = try #require(try store.stock.openNotices().first)
        #expect(notice["data"]?["quantity"] == .number(10.499) && notice["data"]?["unit"] == "MTR")
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "dock"), gtin: Self.cable, quantity: Quantity(thousandths: 1),
            by: Author("Nadia"), at: 2)
        #expect(try store.stock.openNotices().isEmpty)
    }
}
