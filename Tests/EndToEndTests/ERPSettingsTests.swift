import Settings
import Testing

@testable import IngestServer

/// What `[erp]` may say of people.
struct ERPSettingsTests {
    private func users(_ text: String, kind: String = "odoo") throws -> [String: String]? {
        let erp =
            "kind = \"\(kind)\"\nurl = \"https://erp.example\"\ndatabase = \"d\"\nuser = \"q\"\nsecret = \"file:/s\""
        return try IngestConfiguration(
            parsing: "version = 1\n[erp]\n\(erp)\nusers = \(text)\n", file: "ingest.toml"
        ).erp?.users
    }

    @Test func peopleAreUsersThere() throws {
        #expect(
            try users("[\"Nadia = nadia@firm.example\", \"Omar=o=1\"]") == [
                "nadia": "nadia@firm.example", "omar": "o=1",
            ])
    }

    @Test func whatNamesNobodyIsSaid() {
        for text in ["[\"Nadia\"]", "[\"Nadia =\"]", "[\" = n\"]", "[\"Nadia = a\", \"nadia = b\"]", "\"Nadia = a\""] {
            #expect(throws: Problems.self, "\(text)") { try users(text) }
        }
        #expect(throws: Problems.self) { try users("[\"Nadia = a\"]", kind: "tryton") }
    }
}
