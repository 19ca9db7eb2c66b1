import Model

/// The "+" schemes of TDS 2.0 and the "++" schemes of TDS 2.3: digits in four bits, no partition, and for "++" the
/// host name of the brand's own Digital Links after the key.
extension EPC {
    struct Plus {
        var name: String
        var parts: [Part]
        var isDated = false
        var hasHost = false

        fileprivate func named(_ name: String) -> Plus {
            var copy = self
            (copy.name, copy.hasHost) = (name, true)
            return copy
        }
    }

    /// How the value of one application identifier is written (TDS 2.3 table F).
    enum Part {
        /// Digits of four bits; then a serial part of the same identifier, or none.
        case digits(String, Int, then: SerialForm? = nil)
        /// Digits of four bits up to the first other character, then the rest as text (TDS 2.3 §14.5.5).
        case delimited(String)
        case text(String)
        case number(String)
    }

    enum SerialForm { case text, number }

    static let plus: [UInt8: Plus] = {
        let schemes: [(plus: UInt8, plusPlus: UInt8, scheme: Plus)] = [
            (0xF7, 0xFD, Plus(name: "sgtin", parts: [.digits("01", 14), .text("21")])),
            (0xFB, 0xFC, Plus(name: "dsgtin", parts: [.digits("01", 14), .text("21")], isDated: true)),
            (0xF9, 0xEF, Plus(name: "sscc", parts: [.digits("00", 18)])),
            (0xF2, 0xE9, Plus(name: "sgln", parts: [.digits("414", 13), .text("254")])),
            (0xF1, 0xEB, Plus(name: "grai", parts: [.digits("8003", 14, then: .text)])),
            (0xFA, 0xEE, Plus(name: "giai", parts: [.delimited("8004")])),
            (0xF6, 0xEA, Plus(name: "gdti", parts: [.digits("253", 13, then: .text)])),
            (0xF4, 0xE7, Plus(name: "gsrn", parts: [.digits("8018", 18)])),
            (0xF5, 0xE8, Plus(name: "gsrnp", parts: [.digits("8017", 18)])),
            (0xF8, 0xEC, Plus(name: "sgcn", parts: [.digits("255", 13, then: .number)])),
            (0xF0, 0xE6, Plus(name: "cpi", parts: [.delimited("8010"), .number("8011")])),
            (0xF3, 0xED, Plus(name: "itip", parts: [.digits("8006", 18), .text("21")])),
        ]
        return Dictionary(
            uniqueKeysWithValues: schemes.flatMap { entry in
                var plus = entry.scheme
                plus.name += "+"
                return [(entry.plus, plus), (entry.plusPlus, entry.scheme.named(entry.scheme.name + "++"))]
            })
    }()

    private static let dateAIs = ["11", "13", "15", "16", "17", "7006", "7007"]

    static func decodePlus(_ scheme: Plus, _ bytes: [UInt8]) throws(Unreadable) -> EPC {
        var bits = EPCBits(bytes)
        _ = try bits.number(8)
        let more = try bits.number(1) == 1
        _ = try bits.number(3)
        let date = scheme.isDated ? try date(&bits) : nil
        var elements: [Element] = []
        for part in scheme.parts {
            let element = try element(part, &bits)
            // An extension of 0 says that there is none (TDS 2.3 §6.3.3).
            if !element.value.isEmpty, element != Element("254", "0") { elements.append(element) }
        }
        guard let key = elements.first, hasCheckDigit(key) else { throw Unreadable("the check digit is wrong") }
        if let date { elements.append(date) }
        let host = scheme.hasHost ? try host(&bits) : nil
        // Other identifiers follow in the tag's memory: they are kept in the hex, not guessed at.
        if !more { try bits.endInZeros() }
        var epc = EPC(bytes, scheme.name, tag: nil, identity: nil, elements)
        epc.host = host
        return epc
    }

    private static func date(_ bits: inout EPCBits) throws(Unreadable) -> Element {
        let type = Int(try bits.number(4))
        guard type < dateAIs.count else { throw Unreadable("date type \(type) is not defined") }
        let (year, month, day) = (try bits.number(7), try bits.number(4), try bits.number(5))
        guard year < 100, (1...12).contains(month), day <= 31 else { throw Unreadable("the date is not one") }
        return Element(dateAIs[type], [year, month, day].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined())
    }

    private static func element(_ part: Part, _ bits: inout EPCBits) throws(Unreadable) -> Element {
        switch part {
        case .digits(let ai, let count, let tail):
            let key = try bits.digits(count)
            switch tail {
            case .text?: return Element(ai, key + (try alphanumeric(&bits)))
            case .number?: return Element(ai, key + (try numeric(&bits)))
            case nil: return Element(ai, key)
            }
        case .text(let ai): return Element(ai, try alphanumeric(&bits))
        case .number(let ai): return Element(ai, try numeric(&bits))
        case .delimited(let ai):
            var text = ""
            while true {
                let nibble = try bits.number(4)
                switch nibble {
                case 0...9: text += String(nibble)
                case 0xE: return Element(ai, text + (try alphanumeric(&bits)))
                case 0xF: return Element(ai, text)
                default: throw Unreadable("a digit is \(nibble)")
                }
                guard text.count <= 30 else { throw Unreadable("AI (\(ai)) has more than 30 characters") }
            }
        }
    }

    /// Of the keys that have one, at the place where they have it.
    private static func hasCheckDigit(_ key: Element) -> Bool {
        let digits: Substring
        switch key.ai {
        case "8003": digits = key.value.dropFirst().prefix(13)
        case "8006": digits = key.value.prefix(14)
        case "253", "255", "414": digits = key.value.prefix(13)
        case "8004", "8010": return true
        default: digits = key.value[...]
        }
        return digits.last?.wholeNumberValue == GS1.checkDigit(String(digits.dropLast()))
    }

    /// Four bits of length, then a number of as many digits (TDS 2.3 §14.5.13).
    private static func numeric(_ bits: inout EPCBits) throws(Unreadable) -> String {
        try decimal(Int(try bits.number(4)), &bits)
    }

    /// As many bits as the largest number of that many digits needs.
    private static func decimal(_ length: Int, _ bits: inout EPCBits) throws(Unreadable) -> String {
        guard length <= 20 else { throw Unreadable("a number of \(length) digits is too long") }
        guard length > 0 else { return "" }
        if length == 20 {
            // 67 bits: more than a word holds.
            let high = try bits.number(3)
            let low = try bits.number(64)
            let (quotient, remainder) = (10_000_000_000_000_000_000 as UInt64).dividingFullWidth((high, low))
            guard quotient < 10 else { throw Unreadable("the serial number has more than 20 digits") }
            let rest = String(remainder)
            return String(quotient) + String(repeating: "0", count: 19 - rest.count) + rest
        }
        let largest = (0..<length).reduce(UInt64(1)) { value, _ in value &* 10 } - 1
        return try bits.decimal(64 - largest.leadingZeroBitCount, digits: length, "serial number")
    }

    /// Three bits of encoding, five of length, data (TDS 2.3 §14.5.6).
    private static func alphanumeric(_ bits: inout EPCBits) throws(Unreadable) -> String {
        let encoding = try bits.number(3)
        let length = Int(try bits.number(5))
        var text = ""
        switch encoding {
        case 0: return try decimal(length, &bits)
        case 1, 2:
            for _ in 0..<length {
                let digit = String(try bits.number(4), radix: 16)
                text += encoding == 1 ? digit.uppercased() : digit
            }
        case 3:
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
            for _ in 0..<length { text.append(alphabet[Int(try bits.number(6))]) }
        case 4:
            for _ in 0..<length {
                let value = UInt8(try bits.number(7))
                guard EPCBits.isInvariant(value) else {
                    throw Unreadable("character \(Hex.string([value])) is not allowed")
                }
                text += String(UnicodeScalar(value))
            }
        case 5: return try urnCode40(length, &bits)
        default: throw Unreadable("encoding \(encoding) of the serial number is not defined")
        }
        return text
    }

    /// Three characters in sixteen bits (TDS 2.3 §14.5.6.5).
    private static func urnCode40(_ length: Int, _ bits: inout EPCBits) throws(Unreadable) -> String {
        let alphabet = Array("\0ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789")
        var text = ""
        while text.count < length {
            let value = Int(try bits.number(16)) - 1
            guard (0..<64_000).contains(value) else { throw Unreadable("URN code 40 is out of range") }
            for index in [value / 1600, value / 40 % 40, value % 40] where text.count < length {
                guard index > 0 else { throw Unreadable("URN code 40 ends before its length") }
                text.append(alphabet[index])
            }
        }
        return text
    }

    // MARK: host names (TDS 2.3 §14.5.16)

    /// One bit for the encoding, six for the length in units, then URN code 40 or seven-bit units, some of which stand
    /// for a whole ending.
    private static func host(_ bits: inout EPCBits) throws(Unreadable) -> String {
        let isASCII = try bits.number(1) == 1
        let length = Int(try bits.number(6))
        guard length > 0 else { throw Unreadable("the host name is empty") }
        guard isASCII else { return try urnCode40(length, &bits).lowercased() }
        var (text, units) = ("", length)
        while units > 0 {
            let unit = UInt8(try bits.number(7))
            units -= 1
            if unit < UInt8(hostEndings.count) {
                let index = Int(try bits.number(7))
                units -= 1
                guard units >= 0, index < hostEndings[Int(unit)].count else {
                    throw Unreadable("the host name uses a shortcut that is not defined")
                }
                text += hostEndings[Int(unit)][index]
            } else if let shortcut = hostShortcuts[unit] {
                text += shortcut
            } else if (0x30...0x39).contains(unit) || (0x61...0x7A).contains(unit) || (0x41...0x5A).contains(unit)
                || unit == 0x2D || unit == 0x2E
            {
                text += String(UnicodeScalar(unit))
            } else {
                throw Unreadable("character \(Hex.string([unit])) is not allowed in a host name")
            }
        }
        return text
    }

    private static let hostShortcuts: [UInt8: String] = [
        0x1E: "qr.", 0x1F: "www.", 0x20: "id.", 0x5B: ".com", 0x5C: ".org", 0x5D: ".net", 0x5E: ".int", 0x60: ".edu",
        0x7B: ".gov", 0x7C: ".mil", 0x7D: ".biz", 0x7E: ".eco", 0x7F: ".med",
    ]

    /// Tables 14-12 to 14-15, by the first of two units.
    private static let hostEndings: [[String]] = [
        """
        .ac .ad .ae .af .ag .ai .al .am .ao .aq .ar .as .at .au .aw .ax .az .ba .bb .bd .be .bf .bg .bh .bi .bj .bm .bn \
        .bo .bq .br .bs .bt .bw .by .bz .ca .cc .cd .cf .cg .ch .ci .ck .cl .cm .cn .co .cr .cu .cv .cw .cx .cy .cz .de \
        .dj .dk .dm .do .dz .ec .ee .eg .eh .er .es .et .eu .fi .fj .fk .fm .fo .fr .ga .gd .ge .gf .gg .gh .gi .gl .gm \
        .gn .gp .gq .gr .gs .gt .gu .gw .gy .hk .hm .hn .hr .ht .hu .id .ie .il .im .in .io .iq .ir .is .it .je .jm .jo \
        .jp .ke .kg .kh .ki .km .kn .kp .kr .kw .ky .kz .la .lb .lc .li
        """,
        """
        .lk .lr .ls .lt .lu .lv .ly .ma .mc .md .me .mg .mh .mk .ml .mm .mn .mo .mp .mq .mr .ms .mt .mu .mv .mw .mx .my \
        .mz .na .nc .ne .nf .ng .ni .nl .no .np .nr .nu .nz .om .pa .pe .pf .pg .ph .pk .pl .pm .pn .pr .ps .pt .pw .py \
        .qa .re .ro .rs .ru .rw .sa .sb .sc .sd .se .sg .sh .si .sk .sl .sm .sn .sr .ss .st .su .sv .sx .sy .sz .tc .td \
        .tf .tg .th .tj .tk .tl .tm .tn .to .tr .tt .tv .tw .tz .ua .ug .us .uy .uz .va .vc .ve .vg .vi .vn .vu .wf .ws \
        .ye .yt .za .zm .zw
        """,
        """
        .com.au .net.au .org.au .co.at .com.bd .co.bd .com.br .net.br .co.nz .com.ng .com.pk .co.in .com.in .co.il .co.jp \
        .co.za .co.kr .com.es .com.lk .co.th .co.tt .com.tt .com.tr .biz.tr .com.ua .co.uk .co.zm .com.zm .com.cn .org.cn \
        .net.cn .gov.cn
        """, ".tech",
    ].map { $0.split(separator: " ").map(String.init) }
}
