import Model

extension Driver {
    /// NXP's PN532 on a serial line. Source: NXP UM0701-02 (PN532 user manual), sections 6.2.1 and 7.2 to 7.3.5.
    public static let pn532 = Driver(
        name: "pn532", title: "PN532 boards on a serial line (HSU), 13.56 MHz", kind: .reader,
        line: .serial(baud: 115200),
        recognise: frames("a PN532's firmware version", { PN532Frame.take(from: &$0) }) { (frame: PN532Frame) in
            if case .answer(PN532Frame.Code.firmware + 1, let data) = frame { data.count == 4 } else { false }
        },
        sealing: .frames({ PN532Frame.take(from: &$0) }) { bytes in
            guard bytes.count > 7 else { return }
            bytes[bytes.count - 2] = 0 &- bytes[5..<bytes.count - 2].reduce(0, &+)
        },
        source: "NXP UM0701-02, PN532 user manual; libnfc and Adafruit session logs",
        session: { _ in PolledReader(PN532()) })
}

/// Wakes the chip, asks who it is, sets normal mode and few retries, then looks for one card after the other.
struct PN532: PolledFamily {
    private typealias Code = PN532Frame.Code

    static let patience: Duration = .milliseconds(200)
    /// A look with two retries takes less than 50 ms; more silence than this means that the answer was lost.
    static let silence: Duration = .seconds(1)
    static let advice =
        "no answer to the firmware query at 115200 baud: check the board's power, its switches (HSU) and that TX and RX cross"

    let questions: [PN532Frame] = [
        .command(Code.firmware, []),
        // Normal mode, without a SAM.
        .command(Code.samConfiguration, [0x01]),
        // Item 5: without a card it answers after three looks rather than never.
        .command(Code.rfConfiguration, [0x05, 0x00, 0x01, 0x02]),
    ]

    static func take(from bytes: inout [UInt8]) -> Framed<PN532Frame>? { PN532Frame.take(from: &bytes) }

    /// Until it has said who it is, it may sleep.
    func bytes(of question: PN532Frame) -> [UInt8] {
        (question == questions[0] ? PN532Frame.wakeUp : []) + question.bytes
    }

    mutating func greet(_ reaction: inout Reaction) {}

    func farewell() -> [UInt8] { [] }

    /// One card, ISO 14443 type A at 106 kbit/s; of several in the field, whichever answers.
    mutating func round() -> [UInt8] { PN532Frame.command(Code.listPassiveTarget, [0x01, 0x00]).bytes }

    mutating func accept(_ frame: PN532Frame, question: PN532Frame?, _ reaction: inout Reaction) -> FrameMeaning {
        switch frame {
        case .command, .ack, .nack: return FrameMeaning()
        case .error:
            reaction.observations.append(
                .fault(Fault(code: "illegal-command", text: "the reader does not know the command or its parameters")))
            return FrameMeaning(answers: true, isAlive: true)
        case .answer(Code.listPassiveTarget + 1, let data):
            for read in PN532.cards(data) { reaction.observations.append(.tag(read)) }
            return FrameMeaning(isAlive: true, endsRound: true)
        case .answer(let code, let data):
            guard case .command(let asked, _)? = question, code == asked &+ 1 else { return FrameMeaning() }
            if asked == Code.firmware, data.count == 4 {
                let chip = data[0] == 0x32 ? "PN532" : "type \(Hex.string([data[0]]))"
                reaction.observations += [
                    .identity(Identity(field: "hardware", text: chip)),
                    .identity(Identity(field: "firmware", text: "\(data[1]).\(data[2])")),
                ]
            }
            return FrameMeaning(answers: true, isAlive: true)
        }
    }

    /// A count, then for each: number, ATQA 2, SAK, length, UID, and an ATS with its length where SAK bit 6 says ISO 14443-4.
    static func cards(_ data: [UInt8]) -> [TagRead] {
        guard let count = data.first else { return [] }
        var rest = data.dropFirst()
        var out: [TagRead] = []
        for _ in 0..<count {
            guard rest.count >= 5 else { break }
            let (sak, length) = (rest[rest.startIndex + 3], Int(rest[rest.startIndex + 4]))
            guard [4, 7, 10].contains(length), rest.count >= 5 + length else { break }
            let uid = Array(rest.dropFirst(5).prefix(length))
            var read = TagRead(id: TagID(.iso14443a, uid))
            // ISO 14443-3: a four-byte number that begins with 08 is drawn anew at each tap.
            read.isRandom = length == 4 && uid[0] == 0x08
            out.append(read)
            rest = rest.dropFirst(5 + length)
            // The length of the ATS counts itself.
            if sak & 0x20 != 0, let ats = rest.first { rest = rest.dropFirst(max(1, Int(ats))) }
        }
        return out
    }
}
