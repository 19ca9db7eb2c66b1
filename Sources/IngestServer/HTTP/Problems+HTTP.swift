import HTTPTypes
import Hummingbird
import Model
import NIOCore
import SQLite

/// An error as the API answers it: RFC 9457, with a stable code.
struct APIProblem: Error, HTTPResponseError {
    var status: HTTPResponse.Status
    var code: String
    var detail: String
    var extra: [(String, JSON?)] = []

    init(_ status: HTTPResponse.Status, _ code: String, _ detail: String, _ extra: [(String, JSON?)] = []) {
        self.status = status
        self.code = code
        self.detail = detail
        self.extra = extra
    }

    /// What a person is told when the database does not take, or give, what was asked.
    init(_ error: SQLiteError) {
        if error.isFull {
            self.init(
                .init(code: 507, reasonPhrase: "Insufficient Storage"), "disk-full",
                "The server's disk is full: nothing was saved.")
        } else {
            self.init(
                .serviceUnavailable, "database-unavailable", "The server's database does not answer: nothing was saved."
            )
        }
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        var response = Response.json(
            .object(
                [
                    ("type", "about:blank"), ("title", .string(status.reasonPhrase)),
                    ("status", .int(Int64(status.code))),
                    ("code", .string(code)), ("detail", .string(detail)),
                ] + extra), status: status)
        response.headers[.contentType] = "application/problem+json"
        if let seconds = extra.first(where: { $0.0 == "seconds" })?.1?.integer {
            response.headers[.retryAfter] = "\(seconds)"
        }
        return response
    }
}

extension Response {
    static func json(_ json: JSON, status: HTTPResponse.Status = .ok) -> Response {
        var bytes = json.text8
        var headers: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
        if Gzip.isAsked, bytes.count > Gzip.answerFloor, let packed = Gzip.packed(bytes, isQuick: true) {
            bytes = packed
            headers[.contentEncoding] = "gzip"
            headers[.vary] = "accept-encoding"
        }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
