import Model
import TestSupport
import Testing

@testable import Depot

/// Despatch advices of UBL, as Peppol has them.
struct UBLTests {
    static let gtins = PaperTests.gtins
    static let sscc = DESADVTests.sscc(1)

    static func line(_ quantity: String, unit: String = "EA", item: String, rest: String = "") -> String {
        """
        <cac:DespatchLine><cbc:ID>1</cbc:ID><cbc:DeliveredQuantity unitCode="\(unit)">\(quantity)</cbc:DeliveredQuantity>
        <cac:Item><cbc:Name>Câble</cbc:Name>\(item)</cac:Item>\(rest)</cac:DespatchLine>

        """
    }

    static func standard(_ gtin: String) -> String {
        "<cac:StandardItemIdentification><cbc:ID schemeID=\"0160\">\(gtin)</cbc:ID></cac:StandardItemIdentification>"
    }

    static func seller(_ reference: String) -> String {
        "<cac:SellersItemIdentification><cbc:ID>\(reference)</cbc:ID></cac:SellersItemIdentification>"
    }

    static func advice(_ lines: String..., note: String = "U-1") -> String {
        """
        <DespatchAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:DespatchAdvice-2" xmlns:cac="a" xmlns:cbc="b">
        <cbc:ID>\(note)</cbc:ID><cbc:IssueDate>2026-11-27</cbc:IssueDate>
        <cac:OrderReference><cbc:ID>PO-9</cbc:ID></cac:OrderReference>
        <cac:DespatchSupplierParty><cac:Party><cbc:EndpointID>9521234900016</cbc:EndpointID>
        <cac:PartyName><cbc:Name>Câblerie &amp; Fils</cbc:Name></cac:PartyName></cac:Party></cac:DespatchSupplierParty>
        <cac:DeliveryCustomerParty><cac:Party><cac:PartyLegalEntity><cbc:RegistrationName>Dépôt</cbc:RegistrationName>
        </cac:PartyLegalEntity></cac:Party></cac:DeliveryCustomerParty>
        <cac:Shipment><cbc:ID>1</cbc:ID><cac:Delivery><cac:EstimatedDeliveryPeriod><cbc:StartDate>2026-11-30</cbc:StartDate>
        </cac:EstimatedDeliveryPeriod></cac:Delivery></cac:Shipment>
        \(lines.joined())</DespatchAdvice>
        """
    }

    static func parse(_ text: String) -> ParsedDeliveries {
        UBL.parse(Array(text.utf8)) { $0 == "077012" ? "0\(gtins[3])" : nil }
    }

    @Test func anAdviceIsADelivery() throws {
        let lot = """
            <cac:ItemInstance><cac:LotIdentification><cbc:LotNumberID>L1</cbc:LotNumberID><cbc:ExpiryDate>2028-01-31</cbc:ExpiryDate>
            </cac:LotIdentification></cac:ItemInstance>
            """
        let unit = """
            <cac:Shipment><cbc:ID>NA</cbc:ID><cac:TransportHandlingUnit><cbc:ID schemeID="SSCC">\(Self.sscc)</cbc:ID>
            </cac:TransportHandlingUnit></cac:Shipment>
            """
        let parsed = Self.parse(
            Self.advice(
                Self.line("10.0", item: Self.standard(Self.gtins[0]) + lot, rest: unit),
                Self.line("3", item: Self.seller("077012")), Self.line("0", item: Self.seller("ZZ"))))
        #expect(parsed.refused.isEmpty && parsed.remarks.count == 1)
        let delivery = try #require(parsed.deliveries.first)
        #expect(
            (delivery.note, delivery.supplier, delivery.expectedOn ?? "") == ("U-1", "Câblerie & Fils", "2026-11-30"))
        #expect(
            delivery.lines == [
                .init(gtin: "0\(Self.gtins[0])", description: "Câble", quantity: 10, lot: "L1", expires: "2028-01-31"),
                .init(gtin: "0\(Self.gtins[3])", description: "Câble", quantity: 3),
            ])
        #expect(
            delivery.units == [
                .init(sscc: Self.sscc, contents: [.init(gtin: "0\(Self.gtins[0])", quantity: 10, lot: "L1")])
            ])
        #expect(
            delivery.details.map { "\($0.code) \($0.value)" } == [
                "supplier Câblerie & Fils", "ship-to Dépôt", "issued 2026-11-27", "order PO-9",
            ])
    }

    @Test func whatCannotBeReceivedIsRefusedWithItsLine() {
        let wrong = Self.gtins[0].dropLast() + (Self.gtins[0].hasSuffix("0") ? "1" : "0")
        let parsed = Self.parse(
            Self.advice(
                Self.line("2", item: Self.standard(Self.gtins[0])),
                Self.line("2.5", item: Self.standard(Self.gtins[0])),
                Self.line("2", unit: "MTR", item: Self.standard(Self.gtins[0])),
                Self.line("2", item: Self.standard(String(wrong))), Self.line("2", item: ""),
                Self.line("2", item: Self.seller("ZZ")), Self.line("1e9", item: Self.standard(Self.gtins[0]))))
        #expect(parsed.deliveries.first?.lines.map(\.quantity) == [2])
        let reasons = parsed.refused.map(\.reason)
        #expect(reasons.count == 6)
        for (reason, word) in zip(reasons, ["2.5", "MTR", "check digit", "no article", "no such reference", "1e9"]) {
            #expect(reason.contains(word), "\(word): \(reason)")
        }
        #expect(parsed.refused.map(\.line) == parsed.refused.map(\.line).sorted())
    }

    /// A scheme of 0160 is GTIN's (ISO/IEC 6523).
    @Test func aGTINAmongFurtherIdentifiersIsTheArticle() {
        let item =
            "<cac:AdditionalItemIdentification><cbc:ID schemeID=\"0160\">\(Self.gtins[0])</cbc:ID></cac:AdditionalItemIdentification>"
        #expect(
            Self.parse(Self.advice(Self.line("2", item: item))).deliveries.first?.lines.first?.gtin
                == "0\(Self.gtins[0])")
    }

    @Test func serialsTellLotsApart() {
        func piece(_ serial: String, _ lot: String) -> String {
            "<cac:ItemInstance><cbc:SerialID>\(serial)</cbc:SerialID><cac:LotIdentification><cbc:LotNumberID>\(lot)</cbc:LotNumberID>"
                + "</cac:LotIdentification></cac:ItemInstance>"
        }
        let item = Self.standard(Self.gtins[0])
        let good = Self.parse(
            Self.advice(Self.line("3", item: item + piece("a", "L1") + piece("b", "L2") + piece("c", "L1"))))
        #expect(good.deliveries.first?.lines.map(\.quantity) == [2, 1])
        #expect(good.deliveries.first?.lines.map(\.serials) == [["a", "c"], ["b"]])
        for bad in [piece("a", "L1"), piece("a", "L1") + piece("a", "L1")] {
            #expect(Self.parse(Self.advice(Self.line("2", item: item + bad))).refused.count == 2)
        }
    }

    @Test func anyCharactersAndAnyEnvelopeAreRead() {
        let text = Self.advice(Self.line("2", item: Self.standard(Self.gtins[0])))
        let wide = "\u{FEFF}\(text)".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let envelope =
            "<s:StandardBusinessDocument xmlns:s=\"s\"><s:StandardBusinessDocumentHeader/>\(text)</s:StandardBusinessDocument>"
        for bytes in [Array(text.utf8), DESADVTests.latin1(text), wide, Array(envelope.utf8)] {
            #expect(UBL.parse(bytes).deliveries.first?.supplier == "Câblerie & Fils")
        }
    }

    @Test(arguments: [
        ("<Invoice/>", "Invoice"), ("<DespatchAdvice>", "XML"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><DespatchAdvice/>", "DOCTYPE"),
        ("<DespatchAdvice/>", "note"), ("", "XML"), ("<html><body>sign in</body></html>", "html"),
    ]) func whatAnnouncesNothingIsSaid(text: String, word: String) {
        let parsed = UBL.parse(Array(text.utf8))
        #expect(parsed.deliveries.isEmpty && parsed.refused.count == 1)
        #expect(parsed.refused.first?.reason.contains(word) == true, "\(parsed.refused)")
    }

    @Test func anAdviceIsImportedLikeAnyPaper() throws {
        let paper = try PaperTests()
        let text = Self.advice(Self.line("2", item: Self.standard(Self.gtins[0])), note: "N")
        #expect(try paper.take(text).refused.isEmpty)
        #expect(try paper.take(text).remarks.first?.reason.contains("replaces") == true)
        #expect(try paper.lines() == [Self.gtins[0]: 2])
        let id = try #require(try paper.store.deliveries.id(note: "N"))
        _ = try ReceivingDesk(paper.store).open(id, zone: "dock", by: Author("Zoe"), at: 1)
        #expect(try paper.take(text).refused.first?.reason.contains("--add") == true)
    }

    @Test func nestingWithoutEndIsLeft() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(UBL.parse(Array(deep.utf8)).refused.first?.reason.contains("nested") == true)
    }
}
