import Testing

@testable import Sheets

/// The paper that goes with the goods.
struct SlipTests {
    private func slip(lines: Int, text: String = "Disjoncteur différentiel 40 A type AC 30 mA") -> Slip {
        Slip(
            title: "Bon de réception BL-1", facts: [("Fournisseur", "Rexel"), ("Quai", "dock-1")],
            lines: (0..<lines).map { Slip.Line(quantity: "\($0)", text: text) }, notes: ["Reçus : 3 sur 3"],
            sign: "Nom, signature")
    }

    @Test(arguments: Slip.Format.allCases) func itIsAPaper(format: Slip.Format) throws {
        for lines in [0, 1, 90, Slip.lineLimit] {
            let bytes = try slip(lines: lines).pdf(format)
            #expect(bytes.starts(with: "%PDF".utf8) && bytes.count > 500)
        }
    }

    @Test func whatIsTooLongIsRefusedAndNothingTraps() throws {
        #expect(throws: SheetError.self) { try slip(lines: Slip.lineLimit + 1).pdf(.roll80) }
        let odd = ["", " ", String(repeating: "W", count: 4000), "\u{202E}\u{0}\n", "漢字"]
        for text in odd { #expect(try !slip(lines: 2, text: text).pdf(.roll80).isEmpty) }
    }
}
