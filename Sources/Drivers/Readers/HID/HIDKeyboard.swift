import Model

extension Driver {
    /// Readers and scanners that pretend to be a keyboard. Source: HID 1.11, appendix B.1 (boot keyboard).
    public static let hidKeyboard = Driver(
        name: "hid-keyboard", title: "Keyboard-wedge readers and scanners", kind: .scanner, line: .hid(.keyboard),
        hints: [
            .usb(vendor: 0x08FF, product: 0x0009, shared: false), .usb(vendor: 0x16C0, product: 0x27DB, shared: true),
        ],
        source: "USB HID 1.11 appendix B; HID usage tables, page 07; AZERTY by usage",
        session: { HIDKeyboard(settings: $0) })
}

/// A scan is a burst of keystrokes ended by Enter, Tab or silence; the keyboard layout is found from what it types.
struct HIDKeyboard: Session {
    /// Longest scan, in keystrokes (our limit); what follows is noise up to the end of the burst.
    static let limit = 4096
    static let silence: Duration = .milliseconds(50)

    private struct Stroke: Equatable {
        var usage: UInt8
        var modifiers: UInt8
        var capsLock: Bool
    }

    private enum Modifier {
        static let shift: UInt8 = 0x22
        static let leftAlt: UInt8 = 0x04
        static let altGr: UInt8 = 0x40
        static let control: UInt8 = 0x11
        /// Control and GUI: shortcuts, never text.
        static let shortcut: UInt8 = 0x99
    }

    private let fixed: KeyboardLayout?
    private let silence: Duration
    private let separator: String?
    private var shape = KeyboardShape.bySize
    private let home: KeyboardLayout
    private var layout: KeyboardLayout
    /// A check digit held in this layout.
    private var isProven = false
    private var held: [UInt8] = []
    private var heldModifiers: UInt8 = 0
    private var sawRelease = false
    private var capsLock = false
    /// Digits typed on the keypad while left Alt is down: a character by its number.
    private var altCode: Int?
    private var strokes: [Item] = []
    private var keys = 0
    private var overflow = 0
    private var due: Instant?
    private var isOpen = false

    private enum Item: Equatable {
        case stroke(Stroke)
        case character(Character)
    }

    init(settings: SessionSettings) {
        fixed = settings.keyboardLayout
        home = settings.keyboardLayout ?? KeyboardLayout(country: settings.country)
        layout = home
        silence = settings.scanSilence ?? HIDKeyboard.silence
        separator = settings.groupSeparator
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            isOpen = true
            reaction.condition = .ready
        case .descriptor(let bytes): shape = KeyboardShape(descriptor: bytes)
        case .bytes(let report):
            guard let (modifiers, usages) = shape.read(report) else {
                reaction.noise += report.count
                break
            }
            take(modifiers, usages, &reaction)
            due = strokes.isEmpty && overflow == 0 ? nil : now + silence
        case .tick:
            if let due, now >= due { finish(byKey: false, &reaction) }
        case .closing, .closed:
            (held, strokes, keys, overflow, altCode, due, isOpen) = ([], [], 0, 0, nil, nil, false)
        case .command, .recall, .accepted: break
        }
        reaction.deadline = due
        return reaction
    }

    private mutating func take(_ modifiers: UInt8, _ usages: [UInt8], _ reaction: inout Reaction) {
        if usages.isEmpty { sawRelease = true }
        // Without key-up reports, the same report again is the same key again.
        let repeats = !sawRelease && usages == held && modifiers == heldModifiers && !usages.isEmpty
        let fresh = repeats ? usages : usages.filter { !held.contains($0) }
        (held, heldModifiers) = (usages, modifiers)
        // Alt may go up in the report that brings the next key down: its character comes first.
        if modifiers & Modifier.leftAlt == 0, let code = altCode {
            altCode = nil
            append(.character(HIDKeyboard.character(code)), &reaction)
        }
        // Many scanners type GS as Ctrl+], by the place of that key on an American keyboard; other control keys type nothing.
        if modifiers & Modifier.shortcut & ~Modifier.control == 0, modifiers & Modifier.control != 0 {
            let bracket = layout.stroke(for: "]")
            for usage in fresh
            where usage == 0x30 || usage == bracket?.usage && modifiers & Modifier.altGr == bracket?.modifiers {
                keys += 1
                append(.character("\u{1D}"), &reaction)
            }
            return
        }
        for usage in fresh where modifiers & Modifier.shortcut == 0 { press(usage, modifiers, &reaction) }
    }

    private mutating func press(_ usage: UInt8, _ modifiers: UInt8, _ reaction: inout Reaction) {
        if modifiers & Modifier.leftAlt != 0 {
            // Keypad 1 to 9 and 0; other keys with Alt are shortcuts.
            guard (0x59...0x62).contains(usage) else { return }
            keys += 1
            altCode = min(9999, (altCode ?? 0) * 10 + (Int(usage) - 0x58) % 10)
            return
        }
        switch usage {
        case 0x28, 0x58, 0x2B: finish(byKey: true, &reaction)
        case 0x39: capsLock.toggle()
        case 0x04...0x27, 0x2C...0x38, 0x54...0x57, 0x59...0x64:
            keys += 1
            append(.stroke(Stroke(usage: usage, modifiers: modifiers, capsLock: capsLock)), &reaction)
        default: break
        }
    }

    private mutating func append(_ item: Item, _ reaction: inout Reaction) {
        if overflow > 0 || strokes.count == HIDKeyboard.limit {
            reaction.noise += overflow == 0 ? strokes.count + 1 : 1
            overflow += 1
            strokes = []
        } else {
            strokes.append(item)
        }
    }

    /// One key alone, followed by silence, is a person.
    private mutating func finish(byKey: Bool, _ reaction: inout Reaction) {
        defer { (strokes, keys, overflow, due) = ([], 0, 0, nil) }
        guard !strokes.isEmpty else { return }
        guard byKey || keys > 1 else {
            reaction.noise += 1
            return
        }
        if fixed == nil { recogniseLayout(&reaction) }
        reaction.observations.append(
            ScannedText(characters: text(layout), separator: separator).observation(typed: true))
    }

    // MARK: layout

    /// A check digit proves a layout. Until one has, keys that make no code in the layout in use and a plain one in the other
    /// kind are taken for evidence; one odd sign never is, for codes may hold any.
    private mutating func recogniseLayout(_ reaction: inout Reaction) {
        let before = layout
        if CheckDigit.holds(inScan: text(layout)) {
            isProven = true
        } else if let other = [home, .us, .fr].first(where: { $0 != layout && CheckDigit.holds(inScan: text($0)) }) {
            (layout, isProven) = (other, true)
        } else if !isProven {
            let other: KeyboardLayout =
                home.isAZERTY != layout.isAZERTY ? home : layout.isAZERTY ? .us : .fr
            // AZERTY types its digits with Shift, the others without: two in a row of the wrong kind are no code.
            if hasRow(shifted: !layout.isAZERTY), !isPlain(layout), isPlain(other) { layout = other }
        }
        if layout != before, isOpen {
            reaction.observations.append(
                .identity(Identity(field: "layout", text: "\(layout.rawValue) (recognised from what it typed)")))
        }
    }

    private func isPlain(_ layout: KeyboardLayout) -> Bool {
        text(layout).unicodeScalars.allSatisfy(HIDKeyboard.isUsual)
    }

    /// Two keys of the row of digits, one after the other, both with or both without Shift.
    private func hasRow(shifted: Bool) -> Bool {
        zip(strokes, strokes.dropFirst()).contains { pair in
            guard case .stroke(let one) = pair.0, case .stroke(let two) = pair.1 else { return false }
            return [one, two].allSatisfy {
                (0x1E...0x27).contains($0.usage) && ($0.modifiers & Modifier.shift != 0) == shifted
            }
        }
    }

    private static func isUsual(_ character: Unicode.Scalar) -> Bool {
        switch character {
        case "0"..."9", "A"..."Z", "a"..."z", " ", ".", "/", "-", "_", "\u{1D}": true
        default: false
        }
    }

    private func text(_ layout: KeyboardLayout) -> String {
        var out = ""
        var accent: Character?
        for item in strokes {
            var next: Character?
            switch item {
            case .character(let character): next = character
            case .stroke(let stroke):
                let lock = stroke.capsLock && (layout.isAZERTY || (0x04...0x1D).contains(stroke.usage))
                let shift = (stroke.modifiers & Modifier.shift != 0) != lock
                let altGr = stroke.modifiers & Modifier.altGr != 0
                next = layout.character(stroke.usage, shift: shift, altGr: altGr)
                if layout.isDead(stroke.usage, shift: shift, altGr: altGr) {
                    if let accent { out.append(accent) }
                    accent = next
                    continue
                }
            }
            guard let character = next else { continue }
            if let mark = accent {
                accent = nil
                if let composed = KeyboardLayout.compose(mark, character) {
                    out.append(composed)
                    continue
                }
                out.append(mark)
            }
            out.append(character)
        }
        if let accent { out.append(accent) }
        return out
    }

    /// Windows takes the number modulo 256; below 32 a control character such as 29, GS.
    private static func character(_ code: Int) -> Character { Windows1252.character(UInt8(code & 0xFF)) }
}

/// How a keyboard's report is read: by its descriptor (HID 1.11 §6.2.2), else by its size (observed).
struct KeyboardShape: Equatable {
    private var report: HIDReport?

    static let bySize = KeyboardShape(report: nil)

    private init(report: HIDReport?) { self.report = report }

    init(descriptor: [UInt8]) {
        let report = HIDReport(descriptor: descriptor)
        self.report = report.fields.contains { $0.usagePage == 7 && !$0.isConstant } ? report : nil
    }

    /// Modifiers and the usages that are down; nil when this is no keyboard report or the keyboard has lost count.
    func read(_ bytes: [UInt8]) -> (modifiers: UInt8, usages: [UInt8])? {
        let (modifiers, usages): (UInt8, [UInt8])
        if let report {
            guard let read = KeyboardShape.read(bytes, report) else { return nil }
            (modifiers, usages) = read
        } else {
            switch bytes.count {
            case 3: (modifiers, usages) = (bytes[1], [bytes[2]])
            case 9...: (modifiers, usages) = (bytes[1], Array(bytes[3..<9]))
            case 6...8: (modifiers, usages) = (bytes[0], Array(bytes[2...]))
            default: return nil
            }
        }
        // 1 to 3 are roll-over, failed self-test and undefined error, never keys.
        guard !usages.contains(where: { (1...3).contains($0) }) else { return nil }
        return (modifiers, usages.filter { $0 != 0 })
    }

    private static func read(_ bytes: [UInt8], _ report: HIDReport) -> (UInt8, [UInt8])? {
        var (modifiers, usages): (UInt8, [UInt8]) = (0, [])
        var found = false
        let id = report.hasReportIDs ? bytes.first : 0
        for field in report.fields where field.usagePage == 7 && field.reportID == id && !field.isConstant {
            for index in 0..<min(field.count, 256) {
                guard
                    let value = HIDReport.value(
                        bytes, bit: field.bitOffset + index * field.bitSize, size: field.bitSize)
                else { return nil }
                found = true
                if field.isArray {
                    usages.append(UInt8(truncatingIfNeeded: value))
                } else if value != 0, index < field.usages.count {
                    let usage = UInt8(truncatingIfNeeded: field.usages[index])
                    if usage >= 0xE0 { modifiers |= 1 << (usage & 7) } else { usages.append(usage) }
                }
            }
        }
        return found ? (modifiers, usages) : nil
    }
}
