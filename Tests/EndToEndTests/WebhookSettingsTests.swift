import Depot
import Followers
import Glibc
import Platform
import Settings
import TestSupport
import Testing

@testable import IngestServer

/// What `[webhooks]` may say, and where the secret of all keys lies.
struct WebhookSettingsTests {
    private func parse(_ text: String) throws -> WebhookSettings {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml").webhooks
    }

    @Test func nothingButThePublicInternetIsTheDefault() throws {
        #expect(try parse("").allowed == AddressGuard() && parse("").mayPlain == false)
        let some = try parse("[webhooks]\nallow = [\"10.0.0.0/8\", \"fd00::/8\"]\nplain-http = true")
        #expect(some.allowed.permits([10, 1, 1, 1]) && some.mayPlain && some.warnings.count == 1)
        for bad in ["allow = [\"erp.example\"]", "allow = [\"10.0.0.0/99\"]", "key = \"itself\"", "plain = true"] {
            #expect(throws: Problems.self, "\(bad)") { try parse("[webhooks]\n\(bad)") }
        }
    }

    @Test func theSecretIsMadeOnceAndForTheOwnerAlone() throws {
        let folder = TemporaryFolder()
        let settings = WebhookSettings()
        #expect(try settings.keys(state: folder.path) == nil)
        let mark = try settings.keysOrNew(state: folder.path).mark
        #expect(try settings.keysOrNew(state: folder.path).mark == mark)
        #expect(try settings.keys(state: folder.path)?.mark == mark)
        var information = stat()
        #expect(stat("\(folder.path)/webhook.key", &information) == 0 && information.st_mode & 0o777 == 0o600)
        #expect(Files.list(folder.path) == ["webhook.key"])
    }

    @Test func aShortSecretIsNone() throws {
        let folder = TemporaryFolder()
        try Files.write(Array("short\n".utf8), to: "\(folder.path)/webhook.key", mode: 0o600)
        #expect(throws: StateSecret.Short.self) { try WebhookSettings().keysOrNew(state: folder.path) }
    }
}
