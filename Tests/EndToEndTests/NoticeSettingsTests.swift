import Depot
import Settings
import Testing

@testable import IngestServer

/// What `[notice."TYPE"]` may say.
struct NoticeSettingsTests {
    private func parse(_ text: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml")
    }

    @Test func aSiteSaysItInItsOwnWords() throws {
        let words = try parse("[notice.\"gateway.offline\"]\nen = \"{subject} at {site} is away\"").noticeWords
        let told = ["subject": "dock-1", "site": "Lyon"]
        #expect(words.title(of: .gatewayOffline, in: .en, told) == "dock-1 at Lyon is away")
        #expect(words.title(of: .gatewayOffline, in: .fr, told) == "Passerelle hors ligne : dock-1")
    }

    @Test(arguments: [
        "[notice.\"gateway.gone\"]\nen = \"x\"", "[notice.\"gateway.offline\"]\nen = \"{name}\"",
        "[notice.\"gateway.offline\"]\nen = \"\"", "[notice.\"gateway.offline\"]\nde = \"x\"",
    ])
    func whatCannotBeFilledIsSaidWithItsPlace(_ text: String) {
        #expect(throws: Problems.self) { try parse(text) }
    }
}
