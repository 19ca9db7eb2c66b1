import Model

extension Driver {
    /// AVM FRITZ!Box call monitor. Source: fritzconnection, call monitoring; FritzBoxCallMonitor test data.
    public static let fritzBox = Driver(
        name: "fritzbox", title: "FRITZ!Box call monitor", kind: .telephony, line: .tcp(port: 1012), sealing: .lines,
        source: "fritzconnection, call monitoring; FritzBoxCallMonitor test data",
        session: { FritzBox(settings: $0) })
}

/// Lines of what the box sees; it is told nothing and lists nothing, so calls that ran before are not known.
///
/// A call lives from RING or CALL to DISCONNECT; its number on the line is used again at once.
struct FritzBox: Session {
    /// Longest line, in bytes; the box's are far shorter.
    static let limit = 1024

    private struct Running {
        var id: String
        var answered: String?
        var isInbound: Bool
        var began: String
    }

    /// Numbers of its answering machines, which take a call that nobody took: FHEM, 72_FB_CALLMONITOR.pm. Whoever picks up
    /// while one is recording gives a line of their own.
    private static let answeringMachines: Set<String> = ["6", "40", "41", "42", "43", "44"]

    private let source: String
    private var lines = LineBuffer(limit: FritzBox.limit)
    private var calls: [String: Running] = [:]
    /// How often each number was used within the last second.
    private var begun: (date: String, times: [String: Int]) = ("", [:])

    init(settings: SessionSettings) { source = settings.name }

    mutating func handle(_ stimulus: Stimulus, at now: Instant) -> Reaction {
        var reaction = Reaction()
        switch stimulus {
        case .opened:
            lines.reset()
            reaction.condition = .ready
        case .bytes(let bytes):
            for byte in bytes {
                if let line = lines.take(byte, noise: &reaction.noise) { understand(line, &reaction) }
            }
        case .closed:
            // Nothing tells us how they went on.
            for call in calls.values.sorted(by: { $0.id < $1.id }) {
                var signal = CallSignal(.ended, call: call.id)
                signal.cause = .lost
                reaction.observations.append(.call(signal))
            }
            calls = [:]
            lines.reset()
        case .command(let command):
            // The box listens to nobody here.
            let cause = "a FRITZ!Box call monitor cannot dial"
            reaction.observations.append(.progress(CommandProgress(id: command.id, state: .failed, cause: cause)))
        case .tick, .closing, .descriptor, .recall, .accepted: break
        }
        return reaction
    }

    private mutating func understand(_ line: [UInt8], _ reaction: inout Reaction) {
        var text = Windows1252.text(line[...])
        if text.unicodeScalars.last == "\r" { text.unicodeScalars.removeLast() }
        let fields = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard fields.count >= 4, FritzBox.isDate(fields[0]), let connection = Int(fields[2]), connection >= 0 else {
            reaction.noise += line.count
            return
        }
        switch fields[1] {
        case "RING" where fields.count >= 5:
            offer(connection, fields[0], isInbound: true, number: fields[3], called: fields[4], &reaction)
        case "CALL" where fields.count >= 6:
            offer(
                connection, fields[0], isInbound: false, number: fields[4], called: fields[5], desk: fields[3],
                &reaction)
        case "CONNECT":
            guard var call = calls["\(connection)"], !FritzBox.answeringMachines.contains(fields[3]) || !call.isInbound
            else { break }
            call.answered = fields[3]
            calls["\(connection)"] = call
            var signal = CallSignal(.answered, call: call.id)
            (signal.leg, signal.desk) = ("\(call.id)-\(fields[3])", fields[3])
            reaction.observations.append(.call(signal))
        case "DISCONNECT":
            guard let call = calls.removeValue(forKey: "\(connection)") else { break }
            var signal = CallSignal(.ended, call: call.id)
            // Within the second in which it came: the box refused a number on its block list.
            signal.cause =
                call.answered != nil
                ? .normal : !call.isInbound ? .noAnswer : call.began == fields[0] ? .rejected : .callerGaveUp
            // To a machine nobody talked.
            signal.talkSeconds = call.answered == nil && call.isInbound ? 0 : Int(fields[3])
            reaction.observations.append(.call(signal))
        default: reaction.noise += line.count
        }
    }

    private mutating func offer(
        _ connection: Int, _ date: String, isInbound: Bool, number: String, called: String, desk: String? = nil,
        _ reaction: inout Reaction
    ) {
        // The end of the one before was not heard: the number on the line is in use again.
        if let old = calls.removeValue(forKey: "\(connection)") {
            var ended = CallSignal(.ended, call: old.id)
            ended.cause = .lost
            reaction.observations.append(.call(ended))
        }
        // The number on the line is used again at once, perhaps within the second: with time and count it is a call of
        // its own.
        if begun.date != date { begun = (date, [:]) }
        begun.times["\(connection)", default: 0] += 1
        let count = begun.times["\(connection)"] ?? 1
        let id = CallSignals.name(
            "\(connection)-\(date.filter(\.isNumber))\(count > 1 ? "-\(count)" : "")", of: source)
        calls["\(connection)"] = Running(id: id, isInbound: isInbound, began: date)
        var signal = CallSignal(.offered, call: id)
        signal.direction = isInbound ? .inbound : .outbound
        if isInbound { signal.caller = number.isEmpty ? .hidden : Party(number: number, name: nil) }
        signal.called = called
        signal.desk = desk
        reaction.observations.append(.call(signal))
    }

    /// `dd.mm.yy HH:MM:SS`
    private static func isDate(_ text: String) -> Bool {
        text.utf8.count == 17
            && zip(text.utf8, "00.00.00 00:00:00".utf8).allSatisfy { byte, form in
                form == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == form
            }
    }
}
