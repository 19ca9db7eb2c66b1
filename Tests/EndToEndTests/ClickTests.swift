import Devices
import Foundation
import Glibc
import Model
import Platform
import Rig
import SQLite
import TestSupport
import Testing

/// One click dials once, whatever dies between it and the conversation: the kill matrix of click to call, with real
/// processes. The judge is the exchange's own ledger, and the centre's database for how the click ended.
struct ClickTests {
    enum Victim: String, CaseIterable {
        case browser, ingest, broker, agent, line, exchange
    }

    /// Killed so many milliseconds after the click was sent; or when its caller was told this.
    enum Moment: CustomStringConvertible {
        case after(Int)
        case state(CommandProgress.State)

        var description: String {
            switch self {
            case .after(let time): "after \(time) ms"
            case .state(let state): "at \(state.rawValue)"
            }
        }
    }

    /// All of them with QUAI_KILL_MATRIX=full; each takes some seconds for each victim.
    static let moments: [Moment] =
        (getenv("QUAI_KILL_MATRIX") != nil
            ? [.after(0), .after(1), .after(3), .after(8), .after(20)] : [.after(1), .after(8)])
        + [.state(.ringingOwn), .state(.ringingOther), .state(.talking)]

    @Test(.serialized, .timeLimit(.minutes(20)), arguments: Victim.allCases)
    func aClickDialsOnceWhateverDies(victim: Victim) throws {
        let stand = try RoadTests.stand("click-\(victim.rawValue)")
        defer { stand.stop() }
        try stand.addPBX(pace: 4)
        try stand.writeConfiguration(readers: [], ingest: "[calls]\ndials-per-minute = 1000")
        try stand.startBroker()
        try stand.startIngest()
        try stand.startAgent()
        var dialled: [String: Int] = [:]
        var ends: [(number: String, moment: Moment, state: String, cause: String?)] = []
        func count() {
            for story in stand.pbx?.ledger ?? [] where story.direction == .outbound {
                dialled[story.to, default: 0] += 1
            }
        }
        for (index, moment) in ClickTests.moments.enumerated() {
            let page = try ready(stand)
            let number = "06123400\(10 + index)"
            var random = SystemRandomNumberGenerator()
            let click = ULID.make(at: Clocks.wall, using: &random)
            let body = JSON.object([("number", .string(number)), ("click", .string(click))])
            let sent = Locked(false)
            startThread("click") {
                _ = try? page.request("POST", "/api/v1/calls", body)
                sent.change { $0 = true }
            }
            switch moment {
            case .after(let time): usleep(UInt32(time * 1000))
            case .state(let state):
                _ = page.wait(milliseconds: 8000) {
                    $0["type"]?.text == "command" && $0["data"]?["state"]?.text == state.rawValue
                }
            }
            switch victim {
            case .browser: page.disconnect()
            case .ingest:
                stand.ingest?.killHard()
                try stand.startIngest()
            case .broker:
                stand.broker?.killHard()
                try stand.startBroker()
            case .agent:
                stand.agent?.killHard()
                try stand.startAgent()
            case .line: stand.pbx?.order(.cut(.milliseconds(300)))
            case .exchange:
                count()
                stand.pbx?.stop()
                usleep(100_000)
                try stand.addPBX(pace: 4)
            }
            _ = sent.wait(timeout: 5000) { $0 ? true : nil }
            // Whoever clicked does not know what became of it, and their browser asks again: the same click.
            let again = try ready(stand)
            for _ in 0..<2 { _ = try? again.request("POST", "/api/v1/calls", body) }
            let end = try final(click, stand)
            ends.append((number, moment, end?.state ?? "-", end?.cause))
            #expect(end != nil, "\(victim) \(moment): the click never ended")
        }
        // What the last of them still does is over by then.
        usleep(2_500_000)
        count()
        for (number, moment, state, _) in ends {
            let times = dialled[number] ?? 0
            #expect(times <= 1, "\(victim) \(moment): dialled \(times) times")
            // What is told is true: done was dialled, and what nobody took up was not.
            if state == "done" { #expect(times == 1, "\(victim) \(moment): done, and never dialled") }
            if state == "expired" { #expect(times == 0, "\(victim) \(moment): expired, and dialled") }
        }
        let words = ends.map {
            "\($0.moment): \($0.state)\($0.cause.map { " (\($0))" } ?? "") \(dialled[$0.number] ?? 0)×"
        }.joined(separator: "; ")
        print("kill matrix, \(victim): \(words)")
    }

    /// A page of somebody at telephone 101, once everything is there again.
    private func ready(_ stand: Stand) throws -> PageClient {
        let end = Clocks.now + .seconds(120)
        while true {
            do {
                let page = try PageClient(port: stand.httpPort, name: "Alice")
                try page.request("PUT", "/api/v1/me/extension", .object([("extension", "101")]))
                try page.follow()
                if page.waitForDevices(1, milliseconds: 30_000) {
                    // The page may say so for a moment longer than it is true.
                    _ = stand.pbx?.waitForClient(milliseconds: 10_000)
                    usleep(100_000)
                    return page
                }
            } catch {
                if Clocks.now > end { throw error }
                usleep(50_000)
            }
        }
    }

    /// How the click ended, as the centre has it; nil when it has not after a while.
    private func final(_ click: String, _ stand: Stand) throws -> (state: String, cause: String?)? {
        let end = Clocks.now + .seconds(90)
        while Clocks.now < end {
            let database = try Database(path: stand.database, readOnly: true)
            let found = try database.first("SELECT state, cause FROM command WHERE id=?", .text(click)) {
                ($0.text(0), $0.optionalText(1))
            }
            if let (state, cause) = found, CommandProgress.State(rawValue: state)?.isFinal ?? false {
                return (state, cause)
            }
            usleep(50_000)
        }
        return nil
    }
}
