import Model
import TestSupport
import Testing

@testable import Depot

struct QuantityTests {
    @Test func whatIsPrintedIsReadAgain() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            for _ in 0..<500 {
                let size = Int64.random(in: 1...18, using: &random)
                var top: Int64 = 1
                for _ in 0..<size { top *= 10 }
                let quantity = Quantity(thousandths: Int64.random(in: -top...top, using: &random))
                #expect(Quantity(quantity.description) == quantity, "seed \(seed)")
                if quantity.thousandths.magnitude < 4_000_000_000_000_000 {
                    let json = try JSON(parsing: quantity.json.description)
                    #expect(Quantity(json) == quantity, "seed \(seed): \(quantity)")
                }
            }
        }
    }

    @Test(arguments: [
        ("12", 12_000), ("12.5", 12_500), ("-0.75", -750), ("0.001", 1), ("12.5000", 12_500), ("007", 7000),
    ]) func aDecimalIsExact(text: String, thousandths: Int64) {
        #expect(Quantity(text) == Quantity(thousandths: thousandths))
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1,5", "12.3456", "1e3", " 1", "+1", "٣", "1.2.3", "99999999999999999999",
    ])
    func whatIsNoDecimalIsNone(text: String) { #expect(Quantity(text) == nil) }

    @Test func sumsAreExactInAnyOrder() {
        for seed in 1...50 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let parts = (0..<300).map { _ in Quantity(thousandths: Int64.random(in: -999_999...999_999, using: &random))
            }
            let sum = parts.reduce(.zero, +)
            #expect(parts.shuffled(using: &random).reduce(.zero, +) == sum)
            #expect(sum.thousandths == parts.reduce(0) { $0 + $1.thousandths })
            #expect(parts.reduce(sum, -) == 0)
        }
        #expect(
            (0..<10).reduce(Quantity.zero) { sum, _ in sum + Quantity(thousandths: 100) } == 1, "ten tenths are one")
    }

    @Test func nothingTraps() {
        let ends = [Int64.min, Int64.min + 1, -1, 0, 1, Int64.max - 1, Int64.max].map(Quantity.init(thousandths:))
        for a in ends {
            for b in ends {
                _ = (a + b, a - b, -a, a.magnitude, a.times(b), a.divided(by: b.floor), a.ceiling, a.packed(b), a < b)
                for measure in ["MTR", "TNE", "MGM"] {
                    _ = Measure("MTR")?.convert(a, to: Measure(measure) ?? .piece)
                    _ = Measure("TNE")?.convert(a, to: Measure(measure) ?? .piece)
                }
            }
            _ = (a.description, a.json, a.whole, Quantity(a.double), Quantity(nearest: a.double))
        }
        #expect(Quantity(Int.max).thousandths > 0 && Quantity(Int.min).thousandths < 0)
        #expect(Quantity(nearest: .nan) == nil && Quantity(.infinity) == nil && Quantity(nearest: 1e300) == nil)
        #expect(
            Quantity(12.3456) == nil && Quantity(0.1 + 0.2) == nil && Quantity(nearest: 0.1 + 0.2)?.thousandths == 300)
    }

    @Test(arguments: [
        ("m", "MTR"), ("mètre", "MTR"), ("Mètres", "MTR"), ("MTR", "MTR"), ("mtr", "MTR"), ("mètre linéaire", "MTR"),
        ("Stk", "C62"), ("Stück", "C62"), ("pce", "C62"), ("Pièce(s)", "C62"), ("Unité(s)", "C62"), ("Units", "C62"),
        ("H87", "C62"), ("EA", "C62"), ("kg", "KGM"), ("KGM", "KGM"), ("m²", "MTK"), ("m2", "MTK"), ("L", "LTR"),
        ("rouleau", "RO"), ("XRO", "RO"), ("touret", "RL"), ("Dozens", "DZN"), ("ml", "ml"),
        ("  lot de 3 ", "lot de 3"),
    ]) func aUnitIsOneHoweverItIsWritten(text: String, code: String) {
        #expect(Measure(text)?.code == code)
        #expect(Measure(code)?.code == code, "what is stored is read as itself")
    }

    @Test func unitsOfOneKindAreConvertedExactlyOrNotAtAll() throws {
        let (m, cm, kg, g) = (try measure("m"), try measure("cm"), try measure("kg"), try measure("g"))
        #expect(cm.convert(1250, to: m) == Quantity("12.5"))
        #expect(g.convert(2500, to: kg) == Quantity("2.5"))
        #expect(g.convert(Quantity(thousandths: 1), to: kg) == nil, "a millionth of a kilogram")
        #expect(m.convert(1, to: kg) == nil)
        #expect(try measure("dozen").convert(5, to: .piece) == 60)
        #expect(Measure.piece.convert(7, to: try measure("dozen")) == nil)
        for unit in [m, cm, kg, g] {
            for other in [m, cm, kg, g] {
                if let there = unit.convert(Quantity(thousandths: 12_340), to: other) {
                    #expect(other.convert(there, to: unit) == Quantity(thousandths: 12_340))
                }
            }
        }
        #expect(Measure("") == nil && Measure("  ") == nil)
        #expect(m.isDivisible && kg.isDivisible && !Measure.piece.isDivisible)
        #expect(try !measure("rouleau").isDivisible && !measure("ml").isDivisible)
        #expect(m.text(Quantity(thousandths: 12_500)) == "12.5 m" && Measure.piece.text(3) == "3")
    }

    private func measure(_ text: String) throws -> Measure { try #require(Measure(text)) }

    @Test(
        arguments: [
            ("12,5", "12.5", nil), ("1 200,50", "1200.5", nil), ("1.200,50", "1200.5", nil), ("0,75 m", "0.75", "MTR"),
            ("12.5", "12.5", nil), ("0.750", "0.75", nil), ("2,5 kg", "2.5", "KGM"), ("5,00", "5", nil),
            ("5 pcs", "5", "C62"),
            ("12,5000", "12.5", nil), ("1234,567", "1234.567", nil), ("3 rouleaux", "3", "RO"),
            ("1'200.25", "1200.25", nil),
        ] as [(String, String, String?)]) func anAmountIsReadHoweverItIsWritten(
            text: String, number: String, unit: String?
        )
    {
        #expect(Cell.amount(text) == Quantity(number).map { .of($0, unit.flatMap { Measure($0) }) })
    }

    @Test(arguments: ["12.000", "12,500", "12,345", "3,6E+12", "12 ml", "1,23456"])
    func anAmountThatCouldBeAnotherIsDoubted(text: String) {
        guard case .doubtful = Cell.amount(text) else {
            Issue.record("\(text) is not doubted")
            return
        }
    }
}
