import Testing

@testable import Depot

/// The wording of notices where no page does it.
struct NoticeWordsTests {
    @Test func eachTypeHasATemplateThatCouldBeWrittenInAFile() throws {
        var words = NoticeWords()
        for type in NoticeType.allCases {
            for language in NoticeWords.Language.allCases {
                try words.change(type.rawValue, language, to: NoticeWords.standard(type, language))
            }
        }
    }

    @Test func aTitleIsFilledAndWhatIsMissingLeavesNoHole() {
        let words = NoticeWords()
        #expect(
            words.title(of: .gatewayOffline, in: .en, ["subject": "dock-1"]) == "Gateway offline: dock-1")
        #expect(words.title(of: .lowStock, in: .fr, ["subject": "Vis"]) == "Stock bas : Vis")
    }

    @Test func whatIsPutInIsNotReadForPlaces() {
        let title = NoticeWords().title(of: .announcement, in: .en, ["detail": "{site}", "site": "Lyon"])
        #expect(title == "Announcement: {site}")
    }

    @Test func whereNothingIsKnownNoColonIsLeft() {
        #expect(NoticeWords().title(of: .callMissed, in: .fr, [:]) == "Appel manqué")
        #expect(NoticeWords().title(of: .callMissed, in: .en, [:]) == "Missed call")
    }

    @Test func aChangedTemplateGoesForItsLanguageAlone() throws {
        var words = NoticeWords()
        try words.change("gateway.offline", .en, to: "{subject} at {site} is away")
        #expect(
            words.title(of: .gatewayOffline, in: .en, ["subject": "dock-1", "site": "Lyon"])
                == "dock-1 at Lyon is away")
        #expect(
            words.title(of: .gatewayOffline, in: .fr, ["subject": "dock-1"]) == "Passerelle hors ligne : dock-1")
    }

    @Test func aTemplateThatCannotBeFilledIsRefused() {
        var words = NoticeWords()
        #expect(throws: NoticeWords.Fault.unknownType("gateway.gone")) {
            try words.change("gateway.gone", .en, to: "x")
        }
        #expect(throws: NoticeWords.Fault.unknownPlace("name")) {
            try words.change("gateway.offline", .en, to: "{name}")
        }
        #expect(throws: NoticeWords.Fault.openBrace) { try words.change("gateway.offline", .en, to: "{subject") }
        #expect(throws: NoticeWords.Fault.length) { try words.change("gateway.offline", .en, to: "") }
        #expect(throws: NoticeWords.Fault.length) { try words.change("gateway.offline", .en, to: "a\nb") }
        #expect(words == NoticeWords(), "what was stays")
    }
}
