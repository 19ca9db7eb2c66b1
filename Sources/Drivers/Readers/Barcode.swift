import Model

extension Driver {
    /// Hand and fixed scanners that send lines of text. Source: ISO/IEC 15424 for the AIM identifiers.
    public static let barcode = Driver(
        name: "barcode", title: "Barcode scanner on a serial line", kind: .scanner, line: .serial(baud: 9600),
        recognise: { bytes in
            let lines = bytes.split { $0 == 0x0D || $0 == 0x0A }
            guard bytes.contains(where: { $0 == 0x0D || $0 == 0x0A }), let line = lines.first, line.count >= 3,
                line.allSatisfy({ (0x20..<0x7F).contains($0) || $0 == 0x1D })
            else { return .none }
            return AIMIdentifier.text(line.prefix(3)) == nil
                ? .likely("it sends lines of text, as scanners do") : .certain("a line with an AIM identifier")
        },
        sealing: .lines,
        source: "ISO/IEC 15424 (AIM identifiers); scanner manuals, line format",
        session: { BarcodeScanner(settings: $0) })
}

/// A scan is a run of bytes ended by a terminator (CR, LF, TAB or ETX where the site names no other). Silence ends it only on a
/// line that has sent no terminator yet: bridges and radio scanners pause inside a scan for 60 to 80 ms (observed).
struct BarcodeScanner: Session {
    /// Longest scan, in bytes (our limit); a longer one is noise up to its end.
    static let limit = 4096
    /// Until a terminator was seen: longer than any pause inside a scan that we know of.
    static let silence: Duration = .milliseconds(250)
    /// Afterwards: a line that was cut off must not become the beginning of the next scan.
    static let abandoned: Duration = .seconds(1)
    /// Bytes of a rather short scan: for so many at a time room is made.
    private static let shortScan = 16
    static let usualTerminators: [UInt8] = [0x0D, 0x0A, 0x09, 0x03]

    /// Which bytes end a scan.
    private let terminates: [Bool]
    /// The site's own; nil goes by what the line has shown.
    private let silence: Duration?
    private let separator: String?
    private let wrapping: ScanWrapping
    private var hasTerminators = false
    private var line: [UInt8] = []
    private var overflowing = false
    private var due: Instant?

    init(settings: SessionSettings) {
        let terminators = settings.terminators.isEmpty ? BarcodeScanner.usualTerminators : settings.terminators
        terminates = (0...255).map { terminators.contains($0) }
        silence = settings.scanSilence
        separator = settings.groupSeparator
        wrapping = ScanWrapping(prefix: settings.stripPrefix, suffix: settings.stripSuffix)
    }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened: reaction.condition = .ready
        case .bytes(let bytes):
            reaction.observations.reserveCapacity(bytes.count / BarcodeScanner.shortScan)
            for byte in bytes { take(byte, &reaction) }
            due = line.isEmpty && !overflowing ? nil : now + patience
        case .tick:
            if let due, now >= due { finish(&reaction) }
        case .closing, .closed: (line, overflowing, due, hasTerminators) = ([], false, nil, false)
        case .descriptor, .command, .recall, .accepted: break
        }
        reaction.deadline = due
        return reaction
    }

    private var patience: Duration {
        silence ?? (hasTerminators ? BarcodeScanner.abandoned : BarcodeScanner.silence)
    }

    private mutating func take(_ byte: UInt8, _ reaction: inout Reaction) {
        if terminates[Int(byte)] {
            hasTerminators = true
            return finish(&reaction)
        }
        switch byte {
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
            line.removeAll(keepingCapacity: true)
            (overflowing, due) = (false, nil)
        }
        guard !line.isEmpty else { return }
        let scan = wrapping.content(of: line[...])
        let symbology = scan.first == UInt8(ascii: "]") ? AIMIdentifier.text(scan.prefix(3)) : nil
        let data = symbology == nil ? scan : scan.dropFirst(3)
        // A bare AIM identifier without data is what a badly set scanner sends between scans.
        guard !data.isEmpty else {
            reaction.noise += line.count
            return
        }
        reaction.observations.append(
            ScannedText(symbology: symbology, bytes: data, separator: separator).observation(typed: false))
    }
}
