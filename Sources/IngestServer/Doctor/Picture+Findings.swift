import Depot
import Model
import Platform

extension Picture {
    /// A gateway says something every 30 seconds.
    static let silence: Int64 = 120_000
    /// Seconds; from 120 on tokens are refused.
    static let clockWarning: Int64 = 60
    static let certificateWarning: Int64 = 30 * 86_400_000
    /// Of the site's authority: replacing it wants people, and no certificate lives longer.
    static let authorityWarning: Int64 = 365 * 86_400_000
    /// What was made and is not used for so long was interrupted.
    static let interrupted: Int64 = 2 * 3_600_000
    /// They are made every night.
    static let copyLife: Int64 = 2 * 86_400_000
    /// That a centre gave its place up is told for so long.
    static let placeLife: Int64 = 86_400_000
    /// A capture job may take as long as this.
    static let captureLate: Int64 = 3_600_000
    static let fullBelow: Int64 = 200 << 20
    /// From 85 % on, unless there is plenty left all the same.
    static let plenty: Int64 = 20 << 30

    /// Everything that is wrong in it, causes and effects.
    var findings: [Finding] {
        machine + storageFindings + secretFindings + certificateFindings + authorityFindings + roadFindings
            + gatewayFindings + erpFindings
            + providers.flatMap(findings(of:)) + webhooks.flatMap(findings(of:)) + epcisFindings
            + unreached.map { Finding(.otherUnreachable, of: $0.subject, $0.why) }
            + [pageCertificate].compactMap { $0.map { Finding(.certificateRefused, of: "[http]", $0) } }
            + (elsewhere.isEmpty ? [] : [Finding(.pagesElsewhere, of: "[http]", evidence: elsewhere)])
            + channels.map { Finding(.channelDead, of: "\($0.kind) of \($0.name)", $0.sentence) }
    }

    var diagnosis: Diagnosis { Diagnosis(findings, version: version, at: now) }

    private var machine: [Finding] {
        var out: [Finding] = []
        if !mistakes.isEmpty { out.append(Finding(.configurationBroken, evidence: mistakes)) }
        if !warnings.isEmpty { out.append(Finding(.configurationDoubtful, evidence: warnings)) }
        if !folders.isEmpty { out.append(Finding(.exchangeFolder, evidence: folders)) }
        if !clockIsSet { out.append(Finding(.clockUnset, "nothing has set it since this machine started")) }
        if let disk, disk.size > 0 {
            let used = 100 - Int(disk.free / max(1, disk.size / 100))
            let words =
                "\(disk.path): \(Picture.size(disk.free)) of \(Picture.size(disk.size)) are free, \(used) % used"
            if disk.free < Picture.fullBelow {
                out.append(Finding(.diskFull, words))
            } else if used >= 85, disk.free < Picture.plenty {
                out.append(Finding(.diskLow, words))
            }
        }
        return out
    }

    private var storageFindings: [Finding] {
        var out: [Finding] = []
        switch storage {
        case .missing(let path): out.append(Finding(.storageMissing, "there is no \(path)"))
        case .closed(let why): out.append(Finding(.storageClosed, evidence: why))
        case .unreachable(let why): out.append(Finding(.storageUnreachable, why))
        case .damaged(let why): out.append(Finding(.storageDamaged, why))
        case .form(let form, let newest) where form > newest:
            out.append(Finding(.storageNewer, "its form is \(form), this version knows \(newest)"))
        case .form(let form, let newest) where form < newest:
            out.append(Finding(.storageOlder, "its form is \(form), this version's is \(newest)"))
        case .form, nil: break
        }
        if !archive.isEmpty { out.append(Finding(.archiveLost, evidence: Array(archive.prefix(4)))) }
        if let lastCopy {
            if lastCopy < BackupFolder.moment(now - Picture.copyLife) {
                out.append(Finding(.backupOld, "it is of \(lastCopy) (UTC)"))
            }
        } else if case .form = storage, !isServer {
            out.append(
                Finding(.backupNone, "edge-ingest backup was never run without a target, or its folder was emptied"))
        }
        let gone = centres.filter { !$0.isThere }.map(\.name)
        if !gone.isEmpty, centres.count(where: \.isThere) == 1 {
            out.append(Finding(.centreAlone, evidence: gone.map { "\($0) stood by, and is not there any more" }))
        }
        let without = centres.filter { $0.isThere && $0.reachesBroker == false }.map {
            $0.works
                ? "at work, and without the broker: \($0.name)" : "\($0.name) stands by, and does not reach the broker"
        }
        let reach = centres.contains { $0.isThere && $0.reachesBroker == true } ? without : []
        let gave = given.filter { $0.age < Picture.placeLife }.map {
            "\($0.name) had no broker, and gave its place up (\($0.age / 60_000) min ago)"
        }
        if !(reach + gave).isEmpty {
            out.append(Finding(.centreBroker, evidence: Array((reach + gave).prefix(6))))
        }
        if isRunning == false { out.append(Finding(.centreStopped, "no process has the database open")) }
        return out
    }

    private var secretFindings: [Finding] {
        secrets.compactMap { secret in
            if let problem = secret.problem {
                return Finding(secret.mayLook ? .secretUnreadable : .secretUnseen, of: secret.subject, problem)
            }
            return secret.stranger.map { Finding(.secretOthers, of: secret.subject, $0) }
        }
    }

    private var certificateFindings: [Finding] {
        certificates.compactMap { certificate in
            if let problem = certificate.problem {
                return Finding(.certificateUnreadable, of: certificate.subject, "\(certificate.path): \(problem)")
            }
            guard let ends = certificate.ends else { return nil }
            let days = (ends - now) / 86_400_000
            if ends <= now {
                return Finding(.certificateEnded, of: certificate.subject, "\(certificate.path): \(-days) days ago")
            }
            guard ends - now < Picture.certificateWarning else { return nil }
            return Finding(.certificateEnds, of: certificate.subject, "\(certificate.path): in \(days) days")
        }
    }

    private var authorityFindings: [Finding] {
        guard let authority else { return [] }
        var out = authority.former.map {
            Finding(.gatewayAuthority, of: $0, "what it carries was signed by none that is believed")
        }
        let left = authority.ends - now
        if left > 0, left < Picture.authorityWarning {
            out.append(
                Finding(.authorityEnds, of: "[enrolment]", "\(authority.path): in \(left / 86_400_000) days"))
        }
        guard authority.stage != .none else { return out }
        let age = now - (authority.since ?? now)
        var words = ["gateways that carry the new one: \(authority.carry) of \(authority.gateways)"]
        if !authority.missing.isEmpty {
            words.append("missing: \(authority.missing.prefix(20).joined(separator: ", "))")
        }
        let isLate = age > (authority.stage == .made ? Picture.interrupted : AuthorityRotation.patience)
        if isLate { words.append("it was begun \(Span.words(age)) ago") }
        return out + [Finding(isLate ? .authorityLate : .authorityOverlap, evidence: words)]
    }

    private var roadFindings: [Finding] {
        switch broker {
        case .unreachable(let why): [Finding(.brokerUnreachable, of: "[broker]", "\(brokerAddress): \(why)")]
        case .refused(let why): [Finding(.brokerRefuses, of: "[broker]", "\(brokerAddress): \(why)")]
        case .denied(let why): [Finding(.brokerDenies, of: "[broker]", "\(brokerAddress): \(why)")]
        case .older: [Finding(.brokerOlder, of: "[broker]", "\(brokerAddress): it does not take MQTT 5")]
        case .good, nil: []
        }
    }

    private var gatewayFindings: [Finding] {
        var out: [Finding] = []
        if let gateways {
            if gateways.isEmpty { out.append(Finding(.gatewayNone, "none is known")) }
            let known = Set(gateways.map(\.name))
            for name in expected where !known.contains(name) {
                out.append(Finding(.gatewayNever, of: name, "it was added, and never heard"))
            }
            for gateway in gateways { out += findings(of: gateway) }
        }
        if let rollout {
            out.append(Finding(.rolloutStopped, of: rollout.version, evidence: Array(rollout.why.prefix(4))))
        }
        if let deadLetters, deadLetters.count > 0 {
            let reasons = deadLetters.codes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.value) \($0.key)" }
            out.append(Finding(.deadLetters, "\(deadLetters.count): \(reasons.joined(separator: ", "))"))
        }
        return out
    }

    private func findings(of gateway: Gateway) -> [Finding] {
        var out: [Finding] = []
        let age = now - gateway.seen
        if !gateway.isOnline || age > Picture.silence {
            let words = gateway.isOnline ? "nothing was heard" : "it is gone"
            out.append(Finding(.gatewaySilent, of: gateway.name, "\(words) for \(Span.words(age))"))
        }
        if let alarm = gateway.alarm { out.append(Finding(.gatewayAlarm, of: gateway.name, alarm)) }
        if let trouble = gateway.trouble { out.append(Finding(.gatewayBuffer, of: gateway.name, trouble)) }
        if let other = gateway.version, other != version {
            out.append(Finding(.gatewayVersion, of: gateway.name, "it has \(other), the centre \(version)"))
        }
        return out
    }

    private func findings(of provider: Provider) -> [Finding] {
        var out = provider.missing.map { Finding(.providerRole, of: provider.subject, $0) }
        switch provider.trouble {
        case .away(let why): out.append(Finding(.providerAway, of: provider.subject, why))
        case .wrong(let why): out.append(Finding(.providerWrong, of: provider.subject, why))
        case nil:
            guard let ahead = provider.ahead, abs(ahead) >= Picture.clockWarning else { break }
            let words = "\(abs(ahead)) seconds \(ahead > 0 ? "ahead of" : "behind") this machine"
            out.append(Finding(.providerClock, of: provider.subject, words))
        }
        return out
    }

    private func findings(of hook: Hook) -> [Finding] {
        let subject = "webhook \(hook.id)"
        return [
            hook.trouble.map { Finding(.webhookOff, of: subject, $0) },
            hook.dead > 0 ? Finding(.webhookDead, of: subject, "\(hook.dead) of them") : nil,
        ].compactMap(\.self)
    }

    private var epcisFindings: [Finding] {
        guard let epcis else { return [] }
        let age = epcis.waiting.map { now - $0 } ?? 0
        return [
            age > Picture.captureLate
                ? Finding(.epcisLate, of: "[epcis]", "what was told \(Span.words(age)) ago waits") : nil,
            epcis.dead > 0 ? Finding(.epcisDead, of: "[epcis]", "\(epcis.dead) of them") : nil,
        ].compactMap(\.self)
    }

    private var erpFindings: [Finding] {
        var out: [Finding] = []
        switch erp {
        case .unreachable(let why): out.append(Finding(.erpUnreachable, of: "[erp]", why))
        case .refused(let why): out.append(Finding(.erpRefuses, of: "[erp]", why))
        case .lacks(let why): out.append(Finding(.erpRights, of: "[erp]", why))
        case .good(let remarks) where !remarks.isEmpty:
            out.append(Finding(.erpRights, of: "[erp]", evidence: remarks))
        case .good, nil: break
        }
        if deadPushes > 0 { out.append(Finding(.erpDead, "\(deadPushes) of them")) }
        return out
    }

    static func size(_ bytes: Int64) -> String { bytes >= 10 << 30 ? "\(bytes >> 30) GiB" : "\(bytes >> 20) MiB" }
}
