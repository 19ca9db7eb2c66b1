import Devices
import Glibc
import Model
import Platform
import Rig

/// One fact that everybody is told, and a thousand open pages: from the request that makes it to the last page that shows the bell.
struct FanOutBench {
    var binaries: String
    var browsers = 1000
    var rounds = 20

    func run() throws {
        PageBench.raiseLimit()
        let folder = "/tmp/quai-bench-\(getpid())-fan"
        let stand = try Stand(folder: folder, binaries: binaries)
        defer {
            stand.stop()
            if let child = try? ChildProcess("rm", ["-rf", folder]) { child.wait() }
        }
        try stand.writeConfiguration(readers: [])
        try stand.startBroker()
        try stand.startIngest()
        let page = try PageBench.client(stand)
        let crowd = Crowd()
        var cookie = page.session
        for number in 0..<browsers {
            // A person may have some dozens of browsers open, not thousands.
            if number % 32 == 0 {
                cookie = try PageClient(port: stand.httpPort, name: "Watcher \(number / 32)").session
            }
            try crowd.add(port: stand.httpPort, cookie: cookie)
        }
        crowd.start()
        // Whoever has just come is told how everything is.
        usleep(3_000_000)
        var waits: [Double] = []
        for round in 0..<rounds {
            crowd.look(for: "\"inbox\"")
            let start = Clocks.now
            // Everybody but whoever does it is told.
            _ = try page.request(
                "POST", "/api/v1/deliveries/blind",
                .object([
                    ("supplier", "Bench"), ("zone", .string("dock-\(round)")), ("note", .string("FAN-\(round)")),
                ]))
            let end = start + .seconds(5)
            while crowd.seen.count < browsers, Clocks.now < end { usleep(2000) }
            waits += crowd.seen.map { Double(($0 - start).nanoseconds) / 1e6 }
            let missing = browsers - crowd.seen.count
            if missing > 0 { print("fan-out: \(missing) pages were not told in round \(round)") }
        }
        crowd.stop()
        waits.sort()
        guard !waits.isEmpty else { return }
        func at(_ share: Double) -> Int { Int(waits[min(waits.count - 1, Int(Double(waits.count) * share))].rounded()) }
        print("fan-out: a fact to \(browsers) open pages ms\tmedian \(at(0.5))\tp99 \(at(0.99))\tworst \(at(1))")
    }
}
