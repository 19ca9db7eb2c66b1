import Model
import Testing

@testable import ERP

/// What of a correction needs no call.
struct OdooCorrectionPlanTests {
    @Test func aKeyIsFoundInANoteWholeOrNotAtAll() {
        let key = "quai/01J/correction/17.2"
        #expect(OdooCorrection.family(key) == "quai/01J/correction/17.")
        #expect(OdooCorrection.holds("<p>Correction of WH/IN/00001 \(key)</p>", key))
        #expect(OdooCorrection.holds(key, key))
        #expect(OdooCorrection.holds("\(key)0 \(key)", key))
        #expect(!OdooCorrection.holds("<p>\(key)0</p>", key))
        #expect(!OdooCorrection.holds(nil, key) && !OdooCorrection.holds("", key))
        #expect(!OdooCorrection.holds("anything", ""))
    }

    private static func need(_ quantity: Quantity, lot: String? = nil) -> OdooTransfer.Need {
        OdooTransfer.Need(product: 1, name: "A", lot: lot, quantity: quantity, tracking: .none, unit: 1)
    }

    @Test func whatGoesBackIsSharedOverTheMovesThatBroughtIt() throws {
        let received = [
            OdooCorrection.Received(move: 10, product: 1, left: 3, lots: ["L-1"]),
            OdooCorrection.Received(move: 11, product: 1, left: 4, lots: ["L-2"]),
            OdooCorrection.Received(move: 12, product: 2, left: 9, lots: []),
        ]
        func shares(_ needs: [OdooTransfer.Need], named: [Int64: Int64] = [:]) throws(ERPFault) -> [String] {
            try OdooCorrection.shares(of: needs, named: named, received, receipt: "WH/IN/1").map {
                "\($0.move): \(OdooNumber.text($0.quantity))"
            }
        }
        #expect(try shares([OdooCorrectionPlanTests.need(5)]) == ["10: 3", "11: 2"])
        // The move that the line names comes first, then the one that had the lot.
        #expect(try shares([OdooCorrectionPlanTests.need(5)], named: [1: 11]) == ["11: 4", "10: 1"])
        #expect(try shares([OdooCorrectionPlanTests.need(2, lot: "L-2")]) == ["11: 2"])
        #expect(
            try shares([OdooCorrectionPlanTests.need(4, lot: "L-2"), OdooCorrectionPlanTests.need(3, lot: "L-1")])
                == ["11: 4", "10: 3"])
        for needs in [
            [OdooCorrectionPlanTests.need(8)], [OdooCorrectionPlanTests.need(1, lot: "L-9")],
            [OdooCorrectionPlanTests.need(4), OdooCorrectionPlanTests.need(4, lot: "L-2")],
        ] {
            #expect(throws: ERPFault.self) { try shares(needs) }
        }
    }

    /// The line of the order came as one lot, more of the article later as another: that goes back from where it came.
    @Test func aLotGoesBackFromTheMoveThatHadIt() throws {
        let received = [
            OdooCorrection.Received(move: 35, product: 1, left: 1, lots: ["L-2"], ofLot: ["L-2": 1]),
            OdooCorrection.Received(move: 37, product: 1, left: 3, lots: ["L-1"], ofLot: ["L-1": 3]),
        ]
        let shares = try OdooCorrection.shares(
            of: [OdooCorrectionPlanTests.need(2, lot: "L-1")], named: [1: 35], received, receipt: "WH/IN/6")
        #expect(shares.map(\.move) == [37] && shares.map(\.quantity) == [2])
    }

    @Test func ofALotGoesBackWhatCameOfItAndIsNotBackYet() throws {
        let received = [
            OdooCorrection.Received(
                move: 10, product: 1, left: 8, lots: ["L-1", "L-2"], ofLot: ["L-1": 2, "L-2": 6])
        ]
        func shares(_ quantity: Quantity, _ lot: String) throws(ERPFault) -> [Double] {
            try OdooCorrection.shares(
                of: [OdooCorrectionPlanTests.need(quantity, lot: lot)], named: [:], received, receipt: "WH/IN/1"
            ).map(\.quantity)
        }
        #expect(try shares(2, "L-1") == [2] && shares(6, "L-2") == [6])
        #expect {
            try shares(3, "L-1")
        } throws: { error in
            (error as? ERPFault)?.sentence.hasPrefix("WH/IN/1 has 2 of A, lot L-1 that can go back in Odoo; 3 are")
                == true
        }
    }
}
