import Certificates
import Depot
import Glibc
import Model
import Platform

/// What `edge-ingest authority` works on: the authority's folder, the books, and the files of the broker, the centre and the pages beside
/// them.
struct AuthoritySite {
    let rotation: AuthorityRotation
    let store: Store
    let desk: EnrolmentDesk
    let days: Int64
    let now: Int64
    /// Certificates that the configuration names, by its sections.
    var used: [(section: String, path: String)] = []

    /// Where setup wrote; below another root, too.
    var place: SetupPlace {
        var place = SetupPlace()
        let tail = place.authority.path
        let path = rotation.folder.path
        if path.hasSuffix(tail) {
            place.root = String(path.dropLast(tail.count))
        } else if path.hasSuffix("/authority") {
            _ = place.follow(state: String(path.dropLast("/authority".count)))
        }
        return place
    }

    /// What is not done, for a dry run.
    func plan(_ words: String) -> String { "\(words); nothing was written" }

    func note(_ kind: Fact.Kind, _ certificate: Certificate) throws {
        try store.transaction {
            try store.tell(Fact(kind, certificate.mark, certificate.name), by: AgentVerb.author, at: now)
        }
    }

    // MARK: who has come

    func view() throws -> AuthorityView {
        let (folder, stage) = (rotation.folder, try rotation.stage)
        let winner = try rotation.winner()
        var carriers = AuthorityRotation.carriers(
            try desk.given(), try store.gateways.rows(), of: winner.certificate, at: now)
        // Who says nothing is of an older version, and was given certificates of the former alone.
        if stage == .back {
            for index in carriers.indices where carriers[index].state == .unknown { carriers[index].state = .carries }
        }
        return AuthorityView(
            stage: stage, believed: try folder.believed(), next: try folder.next()?.certificate,
            winner: winner.certificate, since: try rotation.since,
            carriers: carriers,
            invited: try store.enrolment.invitations().filter { $0.state(at: now) == .open }.map(\.agent), days: days,
            now: now)
    }

    // MARK: files

    /// The broker believes these, and no others. Throws, with what is to be done by hand, where it cannot be told from here.
    func tell(_ option: AuthorityVerb.BrokerOption, _ authorities: [Authority], _ verb: String) throws {
        let made = try rotation.broker(authorities, at: now)
        try SetupFiles.replace(rotation.folder.list, made.list, mode: 0o644)
        let (believed, list) = (place.broker("authority.crt"), place.broker("revoked.crl"))
        let isOurs = Files.exists(believed)
        let mine = isOurs ? believed : "\(rotation.folder.path)/broker.crt"
        try SetupFiles.replace(mine, made.bundle, mode: 0o644)
        if isOurs { try SetupFiles.replace(list, made.list, mode: 0o644) }
        if option.isReady { return }
        if isOurs, place.root.isEmpty, SetupService.restartBroker() {
            return print("the broker believes \(authorities.count) of them")
        }
        let files =
            isOurs ? "" : "give \(mine) to your broker as its cafile and \(rotation.folder.list) as its crlfile, "
        throw Exit.say(
            "\(files.isEmpty ? "the broker's files are written: " : files)restart it, then: edge-ingest authority \(verb) --broker-ready",
            Exit.warnings)
    }

    /// Certificates in use that the other authority signed, and that `serve` does not make anew: whoever believes `winner` alone refuses them.
    func strays(besides winner: Certificate) throws -> [String] {
        let others = try rotation.both().map(\.certificate).filter { $0.digest != winner.digest }
        let own = [place.identity("centre.crt"), place.identity("pages.crt"), place.broker("broker.crt")]
        return used.compactMap { section, path in
            guard !own.contains(path), let text = try? AuthorityFolder.text(path), let there = Certificate(text),
                others.contains(where: { there.isSigned(by: $0) })
            else { return nil }
            return "\(section) \(path)"
        }
    }

    /// Certificates of the broker, of the centre and of the pages, where this site's authority made them.
    func serve(_ authority: Authority) throws {
        let all = try rotation.both().map(\.certificate)
        let files: [(certificate: String, key: String, use: Authority.Use, mode: mode_t)] = [
            (place.identity("centre.crt"), place.identity("centre.key"), .client, 0o600),
            (place.identity("pages.crt"), place.identity("pages.key"), .server, 0o600),
            (place.broker("broker.crt"), place.broker("broker.key"), .server, 0o640),
        ]
        for file in files where Files.exists(file.certificate) && Files.exists(file.key) {
            guard let there = Certificate(try AuthorityFolder.text(file.certificate)),
                all.contains(where: { there.isSigned(by: $0) })
            else { continue }
            var written = SetupFiles(isDry: false)
            try SetupCertificates(place: place, firm: "", host: there.name, now: now).pair(
                file.use, named: there.name, file.certificate, file.key, mode: file.mode, SetupFiles.Owner(), authority,
                &written)
        }
    }
}

/// How far the replacement has come, as a value.
struct AuthorityView {
    var stage: AuthorityRotation.Stage
    var believed: [Certificate]
    var next: Certificate?
    /// The one that everybody is to carry.
    var winner: Certificate
    var since: Int64?
    var carriers: [AuthorityRotation.Carrier]
    /// Whose token has the former one's mark.
    var invited: [String]
    var days: Int64
    var now: Int64

    private func isLate(_ one: AuthorityRotation.Carrier) -> Bool {
        one.seen.map { now - $0 > days * 86_400_000 } ?? true
    }
    private var missing: [AuthorityRotation.Carrier] { carriers.filter { $0.state != .carries } }
    /// Who keeps it from being finished, and who does not come any more.
    var waiting: [AuthorityRotation.Carrier] { missing.filter { !isLate($0) } }
    var lost: [AuthorityRotation.Carrier] { missing.filter(isLate) }

    func words(_ list: [AuthorityRotation.Carrier]) -> String {
        list.map { $0.state == .unknown ? "\($0.agent) (does not say: upgrade it)" : $0.agent }.joined(separator: ", ")
    }

    /// Who is cut off at the end.
    var losses: [String] {
        var out: [String] = []
        if !missing.isEmpty { out.append("cut off, to join again with edge-agent join --again: \(words(missing))") }
        if stage == .overlap, !invited.isEmpty {
            out.append("invitations that count no more, invite again: \(invited.joined(separator: ", "))")
        }
        return out
    }

    var lines: [String] {
        var out = believed.enumerated().map { index, one in
            "\(one.name)  \(one.mark)  \((one.end - now) / 86_400_000) days left\(index > 0 ? "  (believed beside it)" : "")"
        }
        switch stage {
        case .none: break
        case .made:
            out.append(
                "\(next?.name ?? "")  \(next?.mark ?? "")  made, and not used yet: edge-ingest authority rotate goes on, abandon undoes it"
            )
        case .overlap, .back:
            let come = carriers.count - missing.count
            out.append("\(come) of \(carriers.count) gateways carry \(winner.mark)")
            if !waiting.isEmpty { out.append("missing: \(words(waiting))") }
            if !lost.isEmpty { out.append("not seen for \(days) days: \(words(lost))") }
            out.append(
                waiting.isEmpty
                    ? "next: edge-ingest authority finish"
                    : "next: wait until all carry it, then edge-ingest authority finish")
        }
        return out
    }

    var json: JSON {
        .object([
            ("stage", .string(stage.rawValue)), ("authority", .string(winner.mark)), ("since", since.map(JSON.int)),
            (
                "believed",
                .array(
                    believed.map {
                        .object([
                            ("name", .string($0.name)), ("mark", .string($0.mark)), ("ends", .int($0.end)),
                        ])
                    })
            ),
            (
                "gateways",
                .array(
                    carriers.map {
                        .object([
                            ("agent", .string($0.agent)), ("state", .string($0.state.rawValue)),
                            ("seen", $0.seen.map(JSON.int)),
                        ])
                    })
            ),
        ])
    }
}
