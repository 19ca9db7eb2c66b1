import Glibc
import Logging
import NIOCore
import Platform

/// Sockets that listen already when the centre begins (sd_listen_fds(3)): what systemd kept of the run before, so that browsers wait while
/// the centre is replaced instead of being refused; or those of a .socket unit of the site's own, which may have ports below 1024.
struct GivenSockets {
    /// What a socket is for.
    enum Role: String, CaseIterable, Sendable {
        case pages
        case redirect

        /// Its name while systemd keeps it.
        var kept: String { "quai-\(rawValue)" }
    }

    struct Given: Equatable {
        var descriptor: Int32
        /// `FileDescriptorName=` of a unit, or `Role.kept`.
        var name: String
        /// Nil for what is no socket of TCP.
        var address: SocketAddress?
    }

    /// What serves an address.
    struct Choice: Equatable {
        /// Nil: nobody listens there yet.
        var descriptor: Int32?
        /// A unit gave it, and it listens elsewhere than the configuration says: there.
        var elsewhere: String?
        /// Kept, of an address that is no longer wanted: to be closed, and kept no longer.
        var stale: [Int32] = []
        /// `descriptor` is one that was kept: to be kept again where others of its name are let go.
        var isKept = false
    }

    /// Where a port is served.
    struct Place: Sendable {
        var role: Role
        var address: String
        var port: Int
        /// Nil: it is bound when it is served.
        var given: Int32?
    }

    /// sd_listen_fds(3): SD_LISTEN_FDS_START.
    private static let first: Int32 = 3
    /// Descriptors that are looked at.
    private static let limit: Int32 = 16

    var all: [Given] = []

    /// Those of this process, once: programs that it starts are not to take them for theirs.
    static func take() -> GivenSockets {
        func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let (process, count, names) = (value("LISTEN_PID"), value("LISTEN_FDS"), value("LISTEN_FDNAMES"))
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        guard process == "\(getpid())", let count = count.flatMap(Int32.init), count > 0 else { return GivenSockets() }
        let named = (names ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        return GivenSockets(
            all: (0..<min(count, limit)).map { index in
                let descriptor = first + index
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                return Given(
                    descriptor: descriptor, name: Int(index) < named.count ? named[Int(index)] : "",
                    address: address(of: descriptor))
            })
    }

    /// A unit's socket goes before one that was kept, and is taken as it is: whoever wrote the unit decided. What was kept counts where it is
    /// the wanted address; port 0 is any.
    func choose(_ role: Role, at wanted: SocketAddress?) -> Choice {
        var choice = Choice()
        for one in all where one.address != nil {
            if Role.allCases.contains(where: { $0.kept == one.name }) {
                guard one.name == role.kept else { continue }
                if choice.descriptor == nil, GivenSockets.isSame(one.address, wanted) {
                    (choice.descriptor, choice.isKept) = (one.descriptor, true)
                } else {
                    choice.stale.append(one.descriptor)
                }
            } else if (one.name == Role.redirect.rawValue) == (role == .redirect) {
                if let kept = choice.descriptor { choice.stale.append(kept) }
                (choice.descriptor, choice.isKept) = (one.descriptor, false)
                choice.elsewhere = GivenSockets.serves(one.address, wanted) ? nil : GivenSockets.words(one.address)
                choice.stale += all.filter { $0.name == role.kept && !choice.stale.contains($0.descriptor) }.map(
                    \.descriptor)
                break
            }
        }
        return choice
    }

    /// A socket of our own, bound and not yet listening. `address` is a name or an address; port 0 is any.
    static func listen(on address: String, port: Int) throws -> Int32 {
        let place = try SocketAddress.makeAddressResolvingHost(address, port: port)
        let family = if case .v6 = place { AF_INET6 } else { AF_INET }
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FileError(path: words(place), code: errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        guard place.withSockAddr({ bind(descriptor, $0, socklen_t($1)) }) == 0 else {
            let code = errno
            close(descriptor)
            throw FileError(path: words(place), code: code)
        }
        return descriptor
    }

    static func words(_ address: SocketAddress?) -> String {
        guard let address, let host = address.ipAddress else { return "no address" }
        return "\(host.contains(":") ? "[\(host)]" : host):\(address.port ?? 0)"
    }

    static func isSame(_ one: SocketAddress?, _ wanted: SocketAddress?) -> Bool {
        guard let one, let wanted, wanted.port == 0 || one.port == wanted.port else { return false }
        return one.ipAddress == wanted.ipAddress
    }

    /// What listens on all addresses of IPv6 has those of IPv4, too, and not the other way round.
    static func serves(_ one: SocketAddress?, _ wanted: SocketAddress?) -> Bool {
        guard let one, let wanted, one.ipAddress == "::", wanted.ipAddress == "0.0.0.0" else {
            return isSame(one, wanted)
        }
        return wanted.port == 0 || one.port == wanted.port
    }

    /// Of a listening socket; nil for anything else.
    private static func address(of descriptor: Int32) -> SocketAddress? {
        var listens: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0, listens == 1 else { return nil }
        var place = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &place) { pointer in
            let isKnown = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor, $0, &length) == 0
            }
            guard isKnown else { return nil }
            switch Int32(pointer.pointee.ss_family) {
            case AF_INET:
                return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
            case AF_INET6:
                return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
            default: return nil
            }
        }
    }
}

extension GivenSockets {
    /// Where the pages and the redirect are served, or why they cannot be. First all that was kept and is no longer wanted is let go: one may
    /// want what the other had.
    func places(
        on address: String, _ port: Int, redirect: Int?, _ logger: Logger
    ) throws -> (pages: Place, redirect: Place?) {
        func choice(_ role: Role, _ port: Int?) -> Choice {
            choose(role, at: port.flatMap { try? SocketAddress.makeAddressResolvingHost(address, port: $0) })
        }
        let (pages, other) = (choice(.pages, port), choice(.redirect, redirect))
        letGo(.pages, pages)
        letGo(.redirect, other)
        // systemd lets go of its own when it has read that it may.
        var tries = pages.stale.isEmpty && other.stale.isEmpty ? 0 : 50
        func place(_ role: Role, _ port: Int, _ choice: Choice, key: String) throws -> Place {
            if let elsewhere = choice.elsewhere {
                logger.warning(
                    "the socket that was given listens elsewhere than [http] says",
                    metadata: ["socket": "\(elsewhere)", "configuration": "\(address):\(port)"])
            }
            while choice.descriptor == nil, GivenSockets.isTaken(port, on: address) {
                guard tries > 0 else {
                    throw Exit.say(
                        "port \(port) on \(address) is taken; stop the other program or set \(key) in [http]")
                }
                tries -= 1
                usleep(100_000)
            }
            return .init(role: role, address: address, port: port, given: choice.descriptor)
        }
        return (
            try place(.pages, port, pages, key: "port"),
            try redirect.map { try place(.redirect, $0, other, key: "redirect-port") }
        )
    }

    private func letGo(_ role: Role, _ choice: Choice) {
        guard !choice.stale.isEmpty else { return }
        Supervisor.keepNoLonger(role.kept)
        for descriptor in choice.stale { close(descriptor) }
        // All of that name went.
        if choice.isKept, let descriptor = choice.descriptor { Supervisor.keep(descriptor, named: role.kept) }
    }

    /// Whether another has it; other trouble is told when it is served.
    private static func isTaken(_ port: Int, on address: String) -> Bool {
        do { close(try listen(on: address, port: port)) } catch let error as FileError {
            return error.code == EADDRINUSE
        } catch {}
        return false
    }
}

extension Supervisor {
    /// systemd keeps this socket until the service is stopped, and gives it back to the next run (FDSTORE=1 of sd_notify(3),
    /// `FileDescriptorStoreMax=`). It is not watched: a listening socket says nothing.
    static func keep(_ descriptor: Int32, named name: String) {
        notify("FDSTORE=1\nFDNAME=\(name)\nFDPOLL=0", with: descriptor)
    }

    static func keepNoLonger(_ name: String) { notify("FDSTOREREMOVE=1\nFDNAME=\(name)") }

    /// The state with a descriptor beside it (unix(7), SCM_RIGHTS).
    private static func notify(_ state: String, with descriptor: Int32) {
        guard let path = getenv("NOTIFY_SOCKET"), let (address, length) = unixAddress(String(cString: path)) else {
            return
        }
        let line = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard line >= 0 else { return }
        defer { close(line) }
        var place = address
        var text = Array(state.utf8)
        // cmsg(3): a head, and one int behind it, up to the next whole word.
        let head = MemoryLayout<cmsghdr>.size
        var control = [UInt64](repeating: 0, count: (head + 8) / 8)
        control.withUnsafeMutableBytes { bytes in
            var part = cmsghdr()
            part.cmsg_len = head + MemoryLayout<Int32>.size
            (part.cmsg_level, part.cmsg_type) = (SOL_SOCKET, Int32(SCM_RIGHTS))
            bytes.storeBytes(of: part, as: cmsghdr.self)
            bytes.storeBytes(of: descriptor, toByteOffset: head, as: Int32.self)
            let (words, size) = (bytes.baseAddress, bytes.count)
            text.withUnsafeMutableBytes { text in
                var part = iovec(iov_base: text.baseAddress, iov_len: text.count)
                withUnsafeMutablePointer(to: &place) { place in
                    withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        (message.msg_name, message.msg_namelen) = (UnsafeMutableRawPointer(place), length)
                        (message.msg_iov, message.msg_iovlen) = (part, 1)
                        (message.msg_control, message.msg_controllen) = (words, size)
                        _ = sendmsg(line, &message, Int32(MSG_NOSIGNAL))
                    }
                }
            }
        }
    }
}
