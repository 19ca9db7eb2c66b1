import ArgumentParser
import Depot
import Glibc
import Identifiers
import Model
import Platform
import Sheets

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Read the configuration and report every mistake.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Also ask the broker and the ERP whether they let the centre in, and connect to all others.")
    var connect = false
    @Flag(help: "Only say whether this version can go on with the database that is there.") var data = false

    func run() async throws {
        let configuration = try options.load()
        if data { return try Check.data(configuration) }
        print(ConfigurationFiles.words(configuration.files, "ingest"))
        if let password = configuration.password {
            do { _ = try Files.secret(password) } catch { throw Exit.say("\(error)") }
        }
        if let erp = configuration.erp {
            do { _ = try Files.secret(erp.secret) } catch { throw Exit.say("[erp]: \(error)") }
        }
        if let files = configuration.pages {
            do { _ = try CertificatePair(files, try files.read()) } catch { throw Exit.say("[http]: \(error)") }
        }
        for (name, feed) in configuration.feeds {
            do { _ = try Files.secret(feed.secret) } catch { throw Exit.say("feed \(name): \(error)") }
        }
        do { _ = try configuration.webhooks.keys(state: configuration.state) } catch {
            throw Exit.say("webhooks: \(error)")
        }
        print("kept: \(configuration.retention.words)")
        if let months = configuration.archive.months {
            let folder = configuration.archive.folder(state: configuration.state).path
            print("archived: records after \(months) whole months, in \(folder)")
        }
        for text in configuration.renamed { print("note: \(text)") }
        let warnings = configuration.warnings
        for text in warnings { print("warning: \(text)") }
        print(
            "instance \(configuration.instance), \(configuration.address):\(configuration.port), region \(configuration.plan.region): "
                + (warnings.isEmpty ? "good" : "\(warnings.count) warnings"))
        if connect { try await self.askOthers() }
        if !warnings.isEmpty { throw Exit.warnings }
    }
}

extension Check {
    /// What doctor would find of them, and nothing else.
    private func askOthers() async throws {
        let picture = await Probes.picture(options.file, isLocal: false)
        let found = picture.findings.filter { FindingKind.ofConnections.contains($0.kind) }
        let diagnosis = Diagnosis(found, version: picture.version, at: picture.now)
        guard diagnosis.exitCode != 0 else { return print("whom it names lets the centre in") }
        print(diagnosis.text)
        throw ExitCode(diagnosis.exitCode)
    }
}

struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    @Flag(help: "JSON.") var json = false

    func run() { print(json ? "{\"version\":\"\(IngestServer.version)\"}" : "edge-ingest \(IngestServer.version)") }
}

struct EPCVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "epc", abstract: "Say what EPCs mean (GS1 Tag Data Standard), one JSON line each.",
        discussion: """
            Also the way back: urn:epc:tag:… and urn:epc:id:… are written as bits, and so are element strings and Digital
            Links when --company-digits says how long the company prefix is, which they do not say themselves.
            """)

    @Argument(help: "EPCs in hex, tag URIs, pure identities, GS1 element strings or Digital Links.") var hex: [String]
    @Option(name: .customLong("company-digits"), help: "Digits of the company prefix, 6 to 12.") var companyDigits: Int?
    @Option(help: "Filter value of what is written, 0 to 7.") var filter: UInt64 = 0

    func run() throws {
        var refused = false
        for text in hex {
            do { print(try epc(text).json.description) } catch {
                print(JSON.object([("hex", .string(text)), ("error", .string(error.reason))]).description)
                refused = true
            }
        }
        if refused { throw Exit.warnings }
    }

    private func epc(_ text: String) throws(EPC.Unreadable) -> EPC {
        if text.hasPrefix("urn:epc:tag:") { return try EPC(tagURI: text) }
        if text.hasPrefix("urn:epc:id:") { return try EPC(pureIdentity: text, filter: filter) }
        // The schemes of TDS 2 end at any half byte; a tag's words are filled up with zeros.
        if let bytes = Hex.bytes(text) ?? Hex.bytes(text + "0"), companyDigits == nil { return try EPC(bytes) }
        guard let scan = try? ElementString(text) else { throw EPC.Unreadable(text: "not hex, nor a URI or GS1 data") }
        guard let companyDigits else {
            throw EPC.Unreadable(text: "how long is the company prefix? add --company-digits")
        }
        return try EPC(elements: scan.elements, companyDigits: companyDigits, filter: filter)
    }
}

extension EPC {
    var json: JSON {
        .object([
            ("hex", .string(hex)), ("scheme", .string(scheme)), ("tagURI", tagURI.map(JSON.string)),
            ("pureIdentity", pureIdentity.map(JSON.string)), ("gtin", gtin.map(JSON.string)),
            ("serial", serial.map(JSON.string)),
            ("sscc", sscc.map(JSON.string)),
            ("ai", elements.isEmpty ? nil : .object(elements.map { ($0.ai, .string($0.value)) })),
            ("digitalLink", digitalLink.map(JSON.string)),
        ])
    }
}

struct PhoneVerb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phone", abstract: "Say how telephone numbers are understood, one JSON line each.")

    @Option(help: "Country whose plan applies.") var region = "FR"
    @Option(name: .customLong("internal-plan"), help: "Regular expression of the site's own extensions.")
    var internalPlan: String?
    @Option(name: .customLong("outside-prefix"), help: "What the site dials for a line; the numbers are dialled ones.")
    var outsidePrefix: String?
    @Argument(help: "Numbers as received.") var numbers: [String]

    func run() throws {
        var refused = false
        for text in numbers {
            let plan = NumberPlan(region: region, internalPlan: internalPlan, outsidePrefix: outsidePrefix)
            let number = plan.number(text, dialled: true)
            if number.kind == .invalid { refused = true }
            print(number.json.description)
        }
        if refused { throw Exit.warnings }
    }
}

struct GS1Verb: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gs1",
        abstract: "Say what scans mean, as receptions and stock takes read them, one JSON line each.",
        discussion: """
            As scanned: AIM identifier in front where the scanner sends it, FNC1 as GS (0x1D), ^, ~ or è. Element strings, Digital
            Links, bracketed text, SSCC and GTIN alone, and ANSI MH10 labels. "doubts" are parts that cannot be read; "proven": false
            says that a dock asks what it is, unless it knows the article.
            """)

    @Argument(help: "Scans.") var scans: [String]

    func run() throws {
        var refused = false
        for scan in scans {
            if let code = ScannedCode(scan) {
                if !code.doubts.isEmpty { refused = true }
                print(code.json.description)
                continue
            }
            do {
                // No code beyond doubt: what it would be if it were one.
                let data = try ElementString(scan)
                print(
                    JSON.object([
                        ("symbology", data.symbology.map(JSON.string)),
                        ("ai", .object(data.elements.map { ($0.ai, .string($0.value)) })),
                        ("gtin", data.gtin.map(JSON.string)),
                        ("sscc", data.sscc.map(JSON.string)), ("serial", data.value("21").map(JSON.string)),
                        ("lot", data.value("10").map(JSON.string)), ("proven", false),
                    ]).description)
            } catch {
                print(JSON.object([("error", .string(error.reason))]).description)
                refused = true
            }
        }
        if refused { throw Exit.warnings }
    }
}

extension ScannedCode {
    var json: JSON {
        let doubts: [JSON] = doubts.map { .object([("raw", .string($0.raw)), ("reason", .string($0.reason))]) }
        return .object([
            ("symbology", symbology.map(JSON.string)),
            ("ai", .object(elements.map { ($0.ai, .string($0.value)) })), ("gtin", gtin.map(JSON.string)),
            ("sscc", sscc.map(JSON.string)), ("serial", value("21").map(JSON.string)),
            ("lot", value("10").map(JSON.string)),
            (
                "amount",
                amount.map {
                    .object([("quantity", $0.quantity.json), ("unit", $0.measure.map { .string($0.code) })])
                }
            ),
            ("references", references.isEmpty ? nil : .array(references.map(JSON.string))),
            ("doubts", doubts.isEmpty ? nil : .array(doubts)), ("proven", trust == .doubtful ? false : nil),
        ])
    }
}

struct Erase: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Erase a telephone number: its calls, what was written about them, its place in the directory.",
        discussion: """
            For a request under data protection law. What is removed is overwritten in the database file. Not reached:
            backups, the pages' memory (until edge-ingest is restarted) and what agents have not sent yet.
            """)

    @OptionGroup var options: ConfigurationOption
    @Flag(name: .customLong("dry-run"), help: "Count what would be erased, change nothing.") var dryRun = false
    @Flag(help: "JSON.") var json = false
    @Argument(help: "The number, in any form.") var number: String

    func run() throws {
        let configuration = try options.load()
        let number = configuration.plan.number(number)
        guard number.isErasable else {
            throw Exit.say("\(self.number) is no number that can be erased", Exit.warnings)
        }
        let erased: ErasureTable.Erased
        do {
            let store = try Store(path: configuration.database)
            erased = try store.erasure.erase(number, who: "edge-ingest erase", dryRun: dryRun, at: Clocks.wall)
        } catch { throw Exit.say("\(error)") }
        if json {
            print(erased.json.description)
        } else {
            print(
                "\(erased.calls) calls with \(erased.notes) notes, \(erased.numbers) numbers of clients and \(erased.commands) clicks \(dryRun ? "would be erased" : "erased")"
            )
            print(
                "\(erased.clients) clients, \(erased.pushes) pushes to the ERP, \(erased.texts) other texts, \(erased.facts) entries of the trail"
            )
            for place in erased.notReached { print("not reached: \(place)") }
        }
    }
}

struct Configure: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set an agent from here: give it a whole agent.toml.",
        discussion: """
            The agent must allow it ([downlink] configuration = true in its own file). It tries the new configuration and goes
            back by itself when it does not reach the centre with it; the Gateways page, and this verb without a file, say how it stands.
            Its name, site and buffer stay its own file's, and so do secrets, hosts and the broker unless that file allows
            more; exec: ports are refused.
            """)

    @OptionGroup var options: ConfigurationOption
    @Argument(help: "Name of the agent.") var agent: String
    @Argument(help: "The new agent.toml; none shows how it stands.") var file: String?
    @Flag(help: "Back to the agent's own file.") var clear = false
    @Option(name: .customLong("ttl-seconds"), help: "Not to be applied any more after so long.") var life: Int?
    @Flag(help: "JSON.") var json = false

    func validate() throws {
        if clear, file != nil { throw ValidationError("--clear goes back to the agent's own file: give no other") }
    }

    func run() throws {
        let configuration = try options.load()
        guard Topic.isName(agent) else { throw Exit.say("\"\(agent)\" is no name of an agent") }
        do {
            let store = try Store(path: configuration.database)
            if file != nil || clear {
                let text = try file.map { String(decoding: try Files.read($0, limit: 1 << 20), as: UTF8.self) } ?? ""
                if !clear, text.allSatisfy(\.isWhitespace) {
                    throw Exit.say("\(file ?? "") is empty; --clear goes back to the agent's own file")
                }
                let now = Clocks.wall
                let revision = try store.gateways.desire(
                    text, of: agent, expires: life.map { now + Int64($0) * 1000 },
                    who: getenv("USER").map { String(cString: $0) } ?? "edge-ingest", at: now)
                print(
                    json
                        ? JSON.object([("agent", .string(agent)), ("revision", .int(revision))]).description
                        : "revision \(revision) waits for \(agent)")
                return
            }
            let desired = try store.gateways.desired().first { $0.agent == agent }?.configuration.revision
            let stands = try store.gateways.rows().first { $0.name == agent }?.status?["configuration"]
            if json {
                print(
                    JSON.object([
                        ("agent", .string(agent)), ("desired", desired.map(JSON.int)), ("agentSays", stands),
                    ]).description)
                return
            }
            print("desired    \(desired.map(String.init) ?? "nothing: it goes by its own file")")
            print(
                "it has     \(stands?["revision"]?.integer.map(String.init) ?? "its own file") (\(stands?["state"]?.text ?? "not allowed, or never heard"))"
            )
            if let refused = stands?["refused"]?.integer, let reason = stands?["reason"]?.text {
                print("REFUSED    \(refused): \(CleanLog.escaped(reason))")
                throw Exit.warnings
            }
        } catch let code as ExitCode {
            throw code
        } catch { throw Exit.say("\(error)") }
    }
}
