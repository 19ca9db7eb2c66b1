import TestSupport
import Testing

@testable import Depot

/// Emergency numbers before everything that a site says of its own extensions.
struct PhonePlanTests {
    static let plans = [nil, #"^[0-9]{2,4}$"#, #"^1\d\d$"#, ".*"]

    @Test(arguments: ["112", "15", "17", "18", "114", "115", "119", "191", "196", "197", "116000", "116117"])
    func anEmergencyNumberIsNeverAnExtension(_ text: String) {
        for plan in PhonePlanTests.plans {
            let number = PhoneNumber(text, region: "FR", internalPlan: plan)
            #expect(number.kind == .emergency && number.dial == text, "\(plan ?? "")")
            #expect(number.key == "short:FR:\(text)")
        }
    }

    @Test(arguments: [
        ("BE", "101"), ("CH", "144"), ("CH", "117"), ("DE", "110"), ("GB", "999"), ("ES", "091"), ("IT", "118"),
        ("AT", "144"), ("LU", "113"), ("MC", "18"), ("RE", "15"), ("US", "911"), ("US", "112"),
    ])
    func otherCountriesHaveTheirOwn(_ region: String, _ text: String) {
        #expect(PhoneNumber(text, region: region, internalPlan: #"^\d+$"#).kind == .emergency)
    }

    @Test(arguments: ["1 1 2", "1-1-2", "tel:112", "sip:112@pbx.example", " 112 ", "112#", "+112"])
    func anEmergencyNumberIsOneHoweverItIsWritten(_ text: String) {
        #expect(PhoneNumber(text, region: "FR", internalPlan: ".*").kind == .emergency)
    }

    @Test func anEmergencyNumberBehindThePrefixForALineIsOneToo() {
        let plan = NumberPlan(internalPlan: "^[0-9]{2,4}$", outsidePrefix: "0")
        for text in ["0112", "015", "0 112", "tel:0115"] { #expect(plan.number(text).kind == .emergency, "\(text)") }
        #expect(plan.number("0112", dialled: true).kind == .emergency)
        #expect(plan.number("0101").kind == .extension)
        #expect(NumberPlan(internalPlan: "^[0-9]{2,4}$").number("0112").kind == .extension)
    }

    @Test func aPlanIsAboutTheWholeNumber() {
        let plan = NumberPlan(internalPlan: #"1\d\d"#)
        #expect(plan.number("104").kind == .extension)
        #expect(plan.number("1040").kind != .extension)
        #expect(plan.number("0612310491").e164 == "+33612310491")
        #expect(NumberPlan(internalPlan: #"^10|^104$"#).number("104").kind == .extension)
    }

    @Test func whatOnlyLooksLikeOneStaysWhatItIs() {
        let plan = NumberPlan(internalPlan: #"^([1-9]\d\d|poste\d\d|\*\d\d)$"#)
        for text in ["101", "104", "poste15", "*15", "915"] { #expect(plan.number(text).kind == .extension, "\(text)") }
    }

    @Test func aPlanThatTakesEmergencyNumbersIsNamed() {
        let taken = NumberPlan(internalPlan: #"^1\d\d$"#).emergencyExtensions
        #expect(Set(taken).isSuperset(of: ["112", "114", "115", "119", "191", "196", "197"]))
        #expect(!taken.contains("101") && !taken.contains("15"))
        #expect(NumberPlan(internalPlan: #"^116\d{3}$"#).emergencyExtensions.contains("116117"))
        #expect(NumberPlan(internalPlan: #"^[2-5]\d\d$"#).emergencyExtensions.isEmpty)
        #expect(NumberPlan().emergencyExtensions.isEmpty)
    }

    /// Numbers as people, exchanges and spreadsheets write them; national numbers are of the ranges for fiction.
    @Test func whatIsWrittenAroundANumberIsNoPartOfIt() {
        for line in Fixture.text("DepotTests/phone-written.tsv").split(separator: "\n").dropFirst() {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            let number = PhoneNumber(fields[1], region: fields[0])
            #expect(number.kind.rawValue == fields[2], "\(fields[1])")
            #expect(number.e164 ?? "" == fields[3], "\(fields[1])")
            #expect(number.dial ?? "" == fields[4], "\(fields[1])")
        }
    }

    @Test func theSamePersonHasOneKeyInEveryForm() {
        for forms in [
            ["0692123456", "+262692123456", "00262692123456", "+33692123456", "0692 12 34 56 ext. 3"],
            ["0353014567", "+33353014567", "sip:%2B33353014567@h", "#31#0353014567", "353014567 poste 4"],
        ] { #expect(Set(forms.map { PhoneNumber($0).key }).count == 1) }
    }

    @Test func whatIsDialledBehindACodeLosesThePrefixForALineToo() {
        let plan = NumberPlan(internalPlan: "^[1-4][0-9]{2}$", outsidePrefix: "0")
        for text in ["#31#00465712345", "00465712345", "sip:00465712345@pbx.example"] {
            #expect(plan.number(text, dialled: true).e164 == "+33465712345", "\(text)")
        }
        #expect(plan.dial(plan.number("0696 20 12 34")) == "00696201234")
        #expect(plan.dial(plan.number("tel:101")) == "101")
        #expect(plan.number("#31#0112").kind == .emergency)
    }

    @Test func anyTextIsUnderstoodWithoutATrap() {
        for text in [
            String(repeating: "#31#", count: 100_000), String(repeating: "*31#", count: 256),
            String(repeating: "3651", count: 256), "1" + String(repeating: "\u{301}", count: 100_000),
            String(repeating: "9", count: 100_000), "%", "%4", "<:", "sip:",
            "tel:;",
            "(", "((0)", "/", " / ", "x", "tel:;phone-context=+", "\u{301}", "1\u{301}2", "+(", "<sip:", "%FF%FE",
        ] { #expect(PhoneNumber(text).kind == .invalid, "\(text.prefix(20))") }
    }
}
