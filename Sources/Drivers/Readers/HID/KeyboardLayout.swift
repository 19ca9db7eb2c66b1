/// Which character a key gives: a scanner sends key positions, and was set to the language of some computer.
public enum KeyboardLayout: String, Sendable, CaseIterable {
    case us, uk, fr, be, de, ch

    /// What is usual in a country (ISO 3166-1 code); American where nothing else is known.
    public init(country: String?) {
        self =
            switch country {
            case "FR": .fr
            case "BE": .be
            case "CH", "LI": .ch
            case "DE", "AT": .de
            case "GB", "IE": .uk
            default: .us
            }
    }

    /// Digits need Shift.
    var isAZERTY: Bool { self == .fr || self == .be }

    /// Nil for keys that give no character. A dead key gives its accent alone; see `compose`.
    func character(_ usage: UInt8, shift: Bool, altGr: Bool) -> Character? {
        // The keypad is the same everywhere.
        if (0x54...0x63).contains(usage) {
            return usage == 0x58 ? nil : KeyboardLayout.keypad[Int(usage) - 0x54]
        }
        if usage == 0x2C { return " " }
        if altGr {
            switch self {
            case .us, .uk: return nil
            case .fr: return KeyboardLayout.frenchAltGr[usage]
            case .be: return KeyboardLayout.belgianAltGr[usage]
            case .de: return KeyboardLayout.germanAltGr[usage]
            case .ch: return KeyboardLayout.swissAltGr[usage]
            }
        }
        switch self {
        case .us: return KeyboardLayout.american(usage, shift)
        case .uk: return KeyboardLayout.pick(KeyboardLayout.british[usage], usage, shift)
        case .fr: return KeyboardLayout.pick(KeyboardLayout.french[usage], usage, shift)
        case .be:
            return KeyboardLayout.pick(KeyboardLayout.belgian[usage] ?? KeyboardLayout.french[usage], usage, shift)
        case .de: return KeyboardLayout.pick(KeyboardLayout.german[usage], usage, shift)
        case .ch: return KeyboardLayout.pick(KeyboardLayout.swiss[usage] ?? KeyboardLayout.german[usage], usage, shift)
        }
    }

    private static func pick(_ pair: (Character?, Character?)?, _ usage: UInt8, _ shift: Bool) -> Character? {
        if let pair { return shift ? pair.1 : pair.0 }
        return american(usage, shift)
    }

    private static let keypad: [Character] = Array("/*-+\r1234567890.")

    private static func american(_ usage: UInt8, _ shift: Bool) -> Character? {
        switch usage {
        case 0x04...0x1D: Character(Unicode.Scalar(usage - 0x04 + (shift ? 0x41 : 0x61)))
        case 0x1E...0x27: (shift ? Array("!@#$%^&*()") : Array("1234567890"))[Int(usage) - 0x1E]
        case 0x2D...0x38: (shift ? Array("_+{}||:\"~<>?") : Array("-=[]\\\\;'`,./"))[Int(usage) - 0x2D]
        case 0x64: shift ? "|" : "\\"
        default: nil
        }
    }

    /// Plain and shifted, by usage of HID Usage Tables, page 07 (AZERTY as Windows and XKB have it).
    private static let french: [UInt8: (Character?, Character?)] = [
        0x04: ("q", "Q"), 0x14: ("a", "A"), 0x1A: ("z", "Z"), 0x1D: ("w", "W"), 0x10: (",", "?"), 0x33: ("m", "M"),
        0x1E: ("&", "1"), 0x1F: ("é", "2"), 0x20: ("\"", "3"), 0x21: ("'", "4"), 0x22: ("(", "5"), 0x23: ("-", "6"),
        0x24: ("è", "7"), 0x25: ("_", "8"), 0x26: ("ç", "9"), 0x27: ("à", "0"), 0x2D: (")", "°"), 0x2E: ("=", "+"),
        0x2F: ("^", "¨"), 0x30: ("$", "£"), 0x31: ("*", "µ"), 0x32: ("*", "µ"), 0x34: ("ù", "%"), 0x35: ("²", nil),
        0x36: (";", "."), 0x37: (":", "/"), 0x38: ("!", "§"), 0x64: ("<", ">"),
    ]

    private static let frenchAltGr: [UInt8: Character] = [
        0x1F: "~", 0x20: "#", 0x21: "{", 0x22: "[", 0x23: "|", 0x24: "`", 0x25: "\\", 0x26: "^", 0x27: "@", 0x2D: "]",
        0x2E: "}", 0x08: "€",
    ]

    private static let british: [UInt8: (Character?, Character?)] = [
        0x1F: ("2", "\""), 0x20: ("3", "£"), 0x31: ("#", "~"), 0x32: ("#", "~"), 0x34: ("'", "@"), 0x35: ("`", "¬"),
        0x64: ("\\", "|"),
    ]

    /// Where the Belgian layout differs from the French.
    private static let belgian: [UInt8: (Character?, Character?)] = [
        0x23: ("§", "6"), 0x25: ("!", "8"), 0x2E: ("-", "_"), 0x30: ("$", "*"), 0x31: ("µ", "£"), 0x32: ("µ", "£"),
        0x35: ("²", "³"), 0x38: ("=", "+"),
    ]

    private static let belgianAltGr: [UInt8: Character] = [
        0x1E: "|", 0x1F: "@", 0x20: "#", 0x23: "^", 0x26: "{", 0x27: "}", 0x2F: "[", 0x30: "]", 0x31: "`", 0x32: "`",
        0x34: "´", 0x38: "~", 0x64: "\\", 0x08: "€",
    ]

    private static let german: [UInt8: (Character?, Character?)] = [
        0x1C: ("z", "Z"), 0x1D: ("y", "Y"), 0x1F: ("2", "\""), 0x20: ("3", "§"), 0x23: ("6", "&"), 0x24: ("7", "/"),
        0x25: ("8", "("), 0x26: ("9", ")"), 0x27: ("0", "="), 0x2D: ("ß", "?"), 0x2E: ("´", "`"), 0x2F: ("ü", "Ü"),
        0x30: ("+", "*"), 0x31: ("#", "'"), 0x32: ("#", "'"), 0x33: ("ö", "Ö"), 0x34: ("ä", "Ä"), 0x35: ("^", "°"),
        0x36: (",", ";"), 0x37: (".", ":"), 0x38: ("-", "_"), 0x64: ("<", ">"),
    ]

    private static let germanAltGr: [UInt8: Character] = [
        0x14: "@", 0x08: "€", 0x10: "µ", 0x1F: "²", 0x20: "³", 0x24: "{", 0x25: "[", 0x26: "]", 0x27: "}", 0x2D: "\\",
        0x30: "~", 0x64: "|",
    ]

    /// Where the Swiss layout differs from the German.
    private static let swiss: [UInt8: (Character?, Character?)] = [
        0x1E: ("1", "+"), 0x20: ("3", "*"), 0x21: ("4", "ç"), 0x2D: ("'", "?"), 0x2E: ("^", "`"), 0x2F: ("ü", "è"),
        0x30: ("¨", "!"), 0x31: ("$", "£"), 0x32: ("$", "£"), 0x33: ("ö", "é"), 0x34: ("ä", "à"), 0x35: ("§", "°"),
    ]

    private static let swissAltGr: [UInt8: Character] = [
        0x1E: "¦", 0x1F: "@", 0x20: "#", 0x23: "¬", 0x24: "|", 0x25: "¢", 0x08: "€", 0x2D: "´", 0x2E: "~", 0x2F: "[",
        0x30: "]", 0x34: "{", 0x31: "}", 0x32: "}", 0x64: "\\",
    ]

    /// An accent that waits for its letter.
    func isDead(_ usage: UInt8, shift: Bool, altGr: Bool) -> Bool {
        guard !altGr else { return false }
        switch self {
        case .us, .uk: return false
        case .fr, .be: return usage == 0x2F
        case .de: return usage == 0x2E || usage == 0x35 && !shift
        case .ch: return usage == 0x2E || usage == 0x30 && !shift
        }
    }

    /// Accent and letter as one character; nil when they make none and both stand alone.
    static func compose(_ accent: Character, _ letter: Character) -> Character? {
        let plain = Array("aeiouAEIOU")
        guard let index = plain.firstIndex(of: letter) else { return letter == " " ? accent : nil }
        let composed =
            switch accent {
            case "^": "âêîôûÂÊÎÔÛ"
            case "´": "áéíóúÁÉÍÓÚ"
            case "`": "àèìòùÀÈÌÒÙ"
            default: "äëïöüÄËÏÖÜ"
            }
        return Array(composed)[index]
    }

    /// The key and modifiers that type a character; nil when this layout has none. For the simulator.
    public func stroke(for character: Character) -> (usage: UInt8, modifiers: UInt8)? {
        for usage in UInt8(0x04)...0x38 {
            for (modifiers, shift, altGr) in [(UInt8(0), false, false), (0x02, true, false), (0x40, false, true)]
            where self.character(usage, shift: shift, altGr: altGr) == character
                && !isDead(usage, shift: shift, altGr: altGr)
            {
                return (usage, modifiers)
            }
        }
        return nil
    }
}
