import ArgumentParser
import Model
import Platform

struct DoctorVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what is wrong, how bad it is, and what to do; causes, not their effects.",
        discussion: """
            Looks at the clock, the disk, the database and who may open it, secrets, certificates, the broker and its access list, the
            gateways, dead letters and the ERP. It changes nothing; the ERP is asked once. 0: fine, 1: warnings, 2: broken.
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "JSON.") var json = false
    @Flag(help: "Ask neither the broker nor the ERP.") var local = false
    @Flag(help: "Print everything that can be found, as a page.") var catalogue = false

    func run() async throws {
        if catalogue { return print(FindingsPage.text, terminator: "") }
        let diagnosis = await Probes.picture(options.file, isLocal: local).diagnosis
        print(json ? diagnosis.json.description : diagnosis.text)
        if diagnosis.exitCode != 0 { throw ExitCode(diagnosis.exitCode) }
    }
}
