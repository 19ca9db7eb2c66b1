extension AgentFindingKind {
    public typealias Entry = FindingEntry<AgentFindingKind>

    private static let broker: [AgentFindingKind] = [.brokerUnreachable, .brokerTLS, .brokerRefuses, .brokerDenies]
    /// What only asking shows.
    public static let ofConnections: Set<AgentFindingKind> = Set(broker).union([
        .readerDenied, .readerHeld, .readerMissing, .readerFails, .exchangeUnreachable, .exchangeRefuses,
        .exchangeSilent,
    ])
    private static let centre: [AgentFindingKind] = [.centreAway, .centreSilent]
    private static let filled: [AgentFindingKind] = [.bufferFills]
    /// What the daemon alone knows, or what is asked with its secrets.
    private static let unseen: [AgentFindingKind] = [.secretUnseen, .brokerRefuses, .exchangeRefuses]

    public var entry: Entry {
        switch self {
        case .configurationBroken:
            Entry(
                .broken, "The configuration cannot be read",
                "The agent does not start with it. Only the clock and the disk were looked at besides.",
                fix: "Put right what is named with file and line; edge-agent check shows the same lines.",
                hides: AgentFindingKind.allCases.filter {
                    ![.configurationBroken, .clockUnset, .diskFull, .diskLow, .inodesLow].contains($0)
                })
        case .configurationRefused:
            Entry(
                .warning, "A changed configuration was refused",
                "The agent was told to read its files again, and goes on with what it had.",
                fix: "Put right what is named with file and line, then: systemctl reload edge-agent.",
                hides: [.configurationBroken])
        case .configurationTakenBack:
            Entry(
                .warning, "The centre's last configuration is not used",
                "It was refused, or taken back because the centre was not reached with it.",
                fix: "Set a right one in the centre (edge-ingest configure AGENT), or allow it under [downlink] here.")
        case .configurationDoubtful:
            Entry(
                .warning, "The configuration allows something doubtful",
                "It works, and others on the network may read or do more than they should.",
                fix: "As the sentence says; docs/reference/configuration.md has every key.")
        case .clockUnset:
            Entry(
                .broken, "The clock of this machine is not set",
                "When something was read cannot be told, and certificates cannot be judged.",
                fix: "timedatectl set-ntp true, and look with: timedatectl timesync-status",
                hides: [.certificateEnded, .certificateEnds, .clockFar, .clockJumps, .brokerTLS])
        case .clockJumps:
            Entry(
                .warning, "The clock of this machine was put right by a jump",
                "What was read before it is corrected; a clock that jumps often has no good source.",
                fix: "timedatectl timesync-status; a machine without a battery for its clock needs NTP early.")
        case .clockFar:
            Entry(
                .warning, "The clock is far from the centre's", "The centre corrects what is read, and says so.",
                fix: "timedatectl timesync-status on both machines; give both the same source.")
        case .stateClosed:
            Entry(
                .broken, "The agent may not write where its buffer lies", "Nothing that is read is saved.",
                fix: "Give the folder back to the agent as the sentence says; a disk that became read-only is "
                    + "dying: dmesg | tail",
                hides: [.bufferRefuses, .stopped])
        case .diskFull:
            Entry(
                .broken, "The disk of the buffer is full", "Soon, or already, nothing that is read is saved.",
                fix: "Make room: journalctl --vacuum-size=200M, apt clean; df -h shows what is full.",
                hides: [.diskLow, .bufferRefuses])
        case .diskLow:
            Entry(
                .warning, "The disk of the buffer fills up", "When it is full, nothing that is read is saved.",
                fix: "Make room before: journalctl --vacuum-size=200M, apt clean; df -h shows what is full.")
        case .inodesLow:
            Entry(
                .broken, "The disk of the buffer takes no more files",
                "There is room and there are no inodes: many small files lie somewhere.",
                fix: "df -i, then look where: du --inodes -x / | sort -n | tail", hides: [.bufferRefuses])
        case .bufferRefuses:
            Entry(
                .broken, "Scans are not saved", "Whoever scans is told so; what was saved before is safe.",
                fix: "docs/how-to/when-scans-are-refused.md has each reason; edge-agent buffer shows the room.",
                hides: Self.filled)
        case .bufferFills:
            Entry(
                .warning, "The buffer fills up", "It is emptied only by what the centre acknowledges.",
                fix: "Look at the road to the centre; [buffer] budget-mib gives it more room.")
        case .bufferAside:
            Entry(
                .warning, "A damaged buffer was set aside", "Records may be in it that the centre does not have.",
                fix: "edge-agent buffer salvage FILE shows what can be read; with --apply, while the agent is stopped, "
                    + "it is sent. Then remove the file.")
        case .secretUnreadable:
            Entry(
                .broken, "A secret cannot be read", "Whoever needs it is not let in.",
                fix: "Put it into /etc/credstore/NAME (mode 0600, root's), name it credential:NAME, and have "
                    + "LoadCredential=NAME in the service.",
                hides: [.brokerRefuses, .exchangeRefuses, .readerFails], isAboutItsSubject: true)
        case .secretUnseen:
            Entry(
                .note, "A secret was not looked at", "Only root and the service may see it.",
                fix: "Ask as root: sudo edge-agent doctor.", hides: [.brokerRefuses, .exchangeRefuses],
                isAboutItsSubject: true)
        case .certificateUnreadable:
            Entry(
                .broken, "A certificate cannot be read", "No line with TLS is made with it.",
                fix: "Look at the path, and that the service may read it: PEM, mode 0644 for certificates.",
                hides: Self.broker + Self.centre)
        case .certificateEnded:
            Entry(
                .broken, "A certificate has ended", "Whoever checks it refuses it.",
                fix: "Renew it and put the new one in its place, then: systemctl restart edge-agent.",
                hides: Self.broker + Self.centre + [.certificateEnds])
        case .certificateEnds:
            Entry(
                .warning, "A certificate ends within 30 days", "After that whoever checks it refuses it.",
                fix: "Renew it and put the new one in its place, then: systemctl restart edge-agent.")
        case .updateFailed:
            Entry(
                .warning, "A version that the centre asked for did not come",
                "The version that runs stays; nothing was lost.",
                fix:
                    "As the sentence says: docs/how-to/roll-out.md has each code. What apt said: /var/lib/quai-update/last.log."
            )
        case .updateWaits:
            Entry(
                .warning, "The centre's request for a version lies there, and nobody takes it",
                "[update] by-centre lets the centre ask; what installs is not enabled.",
                fix: "systemctl enable --now edge-agent-update.path, or by-centre = false under [update].")
        case .stopped:
            Entry(
                .broken, "The agent does not run", "Nothing is read on this machine.",
                fix: "systemctl enable --now edge-agent, and journalctl -u edge-agent -n 50 if it does not stay.")
        case .unasked:
            Entry(
                .warning, "The running agent was not asked",
                "Its readers and its way to the centre were not looked at.",
                fix: "Ask as root: sudo edge-agent doctor.",
                hides: Self.unseen)
        case .brokerUnreachable:
            Entry(
                .broken, "The broker cannot be reached", "What is read waits here; nothing is lost.",
                fix: "Is its machine up, does the name lead to it, is the port open? ping, nc -vz HOST PORT; "
                    + "[uplink] broker names it.",
                hides: Self.centre)
        case .brokerTLS:
            Entry(
                .broken, "The broker's certificate is not believed", "What is read waits here; nothing is lost.",
                fix: "[uplink] authority is the file of who signed it; the name in broker must stand in it; the clocks "
                    + "of both must be right. Was the centre's authority replaced while this gateway was away: invite it there again, "
                    + "and edge-agent join --again.",
                hides: Self.centre)
        case .brokerRefuses:
            Entry(
                .broken, "The broker refuses this agent",
                "It answers, and does not take user, password or certificate.",
                fix:
                    "Compare [uplink] user and password with the broker's password_file; journalctl -u mosquitto there "
                    + "says why.",
                hides: Self.centre)
        case .brokerDenies:
            Entry(
                .broken, "The broker's access list keeps this agent out",
                "It lets it in, and drops what it says or does not give it what it reads.",
                fix: "The agent's name must be its user at the broker, and the access list the packaged quai.acl; then "
                    + "there: systemctl reload mosquitto",
                hides: Self.centre)
        case .brokerOlder:
            Entry(
                .note, "The broker speaks MQTT 3.1.1 alone",
                "Everything works; calls and commands that are too old are dropped here and not by the broker, and that nobody "
                    + "hears is told by the centre's presence alone.",
                fix: "Nothing has to be done. What a broker honours: edge-sim broker URL, docs/reference/brokers.md.")
        case .centreAway:
            Entry(
                .warning, "The centre is not there", "The broker answers. What is read waits here; nothing is lost.",
                fix: "On the centre's machine: edge-ingest doctor. If it is well, both must name the same broker.",
                hides: [.centreSilent] + Self.filled)
        case .centreSilent:
            Entry(
                .warning, "The centre does not acknowledge", "What is read waits here; nothing is lost.",
                fix: "On the centre's machine: edge-ingest doctor, journalctl -u edge-ingest.", hides: Self.filled)
        case .centreRefuses:
            Entry(
                .broken, "The centre does not take what this agent says",
                "Another machine has its name, or its buffer was put back from a copy.",
                fix: "As the sentence says. Each machine needs an agent name of its own at the top of agent.toml.",
                hides: Self.centre + Self.filled)
        case .centreVersion:
            Entry(
                .warning, "The centre has another version", "Both ends are tested together in one version.",
                fix: "Install the same version on both.")
        case .readerNone:
            Entry(
                .warning, "There is no reader", "Nothing is plugged in that looks like one, and none is configured.",
                fix: "Plug it in and switch it on; edge-agent devices shows what was seen; lsusb what the machine sees."
            )
        case .readerDenied:
            Entry(
                .broken, "A device is there and may not be opened", "The agent lacks the right to its file.",
                fix:
                    "Install the rules: edge-agent rules | sudo tee /etc/udev/rules.d/60-quai.rules, then sudo udevadm "
                    + "control --reload, and plug it in again. A line that is configured may need the group dialout.")
        case .readerHeld:
            Entry(
                .broken, "Another program has a device", "Two programs on one line would each hear half of it.",
                fix: "End the program that is named. ModemManager: edge-agent rules --config FILE keeps it away.")
        case .readerMissing:
            Entry(
                .warning, "A device is not there", "It is not plugged in, switched off, or at another address.",
                fix: "Cable, power, address. A USB device: lsusb. A network one: ping HOST.")
        case .readerFails:
            Entry(
                .broken, "A device does not work", "It answers, and not as it should.",
                fix: "As the sentence says; edge-agent capture DEVICE FILE records it for whoever helps.")
        case .readerSilent:
            Entry(
                .broken, "A reader does not answer", "The line is open and nothing that can be understood comes.",
                fix: "Power; baud and framing of the line as in its manual; the right driver; A and B of RS-485.")
        case .readerWaits:
            Entry(
                .warning, "A device waits for a yes",
                "It looks like a reader, and is not taken without somebody's word.",
                fix: "edge-agent devices --accept NAME")
        case .readerUnknown:
            Entry(
                .warning, "A device is not recognised", "Nothing it says is known.",
                fix:
                    "edge-agent devices --accept NAME --driver DRIVER where you know it; edge-agent probe PORT asks it."
            )
        case .readerNoise:
            Entry(
                .warning, "A line carries noise", "Most of what comes belongs to no frame.",
                fix: "baud and framing as in the manual; a shielded cable away from motors; a common ground.")
        case .readerCountry:
            Entry(
                .broken, "A reader may not transmit", "Nobody has said in which country it stands.",
                fix: #"Write country = "FR" (your own) at the top of agent.toml, then: systemctl reload edge-agent."#)
        case .readerRemark:
            Entry(.note, "A device works, with a remark", "It reads.", fix: "As the sentence says.")
        case .readerExperimental:
            Entry(
                .note, "Drivers are experimental", "They were never tried with captures of the real devices.",
                fix: "Compare what they read with what is there; edge-agent capture DEVICE FILE --blind helps us.")
        case .exchangeUnreachable:
            Entry(
                .broken, "The exchange cannot be reached", "Calls are not shown.",
                fix: "Is it up, is its manager port open to this machine? nc -vz HOST PORT; address in [phone.NAME].")
        case .exchangeRefuses:
            Entry(
                .broken, "The exchange refuses the login", "Calls are not shown.",
                fix:
                    "Compare user and secret in [phone.NAME] with the exchange (Asterisk: manager.conf, its permit line "
                    + "too), then reload it there.",
                hides: [.exchangeSilent], isAboutItsSubject: true)
        case .exchangeSilent:
            Entry(
                .broken, "The exchange does not answer",
                "Something listens there, and speaks another protocol or not at all.",
                fix: "driver and port in [phone.NAME]: Asterisk's manager 5038, FreeSWITCH's event socket 8021.")
        case .exchangeRights:
            Entry(
                .warning, "The exchange's account lacks a right", "Calls are shown; something else does not work.",
                fix: "Give the right that is named (Asterisk: read and write in manager.conf), then reload it there.")
        case .exchangeDoubt:
            Entry(
                .note, "Calls may be missing", "The line to the exchange was down for a while.",
                fix: "Look into the exchange's own list of calls for that time.")
        }
    }
}
