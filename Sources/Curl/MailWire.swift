private import CCurl
import Model
import Platform

/// Letters to one SMTP server (RFC 5321) by libcurl, one after the other on one thread: TLS before anything is said, but on this machine.
public final class MailWire: Sendable {
    public struct Letter: Sendable {
        public var from: String
        public var to: String
        /// RFC 5322, with CRLF.
        public var text: String

        public init(from: String, to: String, text: String) { (self.from, self.to, self.text) = (from, to, text) }
    }

    public struct Reply: Equatable, Sendable {
        /// The server's last code (RFC 5321, 4.2): 250 where it took the letter, 4xx later, 5xx never. Nil: no word of it.
        public var status: Int?
        /// What it said, or why it said nothing.
        public var text: String
        public var isTaken: Bool
        public var milliseconds: Int64
    }

    public struct Account: Sendable {
        public var user: String
        public var password: String

        public init(user: String, password: String) { (self.user, self.password) = (user, password) }
    }

    /// Letters that wait.
    static let limit = 64
    /// For the connection, and for all of it, in seconds.
    static let connectSeconds = 15
    static let seconds = 60
    static let textLimit = 300

    private let url: String
    private let authority: String?
    private let needsTLS: Bool
    private let threads = WorkThreads("mail", waiting: MailWire.limit)

    private static let ready: Void = { _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    /// `url` is `smtp://HOST:PORT` (STARTTLS, RFC 3207) or `smtps://HOST:PORT` (RFC 8314, 3.3). `needsTLS` false takes a server without
    /// it: on this machine alone. `authority` is a file of certificates to trust instead of the system's.
    public init(url: String, needsTLS: Bool, authority: String?) {
        _ = MailWire.ready
        (self.url, self.needsTLS, self.authority) = (url, needsTLS, authority)
    }

    /// Never throws: what went wrong is an answer, too.
    public func send(_ letter: Letter, as account: Account?) async -> Reply {
        do throws(WorkRefusal) { return try await threads.run { self.perform(letter, account) } } catch {
            return Reply(
                status: nil, text: "too many letters wait already; nothing was sent", isTaken: false, milliseconds: 0)
        }
    }

    private final class Talk {
        var rest: ArraySlice<UInt8>
        var line = ""
        /// The last line by which something was refused: what comes behind it is a farewell.
        var refusal: String?

        init(_ letter: Letter) { rest = Array(letter.text.utf8)[...] }
    }

    private func perform(_ letter: Letter, _ account: Account?) -> Reply {
        let start = Clocks.now
        guard let curl = curl_easy_init() else {
            return Reply(status: nil, text: "no memory for a connection", isTaken: false, milliseconds: 0)
        }
        defer { curl_easy_cleanup(curl) }
        let talk = Talk(letter)
        let target = Unmanaged.passUnretained(talk).toOpaque()
        _ = url.withCString { ccurl_pointer(curl, CURLOPT_URL, $0) }
        _ = "".withCString { ccurl_pointer(curl, CURLOPT_PROXY, $0) }
        _ = ccurl_long(curl, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_long(curl, CURLOPT_QUICK_EXIT, 1)
        _ = ccurl_long(curl, CURLOPT_CONNECTTIMEOUT, MailWire.connectSeconds)
        _ = ccurl_long(curl, CURLOPT_TIMEOUT, MailWire.seconds)
        _ = ccurl_long(curl, CURLOPT_PROTOCOLS, Int(CURLPROTO_SMTP | CURLPROTO_SMTPS))
        // On this machine TLS is used where it is offered.
        let tls = needsTLS ? CURLUSESSL_ALL : CURLUSESSL_TRY
        _ = ccurl_long(curl, CURLOPT_USE_SSL, Int(tls.rawValue))
        _ = ccurl_long(curl, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let authority { _ = authority.withCString { ccurl_pointer(curl, CURLOPT_CAINFO, $0) } }
        if let account {
            _ = account.user.withCString { ccurl_pointer(curl, CURLOPT_USERNAME, $0) }
            _ = account.password.withCString { ccurl_pointer(curl, CURLOPT_PASSWORD, $0) }
        }
        _ = "<\(letter.from)>".withCString { ccurl_pointer(curl, CURLOPT_MAIL_FROM, $0) }
        let recipients = curl_slist_append(nil, "<\(letter.to)>")
        defer { curl_slist_free_all(recipients) }
        _ = ccurl_pointer(curl, CURLOPT_MAIL_RCPT, recipients)
        _ = ccurl_long(curl, CURLOPT_UPLOAD, 1)
        _ = ccurl_pointer(curl, CURLOPT_READDATA, target)
        _ = ccurl_function(curl, CURLOPT_READFUNCTION) { bytes, size, count, target in
            guard let target, let bytes else { return 0 }
            let talk = Unmanaged<Talk>.fromOpaque(target).takeUnretainedValue()
            let part = talk.rest.prefix(size * count)
            part.withUnsafeBytes {
                UnsafeMutableRawPointer(bytes).copyMemory(
                    from: $0.baseAddress ?? UnsafeRawPointer(bytes), byteCount: $0.count)
            }
            talk.rest = talk.rest.dropFirst(part.count)
            return part.count
        }
        // What the server says comes as headers.
        _ = ccurl_pointer(curl, CURLOPT_HEADERDATA, target)
        _ = ccurl_function(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, target in
            guard let target else { return 0 }
            let talk = Unmanaged<Talk>.fromOpaque(target).takeUnretainedValue()
            let line = UnsafeRawBufferPointer(start: bytes, count: min(size * count, MailWire.textLimit))
            talk.line = String(decoding: line, as: UTF8.self)
            if talk.line.hasPrefix("4") || talk.line.hasPrefix("5") { talk.refusal = talk.line }
            return size * count
        }
        let code = curl_easy_perform(curl)
        var status = 0
        ccurl_status(curl, &status)
        let milliseconds = (Clocks.now - start).nanoseconds / 1_000_000
        let isTaken = code == CURLE_OK
        let said = ((isTaken ? nil : talk.refusal) ?? talk.line).filter { !$0.isNewline }
        let why = isTaken || status >= 400 ? said : String(cString: curl_easy_strerror(code))
        return Reply(
            status: isTaken || status >= 400 ? status : nil,
            text: why.isEmpty ? String(cString: curl_easy_strerror(code)) : why,
            isTaken: isTaken, milliseconds: milliseconds)
    }
}
