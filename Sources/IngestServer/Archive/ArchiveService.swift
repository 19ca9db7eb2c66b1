import Depot
import Logging
import Model
import Platform
import ServiceLifecycle

/// What the archive did since the start.
struct ArchiveCounts: Sendable {
    var files: UInt64 = 0
    var failures: UInt64 = 0
    /// Why it stands still.
    var problem: String?
}

/// Each hour: records of past months into files, as `[retention]` says.
struct ArchiveService: Service {
    let wiring: Wiring
    let logger: Logger

    func run() async throws {
        let troubles = Troubles(logger)
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let present = wiring.present.with { $0 }
                if let limit = present.archive.limit(at: Clocks.wall) {
                    do {
                        try await pass(present, before: limit)
                        troubles.ends("the archive stands still", as: "the archive goes on")
                        wiring.archiveCounts.with { $0.problem = nil }
                    } catch is CancellationError {} catch {
                        troubles.begins("the archive stands still", .error, ["reason": "\(error)"])
                        wiring.archiveCounts.with {
                            $0.failures += 1
                            $0.problem = "\(error)"
                        }
                    }
                }
                try? await Task.sleep(for: .seconds(3600))
            }
        }
    }

    private func pass(_ present: IngestConfiguration, before limit: Int64) async throws {
        let (folder, writer) = (present.archive.folder(state: present.state), wiring.writer)
        guard let lock = try folder.lock() else { return }
        defer { withExtendedLifetime(lock) {} }
        let archiving = Archiving(try Store(reading: present.database), folder)
        while !Task.isCancelled {
            let begun = Clocks.now
            let step = try await archiving.step(before: limit, at: Clocks.wall) { deed in
                try await writer.run { desks, _ in try deed(desks.store) }
            }
            if step == .idle { return }
            if step == .emptied { wiring.archiveCounts.with { $0.files += 1 } }
            // As long as it took: others come in between, and the log of changes is written home.
            if step == .removed { try? await Task.sleep(for: Clocks.now - begun) }
        }
    }
}
