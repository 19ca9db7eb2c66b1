import Model
import Testing

@testable import Depot

/// What a click would not dial is nobody's desk.
struct ExtensionObjectionTests {
    @Test(arguments: ["15", "17", "18", "112", "114", "115", "119", "1 1 2", "0112"])
    func anEmergencyNumberIsNobodysTelephoneWhateverThePlanSays(text: String) {
        #expect(NumberPlan(region: "FR", outsidePrefix: "0").objection(toExtension: text) == .emergency)
        #expect(
            NumberPlan(region: "FR", internalPlan: "^[0-9 #]{2,5}$", outsidePrefix: "0").objection(toExtension: text)
                == .emergency)
    }

    @Test(arguments: ["3949", "3939", "1013"]) func aShortNumberIsOneWhereThePlanSaysSo(text: String) {
        #expect(NumberPlan(region: "FR").objection(toExtension: text) == .short)
        #expect(NumberPlan(region: "FR", internalPlan: "^[13][0-9]{3}$").objection(toExtension: text) == nil)
    }

    @Test(arguments: ["101", "104", "201", "4711", "lyon12"]) func anExtensionIsOne(text: String) {
        #expect(NumberPlan(region: "FR").objection(toExtension: text) == nil)
        #expect(NumberPlan(region: "FR", internalPlan: "^[1-4][0-9]{2}$").objection(toExtension: text) == nil)
    }

    @Test func whatCallsForHelpIsTheRegionsOwn() {
        #expect(NumberPlan(region: "BE").objection(toExtension: "101") == .emergency)
        #expect(NumberPlan(region: "FR").objection(toExtension: "101") == nil)
    }
}
