internal import CCrypto
import Model

/// How a family's frames are found and closed again after a change: what blinding a capture needs.
public struct Sealing: Sendable {
    /// Takes one frame (true) or noise (false) off the front; nil asks for more.
    let take: @Sendable (inout [UInt8]) -> Bool?
    /// Makes the checksum of one whole frame right.
    let seal: @Sendable (inout [UInt8]) -> Void

    static func frames<Frame>(
        _ take: @escaping @Sendable (inout [UInt8]) -> Framed<Frame>?,
        seal: @escaping @Sendable (inout [UInt8]) -> Void = { _ in }
    ) -> Sealing {
        Sealing(
            take: { bytes in
                guard let step = take(&bytes) else { return nil }
                if case .frame = step { return true }
                return false
            }, seal: seal)
    }

    /// Lines of text without a checksum.
    static let lines = Sealing(
        take: { bytes in
            guard let end = bytes.firstIndex(of: 0x0A) ?? bytes.firstIndex(of: 0x0D) else { return nil }
            bytes.removeFirst(end + 1)
            return true
        }, seal: { _ in })
}

/// Replaces what tells of people and goods by something else of the same length: the same by the same, and nobody can
/// go back, because the key is drawn anew for each capture and thrown away.
public struct Blinder: Sendable {
    private let key: [UInt8]

    public init() {
        var random = SystemRandomNumberGenerator()
        self.init(key: (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }

    init(key: [UInt8]) { self.key = key }

    /// Keeps the first byte, which is the scheme.
    func identifier(_ bytes: [UInt8]) -> [UInt8] {
        guard let first = bytes.first else { return [] }
        return [first] + stream(bytes, count: bytes.count - 1)
    }

    /// Digits become other digits, letters other letters; the first two characters of a number stay (the country or area).
    func text(_ text: [UInt8], keeping kept: Int) -> [UInt8] {
        let noise = stream(text, count: text.count)
        return text.enumerated().map { index, byte in
            guard index >= kept else { return byte }
            switch byte {
            case 0x30...0x39: return 0x30 + noise[index] % 10
            case 0x41...0x5A: return 0x41 + noise[index] % 26
            case 0x61...0x7A: return 0x61 + noise[index] % 26
            default: return byte
            }
        }
    }

    private func stream(_ bytes: [UInt8], count: Int) -> [UInt8] {
        var out: [UInt8] = []
        var round = 0
        while out.count < count {
            var digest = [UInt8](repeating: 0, count: 32)
            let input = key + round.bigEndianBytes + bytes
            ccrypto_sha256(input, input.count, &digest)
            out += digest
            round += 1
        }
        return Array(out.prefix(count))
    }
}

extension Transcript {
    /// The same conversation with other tag ids, texts and numbers, its checksums right; nil where the driver's frames
    /// cannot be closed again.
    public func blinded(_ driver: Driver, with blinder: Blinder = Blinder()) -> Transcript? {
        guard let sealing = driver.sealing else { return nil }
        var stream: [UInt8] = []
        for case .fromDevice(let bytes) in lines { stream += bytes }
        var out = stream
        // Taken apart in pieces: a day at a dock is long, and frames are short.
        var (rest, fed) = ([UInt8](), 0)
        func feed() -> Bool {
            guard fed < stream.count else { return false }
            let end = min(stream.count, fed + 1 << 16)
            rest += stream[fed..<end]
            fed = end
            return true
        }
        var (frames, noise): ([Range<Int>], [Range<Int>]) = ([], [])
        var known: Set<[UInt8]> = []
        // Whose reader it is: a serial number that is told in bytes goes like an id.
        for case .identity(let identity) in play(driver, settings: SessionSettings(region: .eu)).observations
        where identity.field == "serial" {
            if let bytes = Hex.bytes(identity.text), bytes.count >= 4 { known.insert(bytes) }
        }
        while true {
            let start = fed - rest.count
            guard let isFrame = sealing.take(&rest) else {
                if feed() { continue }
                break
            }
            let range = start..<(fed - rest.count)
            if isFrame {
                out.replaceSubrange(range, with: blind(Array(stream[range]), driver, sealing, blinder, &known))
                frames.append(range)
            } else if let last = noise.last, last.upperBound == range.lowerBound {
                noise[noise.count - 1] = last.lowerBound..<range.upperBound
            } else {
                noise.append(range)
            }
        }
        // Ids also stand in frames that are no reads, and in damaged ones, which stay as damaged as they were.
        for (ranges, areFrames) in [(frames, true), (noise, false)] {
            for range in ranges {
                var bytes = Array(out[range])
                let before = bytes
                for id in bytes.found(known) { bytes.replaceTag(id, blinder.identifier(id)) }
                if areFrames, bytes != before { sealing.seal(&bytes) }
                out.replaceSubrange(range, with: bytes)
            }
        }
        // What never became a frame may hold half an id: it goes, all of it.
        if driver.kind == .telephony || !rest.isEmpty {
            for index in (fed - rest.count)..<stream.count { out[index] = 0x2E }
        }
        var copy = Transcript()
        var at = 0
        for line in lines {
            switch line {
            case .fromDevice(let bytes):
                copy.lines.append(.fromDevice(Array(out[at..<at + bytes.count])))
                at += bytes.count
            case .expect: break
            case .toDevice(let bytes) where driver.kind == .telephony:
                // A click to call says whom.
                let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
                copy.lines.append(.toDevice(Array(lines.map { blinder.call(Array($0)) }.joined(separator: [0x0A]))))
            default: copy.lines.append(line)
            }
        }
        return copy
    }

    private func blind(
        _ frame: [UInt8], _ driver: Driver, _ sealing: Sealing, _ blinder: Blinder, _ known: inout Set<[UInt8]>
    ) -> [UInt8] {
        if driver.kind == .telephony { return blinder.call(frame) }
        var session = driver.session(SessionSettings(region: .eu))
        var reaction = session.handle(.bytes(frame), at: .zero)
        var seen = reaction.observations
        // A line without its terminator is complete after a silence.
        if let due = reaction.deadline, seen.isEmpty {
            reaction = session.handle(.tick, at: due)
            seen += reaction.observations
        }
        var out = frame
        for observation in seen {
            switch observation {
            case .tag(let read):
                known.insert(read.id.bytes)
                // LLRP has the tag's CRC as a parameter of its own (8B), away from PC and EPC.
                if let pc = read.protocolControl, read.crcIsValid == true {
                    let fresh = blinder.identifier(read.id.bytes)
                    let old = Gen2CRC.checksum(pc.bigEndianBytes + read.id.bytes).bigEndianBytes
                    let new = Gen2CRC.checksum(pc.bigEndianBytes + fresh).bigEndianBytes
                    out.replaceAll([0x8B] + old, [0x8B] + new)
                }
                out.replaceTag(read.id.bytes, blinder.identifier(read.id.bytes))
            case .barcode(let barcode): out.replaceText(barcode.text, blinder)
            case .key(let text): out.replaceText(text, blinder)
            default: break
            }
        }
        // Whose handheld it is: TSL's serial number.
        if out.starts(with: Array("US: ".utf8)) {
            return Array(out.prefix(4)) + blinder.text(Array(out.dropFirst(4)), keeping: 0)
        }
        // TSL writes its ids as text on lines of their own.
        if out.starts(with: Array("EP: ".utf8)), let end = out.firstIndex(where: { $0 == 0x0D || $0 == 0x0A }),
            let id = Hex.bytes(ascii: out[4..<end])
        {
            out.replaceSubrange(4..<end, with: Array(Hex.string(blinder.identifier(id)).utf8))
        }
        if out != frame { sealing.seal(&out) }
        return out
    }
}

extension Blinder {
    /// One line of an exchange: names go, numbers of six digits and more become others, identities of calls stay.
    fileprivate func call(_ line: [UInt8]) -> [UInt8] {
        let line =
            line.first == 0x7B
            ? Blinder.hiding(in: line[...]) { $0 == "token" || $0.hasSuffix("name") && $0 != "event-name" } : line
        let text = String(decoding: line, as: UTF8.self).lowercased()
        guard let colon = line.firstIndex(of: 0x3A) else { return line }
        let name = text.prefix { $0 != ":" }
        // Identities stay, and what FreeSWITCH calls its events.
        let kept = ["uniqueid", "linkedid", "unique-id", "uuid", "event-", "content-"]
        if kept.contains(where: name.contains) || name == "timestamp" { return line }
        let value = Array(line[(colon + 1)...])
        if name.hasSuffix("name"), !name.contains("context"), name != "channel-name" {
            return line[...colon] + self.text(value, keeping: 1)
        }
        var out = Array(line[...colon])
        var digits: [UInt8] = []
        for byte in value + [0] {
            if (0x30...0x39).contains(byte) {
                digits.append(byte)
                continue
            }
            out += digits.count >= 6 ? self.text(digits, keeping: 2) : digits
            digits = []
            out.append(byte)
        }
        return Array(out.dropLast())
    }
}

extension Blinder {
    /// A line of JSON with the text of the members so called (in lower case) put out, as long as it was.
    public static func hiding(in line: ArraySlice<UInt8>, where isHidden: (String) -> Bool) -> [UInt8] {
        var out = Array(line)
        /// Past the text that begins at a quote; an escaped character is two bytes.
        func end(_ start: Int) -> Int {
            var at = start + 1
            while at < out.count, out[at] != 0x22 { at += out[at] == 0x5C ? 2 : 1 }
            return min(at, out.count)
        }
        var at = 0
        while let quote = out[min(at, out.count)...].firstIndex(of: 0x22) {
            let close = end(quote)
            let name = String(decoding: out[min(quote + 1, close)..<close], as: UTF8.self).lowercased()
            at = close + 1
            var value = at
            while value < out.count, out[value] == 0x3A || out[value] == 0x20 { value += 1 }
            guard value > at, value < out.count, out[value] == 0x22 else { continue }
            at = end(value) + 1
            guard isHidden(name) else { continue }
            for index in (value + 1)..<max(value + 1, min(at - 1, out.count)) { out[index] = 0x78 }
        }
        return out
    }
}

extension [UInt8] {
    fileprivate mutating func replaceAll(_ old: [UInt8], _ new: [UInt8]) {
        guard !old.isEmpty, old.count == new.count else { return }
        var at = startIndex
        while at + old.count <= count {
            if self[at] == old[0], Array(self[at..<at + old.count]) == old {
                replaceSubrange(at..<at + old.count, with: new)
                at += old.count
            } else {
                at += 1
            }
        }
    }

    fileprivate mutating func replaceText(_ text: String, _ blinder: Blinder) {
        let before = self
        let unicode = Array(text.utf8)
        replaceAll(unicode, blinder.text(unicode, keeping: 0))
        guard self == before else { return }
        // It came in ISO 8859-1.
        let latin = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        replaceAll(latin, blinder.text(latin, keeping: 0))
    }

    /// Which of these ids stand somewhere in here.
    fileprivate func found(_ ids: Set<[UInt8]>) -> Set<[UInt8]> {
        var out: Set<[UInt8]> = []
        for length in Set(ids.map(\.count)) where length <= count {
            for at in 0...(count - length) {
                let part = Array(self[at..<at + length])
                if ids.contains(part) { out.insert(part) }
            }
        }
        return out
    }

    /// Also as hex text; where the tag's own PC and CRC stand around it, the CRC follows.
    fileprivate mutating func replaceTag(_ old: [UInt8], _ new: [UInt8]) {
        for at in indices where at + old.count <= count && Array(self[at..<at + old.count]) == old {
            if at >= 2, at + old.count + 2 <= count {
                let crc = Gen2CRC.checksum(self[(at - 2)..<at] + old).bigEndianBytes
                if Array(self[at + old.count..<at + old.count + 2]) == crc {
                    let fresh = Gen2CRC.checksum(self[(at - 2)..<at] + new).bigEndianBytes
                    replaceSubrange(at + old.count..<at + old.count + 2, with: fresh)
                }
            }
            replaceSubrange(at..<at + old.count, with: new)
        }
        // ISO 15693 readers may send the last byte first.
        replaceAll(old.reversed(), new.reversed())
        replaceAll(Array(Hex.string(old).utf8), Array(Hex.string(new).utf8))
        replaceAll(Array(Hex.string(old).lowercased().utf8), Array(Hex.string(new).lowercased().utf8))
    }
}
