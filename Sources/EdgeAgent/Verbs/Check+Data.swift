import Platform
import SQLite
import Uplink

extension Check {
    /// Whether this version can go on with the buffer that is there; nothing is changed, and the agent may run meanwhile. Asked by
    /// quai-agent-rollback of a version before it is installed.
    static func data(_ configuration: AgentConfiguration) throws {
        let file = configuration.outbox
        guard Files.exists(file) else { return Terminal.line("\(file) is not there yet: good") }
        let form: Int64
        do { form = try OutboxFile.form(of: file) } catch { throw Exit.say("\(file): \(error)") }
        let words = "\(file) has form \(form), this version reads up to \(OutboxFile.schemaVersion)"
        guard form <= OutboxFile.schemaVersion else { throw Exit.say(words) }
        Terminal.line("\(words): good")
    }
}
