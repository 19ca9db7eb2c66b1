import Model
import Testing

/// What travels of deliveries to an agent.
struct ExpectedGoodsTests {
    private static func goods() -> ExpectedGoods {
        var delivery = ExpectedGoods.Delivery(
            id: 12, note: "BL-1", supplier: "Rexel", zone: "dock-1", isOpen: true,
            lines: [
                .init(
                    gtin: "03608439390616", label: "Disjoncteur", reference: "A9F", expected: 12, counted: 3,
                    packs: [.init(gtin: "13608439390613", quantity: 10)]),
                .init(gtin: "#cable", label: "Câble", unit: "m", expected: 100, counted: Quantity(thousandths: 12_500)),
            ])
        (delivery.more, delivery.unknown) = (4, 1)
        delivery.units = [
            .init(sscc: "106141412345678908", contents: [.init(gtin: "03608439390616", quantity: 6)]),
            .init(sscc: "036084390000000015", parent: "106141412345678908", contents: []),
        ]
        delivery.claimed = [.init(gtin: "03608439390616", quantity: 2)]
        delivery.loose = [.init(gtin: "03608439390616", quantity: 1)]
        var goods = ExpectedGoods(
            at: 1_800_000_000_000, epoch: .max, through: 77,
            deliveries: [delivery, .init(id: 13, note: "BL-2", supplier: "", zone: nil, isOpen: false, lines: [])])
        (goods.more, goods.tags) = (3, [0, 1, 0xDEAD_BEEF, .max])
        return goods
    }

    private static func changed(_ name: String, _ value: JSON) -> ExpectedGoods? {
        ExpectedGoods(json: goods().json.with(name, value))
    }

    @Test func whatIsWrittenIsRead() throws {
        #expect(ExpectedGoods(json: try JSON(parsing: Self.goods().json.text8)) == Self.goods())
        let nothing = ExpectedGoods(at: 0, epoch: 0, through: 0, deliveries: [])
        #expect(ExpectedGoods(json: nothing.json) == nothing)
    }

    @Test func whatIsOutOfBoundsIsRefusedAsAWhole() {
        #expect(Self.changed("v", 2) == nil)
        #expect(Self.changed("at", -1) == nil && Self.changed("through", .int(.max)) == nil)
        #expect(Self.changed("epoch", "xyz") == nil && Self.changed("more", -1) == nil)
        for tags in ["1", "0102", "zzzzzzzz", String(repeating: "0", count: 8 * (ExpectedGoods.tagLimit + 1))] {
            #expect(Self.changed("tags", .string(tags)) == nil)
        }
        let delivery = Self.goods().json["deliveries"]?.list?.first ?? .null
        let many = JSON.array(Array(repeating: delivery, count: ExpectedGoods.deliveryLimit + 1))
        #expect(Self.changed("deliveries", many) == nil)
        for (name, value) in [("id", JSON.int(-1)), ("open", "yes"), ("lines", "none"), ("unknown", .number(0.5))]
            as [(String, JSON)]
        {
            #expect(Self.changed("deliveries", .array([delivery.with(name, value)])) == nil, "\(name)")
        }
        let line = delivery["lines"]?.list?.first ?? .null
        for (name, value) in [("expected", JSON.int(-1)), ("counted", .int(.max)), ("gtin", 5)] as [(String, JSON)] {
            let lines = JSON.array([line.with(name, value)])
            #expect(Self.changed("deliveries", .array([delivery.with("lines", lines)])) == nil, "\(name)")
        }
        let long = JSON.array(Array(repeating: line, count: ExpectedGoods.lineLimit + 1))
        #expect(Self.changed("deliveries", .array([delivery.with("lines", long)])) == nil)
    }

    /// Published vectors of FNV-1a (draft-eastlake-fnv, appendix C): the empty text and "a".
    @Test func aSignIsThePublishedHash() {
        #expect(ExpectedGoods.sign([]) == 0x811C_9DC5 && ExpectedGoods.sign(Array("a".utf8)) == 0xE40C_292C)
    }
}
