import ArgumentParser
import Model
import Platform

struct Top: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the whole road live: readers, buffer, uplink, the centre's acknowledgements; q ends it.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "One frame, and no more.") var once = false

    func run() throws {
        var client = try ControlClient(path: try options.load().socket)
        var top = AgentTop()
        try LiveScreen.run(once: once) { _ in
            top.frame(try client.ask(.object([("verb", "doctor")])), at: Clocks.wall)
        }
    }
}

struct StatusVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Say in one line how the running agent is. 0: fine, 1: warnings, 2: broken.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON: the whole status.") var json = false

    func run() throws {
        var client = try ControlClient(path: try options.load().socket)
        let status = try client.ask(.object([("verb", "doctor")]))
        let codes = (status["findings"]?.list ?? []).filter { $0["severity"]?.text != Severity.note.rawValue }
            .compactMap { $0["code"]?.text }
        let found = codes.isEmpty ? "" : "; " + codes.joined(separator: ", ")
        Terminal.line(json ? status.description : AgentTop.line(status, at: Clocks.wall) + found)
        let code = AgentTop.code(status)
        if code != 0 { throw ExitCode(code) }
    }
}
