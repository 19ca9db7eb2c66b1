import ArgumentParser
import Depot
import Platform

struct Restored: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Say that this database comes from a backup: the ERP then knows it as another installation.",
        discussion: """
            Deliveries and counts after the backup had numbers that are given again now. What is pushed from here on carries a new
            name, so that the ERP does not take it for what those told. Pushes that wait already keep theirs. The service need not
            be stopped.
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        do {
            let store = try Store(path: try options.load().database)
            let name = try store.transaction { try Restored.renew(store, by: "edge-ingest") }
            print("keys begin with quai/\(name)/ now")
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }

    /// Takes another name towards the ERP, in a transaction of the caller's; which one.
    static func renew(_ store: Store, by who: String) throws -> String {
        let name = try store.jobs.renewInstallation(at: Clocks.wall)
        try store.tell(Fact(.installationRenewed, name), by: Author(who), at: Clocks.wall)
        return name
    }
}
