import ArgumentParser
import Depot
import Model
import Platform

struct TopVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Show the whole road live: gateways, followers, queues; q ends it.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "One frame, and no more.") var once = false

    func run() throws {
        do {
            let path = try options.load().database
            let isRunning = Backup.isHeld(path)
            let store = try Store(reading: path)
            var top = CentreTop()
            try LiveScreen.run(once: once) { _ in top.frame(try TopVerb.look(store, isRunning: isRunning)) }
        } catch let code as ExitCode { throw code } catch { throw Exit.say("\(error)") }
    }

    static func look(_ store: Store, isRunning: Bool) throws -> CentreTop.Look {
        CentreTop.Look(
            now: Clocks.wall, gateways: try store.gateways.rows(), followers: try store.ledger.followers(),
            jobs: try store.jobs.jobCounts(), deadLetters: try store.records.deadLetters(limit: 1000).count,
            isRunning: isRunning, centres: try store.centres())
    }
}

struct StatusVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say in one line how the centre is. 0: fine, 1: warnings, 2: broken.")

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
        let picture = await Probes.picture(options.file, isLocal: true)
        let diagnosis = picture.diagnosis
        var line = "centre"
        if case .form(let form, let newest) = picture.storage, form == newest, let path = try? options.load().database,
            let store = try? Store(reading: path),
            let look = try? TopVerb.look(store, isRunning: picture.isRunning ?? false)
        {
            line = CentreTop.line(look)
        }
        let codes = diagnosis.findings.filter { $0.kind.entry.severity != .note }.map(\.kind.rawValue)
        print(line + (codes.isEmpty ? "" : "; " + codes.joined(separator: ", ")))
        if diagnosis.exitCode != 0 { throw ExitCode(diagnosis.exitCode) }
    }
}
