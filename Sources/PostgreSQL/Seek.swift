internal import CPostgreSQL
import Glibc
import SQLite

/// The hosts of an address, each with what the address says besides.
enum Hosts {
    /// libpq takes lists by commas in `host`, `hostaddr` and `port` (https://www.postgresql.org/docs/15/libpq-connect.html, 34.1.1.3). Whole where
    /// the order of the hosts has a meaning, or their lists are not of one length, which libpq says itself.
    static func each(of parameters: [(String, String)]) -> [[(String, String)]] {
        func list(_ name: String) -> [String]? {
            parameters.last { $0.0 == name }.map {
                $0.1.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
        }
        let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        let count = max(hosts?.count ?? 0, addresses?.count ?? 0)
        guard count > 1, ["read-write", "primary"].contains(list("target_session_attrs")?.first),
            [hosts, addresses].allSatisfy({ $0 == nil || $0?.count == count }),
            ports == nil || [1, count].contains(ports?.count)
        else { return [parameters] }
        let rest = parameters.filter { !["host", "hostaddr", "port"].contains($0.0) }
        return (0..<count).map { index in
            [
                ("host", hosts?[index]), ("hostaddr", addresses?[index]),
                ("port", ports.map { $0[$0.count == 1 ? 0 : index] }),
            ]
            .compactMap { name, value in value.flatMap { $0.isEmpty ? nil : (name, $0) } } + rest
        }
    }
}

/// A way in, of all hosts at once: whoever writes is found as soon as it does, also behind one that lets us wait. libpq would ask one after the
/// other, and wait for each.
struct Seek {
    private struct Try {
        let parameters: [(String, String)]
        var handle: OpaquePointer?
        /// What libpq waits for; of one that refused: until it is asked again, by `Connection.clock`.
        var waits = PGRES_POLLING_WRITING
        var rest: Int64?
    }

    private var tries: [Try]
    private let begin = Connection.clock()
    private let limit: Int64
    private(set) var reason = ""

    init(_ parameters: [(String, String)]) {
        tries = Hosts.each(of: parameters).map { Try(parameters: $0) }
        let seconds = parameters.last { $0.0 == "connect_timeout" }.flatMap { Int64($0.1) } ?? 0
        // libpq's own rule: none by 0, two at least.
        limit = seconds <= 0 ? .max / 2 : max(2, min(seconds, 86_400)) * 1000
    }

    /// A connection that stands; nil with the `reason` when nobody lets us in within `connect_timeout`, or all have refused at once.
    mutating func run() -> OpaquePointer? {
        guard tries.count > 1 else {
            guard let handle = Connection.withParameters(tries[0].parameters, { PQconnectdbParams($0, $1, 0) }) else {
                return nil
            }
            guard PQstatus(handle) != CONNECTION_OK else { return handle }
            reason = Connection.line(PQerrorMessage(handle))
            PQfinish(handle)
            return nil
        }
        defer { for one in tries { one.handle.map(PQfinish) } }
        for index in tries.indices { start(index) }
        while true {
            if let found = tries.firstIndex(where: { $0.waits == PGRES_POLLING_OK }) {
                defer { tries[found].handle = nil }
                return tries[found].handle
            }
            let now = Connection.clock()
            guard tries.contains(where: { $0.rest == nil }), now - begin < limit else {
                if reason.isEmpty { reason = "no answer within \(limit / 1000) s" }
                return nil
            }
            for index in tries.indices where tries[index].rest.map({ $0 <= now }) ?? false { start(index) }
            wait(until: min(begin + limit, tries.compactMap(\.rest).min() ?? .max))
        }
    }

    private mutating func start(_ index: Int) {
        let handle = Connection.withParameters(tries[index].parameters) { PQconnectStartParams($0, $1, 0) }
        (tries[index].handle, tries[index].waits, tries[index].rest) = (handle, PGRES_POLLING_WRITING, nil)
        if handle == nil || PQstatus(handle) == CONNECTION_BAD { refused(index) }
    }

    private mutating func refused(_ index: Int) {
        if let handle = tries[index].handle {
            reason = Connection.line(PQerrorMessage(handle))
            PQfinish(handle)
        }
        tries[index].handle = nil
        tries[index].rest = Connection.clock() + Patience.again
    }

    /// Goes on with those of which something has come.
    private mutating func wait(until end: Int64) {
        let open = tries.indices.filter { tries[$0].handle != nil }
        var polls = open.map { index in
            let events = tries[index].waits == PGRES_POLLING_READING ? POLLIN : POLLOUT
            return pollfd(fd: PQsocket(tries[index].handle), events: Int16(events), revents: 0)
        }
        poll(&polls, nfds_t(polls.count), Int32(clamping: max(0, end - Connection.clock())))
        for (index, one) in zip(open, polls) where one.revents != 0 {
            tries[index].waits = PQconnectPoll(tries[index].handle)
            if tries[index].waits == PGRES_POLLING_FAILED { refused(index) }
        }
    }
}
