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

    /// ETSI EN 302 208 (865 to 868 MHz) in Europe; FCC part 15 in North America; MIIT and KCC rules in Asia.
    private static let table: [String: [Region]] = {
        let europe =
            "AT BE BG CH CY CZ DE DK EE ES FI FR GB GR HR HU IE IS IT LI LT LU LV MC MT NL NO PL PT RO SE SI SK"
        var table: [String: [Region]] = ["US": [.us], "CA": [.us], "MX": [.us], "KR": [.kr], "CN": [.cn900, .cn800]]
        for code in europe.split(separator: " ") { table[String(code)] = [.eu] }
        return table
    }()
}
