import Depot
import Model

/// Writes files for the ERP, and looks what became of them. All that it knows is in the database and in the folder: whatever
/// dies in between, the next pass goes on.
public struct ExchangeOut: Sendable {
    /// In the folder, from the first time on: a share that is not mounted leaves an empty folder, and not one whose files were taken.
    public static let marker = ".quai-exchange"
    /// Until a file that could not be written is tried again, in milliseconds.
    static let retry: Int64 = 60_000
    /// Of the other side's sentence, in bytes.
    static let answerLimit = 2000

    let folder: String
    let follower: ExchangeFollower
    /// A file that nobody took for so long is told, in milliseconds.
    let limit: Int64
    let files: any ExchangeFiles
    let deeds: any ExchangeDeeds

    public init(
        folder: String, follower: ExchangeFollower, acknowledgedWithin limit: Int64, files: any ExchangeFiles,
        deeds: any ExchangeDeeds
    ) {
        (self.folder, self.follower, self.limit) = (folder, follower, limit)
        (self.files, self.deeds) = (files, deeds)
    }

    private var taken: String { "\(folder)/taken" }

    /// One look: throws `ExchangeFinding` where the folder cannot be used, and what the database says. How many steps were made.
    @discardableResult
    public func pass() async throws -> Int {
        try await deeds.run { [follower] store, now in
            guard try store.jobs.hasMoves(at: now) else { return }
            try store.transaction { try follower.collect(in: store, at: now) }
        }
        do throws(FolderFault) { try files.makeFolder(taken) } catch {
            // Where the folder itself is not there, what comes next says so.
        }
        let (there, away) = try await look()
        var steps = 0
        for file in try await deeds.run({ store, _ in try store.exchange.openFiles() }) {
            let now = try await deeds.run { _, now in now }
            var seen = ExchangeFile.Seen(file, in: there, taken: away)
            var file = file
            // A file goes on as far as it can in one look.
            for _ in 0..<6 {
                let step = file.next(seen, at: now, acknowledgedWithin: limit)
                guard step != .rest else { break }
                do { try await make(step, file, &seen) } catch let fault as FolderFault {
                    let (stuck, sentence) = (file, "\(fault)")
                    try await deeds.run { store, now in
                        try ExchangeDesk(store).failed(stuck, sentence, due: now + ExchangeOut.retry, at: now)
                    }
                    throw ExchangeFinding(fault)
                }
                steps += 1
                let number = file.number
                guard let next = try await deeds.run({ store, _ in try store.exchange.file(number) }) else { break }
                file = next
            }
        }
        return steps
    }

    /// What lies there. An empty folder that is not the one of before says nothing of what was taken.
    private func look() async throws -> (there: Set<String>, taken: Set<String>) {
        let there: Set<String>
        let away: Set<String>
        do throws(FolderFault) {
            there = Set(try files.list(folder).keys)
            away = Set(try files.list(taken).keys)
        } catch { throw ExchangeFinding(error) }
        let path = folder
        let known = try await deeds.run { store, _ in try store.jobs.remembered("exchange-out")?.value }
        if there.contains(ExchangeOut.marker) {
            if known != path {
                try await deeds.run { store, now in try store.jobs.remember("exchange-out", path, at: now) }
            }
            return (there, away)
        }
        guard known != path else {
            throw ExchangeFinding(
                path,
                "\(path) is another folder than before: \(ExchangeOut.marker) is not in it. Is the share not mounted? If it is "
                    + "the right one: edge-ingest exchange adopt")
        }
        // Known first: a folder that is lost between both is asked about, and not taken for a new one.
        do throws(FolderFault) { try files.write(Array("quai\n".utf8), to: "\(path)/\(ExchangeOut.marker)") } catch {
            throw ExchangeFinding(error)
        }
        try await deeds.run { store, now in try store.jobs.remember("exchange-out", path, at: now) }
        return (there, away)
    }

    private func make(_ step: ExchangeFile.Step, _ file: ExchangeFile, _ seen: inout ExchangeFile.Seen) async throws {
        let (path, hidden) = ("\(folder)/\(file.name)", "\(folder)/\(file.hidden)")
        switch step {
        case .rest: break
        case .stage:
            let form: ExchangeRow.Form = file.name.hasSuffix(".jsonl") ? .jsonl : .csv
            let bytes = try await deeds.run { store, _ in
                ExchangeRow.written(try store.exchange.content(of: file.number), as: form)
            }
            try files.write(bytes, to: hidden)
            seen.isReady = true
            try await deeds.run { store, now in try ExchangeDesk(store).stage(file, at: now) }
        case .publish:
            try files.rename(hidden, to: path)
            (seen.isReady, seen.isThere) = (false, true)
        case .confirm:
            try await deeds.run { store, now in try ExchangeDesk(store).confirm(file, at: now) }
        case .done:
            let isTidy = !seen.isAcknowledged
            try await deeds.run { store, now in try ExchangeDesk(store).done(file, isTidy: isTidy, at: now) }
        case .refused:
            var sentence = "The other side refuses it, and does not say why."
            if let bytes = try? files.read("\(path).nak", limit: 1 << 20) {
                let text = String(decoding: bytes.prefix(ExchangeOut.answerLimit), as: UTF8.self)
                    .split(whereSeparator: \.isNewline).joined(separator: " ").filter { $0 >= " " }
                if !text.isEmpty { sentence = text }
            }
            let said = sentence
            try await deeds.run { store, now in try ExchangeDesk(store).refused(file, said, at: now) }
        case .late:
            let hours = limit / 3_600_000
            try await deeds.run { store, now in try ExchangeDesk(store).late(file, hours: hours, at: now) }
        case .again: try await deeds.run { store, _ in try ExchangeDesk(store).again(file) }
        case .tidy:
            // Acknowledged: kept where taken files lie. Refused: a retry writes it anew.
            if seen.isThere, file.state == .done {
                try files.rename(path, to: "\(taken)/\(file.name)")
            } else {
                try files.remove(path)
            }
            try files.remove("\(path).ack")
            try files.remove("\(path).nak")
            (seen.isThere, seen.isAcknowledged, seen.isRefused) = (false, false, false)
            try await deeds.run { store, _ in try ExchangeDesk(store).tidied(file) }
        case .withdraw:
            try files.remove(hidden)
            try files.remove(path)
            (seen.isReady, seen.isThere) = (false, false)
            try await deeds.run { store, now in try ExchangeDesk(store).withdrawn(file, at: now) }
        }
    }
}
