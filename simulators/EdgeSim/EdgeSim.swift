import ArgumentParser
import Platform

@main
struct EdgeSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edge-sim",
        abstract: "The devices' side of every protocol, a telephone exchange, outages: no hardware needed.",
        version: "edge-sim 0.1.0",
        subcommands: [
            RunScenario.self, RunDevice.self, RunPBX.self, RunERP.self, RunSequences.self, Torture.self, RunTrial.self,
            RunScale.self,
            List.self,
        ])
}

enum Exit {
    static let broken = ExitCode(2)

    static func say(_ text: String, _ code: ExitCode = broken) -> ExitCode {
        Terminal.error("edge-sim: \(text)")
        return code
    }
}
