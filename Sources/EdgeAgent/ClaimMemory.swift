import Drivers
import Glibc
import Logging
import Model
import Platform
import Ports

/// What each port was recognised as, in a file of the state folder.
final class ClaimMemory: Sendable {
    struct Claim: Equatable, Sendable {
        var name: String
        var driver: String
        var baud: Int?
    }

    private let path: String
    private let claims: Locked<[String: Claim]>

    init(path: String) {
        self.path = path
        var claims: [String: Claim] = [:]
        if let bytes = try? Files.read(path, limit: 1 << 20), let json = try? JSON(parsing: bytes) {
            for entry in json["devices"]?.fields ?? [] {
                guard let name = entry.value["name"]?.text, let driver = entry.value["driver"]?.text else { continue }
                let baud = entry.value["baud"]?.integer.flatMap { (1...4_000_000).contains($0) ? Int($0) : nil }
                claims[entry.name] = Claim(name: name, driver: driver, baud: baud)
            }
        }
        self.claims = Locked(claims)
    }

    var keys: [String] { claims.with { $0.keys.sorted() } }

    func claim(of key: String) -> (name: String, driver: String, baud: Int)? {
        claims.with { $0[key] }.map { claim in
            let usual: Int = if case .serial(let baud)? = Driver.named(claim.driver)?.line { baud } else { 0 }
            return (claim.name, claim.driver, claim.baud ?? usual)
        }
    }

    func remember(_ claim: Claim, for key: String) {
        claims.with { claims in
            guard claims[key] != claim else { return }
            claims[key] = claim
            let json: JSON = .object([
                (
                    "devices",
                    .object(
                        claims.sorted { $0.key < $1.key }.map { key, claim in
                            (
                                key,
                                .object([
                                    ("name", .string(claim.name)), ("driver", .string(claim.driver)),
                                    ("baud", claim.baud.map { .int(Int64($0)) }),
                                ])
                            )
                        })
                )
            ])
            // What is forgotten is recognised again: a full disk here costs seconds, not scans.
            let fresh = path + ".new"
            if (try? Files.write(json.text8 + [0x0A], to: fresh, mode: 0o600)) != nil { rename(fresh, path) }
        }
    }
}
