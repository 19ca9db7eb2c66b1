import Depot
import Followers
import Glibc
import Logging
import Model
import Platform
import ServiceLifecycle

extension Writer: ExchangeDeeds {
    nonisolated func run<T: Sendable>(_ deed: @Sendable (_ store: Store, _ now: Int64) throws -> T) async throws -> T {
        try await run { (desks: inout Desks, now: Int64) throws -> T in try deed(desks.store, now) }
    }
}

/// Looks at the exchange's folders every second. Whatever it finds there, it looks again.
actor ExchangeLink: Service {
    nonisolated let settings: ExchangeSettings
    private let writer: Writer
    private let reading: ExchangeIn?
    private let writing: ExchangeOut?
    private let troubles: Troubles
    private let state: Locked<ExchangeState>
    /// Folders of which a former start said something are said to be well once.
    private var looked: Set<String> = []
    private var swept: Instant?

    init(_ settings: ExchangeSettings, _ wiring: Wiring, words: ReasonWords, logger: Logger) {
        (self.settings, troubles) = (settings, Troubles(logger))
        (writer, state) = (wiring.writer, wiring.exchangeState)
        state.with { $0.problems = [:] }
        let (writer, imports) = (wiring.writer, wiring.imports)
        reading = settings.inFolder.map {
            ExchangeIn(
                folder: $0, files: FolderFiles(), deeds: writer,
                check: { name, bytes in try await imports.recognise(name, bytes) }, french: { words.french($0) })
        }
        if let out = settings.outFolder, let follower = wiring.followers.exchange {
            writing = ExchangeOut(
                folder: out, follower: follower, acknowledgedWithin: settings.acknowledgedWithin, files: FolderFiles(),
                deeds: writer)
        } else {
            writing = nil
        }
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.turn()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    private func turn() async {
        if let path = settings.inFolder, let reading {
            await look(path) {
                let count = try await reading.pass()
                self.state.with { $0.filesRead += UInt64(count) }
            }
        }
        if let path = settings.outFolder, let writing { await look(path) { try await writing.pass() } }
        sweep()
    }

    /// Every hour, a portion with each look. After it: what was taken is known to be.
    private func sweep() {
        if let swept, Clocks.now - swept < .seconds(3600) { return }
        let counts = settings.sweeps.map { $0.pass(at: Clocks.wall) }
        state.with { $0.filesRemoved += UInt64(counts.reduce(0, +)) }
        // What cannot be removed is not tried every second.
        if !counts.contains(ExchangeSweep.portion) { swept = Clocks.now }
    }

    private func look(_ path: String, _ pass: () async throws -> Void) async {
        var problem: String?
        do { try await pass() } catch let finding as ExchangeFinding {
            problem = FolderFiles.problem(path) ?? finding.sentence
        } catch {
            problem = "\(error)"
            await writer.failed(error)
        }
        let said = problem
        let isNew = state.with { state in
            if said != nil { state.failedLooks += 1 }
            guard state.problems[path] != said else { return false }
            (state.problems[path], state.since) = (said, Clocks.wall)
            return true
        }
        guard isNew || looked.insert(path).inserted else { return }
        if let problem {
            troubles.begins(
                "exchange folder unusable", of: path, .warning, ["folder": "\(path)", "reason": "\(problem)"])
        } else {
            troubles.ends(
                "exchange folder unusable", of: path, as: "exchange folder usable again", ["folder": "\(path)"])
        }
        await writer.attempt { try $0.exchange.folder(path, said, at: $1) }
    }
}

/// How the exchange by files stands, for pages and metrics.
struct ExchangeState: Sendable {
    /// What is wrong, by folder.
    var problems: [String: String] = [:]
    var since = Clocks.wall
    /// Since the start.
    var filesRead: UInt64 = 0
    var failedLooks: UInt64 = 0
    var filesRemoved: UInt64 = 0

    var standing: ERPStanding {
        ERPStanding(
            kind: "files", state: problems.isEmpty ? .ok : .unreachable, since: since,
            sentence: problems.isEmpty ? nil : problems.values.sorted().joined(separator: " "))
    }
}
