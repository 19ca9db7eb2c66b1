import ArgumentParser
import Depot
import Model
import Platform

struct ArchiveVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "Records of past months in files: which there are, and whether they are as they were written.",
        subcommands: [List.self, Verify.self, Now.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the files, oldest month first.")

        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON lines.") var json = false

        func run() throws {
            let configuration = try options.load()
            do {
                for file in try Store(reading: configuration.database).archive.files() {
                    print(
                        json
                            ? file.json.description
                            : "\(file.name) \(file.records) records of \(file.month), \(file.bytes) bytes\(file.emptied == nil ? ", its rows are still being taken out" : "")"
                    )
                }
            } catch { throw Exit.say("\(configuration.databaseName): \(error)") }
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every file, and compare it with what the database knows of it.",
            discussion: "In the folder itself `sha256sum -c SHA256SUMS` does the same, without this program.")

        @OptionGroup var options: ConfigurationOption

        func run() throws {
            let configuration = try options.load()
            let folder = configuration.archive.folder(state: configuration.state)
            var broken = 0
            do {
                for file in try Store(reading: configuration.database).archive.files() {
                    var trouble: String?
                    do {
                        if try ArchiveFolder.digest(folder.place(file.name)) != file.digest {
                            trouble = "is not as it was written"
                        }
                    } catch { trouble = "\(error)" }
                    print("\(file.name) \(trouble ?? "is as it was written")")
                    broken += trouble == nil ? 0 : 1
                }
            } catch { throw Exit.say("\(configuration.databaseName): \(error)") }
            if broken > 0 { throw Exit.warnings }
        }
    }

    struct Now: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do now what the centre does each hour: write what is due, and take it out.")

        @OptionGroup var options: ConfigurationOption

        func run() async throws {
            let configuration = try options.load()
            guard let limit = configuration.archive.limit(at: Clocks.wall) else {
                throw Exit.say("[retention] archive-months is not set: nothing is archived", Exit.warnings)
            }
            let folder = configuration.archive.folder(state: configuration.state)
            do {
                guard let lock = try folder.lock() else {
                    throw Exit.say("another process works in \(folder.path)", Exit.warnings)
                }
                defer { withExtendedLifetime(lock) {} }
                let writer = try ArchiveWriter(configuration.database)
                let archiving = Archiving(try Store(reading: configuration.database), folder)
                while true {
                    let step = try await archiving.step(before: limit, at: Clocks.wall) { try await writer.run($0) }
                    if step == .idle { break }
                    // Another process, the centre, waits for the database's lock.
                    if step == .removed { try await Task.sleep(for: .milliseconds(5)) }
                    if step == .emptied, let file = try await writer.last() {
                        print("\(file.name) \(file.records) records of \(file.month)")
                    }
                }
                Backup.giveToOwner(of: Backup.split(folder.path).folder, folder.path)
                for name in Files.list(folder.path) { Backup.giveToOwner(of: folder.path, folder.place(name)) }
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }
}

/// Who changes the database where no centre is in this process.
private actor ArchiveWriter {
    private let store: Store

    init(_ path: String) throws { store = try Store(path: path) }

    func run(_ deed: Archiving.Deed) throws -> Bool { try deed(store) }
    func last() throws -> ArchiveTable.File? { try store.archive.files().last { $0.emptied != nil } }
}

extension ArchiveTable.File {
    var json: JSON {
        .object([
            ("file", .string(name)), ("month", .string(month)), ("records", .int(records)), ("bytes", .int(bytes)),
            ("sha256", .string(digest)), ("at", .int(at)), ("emptied", emptied.map(JSON.int)),
        ])
    }
}
