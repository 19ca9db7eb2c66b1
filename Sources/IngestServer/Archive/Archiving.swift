import Depot
import Platform

/// Writes records of past months into files and takes them out of the database, beside the work and one step after the other. Whatever is
/// killed between two steps, or within one: the next process goes on from what the database and the folder say.
///
/// ```
/// written     .records-2026-08-1.csv.gz.part is on the disk, and was read back; nobody knows of it
/// registered  the database knows its digest and its numbers; all rows are still there
/// settled     it has its name
/// listed      SHA256SUMS has it
/// removed     some of its rows are gone; which, is committed with them
/// emptied     all of them are
/// ```
actor Archiving {
    enum Step: Equatable { case idle, written, registered, withdrawn, settled, listed, removed, emptied }

    /// What the writer does in its turn; true where there is more.
    typealias Deed = @Sendable (Store) throws -> Bool

    private let executor = ThreadExecutor(yields: true)
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let store: Store
    private let folder: ArchiveFolder
    private var draft: (file: ArchiveTable.File, stretches: [ArchiveTable.Stretch])?
    /// The file that was found to be as the database says, by this process.
    private var proven: String?

    /// `store` is a view for reading of the database that the deeds change.
    init(_ store: sending Store, _ folder: ArchiveFolder) { (self.store, self.folder) = (store, folder) }

    /// One step; records that came before `limit` are due. Throws what the disk or the database says, and then nothing was lost by it.
    func step(before limit: Int64, at now: Int64, _ turn: (@escaping Deed) async throws -> Bool) async throws -> Step {
        if let file = try store.archive.open() { return try await goOn(file, at: now, turn) }
        if let (file, stretches) = draft {
            draft = nil
            _ = try await turn { store in
                try store.archive.add(file, stretches, at: now)
                return true
            }
            return .registered
        }
        guard let oldest = try store.archive.oldest(), oldest < limit else { return .idle }
        let month = Month(of: oldest)
        var walk = ArchiveTable.Walk(before: min(limit, month.adding(1).start))
        let known = Set(try store.archive.files().map(\.name))
        let name = folder.name(of: month.name, besides: known)
        let written = try folder.write(name) {
            walk.isDone ? nil : try store.archive.lines(&walk).map { $0.csv(rfc3339) }
        }
        draft = (
            ArchiveTable.File(
                name: name, month: month.name, records: written.records, bytes: written.bytes, digest: written.digest,
                at: now), walk.stretches
        )
        return .written
    }

    private func goOn(
        _ file: ArchiveTable.File, at now: Int64, _ turn: (@escaping Deed) async throws -> Bool
    ) async throws -> Step {
        let name = file.name
        guard Files.exists(folder.place(name)) else {
            if Files.exists(folder.part(name)), try ArchiveFolder.digest(folder.part(name)) == file.digest {
                try folder.settle(name)
                proven = name
                return .settled
            }
            guard try !store.archive.isBegun(name) else {
                throw ArchiveFolder.Refusal(
                    description: "\(folder.place(name)) is gone, and some of its records are only there")
            }
            _ = try await turn { store in
                try store.archive.withdraw(name)
                return true
            }
            return .withdrawn
        }
        if proven != name {
            guard try ArchiveFolder.digest(folder.place(name)) == file.digest else {
                throw ArchiveFolder.Refusal(description: "\(folder.place(name)) is not as it was written")
            }
            proven = name
        }
        guard folder.lists(file) else {
            try folder.list(file)
            return .listed
        }
        return try await turn { try $0.archive.remove(name, at: now) } ? .removed : .emptied
    }
}
