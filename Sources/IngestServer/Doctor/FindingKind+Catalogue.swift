import Model

extension FindingKind {
    private static let gateways: [FindingKind] = [
        .gatewayNone, .gatewayNever, .gatewaySilent, .gatewayAlarm, .gatewayBuffer, .gatewayVersion, .gatewayAuthority,
    ]
    private static let broker: [FindingKind] = [.brokerUnreachable, .brokerRefuses, .brokerDenies]
    /// What only asking shows.
    static let ofConnections: Set<FindingKind> = [
        .brokerUnreachable, .brokerRefuses, .brokerDenies, .erpUnreachable, .erpRefuses, .erpRights,
        .otherUnreachable, .providerAway, .providerWrong, .providerClock,
    ]
    private static let unheard: [FindingKind] = [.gatewayNone, .gatewayNever, .gatewaySilent]

    /// What an agent has, too, is called the same.
    private func title(_ kind: AgentFindingKind) -> String { kind.entry.title }

    var entry: Entry {
        switch self {
        case .configurationBroken:
            Entry(
                .broken, title(.configurationBroken),
                "Nothing starts with it. Only the clock and the disk were looked at besides.",
                fix: "Put right what is named with file and line; edge-ingest check shows the same lines.",
                hides: FindingKind.allCases.filter { ![.configurationBroken, .clockUnset, .diskFull].contains($0) })
        case .configurationDoubtful:
            Entry(
                .warning, title(.configurationDoubtful),
                "It works, and others on the network may read or do more than they should.",
                fix: "As the sentence says; docs/reference/configuration.md has every key.")
        case .clockUnset:
            Entry(
                .broken, title(.clockUnset),
                "Times of calls and deliveries, certificates and the age of what gateways said cannot be trusted.",
                fix: "timedatectl set-ntp true, and look with: timedatectl timesync-status",
                hides: [.certificateEnded, .certificateEnds, .gatewaySilent, .gatewayAlarm, .providerClock])
        case .diskFull:
            Entry(
                .broken, "The disk of the database is full",
                "What agents send is not taken; they keep it until there is room.",
                fix: "Make room, or give the file system more: journalctl --vacuum-size=200M, old copies in backup/.",
                hides: [.centreStopped, .diskLow])
        case .diskLow:
            Entry(
                .warning, "The disk of the database fills up", "At the end nothing is taken any more.",
                fix: "Make room before it is full; [calls] retention-days and backup --keep say what is kept.")
        case .storageMissing:
            Entry(
                .warning, "There is no database yet", "The centre never ran with this configuration.",
                fix: "systemctl enable --now edge-ingest; if it did run, look at state in the configuration.",
                hides: Self.gateways + [.centreStopped, .deadLetters, .erpDead])
        case .storageClosed:
            Entry(
                .broken, "The database is there and cannot be opened",
                "Whoever the centre runs as, or whoever asks, lacks a right to it or to a folder above it.",
                fix: "Ask as root: sudo edge-ingest doctor. If that says the same, give the files back as it says.",
                hides: Self.gateways + [.centreStopped, .deadLetters, .erpDead])
        case .storageUnreachable:
            Entry(
                .broken, "The database's server does not let the centre in",
                "PostgreSQL is away, too old, refuses the user, or its database is none of UTF-8.",
                fix:
                    "Do what the sentence says: psql with [store] url tells the same; then systemctl restart edge-ingest.",
                hides: Self.gateways + [.centreStopped, .deadLetters, .erpDead])
        case .storageNewer:
            Entry(
                .broken, "The database was written by a newer version",
                "This version does not begin with it, so that it spoils nothing.",
                fix: "Install the newer version again, or restore a copy from before: edge-ingest restore FILE.",
                hides: Self.gateways + [.centreStopped, .deadLetters, .erpDead])
        case .storageOlder:
            Entry(
                .warning, "The database has the form of an older version",
                "The centre did not start since this version was installed.",
                fix: "systemctl restart edge-ingest, and journalctl -u edge-ingest if it does not.",
                hides: Self.gateways + [.deadLetters, .erpDead])
        case .storageDamaged:
            Entry(
                .broken, "The database is damaged", "SQLite cannot read it: a bad disk, or a copy made by hand.",
                fix: "Stop the centre, keep the files, and put the last copy back: edge-ingest restore FILE.",
                hides: Self.gateways + [.centreStopped, .deadLetters, .erpDead])
        case .secretUnreadable:
            Entry(
                .broken, title(.secretUnreadable), "Whoever needs it is not let in.",
                fix:
                    "Put it into /etc/credstore/NAME (mode 0600, root's) and name it credential:NAME; systemd gives it "
                    + "to the service by LoadCredential=NAME.",
                hides: Self.broker + [.erpUnreachable, .erpRefuses], isAboutItsSubject: true)
        case .secretOthers:
            Entry(
                .broken, "A secret's file is not the service's",
                "The file belongs to somebody else than the state, and the service cannot open it.",
                fix:
                    "Put it into /etc/credstore/NAME and name it credential:NAME, or give the file to the service's user.",
                hides: Self.broker + [.erpUnreachable, .erpRefuses], isAboutItsSubject: true)
        case .secretUnseen:
            Entry(
                .note, title(.secretUnseen), "Only root and the service may see it.",
                fix: "Ask as root: sudo edge-ingest doctor.", hides: [.brokerRefuses, .erpRefuses],
                isAboutItsSubject: true)
        case .certificateUnreadable:
            Entry(
                .broken, title(.certificateUnreadable), "No line with TLS is made with it.",
                fix:
                    "Look at the path, and that the service may read it: PEM, mode 0644 for certificates, 0600 for keys.",
                hides: Self.broker + [.erpUnreachable, .certificateRefused], isAboutItsSubject: true)
        case .certificateEnded:
            Entry(
                .broken, title(.certificateEnded), "Whoever checks it refuses it.",
                fix:
                    "Renew it and put the new one in its place; then: systemctl reload edge-ingest, and restart it for the ERP's.",
                hides: Self.broker + [.erpUnreachable, .certificateEnds], isAboutItsSubject: true)
        case .certificateEnds:
            Entry(
                .warning, title(.certificateEnds), "After that whoever checks it refuses it.",
                fix:
                    "Renew it and put the new one in its place; then: systemctl reload edge-ingest, and restart it for the ERP's."
            )
        case .authorityEnds:
            Entry(
                .warning, "The site's authority ends within a year",
                "No certificate lives longer than it; at its end gateways and pages are believed no more.",
                fix: "sudo edge-ingest authority rotate; see docs/how-to/replace-the-authority.md",
                hides: [.certificateEnds], isAboutItsSubject: true)
        case .authorityOverlap:
            Entry(
                .note, "The site's authority is being replaced",
                "Both are believed, and gateways come over by themselves.",
                fix: "edge-ingest authority says who is missing; when all have come: sudo edge-ingest authority finish")
        case .authorityLate:
            Entry(
                .warning, "The site's authority is not replaced yet",
                "It was interrupted, or has stood for a month: the former one is believed for longer than is good.",
                fix:
                    "edge-ingest authority says how far it is; go on with rotate or finish, or take it back with abandon.",
                hides: [.authorityOverlap])
        case .certificateRefused:
            Entry(
                .broken, "The pages' certificate is not taken",
                "A centre that runs goes on with the former one; it does not start with this one.",
                fix: "Put both files right, certificate and key; it is taken by itself within 20 seconds.",
                isAboutItsSubject: true)
        case .pagesElsewhere:
            Entry(
                .warning, "The pages' socket unit listens elsewhere than the configuration says",
                "Whoever goes where [http] says finds nobody: what the unit gives is served.",
                fix:
                    "Put the same address into ListenStream= of edge-ingest.socket and into [http] address and port; then "
                    + "systemctl daemon-reload, and systemctl restart edge-ingest.socket edge-ingest")
        case .centreStopped:
            Entry(
                .broken, "The centre does not run", "Nobody has its database open. Gateways keep what they read.",
                fix: "systemctl start edge-ingest, and journalctl -u edge-ingest -n 50 if it does not.",
                hides: Self.unheard)
        case .centreAlone:
            Entry(
                .warning, "No other centre stands by",
                "Another did within the last seven days. If this one ends, nobody takes over.",
                fix:
                    "Start it again: systemctl start edge-ingest there. Taken away for good, it is forgotten after seven days."
            )
        case .centreBroker:
            Entry(
                .warning, "A centre does not reach the broker that another reaches",
                "One that works without it gives its place up; one that stands by without it takes over last.",
                fix:
                    "On its machine: edge-ingest doctor; then the network from there to [broker] url, and its user, certificate and access list."
            )
        case .brokerUnreachable:
            Entry(
                .broken, title(.brokerUnreachable), "Nothing comes from any gateway.",
                fix:
                    "Look whether it runs and listens there (systemctl status mosquitto, ss -ltn), and at [broker] url.",
                hides: Self.unheard + [.centreBroker])
        case .brokerRefuses:
            Entry(
                .broken, "The broker refuses the centre",
                "It answers, and does not take user, password or certificate.",
                fix:
                    "Compare [broker] user and password with the broker's password_file; journalctl -u mosquitto says why.",
                hides: Self.unheard + [.centreBroker])
        case .brokerDenies:
            Entry(
                .broken, "The broker's access list keeps the centre out",
                "It lets the centre in, and drops what it writes or does not give it what it reads.",
                fix:
                    "Give its user all of quai/1/# in the access list (topic readwrite quai/1/#, as in the packaged quai.acl), "
                    + "then: systemctl reload mosquitto",
                hides: Self.unheard)
        case .brokerOlder:
            Entry(
                .note, "The broker speaks MQTT 3.1.1 alone",
                "Everything works; what is too old is dropped at the ends and not by the broker, and events of the ledger come "
                    + "without their content type.",
                fix: "Nothing has to be done. What a broker honours: edge-sim broker URL, docs/reference/brokers.md.")
        case .gatewayNone:
            Entry(
                .warning, "No gateway has ever come", "Nothing can be read at any dock.",
                fix:
                    "On a depot machine: edge-agent check, then systemctl enable --now edge-agent; its broker is the centre's."
            )
        case .gatewayNever:
            Entry(
                .warning, "A gateway that is expected never came", "It was added here, and nothing was heard of it.",
                fix: "On that machine: edge-agent check, journalctl -u edge-agent; its name must be as it was added.",
                hides: [.gatewayNone])
        case .gatewaySilent:
            Entry(
                .warning, "A gateway is silent", "What its readers scan waits there. Nothing is lost meanwhile.",
                fix:
                    "Look whether the machine and its network are up; on it: systemctl status edge-agent, edge-agent buffer.",
                hides: [.gatewayBuffer], isAboutItsSubject: true)
        case .gatewayAlarm:
            Entry(
                .warning, "A gateway has an alarm", "The centre does not take all that it says.",
                fix: "As the sentence says; edge-ingest agent list shows what is known of it.")
        case .gatewayBuffer:
            Entry(
                .broken, "A gateway does not save scans", "Its buffer or its disk takes nothing any more.",
                fix: "On that machine: edge-agent buffer; docs/how-to/when-scans-are-refused.md.")
        case .gatewayVersion:
            Entry(
                .warning, "A gateway has another version", "Both ends are tested together in one version.",
                fix: "Install the same version on both.")
        case .gatewayAuthority:
            Entry(
                .warning, "A gateway carries a certificate of a former authority",
                "It was away while the authority was replaced; the broker does not let it in.",
                fix: "edge-ingest agent invite NAME, then at the gateway: sudo edge-agent join --again with the line",
                hides: [.gatewaySilent], isAboutItsSubject: true)
        case .rolloutStopped:
            Entry(
                .warning, "A roll-out of a version has stopped by itself",
                "No other gateway is asked to take it. Those that have it go on with it.",
                fix: "edge-ingest rollout status names the gateways and why. Then rollout resume, back or abandon: "
                    + "docs/how-to/roll-out.md.")
        case .deadLetters:
            Entry(
                .warning, "Records could not be applied", "They are kept, and have no effect.",
                fix: "edge-ingest dead-letters shows each with its reason.")
        case .erpUnreachable:
            Entry(
                .warning, "The ERP cannot be reached", "Nothing is lost: what it has to be told waits.",
                fix: "Look at [erp] url, the network and the server; the same request by hand: curl -I URL",
                hides: [.erpRights])
        case .erpRefuses:
            Entry(
                .broken, "The ERP refuses the centre", "What it has to be told waits until it lets the centre in.",
                fix: "Put the right password or key into the same place; no restart is needed.", hides: [.erpRights])
        case .erpRights:
            Entry(
                .warning, "The ERP's user lacks something", "What it is needed for does not work.",
                fix: "Give the right, or install the module, in the ERP; then Retry on the page ERP.")
        case .erpDead:
            Entry(
                .warning, "Pushes to the ERP wait for a person", "The ERP did not take them, and says why.",
                fix: "The page ERP shows each with the ERP's own sentence and what can be done.")
        case .providerAway:
            Entry(
                .warning, "A provider of sign-ins cannot be reached",
                "Whoever signs in by it waits; who has a password here signs in with that.",
                fix: "Look at issuer, allow and authority in [sign-in.NAME], the network and the provider.",
                isAboutItsSubject: true)
        case .providerWrong:
            Entry(
                .broken, "A provider of sign-ins is not what is configured", "Nobody signs in by it.",
                fix:
                    "Put issuer as the provider's own document says it, letter for letter: docs/how-to/sign-in-with.md.",
                isAboutItsSubject: true)
        case .providerClock:
            Entry(
                .warning, "A provider of sign-ins has another time than this machine",
                "Beyond two minutes its tokens are refused.",
                fix: "timedatectl timesync-status shows this machine's clock; the provider's needs NTP as well.")
        case .providerRole:
            Entry(
                .broken, "A provider's groups give a role that is not there",
                "Whoever is in such a group is not let in.",
                fix: "Make the role on the page Audit, or correct [sign-in.NAME.groups].", isAboutItsSubject: true)
        case .otherUnreachable:
            Entry(
                .warning, "Somebody whom the configuration names cannot be reached",
                "What is told there waits, or reaches nobody.",
                fix: "Look at the address in that section, its authority, the network and the server.",
                hides: [.epcisLate], isAboutItsSubject: true)
        case .webhookOff:
            Entry(
                .warning, "A webhook is told nothing more", "Its receiver does not hear what happens.",
                fix: "Put right what is said; then: edge-ingest webhook enable ID, or key ID where its keys are lost.",
                hides: [.webhookDead], isAboutItsSubject: true)
        case .webhookDead:
            Entry(
                .warning, "A webhook did not take events", "They were given up after the last try.",
                fix:
                    "edge-ingest webhook dead ID shows them; when the receiver answers: edge-ingest webhook replay ID --dead"
            )
        case .epcisLate:
            Entry(
                .warning, "The EPCIS repository takes nothing", "Nothing is lost: what it has to be told waits.",
                fix: "Look at [epcis] url, secret and authority, and at the server; the journal has what it answered.")
        case .epcisDead:
            Entry(
                .warning, "The EPCIS repository refused events", "It does not have them, and says why.",
                fix: "edge-ingest epcis shows each with its sentence; when it is put right: edge-ingest epcis retry")
        case .channelDead:
            Entry(
                .warning, "Somebody is not told by a channel of theirs",
                "What waited for it was given up; it is in their inbox.",
                fix:
                    "As the sentence says: [channel.KIND] in ingest.toml, or the address in the person's own preferences; then its button Test."
            )
        case .exchangeFolder:
            Entry(
                .warning, "A folder of the exchange cannot be used", "Files are neither read nor written there.",
                fix: "As the sentence says: make it, or give it to the service's user.")
        case .archiveLost:
            Entry(
                .warning, "A file of archived records is missing, or another one",
                "The database says what it has, and has those records no more.",
                fix: "Put it back from a copy of the folder; edge-ingest archive verify reads all of them.")
        case .backupOld:
            Entry(
                .warning, "The last copy of the database is old", "If the disk dies, all since then is gone.",
                fix: "systemctl status edge-ingest-backup.timer edge-ingest-backup.service; by hand: edge-ingest backup"
            )
        case .backupNone:
            Entry(
                .note, "No copy of the database lies beside it", "Copies that go elsewhere are not looked for.",
                fix:
                    "systemctl enable --now edge-ingest-backup.timer; docs/how-to/back-up.md tells how they go elsewhere."
            )
        }
    }
}
