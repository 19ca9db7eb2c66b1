import Drivers
import Model
import TestSupport
import Testing

/// Scripts that number their calls as they like: each call that begins is one, whatever it is called.
struct CallFeedCaseTests {
    @Test func anIdThatComesAgainAfterItsEndIsANewCall() throws {
        let json = try Fixture.json("DriversTests/Captures/duplicate-ids.json")
        var told: [CallSnapshot] = []
        for feed in json["feeds"]?.list ?? [] {
            var session = Driver.jsonl.session(SessionSettings(name: feed["phone"]?.text ?? ""))
            var book = CallBook(revisionBase: 0)
            var isOpen = false
            for line in feed["lines"]?.list ?? [] {
                let at = Instant.milliseconds(Int64((line.list?[0].double ?? 0) * 1000))
                var stimuli: [Stimulus] = []
                if line.list?[1].text == "connect" {
                    stimuli = isOpen ? [.closed, .opened] : [.opened]
                    isOpen = true
                } else if let object = line.list?[1] {
                    stimuli = [.bytes(object.text8 + [0x0A])]
                }
                for stimulus in stimuli {
                    for case .call(let signal) in session.handle(stimulus, at: at).observations {
                        told += book.apply(signal, at: at.milliseconds).filter { $0.state == .ended }
                    }
                }
            }
        }
        let story = json["story"]?.list ?? []
        #expect(told.count == 6 && Set(told.compactMap(\.caller?.number)).count == 6)
        for call in story {
            let found = told.first { $0.caller?.number == call["caller"]?["number"]?.text }
            #expect(found?.missedBy == (call["missedBy"]?.list ?? []).compactMap(\.text))
            #expect((found?.answeredAt != nil) == call["answered"]?.truth)
        }
        // Two agents may say the same names: each is filed under its own.
        #expect(Set(told.prefix(4).map(\.call)).count == 4)
    }
}
