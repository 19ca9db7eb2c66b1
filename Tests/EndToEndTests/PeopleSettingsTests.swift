import Depot
import HTTPTypes
import Model
import Settings
import TestSupport
import Testing

@testable import IngestServer

/// What is asked of those who sign in, and what is left to a program and to who still has to set up a second factor.
struct PeopleSettingsTests {
    private func settings(_ lines: String) throws(Problems) -> PeopleSettings {
        try IngestConfiguration(parsing: "version = 1\n[people]\n\(lines)\n", file: "ingest.toml").people
    }

    @Test func rightsAreNamedAndWhatIsNoneIsSaid() throws {
        #expect(try settings("").guarded.isEmpty)
        #expect(try settings("second-factor = [\"users\", \"erp\"]").guarded == [.users, .erp])
        for wrong in ["second-factor = [\"everything\"]", "second-factor = \"users\"", "key = \"secret\"", "other = 1"]
        {
            #expect(throws: Problems.self) { try settings(wrong) }
        }
    }

    @Test func theSecretOfAppsIsMadeOnceAndReadAgain() throws {
        let folder = TemporaryFolder()
        let people = PeopleSettings()
        #expect(try people.keys(state: folder.path) == nil)
        _ = try people.keysOrNew(state: folder.path)
        let reference = try #require(people.reference(state: folder.path))
        #expect(reference == "file:\(folder.path)/sign-in.key")
        let first = Fixture.bytes(at: "\(folder.path)/sign-in.key")
        _ = try people.keysOrNew(state: folder.path)
        #expect(Fixture.bytes(at: "\(folder.path)/sign-in.key") == first && first.count == 65)
    }

    private func code(_ endpoint: Endpoint, _ person: Person) -> String? {
        do { try endpoint.admit(person) } catch { return (error as? APIProblem)?.code }
        return nil
    }

    private func endpoint(_ path: String, needs: Endpoint.Need = .session, changes: Bool = false) -> Endpoint {
        Endpoint(changes ? .post : .get, path, "Something", needs: needs, answers: .done) { _ in .json(.members([])) }
    }

    @Test func aProgramDoesNotChangeHowPeopleSignIn() {
        var program = Person(id: 1, name: "Nadia", desk: nil)
        (program.isOpenHouse, program.rights) = (false, [.users])
        program.program = ProgramMark(id: "x", name: "script", isReader: false)
        for path in [
            "/api/v1/me/factors", "/api/v1/me/password", "/api/v1/me/sessions", "/api/v1/tokens", "/api/v1/session",
        ] {
            #expect(code(endpoint(path), program) == "people-only", "\(path)")
        }
        #expect(code(endpoint("/api/v1/users", needs: .right(.users), changes: true), program) == "people-only")
        #expect(code(endpoint("/api/v1/users", needs: .right(.users)), program) == nil)
        #expect(code(endpoint("/api/v1/scans", changes: true), program) == nil)
        #expect(code(endpoint("/api/v1/erp", needs: .right(.erp)), program) == "no-right")
        program.program?.isReader = true
        #expect(code(endpoint("/api/v1/scans", changes: true), program) == "read-only-token")
    }

    @Test func whoHasToSetUpASecondFactorDoesNothingElse() {
        var person = Person(id: 1, name: "Nadia", desk: nil)
        (person.isOpenHouse, person.isFactorDue) = (false, true)
        for path in ["/api/v1/deliveries", "/api/v1/me/sessions", "/api/v1/me/extension", "/api/v1/inbox"] {
            #expect(code(endpoint(path), person) == "factor-due", "\(path)")
        }
        for path in ["/api/v1/me", "/api/v1/me/factors", "/api/v1/me/factors/passkeys", "/api/v1/session"] {
            #expect(code(endpoint(path), person) == nil, "\(path)")
        }
    }

    @Test(
        arguments: [
            ("Bearer quai_x", "quai_x"), ("bearer quai_x", "quai_x"), ("Basic quai_x", nil), ("Bearer", nil),
            ("Bearer a b", nil),
            ("", nil),
        ] as [(String, String?)])
    func aTokenIsReadFromItsHeader(header: String, token: String?) { #expect(Cookies.bearer(header) == token) }
}
