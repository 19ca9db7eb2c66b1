import Glibc
import Model

/// What one stranger, one person and all together may take of the server.
struct ConnectionLimits: Sendable, Equatable {
    /// From the first byte that could come to the end of the first header.
    var header: Duration = .seconds(10)
    /// Between two pieces of a body.
    var bodyPause: Duration = .seconds(30)
    /// For a whole body: the largest import over 1 Mbit/s takes 140 s.
    var body: Duration = .seconds(300)
    /// From an answer to the end of the next header.
    var keepAlive: Duration = .seconds(60)

    /// Open connections.
    var total = 16_384
    /// Of one address; an IPv6 network of 64 bits is one. Loopback is excepted: behind a proxy everybody comes from there.
    var source = 256
    /// Open WebSockets, and those of one person: a name that a whole depot shares has dozens.
    var sockets = 12_288
    var socketsOfPerson = 64

    /// Bytes of bodies that are in memory at once.
    var uploads = 48 << 20
    /// One import at its largest, with photos beside it.
    var uploadsOfPerson = 24 << 20

    /// Descriptors that database, broker, ERP and files need beside connections.
    static let reserve = 128

    /// The same, within what the process may open. `descriptors` is the soft limit; nil where it cannot be known.
    func within(descriptors: Int?) -> ConnectionLimits {
        guard let descriptors else { return self }
        var limits = self
        limits.total = max(16, min(total, descriptors - ConnectionLimits.reserve))
        limits.sockets = min(sockets, limits.total)
        return limits
    }
}

/// The process's open files.
enum Descriptors {
    /// Raises the soft limit to the hard one; the limit that holds then. Nil where the system does not say (a filter of system calls).
    static func raise() -> Int? {
        var limit = rlimit()
        guard getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(.init(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

/// Where one connection stands: what it may still do, and until when. A value: events and the time come in.
struct ConnectionState: Sendable {
    /// How a connection that is refused ends.
    enum Ending: Equatable {
        /// 400 can still be said.
        case answer
        /// An answer is half out, or has been given already.
        case close
        /// Older requests are still being answered.
        case wait
    }

    /// Why it ran out of time.
    enum Overdue: Equatable { case header, body, idle }

    let limits: ConnectionLimits
    /// When it is closed unless something happens; nil while we are the ones who work.
    private(set) var deadline: Instant?
    private(set) var isRefused = false
    private var began: Instant
    private var isFirst = true
    private var isReceiving = false
    private var isAnswering = false
    /// Requests whose answer has not ended; the last of them may still be arriving.
    private var unanswered = 0

    init(limits: ConnectionLimits, at now: Instant) {
        self.limits = limits
        began = now
        deadline = now + limits.header
    }

    mutating func head(at now: Instant) {
        (isFirst, isReceiving, began) = (false, true, now)
        unanswered += 1
        wait(from: now)
    }

    mutating func body(at now: Instant) { wait(from: now) }

    mutating func end(at now: Instant) {
        isReceiving = false
        wait(from: now)
    }

    mutating func answering() { isAnswering = true }

    mutating func answered(at now: Instant) {
        isAnswering = false
        unanswered = max(0, unanswered - 1)
        wait(from: now)
    }

    /// Nothing more is read of it. Asked again after each answer while it says `wait`.
    mutating func refuse() -> Ending {
        isRefused = true
        let isOpen = isReceiving && unanswered > 0
        if unanswered - (isOpen ? 1 : 0) > 0 { return .wait }
        return isAnswering || (isReceiving && !isOpen) ? .close : .answer
    }

    func overdue(at now: Instant) -> Overdue? {
        guard let deadline, now >= deadline else { return nil }
        return isReceiving ? .body : isFirst ? .header : .idle
    }

    private mutating func wait(from now: Instant) {
        if isReceiving {
            // An older answer holds the line up: that is our doing.
            deadline = unanswered > 1 ? nil : min(now + limits.bodyPause, began + limits.body)
        } else {
            deadline = unanswered > 0 ? nil : now + limits.keepAlive
        }
    }
}
