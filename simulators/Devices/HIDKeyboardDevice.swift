public import Drivers
public import Model

/// A wedge set to a French or an American computer: one boot report a key, one more for its release (HID 1.11, B.1).
///
/// What it sends are whole reports of eight bytes, one after the other.
public struct HIDKeyboardDevice: SimulatedDevice {
    public static let reportSize = 8

    public var field = Field()
    private let layout: KeyboardLayout

    public init(layout: KeyboardLayout = .us) { self.layout = layout }

    public var due: Instant? { nil }

    public mutating func perform(_ act: DeviceAct, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch act {
        case .scan(let text): reaction.send = reports(text)
        // A 125 kHz wedge types the number that is printed on the tag.
        case .present(let tags, _), .pass(let tags, _, _):
            for tag in tags { reaction.send += reports(HIDKeyboardDevice.printedNumber(tag)) }
        case .noise(let bytes): reaction.send = bytes
        case .antenna, .mishap: break
        }
        return reaction
    }

    public mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction { Reaction() }

    /// Reports of a text and its Enter; characters that the layout has no key for are left out.
    public func reports(_ text: String) -> [UInt8] {
        let strokes = text.compactMap { layout.stroke(for: $0) } + [(usage: UInt8(0x28), modifiers: UInt8(0))]
        return strokes.flatMap { [$0.modifiers, 0, $0.usage, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8) }
    }

    /// The lower four bytes as ten decimal digits (form 10D, as it is printed on cards).
    static func printedNumber(_ tag: TagID) -> String {
        let number = String(tag.bytes.suffix(4).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        return String(repeating: "0", count: max(0, 10 - number.count)) + number
    }
}
