import Foundation
import Glibc
import Model
import Platform
import Rig

/// A headless Chromium, driven through its DevTools pipe: commands and answers are JSON ended by a zero byte.
final class Browser {
    private let process: ChildProcess
    private let input: Int32
    private let output: Int32
    private var pending: [UInt8] = []
    private var next: Int64 = 0
    private var session: String?
    private let profile: String
    /// What the page printed on its console as an error.
    private(set) var errors: [String] = []

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    init(language: String) throws {
        var toBrowser: [Int32] = [0, 0]
        var fromBrowser: [Int32] = [0, 0]
        guard pipe(&toBrowser) == 0, pipe(&fromBrowser) == 0 else { throw Failure(description: "no pipe") }
        for descriptor in toBrowser + fromBrowser { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        profile = "/tmp/quai-chromium-\(getpid())-\(UInt32.random(in: .min ... .max))"
        process = try ChildProcess(
            "chromium",
            [
                "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run",
                "--remote-debugging-pipe", "--user-data-dir=\(profile)", "--lang=\(language)", "--hide-scrollbars",
                "--autoplay-policy=no-user-gesture-required", "about:blank",
            ], log: "/dev/null", descriptors: [toBrowser[0], fromBrowser[1]])
        close(toBrowser[0])
        close(fromBrowser[1])
        input = toBrowser[1]
        output = fromBrowser[0]
        let target = try command("Target.createTarget", [("url", "about:blank")])["targetId"]?.text ?? ""
        session = try command("Target.attachToTarget", [("targetId", .string(target)), ("flatten", true)])["sessionId"]?
            .text
        try command("Page.enable")
        try command("Runtime.enable")
        try command(
            "Emulation.setUserAgentOverride",
            [("userAgent", "QuaiTest"), ("acceptLanguage", .string(language == "fr" ? "fr-FR" : "en-GB"))])
    }

    deinit {
        process.killHard()
        close(input)
        close(output)
        try? FileManager.default.removeItem(atPath: profile)
    }

    @discardableResult
    private func command(_ method: String, _ parameters: [(String, JSON?)] = []) throws -> JSON {
        try post(method, parameters)
        return try answer(method)
    }

    private func post(_ method: String, _ parameters: [(String, JSON?)]) throws {
        next += 1
        let message = JSON.object([
            ("id", .int(next)), ("method", .string(method)), ("params", .object(parameters)),
            ("sessionId", session.map(JSON.string)),
        ])
        var rest = (message.text8 + [0])[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure(description: "the browser has gone") }
            rest = rest.dropFirst(count)
        }
    }

    /// To what was posted last.
    private func answer(_ method: String) throws -> JSON {
        while true {
            let answer = try JSON(parsing: try receive())
            if answer["method"]?.text == "Runtime.exceptionThrown" {
                errors.append(answer["params"]?["exceptionDetails"]?.description ?? "exception")
            }
            guard answer["id"]?.integer == next else { continue }
            if let error = answer["error"] { throw Failure(description: "\(method): \(error)") }
            return answer["result"] ?? .null
        }
    }

    private func receive() throws -> [UInt8] {
        while true {
            if let end = pending.firstIndex(of: 0) {
                defer { pending.removeFirst(end + 1) }
                return Array(pending[..<end])
            }
            guard waitFor([(output, Int16(POLLIN))], milliseconds: 20_000)[0] != 0 else {
                throw Failure(description: "the browser does not answer")
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { throw Failure(description: "the browser has gone") }
            pending += buffer[..<count]
        }
    }

    func open(_ url: String) throws { try command("Page.navigate", [("url", .string(url))]) }

    /// A script that runs in every page before its own.
    func prepare(_ script: String) throws {
        try command("Page.addScriptToEvaluateOnNewDocument", [("source", .string(script))])
    }

    func size(_ width: Int, _ height: Int = 900) throws {
        try command(
            "Emulation.setDeviceMetricsOverride",
            [
                ("width", .int(Int64(width))), ("height", .int(Int64(height))), ("deviceScaleFactor", 1),
                ("mobile", .bool(width < 600)),
            ])
    }

    func dark(_ on: Bool) throws {
        try command(
            "Emulation.setEmulatedMedia",
            [("features", .array([.object([("name", "prefers-color-scheme"), ("value", on ? "dark" : "light")])]))])
    }

    /// The value of an expression in the page.
    @discardableResult
    func evaluate(_ expression: String) throws -> JSON {
        let result = try command(
            "Runtime.evaluate", [("expression", .string(expression)), ("returnByValue", true), ("awaitPromise", true)])
        if let problem = result["exceptionDetails"] { throw Failure(description: "\(expression): \(problem)") }
        return result["result"]?["value"] ?? .null
    }

    /// Waits until an expression holds; says what the page showed when it does not. `seconds` on a quiet machine: a busy one has four
    /// times as many.
    func wait(_ expression: String, seconds: Int = 20) throws {
        let end = Clocks.now + .seconds(Int64(seconds) * 4)
        while Clocks.now < end {
            if (try? evaluate("(async () => !!(await (\(expression))))()"))?.truth == true { return }
            usleep(10_000)
        }
        let text = (try? evaluate("document.body.innerText"))?.text ?? ""
        throw Failure(description: "never: \(expression)\nthe page says: \(text.prefix(1500))\nerrors: \(errors)")
    }

    func click(_ selector: String) throws {
        try wait("document.querySelector(\(JSON.string(selector)))")
        try evaluate("document.querySelector(\(JSON.string(selector))).click()")
    }

    func type(_ text: String, into selector: String) throws {
        try wait("document.querySelector(\(JSON.string(selector)))")
        try evaluate(
            "(() => { const field = document.querySelector(\(JSON.string(selector))); field.focus(); field.value = \(JSON.string(text)); field.dispatchEvent(new Event('input', { bubbles: true })); })()"
        )
    }

    /// A key down and up, wherever the keyboard is.
    func press(_ key: String) throws {
        for event in Browser.events(key) { try command("Input.dispatchKeyEvent", event) }
    }

    private static func events(_ key: String) -> [[(String, JSON?)]] {
        let text: String? = key == "Enter" ? "\r" : key.count == 1 ? key : nil
        let number: Int64 = ["Enter": 13, "Tab": 9, "F8": 119][key] ?? 0
        let what: [(String, JSON?)] = [
            ("key", .string(key)), ("code", key.count == 1 ? nil : .string(key)),
            ("windowsVirtualKeyCode", number == 0 ? nil : .int(number)),
        ]
        return [
            what + [("type", text == nil ? "rawKeyDown" : "keyDown"), ("text", text.map(JSON.string))],
            what + [("type", "keyUp")],
        ]
    }

    /// What a scanner types: at its speed, with its end. Nobody waits between the keys, and each says when it was pressed,
    /// however busy the machine is.
    func scan(_ text: String, end: String = "Enter") throws {
        let start = Date().timeIntervalSince1970
        for (place, key) in (text.map(String.init) + [end]).enumerated() {
            let pressed: [(String, JSON?)] = [("timestamp", .number(start + Double(place) / 200))]
            for event in Browser.events(key) { try post("Input.dispatchKeyEvent", event + pressed) }
        }
        _ = try answer("Input.dispatchKeyEvent")
    }

    func text(_ selector: String) throws -> String {
        try evaluate("document.querySelector(\(JSON.string(selector)))?.innerText ?? ''").text ?? ""
    }

    /// A picture of the whole page under `artefacts/`.
    func screenshot(_ name: String) throws {
        let result = try command("Page.captureScreenshot", [("format", "png"), ("captureBeyondViewport", true)])
        guard let data = result["data"]?.text.flatMap({ Data(base64Encoded: $0) }) else { return }
        let folder = FileManager.default.currentDirectoryPath + "/artefacts"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try data.write(to: URL(fileURLWithPath: "\(folder)/\(name).png"))
    }
}
