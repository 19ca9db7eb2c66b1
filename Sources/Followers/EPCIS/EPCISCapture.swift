public import Depot
public import Model

/// A repository's capture interface (EPCIS 2.0 §12.7.2): what is sent there, and what its answers mean.
public enum EPCISCapture {
    /// Events of one document; one alone after a document was refused, so that each is answered for itself.
    public static let atOnce = 100
    /// Between two looks at a job, in milliseconds; and how long it may take.
    public static let look: Int64 = 1000
    public static let patience: Int64 = 3_600_000

    public static let context = JSON.array(["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"])

    /// An `EPCISDocument`; `now` in Unix milliseconds.
    public static func document(_ events: [StoredEvent], at now: Int64) -> JSON {
        .object([
            ("@context", context), ("type", "EPCISDocument"), ("schemaVersion", "2.0"),
            ("creationDate", .string(EPCISEvent.time(now))),
            ("epcisBody", .object([("eventList", .array(events.map(\.body)))])),
        ])
    }

    /// An `EPCISQueryDocument`: the answer to a question.
    public static func answer(_ events: [StoredEvent], at now: Int64) -> JSON {
        .object([
            ("@context", context), ("type", "EPCISQueryDocument"), ("schemaVersion", "2.0"),
            ("creationDate", .string(EPCISEvent.time(now))),
            (
                "epcisBody",
                .object([
                    (
                        "queryResults",
                        .object([
                            ("queryName", "SimpleEventQuery"),
                            ("resultsBody", .object([("eventList", .array(events.map(\.json)))])),
                        ])
                    )
                ])
            ),
        ])
    }

    /// What one document or event comes to.
    public enum Outcome: Equatable, Sendable {
        case taken
        /// The repository works on it under this name.
        case begun(job: String)
        /// It works still.
        case running
        /// It has none of it, and will not: its own words.
        case refused(String)
        /// Nothing of it happened; later, at the earliest after so many seconds where it says so.
        case later(String, after: Int64?)
        /// It may have happened: it is asked before it is sent again.
        case unknown(String)
        /// Asked for an event, it has none.
        case missing
    }

    /// After `POST /capture`. `location`: its header.
    public static func sent(_ status: Int, location: String?, retryAfter: Int64?, _ body: JSON?) -> Outcome {
        switch status {
        case 202:
            // Its own address counts for nothing: only the name is taken from it.
            guard let job = location.flatMap(job(of:)) ?? body?["captureID"]?.text.flatMap(name(of:)) else {
                return .unknown("it took the events and named no capture job")
            }
            return .begun(job: job)
        case 200, 201: return .taken
        case 401, 403, 408, 429, 503: return .later(sentence(status, body), after: retryAfter)
        case 500...599: return .unknown(sentence(status, body))
        default: return .refused(sentence(status, body))
        }
    }

    /// After `GET /capture/{job}`.
    public static func job(_ status: Int, _ body: JSON?) -> Outcome {
        switch status {
        case 200:
            guard let body, let isRunning = body["running"]?.truth else {
                return .unknown("its answer is no capture job")
            }
            if isRunning { return .running }
            guard let success = body["success"]?.truth else {
                return .unknown("its capture job does not say how it ended")
            }
            if success { return .taken }
            let errors = (body["errors"]?.list ?? []).prefix(5).map { sentence(nil, $0) }
            return .refused(
                short(errors.isEmpty ? "its capture job failed and does not say why" : errors.joined(separator: "; ")))
        case 404, 410: return .unknown("it does not know its capture job any more")
        default: return .later(sentence(status, body), after: nil)
        }
    }

    /// After `GET /events/{id}`, of an event or of what says that it was wrong.
    public static func known(_ event: StoredEvent, _ status: Int, _ body: JSON?) -> Outcome {
        switch status {
        case 200:
            guard event.isError else { return .taken }
            let found = body?["epcisBody"]?["queryResults"]?["resultsBody"]?["eventList"]?.list ?? [body ?? .null]
            return found.contains { $0["errorDeclaration"] != nil } ? .taken : .missing
        case 401, 403, 408, 429, 502...599: return .later(sentence(status, body), after: nil)
        // Also of one that cannot be asked: it goes by ids itself.
        case 400...501: return .missing
        default: return .later(sentence(status, body), after: nil)
        }
    }

    /// A header's value; without a user the secret is a token.
    public static func authorization(_ user: String?, _ secret: String) -> String {
        guard let user else { return "Bearer \(secret)" }
        return "Basic \(Sealing.base64(Array("\(user):\(secret)".utf8)))"
    }

    /// Behind the last `/`, as far as it may stand in a path of ours.
    static func job(of location: String) -> String? {
        name(of: String(location.prefix { $0 != "?" && $0 != "#" }.split(separator: "/").last ?? ""))
    }

    private static func name(of text: String) -> String? {
        let isName = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~%:".utf8.contains(byte)
        }
        return isName && (1...200).contains(text.utf8.count) && text != "." && text != ".." ? text : nil
    }

    /// RFC 9457: `title` and `detail`.
    private static func sentence(_ status: Int?, _ body: JSON?) -> String {
        let words = [body?["title"]?.text, body?["detail"]?.text].compactMap(\.self).filter { !$0.isEmpty }
        let said = words.isEmpty ? body?["type"]?.text ?? "" : words.joined(separator: ": ")
        let head = status.map { "HTTP \($0)" }
        return short([head, said.isEmpty ? nil : said].compactMap(\.self).joined(separator: ": "))
    }

    /// Characters of a repository's words that are kept.
    static let sentenceLimit = 300

    private static func short(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.prefix(sentenceLimit).map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    }
}
