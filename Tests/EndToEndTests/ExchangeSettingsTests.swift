import Depot
import Followers
import Platform
import Settings
import TestSupport
import Testing

@testable import IngestServer

/// What `[exchange]` may say, and the words of its reports.
struct ExchangeSettingsTests {
    private func parse(_ text: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml")
    }

    private let erp =
        "[erp]\nkind = \"tryton\"\nurl = \"https://erp.example\"\ndatabase = \"d\"\nuser = \"q\"\nsecret = \"file:/s\"\n"

    @Test func foldersLieInOneOrStandForThemselves() throws {
        let settings = try #require(
            try parse("[exchange]\nfolder = \"/srv/quai\"\nout = \"/mnt/erp\"\nevery = \"day\"").exchange)
        #expect(settings.inFolder == "/srv/quai/in" && settings.outFolder == "/mnt/erp" && settings.isDaily)
        #expect(try parse("[exchange]\nfolder = \"/srv/quai\"\nin = \"\"").exchange?.inFolder == nil)
    }

    @Test func besideAConnectorFilesOnlyComeIn() throws {
        let settings = try #require(try parse("\(erp)[exchange]\nfolder = \"/srv/quai\"").exchange)
        #expect(settings.inFolder == "/srv/quai/in" && settings.outFolder == nil)
        #expect(throws: Problems.self) { try parse("\(erp)[exchange]\nfolder = \"/srv/quai\"\nout = \"out\"") }
        #expect(throws: Problems.self) { try parse("[exchange]\nin = \"in\"") }
    }

    @Test func whatIsDoneIsKeptForSoManyDays() throws {
        let usual = try #require(try parse("[exchange]\nfolder = \"/srv/quai\"").exchange)
        #expect(usual.keptFor == 90 * 86_400_000)
        #expect(usual.sweeps.map(\.folder) == ["/srv/quai/in/done", "/srv/quai/out/taken"])
        #expect(
            try parse("[exchange]\nfolder = \"/srv/quai\"\nout = \"\"\nkeep-days = 7").exchange?.sweeps.map(\.life)
                == [7 * 86_400_000])
        for days in ["0", "3651", "\"90\""] {
            #expect(throws: Problems.self) { try parse("[exchange]\nfolder = \"/srv/quai\"\nkeep-days = \(days)") }
        }
    }

    @Test func aFolderThatIsMissingIsFoundByCheck() throws {
        let found = try parse("[exchange]\nfolder = \"/nowhere/quai\"").warnings
        #expect(found.contains { $0.contains("/nowhere/quai/in") })
    }

    @Test func reportsSayItInFrenchAsThePagesDo() {
        let words = ReasonWords(Fixture.bytes(at: "\(Fixture.root)/Sources/IngestServer/Web/words-reasons.js"))
        #expect(words.count > 150)
        let quantity: Phrase = "quantity"
        #expect(
            words.french("\(quantity) \"\("beaucoup")\" is not a number from \(0) to \(9)")
                == "quantité « beaucoup » : ce n’est pas un nombre de 0 à 9")
        #expect(words.french("nobody worded this") == "nobody worded this")
    }
}
