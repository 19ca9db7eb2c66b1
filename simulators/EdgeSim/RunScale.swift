import ArgumentParser
import Platform
import Scale

struct RunScale: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale",
        abstract: "Simulate regions of many agents from measured times, and name what is narrow at each step.",
        discussion: "A table in Markdown, as docs/explanation/scale.md shows it; the same from the same seed.")

    @Option(help: "AGENTS:CENTRES; several.") var steps = [
        "1000:1", "10000:1", "20000:1", "50000:1", "100000:1", "100000:5", "100000:10", "100000:20",
    ]
    @Option(help: "Scans a second of an agent.") var scans = 0.2
    @Option(help: "Seconds that the broker was away before the storm.") var away = 10.0
    @Option(help: "The first number.") var seed: UInt64 = 1

    func run() throws {
        guard (0...10_000).contains(scans), (0...3600).contains(away) else {
            throw Exit.say("--scans is 0 to 10000, --away 0 to 3600 seconds")
        }
        Terminal.line(
            "| agents | centres | broker, link, writer busy | narrow | ack, median; p99, ms | storm served, s | narrow in it |"
        )
        Terminal.line("|---|---|---|---|---|---|---|")
        for step in steps {
            let parts = step.split(separator: ":").compactMap { Int($0) }
            guard parts.count == 2, (1...1_000_000).contains(parts[0]), (1...parts[0]).contains(parts[1]) else {
                throw Exit.say("--steps is AGENTS:CENTRES, such as 100000:10")
            }
            let seen = Region(agents: parts[0], centres: parts[1], scans: scans).play(seed: seed, away: away)
            func text(_ value: Double, _ factor: Double = 1) -> String {
                value.isFinite ? "\((value * factor * 10).rounded() / 10)" : "never"
            }
            Terminal.line(
                "| \(parts[0]) | \(parts[1]) | \(seen.busy.map { "\(Int(($0.share * 100).rounded())) %" }.joined(separator: ", ")) | \(seen.narrow)"
                    + " | \(text(seen.ack.median, 1000)); \(text(seen.ack.p99, 1000)) | \(text(seen.served)) | \(seen.narrowInStorm) |"
            )
        }
    }
}
