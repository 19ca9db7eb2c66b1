import ArgumentParser
import Model
import Platform

struct DoctorVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what is wrong, how bad it is, and what to do; causes, not their effects.",
        discussion: """
            Looks at the configuration, clock, disk, secrets, certificates, each reader and exchange, the broker and the centre: asks the
            running agent, or looks itself where none runs. It changes nothing. 0: fine, 1: warnings, 2: broken.
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON.") var json = false
    @Flag(help: "Ask no broker, and nothing behind a network.") var local = false
    @Flag(help: "Print everything that can be found, as a page.") var catalogue = false

    func run() throws {
        if catalogue { return print(AgentFindingKind.page(DoctorVerb.head), terminator: "") }
        let diagnosis = AgentProbes.picture(options.file, isLocal: local).diagnosis
        print(json ? diagnosis.json.description : diagnosis.text)
        if diagnosis.exitCode != 0 { throw ExitCode(diagnosis.exitCode) }
    }

    static let head = """
        # Findings of the agent

        What `edge-agent doctor` can find, made from the catalogue in the program (`edge-agent doctor --catalogue`). `broken`: work stands still,
        exit code 2; `warning`: something is missing, or soon will be, exit code 1; `note`: worth knowing. What follows from another finding is not
        told beside it: the column *explains* says what that is. The same stand on the centre's page *Repairs*, with
        [the centre's own](findings.md). What the command prints in twelve broken states: [by example](findings-by-example.md).
        """
}
