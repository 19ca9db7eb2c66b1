import Broker
import Drivers
import Glibc
import Model
import Platform
import Ports
import Settings

/// Looks at everything, and judges nothing: what is wrong says `AgentPicture`.
enum AgentProbes {
    /// How long the running agent may take to answer, in milliseconds.
    static let answerPatience = 5000

    /// For a verb: what this machine shows, and what the running agent says. `isLocal`: the broker is not asked, and no device
    /// behind a network is.
    static func picture(_ file: String?, isLocal: Bool) -> AgentPicture {
        var picture = AgentPicture(now: Clocks.wall)
        picture.clockIsSet = Clocks.isSynchronised
        let configuration: AgentConfiguration
        do { configuration = try AgentConfiguration.load(file) } catch {
            picture.mistakes =
                (error as? Problems)?.list.map(\.description) ?? ["\(file ?? "the configuration"): \(error)"]
            let state = AgentConfiguration.state(in: file) ?? AgentConfiguration.defaultState
            picture.disk = disk(state)
            // One that runs goes on with what it had.
            if case .success(let status) = ask("\(state)/control.sock") {
                picture.take(status)
                (picture.refused, picture.mistakes) = (picture.mistakes, [])
            }
            return picture
        }
        look(configuration, into: &picture)
        switch ask(configuration.socket) {
        case .success(let status): picture.take(status)
        case .failure(let trouble):
            picture.run = trouble.run
            if case .stopped = trouble.run { picture.devices = devices(configuration, isLocal: isLocal) }
        }
        // The running agent knows that it is let in; why it is not is seen better from outside.
        let isKnown: Bool =
            switch picture.broker {
            case .good, .older, .denied: true
            default: false
            }
        if !isLocal, !isKnown {
            let mayLook = geteuid() == 0 || !picture.secrets.contains { $0.subject == "[uplink]" }
            if mayLook { picture.broker = broker(configuration) }
        }
        return picture
    }

    /// What lies on this machine.
    static func look(_ configuration: AgentConfiguration, into picture: inout AgentPicture) {
        picture.brokerAddress = configuration.uplink.broker
        picture.warnings = configuration.doubts
        picture.disk = disk(configuration.state)
        picture.closed = closed(configuration.state)
        picture.aside = Files.list(configuration.state).filter {
            $0.hasPrefix("outbox.db.damaged-") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm")
        }.map { "\(configuration.state)/\($0)" }
        picture.secrets = secrets(configuration)
        picture.certificates = certificates(configuration.uplink)
    }

    // MARK: the disk

    private static func disk(_ path: String) -> AgentPicture.Disk? {
        var information = statvfs()
        guard let room = DiskRoom(of: path), statvfs(room.path, &information) == 0 else { return nil }
        return AgentPicture.Disk(
            path: room.path, free: room.free, size: room.size,
            inodes: (Int64(clamping: information.f_favail), Int64(clamping: information.f_files)))
    }

    private static func closed(_ state: String) -> [String] {
        guard let folder = FileLook(state) else { return [] }
        var out: [String] = []
        if access(state, W_OK) != 0, errno == EROFS || geteuid() == folder.owner {
            out.append("\(state): \(String(cString: strerror(errno)))")
        }
        // The service runs as the folder's owner: what root made by hand in it is closed to it.
        for name in ["outbox.db", "outbox.db-wal", "outbox.db-shm", "lock"] {
            guard let file = FileLook("\(state)/\(name)"), file.owner != folder.owner, file.mode & 0o006 != 0o006 else {
                continue
            }
            out.append(
                "\(state)/\(name) belongs to \(FileLook.user(file.owner)), mode \(file.octal); the folder to "
                    + "\(FileLook.user(folder.owner)): chown \(FileLook.user(folder.owner)) \(state)/*")
        }
        return out
    }

    // MARK: secrets and certificates

    /// Where root finds a secret that only the running service was given.
    static func readable(_ reference: String) -> String {
        guard reference.hasPrefix("credential:"), (try? Files.secret(reference)) == nil else { return reference }
        let path = "/run/credentials/edge-agent.service/\(reference.dropFirst(11))"
        return access(path, R_OK) == 0 ? "file:\(path)" : reference
    }

    private static func secrets(_ configuration: AgentConfiguration) -> [AgentPicture.Secret] {
        let named =
            (configuration.uplink.password.map { [("[uplink]", $0)] } ?? [])
            + configuration.devices.compactMap { device in device.secret.map { (device.name, $0) } }
        let mayLook = geteuid() == 0 || getenv("CREDENTIALS_DIRECTORY") != nil
        return named.compactMap { subject, reference in
            do { _ = try Files.secret(readable(reference)) } catch {
                return AgentPicture.Secret(
                    subject: subject, problem: "\(error)", mayLook: mayLook || reference.hasPrefix("file:"))
            }
            return nil
        }
    }

    private static func certificates(_ uplink: AgentConfiguration.Uplink) -> [AgentPicture.Certificate] {
        [(uplink.authority, true), (uplink.certificate, false)].compactMap { path, isAuthority in
            guard let path else { return nil }
            var certificate = AgentPicture.Certificate(path: path)
            (certificate.ends, certificate.problem) = CertificateEnd.look(path, isAuthority: isAuthority)
            return certificate
        }
    }

    // MARK: the running agent

    struct Unanswered: Error { var run: AgentPicture.Run }

    /// Its status with `facts`, `findings` and `refused`.
    static func ask(_ path: String) -> Result<JSON, Unanswered> {
        guard let descriptor = connectUnix(path) else {
            let code = errno
            let why = "\(path): \(String(cString: strerror(code)))"
            return .failure(Unanswered(run: code == EACCES || code == EPERM ? .unasked(why) : .stopped(why)))
        }
        var patience = timeval(tv_sec: answerPatience / 1000, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        defer { close(descriptor) }
        let question = Array("{\"verb\":\"doctor\"}\n".utf8)
        _ = send(descriptor, question, question.count, Int32(MSG_NOSIGNAL))
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while line.last != 0x0A {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0, line.count < ControlSocket.outgoingLimit else {
                return .failure(
                    Unanswered(
                        run: .stopped("\(path): connected, and no answer came: it hangs, or is of another version")))
            }
            line += buffer[..<count]
        }
        guard let json = try? JSON(parsing: line), json["error"] == nil else {
            return .failure(Unanswered(run: .unasked("the running agent is of another version")))
        }
        return .success(json)
    }

    // MARK: without it

    private static func devices(_ configuration: AgentConfiguration, isLocal: Bool) -> [AgentPicture.Device] {
        let configured = configuration.devices.map { device in
            var seen = AgentPicture.Device(
                name: device.name, driver: device.driver?.name ?? "", isTelephone: device.isTelephone,
                isExperimental: device.driver?.experimental ?? false, state: "unasked",
                port: device.address.description, since: Clocks.wall)
            switch device.address {
            case .tcp where isLocal, .tls where isLocal: return seen
            default: break
            }
            if let trouble = PortLook.trouble(of: device.address) {
                (seen.state, seen.reason) = (trouble.state, trouble.text)
                seen.look = PortLook.evidence(of: device.address)
            }
            return seen
        }
        let plugged = configuration.discovery.isEnabled ? Attachment.present() : []
        return configured
            + plugged.compactMap { found in
                guard !configured.contains(where: { $0.port == found.address.description }),
                    !configuration.discovery.isIgnored(found, node: { $0 })
                else { return nil }
                var seen = AgentPicture.Device(
                    name: found.name, state: "unasked", port: found.address.description, since: Clocks.wall)
                if let trouble = PortLook.trouble(of: found.address), found.mayBeReader {
                    (seen.state, seen.reason) = (trouble.state, trouble.text)
                    seen.look = PortLook.evidence(of: found.address)
                }
                return seen
            }
    }

    /// Signs in under another name, and says to nobody what no centre reads: `{}` is no hello.
    static func broker(_ configuration: AgentConfiguration) -> AgentPicture.Broker {
        let uplink = configuration.uplink
        guard var options = BrokerOptions(url: uplink.broker, clientID: "\(configuration.agent).doctor") else {
            return .unreachable("this is no address of a broker")
        }
        options.user = uplink.user
        options.password = uplink.password.flatMap { try? Files.secret(readable($0)) }
        (options.authority, options.certificate, options.key) = (uplink.authority, uplink.certificate, uplink.key)
        var random = SystemRandomNumberGenerator()
        let link = BrokerLink(options: options, now: Clocks.now, seed: random.next())
        defer { link.disconnect() }
        var sent: Int32?
        let end = Clocks.now + .seconds(15)
        while Clocks.now < end {
            for event in link.turn(atMost: 200) {
                switch event {
                case .up:
                    link.subscribe([Topic(.ack, of: configuration.agent).name])
                    sent = link.publish(Topic(.hello, of: configuration.agent).name, Array("{}".utf8), expiry: 1)
                case .down(let reason, true): return .refused(reason)
                case .down(let reason, false):
                    guard options.tls else { return .unreachable(reason) }
                    // libmosquitto says only that TLS failed: one handshake more tells why.
                    do {
                        _ = try TLSPort(
                            host: options.host, port: options.port, trust: TLSTrust(authority: uplink.authority))
                    } catch {
                        if case .failed(let why) = error { return .untrusted(why) }
                    }
                    return AgentPicture.Broker(reason: reason)
                case .unsubscribed(let reason):
                    return .denied("it does not give what the centre says (reason \(reason))")
                case .published(let id, let reason) where id == sent:
                    guard reason < 128 else {
                        return .denied("it does not take what this agent says (reason \(reason))")
                    }
                    return link.isOlder ? .older : .good
                case .published, .message: break
                }
            }
        }
        return .unreachable("it does not answer")
    }
}

extension AgentPicture.Broker {
    /// From a sentence of `BrokerLink`.
    init(reason: String) {
        self =
            reason.contains("refuses us")
            ? .refused(reason)
            : reason.contains("TLS") || reason.contains("certificate") ? .untrusted(reason) : .unreachable(reason)
    }
}

extension AgentPicture {
    /// What the running agent says of itself: its status with `facts` and `refused`.
    mutating func take(_ status: JSON) {
        run = .running
        version = status["version"]?.text ?? version
        buffer = status["buffer"]
        managed = status["configuration"]
        update = status["update"]
        refused = (status["refusedFiles"]?.list ?? []).compactMap(\.text)
        let (way, facts) = (status["uplink"], status["facts"])
        let isConnected = way?["connected"]?.truth ?? false
        uplink = Uplink(
            isConnected: isConnected, hasCentre: way?["centre"]?.truth ?? false,
            isDelivering: way?["delivering"]?.truth ?? false, isPresenceKnown: facts?["presence"]?.truth ?? true,
            since: way?["since"]?.integer ?? now, lastAck: way?["lastAck"]?.integer, alarm: way?["alarm"]?.text,
            centreVersion: facts?["version"]?.text, clockOffset: facts?["offset"]?.integer,
            jump: facts?["jumpAt"]?.integer.map { ($0, facts?["jumpBy"]?.integer ?? 0) })
        if let denied = facts?["denied"]?.text {
            broker = .denied(denied)
        } else if isConnected {
            broker = facts?["older"]?.truth == true ? .older : .good
        } else if let reason = way?["reason"]?.text, way?["alarm"]?.text == nil {
            broker = Broker(reason: reason)
        }
        devices = (status["devices"]?.list ?? []).map { Device($0, at: now) }
    }
}

extension AgentPicture.Device {
    /// One of part `devices` of the status.
    init(_ json: JSON, at now: Int64) {
        self.init(
            name: json["name"]?.text ?? "", driver: json["driver"]?.text ?? "",
            isTelephone: json["kind"]?.text == Driver.Kind.telephony.rawValue, state: json["state"]?.text ?? "unknown",
            reason: json["reason"]?.text, code: json["code"]?.text, port: json["port"]?.text ?? "",
            since: json["since"]?.integer ?? now, observations: json["observations"]?.integer ?? 0,
            noise: json["noiseBytes"]?.integer ?? 0, lastFault: json["lastFault"]?.text)
        doubt = DeviceStatus.Doubt(json["doubt"])?.text
        isExperimental = Driver.named(driver)?.experimental ?? false
        if ["denied", "held"].contains(state), let address = PortAddress(port) {
            look = PortLook.evidence(of: address)
        }
    }
}
