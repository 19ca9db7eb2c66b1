/// The unit in which an article is counted: a code of UN/ECE Recommendation 20 (`MTR`, `KGM`, `C62`), a kind of package of
/// Recommendation 21, or, where nobody knows better, the words of whoever wrote it.
public struct Measure: Hashable, Sendable, CustomStringConvertible {
    public let code: String

    public static let piece = Measure(known: "C62")

    private init(known code: String) { self.code = code }

    /// Characters of a unit that is kept as it was written (our limit).
    static let limit = 24

    /// However it is written: `m`, `mètres`, `MTR`, `Stk`, `kg`. Nil for nothing at all.
    public init?(_ text: String) {
        let words = Measure.folded(text)
        guard !words.isEmpty else { return nil }
        if let code = Measure.names[words] {
            self.code = code
        } else if let unit = Measure.units[words.uppercased()] {
            code = unit.code
        } else if let package = Measure.package(words.uppercased()) {
            code = package
        } else {
            code = String(text.split { $0.isWhitespace }.joined(separator: " ").prefix(Measure.limit))
        }
    }

    public var description: String { code }

    /// Of something that is counted one by one.
    public var isPiece: Bool { code == "C62" }
    /// So many of a package, whatever it holds; and what nobody knows.
    public var isPackage: Bool { Measure.packages.contains(code) }
    /// Lengths, weights, volumes, areas and times may be parts of a unit; pieces and packages are whole.
    public var isDivisible: Bool { Measure.units[code].map { $0.kind != .count } ?? false }
    /// Listed in the recommendations.
    public var isKnown: Bool { Measure.units[code] != nil || isPackage }

    /// What people write: `m`, `kg`, `m²`; nil for pieces.
    public var symbol: String? { isPiece ? nil : Measure.units[code]?.symbol ?? code }

    /// The same of it in another unit of its kind; nil where they are of different kinds, or three decimals do not hold it.
    public func convert(_ quantity: Quantity, to other: Measure) -> Quantity? {
        if code == other.code { return quantity }
        guard let from = Measure.units[code], let to = Measure.units[other.code], from.kind == to.kind else {
            return nil
        }
        return quantity.scaled(by: from.size, over: to.size)
    }

    /// `12.5 m`, `3`.
    public func text(_ quantity: Quantity) -> String { symbol.map { "\(quantity) \($0)" } ?? "\(quantity)" }

    // MARK: tables

    private enum Kind { case count, length, mass, volume, area, time }

    private struct Unit {
        var code: String
        var symbol: String
        var kind: Kind
        /// In the smallest unit of its kind that makes all of them whole: pieces, tenths of a millimetre, hundredths of a
        /// milligram, millilitres, square millimetres, seconds.
        var size: Int64
    }

    /// UN/ECE Recommendation 20, annexes I and III: what goods are sold by, with its conversion factors. Codes of the same unit
    /// (H87, EA, NAR, PCE) stand for one.
    private static let units: [String: Unit] = {
        let rows: [(String, String, Kind, Int64)] = [
            ("C62", "", .count, 1), ("DZN", "dz", .count, 12), ("GRO", "gro", .count, 144),
            ("CEN", "CEN", .count, 100), ("MIL", "MIL", .count, 1000),
            ("MMT", "mm", .length, 10), ("CMT", "cm", .length, 100), ("DMT", "dm", .length, 1000),
            ("MTR", "m", .length, 10_000), ("KMT", "km", .length, 10_000_000), ("INH", "in", .length, 254),
            ("FOT", "ft", .length, 3048), ("YRD", "yd", .length, 9144),
            ("MGM", "mg", .mass, 100), ("GRM", "g", .mass, 100_000), ("KGM", "kg", .mass, 100_000_000),
            ("DTN", "dt", .mass, 10_000_000_000), ("TNE", "t", .mass, 100_000_000_000),
            ("LBR", "lb", .mass, 45_359_237),
            ("MLT", "ml", .volume, 1), ("CLT", "cl", .volume, 10), ("DLT", "dl", .volume, 100),
            ("LTR", "l", .volume, 1000), ("HLT", "hl", .volume, 100_000), ("CMQ", "cm³", .volume, 1),
            ("DMQ", "dm³", .volume, 1000), ("MTQ", "m³", .volume, 1_000_000),
            ("MMK", "mm²", .area, 1), ("CMK", "cm²", .area, 100), ("DMK", "dm²", .area, 10_000),
            ("MTK", "m²", .area, 1_000_000), ("HAR", "ha", .area, 10_000_000_000),
            ("SEC", "s", .time, 1), ("MIN", "min", .time, 60), ("HUR", "h", .time, 3600), ("DAY", "d", .time, 86_400),
        ]
        var units: [String: Unit] = [:]
        for (code, symbol, kind, size) in rows {
            units[code] = Unit(code: code, symbol: symbol, kind: kind, size: size)
        }
        for code in ["H87", "EA", "NAR", "NMB", "PCE"] { units[code] = units["C62"] }
        for code in ["LM", "MTS"] { units[code] = units["MTR"] }
        return units
    }()

    /// Packages and what is wound (Recommendation 21): ampoules to tubs are left to those who have them.
    private static let packages: Set<String> = [
        "BG", "BN", "BO", "BX", "CA", "CL", "CR", "CS", "CT", "DR", "PA", "PF", "PK", "PX", "RL", "RO", "SA", "ST",
        "TU",
    ]

    /// Recommendation 20 has the packages of 21 behind an X.
    private static func package(_ code: String) -> String? {
        let bare = code.utf8.count == 3 && code.hasPrefix("X") ? String(code.dropFirst()) : code
        return bare != "ST" && packages.contains(bare) ? bare : nil
    }

    /// What people, catalogues and ERPs write, folded. `ml` is left out: a millilitre to some, a running metre to others.
    private static let names: [String: String] = {
        let lists = [
            "C62":
                "u un une pc pcs pce pces piece pieces unite unites unit units ea each st stk stck stuck stuk stuks szt nr "
                + "einheit einheiten eenheid eenheden article articles pz pieza",
            "DZN": "dozen dozens douzaine douzaines dutzend dozijn dz", "CEN": "cent centaine hundred",
            "MIL": "mille millier",
            "MTR": "m metre metres meter meters mtr mt mts mlin lm", "CMT": "cm centimetre centimetres centimeter",
            "MMT": "mm millimetre millimetres millimeter", "KMT": "km kilometre kilometres kilometer",
            "INH": "in inch inches", "FOT": "ft foot feet", "YRD": "yd yard yards",
            "KGM": "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes kilogramm",
            "GRM": "g gr gramme grammes gram grams gramm", "TNE": "t tonne tonnes to tonnen ton tons", "LBR": "lb lbs",
            "LTR": "l lt ltr litre litres liter liters", "CLT": "cl centilitre centilitres",
            "MLT": "millilitre millilitres milliliter", "HLT": "hl hectolitre hectolitres",
            "MTK": "m2 m² qm mq", "MTQ": "m3 m³ cbm", "CMK": "cm2 cm²", "CMQ": "cm3 cm³", "DMQ": "dm3 dm³",
            "HUR": "h hr heure heures hour hours stunde stunden std", "MIN": "minute minutes",
            "DAY": "jour jours day days tag tage",
            "BX": "boite boites box boxes", "CT": "carton cartons karton kartons doos",
            "RO": "rouleau rouleaux roll rolls rolle rollen",
            "RL": "bobine bobines touret tourets reel reels trommel haspel", "DR": "drum drums fut futs",
            "CL": "couronne couronnes coil coils ring ringe", "PK": "paquet paquets pack packs package paket pakete",
            "BG": "sac sacs sachet sachets bag bags beutel", "PX": "palette palettes pallet pallets",
        ]
        var names: [String: String] = [
            "metre lineaire": "MTR", "metres lineaires": "MTR", "m lin": "MTR", "metre carre": "MTK",
            "metres carres": "MTK",
            "metre cube": "MTQ", "metres cubes": "MTQ", "unite s": "C62", "piece s": "C62", "metre s": "MTR",
            "stuck e": "C62",
            "square metre": "MTK", "square meter": "MTK", "cubic metre": "MTQ", "cubic meter": "MTQ",
        ]
        for (code, words) in lists { for word in words.split(separator: " ") { names[String(word)] = code } }
        return names
    }()

    /// Lower case, without accents; marks are blanks.
    private static func folded(_ text: String) -> String {
        let plain: [Character: Character] = [
            "à": "a", "â": "a", "ä": "a", "é": "e", "è": "e", "ê": "e", "ë": "e", "î": "i", "ï": "i", "ô": "o",
            "ö": "o",
            "ù": "u", "û": "u", "ü": "u", "ç": "c",
        ]
        let signs = text.prefix(80).lowercased().map { character -> Character in
            if let letter = plain[character] { return letter }
            return character.isLetter || character.isNumber ? character : " "
        }
        return String(signs).split(separator: " ").joined(separator: " ")
    }
}
