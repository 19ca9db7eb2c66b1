import Certificates
import Glibc
import Logging
import Model
import Platform

/// Has the agent's certificate renewed when two thirds of its life are over, and when the centre signs by another authority: by a request
/// that the same key signs. The new one takes the place of the old one at once and counts from the next connection on; the old one stays
/// beside it.
struct Renewal: Sendable {
    /// Between two looks, and after one that failed, in seconds: within this a gateway knows that the centre's authority is being replaced.
    static let pause: Int64 = 900
    static let short: Int64 = 600

    let files: JoinFiles
    /// Where the centre's pages are.
    let centre: String

    /// Nil where nobody joined: certificates of another making are not ours to renew.
    init?(_ configuration: AgentConfiguration) {
        let uplink = configuration.uplink
        guard let centre = uplink.centre, let certificate = uplink.certificate else { return nil }
        var files = JoinFiles()
        // Where join put it, whatever the state is.
        let tail = "/identity/agent.crt"
        guard certificate.hasSuffix(tail) else { return nil }
        files.state = String(certificate.dropLast(tail.count))
        (self.files, self.centre) = (files, centre)
    }

    enum Outcome: Equatable {
        case early
        case renewed(until: Int64)
        /// The certificate is good; the authorities that are believed are others, so many.
        case trusts(Int)
        case failed(String)
    }

    /// Authorities that are believed, in the file's order.
    var believed: [Certificate] { JoinFiles.text(files.authority).map(Certificate.all) ?? [] }

    /// The mark of the one that signed the certificate that is there; nil where that is none of the believed: the centre is told it.
    var signer: String? {
        files.present.flatMap { present in believed.last { present.isSigned(by: $0) }?.mark }
    }

    /// Looks, and asks where it is time.
    func look(at now: Int64) -> Outcome {
        guard let present = files.present else { return .failed("\(files.certificate) cannot be read") }
        let isDue = now >= present.renewal
        do {
            let address = try CentreAddress(centre)
            let door = try CentreDoor(address, authority: address.isTLS ? files.authority : nil)
            guard isDue else {
                // A centre that is away, or of before, says nothing: until it is time that is no trouble of this.
                guard address.isTLS, let told = try? door.get("/api/v1/enrolment/authority"), told.problem == nil,
                    let pem = told.body["authority"]?.text, let wanted = told.body["signer"]?.text
                else { return .early }
                let offered = Certificate.all(in: pem)
                guard let root = offered.first(where: { $0.mark == wanted && $0.isAuthority }) else { return .early }
                // By the one that signs, and no other is believed than those of the centre.
                if present.isSigned(by: root) {
                    guard believed.map(\.digest) != offered.map(\.digest) else { return .early }
                    try files.put(files.authority, offered.map(\.pem).joined(), mode: 0o644)
                    return .trusts(offered.count)
                }
                return try renew(present, door, address)
            }
            return try renew(present, door, address)
        } catch { return .failed("\(error)") }
    }

    private func renew(_ present: Certificate, _ door: CentreDoor, _ address: CentreAddress) throws -> Outcome {
        guard let text = JoinFiles.text(files.key) else { return .failed("\(files.key) cannot be read") }
        let key = PrivateKey(pem: text)
        let before = believed
        let answer = try door.post(
            "/api/v1/enrolment/renewal",
            .object([
                ("request", .string(try key.request(named: present.name))),
                // In clear nobody else is believed than before, and so nobody else may sign.
                ("roots", .array(address.isTLS ? before.map { .string($0.mark) } : [])),
            ]))
        if let problem = answer.problem { return .failed(problem.detail) }
        // Over TLS it came from whom is believed already: the others whom it names are believed, too.
        let offered = address.isTLS ? answer.body["authority"]?.text.map(Certificate.all) ?? before : before
        guard let pem = answer.body["certificate"]?.text, let fresh = Certificate(pem), fresh.belongs(to: key),
            let signer = offered.first(where: { $0.isAuthority && fresh.isSigned(by: $0) }),
            fresh.name == present.name, fresh.serial != present.serial,
            // Another authority may itself end sooner.
            fresh.end >= present.end || !present.isSigned(by: signer)
        else { return .failed("what \(address.authority) answered is no newer certificate for this agent") }
        // Whom to believe first: until the certificate is there the former one counts.
        if offered.map(\.digest) != before.map(\.digest) {
            try files.put(files.authority, offered.map(\.pem).joined(), mode: 0o644)
        }
        try files.put(files.former, present.pem, mode: 0o644)
        try files.put(files.certificate, fresh.pem, mode: 0o644)
        return .renewed(until: fresh.end)
    }

    /// On a thread of its own, as long as the agent runs.
    func watch(_ logger: Logger, told: (String?) -> Void) {
        var isFailing = false
        while true {
            let outcome = look(at: Clocks.wall)
            told(signer)
            switch outcome {
            case .early: break
            case .renewed: logger.notice("certificate renewed", metadata: ["file": "\(files.certificate)"])
            case .trusts(let count):
                logger.notice("authorities changed", metadata: ["file": "\(files.authority)", "count": "\(count)"])
            case .failed(let why):
                // Once when it begins.
                if !isFailing {
                    logger.warning("certificate not renewed", metadata: ["reason": "\(why)", "centre": "\(centre)"])
                }
            }
            if case .failed = outcome { isFailing = true } else { isFailing = false }
            sleep(UInt32(isFailing ? Renewal.short : Renewal.pause))
        }
    }
}
