import ArgumentParser
import Depot
import Glibc
import Model
import Platform

struct BackupVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the database while the centre works, and read the copy back.",
        discussion: """
            Into a folder, under the name of the centre and the moment, or into a file. The copy has its name only when it was read
            back whole; it is readable for its owner alone. Without a target: the folder `backup` beside the database. With --to, or
            recipient in [backup], it is sealed to a public key of age, and has .age behind its name.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "A folder, or a file.") var target: String?
    @Option(help: "Copies in the folder that are older than so many days are removed, after the new one is there.")
    var keep: Int?
    @Option(help: "Seal it to this public key of age-keygen, age1…") var to: String?
    @Flag(help: "JSON.") var json = false

    func validate() throws {
        if let to, AgeRecipient(to) == nil { throw ValidationError("--to takes a public key of age-keygen, age1…") }
        if let keep, !(1...3650).contains(keep) { throw ValidationError("--keep takes 1 to 3650 days") }
    }

    func run() throws {
        let configuration = try options.load()
        let place = target ?? "\(configuration.state)/backup"
        let recipient = to.flatMap(AgeRecipient.init) ?? configuration.recipient
        func make(_ path: String) throws -> Backup.Copy {
            guard let recipient else { return try Backup.make(of: configuration.database, at: path) }
            return try Backup.make(of: configuration.database, sealedTo: recipient, at: path)
        }
        var removed: [String] = []
        let copy: Backup.Copy
        do {
            if target == nil || place.hasSuffix("/") { try Files.makeFolder(place) }
            if target == nil { Backup.giveToOwner(of: configuration.state, place) }
            if Backup.isFolder(place) {
                let folder = BackupFolder(path: place, instance: configuration.instance)
                copy = try make(folder.file(at: Clocks.wall, isSealed: recipient != nil))
                if let keep {
                    removed = folder.old(among: Files.list(place), days: keep, at: Clocks.wall)
                    for name in removed { unlink("\(place)/\(name)") }
                }
            } else {
                guard keep == nil else { throw Exit.say("--keep is for a folder, and \(place) is none") }
                copy = try make(place)
            }
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        let ledger = copy.condition.ledger
        if json {
            print(
                JSON.object([
                    ("file", .string(copy.path)), ("bytes", .int(copy.bytes)),
                    ("form", .int(Int64(copy.condition.form))), ("sealed", .bool(recipient != nil)),
                    ("entries", ledger.map { .int($0.entries) }),
                    ("tip", ledger.map { .string($0.tip) }), ("removed", .array(removed.map(JSON.string))),
                ]).description)
        } else {
            print(
                "\(copy.path): \(copy.bytes) bytes, read back and whole\(recipient == nil ? "" : ", then sealed")"
                    + (ledger.map { ", \($0.entries) entries of the trail, last link \($0.tip)" } ?? ""))
            if !removed.isEmpty { print("\(removed.count) older ones removed") }
        }
    }
}

struct RestoreVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore", abstract: "Put a copy in the place of the database; the centre must not run.",
        discussion: """
            The copy is looked at first: its form, every page, the chain of the trail. What was there is kept beside it. As with
            edge-ingest restored, what is told to the ERP from here on carries a new name.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "A copy that edge-ingest backup made.") var file: String

    func run() throws {
        let configuration = try options.load()
        do {
            try Files.makeFolder(configuration.state)
            let (condition, aside) = try Backup.restore(from: file, to: configuration.database, at: Clocks.wall)
            if let aside { print("what was there is \(aside)") }
            if condition.form < Store.newestForm {
                print("it had form \(condition.form) and is brought to \(Store.newestForm)")
            }
            let store = try Store(path: configuration.database)
            let name = try store.transaction { try Restored.renew(store, by: "edge-ingest restore") }
            print("\(configuration.database) is \(file); keys in the ERP begin with quai/\(name)/ now")
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }
}
