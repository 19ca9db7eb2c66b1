import Model

extension Driver {
    /// M100 family UHF modules. Source: YRM100 Communication user protocol V2.1; R200 user protocol V2.3.3.
    public static let m100 = Driver(
        name: "m100", title: "M100, YRM100, R200 and JRD-4035 UHF modules", kind: .reader, line: .serial(baud: 115200),
        hints: [
            .usb(vendor: 0x1A86, product: 0x7523, shared: true), .usb(vendor: 0x10C4, product: 0xEA60, shared: true),
        ],
        probes: [
            Probe(step: 2, baud: 115200, send: M100Frame(.command, 3, [0]).bytes, wait: .milliseconds(200)),
            Probe(step: 3, baud: 115200, send: M100Frame(.command, 3, [0], form: .aa).bytes, wait: .milliseconds(200)),
        ]
            // It can be set to these (command 11); asked last.
            + [9600, 38400, 57600, 19200].map {
                Probe(step: 9, baud: $0, send: M100Frame(.command, 3, [0]).bytes, wait: .milliseconds(200))
            },
        recognise: frames("a frame of the M100 protocol", { M100Frame.take(from: &$0) }) { (frame: M100Frame) in
            frame.kind != .command
        },
        sealing: .frames({ M100Frame.take(from: &$0) }) { bytes in
            bytes[bytes.count - 2] = bytes.dropFirst().dropLast(2).reduce(0, &+)
        },
        source: "YRM100 communication user protocol V2.1; R200 user protocol V2.3.3",
        session: { PolledReader(M100(settings: $0)) })
}

/// Identify, set the region and the power, then read for ever: a multi poll that is renewed when it runs dry.
struct M100: PolledFamily {
    /// How long a module may take to answer (our limit).
    static let patience: Duration = .milliseconds(200)
    /// A multi poll without a sign of life for this long has ended (our limit).
    static let silence: Duration = .seconds(1)
    static let advice =
        "no answer to the version query at 115200 baud: check the reader's power, the cable and the driver"

    let questions: [M100Frame]
    let remark: String?
    private let refused: Region?
    /// The framing last seen; answers take the same.
    private var form = M100Frame.Form.bb

    init(settings: SessionSettings) {
        var commands = [
            M100Frame(.command, M100Frame.Code.info, [0]),
            M100Frame(.command, M100Frame.Code.info, [1]),
        ]
        switch settings.region {
        case nil, .own?: commands.append(M100Frame(.command, M100Frame.Code.getRegion))
        case let region?:
            if let byte = region.m100 { commands.append(M100Frame(.command, M100Frame.Code.setRegion, [byte])) }
        }
        remark = settings.region == nil ? Region.keepsOwn : nil
        refused = settings.region.flatMap { $0 == .own || $0.m100 != nil ? nil : $0 }
        if let power = settings.powerDBm {
            let hundredths = UInt16(clamping: Int((power * 100).rounded()))
            commands.append(
                M100Frame(.command, M100Frame.Code.setPower, [UInt8(hundredths >> 8), UInt8(hundredths & 0xFF)]))
        }
        commands.append(M100Frame(.command, M100Frame.Code.getPower))
        questions = commands
    }

    static func take(from bytes: inout [UInt8]) -> Framed<M100Frame>? { M100Frame.take(from: &bytes) }

    func bytes(of question: M100Frame) -> [UInt8] {
        var frame = question
        frame.form = form
        return frame.bytes
    }

    /// A module left polling by a killed process talks over our questions: stop it first.
    mutating func greet(_ reaction: inout Reaction) {
        if let refused { reaction.refuseRegion(refused) }
        reaction.send += farewell()
    }

    func farewell() -> [UInt8] { bytes(of: M100Frame(.command, M100Frame.Code.stopPoll)) }

    mutating func round() -> [UInt8] { bytes(of: M100Frame(.command, M100Frame.Code.multiPoll, [0x22, 0xFF, 0xFF])) }

    mutating func accept(_ frame: M100Frame, question: M100Frame?, _ reaction: inout Reaction) -> FrameMeaning {
        form = frame.form
        switch frame.kind {
        case .command: return FrameMeaning()
        case .notice:
            if let tag = frame.tag { reaction.observations.append(.tag(tag)) }
            return FrameMeaning(isAlive: true)
        case .response:
            guard frame.command == M100Frame.Code.error else {
                if let identity = frame.identity { reaction.observations.append(.identity(identity)) }
                // Whoever answers that it polls has not stopped answering, though no tag and no empty round is told.
                return FrameMeaning(answers: question?.command == frame.command, isAlive: true)
            }
            // Error 15 after each empty round is a keep-alive, not a fault; small clones know no software version.
            let code = frame.parameters.first ?? 0
            guard code != 0x15 else { return FrameMeaning(isAlive: true) }
            if code != 0x17 || ![M100Frame.Code.info, M100Frame.Code.getRegion].contains(question?.command) {
                reaction.observations.append(.fault(M100.fault(code)))
            }
            return FrameMeaning(answers: true, isAlive: true)
        }
    }

    static func fault(_ code: UInt8) -> Fault {
        switch code {
        case 0x09: Fault(code: "read-failed", text: "reading the tag's memory failed")
        case 0x10: Fault(code: "write-failed", text: "writing the tag's memory failed")
        case 0x12: Fault(code: "kill-failed", text: "killing the tag failed")
        case 0x13: Fault(code: "lock-failed", text: "locking the tag failed")
        case 0x16: Fault(code: "access-refused", text: "the tag refused the access password")
        case 0x17: Fault(code: "unknown-command", text: "the reader does not know this command")
        case 0x20: Fault(code: "no-free-channel", text: "no free radio channel: another reader is transmitting")
        case 0xA0...0xEF: Fault(code: "tag-refused", text: "the tag refused the operation, code \(Hex.string([code]))")
        default: Fault(code: "reader-error", text: "the reader reports error \(Hex.string([code]))")
        }
    }
}

extension Region {
    /// Region byte of the set-region command; nil where the protocol has none.
    fileprivate var m100: UInt8? {
        switch self {
        case .cn900: 1
        case .us: 2
        case .eu: 3
        case .cn800: 4
        case .kr: 6
        case .au, .nz, .br, .tw, .in, .jp, .own: nil
        }
    }
}

extension M100Frame {
    fileprivate var identity: Identity? {
        switch command {
        case Code.info where parameters.count > 1:
            let field = [0: "hardware", 1: "software", 2: "maker"][Int(parameters[0])] ?? "info"
            let text = String(decoding: parameters.dropFirst().filter { (0x20..<0x7F).contains($0) }, as: UTF8.self)
            return Identity(field: field, text: text)
        case Code.getPower where parameters.count == 2:
            let hundredths = Int(parameters[0]) << 8 | Int(parameters[1])
            return Identity(field: "power", text: "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10) dBm")
        case Code.getRegion where parameters.count == 1:
            let name = [1: "cn900", 2: "us", 3: "eu", 4: "cn800", 6: "kr"][Int(parameters[0])]
            return Identity(field: "region", text: name ?? "unknown \(parameters[0])")
        default: return nil
        }
    }
}
