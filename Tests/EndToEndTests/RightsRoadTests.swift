import Depot
import Model
import Platform
import Rig
import TestSupport
import Testing

/// Each role at a centre that runs: every endpoint of its document, the search, the stream, and a scope.
@Suite(.serialized)
struct RightsRoadTests {
    private static let password = "a long enough password"

    private static func add(_ chief: PageClient, _ name: String, _ more: [(String, JSON?)]) throws -> Int64 {
        let body = JSON.object([("name", .string(name)), ("password", .string(password))] + more)
        return try #require(try chief.request("POST", "/api/v1/users", body)["id"]?.integer)
    }

    /// An address that names nothing which is there.
    private static func filled(_ path: String) -> String {
        let names = [
            "{id}": "999999", "{name}": "nobody", "{gtin}": "03608439390999", "{epc}": "AAAA", "{command}": "x",
        ]
        return names.reduce(path) { path, name in
            path.split(separator: "/").map { $0 == name.key ? name.value : String($0) }
                .reduce("") { "\($0)/\($1)" }
        }
    }

    @Test func everyRoleAtEveryDoor() throws {
        let stand = try RoadTests.stand("rights-road")
        defer { stand.stop() }
        try stand.writeConfiguration(
            readers: [], ingest: "[zone.dock-1]\nkind = \"dock\"\n[zone.dock-2]\nkind = \"dock\"\n")
        try stand.startBroker()
        try stand.startIngest()
        try RoadTests().waitForServer(stand)
        let port = stand.httpPort
        _ = try Self.add(try PageClient(port: port, name: "Nadia"), "Chief", [("roles", .array(["administrator"]))])
        let chief = try PageClient(port: port, name: "Chief", password: Self.password)
        try fill(chief)

        let document = try chief.request("GET", "/api/openapi.json")
        for role in Role.builtIn {
            let id = try Self.add(chief, role.name, [("roles", .array([.string(role.name)]))])
            let page = try PageClient(port: port, name: role.name, password: Self.password)
            try walk(document, as: role, page)
            try search(as: role, page)
            // Its other rights begin with another session.
            try chief.request("PUT", "/api/v1/users/\(id)", .object([("roles", .array([]))]))
            #expect(try page.attempt("GET", "/api/v1/deliveries").status == 401)
        }
        try scope(chief, port)
    }

    private func fill(_ chief: PageClient) throws {
        let gtin = "03608439390616"
        try chief.request("PUT", "/api/v1/products/\(gtin)", .object([("description", "Disjoncteur 16A")]))
        try chief.request(
            "POST", "/api/v1/parties",
            .object([("company", "Disjoncteur Services"), ("numbers", .array(["0612340091"]))]))
        for dock in ["dock-1", "dock-2"] {
            try chief.request(
                "POST", "/api/v1/deliveries/blind",
                .object([("supplier", "Disjoncteur SA"), ("zone", .string(dock)), ("note", .string("BL-\(dock)"))]))
            try chief.request(
                "POST", "/api/v1/takes",
                .object([("zone", .string("shelf-\(dock)")), ("sources", .array([])), ("blind", false)]))
        }
    }

    private func walk(_ document: JSON, as role: Role, _ page: PageClient) throws {
        var count = 0
        for room in document["paths"]?.fields ?? [] {
            for deed in room.value.fields ?? [] {
                let (path, method, operation) = (room.name, deed.name, deed.value)
                let needs = try #require(operation["x-needs"]?.text, "\(method) \(path)")
                let isLeaving = method == "delete" && path == "/api/v1/session"
                guard needs != "anybody", !isLeaving else { continue }
                let words = needs.replacing(" or ", with: " ").replacing(" and ", with: " ").split(separator: " ")
                let held = words.filter { Permission(rawValue: String($0)).map(role.permissions.contains) ?? false }
                let may = needs == "session" || (needs.contains(" or ") ? !held.isEmpty : held.count == words.count)
                // What changes something is asked in vain: with nothing, of nothing.
                let body: JSON? = method == "get" ? nil : .members([])
                let (status, code) = try page.attempt(method.uppercased(), Self.filled(path), body)
                #expect(
                    (code == "no-right") == !may && code != "sign-in-needed",
                    "\(role.name): \(method) \(path): \(status) \(code ?? "")")
                count += 1
            }
        }
        #expect(count > 90, "the document is whole")
    }

    private func search(as role: Role, _ page: PageClient) throws {
        let found = try page.request("GET", "/api/v1/search?q=disjoncteur")["found"]?.list ?? []
        let kinds: [(String, Permission)] = [
            ("product", .productsSee), ("party", .clientsSee), ("delivery", .deliveriesSee),
        ]
        #expect(
            Set(found.compactMap { $0["kind"]?.text })
                == Set(kinds.filter { role.permissions.contains($0.1) }.map(\.0)), "\(role.name)")
    }

    private func scope(_ chief: PageClient, _ port: UInt16) throws {
        _ = try Self.add(
            chief, "Lea",
            [
                ("roles", .array(["depot-manager"])),
                ("scope", .object([("zones", .array(["dock-1", "shelf-dock-1"]))])),
            ])
        let lea = try PageClient(port: port, name: "Lea", password: Self.password)
        let all = try #require(chief.request("GET", "/api/v1/deliveries")["deliveries"]?.list)
        let far = try #require(all.first { $0["zone"] == "dock-2" }?["id"]?.integer)
        let near = try #require(all.first { $0["zone"] == "dock-1" }?["id"]?.integer)
        for path in ["/api/v1/deliveries", "/api/v1/deliveries?limit=50"] {
            let told = try lea.request("GET", path)
            #expect(
                told["deliveries"]?.list?.compactMap { $0["zone"]?.text } == ["dock-1"]
                    && told["zones"] == .array(["dock-1"]))
        }
        #expect(try lea.request("GET", "/api/v1/takes")["takes"]?.list?.count == 1)
        #expect(try lea.request("GET", "/api/v1/search?q=disjoncteur&kind=delivery")["found"]?.list?.count == 1)
        #expect(try lea.attempt("GET", "/api/v1/deliveries/\(near)").status == 200)
        for (method, path) in [
            ("GET", ""), ("GET", "/trail?gtin=1"), ("GET", "/slip.pdf"), ("GET", "/export.csv"), ("POST", "/close"),
            ("POST", "/reopen"),
        ] {
            let body: JSON? =
                method == "GET" ? nil : .object([("zone", "dock-1"), ("reason", "why"), ("cause", "late")])
            let (status, code) = try lea.attempt(method, "/api/v1/deliveries/\(far)\(path)", body)
            #expect(status == 404 && code == "no-such-delivery", "\(method) \(path): \(status) \(code ?? "")")
        }
        for (path, body) in [
            ("/api/v1/deliveries/\(near)/open", [("zone", "dock-2")]),
            ("/api/v1/deliveries/blind", [("zone", "dock-2"), ("supplier", "S")]),
            ("/api/v1/takes", [("zone", "shelf-dock-2"), ("sources", .array([])), ("blind", false)]),
        ] as [(String, [(String, JSON?)])] {
            let (status, code) = try lea.attempt("POST", path, .object(body))
            #expect(status == 403 && code == "outside-scope", "\(path): \(status) \(code ?? "")")
        }
        // The stream: what is scanned at the other dock is not told, what is scanned here is.
        try lea.follow()
        #expect(lea.wait(milliseconds: 20_000) { $0["type"] == "ready" } != nil)
        for (index, dock) in ["dock-2", "dock-1"].enumerated() {
            let scan = JSON.object([
                ("key", .string("01KB3S6Z0Q1Y8X7W6V5T4S3R2\(index)")), ("zone", .string(dock)),
                ("text", "3608439390616"),
                ("at", .int(Clocks.wall)),
            ])
            try chief.request(
                "POST", "/api/v1/scans", .object([("clock", .int(Clocks.wall)), ("scans", .array([scan]))]))
        }
        let told = lea.wait(milliseconds: 20_000) { ["count", "stray"].contains($0["type"]?.text) }
        #expect(told?.json["data"]?["zone"] == "dock-1")
        #expect(lea.wait(milliseconds: 20_000) { $0["type"] == "delivery" }?.json["data"]?["id"] == .int(near))
    }
}
