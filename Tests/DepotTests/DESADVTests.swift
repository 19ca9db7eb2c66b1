import Depot
import Identifiers
import Model
import Testing

struct DESADVTests {
    static func gtin(_ number: Int) -> String {
        let digits = "360843939" + String(String(1000 + number).dropFirst())
        return "\(digits)\(GS1.checkDigit(digits))"
    }

    static func gtin14(_ number: Int) -> String { "0" + gtin(number) }

    static func sscc(_ number: Int) -> String {
        let digits = "3360843930" + String(String(10_000_000 + number).dropFirst())
        return "\(digits)\(GS1.checkDigit(digits))"
    }

    /// An interchange of messages with right counts; each message without its UNH and UNT.
    static func interchange(_ messages: [[String]], set: String = "UNOC:3", type: String = "DESADV:D:96A:UN:EAN005")
        -> String
    {
        var text = "UNA:+.? '\nUNB+\(set)+3012345000015:14+3098765000016:14+261122:0900+REF1'\n"
        for (index, message) in messages.enumerated() {
            text += "UNH+M\(index)+\(type)'\n" + message.map { "\($0)'\n" }.joined()
            text += "UNT+\(message.count + 2)+M\(index)'\n"
        }
        return text + "UNZ+\(messages.count)+REF1'\n"
    }

    static let head = [
        "BGM+351+DA-77+9", "DTM+137:20261121:102", "DTM+11:20261122:102", "DTM+17:202611231000:203", "RFF+ON:PO-1",
        "NAD+SU+3012345000015::9++Lefèvre et Fils:SARL", "NAD+DP+3098765000016::9", "NAD+BY+3098765000016::9",
    ]

    /// The catalogue has everything in pieces.
    static func parse(_ text: String) -> (deliveries: [Announced], refused: [ImportReport.Refusal]) {
        let parsed = DESADV.parse(latin1(text), counting: { _ in ArticleCounting(measure: .piece) })
        return (parsed.deliveries, parsed.refused)
    }

    static func latin1(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    static func parse(_ body: [String]) -> (deliveries: [Announced], refused: [ImportReport.Refusal]) {
        parse(interchange([head + body]))
    }

    static func line(_ number: Int, _ quantity: Int, _ more: [String] = []) -> [String] {
        ["LIN+1++\(gtin(number)):EN", "QTY+12:\(quantity)"] + more
    }

    @Test func aPalletAndWhatStandsOnIt() {
        let (deliveries, refused) = DESADVTests.parse(
            [
                "CPS+1", "PAC+1++201", "CPS+2+1", "PAC+1++201::9", "PCI+33E", "GIN+BJ+\(DESADVTests.sscc(1))",
                "LIN+1++\(DESADVTests.gtin(1)):EN", "PIA+1+REF-A:SA+B-1:IN", "IMD+F++:::Câble réseau ?: blindé:, 3 m",
                "QTY+12:120:PCE", "QTY+21:130", "QTY+59:12", "FTX+AAI+++rien",
            ] + DESADVTests.line(2, 5))
        #expect(refused.isEmpty)
        #expect(
            deliveries.first?.details.map { "\($0.kind.rawValue) \($0.code) \($0.value)" } == [
                "date issued 2026-11-21", "date despatched 2026-11-22", "date estimated 2026-11-23",
                "reference order PO-1",
                "party supplier Lefèvre et Fils SARL (3012345000015)", "party ship-to 3098765000016",
                "party buyer 3098765000016",
            ])
        var bare = deliveries
        for index in bare.indices { bare[index].details = [] }
        #expect(
            bare == [
                Announced(
                    note: "DA-77", supplier: "Lefèvre et Fils SARL", expectedOn: "2026-11-23",
                    lines: [
                        .init(gtin: DESADVTests.gtin14(1), description: "Câble réseau : blindé, 3 m", quantity: 120),
                        .init(gtin: DESADVTests.gtin14(2), quantity: 5),
                    ],
                    units: [
                        .init(
                            sscc: DESADVTests.sscc(1),
                            contents: [
                                .init(gtin: DESADVTests.gtin14(1), quantity: 120),
                                .init(gtin: DESADVTests.gtin14(2), quantity: 5),
                            ])
                    ])
            ])
    }

    @Test func cartonsStandOnTheirPalletsAndTheSameProductIsOneLine() {
        let (deliveries, refused) = DESADVTests.parse(
            ["CPS+1", "CPS+2+1", "GIN+BJ+\(DESADVTests.sscc(1))", "CPS+3+2", "GIN+BJ+\(DESADVTests.sscc(11))"]
                + DESADVTests.line(1, 10)
                + ["CPS+4+2", "GIN+BJ+\(DESADVTests.sscc(12))"] + DESADVTests.line(1, 20)
                // The carton comes before its pallet, and a package without a label of its own lies between.
                + ["CPS+5+6", "GIN+BJ+\(DESADVTests.sscc(21))"] + DESADVTests.line(2, 7)
                + ["CPS+6+7", "CPS+7+1", "PCI+33E", "GIN+BJ+00\(DESADVTests.sscc(2))"])
        #expect(refused.isEmpty)
        #expect(deliveries.first?.lines.map(\.quantity) == [30, 7])
        let units = deliveries.first?.units ?? []
        #expect(units.map(\.sscc) == [1, 11, 12, 21, 2].map(DESADVTests.sscc))
        #expect(units.map(\.parent) == [nil, DESADVTests.sscc(1), DESADVTests.sscc(1), DESADVTests.sscc(2), nil])
        #expect(units.map { $0.contents.map(\.quantity) } == [[], [10], [20], [7], []])
    }

    @Test func severalLabelsAndRangesShareAlike() {
        let (deliveries, refused) = DESADVTests.parse(
            [
                "CPS+1", "CPS+2+1", "PAC+4",
                "GIN+BJ+\(DESADVTests.sscc(1)):\(DESADVTests.sscc(3))+\(DESADVTests.sscc(8))",
            ]
                + DESADVTests.line(1, 40) + DESADVTests.line(2, 6))
        let units = deliveries.first?.units ?? []
        #expect(units.map(\.sscc) == [1, 2, 3, 8].map(DESADVTests.sscc))
        #expect(units.allSatisfy { $0.contents == [.init(gtin: DESADVTests.gtin14(1), quantity: 10)] })
        #expect(deliveries.first?.lines.map(\.quantity) == [40, 6])
        #expect(refused.count == 1 && refused[0].reason.contains("6 cannot be shared by 4 units"))
    }

    @Test func aLineMayNameItsOwnUnits() {
        let (deliveries, refused) = DESADVTests.parse(
            ["CPS+1"]
                + DESADVTests.line(
                    1, 50,
                    [
                        "PCI+33E", "QTY+52:30", "GIN+BJ+\(DESADVTests.sscc(1))", "PCI+33E", "QTY+52:20",
                        "GIN+BJ+\(DESADVTests.sscc(2))",
                    ]))
        #expect(refused.isEmpty)
        #expect(deliveries.first?.units.map { $0.contents.map(\.quantity) } == [[30], [20]])
    }

    @Test func serialNumbersStandAloneOrFromOneToAnother() {
        let (deliveries, refused) = DESADVTests.parse(
            ["CPS+1"] + DESADVTests.line(1, 5, ["GIN+BN+SN-098:SN-101+X?+7"])
                + DESADVTests.line(2, 3, ["GIN+BN+A1+A2"]) + DESADVTests.line(3, 2, ["GIN+BN+A1:B2"])
                + DESADVTests.line(4, 2, ["GIN+BN+A1+A1"]))
        #expect(deliveries.first?.lines.map(\.serials) == [["SN-098", "SN-099", "SN-100", "SN-101", "X+7"]])
        let reasons = refused.map(\.reason)
        #expect(reasons.count == 3)
        #expect(reasons[0].contains("2 serial numbers for a quantity of 3"))
        #expect(reasons[1].contains("are no serial numbers that can be counted"))
        #expect(reasons[2].contains("a serial number stands twice"))
    }

    @Test func lotsAndTheirDates() {
        let (deliveries, refused) = DESADVTests.parse(
            ["CPS+1", "CPS+2+1", "GIN+BJ+\(DESADVTests.sscc(1))"]
                + DESADVTests.line(1, 4, ["PIA+1+L-1:NB", "DTM+36:20270331:102"])
                + DESADVTests.line(2, 6, ["DTM+361:20280229:102", "RFF+BT:L-2"])
                + DESADVTests.line(
                    3, 9,
                    [
                        "PCI+36E", "QTY+11:5", "DTM+36:20270101:102", "GIN+BX+L-3", "PCI+36E", "QTY+11:4",
                        "DTM+36:20270201:102", "GIN+BX+L-4",
                    ])
                + DESADVTests.line(4, 9, ["PCI+36E", "GIN+BX+L-5+L-6"])
                + DESADVTests.line(5, 9, ["PCI+36E", "QTY+11:5", "GIN+BX+L-5", "PCI+36E", "QTY+11:5", "GIN+BX+L-6"])
                + DESADVTests.line(6, 1, ["DTM+36:20270229:102"]))
        let lines = deliveries.first?.lines ?? []
        #expect(lines.map(\.lot) == ["L-1", "L-2", "L-3", "L-4"])
        #expect(lines.map(\.expires) == ["2027-03-31", "2028-02-29", "2027-01-01", "2027-02-01"])
        #expect(lines.map(\.quantity) == [4, 6, 5, 4])
        #expect(deliveries.first?.units.first?.contents.map(\.lot) == ["L-1", "L-2", "L-3", "L-4"])
        #expect(refused.count == 3)
        #expect(refused[0].reason.contains("2 lots, and not how many are of which"))
        #expect(refused[1].reason.contains("its lots hold 10, the line 9"))
        #expect(refused[2].reason.contains("\"20270229\" is not a date"))
    }

    @Test func withoutLabelsTheLinesAreThere() {
        let (deliveries, refused) = DESADVTests.parse(["RFF+DQ:BL-5", "CPS+1"] + DESADVTests.line(1, 5))
        // The paper that lies with the goods is another one after the first package.
        #expect(deliveries.first?.note == "BL-5" && deliveries.first?.units == [] && refused.isEmpty)
        let bare = DESADVTests.parse(DESADVTests.line(1, 5))
        #expect(bare.deliveries.first?.lines.count == 1 && bare.refused.isEmpty)
    }

    @Test func theNewerDirectoryAndAMissingSupplierName() {
        let text = DESADVTests.interchange(
            [
                ["BGM+351::9+DA-1+9", "NAD+SE+3012345000015::9", "CPS+1"] + [
                    "LIN+1++\(DESADVTests.gtin(1)):SRV", "QTY+12:5.000:PCE",
                ]
            ], type: "DESADV:D:01B:UN:EAN007")
        let (deliveries, refused) = DESADVTests.parse(text)
        #expect(refused.isEmpty)
        #expect(deliveries.first?.supplier == "3012345000015" && deliveries.first?.lines.first?.quantity == 5)
    }

    @Test func otherServiceCharactersAndLineBreaksAnywhere() {
        let plain = DESADVTests.interchange([DESADVTests.head + ["CPS+1"] + DESADVTests.line(1, 5)])
        let expected = DESADVTests.parse(plain).deliveries
        #expect(expected.count == 1)
        var odd = plain.replacing("\n", with: "").replacing("UNA:+.? '", with: "UNA~|,! ^")
        odd = String(odd.dropFirst(9)).replacing(":", with: "~").replacing("+", with: "|").replacing("'", with: "^")
        #expect(DESADVTests.parse("UNA~|,! ^" + odd).deliveries == expected)
        let bytes = DESADVTests.latin1(plain.replacing("\n", with: ""))
        let wrapped = stride(from: 0, to: bytes.count, by: 35).flatMap { start in
            bytes[start..<min(start + 35, bytes.count)] + [0x0D, 0x0A]
        }
        #expect(DESADV.parse(Array("\r\n  ".utf8) + wrapped).deliveries == expected)
        let newlines = plain.replacing("'\n", with: "\n").replacing("UNA:+.? \n", with: "UNA:+.? \n")
        #expect(DESADVTests.parse(newlines).deliveries == expected)
    }

    @Test func theCharacterSetIsTheOneThatIsNamed() {
        let body = DESADVTests.head + ["CPS+1"] + DESADVTests.line(1, 5)
        for set in ["UNOA:2", "UNOB:1", "UNOC:3"] {
            let read = DESADVTests.parse(DESADVTests.interchange([body], set: set))
            #expect(read.deliveries.first?.supplier == "Lefèvre et Fils SARL")
        }
        let utf8 = DESADVTests.interchange([body], set: "UNOY:4")
        #expect(DESADV.parse(Array(utf8.utf8)).deliveries.first?.supplier == "Lefèvre et Fils SARL")
        #expect(DESADV.parse([0xEF, 0xBB, 0xBF] + utf8.utf8).deliveries.count == 1)
        let wrong = DESADV.parse(DESADVTests.latin1(utf8))
        #expect(wrong.deliveries.isEmpty && wrong.refused.contains { $0.reason.contains("not UTF-8") })
        let cyrillic = DESADVTests.parse(DESADVTests.interchange([body], set: "UNOE:3"))
        #expect(cyrillic.deliveries.isEmpty && cyrillic.refused.first?.reason.contains("\"UNOE\" is not read") == true)
    }

    @Test func severalMessagesAndOnesOfAnotherKind() {
        func message(_ note: String, function: String = "9", _ number: Int) -> [String] {
            ["BGM+351+\(note)+\(function)", "CPS+1", "CPS+2+1", "GIN+BJ+\(DESADVTests.sscc(number))"]
                + DESADVTests.line(1, number)
        }
        let read = DESADVTests.parse(
            DESADVTests.interchange([
                message("A", 1), message("B", 2), message("A", 3), message("B", function: "5", 4),
                message("C", function: "1", 5), message("D", 1),
            ]))
        #expect(read.deliveries.map(\.note) == ["A", "B", "D"])
        #expect(read.deliveries.map { $0.lines[0].quantity } == [1, 4, 1])
        #expect(read.deliveries[2].units.isEmpty)
        #expect(read.refused.map(\.reason).filter { $0.contains("stands twice in the file") }.count == 1)
        #expect(read.refused.map(\.reason).filter { $0.contains("cancels the delivery C") }.count == 1)
        #expect(read.refused.map(\.reason).filter { $0.contains("stands on A already") }.count == 1)
        let orders = DESADVTests.parse(DESADVTests.interchange([message("A", 1)], type: "ORDERS:D:96A:UN"))
        #expect(orders.deliveries.isEmpty)
        #expect(orders.refused.first?.reason.contains("of type \"ORDERS\" announces no delivery") == true)
        #expect(orders.refused.first?.line == 3)
    }

    @Test func whatIsWrongIsRefusedWithItsPlaceAndTheRestIsKept() throws {
        let bad = DESADVTests.gtin(1).dropLast() + "X"
        let wrongDigit = String(DESADVTests.gtin(1).dropLast()) + (DESADVTests.gtin(1).hasSuffix("1") ? "2" : "1")
        let (deliveries, refused) = DESADVTests.parse(
            ["CPS+1", "CPS+2+1", "GIN+BJ+\(DESADVTests.sscc(1))+\(DESADVTests.sscc(1))+123456789012345678"]
                + [
                    "LIN+1++\(wrongDigit):EN", "QTY+12:1", "LIN+2++\(bad):EN", "QTY+12:1", "LIN+3", "PIA+1+REF:SA",
                    "QTY+12:1",
                ]
                + ["LIN+4++\(DESADVTests.gtin(2)):EN"]
                + ["-3", "1.5", "1000001", "", "12x", "99999999999999999999"].flatMap {
                    ["LIN+5++\(DESADVTests.gtin(3)):EN", "QTY+12:\($0)"]
                }
                + ["LIN+6++\(DESADVTests.gtin(4)):EN", "QTY+12:5:KGM"] + DESADVTests.line(5, 5))
        #expect(deliveries.first?.lines.map(\.gtin) == [DESADVTests.gtin14(5)])
        #expect(deliveries.first?.units.map(\.sscc) == [DESADVTests.sscc(1)])
        let reasons = refused.map(\.reason)
        try #require(reasons.count == 13)
        // UNA is line 1, UNB 2, UNH 3, then eight of the head.
        #expect(refused[0].line == 14 && reasons[0].hasPrefix("segment 13 (GIN): SSCC"))
        #expect(reasons[0].hasSuffix("stands twice in the message"))
        #expect(reasons[1].contains("\"123456789012345678\" is not an SSCC"))
        #expect(reasons[2] == "segment 14 (LIN): the check digit of GTIN \(wrongDigit) is wrong")
        #expect(reasons[3].contains("is not a GTIN"))
        #expect(reasons[4].contains("the line of article REF has no GTIN"))
        #expect(reasons[5].contains("the line has no quantity"))
        #expect(reasons[6...11].allSatisfy { $0.contains("is not a whole number from 1 to 1000000") })
        #expect(reasons[12].contains("in KGM, not in pieces"))
    }

    @Test func packagesThatDoNotExistOrGoInCirclesStandAlone() {
        func package(_ id: Int, in parent: Int, _ label: Int) -> [String] {
            ["CPS+\(id)+\(parent)", "GIN+BJ+\(DESADVTests.sscc(label))"] + DESADVTests.line(label, 1)
        }
        let (deliveries, refused) = DESADVTests.parse(
            ["CPS+1"] + package(2, in: 9, 2) + package(3, in: 3, 3) + package(4, in: 5, 4) + package(5, in: 4, 5)
                + package(2, in: 1, 6))
        #expect(deliveries.first?.lines.count == 5)
        #expect(deliveries.first?.units.allSatisfy { $0.parent == nil && $0.contents.count == 1 } == true)
        let reasons = refused.map(\.reason)
        #expect(reasons.filter { $0.contains("a package 9 that does not exist") }.count == 1)
        #expect(reasons.filter { $0.contains("is part of itself") }.count == 3)
        #expect(reasons.filter { $0.contains("the package 2 stands twice") }.count == 1)
        let deep = (2...40).flatMap { package($0, in: $0 - 1, $0) }
        #expect(DESADVTests.parse(["CPS+1"] + deep).refused.contains { $0.reason.contains("deeper than 20") })
    }

    @Test func aFileThatIsCutGivesItsWholeMessagesAndSaysSo() {
        let message = DESADVTests.head + ["CPS+1"] + DESADVTests.line(1, 5)
        let second = ["BGM+351+DA-78+9"] + message.dropFirst()
        let text = DESADVTests.interchange([message, second])
        let whole = DESADVTests.parse(text)
        #expect(whole.deliveries.map(\.note) == ["DA-77", "DA-78"] && whole.refused.isEmpty)
        let bytes = DESADVTests.latin1(text)
        for end in 0..<(bytes.count - 1) {
            let read = DESADV.parse(Array(bytes[..<end]))
            #expect(!read.refused.isEmpty)
            #expect(whole.deliveries.starts(with: read.deliveries))
        }
    }

    @Test func countsAndReferencesThatDoNotFitRefuseTheMessage() {
        let text = DESADVTests.interchange([DESADVTests.head + ["CPS+1"] + DESADVTests.line(1, 5)])
        func changed(_ from: String, _ to: String) -> (deliveries: [Announced], refused: [ImportReport.Refusal]) {
            DESADVTests.parse(text.replacing(from, with: to))
        }
        let counted = changed("UNT+13", "UNT+14")
        #expect(counted.deliveries.isEmpty)
        #expect(counted.refused.first?.reason.contains("14 segments are announced, 13 came") == true)
        #expect(changed("UNT+13+M0", "UNT+13+M1").deliveries.isEmpty)
        #expect(changed("UNZ+1", "UNZ+2").refused.first?.reason.contains("2 messages are announced, 1 came") == true)
        #expect(changed("UNZ+1+REF1", "UNZ+1+REF2").refused.count == 1)
        #expect(changed("UNT+13+M0'\n", "").deliveries.isEmpty)
    }

    @Test func hostileFilesEndInASentence() {
        for text in [
            "", "   \r\n", "hello", "UNA", "UNA:+.? ", "UNA++.? '", "UNAabcdef", "UNB", "UNB'", "UNB+UNOC:3+A+B+C+D'''",
            "UNB+UNOC:3+A+B+C+D'UNT+1+1'", "UNB+UNOC:3+A+B+C+D'LIN+1'", "UNB+UNOC:3+A+B+C+D'UNB+UNOC:3'",
            "UNB+UNOC:3+A+B+C+D'UNH+1+DESADV'UNH+2+DESADV'UNZ+1+D'", "UNB+UNOC:3+A+B+C+D'UNH+1+DESADV'?",
        ] {
            let read = DESADVTests.parse(text)
            #expect(read.deliveries.isEmpty && !read.refused.isEmpty, "\(text)")
        }
        let long = "UNB+UNOC:3+A+B+C+D'UNH+1+DESADV'BGM+" + String(repeating: "x", count: 100_000)
        #expect(DESADVTests.parse(long).refused.first?.reason.contains("more than 4096 bytes") == true)
        let wide = "UNB+UNOC:3+A+B+C+D'UNH+1+DESADV'BGM" + String(repeating: "+", count: 100_000)
        #expect(DESADVTests.parse(wide).refused.first?.reason.contains("more than 200 elements") == true)
        let many = DESADVTests.parse(
            ["CPS+1", "GIN+BJ+\(DESADVTests.sscc(1)):\(DESADVTests.sscc(900_000))"]
                + DESADVTests.line(1, 5, ["GIN+BN+1:999999999999"]))
        #expect(many.deliveries.isEmpty && many.refused.count == 3)
    }
}

struct DeliveryJSONTests {
    static let gtin = DESADVTests.gtin(1)
    static let gtin14 = DESADVTests.gtin14(1)

    static func parse(_ text: String) -> (deliveries: [Announced], refused: [ImportReport.Refusal]) {
        let parsed = DeliveryJSON.parse(Array(text.utf8))
        return (parsed.deliveries, parsed.refused)
    }

    /// One delivery with these members besides its note and supplier.
    static func delivery(_ members: String) -> String { #"{"note":"BL-1","supplier":"Lefèvre",\#(members)}"# }

    static func lines(_ lines: String...) -> String { #""lines":[\#(lines.joined(separator: ","))]"# }

    static let line = #"{"gtin":"\#(gtin)","quantity":5}"#

    @Test func everythingADeliveryCanSay() {
        let text = """
            {"deliveries":[{"note":" BL-1 ","supplier":"Lefèvre","expectedOn":"2026-11-23","client":"C-9",
            "dock":"Q1","x":[1],"lines":[{"gtin":"\(DeliveryJSONTests.gtin)","description":"Câble","quantity":2,"lot":"L1",
            "expires":"2028-02-29","serials":["a","b"],"y":null},
            {"gtin":"\(DESADVTests.gtin(2))","quantity":7.0,"lot":null}],
            "units":[{"sscc":"\(DESADVTests.sscc(2))","parent":"\(DESADVTests.sscc(1))",
            "contents":[{"gtin":"\(DeliveryJSONTests.gtin)","quantity":2,"lot":"L1"}]},
            {"sscc":"\(DESADVTests.sscc(1))"}]}]}
            """
        let (deliveries, refused) = DeliveryJSONTests.parse(text)
        #expect(refused.isEmpty)
        #expect(
            deliveries == [
                Announced(
                    note: "BL-1", supplier: "Lefèvre", expectedOn: "2026-11-23", client: "C-9", dock: "Q1",
                    lines: [
                        .init(
                            gtin: DeliveryJSONTests.gtin14, description: "Câble", quantity: 2, lot: "L1",
                            expires: "2028-02-29", serials: ["a", "b"]),
                        .init(gtin: DESADVTests.gtin14(2), quantity: 7),
                    ],
                    units: [
                        .init(
                            sscc: DESADVTests.sscc(2), parent: DESADVTests.sscc(1),
                            contents: [.init(gtin: DeliveryJSONTests.gtin14, quantity: 2, lot: "L1")]),
                        .init(sscc: DESADVTests.sscc(1)),
                    ])
            ])
    }

    @Test func anArrayOrOneDeliveryAloneIsAsGood() {
        let one = DeliveryJSONTests.delivery(DeliveryJSONTests.lines(DeliveryJSONTests.line))
        let expected = DeliveryJSONTests.parse(one).deliveries
        #expect(expected.count == 1)
        for text in ["[\(one)]", #"{"deliveries":[\#(one)]}"#, "\u{FEFF} \(one)"] {
            let read = DeliveryJSONTests.parse(text)
            #expect(read.deliveries == expected && read.refused.isEmpty)
        }
        #expect(DeliveryJSONTests.parse("[]").deliveries.isEmpty)
    }

    @Test func badLinesAreRefusedWithTheirDeliveryAndPlace() {
        let gtin = DeliveryJSONTests.gtin
        let bad: [(String, String)] = [
            (#"{"gtin":"3608439390010","quantity":1}"#, "the check digit of GTIN 3608439390010 is wrong"),
            (#"{"gtin":"abc","quantity":1}"#, "\"abc\" is not a GTIN"),
            (#"{"quantity":1}"#, "\"gtin\" is missing"),
            (#"{"gtin":12,"quantity":1}"#, "\"gtin\" is not a text"),
            (#"{"gtin":"\#(gtin)"}"#, "quantity missing is not"),
            (#"{"gtin":"\#(gtin)","quantity":0}"#, "quantity 0 is not a whole number from 1 to 1000000"),
            (#"{"gtin":"\#(gtin)","quantity":1.5}"#, "quantity 1.5"),
            (#"{"gtin":"\#(gtin)","quantity":1000001}"#, "quantity 1000001"),
            (#"{"gtin":"\#(gtin)","quantity":"5"}"#, "quantity \"5\""),
            (
                #"{"gtin":"\#(gtin)","quantity":1,"expires":"2027-02-29"}"#,
                "\"2027-02-29\" in \"expires\" is not a date"
            ),
            (#"{"gtin":"\#(gtin)","quantity":1,"serials":["a","b"]}"#, "2 serial numbers for a quantity of 1"),
            (#"{"gtin":"\#(gtin)","quantity":2,"serials":["a","a"]}"#, "a serial number stands twice"),
            (#"{"gtin":"\#(gtin)","quantity":1,"serials":[7]}"#, "a serial number is a text"),
            (#"{"gtin":"\#(gtin)","quantity":1,"serials":"a"}"#, "\"serials\" is not an array"),
            ("7", "it is not an object"),
        ]
        let all = [DeliveryJSONTests.line] + bad.map(\.0)
        let (deliveries, refused) = DeliveryJSONTests.parse(
            DeliveryJSONTests.delivery(#""lines":[\#(all.joined(separator: ","))]"#))
        #expect(deliveries.first?.lines.count == 1)
        #expect(refused.map(\.line) == Array(2...(bad.count + 1)))
        for (refusal, (_, reason)) in zip(refused, bad) {
            #expect(refusal.reason.hasPrefix("delivery BL-1, line \(refusal.line): "))
            #expect(refusal.reason.contains(reason))
        }
    }

    @Test func badDeliveriesAreRefusedWhole() {
        let lines = DeliveryJSONTests.lines(DeliveryJSONTests.line)
        let long = String(repeating: "x", count: 65)
        let (deliveries, refused) = DeliveryJSONTests.parse(
            """
            [{"supplier":"S",\(lines)},{"note":"A",\(lines)},{"note":"B","supplier":"S"},
            {"note":"C","supplier":"S","lines":7},
            {"note":"D","supplier":"S","expectedOn":"23/11/2026",\(lines)},
            {"note":"\(long)","supplier":"S",\(lines)},null,
            {"note":"E","supplier":"S",\(lines)},{"note":"E","supplier":"S",\(lines)}]
            """)
        #expect(deliveries.map(\.note) == ["E"])
        #expect(refused.map(\.line) == [1, 2, 3, 4, 5, 6, 7, 9])
        let reasons = [
            "delivery 1: \"note\" is missing", "delivery A: \"supplier\" is missing",
            "delivery B: it has no line that can be received", "delivery C: \"lines\" is not an array",
            "delivery D: \"23/11/2026\" in \"expectedOn\" is not a date such as 2027-03-31",
            "delivery 6: \"note\" has more than 64 characters", "delivery 7: it is not an object",
            "delivery E stands twice",
        ]
        #expect(refused.map(\.reason) == reasons)
    }

    @Test func badUnitsAndLinksAreRefused() {
        func unit(_ number: Int, in parent: Int? = nil, _ contents: String = "") -> String {
            let link = parent.map { #","parent":"\#(DESADVTests.sscc($0))""# } ?? ""
            return #"{"sscc":"\#(DESADVTests.sscc(number))"\#(link),"contents":[\#(contents)]}"#
        }
        let units = [
            unit(1), unit(1), #"{"sscc":"123456789012345678"}"#, "{}", unit(2, in: 99), unit(3, in: 3), unit(4, in: 5),
            unit(5, in: 4), unit(6, in: 1, #"{"gtin":"x","quantity":1},\#(DeliveryJSONTests.line)"#),
        ]
        let lines = DeliveryJSONTests.lines(DeliveryJSONTests.line)
        let (deliveries, refused) = DeliveryJSONTests.parse(
            "[\(DeliveryJSONTests.delivery(#"\#(lines),"units":[\#(units.joined(separator: ","))]"#)),"
                + #"{"note":"BL-2","supplier":"S",\#(lines),"units":[\#(unit(1))]}]"#)
        #expect(deliveries.count == 2)
        #expect(deliveries.first?.units.map(\.sscc) == [1, 2, 3, 4, 5, 6].map(DESADVTests.sscc))
        #expect(deliveries.first?.units.map(\.parent) == [nil, nil, nil, nil, nil, DESADVTests.sscc(1)])
        #expect(deliveries.first?.units.last?.contents == [.init(gtin: DeliveryJSONTests.gtin14, quantity: 5)])
        #expect(deliveries.last?.units.isEmpty == true)
        let reasons = refused.map(\.reason)
        #expect(refused.map(\.line) == [2, 3, 4, 9, 5, 6, 7, 8, 1])
        #expect(reasons[0].hasPrefix("delivery BL-1, unit 2: SSCC") && reasons[0].hasSuffix("stands twice"))
        #expect(reasons[3] == "delivery BL-1, unit 9, content 1: \"x\" is not a GTIN")
        #expect(reasons[4].contains("does not exist"))
        #expect(reasons[5...7].allSatisfy { $0.contains("it stands on itself: it is taken to stand alone") })
        #expect(reasons[8].hasPrefix("delivery BL-2, unit 1: SSCC") && reasons[8].hasSuffix("stands on BL-1 already"))
    }

    @Test func whatIsNoJSONIsSaidWithItsLine() {
        for text in ["", "{", "[1,", "nonsense", #"{"deliveries":7}"#, "7", #""text""#, "null"] {
            let read = DeliveryJSONTests.parse(text)
            #expect(read.deliveries.isEmpty && read.refused.count == 1, "\(text)")
        }
        #expect(DeliveryJSONTests.parse("[\n{},\n{]").refused.first?.line == 3)
    }
}
