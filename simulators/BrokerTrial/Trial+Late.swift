import Model
import Platform

extension Trial {
    /// What only time shows: begun first, looked at last, so that it is waited for once.
    final class Late {
        private static let pause: Duration = .seconds(4)
        /// Half as long again as the keep alive, and what a broker looks around for it (MQTT 5.0, 3.1.2.10).
        private static let silence: Duration = .seconds(25)

        private let begun = Clocks.now
        private let expiring: String
        private let sessionName: String
        private let willTopic: String
        private let silentTopic: String
        private var watcher: TrialClient?
        private var silent: TrialClient?
        private var failures: [TrialPoint: any Error] = [:]
        private var cameAtOnce = false

        init(_ trial: Trial) {
            (expiring, willTopic, silentTopic) = (trial.topic(), trial.topic(), trial.topic())
            sessionName = trial.name()
            begin(.keepAlive) {
                let watcher = try trial.client()
                try trial.subscribe(watcher, self.silentTopic)
                try trial.subscribe(watcher, self.willTopic)
                self.watcher = watcher
                let silent = try trial.client {
                    $0.keepAlive = 5
                    $0.will = .init(topic: self.silentTopic)
                }
                silent.pings = false
                self.silent = silent
                trial.background = [watcher, silent]
            }
            guard trial.version == .v5 else { return }
            begin(.expiry) {
                try trial.send(trial.client(), self.expiring, [[0x61]], retain: true, .init(expiry: 1))
            }
            begin(.sessionExpiry) {
                try trial.client(id: self.sessionName) {
                    $0.isClean = false
                    $0.sessionExpiry = 1
                }.leave()
            }
            begin(.willDelay) {
                guard let watcher = self.watcher else { throw TrialError("nobody watches") }
                let dies = try trial.client { $0.will = .init(topic: self.willTopic, delay: 2) }
                dies.vanish()
                self.cameAtOnce = try !trial.heard(watcher, self.willTopic, from: trial.client()).isEmpty
            }
        }

        private func begin(_ point: TrialPoint, _ start: () throws -> Void) {
            do { try start() } catch { failures[point] = error }
        }

        func rows(_ trial: Trial) -> [TrialRow] {
            let end = begun + Late.pause
            if trial.version == .v5 { trial.wait([], limit: end - Clocks.now) { false } }
            let points: [TrialPoint] = [.expiry, .sessionExpiry, .willDelay, .keepAlive]
            return points.map { point in
                guard trial.version == .v5 || point == .keepAlive else {
                    return TrialRow(point, .not, "MQTT 3.1.1 does not have it")
                }
                return trial.row(point) {
                    if let failure = self.failures[point] { throw failure }
                    return try self.look(point, trial)
                }
            }
        }

        private func look(_ point: TrialPoint, _ trial: Trial) throws(TrialError) -> String? {
            switch point {
            case .expiry:
                let reader = try trial.client()
                try trial.subscribe(reader, expiring)
                let got = try trial.heard(reader, expiring, from: reader)
                if !got.isEmpty { try? trial.send(reader, expiring, "", retain: true) }
                return got.isEmpty ? "a retained one, too" : nil
            case .sessionExpiry:
                let after = try trial.client(id: sessionName) { $0.isClean = false }
                return after.greeting?.hasSession == false ? "" : nil
            case .willDelay:
                if cameAtOnce { throw TrialError("it came at once") }
                let came = trial.wait([]) { self.watcher?.messages.contains { $0.topic == self.willTopic } ?? false }
                return came ? "" : nil
            default:
                let left = begun + Late.silence - Clocks.now
                let came = trial.wait([], limit: left) {
                    self.watcher?.messages.contains { $0.topic == self.silentTopic } ?? false
                }
                guard came else { return nil }
                return "keep alive 5 s, cut within \(max(8, (Clocks.now - begun).milliseconds / 1000 + 1)) s"
            }
        }
    }
}
