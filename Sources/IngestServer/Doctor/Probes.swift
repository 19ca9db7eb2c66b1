import Broker
import Certificates
import Curl
import Depot
import ERP
import Glibc
import Model
import Platform
import SQLite
import Settings

/// Looks at everything, and judges nothing: what is wrong says `Picture`.
enum Probes {
    /// `isLocal`: nothing but this machine's own files.
    static func picture(_ file: String?, isLocal: Bool) async -> Picture {
        var picture = Picture(now: Clocks.wall, version: IngestServer.version)
        picture.clockIsSet = Clocks.isSynchronised
        let configuration: IngestConfiguration
        do { configuration = try IngestConfiguration.load(file) } catch {
            picture.mistakes =
                (error as? Problems)?.list.map(\.description) ?? ["\(file ?? "the configuration"): \(error)"]
            picture.disk = disk(IngestConfiguration().state)
            return picture
        }
        look(configuration, into: &picture)
        guard !isLocal else { return picture }
        picture.broker = broker(configuration)
        if let erp = configuration.erp { picture.erp = await ask(erp) }
        picture.unreached = unreached(configuration)
        for (index, settings) in configuration.signIn.providers.enumerated() {
            picture.providers[index] = await look(settings, picture.providers[index])
        }
        return picture
    }

    /// For the centre that runs with this configuration: what doctor sees without asking anybody.
    static func running(_ configuration: IngestConfiguration, _ broker: Picture.Broker) -> Picture {
        var picture = Picture(now: Clocks.wall, version: IngestServer.version)
        picture.clockIsSet = Clocks.isSynchronised
        // Who asks is who has it open. It must not look for another: closing what was opened to look gives away this process's locks.
        picture.isRunning = true
        look(configuration, into: &picture)
        picture.broker = broker
        return picture
    }

    /// This machine's own files.
    private static func look(_ configuration: IngestConfiguration, into picture: inout Picture) {
        picture.folders = configuration.exchange?.problems ?? []
        picture.warnings = configuration.warnings.filter { !picture.folders.contains($0) }
        picture.disk = disk(configuration.state)
        picture.secrets = secrets(configuration)
        picture.certificates = certificates(configuration)
        picture.providers = configuration.signIn.providers.map { .init(subject: "[sign-in.\($0.name)]") }
        picture.pageCertificate = pageTrouble(configuration)
        picture.elsewhere = SocketUnit.here.disagreement(configuration.address, configuration.port)
        read(configuration, into: &picture)
        picture.brokerAddress = configuration.broker
        picture.isServer = Store.isServer(configuration.database)
        guard !picture.isServer else { return }
        let copies = BackupFolder(path: "\(configuration.state)/backup", instance: configuration.instance)
        picture.lastCopy = copies.newest(among: Files.list(copies.path))
    }

    // MARK: the disk and the database

    private static func disk(_ path: String) -> Picture.Disk? {
        DiskRoom(of: path).map { Picture.Disk(path: $0.path, free: $0.free, size: $0.size) }
    }

    private static func read(_ configuration: IngestConfiguration, into picture: inout Picture) {
        let path = configuration.database
        if !Store.isServer(path) {
            if let why = StorageLook.closed(path) {
                picture.storage = .closed(why)
                return
            }
            guard Files.exists(path) else {
                picture.storage = .missing(path)
                return
            }
        }
        // Before anything is opened here: see there.
        if picture.isRunning == nil { picture.isRunning = Backup.isHeld(path) }
        let opened = Result { try Store(reading: path) }
        if case .failure(let error) = opened, Store.isServer(path) {
            picture.storage = .unreachable("\((error as? SQLiteError)?.message ?? "\(error)")")
            return
        }
        do {
            let store = try opened.get()
            let form = try store.form()
            guard form > 0 || !Store.isServer(path) else {
                picture.storage = .missing(configuration.databaseName)
                return
            }
            picture.storage = .form(form, newest: Store.newestForm)
            picture.centres = try store.centres()
            picture.given = try store.givenPlaces()
            guard form == Store.newestForm else { return }
            picture.gateways = try store.gateways.rows().map(Picture.Gateway.init)
            picture.expected = try store.gateways.grants().filter { $0.state == .confirmed }.map(\.name)
            if let rollout = try store.rollouts.last()?.rollout, rollout.state == .stopped {
                picture.rollout = (rollout.plan.version, rollout.reasons.map(\.words))
            }
            picture.certificates += agents(try store.enrolment.given())
            picture.authority = configuration.enrolment.flatMap { replacement($0.authority, store, at: picture.now) }
            let letters = try store.records.deadLetters(limit: 1000)
            picture.deadLetters = Picture.DeadLetters(
                count: letters.count,
                codes: Dictionary(letters.map { ($0["code"]?.text ?? "?", 1) }, uniquingKeysWith: +))
            picture.archive = archive(configuration, try store.archive.files())
            picture.deadPushes = try store.jobs.jobCounts()["dead"] ?? 0
            if configuration.epcis?.url != nil {
                picture.epcis = Picture.Repository(
                    waiting: try [.waiting, .sent, .begun].compactMap { try store.epcis.rows($0, limit: 1).first?.told }
                        .min(), dead: try store.epcis.counts()["dead"] ?? 0)
            }
            let roles = Set(try store.roles.all().map(\.name))
            for (index, settings) in configuration.signIn.providers.enumerated() {
                picture.providers[index].missing = settings.roles.subtracting(roles).sorted()
            }
            picture.webhooks = try store.webhooks.rows().map { hook in
                Picture.Hook(
                    id: hook.id, trouble: trouble(of: hook), dead: try store.webhooks.standing(hook).dead)
            }
            picture.channels = try store.channels.broken().map {
                Picture.Way(name: $0.name, kind: $0.kind, sentence: $0.sentence)
            }
        } catch { picture.storage = .damaged("\(error)") }
    }

    /// By their sizes: reading all of them takes long, and `archive verify` does.
    private static func archive(_ configuration: IngestConfiguration, _ files: [ArchiveTable.File]) -> [String] {
        let folder = configuration.archive.folder(state: configuration.state)
        // Where whoever asks may not look nothing is said.
        guard access(folder.path, X_OK) == 0 || errno == ENOENT else { return [] }
        return files.compactMap { file in
            let path = folder.place(file.name)
            guard let size = FileLook(path)?.size else {
                // It may be on its way to its name.
                return file.emptied == nil && Files.exists(folder.part(file.name)) ? nil : "\(path) is not there"
            }
            return size == file.bytes ? nil : "\(path) has \(size) bytes, and not \(file.bytes)"
        }
    }

    private static func trouble(of hook: Webhook) -> String? {
        switch hook.why {
        case .gone: "it answered 410: it wants nothing more"
        case .backlog: "too much waited for it"
        case .key: "its keys were made of another secret than this centre has"
        case .person, nil: nil
        }
    }

    // MARK: secrets and certificates

    /// Where root finds a secret that only the running service was given, such as an encrypted one; as it is where there is none.
    static func readable(_ reference: String) -> String {
        guard reference.hasPrefix("credential:"), (try? Files.secret(reference)) == nil else { return reference }
        let path = "/run/credentials/edge-ingest.service/\(reference.dropFirst(11))"
        return access(path, R_OK) == 0 ? "file:\(path)" : reference
    }

    static func secrets(_ configuration: IngestConfiguration) -> [Picture.Secret] {
        var named = configuration.password.map { [("[broker]", $0)] } ?? []
        if let erp = configuration.erp { named.append(("[erp]", erp.secret)) }
        named += configuration.signIn.providers.compactMap { one in one.secret.map { ("[sign-in.\(one.name)]", $0) } }
        named += configuration.feeds.sorted { $0.key < $1.key }.map { ("[feed.\($0.key)]", $0.value.secret) }
        if let reference = configuration.webhooks.reference(state: configuration.state) {
            named.append(("[webhooks]", reference))
        }
        if let secret = configuration.epcis?.secret { named.append(("[epcis]", secret)) }
        if let secret = configuration.tracing?.secret { named.append(("[tracing]", secret)) }
        named += configuration.channels.references(state: configuration.state).map { ($0.section, $0.reference) }
        let mayLook = geteuid() == 0 || getenv("CREDENTIALS_DIRECTORY") != nil
        return named.map { subject, reference in
            var secret = Picture.Secret(subject: subject, mayLook: mayLook)
            do { _ = try Files.secret(readable(reference)) } catch { secret.problem = "\(error)" }
            if reference.hasPrefix("file:") {
                secret.stranger = StorageLook.stranger(String(reference.dropFirst(5)), state: configuration.state)
            }
            return secret
        }
    }

    /// Nil where it is good, where there is none, and where whoever asks may not look.
    private static func pageTrouble(_ configuration: IngestConfiguration) -> String? {
        guard var files = configuration.pages else { return nil }
        files.key = readable(files.key)
        do throws(CertificatePair.Refusal) { _ = try CertificatePair(files, try files.read()) } catch {
            return geteuid() == 0 || getenv("CREDENTIALS_DIRECTORY") != nil ? error.text : nil
        }
        return nil
    }

    /// The newest of each agent that is not revoked: it is renewed at two thirds of its life, so that one near its end says that this fails.
    static func agents(_ given: [EnrolmentTable.Given]) -> [Picture.Certificate] {
        var seen: Set<String> = []
        return given.filter { $0.revoked == nil && seen.insert($0.agent).inserted }.map {
            Picture.Certificate(subject: "agent \($0.agent)", path: "the certificate it was given", ends: $0.ends)
        }
    }

    /// Nil where whoever asks may not read the key, or where it is not whole, which is told of its certificate.
    static func replacement(_ path: String, _ store: Store, at now: Int64) -> Picture.Replacement? {
        let site = AuthoritySite(
            rotation: AuthorityRotation(folder: AuthorityFolder(path: path)), store: store, desk: EnrolmentDesk(store),
            days: AuthorityRotation.usualDays, now: now)
        guard let view = try? site.view() else { return nil }
        let missing = view.waiting + view.lost
        return Picture.Replacement(
            path: site.rotation.folder.certificate, ends: view.winner.end, stage: view.stage, since: view.since,
            carry: view.carriers.count - missing.count, gateways: view.carriers.count, missing: missing.map(\.agent),
            former: view.stage == .none ? view.carriers.filter { $0.isCutOff(by: view.winner) }.map(\.agent) : [])
    }

    static func certificates(_ configuration: IngestConfiguration) -> [Picture.Certificate] {
        let own = SetupPlace().broker("broker.crt")
        var named = [
            ("[broker]", configuration.authority, true), ("[broker]", configuration.certificate, false),
            ("[erp]", configuration.erp?.authority, true), ("[http]", configuration.pages?.certificate, false),
            ("[http]", configuration.pages?.authority, true),
            ("[enrolment]", configuration.enrolment.map { AuthorityFolder(path: $0.authority).certificate }, true),
            // The broker's own, where setup made it: run again, setup makes it anew.
            ("the broker's", configuration.enrolment == nil || !Files.exists(own) ? nil : own, false),
        ]
        named += configuration.signIn.providers.map { ("[sign-in.\($0.name)]", $0.authority, true) }
        return named.compactMap { subject, path, isAuthority in
            guard let path else { return nil }
            var certificate = Picture.Certificate(subject: subject, path: path, isAuthority: isAuthority)
            (certificate.ends, certificate.problem) = CertificateEnd.look(path, isAuthority: isAuthority)
            return certificate
        }
    }

    // MARK: the network

    /// Signs in under another name, and says something to itself, below the centre's presence, where no agent listens.
    static func broker(_ configuration: IngestConfiguration) -> Picture.Broker {
        var random = SystemRandomNumberGenerator()
        let name = Hex.word(random.next())
        guard var options = BrokerOptions(url: configuration.broker, clientID: "quai-ingest-doctor-\(name)") else {
            return .unreachable("this is no address of a broker")
        }
        options.user = configuration.user
        options.password = configuration.password.flatMap { try? Files.secret(readable($0)) }
        (options.authority, options.certificate, options.key) = (
            configuration.authority, configuration.certificate, configuration.key
        )
        let link = BrokerLink(options: options, now: Clocks.now, seed: random.next())
        defer { link.disconnect() }
        let topic = "\(Topic.presence)/\(configuration.instance)/doctor-\(name)"
        var sent: Int32?
        var end = Clocks.now + .seconds(20)
        while Clocks.now < end {
            for event in link.turn(atMost: 200) {
                switch event {
                case .up:
                    link.subscribe([topic])
                    sent = link.publish(topic, [])
                    end = Clocks.now + .seconds(4)
                case .down(let reason, let refused): return refused ? .refused(reason) : .unreachable(reason)
                case .message(topic, _): return link.isOlder ? .older : .good
                // From 128 on it is a refusal (MQTT 5.0, 2.4); others say that nobody is subscribed, or that it is taken.
                case .published(let id, let reason) where id == sent && reason >= 128:
                    return .denied("it does not take what is written below \(Topic.presence) (reason \(reason))")
                case .unsubscribed(let reason):
                    return .denied("it does not give what is written below \(Topic.presence) (reason \(reason))")
                case .message, .published: break
                }
            }
        }
        return sent == nil
            ? .unreachable("it does not answer")
            : .denied("what was written below \(Topic.presence) was not given back to who reads it")
    }

    /// Its document and its keys, and what time it is there.
    private static func look(_ settings: OpenIDSettings, _ known: Picture.Provider) async -> Picture.Provider {
        let link = OpenIDLink(settings)
        var seen = known
        do throws(OpenIDFault) { try await link.look() } catch {
            seen.trouble = error.kind == .away ? .away(error.detail) : .wrong(error.detail)
        }
        seen.ahead = await link.ahead
        return seen
    }

    private static func ask(_ settings: ERPSettings) async -> Picture.ERPAnswer {
        var settings = settings
        settings.secret = readable(settings.secret)
        let http = CurlWire(url: settings.url, authority: settings.authority)
        do {
            let connector = try settings.connector { request throws(ERPFault) in try await http.send(request) }
            return .good(remarks: try await connector.probe().remarks)
        } catch let fault as ERPFault {
            switch fault.kind {
            case .credentials: return .refused(fault.sentence)
            case .right, .unsupported, .rule, .gone, .conflict: return .lacks(fault.sentence)
            case .unreachable, .unknownOutcome, .busy, .foreign:
                return .unreachable("\(settings.url): \(fault.sentence)")
            }
        } catch { return .refused("\(error)") }
    }
}

extension Picture.Gateway {
    init(_ row: GatewayTable.AgentRow) {
        let status = row.status
        self.init(
            name: row.name, isOnline: row.online, seen: row.seen, alarm: row.alarm,
            version: status?["version"]?.text, trouble: status?["buffer"]?["trouble"]?.text)
    }
}
