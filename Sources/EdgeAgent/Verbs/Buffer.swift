import ArgumentParser
import Glibc
import Model
import Platform
import SQLite
import Uplink

struct Buffer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what waits in the buffer and the closed account; export it; salvage a damaged one.",
        subcommands: [BufferStatus.self, BufferExport.self, BufferSalvage.self], defaultSubcommand: BufferStatus.self)
}

struct BufferStatus: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show what waits in the buffer and the closed account.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON.") var json = false

    func run() throws {
        var client = try ControlClient(path: try options.load().socket)
        let status = try client.ask(.object([("verb", "buffer")]))
        let account = Account(json: status["account"])
        let trouble = BufferReport.trouble(status["buffer"])
        let uplink = status["uplink"]
        if json {
            print(
                JSON.object([
                    ("agent", status["agent"]), ("epoch", status["epoch"]), ("account", account.json),
                    ("buffer", status["buffer"]), ("uplink", uplink),
                ]).description)
        } else {
            print(
                "waiting    \(account.pending)"
                    + (account.pending == 0
                        ? "" : status["buffer"]?["oldest"]?.integer.map { " since \(rfc3339($0))" } ?? ""))
            for line in BufferReport.lines(status["buffer"]) { print(line) }
            print("produced   \(account.produced)")
            print("committed  \(account.committed)")
            print("rejected   \(account.rejected)")
            print("skipped    \(account.skipped)")
            print("account    \(account.isClosed ? "closed" : "DOES NOT CLOSE: report this")")
            let delivering = uplink?["delivering"]?.truth ?? false
            print(
                "centre     "
                    + (delivering ? "acknowledging" : "not reached: \(uplink?["reason"]?.text ?? "waiting for it")"))
            if let alarm = uplink?["alarm"]?.text { print("ALARM      \(alarm)") }
            if let trouble { print("NOT SAVING \(trouble)") }
        }
        if trouble != nil || !account.isClosed { throw Exit.broken }
        if uplink?["delivering"]?.truth != true { throw Exit.warnings }
    }
}

struct BufferExport: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print what waits, one JSON object a record; nothing is changed.",
        discussion: "Works while the agent runs. \"id\" is the key under which the centre will know the record.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON Lines (the default; kept for symmetry).") var json = false

    func run() throws {
        let configuration = try options.load()
        do {
            let database = try Database(path: configuration.outbox, readOnly: true)
            let boots = try OutboxFile.boots(in: database)
            let epoch = Hex.word(UInt64(bitPattern: try database.integer("SELECT epoch FROM state") ?? 0))
            try database.each("SELECT seq, boot, body FROM row ORDER BY seq") { row in
                let decoded = (try? CBOR(decoding: row.blob(2))).flatMap { try? Model.Row.decode($0) }
                let id = "\(configuration.agent)/\(epoch)/s/\(row.word(0))"
                guard let decoded else {
                    Terminal.line(
                        JSON.object([("id", .string(id)), ("hex", .string(Hex.string(row.blob(2))))]).description)
                    return true
                }
                let at = (boots[row.word(1)]?.origin ?? 0) + decoded.dt
                let fields = decoded.row.tailLine(seq: row.word(0), at: at).fields ?? []
                Terminal.line(
                    JSON.object(
                        [("id", .string(id))] + fields.filter { $0.name != "event" }.map { ($0.name, $0.value) }
                    )
                    .description)
                return true
            }
        } catch { throw Exit.say("\(configuration.outbox): \(error)") }
    }
}

struct BufferSalvage: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "salvage", abstract: "Bring the records of a damaged buffer back into the agent's own.",
        discussion: """
            For a file that the agent has set aside (outbox.db.damaged-…), or one from a broken disk. Every page is read on its
            own, and every record whose checksum holds is taken; the centre knows those that it already has. The agent must
            not run. Without --apply nothing is changed.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "The damaged file; its -wal is read too when it lies beside it.") var file: String
    @Flag(help: "Take the records in.") var apply = false
    @Flag(help: "JSON.") var json = false

    func run() throws {
        let configuration = try options.load()
        let salvage: Salvage
        do { salvage = try Salvage(path: file) } catch { throw Exit.say("\(error)") }
        let missing = salvage.missing
        var taken: Int?
        if apply, !salvage.rows.isEmpty {
            guard salvage.epoch != nil else {
                throw Exit.say(
                    "\(file): the page that names its epoch is lost, so the centre could not tell which records it already has"
                )
            }
            do {
                let lock = try Agent.lockState(configuration.state)
                defer { close(lock) }
                var random = SystemRandomNumberGenerator()
                taken = try OutboxFile(path: configuration.outbox, random: &random).take(salvage, random: &random)
            } catch { throw Exit.say("\(error)") }
        }
        if json {
            print(
                JSON.object([
                    ("file", .string(file)), ("pages", .int(Int64(salvage.pages))),
                    ("epoch", salvage.epoch.map { .string(Hex.word($0)) }),
                    ("records", .int(Int64(salvage.rows.count))), ("damaged", .int(Int64(salvage.damaged))),
                    ("missing", .array(missing.map { .string("\($0.lowerBound)-\($0.upperBound)") })),
                    ("taken", taken.map { .int(Int64($0)) }),
                ]).description)
        } else {
            print("\(salvage.rows.count) records can be read of \(salvage.pages) pages, \(salvage.damaged) are damaged")
            if !missing.isEmpty {
                let count = missing.reduce(UInt64(0)) { $0 + UInt64($1.count) }
                let ranges = missing.prefix(10).map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ", ")
                print("\(count) are not here: numbers \(ranges)\(missing.count > 10 ? ", …" : "")")
            }
            if let taken {
                print("\(taken) taken in; start the agent, and they are sent")
            } else if !salvage.rows.isEmpty {
                print("nothing is changed yet: run it again with --apply while the agent is stopped")
            }
        }
        if !missing.isEmpty || salvage.damaged > 0 { throw Exit.warnings }
    }
}
