import Model

/// The call monitor of a FRITZ!Box (TCP 1012): lines for whoever listens, nothing is asked of it.
struct FritzBoxFace: ExchangeFace {
    private var listeners: Set<Int> = []
    private var out = FaceOutput()
    /// Connection numbers in use, by call; they are used again.
    private var lines: [Int: Int] = [:]
    private var answered: [Int: Instant] = [:]
    /// The moment at which its clock shows `epoch`, in Unix seconds.
    private var begun: Instant?
    private let epoch: Int64

    init(epoch: Int64) { self.epoch = epoch }

    mutating func connect(_ id: Int) { listeners.insert(id) }

    mutating func disconnect(_ id: Int) {
        listeners.remove(id)
        out.forget(id)
    }

    mutating func receive(_ bytes: [UInt8], on id: Int, legs: [Exchange.Leg]) -> [Exchange.Request] { [] }

    mutating func takeOutput() -> (bytes: [Int: [UInt8]], closing: [Int]) { out.take() }

    mutating func tell(_ happening: Exchange.Happening, legs: [Exchange.Leg], at now: Instant) {
        switch happening {
        case .began(let leg):
            // Calls between its own telephones are not shown.
            guard !leg.isDesk || leg.called.count > 4 else { return }
            let line = (0...).first { number in !lines.values.contains(number) } ?? 0
            lines[leg.call] = line
            say(
                leg.isDesk
                    ? "CALL;\(line);\(leg.number);0123456700;\(leg.called);SIP0;"
                    : "RING;\(line);\(leg.isPrivate ? "" : leg.number);\(leg.called);SIP0;", now)
        case .answered(_, let leg):
            guard let line = lines[leg.call], answered[leg.call] == nil else { return }
            answered[leg.call] = now
            say("CONNECT;\(line);\(leg.isDesk ? leg.number : leg.peer?.number ?? "");\(leg.number);", now)
        case .over(let call):
            guard let line = lines.removeValue(forKey: call) else { return }
            let seconds = answered.removeValue(forKey: call).map { (now - $0).milliseconds / 1000 } ?? 0
            say("DISCONNECT;\(line);\(seconds);", now)
        default: break
        }
    }

    /// `dd.mm.yy HH:MM:SS` in front.
    private mutating func say(_ text: String, _ now: Instant) {
        let begun = begun ?? now
        self.begun = begun
        let seconds = epoch + (now - begun).milliseconds / 1000
        // Civil date from days since 1970 (the proleptic Gregorian calendar's 400-year cycle).
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let fields = [
            dayOfYear - (153 * month + 2) / 5 + 1, month < 10 ? month + 3 : month - 9,
            (yearOfEra + (month < 10 ? 0 : 1)) % 100, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
        ].map { $0 < 10 ? "0\($0)" : "\($0)" }
        let date = "\(fields[0]).\(fields[1]).\(fields[2]) \(fields[3]):\(fields[4]):\(fields[5])"
        for id in listeners { out.put("\(date);\(text)\r\n", on: id) }
    }
}
