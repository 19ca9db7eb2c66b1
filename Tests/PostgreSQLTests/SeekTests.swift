import Glibc
import StoreSupport
import TestSupport
import Testing

@testable import PostgreSQL

/// The hosts of an address: which there are, and who is found of them.
struct SeekTests {
    private func hosts(_ url: String) throws -> [String] {
        Hosts.each(of: try #require(Connection.parameters(of: url))).map { parameters in
            ["host", "hostaddr", "port"].map { name in parameters.first { $0.0 == name }?.1 ?? "-" }.joined(
                separator: " ")
                + (parameters.contains { $0 == ("user", "quai") } ? "" : " nobody")
        }
    }

    @Test func eachHostHasItsPlaceAndWhatIsSaidOfAll() throws {
        #expect(try hosts("postgresql://quai@db1/quai") == ["db1 - -"])
        #expect(try hosts("postgresql://quai@db1,db2:5433,db3/quai") == ["db1 - -", "db2 - 5433", "db3 - -"])
        #expect(try hosts("postgresql://quai@/quai?host=/a,/b&port=6000") == ["/a - 6000", "/b - 6000"])
        #expect(
            try hosts("host=a,b hostaddr=192.0.2.1,192.0.2.2 port=1,2 user=quai") == ["a 192.0.2.1 1", "b 192.0.2.2 2"])
        #expect(try hosts("hostaddr=192.0.2.1,192.0.2.2 user=quai") == ["- 192.0.2.1 -", "- 192.0.2.2 -"])
        // Lists that do not fit are libpq's to refuse; where any will do the first is meant.
        #expect(try hosts("host=a,b port=1,2,3 user=quai") == ["a,b - 1,2,3"])
        #expect(try hosts("postgresql://quai@a,b/quai?target_session_attrs=any").count == 1)
        #expect(try hosts("postgresql://quai@a,b/quai?target_session_attrs=prefer-standby").count == 1)
        #expect(try hosts("postgresql://quai@a,b/quai?target_session_attrs=primary").count == 2)
    }

    /// A host that takes the call and says nothing for ever; the address lets it have a day.
    @Test(.enabled(if: TestServer.programs != nil, "PostgreSQL is not installed: apt-get install postgresql-15"))
    func whoIsSilentHoldsUpNobody() async throws {
        let folder = TemporaryFolder()
        let good = try Connection(try TestServer.shared.get().address(of: "\(folder.path)/db"))
        let place = try #require(try good.value("SHOW unix_socket_directories"))
        let name = try #require(try good.value("SELECT current_database()"))
        let silent = "/tmp/quai-silent-\(getpid())"
        mkdir(silent, 0o700)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            close(listener)
            unlink("\(silent)/.s.PGSQL.5432")
            rmdir(silent)
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "\(silent)/.s.PGSQL.5432".utf8) }
        let isBound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(isBound == 0 && listen(listener, 8) == 0)
        let url = "postgresql://quai@/\(name)?connect_timeout=86400&host=\(silent),\(place)"
        #expect(try Connection(url).value("SHOW unix_socket_directories") == place)
        // One that refuses is asked again and again, and found when it no longer does.
        try TestServer.shared.get().admin("ALTER DATABASE \(name) SET default_transaction_read_only = on")
        let finder = Task.detached { try Connection(url).value("SHOW unix_socket_directories") }
        try TestServer.shared.get().admin("ALTER DATABASE \(name) RESET default_transaction_read_only")
        #expect(try await finder.value == place)
        // All of them refuse: said at once.
        #expect(throws: (any Error).self) {
            _ = try Connection("postgresql://quai@/quai?connect_timeout=86400&host=/nowhere,/elsewhere")
        }
    }
}
