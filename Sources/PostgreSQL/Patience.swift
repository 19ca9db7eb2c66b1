internal import CPostgreSQL
import Glibc
import SQLite

/// How long the store waits for a server before it says that there is none. What the address says itself stands.
struct Patience: Sendable {
    /// In seconds, for one of the hosts to let us in; all of them are asked at once (`Seek`).
    static let connect = 3
    /// In milliseconds, until a host that refused is asked again while another lets us wait: a standby that is being promoted is found so soon.
    static let again: Int64 = 250
    /// In milliseconds, without a word from the server, until it is asked on a second connection whether it lives; `probe` seconds for that answer, the
    /// least that libpq takes.
    var silence: Int64 = 3000
    static let probe = 2
    /// In milliseconds, for a commit, which may wait for a standby's disk (`synchronous_standby_names`): then it is in doubt, and not said to be saved.
    var commit: Int64 = 10_000
    /// Between two tries of a server that lets us wait; one that refuses at once is tried with each thing to do.
    static let pause: Int64 = 1000
    /// The server's own, in milliseconds: for another writer; for one statement; for a transaction in which we say nothing, whose locks
    /// others wait for.
    static let lock = 5000
    static let statement = 300_000
    static let idle = 60_000

    /// What the network may swallow, seen from here: what we say is not acknowledged for 2 s, or nothing was said for a second and the next
    /// one's question is not (https://www.postgresql.org/docs/15/libpq-connect.html, 34.1.2; with a user timeout the count of questions has no part,
    /// tcp(7)). The kernel of the other side answers these, however slow or stopped its server is: who works long is never ended by it. Below the
    /// three seconds after which a centre is not sure any more that it works, and a proxy sends its browsers away. A socket of the system has none of it.
    static let network = [
        ("tcp_user_timeout", "2000"), ("keepalives_idle", "1"), ("keepalives_interval", "1"), ("keepalives_count", "2"),
    ]

    /// The server's side of the network: unsent for 5 s, or nothing said for 5 s and then 2 questions unanswered
    /// (https://www.postgresql.org/docs/15/runtime-config-connection.html, 20.3.2). Nobody waits for that: whoever takes over ends what is left.
    /// Said for each connection, but for what the role or the address's `options` has set.
    static let server = """
        SET tcp_user_timeout = 5000; SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 2;
        SELECT set_config(name, bound, false) FROM (VALUES ('lock_timeout', '\(lock)'), ('statement_timeout', '\(statement)'),
            ('idle_in_transaction_session_timeout', '\(idle)')) AS bounds (name, bound) WHERE current_setting(name) = '0';
        """
}

/// Where a connection went: asked once more when it is silent.
final class Place {
    private var parameters: [(String, String)] = []

    func note(_ handle: OpaquePointer) {
        func text(_ value: UnsafeMutablePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        parameters = [
            ("host", text(PQhost(handle))), ("hostaddr", text(PQhostaddr(handle))), ("port", text(PQport(handle))),
            ("connect_timeout", "\(Patience.probe)"),
        ].filter { !$0.1.isEmpty }
        // The name of a socket's folder is its address.
        if parameters.first?.1.hasPrefix("/") ?? false { parameters.removeAll { $0.0 == "hostaddr" } }
    }

    /// Whether a server says anything there; no name and no password is needed for that.
    var isAnswering: Bool {
        Connection.withParameters(parameters) { PQpingParams($0, $1, 0) } != PQPING_NO_RESPONSE
    }
}

extension Connection {
    /// The address as libpq reads it, with limits where it has none; nil where it is none.
    static func parameters(of url: String) -> [(String, String)]? {
        guard let options = PQconninfoParse(url, nil) else { return nil }
        defer { PQconninfoFree(options) }
        var given: [(String, String)] = []
        var next = options
        while let name = next.pointee.keyword {
            if let value = next.pointee.val { given.append((String(cString: name), String(cString: value))) }
            next += 1
        }
        // A standby would let us in and refuse what is written.
        let wanted =
            [("connect_timeout", "\(Patience.connect)"), ("target_session_attrs", "read-write")] + Patience.network
        return given + wanted.filter { name, _ in !given.contains { $0.0 == name } }
            + [("fallback_application_name", "quai")]
    }

    static func withParameters<T>(
        _ parameters: [(String, String)],
        _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> T
    ) -> T {
        func copies(_ texts: [String]) -> [UnsafePointer<CChar>?] { texts.map { UnsafePointer(strdup($0)) } + [nil] }
        let (names, values) = (copies(parameters.map(\.0)), copies(parameters.map(\.1)))
        defer { for text in names + values { free(UnsafeMutablePointer(mutating: text)) } }
        return body(names, values)
    }

    static func clock() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// The last result of what was sent, or the first that failed; whoever takes it clears it. Nil where there is none.
    func answer(within patience: Int64? = nil) -> OpaquePointer? {
        rounds += 1
        var last: OpaquePointer?
        while let next = result(within: patience) {
            guard let kept = last else {
                last = next
                continue
            }
            let isFailed = PQresultStatus(kept) == PGRES_FATAL_ERROR
            PQclear(isFailed ? next : kept)
            if !isFailed { last = next }
        }
        return last
    }

    /// Leaves a line that is of no use any more; the next thing to do makes another.
    func drop() {
        if PQsocket(handle) >= 0 { shutdown(PQsocket(handle), Int32(SHUT_RDWR)) }
        PQconsumeInput(handle)
    }

    /// The next result; nil after the last one.
    func result(within patience: Int64? = nil) -> OpaquePointer? {
        wait(patience)
        let result = PQgetResult(handle)
        mostRows = max(mostRows, PQntuples(result))
        return result
    }

    /// Until the server has answered. One that is silent is asked on a second connection whether it lives: whoever works long is waited for,
    /// who is gone (stopped, or behind a network that swallows packets) is given up. `patience` is for what nobody may wait for longer.
    private func wait(_ patience: Int64?) {
        let begin = Connection.clock()
        while true {
            let isUnsent = PQflush(handle) == 1
            guard PQisBusy(handle) == 1, PQsocket(handle) >= 0 else { return }
            var one = pollfd(fd: PQsocket(handle), events: Int16(isUnsent ? POLLIN | POLLOUT : POLLIN), revents: 0)
            let count = poll(&one, 1, Int32(min(limits.silence, patience ?? limits.silence)))
            if count < 0, errno != EINTR { return }
            if count == 0 {
                let isLate = patience.map { Connection.clock() - begin >= $0 } ?? false
                // The end of the line is what libpq reads then.
                if isLate || !place.isAnswering { shutdown(one.fd, Int32(SHUT_RDWR)) }
            }
            if count > 0, PQconsumeInput(handle) == 0 { return }
        }
    }
}
