import HTTPTypes
import Hummingbird

/// What every answer tells a browser: no guessing of types, no address told to others, no other site's page in between.
enum SecurityHeaders {
    static let all = [
        ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"), ("cross-origin-resource-policy", "same-origin"),
    ]

    private static let fields: [(HTTPField.Name, String)] = all.compactMap { name, value in
        HTTPField.Name(name).map { ($0, value) }
    }

    /// A browser that came encrypted once comes so for a year (RFC 6797); a name that is asked for with a port
    /// has other servers at others, and so have this machine's own names.
    static let transport = "max-age=31536000"

    /// Nothing is kept by a browser or a proxy unless the answer says so itself.
    static func add(to response: inout Response, for visit: Visit) {
        for (name, value) in fields { response.headers[name] = value }
        if visit.isSecure, let host = visit.host, Hosts.name(host) == host.lowercased(), !Hosts.isOwn(host) {
            response.headers[.strictTransportSecurity] = transport
        }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }
}
