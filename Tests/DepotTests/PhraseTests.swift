import Model
import Testing

@testable import Depot

@Suite struct PhraseTests {
    @Test func aPhraseKeepsItsWordsApartFromWhatStandsInThem() {
        let why: Phrase = "the check digit of GTIN \("952") is wrong"
        let phrase: Phrase = "\(why), and the catalogue has \(3) such references"
        #expect(phrase.template == "{}, and the catalogue has {} such references")
        #expect(phrase.arguments == [.phrase(why), .text("3")])
        #expect(phrase.text == "the check digit of GTIN 952 is wrong, and the catalogue has 3 such references")
    }

    @Test func aTextWithBracketsOfItsOwnIsNoPlaceForAnother() {
        let phrase: Phrase = "\"\("{}")\" is not \("a {} b")"
        #expect(phrase.text == "\"{}\" is not a {} b")
    }

    @Test func phrasesAreJoinedWithCommasAndByAddition() {
        #expect(Phrase.list(["one", "two", "three"]).text == "one, two, three")
        #expect(Phrase.list([]).text == "")
        let sum: Phrase = "of \(1) " + "and \(2)"
        #expect(sum.template == "of {} and {}")
        #expect(sum.text == "of 1 and 2")
    }

    @Test func aRefusalSaysItInEnglishAndByItsTemplate() throws {
        let csv = CSV(Array("gtin;description;minimum\n952;a;1\n".utf8))
        let refusal = try #require(try Import.check(products: csv).report.refused.first)
        #expect(refusal.phrase.template == "\"{}\" is not a GTIN")
        #expect(refusal.reason == "\"952\" is not a GTIN")
    }

    @Test func aFileThatIsNoTableSaysItByItsTemplate() {
        #expect(throws: ImportError.noTable("the file is empty")) { try Import.check(products: CSV([])) }
        let error = ImportError.badMap("nothing", found: ["a", "b"])
        #expect(error.phrase.arguments == [.text("nothing"), .text("a, b")])
        #expect("\(error)" == "there is no \"nothing\" to map; found: a, b")
    }
}
