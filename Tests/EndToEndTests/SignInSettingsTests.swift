import Depot
import ERP
import ERPPeers
import Followers
import Model
import Platform
import Settings
import Testing

@testable import IngestServer

/// What `[sign-in]` may say, and whom the ERP is asked about.
struct SignInSettingsTests {
    private static let erp = """
        [erp]
        kind = "odoo"
        url = "https://odoo.example"
        user = "gateway"
        secret = "file:/s"

        """

    private func parse(_ text: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml")
    }

    private func provider(_ lines: String, address: String = "https://depot.example") throws -> OpenIDSettings {
        let text = "[sign-in]\naddress = \"\(address)\"\n[sign-in.firm]\n\(lines)"
        return try #require(try parse(text).signIn.providers.first)
    }

    private static let least = "issuer = \"https://login.example\"\nclient-id = \"quai\"\n"

    @Test func nothingIsMatchedAndNobodyIsMadeUnlessItIsSaid() throws {
        #expect(try parse("").signIn.providers.isEmpty)
        let least = try provider(Self.least)
        #expect(least.match == .never && least.groups == nil && least.label == "firm" && least.secret == nil)
        #expect(!least.allowed.permits([10, 0, 0, 1]) && !least.allowed.permits([127, 0, 0, 1]))
        let all = try provider(
            Self.least + """
                label = "Firm"
                client-secret = "credential:firm"
                match = "email"
                groups-claim = "realm_access.roles"
                allow = ["10.0.0.0/8"]
                [sign-in.firm.groups]
                "depot managers" = "stock, imports"
                "dock 1" = "depot-worker, zones=dock-1, zones=gate, sites=lyon"
                depot = ""
                """)
        let scope = Scope([.zones: ["dock-1", "gate"], .sites: ["lyon"]])
        #expect(
            all.groups == [
                "depot managers": .init(rights: [.stock, .imports]), "depot": .init(rights: []),
                "dock 1": .init(rights: [], roles: ["depot-worker"], scope: scope),
            ])
        #expect(all.roles == ["depot-worker"] && !all.isStrong)
        #expect(all.allowed.permits([10, 0, 0, 1]) && all.label == "Firm")
        for bad in [
            "client-secret = \"itself\"", "match = \"nickname\"", "scopes = \"profile\"", "allow = [\"firm.example\"]",
            "label = \"\"", "[sign-in.firm.groups]\ndepot = \"Everything\"", "[sign-in.firm.groups]\ndepot = 1",
            "secret = \"file:/s\"",
        ] { #expect(throws: Problems.self, "\(bad)") { try provider(Self.least + bad) } }
        for issuer in [
            "http://login.example", "https://u:p@login.example", "login.example", "https://login.example/?a=b",
            "https://login.example/.well-known/openid-configuration",
        ] { #expect(throws: Problems.self, "\(issuer)") { try provider("issuer = \"\(issuer)\"\nclient-id = \"q\"") } }
        for address in ["http://depot.example", "https://depot.example/quai", "depot.example"] {
            #expect(throws: Problems.self, "\(address)") { try provider(Self.least, address: address) }
        }
        #expect(throws: Problems.self) { try parse("[sign-in.firm]\n\(Self.least)") }
        #expect(throws: Problems.self) { try parse("[sign-in]\nadress = \"https://depot.example\"") }
    }

    @Test func theERPIsAskedOnlyOfWhoIsNamed() async throws {
        #expect(throws: Problems.self) { try parse("[sign-in]\nerp-passwords = true") }
        #expect(throws: Problems.self, "Odoo's database must be named") {
            try parse("[sign-in]\nerp-passwords = true\n\(Self.erp)")
        }
        let more = "database = \"depot\"\nusers = [\"Nadia = gateway\"]\n"
        let settings = try #require(try parse("[sign-in]\nerp-passwords = true\n\(Self.erp)\(more)").erp)
        let peer = OdooPeer(OdooServer(series: 17))
        let passwords = ERPPasswords(settings, wire: peer.wire)
        #expect(await passwords.ask("gateway-secret", of: "Bruno", at: 0) == .unknown)
        #expect(await passwords.ask("", of: "Nadia", at: 0) == .unknown)
        #expect(await peer.requests.isEmpty)
        for _ in 0..<6 { #expect(await passwords.ask("gateway-secret", of: "nadia", at: 0) == .right) }
        for _ in 0..<4 { #expect(await passwords.ask("wrong", of: "Nadia", at: 1) == .wrong) }
        #expect(await passwords.ask("gateway-secret", of: "Nadia", at: 59_999) == .away, "before it bars this machine")
        #expect(await passwords.ask("gateway-secret", of: "Nadia", at: 60_001) == .right)
        await peer.die(at: 1, afterEffect: false)
        for _ in 0..<6 { #expect(await passwords.ask("wrong", of: "Nadia", at: 70_000) == .away) }
        #expect(passwords.counts.with { $0.right } == 7 && passwords.counts.with { $0.wrong } == 4)
    }
}
