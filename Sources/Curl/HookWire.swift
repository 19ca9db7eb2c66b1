private import CCurl
import Model
import Platform

/// Requests to addresses that people named, many at once on one thread, so that a slow one holds up no other. What is connected to is
/// judged by its address in that moment, whatever a name meant before; no proxy, no redirect, no more than so many bytes of the answer.
public final class HookWire: Sendable {
    public struct Request: Sendable {
        public var url: String
        public var headers: [(name: String, value: String)]
        public var body: [UInt8]
        public var method: String

        public init(url: String, headers: [(name: String, value: String)], body: [UInt8], method: String = "POST") {
            (self.url, self.headers, self.body, self.method) = (url, headers, body, method)
        }
    }

    public struct Reply: Sendable {
        /// Nil: no answer, `text` says why.
        public var status: Int?
        /// The begin of the answer.
        public var text: String
        /// `text` is all of it.
        public var isWhole = false
        /// Seconds.
        public var retryAfter: Int64?
        public var milliseconds: Int64
        /// What time it is there, in Unix seconds, where the answer says so.
        public var date: Int64?
    }

    /// Who may be connected to, and how.
    public struct Rules: Sendable {
        /// Bytes of an address in network order.
        public var permits: @Sendable ([UInt8]) -> Bool
        /// Without TLS, too.
        public var mayPlain: Bool
        /// A file of certificates to trust instead of the system's.
        public var authority: String?
        /// The section whose `allow` names addresses that are not public.
        public var section: String
        /// Bytes of an answer after which no more is read, and those that are kept.
        var answerLimit = 64 * 1024
        var textLimit = 1024
        /// For the connection, and for all of it, in seconds.
        var seconds = 15

        public init(
            mayPlain: Bool, authority: String?, section: String = "webhooks",
            permits: @escaping @Sendable ([UInt8]) -> Bool
        ) {
            (self.mayPlain, self.authority, self.section, self.permits) = (mayPlain, authority, section, permits)
        }

        /// For answers that are read as a whole: at most `bytes`, within `seconds`.
        public func reading(bytes: Int, seconds: Int) -> Rules {
            var rules = self
            (rules.answerLimit, rules.textLimit, rules.seconds) = (bytes, bytes, seconds)
            return rules
        }
    }

    /// Requests at once.
    public static let limit = 128

    private struct Inside {
        var waiting: [(request: Request, done: @Sendable (Reply) -> Void)] = []
        /// Those and what is under way.
        var count = 0
        var hasThread = false
        var isClosed = false
        var multi: Multi?
    }

    /// Woken by any thread, otherwise its own thread's.
    private struct Multi: @unchecked Sendable { var pointer: UnsafeMutableRawPointer }

    private let rules: Rules
    private let inside = Locked(Inside())

    private static let ready: Void = { _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    public init(_ rules: Rules) {
        _ = HookWire.ready
        self.rules = rules
    }

    deinit {
        inside.change {
            $0.isClosed = true
            if let multi = $0.multi { curl_multi_wakeup(multi.pointer) }
        }
    }

    /// Never throws: what went wrong is an answer, too.
    public func send(_ request: Request) async -> Reply {
        await withCheckedContinuation { continuation in
            let taken = inside.change { inside -> Bool in
                guard inside.count < HookWire.limit else { return false }
                if !inside.hasThread {
                    let (state, rules) = (self.inside, self.rules)
                    guard startThread("webhooks", { HookWire.serve(state, rules) }) else { return false }
                    inside.hasThread = true
                }
                inside.count += 1
                inside.waiting.append((request, { continuation.resume(returning: $0) }))
                if let multi = inside.multi { curl_multi_wakeup(multi.pointer) }
                return true
            }
            guard !taken else { return }
            continuation.resume(
                returning: Reply(status: nil, text: "too many requests at once; nothing was sent", milliseconds: 0))
        }
    }

    // MARK: on its thread

    private static func serve(_ inside: Locked<Inside>, _ rules: Rules) {
        guard let multi = curl_multi_init() else { return refuseAll(inside) }
        inside.with { $0.multi = Multi(pointer: multi) }
        var running: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (new, isClosed) = inside.with { inside in
                defer { inside.waiting = [] }
                return (inside.waiting, inside.isClosed)
            }
            for one in new {
                guard let transfer = Transfer(one.request, rules, done: one.done) else {
                    one.done(Reply(status: nil, text: "no memory for a connection", milliseconds: 0))
                    inside.with { $0.count -= 1 }
                    continue
                }
                running[transfer.curl] = transfer
                curl_multi_add_handle(multi, transfer.curl)
            }
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                guard message.pointee.msg == CURLMSG_DONE, let curl = message.pointee.easy_handle else { continue }
                // Read before the handle goes: the message goes with it.
                let code = message.pointee.data.result
                curl_multi_remove_handle(multi, curl)
                guard let transfer = running.removeValue(forKey: curl) else { continue }
                inside.with { $0.count -= 1 }
                transfer.done(transfer.reply(code))
            }
            if isClosed, running.isEmpty { break }
            curl_multi_poll(multi, nil, 0, running.isEmpty ? 60_000 : 1000, nil)
        }
        inside.with { $0.multi = nil }
        curl_multi_cleanup(multi)
    }

    private static func refuseAll(_ inside: Locked<Inside>) {
        let waiting = inside.with { inside in
            defer { (inside.waiting, inside.count, inside.hasThread) = ([], 0, false) }
            return inside.waiting
        }
        for one in waiting { one.done(Reply(status: nil, text: "no memory for a connection", milliseconds: 0)) }
    }

    /// One request, on the thread of its wire alone.
    private final class Transfer {
        let curl: UnsafeMutableRawPointer
        let done: @Sendable (Reply) -> Void
        private let rules: Rules
        private let start = Clocks.now
        private var list: UnsafeMutablePointer<curl_slist>?
        private var text: [UInt8] = []
        private var count = 0
        private var isTooLong = false
        private var date: Int64?
        /// An address that was not connected to.
        private var refused: [UInt8]?

        init?(_ request: Request, _ rules: Rules, done: @escaping @Sendable (Reply) -> Void) {
            guard let curl = curl_easy_init() else { return nil }
            (self.curl, self.rules, self.done) = (curl, rules, done)
            _ = request.url.withCString { ccurl_pointer(curl, CURLOPT_URL, $0) }
            _ = "quai-edge-ingest".withCString { ccurl_pointer(curl, CURLOPT_USERAGENT, $0) }
            // Whatever the environment says: a proxy would connect to what it likes.
            _ = "".withCString { ccurl_pointer(curl, CURLOPT_PROXY, $0) }
            _ = ccurl_long(curl, CURLOPT_NOSIGNAL, 1)
            // A name that is still looked up when its time is over holds up no other request.
            _ = ccurl_long(curl, CURLOPT_QUICK_EXIT, 1)
            _ = ccurl_long(curl, CURLOPT_FOLLOWLOCATION, 0)
            _ = ccurl_long(curl, CURLOPT_CONNECTTIMEOUT, rules.seconds)
            _ = ccurl_long(curl, CURLOPT_TIMEOUT, rules.seconds)
            _ = ccurl_long(
                curl, CURLOPT_PROTOCOLS, Int(rules.mayPlain ? CURLPROTO_HTTP | CURLPROTO_HTTPS : CURLPROTO_HTTPS))
            if let authority = rules.authority {
                _ = authority.withCString { ccurl_pointer(curl, CURLOPT_CAINFO, $0) }
            }
            for header in request.headers { list = curl_slist_append(list, "\(header.name): \(header.value)") }
            list = curl_slist_append(list, "Expect:")
            _ = ccurl_pointer(curl, CURLOPT_HTTPHEADER, list)
            if request.method == "GET" {
                _ = ccurl_long(curl, CURLOPT_HTTPGET, 1)
            } else {
                _ = ccurl_long(curl, CURLOPT_POSTFIELDSIZE, request.body.count)
                _ = request.body.withUnsafeBufferPointer { ccurl_pointer(curl, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
                _ = request.method.withCString { ccurl_pointer(curl, CURLOPT_CUSTOMREQUEST, $0) }
            }
            let target = Unmanaged.passUnretained(self).toOpaque()
            _ = ccurl_pointer(curl, CURLOPT_OPENSOCKETDATA, target)
            _ = ccurl_open_by(curl) { target, _, address in
                guard let target, let address else { return CURL_SOCKET_BAD }
                return Unmanaged<Transfer>.fromOpaque(target).takeUnretainedValue().connect(address)
            }
            _ = ccurl_pointer(curl, CURLOPT_WRITEDATA, target)
            _ = ccurl_function(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, target in
                guard let target else { return 0 }
                let taken = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return Unmanaged<Transfer>.fromOpaque(target).takeUnretainedValue().take(taken, isText: true)
            }
            _ = ccurl_pointer(curl, CURLOPT_HEADERDATA, target)
            _ = ccurl_function(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, target in
                guard let target else { return 0 }
                let taken = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return Unmanaged<Transfer>.fromOpaque(target).takeUnretainedValue().take(taken, isText: false)
            }
        }

        deinit {
            curl_easy_cleanup(curl)
            curl_slist_free_all(list)
        }

        /// The one place where a connection begins.
        private func connect(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = Int(ccurl_address(address, &bytes))
            bytes.removeLast(bytes.count - count)
            guard rules.permits(bytes) else {
                refused = bytes
                return CURL_SOCKET_BAD
            }
            return ccurl_socket(address)
        }

        /// How many bytes were taken; fewer end the request.
        private func take(_ bytes: UnsafeRawBufferPointer, isText: Bool) -> Int {
            count += bytes.count
            if isText { text += bytes.prefix(rules.textLimit - text.count) }
            if !isText, let moment = HookWire.moment(bytes) { date = moment }
            isTooLong = count > rules.answerLimit
            return isTooLong ? 0 : bytes.count
        }

        func reply(_ code: CURLcode) -> Reply {
            var status = 0
            ccurl_status(curl, &status)
            var retry: curl_off_t = 0
            let hasRetry = ccurl_retry_after(curl, &retry) == CURLE_OK && retry > 0
            let milliseconds = (Clocks.now - start).nanoseconds / 1_000_000
            // The begin of a long answer says as much as all of it.
            guard code == CURLE_OK || isTooLong && status > 0 else {
                let why =
                    refused.map { HookWire.refusal($0, rules.section) } ?? String(cString: curl_easy_strerror(code))
                return Reply(status: nil, text: why, milliseconds: milliseconds)
            }
            return Reply(
                status: status, text: String(decoding: text, as: UTF8.self),
                isWhole: !isTooLong && text.count < rules.textLimit, retryAfter: hasRetry ? Int64(retry) : nil,
                milliseconds: milliseconds, date: date)
        }
    }

    /// Of a line of the header: `Date: Sat, 28 Nov 2026 14:00:00 GMT` (RFC 9110 §6.6.1), in Unix seconds.
    private static func moment(_ line: UnsafeRawBufferPointer) -> Int64? {
        let text = String(decoding: line.prefix(60), as: UTF8.self)
        guard text.lowercased().hasPrefix("date:") else { return nil }
        let seconds = curl_getdate(String(text.dropFirst(5)), nil)
        return seconds > 0 ? Int64(seconds) : nil
    }

    private static func refusal(_ address: [UInt8], _ section: String) -> String {
        let text =
            address.count == 4
            ? address.map(String.init).joined(separator: ".")
            : stride(from: 0, to: address.count - address.count % 2, by: 2).map {
                String(Int(address[$0]) << 8 | Int(address[$0 + 1]), radix: 16)
            }.joined(separator: ":")
        return "its address \(text) is not a public one; what a site wants to reach it names in [\(section)] allow"
    }
}
