import CCurl
public import ERP
import Model
import Platform

/// Requests to one server by libcurl: TLS checked, redirects not followed, answers limited, connections kept.
public final class CurlWire: Sendable {
    /// Largest answer that is read, in bytes: a page of 200 products is some 100 kB, an error has been 182 kB.
    public static let answerLimit = 8 << 20
    /// Longest wait for a connection, in seconds.
    static let connectSeconds = 10
    /// Handles with an open connection that are kept.
    static let idleLimit = 4

    private let base: String
    private let authority: String?
    private let idle = Locked<[Handle]>([])
    /// A push and a client's card at once; what else comes waits.
    private let threads = WorkThreads("erp", threads: 2, waiting: 64)

    /// A handle of libcurl, used by one thread at a time.
    private struct Handle: @unchecked Sendable { var pointer: UnsafeMutableRawPointer }

    private static let ready: Void = { _ = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) }()

    /// `url` is scheme, host and port, and a path before all others where a proxy adds one. `authority` is a file of
    /// certificates to trust instead of the system's.
    public init(url: String, authority: String? = nil) {
        _ = CurlWire.ready
        base = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.authority = authority
    }

    deinit { for handle in idle.with({ $0 }) { curl_easy_cleanup(handle.pointer) } }

    public func send(_ request: ERPRequest) async throws(ERPFault) -> ERPReply {
        let result: Result<ERPReply, ERPFault>
        do throws(WorkRefusal) {
            result = try await threads.run { Result { () throws(ERPFault) in try self.perform(request) } }
        } catch {
            throw ERPFault(.busy, "too many calls to the ERP wait already; nothing was sent")
        }
        return try result.get()
    }

    private final class Answer {
        var body: [UInt8] = []
        var headers: [String: String] = [:]
        var isTooLong = false
    }

    private func perform(_ request: ERPRequest) throws(ERPFault) -> ERPReply {
        guard let curl = idle.with({ $0.popLast()?.pointer }) ?? curl_easy_init() else {
            throw ERPFault(.unreachable, "no memory for a connection")
        }
        curl_easy_reset(curl)
        let answer = Answer()
        let target = Unmanaged.passUnretained(answer).toOpaque()
        _ = (base + request.path).withCString { ccurl_pointer(curl, CURLOPT_URL, $0) }
        _ = request.method.withCString { ccurl_pointer(curl, CURLOPT_CUSTOMREQUEST, $0) }
        _ = "quai-edge-ingest".withCString { ccurl_pointer(curl, CURLOPT_USERAGENT, $0) }
        _ = ccurl_long(curl, CURLOPT_NOSIGNAL, 1)
        _ = ccurl_long(curl, CURLOPT_FOLLOWLOCATION, 0)
        _ = ccurl_long(curl, CURLOPT_CONNECTTIMEOUT, CurlWire.connectSeconds)
        _ = ccurl_long(curl, CURLOPT_TIMEOUT, request.timeout)
        _ = ccurl_long(curl, CURLOPT_PROTOCOLS, Int(CURLPROTO_HTTP | CURLPROTO_HTTPS))
        // libcurl repeats by itself what was lost on a connection that was open before: not what changes something.
        if request.isWrite { _ = ccurl_long(curl, CURLOPT_FRESH_CONNECT, 1) }
        // Every encoding that this libcurl knows, decompressed by it.
        _ = "gzip".withCString { ccurl_pointer(curl, CURLOPT_ACCEPT_ENCODING, $0) }
        // A label that lies is looked through above: the body then comes as it was sent.
        if let authority { _ = authority.withCString { ccurl_pointer(curl, CURLOPT_CAINFO, $0) } }
        var list: UnsafeMutablePointer<curl_slist>?
        for header in request.headers { list = curl_slist_append(list, "\(header.name): \(header.value)") }
        list = curl_slist_append(list, "Expect:")
        let body = request.body?.text8 ?? []
        if request.body != nil, !request.headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            list = curl_slist_append(list, "Content-Type: application/json")
        }
        defer { curl_slist_free_all(list) }
        _ = ccurl_pointer(curl, CURLOPT_HTTPHEADER, list)
        if request.body != nil {
            _ = ccurl_long(curl, CURLOPT_POSTFIELDSIZE, body.count)
            _ = body.withUnsafeBufferPointer { ccurl_pointer(curl, CURLOPT_COPYPOSTFIELDS, $0.baseAddress) }
        } else if request.method == "POST" || request.method == "PUT" {
            _ = ccurl_long(curl, CURLOPT_POSTFIELDSIZE, 0)
            _ = "".withCString { ccurl_pointer(curl, CURLOPT_COPYPOSTFIELDS, $0) }
        }
        _ = ccurl_pointer(curl, CURLOPT_WRITEDATA, target)
        _ = ccurl_function(curl, CURLOPT_WRITEFUNCTION) { bytes, size, count, target in
            let answer = Unmanaged<Answer>.fromOpaque(target!).takeUnretainedValue()
            guard answer.body.count + size * count <= CurlWire.answerLimit else {
                answer.isTooLong = true
                return 0
            }
            answer.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: size * count))
            return size * count
        }
        _ = ccurl_pointer(curl, CURLOPT_HEADERDATA, target)
        _ = ccurl_function(curl, CURLOPT_HEADERFUNCTION) { bytes, size, count, target in
            let line = String(
                decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
            let answer = Unmanaged<Answer>.fromOpaque(target!).takeUnretainedValue()
            if line.hasPrefix("HTTP/") { answer.headers = [:] }
            if let colon = line.firstIndex(of: ":"), answer.headers.count < 100 {
                let value = line[line.index(after: colon)...].drop { $0 == " " }.prefix {
                    $0 != "\r" && $0 != "\r\n" && $0 != "\n"
                }
                answer.headers[line[..<colon].lowercased()] = String(value)
            }
            return size * count
        }
        let code = curl_easy_perform(curl)
        var status = 0
        ccurl_status(curl, &status)
        // What is kept must not point at this call's answer.
        curl_easy_reset(curl)
        let isKept = idle.with { list -> Bool in
            guard code == CURLE_OK, list.count < CurlWire.idleLimit else { return false }
            list.append(Handle(pointer: curl))
            return true
        }
        if !isKept { curl_easy_cleanup(curl) }
        guard code == CURLE_OK else { throw CurlWire.fault(code, answer.isTooLong) }
        return ERPReply(status: status, headers: answer.headers, body: answer.body)
    }

    private static func fault(_ code: CURLcode, _ isTooLong: Bool) -> ERPFault {
        if isTooLong { return ERPFault(.foreign, "the answer is longer than \(answerLimit >> 20) MiB") }
        let text = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return ERPFault(.unreachable, text)
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_URL_MALFORMAT,
            CURLE_UNSUPPORTED_PROTOCOL:
            return ERPFault(.unreachable, "\(text); nothing was sent")
        default: return ERPFault(.unknownOutcome, text)
        }
    }
}
