import Glibc
import Settings

/// `[store]`: a PostgreSQL server that keeps what the file in the state folder keeps elsewhere.
struct StoreSettings: Equatable, Sendable {
    /// As libpq takes it, with where the passwords are and never with one.
    var address: String
    /// Where it may be: one after the other is asked for the one that writes.
    private var hosts: [String]
    private var isVerified: Bool

    private static let form = "must be postgresql://USER@HOST/DATABASE, without a password"

    /// Nil when something that it cannot do without is missing; the problem stands in the reader.
    init?(_ section: Section) {
        guard let url = section.string("url") else {
            section.require("url", StoreSettings.form)
            return nil
        }
        let (user, parameters) = StoreSettings.parts(url)
        guard url.hasPrefix("postgresql://"), StoreSettings.isBare(url) else {
            section.reject("url", StoreSettings.form)
            return nil
        }
        address = url
        let named = parameters.last { $0.hasPrefix("host=") }?.dropFirst(5).split(separator: ",").map(String.init)
        hosts = named ?? (user.last ?? "").split(separator: ",").compactMap { HostName.ofURL("postgresql://\($0)/") }
        isVerified = parameters.contains { $0 == "sslmode=verify-full" || $0 == "sslmode=verify-ca" }
        guard let passwords = section.string("passfile") else { return }
        guard let path = StoreSettings.path(passwords) else {
            section.reject(
                "passfile", "must be credential:NAME or file:PATH, a file of HOST:PORT:DATABASE:USER:PASSWORD")
            return nil
        }
        address += (url.contains("?") ? "&" : "?") + "passfile=" + path
    }

    private static func parts(_ url: String) -> (user: [Substring], parameters: [Substring]) {
        let place = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).dropFirst(2).first ?? ""
        return (
            place.split(separator: "@", omittingEmptySubsequences: false),
            url.split(separator: "?", maxSplits: 1).dropFirst().first?.split(separator: "&") ?? []
        )
    }

    /// Whether an address of a server has no password in it, by whatever name libpq would take one.
    static func isBare(_ url: String) -> Bool {
        let (user, parameters) = parts(url)
        return url.count <= 1000 && url.allSatisfy { $0.isASCII && !$0.isWhitespace } && user.count <= 2
            && (user.count < 2 || !user[0].contains(":"))
            && !parameters.contains { one in
                let name = one.prefix { $0 != "=" }
                return name.contains("%") || name == "password" || name == "sslpassword"
            }
    }

    /// libpq reads the file itself, and refuses one that others read (https://www.postgresql.org/docs/15/libpq-pgpass.html).
    private static func path(_ reference: String) -> String? {
        if reference.hasPrefix("file:/") { return String(reference.dropFirst(5)) }
        guard reference.hasPrefix("credential:") else { return nil }
        let folder = getenv("CREDENTIALS_DIRECTORY").map { String(cString: $0) } ?? "/etc/credstore"
        return "\(folder)/\(reference.dropFirst(11))"
    }

    /// What is allowed and yet worth a second look.
    var warnings: [String] {
        guard let host = hosts.first(where: { !$0.hasPrefix("/") && !HostName.isLoopback($0) }), !isVerified else {
            return []
        }
        return [
            "[store]: whether \(host) is the server it says, nobody looks; add sslmode=verify-full and sslrootcert to url"
        ]
    }
}
