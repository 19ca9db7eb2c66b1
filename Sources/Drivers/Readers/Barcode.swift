import Model

extension Driver {
    /// Hand and fixed scanners that send lines of text. Source: rfid.md §9.1 (ISO/IEC 15424 for the AIM identifiers).
    public static let barcode = Driver(
        name: "barcode", title: "Barcode scanner on a serial line", kind: .scanner, line: .serial(baud: 9600),
        source: "ISO/IEC 15424 (AIM identifiers); scanner manuals, line format",
        session: { _ in BarcodeScanner() })
}

/// A scan is a run of bytes ended by CR, LF, TAB or ETX, or by 50 ms of silence.
struct BarcodeScanner: Session {
    /// Longest scan, in bytes (rfid.md 9.1); a longer one is noise up to its end.
    static let limit = 4096
    static let silence: Duration = .milliseconds(50)

    private var line: [UInt8] = []
    private var overflowing = false

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened: reaction.condition = .ready
        case .bytes(let bytes):
            for byte in bytes { take(byte, &reaction) }
            if !line.isEmpty || overflowing { reaction.deadline = now + BarcodeScanner.silence }
        case .tick: finish(&reaction)
        case .closing, .closed, .command, .recall:
            line = []
            overflowing = false
        }
        return reaction
    }

    private mutating func take(_ byte: UInt8, _ reaction: inout Reaction) {
        switch byte {
        case 0x0D, 0x0A, 0x09, 0x03: finish(&reaction)
        case 0x02:  // STX begins a scan; an unfinished one before it is complete as it stands
            finish(&reaction)
        case 0x00: reaction.noise += 1  // a break on the line
        default:
            if overflowing {
                reaction.noise += 1
            } else if line.count == BarcodeScanner.limit {
                reaction.noise += line.count + 1
                line = []
                overflowing = true
            } else {
                line.append(byte)
            }
        }
    }

    private mutating func finish(_ reaction: inout Reaction) {
        defer {
            line = []
            overflowing = false
        }
        guard !line.isEmpty else { return }
        // A bare AIM identifier without data is what a badly set scanner sends between scans.
        guard let (symbology, data) = BarcodeScanner.split(line), !data.isEmpty else {
            reaction.noise += line.count
            return
        }
        reaction.observations.append(.barcode(Barcode(symbology: symbology, text: BarcodeScanner.text(data))))
    }

    /// `]`, code letter, modifier; nil symbology when the scanner does not send it.
    private static func split(_ line: [UInt8]) -> (String?, ArraySlice<UInt8>)? {
        guard line.count >= 3, line[0] == UInt8(ascii: "]"), isLetter(line[1]), isModifier(line[2]) else {
            return (nil, line[...])
        }
        return (String(decoding: line[0..<3], as: UTF8.self), line[3...])
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isModifier(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) || isLetter(byte) }

    /// UTF-8, else ISO 8859-1, of which every byte is a character.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }
}
