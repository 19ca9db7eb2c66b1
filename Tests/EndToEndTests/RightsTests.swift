import Depot
import Followers
import Logging
import Model
import TestSupport
import Testing

@testable import IngestServer

/// Every endpoint as every role; the page of it is kept in the documents.
struct RightsTests {
    private let folder = TemporaryFolder()
    private let endpoints: [Endpoint]

    init() throws {
        var configuration = IngestConfiguration()
        configuration.state = folder.path
        endpoints = Endpoints.list(try Wiring(configuration, logger: Logger(label: "test")))
    }

    private func person(_ role: Role) -> Person {
        var person = Person(id: 1, name: role.name, desk: nil)
        (person.isOpenHouse, person.rights) = (false, role.permissions)
        return person
    }

    private func isAdmitted(_ endpoint: Endpoint, _ person: Person?) throws -> Bool {
        do { try endpoint.admit(person) } catch let problem as APIProblem {
            #expect(problem.code == (person == nil ? "sign-in-needed" : "no-right"), "\(endpoint.path)")
            return false
        }
        return true
    }

    /// Those that whoever is signed in may ask: what is theirs alone, and what tells nothing of the depot.
    private let open: Set = [
        "DELETE /api/v1/session", "PUT /api/v1/me/preferences", "PUT /api/v1/me/password", "GET /api/v1/audit",
        "GET /api/v1/search", "GET /api/v1/qr", "GET /api/v1/duty",
    ]
    /// What is everybody's own: how one is told, and how one signs in.
    private let own = ["/api/v1/inbox", "/api/v1/channels", "/api/v1/me/"]

    @Test func everyEndpointNamesAnActionOrIsOpenOnPurpose() {
        for endpoint in endpoints where endpoint.needs == .session {
            let name = endpoint.title
            #expect(
                open.contains(name) || own.contains { endpoint.path.hasPrefix($0) }
                    || endpoint.path.hasSuffix("/template.csv"), "\(name) needs no action")
        }
    }

    @Test(arguments: Role.builtIn) func everyEndpointAsEveryRole(_ role: Role) throws {
        for endpoint in endpoints {
            let isAdmitted = try isAdmitted(endpoint, person(role))
            #expect(isAdmitted == endpoint.needs.admits(role.permissions.contains), "\(role.name): \(endpoint.path)")
            if role.name == "administrator" { #expect(isAdmitted, "\(endpoint.path)") }
            if role.name == "viewer", isAdmitted, endpoint.needs != .session, endpoint.needs != .anybody {
                #expect(endpoint.title.hasPrefix("GET "), "\(endpoint.path) is changed by who only looks")
            }
            // Docks see no calls and no clients; who telephones posts nothing.
            let parts = endpoint.path.split(separator: "/").map(String.init)
            let room = parts.count > 2 ? parts[2] : ""
            if role.name.hasPrefix("depot-"), ["calls", "missed", "reminders", "parties"].contains(room) {
                #expect(!isAdmitted, "\(role.name): \(endpoint.path)")
            }
            if ["call-agent", "supervisor"].contains(role.name), !endpoint.title.hasPrefix("GET "),
                ["deliveries", "takes", "products", "import", "scans", "photos"].contains(room)
            {
                #expect(!isAdmitted, "\(role.name): \(endpoint.path)")
            }
        }
    }

    @Test func nobodyIsLetInWithoutASessionWhereOneIsNeeded() throws {
        for endpoint in endpoints { #expect(try isAdmitted(endpoint, nil) == (endpoint.needs == .anybody)) }
    }

    /// As it was before there were roles: staff, with each of the five rights.
    @Test func theFiveRightsOpenWhatTheyOpened() throws {
        let staff = try #require(Role.builtIn.first { $0.name == Role.staff })
        let before: [(Permission, String)] = [
            (.stock, "PUT /api/v1/products/{gtin}"), (.stock, "POST /api/v1/takes/{id}/post"),
            (.erp, "GET /api/v1/erp/jobs"), (.erp, "POST /api/v1/erp/pull"), (.erp, "POST /api/v1/reminders/{id}/erp"),
            (.users, "GET /api/v1/users"), (.users, "GET /api/v1/webhooks"), (.users, "GET /api/v1/events"),
            (.users, "POST /api/v1/gateways/{name}/confirm"), (.users, "DELETE /api/v1/gateways/{name}"),
            (.imports, "POST /api/v1/import/products"),
        ]
        var closed: Set<String> = []
        for endpoint in endpoints where try !isAdmitted(endpoint, person(staff)) {
            closed.insert(endpoint.title)
        }
        for (right, name) in before {
            #expect(closed.contains(name), "\(name) needed \(right)")
            let endpoint = try #require(endpoints.first { $0.title == name })
            var person = person(staff)
            person.rights = person.rights.union([right]).whole
            #expect(try isAdmitted(endpoint, person), "\(right) opened \(name)")
        }
        for name in closed {
            let rooms = [
                "products/", "takes/", "erp/", "reminders/", "users", "webhooks", "events", "gateways/", "import/",
                "audit/", "personal", "retention", "processing", "epcis", "duty", "tokens", "screens", "rollouts",
            ]
            #expect(
                rooms.contains { name.contains(" /api/v1/\($0)") } || name.contains("/api/v1/roles"),
                "\(name) was open to whoever is signed in")
        }
    }

    @Test func thePageOfRightsIsCurrent() throws {
        let page = String(decoding: Fixture.bytes(at: Fixture.root + "/docs/reference/rights.md"), as: UTF8.self)
        #expect(page == RightsPage.text(endpoints), "edge-ingest role table > docs/reference/rights.md")
    }
}
