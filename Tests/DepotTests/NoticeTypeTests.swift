import Testing

@testable import Depot

/// What people can be told of.
struct NoticeTypeTests {
    @Test func thereAreTwentySevenTypesAndEachLivesADayAtLeast() {
        #expect(NoticeType.allCases.count == 27)
        for type in NoticeType.allCases { #expect(type.life >= 86_400_000, "\(type)") }
    }

    @Test func aFactMakesOneTypeAndNoOther() {
        let facts = NoticeType.allCases.compactMap(\.fact)
        #expect(Set(facts).count == facts.count)
        for type in NoticeType.allCases {
            if let fact = type.fact { #expect(NoticeType(of: fact) == type) }
        }
    }

    @Test func aFactThatIsNobodysNewsMakesNone() {
        #expect(NoticeType(of: .noticeDone) == nil)
        #expect(NoticeType(of: Fact.Kind(rawValue: "later.version")) == nil)
    }

    @Test func prioritiesAreOrdered() {
        #expect(NoticeType.Priority.allCases == NoticeType.Priority.allCases.sorted())
        #expect(NoticeType.gatewayOffline.priority > NoticeType.callMissed.priority)
        #expect(NoticeType.gatewayOnline.priority == .low)
    }

    @Test func callsAreToldToThoseWhoseTelephonesRang() {
        #expect(NoticeType.callMissed.audience == .team)
        #expect(NoticeType.pushFailed.audience == .holders(of: .erp))
    }
}
