import Drivers
import Model
import Ports

extension Claims {
    /// What is known before a byte is exchanged.
    struct Hint: Equatable, Sendable {
        enum Speed: Equatable, Sendable {
            /// A real line: every usual speed is tried.
            case hunted
            /// A pseudo-terminal, or a serial server that keeps the speed itself.
            case none
            /// The site says which.
            case fixed(Int)
        }

        /// From an earlier time on this very port.
        var remembered: (driver: String, baud: Int)?
        /// Points for each driver: a USB id of its own 50, a name that says scanner 50, a shared bridge 10.
        var scores: [String: Int] = [:]
        var speed = Speed.hunted
        /// Questions may be sent though nobody knows what is there: it is a bridge that readers are built with, or somebody
        /// named the line.
        var mayAsk = true

        static func == (a: Hint, b: Hint) -> Bool {
            a.remembered?.driver == b.remembered?.driver && a.remembered?.baud == b.remembered?.baud
                && a.scores == b.scores && a.speed == b.speed && a.mayAsk == b.mayAsk
        }
    }
}

extension Claims {
    enum Step: Equatable, Sendable {
        case listen(baud: Int, Duration)
        case pause(Probe)
        case ask(Probe)
        /// For ever, at the speed at which scanners speak.
        case wait(baud: Int)
    }

    /// In which order a line is listened to and asked: the usual question of each family first, so that a new reader reads
    /// within three seconds, then other forms and speeds.
    struct Plan: Sendable {
        /// Where it listens for ever: at the speed of what was here before, else at a scanner's.
        private(set) var baud: Int
        /// Other speeds can be tried.
        let isHunting: Bool
        /// The question of the reader that was here before.
        var own: [Step] = []
        /// Comes before everything: that question, or the one of the only family that has this USB id.
        var first: [Step] = []
        var everything: [Step] = []
        /// What is asked when nobody answered the first time; empty where nobody may be asked.
        var again: [Step] = []
        /// Each family's usual question.
        let usual: [Probe]

        init(_ drivers: [Driver], _ hint: Hint) {
            isHunting = hint.speed == .hunted
            let usualBaud = if case .fixed(let baud) = hint.speed { baud } else { 9600 }
            baud = usualBaud
            func here(_ probe: Probe) -> Probe {
                var probe = probe
                if case .fixed(let baud) = hint.speed { probe.baud = baud }
                return probe
            }
            func question(_ driver: Driver, _ probe: Probe, listening baud: Int) -> [Step] {
                [.listen(baud: baud, Claims.shortListen), .pause(here(probe)), .ask(here(probe))]
            }
            if let memory = hint.remembered, let driver = drivers.first(where: { $0.name == memory.driver }),
                var probe = driver.probes.first(where: { $0.baud == memory.baud }) ?? driver.probes.first
            {
                // One that was set to a speed of its own was recognised at that.
                if hint.speed == .hunted { probe.baud = memory.baud }
                // A reader in automatic mode answers nothing and is heard at that speed alone.
                if hint.speed == .hunted { baud = memory.baud }
                own = question(driver, probe, listening: baud)
                first = own
            } else if let driver = drivers.first(where: {
                hint.scores[$0.name] ?? 0 >= Claims.offered && !$0.probes.isEmpty
            }),
                let probe = driver.probes.first
            {
                first = question(driver, probe, listening: hint.speed == .hunted ? probe.baud : baud)
            }
            let firsts = drivers.filter { !$0.probes.isEmpty }.compactMap(\.probes.first)
            let early = firsts.filter { $0.step < 7 }.sorted { $0.step < $1.step }
            var rest = drivers.flatMap(\.probes).enumerated().filter { !early.contains($0.element) }
                .sorted { ($0.element.step, $0.offset) < ($1.element.step, $1.offset) }.map(\.element)
            if hint.speed != .hunted {
                // Without a speed to choose, the same bytes are the same question.
                var seen = early.map(\.send)
                rest = rest.filter { probe in
                    defer { seen.append(probe.send) }
                    return !seen.contains(probe.send)
                }
            }
            func asking(_ probes: [Probe]) -> [Step] { probes.flatMap { [.pause(here($0)), .ask(here($0))] } }
            usual = (early + firsts.filter { $0.step > 7 }).map(here)
            let listen = Step.listen(baud: usualBaud, Claims.firstListen)
            guard hint.mayAsk else {
                everything = [listen, .wait(baud: baud)]
                return
            }
            // The automatic mode of some readers is heard rather than asked for, before the last questions.
            let automatic: [Step] =
                isHunting
                ? [.listen(baud: 38400, Claims.longListen), .listen(baud: 115200, Claims.longListen)]
                : [.listen(baud: baud, Claims.longListen)]
            everything =
                [listen] + asking(early) + asking(rest.filter { $0.step < 7 }) + automatic
                + asking(rest.filter { $0.step > 7 }) + [.wait(baud: baud)]
            again = asking(early) + asking(rest.filter { firsts.contains($0) }) + [.wait(baud: baud)]
        }
    }
}

extension AgentConfiguration.Device {
    /// Which speeds its line can be asked at.
    var claimSpeed: Claims.Hint.Speed {
        if let baud { return .fixed(baud) }
        if case .serial = address { return .hunted }
        return .none
    }
}
