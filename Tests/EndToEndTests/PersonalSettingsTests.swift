import Depot
import Model
import Settings
import Sheets
import TestSupport
import Testing

@testable import IngestServer

/// What `[retention]` and `[syslog]` may say, and what is written from the configuration as it is.
struct PersonalSettingsTests {
    private func parse(_ text: String) throws -> IngestConfiguration {
        try IngestConfiguration(parsing: "version = 1\n\(text)", file: "ingest.toml")
    }

    @Test func periodsHaveDefaultsAndLimits() throws {
        let usual = try parse("")
        #expect(usual.retention[.calls] == 365 && usual.retention[.trail] == 1825 && usual.retention[.reads] == 0)
        #expect(usual.retention.words.contains("calls 365 days") && usual.retention.words.contains("reads for ever"))
        let some = try parse("[retention]\ncalls = 90\ncard-views = 180\nreads = 400")
        #expect(some.retention[.calls] == 90 && some.retention[.cardViews] == 180 && some.retention[.reads] == 400)
        // The name that it had before.
        #expect(try parse("[calls]\nretention-days = 30").retention[.notes] == 30)
        for bad in [
            "[retention]\npage-scans = 3", "[retention]\ninbox = 0", "[retention]\ncall = 3",
            "[retention]\ncalls = 3\n[calls]\nretention-days = 3",
        ] { #expect(throws: Problems.self, "\(bad)") { try parse(bad) } }
    }

    @Test func aCollectorIsNamedByItsAddress() throws {
        func syslog(_ address: String) throws -> SyslogSettings {
            try #require(try parse("[syslog]\naddress = \"\(address)\"").syslog)
        }
        #expect(try syslog("tls://log.example").port == 6514 && syslog("udp://log.example").port == 514)
        let six = try syslog("tcp://[fd00::1]:601")
        #expect(six.host == "fd00::1" && six.port == 601 && six.warnings.count == 1)
        #expect(try syslog("tls://log.example").warnings == [] && syslog("udp://127.0.0.1:5514").warnings == [])
        for bad in [
            "log.example", "http://log.example", "tls://", "tls://log.example:0", "tcp://u:p@log.example",
            "tcp://h:1/x",
        ] {
            #expect(throws: Problems.self, "\(bad)") { try syslog(bad) }
        }
    }

    /// What is not done here is not in the record; what is, is.
    @Test func theRecordOfProcessingSaysWhatTheConfigurationSays() throws {
        let plain = ProcessingRecord(try parse(""))
        #expect(!plain.activities(.fr).contains { $0.recipients.contains("ERP") })
        #expect(plain.activities(.fr)[0].period == "appels : 365 jours · notes : 365 jours")
        let full = ProcessingRecord(
            try parse(
                """
                [erp]
                kind = "odoo"
                url = "https://erp.example"
                database = "d"
                user = "u"
                secret = "credential:erp"
                [syslog]
                address = "tls://log.example"
                [retention]
                card-views = 0
                [broker]
                url = "mqtts://broker.example"
                """))
        let said = full.activities(.en)
        #expect(said[0].recipients.contains("ERP erp.example"))
        #expect(said.contains { $0.recipients.contains("syslog log.example") && $0.period.contains("views: no limit") })
        #expect(full.measures(.en).contains("Gateways: MQTT over TLS"))
        for language in [ReportLanguage.fr, .en] {
            let pdf = try full.sheet(language).pdf()
            #expect(pdf.starts(with: Array("%PDF".utf8)))
        }
    }

    @Test func anAccessFileIsAPageWithoutMarkupOfItsContent() throws {
        let file = AccessTable.File(
            subject: "06 12", at: 0,
            places: [.init(table: "call_note", rows: [.object([("note", "<script>&\"")])], hasMore: false)])
        for language in [ReportLanguage.fr, .en] {
            let text = AccessPage(file, language).text
            #expect(text.contains("&lt;script&gt;&amp;&quot;") && !text.contains("<script"))
        }
        #expect(AccessPage(file, .fr).text.contains("Notes d’appel (1)"))
    }

    /// Each place has a name that people understand, in both languages.
    @Test func everyPlaceHasWords() {
        for place in PersonalPlaceNames.all { #expect(PersonalWords.places[place] != nil, "\(place)") }
    }
}
