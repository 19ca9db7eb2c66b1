import Model
import Testing

@testable import Depot

/// What calls for help is nobody's desk.
struct EmergencyExtensionTests {
    @Test(arguments: ["15", "17", "18", "112", "114", "115", "119", "1 1 2", "0112"])
    func anEmergencyNumberIsNobodysTelephoneWhateverThePlanSays(text: String) {
        #expect(NumberPlan(region: "FR", outsidePrefix: "0").isEmergency(extension: text))
        #expect(
            NumberPlan(region: "FR", internalPlan: "^[0-9 #]{2,5}$", outsidePrefix: "0").isEmergency(extension: text))
    }

    @Test(arguments: ["101", "104", "201", "1001", "3949", "4711", "lyon12"]) func anExtensionIsOne(text: String) {
        #expect(!NumberPlan(region: "FR").isEmergency(extension: text))
        #expect(!NumberPlan(region: "FR", internalPlan: "^[1-4][0-9]{2}$").isEmergency(extension: text))
    }

    @Test func whatCallsForHelpIsTheRegionsOwn() {
        #expect(NumberPlan(region: "BE").isEmergency(extension: "101"))
        #expect(!NumberPlan(region: "FR").isEmergency(extension: "101"))
    }
}
