import Logging
import Model
import Platform
import ServiceLifecycle

/// Looks whether the files of the pages' certificate have changed.
struct CertificateWatch: Service {
    let certificate: PageCertificate
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: PageCertificate.period)
                if !Task.isCancelled { tell(certificate.look(now: Clocks.wall)) }
            }
        }
    }

    func tell(_ look: PageCertificate.Look) {
        switch look {
        case .same, .unsettled: break
        case .taken(let ends):
            logger.notice("the pages' certificate is new", metadata: ["ends": "\(rfc3339(ends))"])
        case .refused(let why):
            logger.error(
                "the pages' certificate is not taken, the former stays", metadata: ["reason": "\(why)"])
        }
    }
}
