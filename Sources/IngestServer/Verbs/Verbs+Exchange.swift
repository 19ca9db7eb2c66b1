import ArgumentParser
import Depot
import Followers
import Glibc
import Model
import Platform

/// Files for an ERP without a connector.
struct ExchangeVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Files for an ERP without a connector: how they stand, once more, another folder.",
        subcommands: [Status.self, Retry.self, Adopt.self], defaultSubcommand: Status.self)

    private static func open(_ options: ConfigurationOption) throws -> (ExchangeSettings, Store) {
        let configuration = try options.load()
        guard let settings = configuration.exchange else {
            throw Exit.say("there is no [exchange] in the configuration")
        }
        do { return (settings, try Store(path: configuration.database)) } catch { throw Exit.say("\(error)") }
    }

    private static var author: Author {
        Author(getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "edge-ingest")
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The newest files, and what is wrong with the folders.")
        @OptionGroup var options: ConfigurationOption
        @Flag(help: "JSON, a line each file.") var json = false

        func run() throws {
            let (settings, store) = try ExchangeVerb.open(options)
            let files: [ExchangeFile]
            let read: (read: Int64, refused: Int64)
            do { (files, read) = (try store.exchange.lastFiles(50), try store.exchange.readCounts()) } catch {
                throw Exit.say("\(error)")
            }
            for file in files {
                if json {
                    let line = JSON.object([
                        ("number", .int(file.number)), ("name", .string(file.name)),
                        ("state", .string(file.state.rawValue)), ("written", file.written.map(JSON.int)),
                        ("fault", file.fault.map(JSON.string)),
                    ])
                    print(line.description)
                } else {
                    let why = file.fault.map { "  \($0)" } ?? ""
                    print("\(file.name)  \(file.state.rawValue)\(file.state == .done ? "" : why)")
                }
            }
            if !json { print("\(read.read) files read, \(read.refused) of them with rows refused") }
            let problems = settings.problems
            for problem in problems { Terminal.error("edge-ingest: \(problem)") }
            if !problems.isEmpty || files.contains(where: { $0.state == .dead || $0.fault == "late" }) {
                throw Exit.warnings
            }
        }
    }

    struct Retry: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a file that was refused, or that lies there, once more under its name.")
        @OptionGroup var options: ConfigurationOption
        @Argument(help: "Number of the file.") var number: Int64

        func run() throws {
            let (_, store) = try ExchangeVerb.open(options)
            do {
                guard let file = try store.exchange.file(number) else {
                    throw Exit.say("there is no file \(number)", Exit.warnings)
                }
                let isAgain = try QueueDesk(Desks(store), nil).retry(
                    file.job, accepted: [], by: ExchangeVerb.author, at: Clocks.wall)
                guard isAgain else { throw Exit.say("\(file.name) was taken, or given up", Exit.warnings) }
                print("\(file.name) is written again")
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }

    struct Adopt: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Say that the folder, another one than before, is right: what nobody acknowledged is written there again."
        )
        @OptionGroup var options: ConfigurationOption

        func run() throws {
            let (settings, store) = try ExchangeVerb.open(options)
            guard let folder = settings.outFolder else { throw Exit.say("nothing is told by file") }
            do {
                let count = try ExchangeDesk(store).adopt(folder, by: ExchangeVerb.author, at: Clocks.wall)
                print("\(folder) is right; \(count) files are written there again")
            } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
        }
    }
}
