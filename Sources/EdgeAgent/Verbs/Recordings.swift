import ArgumentParser
import Drivers
import Glibc
import Model
import Platform

/// Feeds recorded bytes to a driver's session, for verbs that explain a recording.
struct RecordingOptions: ParsableArguments {
    @Option(help: "Driver whose session reads the bytes; see docs/reference/readers.md.")
    var driver: String

    @Option(name: .customLong("internal-plan"), help: "Regular expression of the site's own extensions.")
    var internalPlan: String?

    func chosen() throws -> Driver {
        guard let driver = Driver.named(driver) else {
            throw Exit.say(
                "no driver \"\(driver)\"; there are: \(Driver.catalog.map(\.name).joined(separator: ", "))")
        }
        return driver
    }

    func session(name: String = "") throws -> any Session {
        let driver = try chosen()
        var settings = SessionSettings(name: name)
        if let internalPlan {
            guard DialPlan(pattern: internalPlan).isValid else {
                throw Exit.say("\(internalPlan) is not a regular expression")
            }
            settings.internalPlan = internalPlan
        }
        return driver.session(settings)
    }

    static func read(_ file: String) throws -> [UInt8] {
        do { return try Files.read(file == "-" ? "/dev/stdin" : file) } catch { throw Exit.say("\(error)") }
    }
}

struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Feed a device's bytes to a driver and print each observation as a JSON line.")

    @OptionGroup var recording: RecordingOptions
    @Flag(help: "The input is hex text; # begins a comment.") var hex = false
    @Option(help: "Bytes a piece; 0 gives all at once.") var chunk = 0
    @Option(help: "Bytes a packet, for devices that speak in packets (HID reports).") var packet = 8
    @Argument(help: "File, or - for standard input.") var file = "-"

    func run() throws {
        var bytes = try RecordingOptions.read(file)
        if hex {
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            let text = lines.map { $0.prefix { $0 != "#" } }.joined()
            guard let decoded = Hex.bytes(text) else { throw Exit.say("\(file): not hex text", Exit.warnings) }
            bytes = decoded
        }
        var session = try recording.session()
        var now = Instant.zero
        // Packets keep their bounds, whatever pieces a stream would come in.
        let whole = max(1, bytes.count)
        guard packet > 0 else { throw Exit.say("--packet must be above 0") }
        let size = try recording.chosen().isPacketed ? packet : chunk > 0 ? chunk : whole
        for start in stride(from: 0, to: bytes.count, by: size) {
            show(session.handle(.bytes(Array(bytes[start..<min(start + size, bytes.count)])), at: now))
        }
        // Silence: what waited for more is complete or noise.
        for _ in 0..<max(64, bytes.count) {
            now = now + .seconds(1)
            let reaction = session.handle(.tick, at: now)
            show(reaction)
            if reaction.deadline == nil { break }
        }
    }

    private func show(_ reaction: Reaction) {
        if reaction.noise > 0 {
            print(JSON.object([("kind", "noise"), ("bytes", .int(Int64(reaction.noise)))]).description)
        }
        for observation in reaction.observations { print(observation.json.description) }
    }
}

struct Calls: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain a recording of a telephone exchange, one object per call.",
        discussion: "Several files are several connections, in order. Calls still open at the end are printed last.")

    @OptionGroup var recording: RecordingOptions
    @Argument(help: "Files.") var files: [String]

    func run() throws {
        var session = try recording.session()
        var book = CallBook(revisionBase: 0)
        var moment: Int64 = 0
        for file in files {
            fold(session.handle(.bytes(try RecordingOptions.read(file)), at: .zero), &book, &moment)
            fold(session.handle(.closed, at: .zero), &book, &moment)
        }
        for call in book.running { print(call.explanation.description) }
    }

    /// A recording has no clock: each signal is a moment of its own, so that what came first is known.
    private func fold(_ reaction: Reaction, _ book: inout CallBook, _ moment: inout Int64) {
        for case .call(let signal) in reaction.observations {
            moment += 1
            for call in book.apply(signal, at: moment) where call.state == .ended && call.mergedInto == nil {
                print(call.explanation.description)
            }
        }
    }
}

extension CallSnapshot {
    /// The form of `edge-agent calls` (docs/reference/verbs.md).
    var explanation: JSON {
        var popups: [String] = []
        for case let desk? in legs.filter({ $0.rangAt != nil }).map(\.desk) where !popups.contains(desk) {
            popups.append(desk)
        }
        func desks(_ chosen: [Leg], why: Bool = false) -> JSON {
            .array(
                chosen.map {
                    .object([
                        ("desk", .string($0.desk ?? "carrier")),
                        (
                            "why",
                            why ? .string($0.answeredAt != nil ? "answered" : $0.cause?.rawValue ?? "unknown") : nil
                        ),
                    ])
                })
        }
        return .object([
            ("call", .string(call)), ("direction", direction.map { .string($0.rawValue) }),
            ("called", called.map(JSON.string)),
            ("caller", caller?.json), ("rings", desks(legs.filter { $0.rangAt != nil }, why: true)),
            ("talks", desks(legs.filter { $0.answeredAt != nil })),
            ("holds", desks(legs.flatMap { Array(repeating: $0, count: $0.holds) })),
            (
                "transfers",
                .array(
                    transfers.map {
                        .object([
                            ("how", .string($0.how)), ("by", $0.by.map(JSON.string)), ("to", $0.to.map(JSON.string)),
                        ])
                    })
            ),
            ("popups", .array(popups.map(JSON.string))), ("answered", .bool(wasReached)),
            ("answeredBy", .array(answeredBy.map(JSON.string))), ("missedBy", .array(missedBy.map(JSON.string))),
            ("cause", cause.map { .string($0.rawValue) }), ("open", .bool(state != .ended)),
        ])
    }
}

struct Rules: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the udev rules made from the driver catalogue.")

    @OptionGroup var options: ConfigurationOption
    @Flag(help: "Print docs/reference/readers.md instead.") var page = false

    func run() throws {
        guard !page else { return print(Driver.readersPage, terminator: "") }
        let configuration = options.config == nil ? nil : try options.load()
        let claims = configuration.map { ClaimMemory(path: "\($0.state)/devices.json").keys } ?? []
        print(
            Driver.udevRules(
                more: configuration?.usbIDs ?? [], claimed: configuration?.claimedLines(remembered: claims) ?? []),
            terminator: "")
    }
}
