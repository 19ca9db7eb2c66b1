import Model
import Platform

extension AgentPicture {
    static let certificateWarning: Int64 = 30 * 86_400_000
    static let fullBelow: Int64 = 50 << 20
    /// From 90 % on, unless there is plenty left all the same.
    static let plenty: Int64 = 5 << 30
    /// Files that can still be made.
    static let inodesBelow: Int64 = 500
    /// Below this a scan's time is right enough.
    static let clockTolerance: Int64 = 5000
    /// How long a jump of the clock is told.
    static let jumpLife: Int64 = 86_400_000
    /// How long a centre may be silent, a device may begin: what is shorter heals by itself.
    static let patience: Int64 = 60_000
    /// Bytes of noise that are worth a word, where most of what came was noise.
    static let noiseFrom: Int64 = 2000
    private static let logins: Set<String> = ["login-refused", "no-credentials", "token", "monitor-refused", "refused"]
    private static let silences: Set<String> = ["silent", "no-answer", "no-greeting", "link-dead", "report-unread"]

    /// Everything that is wrong in it, causes and effects.
    var findings: [AgentFinding] {
        configurationFindings + clockFindings + storageFindings + trustFindings + roadFindings + deviceFindings
    }

    var diagnosis: AgentDiagnosis { AgentDiagnosis(findings, version: version, at: now) }

    private var configurationFindings: [AgentFinding] {
        var out: [AgentFinding] = []
        if !mistakes.isEmpty { out.append(AgentFinding(.configurationBroken, evidence: mistakes)) }
        if !refused.isEmpty { out.append(AgentFinding(.configurationRefused, evidence: refused)) }
        if !warnings.isEmpty { out.append(AgentFinding(.configurationDoubtful, evidence: warnings)) }
        if let revision = managed?["refused"]?.integer {
            out.append(
                AgentFinding(
                    .configurationTakenBack, "revision \(revision): \(managed?["reason"]?.text ?? "no reason is kept")")
            )
        }
        if update?["state"]?.text == "failed", let code = update?["code"]?.text {
            let (version, reason) = (update?["version"]?.text ?? "-", update?["reason"]?.text ?? "no reason is kept")
            out.append(
                code == "unit-off"
                    ? AgentFinding(.updateWaits, reason) : AgentFinding(.updateFailed, "\(version): \(code): \(reason)")
            )
        }
        return out
    }

    private var clockFindings: [AgentFinding] {
        var out: [AgentFinding] = []
        if !clockIsSet { out.append(AgentFinding(.clockUnset, "nothing has set it since this machine started")) }
        if let jump = uplink?.jump, now - jump.at < AgentPicture.jumpLife {
            let (size, age) = (Span.words(Int64(clamping: jump.by.magnitude)), Span.words(now - jump.at))
            out.append(
                AgentFinding(
                    .clockJumps, jump.by < 0 ? "by \(size) back, \(age) ago" : "by \(size) forward, \(age) ago"))
        }
        if let offset = uplink?.clockOffset, offset.magnitude > UInt64(AgentPicture.clockTolerance) {
            let size = Span.words(Int64(clamping: offset.magnitude))
            out.append(AgentFinding(.clockFar, offset > 0 ? "it is \(size) behind" : "it is \(size) ahead"))
        }
        return out
    }

    private var storageFindings: [AgentFinding] {
        var out: [AgentFinding] = []
        if !closed.isEmpty { out.append(AgentFinding(.stateClosed, evidence: closed)) }
        if let disk, disk.size > 0 {
            let used = 100 - Int(disk.free / max(1, disk.size / 100))
            let words = "\(disk.path): \(disk.free >> 20) of \(disk.size >> 20) MiB are free"
            if disk.free < AgentPicture.fullBelow {
                out.append(AgentFinding(.diskFull, words))
            } else if used >= 90, disk.free < AgentPicture.plenty {
                out.append(AgentFinding(.diskLow, words))
            }
            if disk.inodes.all > 0, disk.inodes.free < AgentPicture.inodesBelow {
                out.append(
                    AgentFinding(.inodesLow, "\(disk.path): \(disk.inodes.free) of \(disk.inodes.all) inodes are free"))
            }
        }
        if let trouble = BufferReport.trouble(buffer) {
            out.append(AgentFinding(.bufferRefuses, trouble))
        } else if let level = buffer?["level"]?.text, level != "roomy" {
            let waiting = buffer?["pending"]?.integer ?? 0
            let share = (buffer?["bytes"]?.integer ?? 0) / max(1, (buffer?["budget"]?.integer ?? 1) / 100)
            out.append(AgentFinding(.bufferFills, "\(share) % of its room is taken, \(waiting) records wait"))
        }
        if !aside.isEmpty { out.append(AgentFinding(.bufferAside, evidence: aside)) }
        return out
    }

    private var trustFindings: [AgentFinding] {
        secrets.map { AgentFinding($0.mayLook ? .secretUnreadable : .secretUnseen, of: $0.subject, $0.problem) }
            + certificates.compactMap { certificate in
                let path = certificate.path
                if let problem = certificate.problem {
                    return AgentFinding(.certificateUnreadable, of: "[uplink]", "\(path): \(problem)")
                }
                guard let ends = certificate.ends, ends - now < AgentPicture.certificateWarning else { return nil }
                let days = (ends - now) / 86_400_000
                return ends <= now
                    ? AgentFinding(.certificateEnded, of: "[uplink]", "\(path): \(-days) days ago")
                    : AgentFinding(.certificateEnds, of: "[uplink]", "\(path): in \(days) days")
            }
    }

    private var roadFindings: [AgentFinding] {
        var out: [AgentFinding] = []
        switch run {
        case .running: break
        case .stopped(let why): out.append(AgentFinding(.stopped, why))
        case .unasked(let why): if !why.isEmpty { out.append(AgentFinding(.unasked, why)) }
        }
        switch broker {
        case .unreachable(let why):
            out.append(AgentFinding(.brokerUnreachable, of: "[uplink]", "\(brokerAddress): \(why)"))
        case .untrusted(let why): out.append(AgentFinding(.brokerTLS, of: "[uplink]", "\(brokerAddress): \(why)"))
        case .refused(let why): out.append(AgentFinding(.brokerRefuses, of: "[uplink]", "\(brokerAddress): \(why)"))
        case .denied(let why): out.append(AgentFinding(.brokerDenies, of: "[uplink]", "\(brokerAddress): \(why)"))
        case .older: out.append(AgentFinding(.brokerOlder, of: "[uplink]", "\(brokerAddress): it does not take MQTT 5"))
        case .good, nil: break
        }
        guard let uplink else { return out }
        if let alarm = uplink.alarm { out.append(AgentFinding(.centreRefuses, alarm)) }
        if let other = uplink.centreVersion, other != version {
            out.append(AgentFinding(.centreVersion, "it has \(other), this agent \(version)"))
        }
        let ack =
            uplink.lastAck.map { "the last acknowledgement came \(Span.words(now - $0)) ago" }
            ?? "it has acknowledged nothing since the agent started"
        if uplink.isConnected, !uplink.hasCentre {
            let why =
                uplink.isPresenceKnown
                ? "it has said goodbye to the broker, or was cut off"
                : "nothing at this broker says that it ever was there; or the access list hides quai/1/in/+ from this agent"
            out.append(AgentFinding(.centreAway, why, ack))
        } else if uplink.isConnected, !uplink.isDelivering, now - uplink.since > AgentPicture.patience {
            out.append(AgentFinding(.centreSilent, ack))
        }
        return out
    }

    private var deviceFindings: [AgentFinding] {
        guard let devices else { return [] }
        guard !devices.isEmpty else { return [AgentFinding(.readerNone, "no device is configured or plugged in")] }
        // Nearly every driver is: one line for all of them.
        let experiments = devices.filter(\.isExperimental).map { "\($0.name): driver \($0.driver)" }
        return devices.flatMap(findings(of:))
            + (experiments.isEmpty ? [] : [AgentFinding(.readerExperimental, evidence: experiments)])
    }

    private func findings(of device: Device) -> [AgentFinding] {
        var out: [AgentFinding] = []
        let state = "\(device.state) for \(Span.words(now - device.since))"
        let said = [device.reason ?? state]
        func tell(_ kind: AgentFindingKind, _ evidence: [String]) {
            out.append(AgentFinding(kind, of: device.name, evidence: evidence))
        }
        let isOld = now - device.since > AgentPicture.patience
        switch device.state {
        case "unasked": break
        case "ready":
            if let remark = device.reason { tell(device.isTelephone ? .exchangeRights : .readerRemark, [remark]) }
        case "denied": tell(.readerDenied, said + device.look)
        case "held":
            tell(.readerHeld, said + device.look.filter { !(device.reason ?? "").contains($0) })
        case "missing", "gone": tell(device.isTelephone ? .exchangeUnreachable : .readerMissing, said)
        case "no-country": tell(.readerCountry, said)
        case "likely": tell(.readerWaits, said)
        case "unknown": tell(.readerUnknown, said)
        case "starting", "recognising":
            if isOld { tell(device.isTelephone ? .exchangeSilent : .readerSilent, [state]) }
        default:
            let code = device.code ?? ""
            if device.isTelephone {
                let kind: AgentFindingKind =
                    AgentPicture.logins.contains(code)
                    ? .exchangeRefuses
                    : AgentPicture.silences.contains(code) ? .exchangeSilent : .exchangeUnreachable
                tell(kind, said)
            } else {
                tell(AgentPicture.silences.contains(code) ? .readerSilent : .readerFails, said)
            }
        }
        // A frame has a dozen bytes: where it is mostly noise, far more came than was understood.
        if device.noise > AgentPicture.noiseFrom, device.noise / 40 > device.observations {
            tell(
                .readerNoise,
                ["\(device.noise) bytes belong to no frame, \(device.observations) observations were made"])
        }
        if let doubt = device.doubt { tell(.exchangeDoubt, [doubt]) }
        return out
    }
}
