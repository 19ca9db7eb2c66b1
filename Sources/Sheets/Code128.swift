/// A Code 128 symbol (ISO/IEC 15417): printable ASCII, or GS1 data behind FNC1 (GS1 General Specifications 5.4).
///
/// ```
/// start | data … | check | stop
/// 11    | 11 each| 11    | 13 modules; each character is three bars and three spaces, the stop has one bar more
/// ```
public struct Code128: Equatable, Sendable {
    /// Widths of bars and spaces in modules, a bar first; without the quiet zones of ten modules on either side.
    public let widths: [Int]
    /// Modules altogether, quiet zones not counted.
    public var length: Int { widths.reduce(0, +) }

    /// In modules, on either side (ISO/IEC 15417 4.4.6).
    public static let quietZone = 10
    /// Characters of a symbol (our limit): more is too wide for any label.
    public static let limit = 64

    /// Nil for other signs than printable ASCII, and for nothing. `isGS1`: the text is element strings, FNC1 stands in front of it.
    public init?(_ text: String, isGS1: Bool = false) {
        let bytes = Array(text.utf8)
        guard (1...Code128.limit).contains(bytes.count), bytes.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
            return nil
        }
        var symbols = Code128.symbols(bytes[...], isGS1: isGS1)
        let sum = symbols.enumerated().reduce(0) { $0 + $1.element * max(1, $1.offset) }
        symbols += [sum % 103, Code128.stop]
        widths = symbols.flatMap { Code128.patterns[$0].map { Int($0.wholeNumberValue ?? 0) } }
    }

    private static let (codeC, codeB, fnc1, startB, startC, stop) = (99, 100, 102, 104, 105, 106)

    /// Digits two by two (code set C) where four or more stand at an end, or six in between; the rest in code set B.
    private static func symbols(_ bytes: ArraySlice<UInt8>, isGS1: Bool) -> [Int] {
        func digits(_ at: Int) -> Int { bytes[at...].prefix { (0x30...0x39).contains($0) }.count }
        var at = bytes.startIndex
        var isC = digits(at) >= 4 || digits(at) == 2 && bytes.count == 2
        var symbols = [isC ? startC : startB]
        if isGS1 { symbols.append(fnc1) }
        while at < bytes.endIndex {
            let run = digits(at)
            if isC {
                if run >= 2 {
                    symbols.append(Int(bytes[at] - 0x30) * 10 + Int(bytes[at + 1] - 0x30))
                    at += 2
                } else {
                    symbols.append(codeB)
                    isC = false
                }
            } else if run % 2 == 0, run >= 6 || run >= 4 && at + run == bytes.endIndex {
                symbols.append(codeC)
                isC = true
            } else {
                symbols.append(Int(bytes[at]) - 0x20)
                at += 1
            }
        }
        return symbols
    }

    /// Table 1 of the standard; of each character the widths of bar, space, bar, space, bar, space.
    private static let patterns = [
        "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312",
        "231212", "112232", "122132", "122231", "113222", "123122", "123221", "223211", "221132", "221231", "213212",
        "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321", "232121",
        "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331",
        "132131", "113123", "113321", "133121", "313121", "211331", "231131", "213113", "213311", "213131", "311123",
        "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224", "111422", "121124",
        "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114",
        "413111", "241112", "134111", "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112",
        "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113", "114311", "411113", "411311",
        "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
    ]
}
