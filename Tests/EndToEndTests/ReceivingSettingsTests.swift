import Platform
import Settings
import Testing

@testable import IngestServer

/// Whether somebody signs is one word of the file.
struct ReceivingSettingsTests {
    private func rule(_ text: String) throws -> SignatureRule {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml").signature
    }

    @Test func aSignatureIsOfferedUnlessTheFileSaysOtherwise() throws {
        #expect(try rule("") == .offered)
        for one in SignatureRule.allCases {
            #expect(try rule("[receiving]\nsignature = \"\(one.rawValue)\"\n") == one)
        }
    }

    @Test(arguments: ["\"sometimes\"", "true"]) func anotherWordIsRefused(word: String) {
        #expect(throws: Problems.self) { try rule("[receiving]\nsignature = \(word)\n") }
    }
}
