public import Model

/// A conversation as text: what `capture` writes, and what `replay`, the tests, the simulator and the fuzzer read.
///
///     # driver  m100
///     ! open                     the port was opened; `! close` it is about to be closed
///     > BB 00 03 …               to the device; hex, and 'text' in quotes
///     < BB 01 03 …               from the device; of one that speaks in packets, one packet a line
///     + 200                      milliseconds pass
///     = tag E200…                what the driver makes of it
public struct Transcript: Equatable, Sendable {
    public enum Line: Equatable, Sendable {
        case fromDevice([UInt8])
        case toDevice([UInt8])
        case passes(Int64)
        case expect(String)
        case open, close
        /// The HID report descriptor.
        case descriptor([UInt8])
        case remark(String)
    }

    public struct Mistake: Error, Equatable, CustomStringConvertible {
        public var line: Int
        public var text: String
        public var description: String { "line \(line): \(text)" }

        public init(line: Int, text: String) {
            self.line = line
            self.text = text
        }
    }

    /// Longest pause of one line, in milliseconds: a day. Longer ones are several lines.
    public static let longestPause: Int64 = 86_400_000

    public var lines: [Line] = []

    public init() {}

    public init(_ text: String) throws(Mistake) {
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let rest = line.dropFirst(2)
            func bytes(_ text: Substring) throws(Mistake) -> [UInt8] {
                guard let bytes = Transcript.bytes(text) else {
                    throw Mistake(line: index + 1, text: "not hex: \(text)")
                }
                return bytes
            }
            switch line.first {
            case "<": lines.append(.fromDevice(try bytes(rest)))
            case ">": lines.append(.toDevice(try bytes(rest)))
            case "+":
                guard let time = Int64(rest.prefix { $0.isNumber }), time <= Transcript.longestPause else {
                    throw Mistake(line: index + 1, text: "milliseconds expected")
                }
                lines.append(.passes(time))
            case "=": lines.append(.expect(String(rest)))
            case "!" where rest.hasPrefix("open"): lines.append(.open)
            case "!" where rest.hasPrefix("close"): lines.append(.close)
            case "#": lines.append(.remark(String(rest)))
            case "d" where line.hasPrefix("descriptor "): lines.append(.descriptor(try bytes(line.dropFirst(11))))
            case nil: break
            default: throw Mistake(line: index + 1, text: "a line begins with < > + = ! # or descriptor")
            }
        }
    }

    /// A remark `# name value`.
    public func header(_ name: String) -> String? {
        for case .remark(let text) in lines {
            let words = text.split(separator: " ", maxSplits: 1)
            if words.count == 2, words[0] == name { return words[1].drop { $0 == " " }.description }
        }
        return nil
    }

    public var text: String {
        lines.map { line in
            switch line {
            case .fromDevice(let bytes): "< \(Hex.string(bytes))"
            case .toDevice(let bytes): "> \(Hex.string(bytes))"
            case .passes(let time):
                stride(from: 0, through: max(0, time - 1), by: Int(Transcript.longestPause)).map {
                    "+ \(min(Transcript.longestPause, time - Int64($0)))"
                }.joined(separator: "\n")
            case .expect(let text): "= \(text)"
            case .open: "! open"
            case .close: "! close"
            case .descriptor(let bytes): "descriptor \(Hex.string(bytes))"
            case .remark(let text): "# \(text)"
            }
        }.joined(separator: "\n") + "\n"
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        var out: [UInt8] = []
        var rest = text
        while let first = rest.first {
            if first == "'" {
                guard let end = rest.dropFirst().firstIndex(of: "'") else { return nil }
                out += rest[rest.index(after: rest.startIndex)..<end].utf8
                rest = rest[rest.index(after: end)...]
            } else if first == " " {
                rest = rest.dropFirst()
            } else {
                guard let byte = Hex.bytes(rest.prefix(2)) else { return nil }
                out += byte
                rest = rest.dropFirst(2)
            }
        }
        return out
    }
}

extension Transcript {
    /// What happened when it was played, in the words of `=` lines.
    public struct Performance: Equatable, Sendable {
        public var observations: [Observation] = []
        public var noise = 0
        /// What the driver sent, in pieces as it sent them.
        public var sent: [UInt8] = []
        /// The same lines with what the driver made of each.
        public var annotated = Transcript()

        public var words: [String] { observations.map(\.words) }
    }

    /// What the `=` lines say, noise summed up.
    public var expectation: (words: [String], noise: Int, sent: [UInt8]) {
        var (words, noise, sent): ([String], Int, [UInt8]) = ([], 0, [])
        for line in lines {
            switch line {
            case .expect(let text) where text.hasPrefix("noise "): noise += Int(text.dropFirst(6)) ?? 0
            case .expect(let text): words.append(text)
            case .toDevice(let bytes): sent += bytes
            default: break
            }
        }
        return (words, noise, sent)
    }

    /// Gives a driver's session what the device said, in pieces of `size` where its bytes are a stream; time is virtual.
    public func play(_ driver: Driver, settings: SessionSettings, size: Int = .max) -> Performance {
        var session = driver.session(settings)
        var now = Instant.milliseconds(1_000_000)
        var deadline: Instant?
        var out = Performance()
        func take(_ reaction: Reaction) {
            deadline = reaction.deadline
            out.observations += reaction.observations
            out.noise += reaction.noise
            out.sent += reaction.send
            for observation in reaction.observations { out.annotated.lines.append(.expect(observation.words)) }
            if reaction.noise > 0 { out.annotated.lines.append(.expect("noise \(reaction.noise)")) }
        }
        for line in lines {
            if case .expect = line { continue }
            out.annotated.lines.append(line)
            switch line {
            case .fromDevice(let bytes):
                let size = max(1, driver.isPacketed ? bytes.count : min(size, bytes.count))
                for start in stride(from: 0, to: bytes.count, by: size) {
                    take(session.handle(.bytes(Array(bytes[start..<min(start + size, bytes.count)])), at: now))
                }
            case .passes(let milliseconds):
                let end = now + .milliseconds(milliseconds)
                while let due = deadline, due <= end {
                    now = max(now, due)
                    take(session.handle(.tick, at: now))
                }
                now = end
            case .descriptor(let bytes): take(session.handle(.descriptor(bytes), at: now))
            case .open: take(session.handle(.opened, at: now))
            case .close: take(session.handle(.closing, at: now))
            case .toDevice, .expect, .remark: break
            }
        }
        return out
    }
}

extension Observation {
    /// As a transcript's `=` line says it.
    public var words: String {
        switch self {
        case .tag(let read): "tag \(read.id.hex)"
        case .barcode(let barcode): "barcode \(barcode.symbology ?? "-") \(barcode.text)"
        case .key(let text): "key \(text)"
        case .fault(let fault): "fault \(fault.code)"
        case .identity(let identity): "identity \(identity.field) \(identity.text)"
        case .call(let signal):
            "call \(signal.event.rawValue)\(signal.caller?.withheld == true ? " withheld" : "")\(signal.caller?.number.map { " \($0)" } ?? "")"
        case .progress(let progress): "progress \(progress.state.rawValue)"
        }
    }
}
