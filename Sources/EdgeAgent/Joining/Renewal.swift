import Certificates
import Glibc
import Logging
import Model
import Platform

/// Has the agent's certificate renewed when two thirds of its life are over: by a request that the same key signs. The new one takes the
/// place of the old one at once and counts from the next connection on; the old one stays beside it.
struct Renewal: Sendable {
    /// Between two looks, and after one that failed, in seconds.
    static let pause: Int64 = 6 * 3600
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
        case failed(String)
    }

    /// Looks, and asks where it is time.
    func look(at now: Int64) -> Outcome {
        guard let present = files.present else { return .failed("\(files.certificate) cannot be read") }
        guard now >= present.renewal else { return .early }
        guard let text = JoinFiles.text(files.key) else { return .failed("\(files.key) cannot be read") }
        let key = PrivateKey(pem: text)
        do {
            let address = try CentreAddress(centre)
            let door = try CentreDoor(address, authority: address.isTLS ? files.authority : nil)
            let answer = try door.post(
                "/api/v1/enrolment/renewal", .object([("request", .string(try key.request(named: present.name)))]))
            if let problem = answer.problem { return .failed(problem.detail) }
            guard let pem = answer.body["certificate"]?.text, let fresh = Certificate(pem),
                let authority = JoinFiles.text(files.authority).flatMap({ Certificate($0) }), fresh.belongs(to: key),
                fresh.isSigned(by: authority), fresh.name == present.name, fresh.serial != present.serial,
                fresh.end >= present.end
            else { return .failed("what \(address.authority) answered is no newer certificate for this agent") }
            try files.put(files.former, present.pem, mode: 0o644)
            try files.put(files.certificate, fresh.pem, mode: 0o644)
            return .renewed(until: fresh.end)
        } catch { return .failed("\(error)") }
    }

    /// On a thread of its own, as long as the agent runs.
    func watch(_ logger: Logger) {
        var isFailing = false
        while true {
            let outcome = look(at: Clocks.wall)
            switch outcome {
            case .early: break
            case .renewed: logger.notice("certificate renewed", metadata: ["file": "\(files.certificate)"])
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
