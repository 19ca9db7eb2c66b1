import ArgumentParser
import Depot
import Model
import Platform

struct MigrateVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Copy everything into another store: from a file to PostgreSQL, or back.",
        discussion: """
            The centre is stopped meanwhile. The other store is empty, or made. Every table is read back there and compared, value by value;
            what is not the same is not kept. The store that is left stays as it was. Then [store] url in the configuration says where the
            centre goes on, or is taken out.
            """)

    @OptionGroup var options: ConfigurationOption
    @Option(
        help:
            "postgresql://USER@HOST/DATABASE, without a password (passfile=PATH in it names a file of them), or a file."
    ) var to: String
    @Option(help: "Another store than the configuration's.") var from: String?

    func run() throws {
        let configuration = try options.load()
        let source = from ?? configuration.database
        guard Store.isServer(source) || Files.exists(source) else { throw Exit.say("there is no \(source)") }
        // The address stands in the list of programs that run.
        guard ![to, from ?? ""].contains(where: { Store.isServer($0) && !StoreSettings.isBare($0) }) else {
            throw Exit.say("an address has no password in it: passfile=PATH names a file of them")
        }
        guard source != to else { throw Exit.say("both are the same store") }
        guard !Backup.isHeld(source), !Backup.isHeld(to) else {
            throw Exit.say("a centre works on it; stop it first: systemctl stop edge-ingest edge-ingest-backup.timer")
        }
        do {
            // By a writer: a store of before is brought to the newest form first.
            let left = try Store(path: source)
            let entered = try Store(path: to)
            let accounts = try StoreMove(from: left, to: entered).run { account in
                if account.rows > 0 {
                    print("\(account.table) \(account.rows) \(Hex.string(account.digest.prefix(8)))")
                }
            }
            guard try entered.ledger.verify().broken == nil else {
                throw Exit.say("the trail there is not as it was written")
            }
            print("\(accounts.reduce(0) { $0 + $1.rows }) rows of \(accounts.count) tables are there, as they are here")
            if !Store.isServer(to) { Backup.giveToOwner(of: Backup.split(to).folder, to) }
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }
}
