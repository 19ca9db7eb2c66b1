import Identifiers
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Articles without a GTIN, as half of a hardware store's are: pulled from an ERP, scanned by reference and internal barcode, counted by
/// hand, booked.
struct ArticleCodeTests {
    static let screw = "#VIS-6x40"
    static let cable = "09521234000013"

    private let folder = TemporaryFolder()
    private let store: Store
    private let applier: Applier
    private let sender = InventoryTests.Sender()
    private let nadia = Author("Nadia", station: "dock")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        store.rules = ["dock": ZoneRule(kind: .dock), "shelf": ZoneRule(kind: .store)]
        applier = Applier(store: store)
    }

    /// A receipt of three kinds of articles: 7 without any barcode, 5 with an internal one, 2 with a GTIN.
    private func pull() throws -> Int64 {
        func line(
            _ erp: String, _ gtin: String?, _ reference: String?, _ codes: [String] = [], _ quantity: Quantity
        ) throws -> Announced.Line {
            let code = try store.articles.lineCode(
                erp: erp, gtin: gtin, reference: reference, codes: codes, description: "Article \(erp)",
                tracking: "none")
            return .init(
                gtin: code, description: "Article \(erp)", quantity: quantity, erp: "m\(erp)", erpProduct: erp)
        }
        let lines = [
            try line("57", nil, "VIS-6x40", [], 7), try line("58", nil, nil, ["INT-0058"], 5),
            try line("59", Self.cable, "R2V", [], 2),
        ]
        let announced = Announced(note: "P00042", supplier: "Demo", erp: "12", lines: lines)
        return try #require(try store.deliveries.expect(announced, source: "erp"))
    }

    @discardableResult
    private func scan(_ text: String, _ symbology: String? = nil, at zone: String = "dock") throws -> [CentreEvent] {
        sender.time += 1000
        let row = InventoryTests.scan(text, symbology, at: zone).encoded(at: 0)
        let frame = InventoryTests.frame([row], first: sender.next, origin: sender.time)
        sender.next += 1
        return try applier.apply([("gate", frame)], at: sender.time).events
    }

    private func view(_ id: Int64) throws -> DeliveryView { try #require(try store.deliveries.view(id)) }

    // MARK: the code

    @Test(arguments: ["AB-1", "ab 1", "vis 6×40", "#1", "é", "a/b?c%d", String(repeating: "x", count: 64)])
    func aReferenceIsACode(_ reference: String) throws {
        let code = try #require(ArticleCode(reference: reference))
        #expect(ArticleCode(asked: code.text) == code)
        #expect(ArticleCode.reference(of: code.text) == reference)
        #expect(ArticleCode.isOwn(code.text))
    }

    @Test(arguments: ["", " AB", "AB ", "A\u{7}B", "a\nb", "\u{200B}", "erp:5", String(repeating: "x", count: 65)])
    func whatNobodyCanTypeIsNoReference(_ reference: String) {
        #expect(ArticleCode(reference: reference) == nil)
    }

    @Test func codesOfTheERPAndGTINsAreToldApart() {
        #expect(ArticleCode(asked: "#erp:57") == .erp("57"))
        #expect(ArticleCode(asked: "#erp:") == nil)
        #expect(ArticleCode(asked: "9521234000013") == .gtin(Self.cable))
        #expect(ArticleCode(asked: "AB-1") == nil, "a word is no code without its sign")
        #expect(ArticleCode.reference(of: "#erp:57") == nil)
        #expect(!ArticleCode.isOwn("09521234000014"), "an ERP's GTIN may have a wrong check digit")
    }

    @Test func anArticleOfTheERPKeepsItsCode() throws {
        let articles = store.articles
        #expect(try articles.code(erp: "57", gtin: nil, reference: "AB-1") == "#AB-1")
        try articles.take(ProductView(gtin: "", description: "Vis", reference: "AB-1"), erp: "57", gtins: [])
        #expect(try articles.code(erp: "57", gtin: nil, reference: "AB-2") == "#AB-1", "it was renamed there")
        #expect(try articles.code(erp: "58", gtin: nil, reference: "AB-1") == "#erp:58", "another article's reference")
        #expect(try articles.code(erp: "59", gtin: nil, reference: " ") == "#erp:59")
        // It is given a GTIN: the same article, found by both.
        try articles.take(ProductView(gtin: "", description: "Vis", reference: "AB-1"), erp: "57", gtins: [Self.cable])
        let product = try #require(try articles.product("#AB-1"))
        #expect(product.cartons == [.init(gtin: Self.cable, quantity: 1)])
        #expect(try articles.product(Self.cable) == nil)
        #expect(try articles.code(erp: "57", gtin: Self.cable, reference: "AB-1") == "#AB-1")
        // One that had a GTIN keeps that.
        try articles.take(
            ProductView(gtin: "", description: "Prise", reference: "P"), erp: "60", gtins: ["09521234000020"])
        #expect(try articles.code(erp: "60", gtin: nil, reference: "P") == "09521234000020")
    }

    // MARK: receiving

    @Test func aReceiptWithoutGTINsIsReceivedWhole() throws {
        let id = try pull()
        #expect(try view(id).lines.map(\.gtin) == [Self.screw, "#erp:58", Self.cable])
        #expect(try store.deliveries.open(delivery: id, zone: "dock", by: nadia, at: sender.time))
        applier.forgetReceptions()
        // The reference by Code 128 and QR, typed in small letters, as our own label has it; the internal barcode.
        for text in ["VIS-6x40", "vis-6X40", "vis 6x40", Self.screw] { try scan(text) }
        try scan("VIS-6x40", "]C0")
        try scan("VIS-6x40", "]Q1")
        for _ in 1...3 { try scan("INT-0058", "]C0") }
        try scan("#erp:58")
        try scan(Self.cable)
        try scan(Self.cable)
        #expect(try view(id).lines.map(\.received) == [6, 4, 2])
        #expect(try view(id).unknown.isEmpty)
        #expect(try view(id).questions.map(\.kind) == [.short, .short], "a line without a GTIN is a line")
        let desk = ReceivingDesk(store)
        try desk.decide(Decision(at: 9, who: "Nadia", kind: .adjust, gtin: Self.screw, quantity: 1), on: id)
        try desk.decide(Decision(at: 9, who: "Nadia", kind: .adjust, gtin: "#erp:58", quantity: 1), on: id)
        #expect(try view(id).questions.isEmpty)
        #expect(try desk.close(id, .init(), by: nadia, at: sender.time))
        #expect(try store.stock.rows(gtin: Self.screw).map(\.quantity) == [7])
        #expect(try store.stock.rows(gtin: "#erp:58").map(\.quantity) == [5])
        #expect(try view(id).lines.map(\.erpProduct) == ["57", "58", "59"])
    }

    @Test func aReferenceOfTwoArticlesAsks() throws {
        try store.articles.save(ProductView(gtin: "#100", description: "Rail", reference: "100", erp: "1"))
        try store.articles.save(ProductView(gtin: Self.cable, description: "Câble", reference: "100", erp: "2"))
        let desk = ReceivingDesk(store)
        let id = try #require(
            try desk.openBlind(supplier: "Demo", zone: "dock", note: "B", day: "2026-11-27", by: nadia, at: sender.time)
        )
        try scan("100")
        #expect(try view(id).unknown.map(\.subject) == ["text:100"])
        try desk.decide(Decision(at: 9, who: "Nadia", kind: .associate, subject: "text:100", gtin: "#100"), on: id)
        #expect(try view(id).lines.map(\.gtin) == ["#100"])
        try scan("100")
        #expect(try view(id).lines.map(\.received) == [2], "once said, it is known")
        #expect(throws: DecisionError.self) {
            try desk.decide(Decision(at: 9, who: "Nadia", kind: .adjust, gtin: "#NOWHERE", quantity: 1), on: id)
        }
    }

    @Test func whatAPaperNamedFirstIsTheArticleThatHasTheReferenceSince() throws {
        try store.papers.describe("#AB-1", "Vis")
        #expect(try store.articles.product(reference: "ab1") == "#AB-1")
        try store.articles.save(ProductView(gtin: Self.cable, description: "Vis", reference: "AB-1"))
        #expect(try store.articles.product(reference: "AB-1") == Self.cable)
    }

    // MARK: counting and finding

    @Test func aShelfOfArticlesWithoutGTINsIsCounted() throws {
        try store.articles.save(
            ProductView(gtin: Self.screw, description: "Vis à bois", reference: "VIS-6x40", erp: "57"))
        try store.stock.move(
            Movement(kind: .received, from: nil, to: "shelf"), gtin: Self.screw, quantity: 50, by: nadia, at: 1)
        let desk = CountingDesk(store)
        let id = try #require(try desk.open(zone: "shelf", sources: [], blind: false, by: nadia, at: sender.time))
        applier.forgetReceptions()
        try scan("vis-6x40", at: "shelf")
        try desk.decide(Decision(at: 9, who: "Nadia", kind: .adjust, gtin: Self.screw, quantity: 47), on: id)
        let line = try #require(try store.takes.view(id)?.lines.first)
        #expect(line.gtin == Self.screw && line.counted == 48 && line.expected == 50)
        #expect(throws: DecisionError.self) {
            try desk.decide(Decision(at: 9, who: "Nadia", kind: .adjust, gtin: "#NOWHERE", quantity: 1), on: id)
        }
    }

    @Test(arguments: ["VIS-6x40", "vis", "bois", "INT-1", "int1", "#VIS-6x40"])
    func itIsFoundByWhatPeopleCallIt(_ text: String) throws {
        var product = ProductView(gtin: Self.screw, description: "Vis à bois", reference: "VIS-6x40")
        product.codes = ["INT-1"]
        try store.articles.save(product)
        let found = try store.index.search(text, kinds: [.product], limit: 5)
        #expect(found.map { $0["ref"]?.text } == [Self.screw])
    }

    // MARK: labels

    @Test func whatALabelFromHereSaysIsTheArticle() throws {
        try store.articles.save(ProductView(gtin: Self.screw, description: "Vis", reference: "VIS-6x40", erp: "57"))
        try store.articles.save(ProductView(gtin: "#erp:58", description: "Rail", erp: "58"))
        try store.articles.save(ProductView(gtin: Self.cable, description: "Câble"))
        // Two have one reference: the label of one says its own code.
        try store.articles.save(ProductView(gtin: "#100", description: "A", reference: "100", erp: "1"))
        try store.articles.save(ProductView(gtin: "09521234000020", description: "B", reference: "100", erp: "2"))
        for (code, text) in [
            (Self.screw, "VIS-6x40"), ("#erp:58", "#erp:58"), ("#100", "#100"),
            (Self.cable, "https://id.gs1.org/01/\(Self.cable)"),
        ] {
            let label = try #require(try store.articles.label(of: code))
            #expect(label.text == text)
            let catalogue = StoredCatalogue(store: store)
            #expect(Piece(Barcode(symbology: "]Q1", text: label.text), record: "r", in: catalogue).gtin == code)
            let bars = try #require(label.bars)
            let symbology = label.isGS1 ? "]C1" : "]C0"
            #expect(Piece(Barcode(symbology: symbology, text: bars), record: "r", in: catalogue).gtin == code)
        }
        let own = try #require(try store.articles.label(of: Self.cable, serial: "S1"))
        let piece = Piece(Barcode(text: own.text), record: "r", in: StoredCatalogue(store: store))
        #expect(piece.serial == "S1" && piece.gtin == Self.cable && own.bars == nil)
        #expect(try store.articles.label(of: "#NOWHERE") == nil)
        #expect(try store.articles.code(asked: "vis 6x40") == Self.screw && store.articles.code(asked: "100") == nil)
    }

    @Test func anArticleIsMadeByItsReference() throws {
        let desk = CatalogueDesk(store)
        let made = try desk.save(.init(description: "Équerre"), of: "#EQ-90", by: nadia, at: 1)
        #expect(made.reference == "EQ-90")
        #expect(try store.articles.product(reference: "eq90") == "#EQ-90")
    }
}

/// Papers that name articles by reference alone.
struct ReferencePaperTests {
    @Test(arguments: ["néant", "N/A", "NC", "-"])
    func aReferenceThatSaysNothingIsNone(cell: String) throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let head = "delivery_note;supplier;gtin;reference;description;quantity\n"
        let rows = "N;S;;\(cell);Screw;1\nN;S;\(cell);VIS-1;Screw;1\n"
        let report = try Import.deliveries(CSV(Array((head + rows).utf8)), into: store, dryRun: false, now: 0)
        #expect(report.accepted == 1 && report.refused.count == 1)
        #expect(try store.articles.product("#VIS-1") != nil && store.articles.product("#\(cell)") == nil)
    }

    private let folder = TemporaryFolder()
    private let store: Store

    init() throws { store = try TestStore.open("\(folder.path)/db") }

    private func take(_ text: String) throws -> ImportReport {
        try Import.deliveries(Array(text.utf8), into: store, dryRun: false, now: 1)
    }

    private func codes(_ note: String) throws -> [String] {
        let id = try #require(try store.deliveries.id(note: note))
        return try #require(try store.deliveries.view(id)).lines.map(\.gtin)
    }

    static let seller =
        "<cac:SellersItemIdentification><cbc:ID>AB-1</cbc:ID></cac:SellersItemIdentification>"

    /// The same line in every form: five of the supplier's AB-1.
    static let papers = [
        "delivery_note;supplier;reference;description;quantity\nN;Demo;AB-1;Vis;5\n",
        "delivery_note;supplier;gtin;reference;description;quantity\nN;Demo;;AB-1;Vis;5\n",
        "{\"note\":\"N\",\"supplier\":\"Demo\",\"lines\":[{\"reference\":\"AB-1\",\"quantity\":5}]}",
        DESADVTests.interchange([
            ["BGM+351+N+9", "NAD+SU+3012345000015::9++Demo", "LIN+1", "PIA+1+AB-1:SA", "QTY+12:5:PCE"]
        ]),
    ]

    @Test(arguments: papers) func aReferenceAloneIsAnArticle(_ paper: String) throws {
        #expect(try take(paper).refused.isEmpty)
        #expect(try codes("N") == ["#AB-1"])
        #expect(try store.articles.product(reference: "ab 1") == "#AB-1", "a scan of it is known")
        // Again it is the same one, and where the catalogue has an article with this reference, that one is meant.
        #expect(
            try take(paper.replacing("N;", with: "M;").replacing("\"N\"", with: "\"M\"").replacing("+N+", with: "+M+"))
                .refused.isEmpty)
        #expect(try codes("M") == ["#AB-1"])
    }

    @Test func anAdviceWithTheSellersReferenceAloneIsReceived() throws {
        let parsed = UBL.parse(
            Array(UBLTests.advice(UBLTests.line("2", item: Self.seller)).utf8),
            own: { ArticleCode(reference: $0)?.text })
        #expect(parsed.deliveries.first?.lines.map(\.gtin) == ["#AB-1"])
    }

    @Test func whatMayBeAnotherArticleIsRefused() throws {
        for gtin in ["09521234000013", "09521234000020"] {
            try store.articles.save(ProductView(gtin: gtin, description: "A", reference: "R-1"))
        }
        let report = try take(
            """
            delivery_note;supplier;gtin;reference;description;quantity
            N;Demo;;R-1;two have it;5
            N;Demo;;3608439390617;a wrong check digit;5
            N;Demo;;3,60844E+12;shortened;5
            N;Demo;;7;one sign;5
            N;Demo;ZZ-1;;no GTIN where one should be;5
            N;Demo;3608439390617;AB-2;a wrong check digit beside a reference;5
            N;Demo;;AB-3;good;5
            """)
        #expect(report.refused.map(\.line) == [2, 3, 4, 5, 6, 7])
        #expect(try codes("N") == ["#AB-3"])
    }

    @Test func theCatalogueComesWithoutGTINs() throws {
        let products = "gtin;reference;description\n;VIS-6x40;Vis\n09521234000013;R2V;Câble\n;;nothing\n;R2V;the same\n"
        let report = try Import.check(products: CSV(Array(products.utf8)), in: store).finish(
            into: store, dryRun: false, by: "x", now: 1)
        #expect(report.refused.map(\.line) == [4] && report.products == 3)
        #expect(try store.articles.product("#VIS-6x40")?.reference == "VIS-6x40")
        let codes = "gtin;code\nvis 6x40;INT-7\n"
        _ = try Import.check(codes: CSV(Array(codes.utf8)), in: store).finish(
            into: store, dryRun: false, by: "x", now: 1)
        #expect(try store.articles.product(reference: "int7") == "#VIS-6x40")
        let tags = "tag;gtin\nE28011700000020A1B2C3D4E;VIS-6x40\n"
        _ = try Import.check(tags: CSV(Array(tags.utf8)), in: store).finish(into: store, dryRun: false, by: "x", now: 1)
        #expect(StoredCatalogue(store: store).label("tag:E28011700000020A1B2C3D4E")?.gtin == "#VIS-6x40")
    }
}
