import Glibc
import Model
import Platform
import Settings

/// What `ingest.toml` may say; every value has a default that works.
struct IngestConfiguration: Sendable {
    var state = getenv("STATE_DIRECTORY").map { String(cString: $0) } ?? "/var/lib/quai-ingest"
    var instance = "centre"
    var region = "FR"
    var logLevel = "info"
    var address = "127.0.0.1"
    var port = 8080
    var web: String?
    /// Names under which people reach the pages, besides this machine's own.
    var hosts: [String] = []
    var broker = "mqtt://127.0.0.1:1883"
    var user: String?
    var password: String?
    var authority: String?
    var certificate: String?
    var key: String?
    /// Nil: no number counts as an extension. A guess here would take 112 for one.
    var internalPlan: String?

    var database: String { "\(state)/ingest.db" }

    static func load(_ path: String?) throws -> IngestConfiguration {
        guard let path else { return IngestConfiguration() }
        let bytes: [UInt8]
        do { bytes = try Files.read(path, limit: 1 << 20) } catch {
            throw Problems([Problem(file: path, line: 0, column: 0, text: String(cString: strerror(error.code)))])
        }
        return try IngestConfiguration(parsing: String(decoding: bytes, as: UTF8.self), file: path)
    }

    init() {}

    init(parsing text: String, file: String) throws(Problems) {
        let reader = try SettingsReader(text: text, file: file)
        let root = reader.root
        if root.integer("version", in: 1...1) == nil { root.require("version", "write version = 1 at the top") }
        state = root.string("state") ?? state
        if let name = root.string("instance") {
            if Topic.isName(name) {
                instance = name
            } else {
                root.reject("instance", "must be 1 to 32 of a-z, 0-9 and -")
            }
        }
        if let text = root.string("region") {
            if text.count == 2, text.allSatisfy({ $0.isASCII && $0.isUppercase }) {
                region = text
            } else {
                root.reject("region", "must be a country such as FR, BE or CH")
            }
        }
        logLevel =
            root.string("log-level", among: ["trace", "debug", "info", "notice", "warning", "error"]) ?? logLevel
        if let http = root.table("http") {
            address = http.string("address") ?? address
            port = http.integer("port", in: 0...65535).map(Int.init) ?? port
            web = http.string("web-root")
            if let names = http.string("hosts") { hosts = names.split(separator: " ").map { $0.lowercased() } }
        }
        if let phones = root.table("phones") {
            if let plan = phones.string("internal-plan") {
                if (try? Regex(plan)) == nil {
                    phones.reject("internal-plan", "is not a regular expression")
                } else {
                    internalPlan = plan
                }
            }
        }
        if let section = root.table("broker") {
            if let url = section.string("url") {
                if url.hasPrefix("mqtt://") || url.hasPrefix("mqtts://"), !url.contains("@") {
                    broker = url
                } else {
                    section.reject("url", "must be mqtt://HOST:PORT or mqtts://HOST:PORT, without a user or password")
                }
            }
            user = section.string("user")
            if let secret = section.string("password") {
                if secret.hasPrefix("credential:") || secret.hasPrefix("file:") {
                    password = secret
                } else {
                    section.reject(
                        "password", "must be credential:NAME or file:PATH; a secret never stands in this file")
                }
            }
            authority = section.string("authority")
            certificate = section.string("certificate")
            key = section.string("key")
        }
        try reader.finish()
    }
}
