import Depot
import Platform

extension Check {
    /// Whether this version can go on with the database that is there; nothing is changed, and the centre may run meanwhile. Asked by
    /// quai-ingest-rollback of a version before it is installed.
    static func data(_ configuration: IngestConfiguration) throws {
        let file = configuration.database
        guard Store.isServer(file) || Files.exists(file) else { return print("\(file) is not there yet: good") }
        let form: Int
        do { form = try Store(reading: file).form() } catch {
            throw Exit.say("\(configuration.databaseName): \(error)")
        }
        let words = "\(configuration.databaseName) has form \(form), this version reads up to \(Store.newestForm)"
        guard form <= Store.newestForm else { throw Exit.say(words) }
        print("\(words): good")
    }
}
