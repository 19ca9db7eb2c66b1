/// Radio regions of UHF readers: the rules by which they may transmit. A driver sets those its reader's protocol has.
public enum Region: String, Sendable, CaseIterable {
    case eu, us, cn900, cn800, kr
    /// Australia 920 to 926 MHz, New Zealand 921.5 to 928, Brazil 902 to 907.5 and 915 to 928, Taiwan 922 to 928.
    case au, nz, br, tw
    /// India 865 to 867 MHz, Japan 916.7 to 920.9.
    case `in`, jp
    /// As the reader is set: nothing is sent, and whoever wrote it down knows that it is lawful there.
    case own
}

/// A country by its code, and the radio regions that are lawful there.
public struct Country: Equatable, Sendable {
    /// ISO 3166-1, two capitals.
    public let code: String
    /// The usual one first.
    public let regions: [Region]

    /// Nil for a country whose rules are not known here: its readers are configured by their region alone.
    public init?(code: String) {
        guard let regions = Country.table[code] else { return nil }
        self.code = code
        self.regions = regions
    }

    public static var codes: String { table.keys.sorted().joined(separator: ", ") }

    /// GS1, Regulatory status for using RFID in the EPC Gen2 (860 to 960 MHz) band. ETSI EN 302 208 (865 to 868 MHz) in Europe
    /// and where its band is open too; FCC part 15 (902 to 928 MHz) in North America.
    private static let table: [String: [Region]] = {
        let europe =
            "AE AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO RS SA SE SI SK TR ZA"
        let america = "AR CA MX PR US UY"
        var table: [String: [Region]] = [
            "KR": [.kr], "CN": [.cn900, .cn800], "AU": [.au], "NZ": [.nz, .eu], "BR": [.br], "TW": [.tw], "IN": [.in],
            "JP": [.jp], "HK": [.eu],
        ]
        for code in europe.split(separator: " ") { table[String(code)] = [.eu] }
        for code in america.split(separator: " ") { table[String(code)] = [.us] }
        return table
    }()
}

extension Region {
    /// Which key settles it.
    static let remedy = #"write country = "FR" (your own) at the top of agent.toml, or region in its [reader.…]"#
    /// Of a reader that was told nothing.
    static let keepsOwn = "no country is set: the reader transmits in the region it is set to itself; \(remedy)"
}
