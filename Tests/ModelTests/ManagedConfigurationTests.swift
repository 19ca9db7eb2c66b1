import Model
import Testing

struct ManagedConfigurationTests {
    private func offer(_ managed: inout ManagedConfiguration, _ revision: Int64, _ text: String, expires: Int64? = nil)
        -> ManagedConfiguration.Answer
    {
        managed.offer(DesiredConfiguration(revision: revision, text: text, expires: expires), at: 1000) {
            $0.contains("bad") ? "it is bad" : nil
        }
    }

    private func start(_ managed: inout ManagedConfiguration) -> Bool { managed.start() }

    @Test func oneThatReachesTheCentreIsKept() {
        var managed = ManagedConfiguration()
        #expect(managed.text == nil)
        #expect(start(&managed))
        #expect(offer(&managed, 1, "a") == .restart)
        #expect(managed.text == "a")
        #expect(start(&managed))
        managed.confirm()
        #expect(managed.kept?.text == "a" && managed.trial == nil)
        #expect(offer(&managed, 1, "a") == .ignore, "the broker keeps it, and it is heard at every start")
    }

    @Test func oneThatCutsTheAgentOffIsTakenBackAndNotTriedAgain() {
        var managed = ManagedConfiguration()
        _ = offer(&managed, 1, "a")
        managed.confirm()
        #expect(offer(&managed, 2, "b") == .restart)
        managed.takeBack("nobody answers")
        #expect(managed.text == "a" && managed.refused?.revision == 2)
        #expect(offer(&managed, 2, "b") == .ignore)
        #expect(offer(&managed, 3, "c") == .restart)
    }

    @Test func oneWithWhichItDoesNotStayUpIsTakenBack() {
        var managed = ManagedConfiguration()
        _ = offer(&managed, 1, "a")
        for _ in 1...ManagedConfiguration.startLimit { #expect(start(&managed)) }
        #expect(!start(&managed))
        #expect(managed.text == nil && managed.refused?.revision == 1)
        #expect(start(&managed))
    }

    @Test func aBadOneAnOldOneAndAStaleOneChangeNothing() {
        var managed = ManagedConfiguration()
        #expect(offer(&managed, 5, "bad") == .refuse("it is bad"))
        #expect(managed.text == nil)
        #expect(offer(&managed, 4, "a") == .ignore)
        #expect(offer(&managed, 6, "a", expires: 1000) == .ignore)
        #expect(offer(&managed, 6, "a", expires: 1001) == .restart)
    }

    @Test func itSurvivesItsFileAndADamagedMessageIsNone() throws {
        var managed = ManagedConfiguration()
        _ = offer(&managed, 1, "a")
        managed.confirm()
        _ = offer(&managed, 2, "b")
        #expect(start(&managed))
        #expect(ManagedConfiguration(json: try JSON(parsing: managed.json.text8)) == managed)
        #expect(ManagedConfiguration(json: .null) == ManagedConfiguration())
        let desired = DesiredConfiguration(revision: 3, text: "c", expires: 9)
        #expect(DesiredConfiguration(json: try JSON(parsing: desired.json.text8)) == desired)
        #expect(DesiredConfiguration(json: desired.json.with("text", "d")) == nil)
    }
}
