import Glibc
import Model
import Platform

/// Starts what was set, where systemd runs; says what to start elsewhere.
struct SetupService {
    /// On this machine, and not only to be tried.
    let isReal: Bool

    var hasSystemd: Bool { isReal && Files.exists("/run/systemd/system") }

    /// Whether the centre can be asked now.
    var isRunning: Bool { hasSystemd }

    /// What was done, or is to be done, a line each.
    func start(_ files: SetupFiles, _ texts: SetupTexts) -> [String] {
        let place = texts.place
        let brokers = [place.broker, place.access, place.broker("broker.crt"), place.broker("authority.crt")]
        let hasBroker = texts.other == nil
        guard hasSystemd else {
            let broker = isReal ? "/etc/mosquitto/mosquitto.conf" : place.broker
            let first = hasBroker ? "mosquitto -c \(broker), then " : ""
            let why = isReal ? "systemd does not run here" : "Nothing was started"
            return ["\(why): start \(first)edge-ingest run --config \(place.configuration)"]
        }
        var steps: [[String]] = []
        if hasBroker {
            steps.append(["enable", "--now", "mosquitto.service"])
            if brokers.contains(where: files.hasChanged) { steps.append(["restart", "mosquitto.service"]) }
        }
        steps.append(["enable", "--now", "edge-ingest.service"])
        if files.hasChanged { steps.append(["restart", "edge-ingest.service"]) }
        return steps.map { step in
            let code = SetupService.run(["systemctl"] + step)
            return code == 0
                ? "done: systemctl \(step.joined(separator: " "))"
                : "FAILED: systemctl \(step.joined(separator: " ")); see journalctl -u \(step.last ?? "")"
        }
    }

    /// The broker begins anew: at a reload it would read its list and leave alone who is connected, and agents come again by themselves.
    /// False where it must be told by hand.
    static func restartBroker() -> Bool {
        Files.exists("/run/systemd/system") && run(["systemctl", "restart", "mosquitto.service"]) == 0
    }

    /// A program of this system, with its exit code; -1 where it cannot be started.
    static func run(_ arguments: [String]) -> Int32 {
        var list: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for text in list { free(text) } }
        var process = pid_t()
        var status: Int32 = 0
        guard posix_spawnp(&process, arguments[0], nil, nil, &list, environ) == 0 else { return -1 }
        while waitpid(process, &status, 0) < 0 { guard errno == EINTR else { return -1 } }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }
}

/// The road from here to the broker and to the pages, asked as the centre asks.
enum SetupRoad {
    /// What is not well, a sentence each with what to try.
    static func look(_ texts: SetupTexts) async -> [String] {
        var left: [String] = []
        do {
            let configuration = try IngestConfiguration.load(texts.place.configuration)
            switch Probes.broker(configuration) {
            case .good, .older: print("The broker answers, and takes what the centre writes.")
            case .unreachable(let why): left.append("the broker cannot be reached: \(why). See journalctl -u mosquitto")
            case .refused(let why): left.append("\(why). See \(texts.place.broker) and its certificates")
            case .denied(let why):
                left.append("the broker's access list keeps the centre out: \(why). See \(texts.place.access)")
            }
        } catch { left.append("\(error)") }
        // The service answers when it has read its files: a moment.
        let end = Clocks.now + .seconds(20)
        while !answers(texts.port) {
            guard Clocks.now < end else {
                left.append("the pages do not answer on port \(texts.port). See journalctl -u edge-ingest")
                return left
            }
            try? await Task.sleep(for: .milliseconds(200))
        }
        print("The pages answer on port \(texts.port).")
        return left
    }

    /// Somebody listens there.
    private static func answers(_ port: Int) -> Bool { !isFree(port, on: "127.0.0.1") }
}
