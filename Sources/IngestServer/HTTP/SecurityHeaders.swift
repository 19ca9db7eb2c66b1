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

    /// Nothing is kept by a browser or a proxy unless the answer says so itself.
    static func add(to response: inout Response) {
        for (name, value) in fields { response.headers[name] = value }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    }
}
