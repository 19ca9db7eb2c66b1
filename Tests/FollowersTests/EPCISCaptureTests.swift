import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot
@testable import Followers

/// What a repository's answers mean, and what becomes of events by them.
struct EPCISCaptureTests {
    private func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8)) }

    private func event(_ isError: Bool = false) -> StoredEvent {
        StoredEvent(
            id: 1, event: "ni:///sha-256;00?ver=CBV2.0", isError: isError, told: 1, body: .members([]), state: .sent,
            attempts: 0, due: 0, job: nil, sentence: nil)
    }

    @Test func anAnswerToADocumentIsTakenAtItsWord() throws {
        #expect(
            EPCISCapture.sent(202, location: "http://elsewhere.example/x/capture/job-7?y", retryAfter: nil, nil)
                == .begun(job: "job-7"))
        #expect(
            EPCISCapture.sent(202, location: "/capture/..", retryAfter: nil, nil)
                == .unknown("it took the events and named no capture job"))
        let named = try json(#"{"captureID":"a b"}"#)
        #expect(
            EPCISCapture.sent(202, location: nil, retryAfter: nil, named)
                == .unknown("it took the events and named no capture job"))
        #expect(EPCISCapture.sent(201, location: nil, retryAfter: nil, nil) == .taken)
        #expect(EPCISCapture.sent(503, location: nil, retryAfter: 9, nil) == .later("HTTP 503", after: 9))
        #expect(EPCISCapture.sent(502, location: nil, retryAfter: nil, nil) == .unknown("HTTP 502"))
        let problem = try json(#"{"type":"x","title":"bad","detail":"line\n2"}"#)
        #expect(EPCISCapture.sent(400, location: nil, retryAfter: nil, problem) == .refused("HTTP 400: bad: line 2"))
    }

    @Test func aJobEndsWellOrWithReasons() throws {
        #expect(EPCISCapture.job(200, try json(#"{"running":true,"success":true}"#)) == .running)
        #expect(EPCISCapture.job(200, try json(#"{"running":false,"success":true}"#)) == .taken)
        let failed = try json(#"{"running":false,"success":false,"errors":[{"title":"unknown"},{"title":"late"}]}"#)
        #expect(EPCISCapture.job(200, failed) == .refused("unknown; late"))
        #expect(EPCISCapture.job(404, nil) == .unknown("it does not know its capture job any more"))
        #expect(EPCISCapture.job(200, nil) == .unknown("its answer is no capture job"))
        let long = JSON.object([("title", .string(String(repeating: "x", count: 5000)))])
        guard case .later(let sentence, _) = EPCISCapture.job(500, long) else { throw Missing() }
        #expect(sentence.count == EPCISCapture.sentenceLimit)
    }

    private struct Missing: Error {}

    @Test func anErrorIsKnownByItsDeclarationAlone() throws {
        let plain = try json(#"{"epcisBody":{"queryResults":{"resultsBody":{"eventList":[{"eventID":"x"}]}}}}"#)
        let declared = try json(#"{"eventID":"x","errorDeclaration":{}}"#)
        #expect(EPCISCapture.known(event(), 200, plain) == .taken)
        #expect(EPCISCapture.known(event(true), 200, plain) == .missing)
        #expect(EPCISCapture.known(event(true), 200, declared) == .taken)
        #expect(EPCISCapture.known(event(), 404, nil) == .missing)
        #expect(EPCISCapture.known(event(), 501, nil) == .missing, "it cannot be asked")
        #expect(EPCISCapture.known(event(), 503, nil) == .later("HTTP 503", after: nil))
    }

    @Test func whatIsRefusedIsGivenUpAndRevived() throws {
        let folder = TemporaryFolder()
        let store = try TestStore.open("\(folder.path)/db")
        let desk = EPCISDesk(store)
        for at in 1...3 as ClosedRange<Int64> {
            var event = EPCISEvent(.object, at: at, .observe, .storing)
            event.names = ["urn:quai:centre:tag:E2"]
            try store.epcis.add(event, of: nil, waits: true, at: at)
            try store.epcis.add(event, of: nil, waits: true, at: at)
        }
        let ids = try store.epcis.due(limit: 9, at: 1).map(\.id)
        try #require(ids.count == 3, "each once")
        try desk.send(ids)
        #expect(try store.epcis.rows(.sent, limit: 9).count == 3)
        try desk.begin(ids, job: "j", due: 50)
        #expect(try store.epcis.rows(.begun, limit: 9).map(\.job) == ["j", "j", "j"])
        try desk.fail(ids, "bad", isOver: false, due: 60)
        #expect(try store.epcis.due(limit: 9, at: 59).isEmpty)
        #expect(try store.epcis.due(limit: 9, at: 60).map(\.attempts) == [1, 1, 1])
        try desk.settle([ids[0]])
        try desk.fail([ids[1]], "bad", isOver: true, due: 0)
        #expect(try store.epcis.counts() == ["done": 1, "dead": 1, "waiting": 1])
        #expect(try store.epcis.rows(.dead, limit: 9).map(\.sentence) == ["bad"])
        #expect(try desk.revive() == 1)
        #expect(try !desk.forget(before: 100))
        #expect(try store.epcis.counts() == ["waiting": 2], "what waits is not forgotten")
    }

    @Test func aPasswordOrATokenIsSaid() {
        #expect(EPCISCapture.authorization(nil, "t") == "Bearer t")
        #expect(EPCISCapture.authorization("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    }
}
