/// Which character a key gives: a scanner sends key positions, and was set to the language of some computer.
public enum KeyboardLayout: String, Sendable, CaseIterable {
    case us, fr

    /// Nil for keys that give no character. A dead key gives its accent alone; see `compose`.
    func character(_ usage: UInt8, shift: Bool, altGr: Bool) -> Character? {
        // The keypad is the same everywhere.
        if (0x54...0x63).contains(usage) {
            return usage == 0x58 ? nil : KeyboardLayout.keypad[Int(usage) - 0x54]
        }
        if usage == 0x2C { return " " }
        if altGr { return self == .fr ? KeyboardLayout.frenchAltGr[usage] : nil }
        switch self {
        case .us: return KeyboardLayout.american(usage, shift)
        case .fr:
            if let pair = KeyboardLayout.french[usage] { return shift ? pair.1 : pair.0 }
            return (0x04...0x1D).contains(usage) ? KeyboardLayout.american(usage, shift) : nil
        }
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

    /// The circumflex and the diaeresis of the French layout wait for a letter.
    func isDead(_ usage: UInt8, altGr: Bool) -> Bool { self == .fr && usage == 0x2F && !altGr }

    /// Accent and letter as one character; nil when they make none and both stand alone.
    static func compose(_ accent: Character, _ letter: Character) -> Character? {
        let plain = Array("aeiouAEIOU")
        guard let index = plain.firstIndex(of: letter) else { return letter == " " ? accent : nil }
        return Array(accent == "^" ? "âêîôûÂÊÎÔÛ" : "äëïöüÄËÏÖÜ")[index]
    }

    /// The key and modifiers that type a character; nil when this layout has none. For the simulator.
    public func stroke(for character: Character) -> (usage: UInt8, modifiers: UInt8)? {
        for usage in UInt8(0x04)...0x38 {
            for (modifiers, shift, altGr) in [(UInt8(0), false, false), (0x02, true, false), (0x40, false, true)]
            where self.character(usage, shift: shift, altGr: altGr) == character && !isDead(usage, altGr: altGr) {
                return (usage, modifiers)
            }
        }
        return nil
    }
}
