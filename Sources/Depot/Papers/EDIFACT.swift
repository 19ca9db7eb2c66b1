/// Messages of UN/EDIFACT interchanges (ISO 9735, syntax 1 to 4), read tolerantly and checked exactly: line breaks may
/// stand between segments or within them, functional groups may be there or not, but a message is only there whole.
/// What is cut, or counts wrongly, is refused with its place.
struct EDIFACT {
    struct Segment {
        var tag: String
        /// Data elements after the tag, each with its components.
        var elements: [[String]]
        /// Of the interchange, from 1: UNB is the first.
        var number: Int
        /// Of the file, from 1.
        var line: Int

        /// A component; empty where there is none.
        subscript(_ element: Int, _ component: Int = 0) -> String {
            element < elements.count && component < elements[element].count ? elements[element][component] : ""
        }

        /// Says what is wrong with it, and where it stands.
        func refusal(_ reason: Phrase) -> ImportReport.Refusal {
            .init(line: line, reason: "segment \(number) (\(tag)): \(reason)")
        }
    }

    struct Message {
        /// UNH to UNT without these two.
        var segments: [Segment]
        var header: Segment
        /// Who sent the interchange, as UNB says.
        var sender: String

        var type: String { header[1] }
    }

    /// The six service characters: UNA sets them.
    private struct Service {
        var component = UInt8(ascii: ":")
        var element = UInt8(ascii: "+")
        var release: UInt8? = UInt8(ascii: "?")
        var terminator = UInt8(ascii: "'")
        /// Set by UNA, from syntax 4 on; a repetition is read as one more component.
        var repetition: UInt8?
    }

    /// Bytes of a file.
    static let sizeLimit = 16 << 20
    static let segmentLimit = 500_000
    /// Data elements of a segment, and components of an element.
    static let elementLimit = 200
    /// Bytes of a component.
    static let componentLimit = 4096

    private(set) var messages: [Message] = []
    private(set) var refused: [ImportReport.Refusal] = []
    private let bytes: [UInt8]
    private var at = 0
    private var line = 1
    private var number = 0
    private var service = Service()
    private var isUTF8 = false
    private var isBroken = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        guard bytes.count <= EDIFACT.sizeLimit else {
            refuse(1, "the file has \(bytes.count) bytes; at most \(EDIFACT.sizeLimit) are read")
            return
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        while skipSpace() { guard interchange() else { return } }
        if number == 0, refused.isEmpty { refuse(1, "the file is empty") }
    }

    private mutating func refuse(_ line: Int, _ reason: Phrase) { refused.append(.init(line: line, reason: reason)) }

    private mutating func refuse(_ segment: Segment, _ reason: Phrase) {
        refused.append(segment.refusal(reason))
    }

    /// Ends the reading: what follows cannot be told from noise.
    private mutating func breakOff(_ line: Int, _ reason: Phrase) -> Segment? {
        isBroken = true
        refuse(line, "segment \(number): \(reason)")
        return nil
    }

    /// To the next byte that is no white space; false at the end.
    private mutating func skipSpace() -> Bool {
        while at < bytes.count, bytes[at] <= 0x20, bytes[at] != service.terminator || number == 0 {
            if bytes[at] == 0x0A { line += 1 }
            at += 1
        }
        return at < bytes.count
    }

    /// UNA, UNB … UNZ. False where reading on makes no sense.
    private mutating func interchange() -> Bool {
        (service, number) = (Service(), 0)
        guard takeServiceString() else { return false }
        guard let opening = segment() else { return false }
        guard opening.tag == "UNB" else {
            refuse(opening, "an interchange begins with UNB")
            return false
        }
        let set = opening[0].uppercased()
        switch set {
        case "UNOA", "UNOB", "UNOC": isUTF8 = false
        case "UNOW", "UNOY": isUTF8 = true
        // Other sets (ISO 8859-2 and on) have what everybody has in the same places.
        case _ where set.hasPrefix("UNO") && set.utf8.count == 4 && bytes[at...].allSatisfy { $0 < 0x80 }:
            isUTF8 = false
        default:
            refuse(
                opening, "the character set \"\(set)\" is not read beyond ASCII; UNOA, UNOB, UNOC, UNOW and UNOY are")
            return false
        }
        var message: Message?
        var (count, groups, inGroup) = (0, 0, 0)
        var group: Segment?
        while let next = segment() {
            if ["UNH", "UNE", "UNG", "UNZ", "UNB"].contains(next.tag), let cut = message {
                refuse(cut.header, "the message \(cut.header[0]) has no end (UNT)")
                message = nil
            }
            switch next.tag {
            case "UNH":
                message = Message(segments: [], header: next, sender: opening[1])
                (count, inGroup) = (count + 1, inGroup + 1)
            case "UNT":
                guard let whole = message else {
                    refuse(next, "an end of a message without its beginning (UNH)")
                    continue
                }
                message = nil
                finish(whole, next)
            case "UNG": (group, groups, inGroup) = (next, groups + 1, 0)
            case "UNE":
                if Int(next[0]) != inGroup {
                    refuse(next, "\(next[0]) messages are announced in the group, \(inGroup) came")
                }
                if let group, group[4] != next[1] { refuse(next, "the group \(group[4]) is closed as \(next[1])") }
                group = nil
            case "UNZ":
                let came = groups > 0 ? groups : count
                if Int(next[0]) != came {
                    refuse(
                        next,
                        groups > 0
                            ? "\(next[0]) groups are announced, \(came) came"
                            : "\(next[0]) messages are announced, \(came) came")
                }
                if next[1] != opening[4] { refuse(next, "the interchange \(opening[4]) is closed as \(next[1])") }
                return true
            case "UNB":
                refuse(next, "an interchange begins before the one before has ended (UNZ)")
                return false
            default:
                guard message?.segments.append(next) != nil else {
                    refuse(next, "a segment outside of any message")
                    return false
                }
            }
        }
        if let message { refuse(message.header, "the message \(message.header[0]) is cut: it has no end (UNT)") }
        if !isBroken { refuse(line, "after segment \(number): the interchange is cut, it has no end (UNZ)") }
        return false
    }

    /// A message is kept when its end agrees with its beginning.
    private mutating func finish(_ message: Message, _ end: Segment) {
        let came = message.segments.count + 2
        if Int(end[0]) != came {
            refuse(end, "\(end[0]) segments are announced, \(came) came: the message \(message.header[0]) is refused")
        } else if end[1] != message.header[0] {
            refuse(end, "the message \(message.header[0]) is closed as \(end[1]) and refused")
        } else {
            messages.append(message)
        }
    }

    /// `UNA:+.? '`, where it is.
    private mutating func takeServiceString() -> Bool {
        guard bytes[at...].starts(with: Array("UNA".utf8)) else { return true }
        guard bytes.count - at >= 9 else {
            refuse(line, "UNA is cut: six service characters follow it")
            return false
        }
        let set = Array(bytes[(at + 3)..<(at + 9)])
        service = Service(
            component: set[0], element: set[1], release: set[3] == 0x20 ? nil : set[3], terminator: set[5],
            repetition: set[4] == 0x20 || set[4] == set[1] ? nil : set[4])
        let used = [set[0], set[1], set[5]] + (set[3] == 0x20 ? [] : [set[3]])
        let isPlain = used.allSatisfy { byte in
            let letter = byte | 0x20
            return byte < 0x7F && byte != 0x20 && !(0x30...0x39).contains(byte) && !(0x61...0x7A).contains(letter)
        }
        guard isPlain, Set(used).count == used.count else {
            refuse(line, "UNA sets service characters that are letters, digits or twice the same")
            return false
        }
        at += 9
        return skipSpace() || cut()
    }

    private mutating func cut() -> Bool {
        refuse(line, "the interchange is cut, it has no end (UNZ)")
        return false
    }

    /// The next segment; nil at the end of the file, or where a limit or the character set is broken.
    private mutating func segment() -> Segment? {
        guard skipSpace() else { return nil }
        number += 1
        var segment = Segment(tag: "", elements: [[]], number: number, line: line)
        var component: [UInt8] = []
        guard number <= EDIFACT.segmentLimit else {
            return breakOff(line, "more than \(EDIFACT.segmentLimit) segments")
        }
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == 0x0A { line += 1 }
            let isEnd = byte == service.terminator
            if isEnd || byte == service.element || byte == service.component || byte == service.repetition {
                guard let text = decoded(component) else {
                    return breakOff(segment.line, "a text is not UTF-8")
                }
                segment.elements[segment.elements.count - 1].append(text)
                component = []
                if isEnd { return closed(segment) }
                if byte == service.element { segment.elements.append([]) }
                guard segment.elements.count <= EDIFACT.elementLimit,
                    segment.elements.last!.count <= EDIFACT.elementLimit
                else {
                    return breakOff(segment.line, "more than \(EDIFACT.elementLimit) elements or components")
                }
            } else if byte == service.release {
                // A line may break even between the release character and what it releases.
                while at < bytes.count, bytes[at] == 0x0D || bytes[at] == 0x0A, bytes[at] != service.terminator {
                    if bytes[at] == 0x0A { line += 1 }
                    at += 1
                }
                guard at < bytes.count else { break }
                component.append(bytes[at])
                at += 1
            } else if byte != 0x0A && byte != 0x0D {
                component.append(byte)
            }
            guard component.count <= EDIFACT.componentLimit else {
                return breakOff(segment.line, "a text of more than \(EDIFACT.componentLimit) bytes")
            }
        }
        return breakOff(segment.line, "it is cut in the middle")
    }

    /// With its tag taken from the first element.
    private mutating func closed(_ segment: Segment) -> Segment? {
        var segment = segment
        segment.tag = segment[0].uppercased()
        segment.elements.removeFirst()
        let isTag =
            segment.tag.utf8.count == 3
            && segment.tag.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        guard isTag else {
            return breakOff(segment.line, "\"\(segment.tag.prefix(10))\" is not a segment's name")
        }
        return segment
    }

    private func decoded(_ bytes: [UInt8]) -> String? {
        // Many say UNOC and send UTF-8 or Windows-1252: what is UTF-8 by its bytes is hardly anything else.
        guard isUTF8, number > 1 else { return PaperText.line(bytes[...]) }
        return String(validating: bytes, as: UTF8.self)
    }
}
