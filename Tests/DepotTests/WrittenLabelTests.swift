import Identifiers
import Testing

/// Labels as scanners in other settings and people at a keyboard give them.
struct WrittenLabelTests {
    static let gtin = "09521234000013"
    static let sscc = "195212340000000058"

    /// General Specifications 7.11: none of these signs can be in GS1 data.
    @Test(arguments: [
        "#", "@", "$", "§", "¬", "¿", "␝", "^]", "<F1>", "~029", "~d029", "<029>", "{029}", "\\029", "\\1D", "&#29;",
        "%1D",
    ])
    func whatAScannerSendsForFNC1IsASeparator(sign: String) throws {
        for front in ["", "]C1"] {
            let code = try #require(ScannedCode("\(front)01\(Self.gtin)10LOTA\(sign)3005"))
            #expect(code.gtin == Self.gtin && code.value("10") == "LOTA" && code.count == 5 && code.doubts.isEmpty)
            #expect(code.trust > .doubtful)
        }
    }

    @Test(arguments: ["è", "^", "#", "{GS}", "\u{1D}"]) func aSeparatorMayStandInFront(sign: String) {
        #expect(ScannedCode("\(sign)01\(Self.gtin)10LOTA")?.value("10") == "LOTA")
    }

    @Test func aTildeInFrontOfAContentIsASeparator() {
        #expect(ScannedCode("]C110A~02\(Self.gtin)~3712")?.count == 12)
    }

    /// A sign in a lot that is none of GS1's costs the lot where what follows is no element.
    @Test(arguments: ["LOT#D", "N°4", "A$B"]) func aForeignSignInALotIsADoubt(lot: String) {
        let code = ScannedCode("]C101\(Self.gtin)10\(lot)")
        #expect(code?.gtin == Self.gtin && code?.value("10") == nil && code?.doubts.count == 1)
    }

    @Test func controlCharactersAroundAScanAreNoPartOfIt() {
        #expect(ScannedCode("\u{2}\(Self.gtin)\u{3}")?.gtin == Self.gtin)
        #expect(ScannedCode("\u{2}]C101\(Self.gtin)10L\u{3}")?.value("10") == "L")
    }

    /// What a reference could look like too counts only where somebody knows the article.
    @Test(arguments: [
        ("952123400001305", "09521234000013"), ("952123400001352495", "09521234000013"),
        ("9521234000013 05", "09521234000013"),
        ("9 521234 000013", "09521234000013"), ("952-1234-00001-3", "09521234000013"),
        ("*9521234000013*", "09521234000013"),
        ("04252614", "00042100005264"),
    ])
    func aNumberInAnotherFormIsDoubtful(text: String, gtin: String) {
        #expect(ScannedCode(text)?.gtin == gtin && ScannedCode(text)?.trust == .doubtful)
    }

    @Test(arguments: ["12345678", "952123400001405", "9-5-2", "*ABC*", "1020304", "067601"])
    func otherNumbersAreReferences(text: String) {
        #expect(ScannedCode(text) == nil)
    }

    @Test(arguments: ["SSCC 195212340000000058", "SSCC: (00)195212340000000058", "nve 1 9521234 000000005 8"])
    func aWordBeforeAPalletsNumberIsNoPartOfIt(text: String) { #expect(ScannedCode(text)?.sscc == Self.sscc) }

    @Test(arguments: ["EAN: 9521234000013", "GTIN 09521234000013", "ean 9 521234 000013"])
    func aWordBeforeAnArticlesNumberIsNoPartOfIt(text: String) {
        #expect(ScannedCode(text)?.gtin == Self.gtin && ScannedCode("EAN 123") == nil)
    }

    @Test func aUPCEIsItsGTIN() { #expect(ScannedCode("]E004252614")?.gtin == "00042100005264") }

    @Test(arguments: ["J195212340000000058", "]C0J195212340000000058", "1 9521234 000000005 8"])
    func aPalletsNumberIsReadAsLabelsHaveIt(text: String) { #expect(ScannedCode(text)?.sscc == Self.sscc) }

    @Test func namedFieldsOfASuppliersCodeAreRead() {
        let code = ScannedCode("{\"ean\":\"9521234000013\",\"lot\":\"A1\",\"qty\":5}")
        #expect(code?.gtin == Self.gtin && code?.value("10") == "A1" && code?.count == 5)
        let other = ScannedCode("{pbn:PICK22,pc:C12345,pm:AB-1,qty:10,mc:,cc:1}")
        #expect(other?.references == ["AB-1"] && other?.count == 10)
        #expect(ScannedCode("{\"id\":7}") == nil && ScannedCode("{}") == nil)
    }

    @Test func controlCharactersAreNoPartOfAReference() { #expect(ScannedCode.plain("\u{2}AB-1\u{3}") == "AB-1") }

    @Test func bracketsHoldAnyGTIN() {
        #expect(ScannedCode("(01)9521234000013(10)L1")?.gtin == Self.gtin)
        #expect(ScannedCode("(01)036000291452(21)L1")?.gtin == "00036000291452")
    }

    @Test(arguments: [
        "https://shop.example/p?gtin=9521234000013&lot=L1", "https://shop.example/?01=09521234000013&10=L1",
        "URL:https://id.example/01/09521234000013/10/L1", "URLTO:https://id.example/01/09521234000013/10/L1",
    ])
    func anAddressThatNamesAnArticleIsRead(text: String) {
        #expect(ScannedCode(text)?.gtin == Self.gtin && ScannedCode(text)?.value("10") == "L1")
    }

    @Test(arguments: [
        "[)>{RS}06{GS}1PABC-1{GS}Q5{RS}{EOT}", "[)><RS>06<GS>1PABC-1<GS>Q5<RS><EOT>", ">[)>06\u{1D}1PABC-1\u{1D}Q5",
    ])
    func anEnvelopeIsReadAsItIsSpelt(text: String) {
        let code = ScannedCode(text)
        #expect(code?.references == ["ABC-1"] && code?.count == 5 && code?.doubts.isEmpty == true)
    }
}
