import ERP
import ERPPeers
import Testing

/// Calls and clients against the stand-in.
struct OdooNotesTests {
    static let series = [14, 15, 16, 17, 18, 19]

    private static func call(_ party: Int64, callBackOn: String? = nil, key: String = "quai/call/1") -> CallPush {
        CallPush(
            key: key, party: String(party), subject: "Incoming call, 3 min, answered by Bruno",
            note: "Wants <2> boxes & a price", callBackOn: callBackOn)
    }

    @Test(arguments: series)
    func aCallIsNotedOnceWhateverBreaks(series: Int) async throws {
        let party = OdooServer(series: series).firstCustomer
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(OdooNotesTests.call(party), dry: false)
        } check: { server, place in
            let notes = server.notes(ofPartner: party)
            #expect(notes.count == 1, "\(place)")
            #expect(notes[0].contains("Wants &lt;2&gt; boxes &amp; a price<br>[quai/call/1]"), "\(place)")
        }
    }

    @Test(arguments: series)
    func aCallBackIsAnActivityOnceWhateverBreaks(series: Int) async throws {
        let party = OdooServer(series: series).firstCustomer
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(OdooNotesTests.call(party, callBackOn: "2026-11-24"), dry: false)
        } check: { server, place in
            #expect(server.activities(ofPartner: party) == ["Incoming call, 3 min, answered by Bruno"], "\(place)")
            #expect(server.notes(ofPartner: party).isEmpty, "\(place)")
        }
    }

    @Test(arguments: series)
    func aCallBackThatIsDoneIsDoneThereOnceWhateverBreaks(series: Int) async throws {
        let party = OdooServer(series: series).firstCustomer
        let done = CallPush(
            key: "quai/call/1#2.done", party: String(party), subject: "Call back done, Alice", note: "",
            closes: ["quai/call/1#2"])
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            let call = OdooNotesTests.call(party, callBackOn: "2026-11-24", key: "quai/call/1#2")
            _ = try await connector.push(call, dry: false)
            return try await connector.push(done, dry: false)
        } check: { server, place in
            #expect(server.activities(ofPartner: party).isEmpty, "\(place)")
            let notes = server.notes(ofPartner: party)
            #expect(notes.count == 1, "\(place)")
            #expect(notes.first?.contains("Call back done, Alice") == true, "\(place)")
            #expect(notes.first?.contains("[quai/call/1#2]") == true, "\(place)")
        }
    }

    private static func openAgain(_ party: Int64) -> CallPush {
        var again = call(party, callBackOn: "2026-11-24", key: "quai/call/1#2.2")
        (again.subject, again.reopens) = ("Open again: Incoming call", ["quai/call/1#2"])
        return again
    }

    @Test(arguments: series)
    func aCallBackThatIsOpenAgainIsANewActivityOnceWhateverBreaks(series: Int) async throws {
        let party = OdooServer(series: series).firstCustomer
        let done = CallPush(
            key: "quai/call/1#2.done", party: String(party), subject: "Call back done, Alice", note: "",
            closes: ["quai/call/1#2"])
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            _ = try await connector.push(
                OdooNotesTests.call(party, callBackOn: "2026-11-24", key: "quai/call/1#2"), dry: false)
            _ = try await connector.push(done, dry: false)
            return try await connector.push(OdooNotesTests.openAgain(party), dry: false)
        } check: { server, place in
            #expect(server.activities(ofPartner: party) == ["Open again: Incoming call"], "\(place)")
            #expect(server.notes(ofPartner: party).count == 1, "\(place)")
        }
    }

    @Test func aCallBackThatNobodyMarkedThereIsNotMadeTwice() async throws {
        let desk = OdooDesk(18)
        let party = await desk.server.firstCustomer
        let first = try await desk.connector().push(
            OdooNotesTests.call(party, callBackOn: "2026-11-24", key: "quai/call/1#2"), dry: false)
        let again = try await desk.connector().push(OdooNotesTests.openAgain(party), dry: false)
        #expect(again == .done(id: first.id ?? "", "The call back is still open in Odoo."))
        #expect(await desk.server.activities(ofPartner: party).count == 1)
        // And it is found when that one is done, by whichever key.
        let done = CallPush(
            key: "quai/call/1#2.2.done", party: String(party), subject: "Call back done, Alice", note: "",
            closes: ["quai/call/1#2.2", "quai/call/1#2"])
        _ = try await desk.connector().push(done, dry: false)
        #expect(await desk.server.activities(ofPartner: party).isEmpty)
    }

    @Test(arguments: series)
    func aCallBackIsOfThePersonWhereOdooKnowsThem(series: Int) async throws {
        let party = OdooServer(series: series).firstCustomer
        for (person, users, id, words) in [
            ("Nadia", [:], 77, "for Nadia"),
            ("Nadia B.", ["nadia b.": "nadia@firm.example"], 77, "for Nadia"),
            ("Omar", [:], nil, "for the service's user: Odoo has no user “Omar”"),
        ] as [(String, [String: String], Int64?, String)] {
            let desk = OdooDesk(series)
            let connector = OdooConnector(
                database: "depot", user: "manager", secret: series >= 19 ? "manager-key" : "manager-secret",
                users: users, wire: desk.peer.wire,
                today: { "2026-11-22" })
            var push = OdooNotesTests.call(party, callBackOn: "2026-11-24")
            push.person = person
            #expect(try await connector.push(push, dry: false).sentence == "The call back is in Odoo, \(words).")
            let whose = await desk.server.assignees(ofPartner: party)
            #expect(whose.count == 1)
            if let id { #expect(whose == [id]) } else { #expect(whose != [77]) }
        }
    }

    @Test func whatSomebodyMarkedInOdooIsNotDoneAgain() async throws {
        let desk = OdooDesk(18)
        let party = await desk.server.firstCustomer
        let done = CallPush(
            key: "quai/call/1#2.done", party: String(party), subject: "Call back done, Alice", note: "",
            closes: ["quai/call/1#2"])
        #expect(
            try await desk.connector().push(done, dry: false)
                == .done(id: "", "The call back is not open in Odoo any more."))
        #expect(await desk.server.writes == 0)
    }

    @Test func theKeyOfOneCallIsNotFoundInAnothers() async throws {
        let desk = OdooDesk(17)
        let party = await desk.server.firstCustomer
        _ = try await desk.connector().push(OdooNotesTests.call(party, key: "quai/call/17"), dry: false)
        _ = try await desk.connector().push(OdooNotesTests.call(party, key: "quai/call/1"), dry: false)
        #expect(await desk.server.notes(ofPartner: party).count == 2)
    }

    @Test func aCallOfAClientWhoIsDeletedIsGone() async throws {
        let desk = OdooDesk(19)
        let fault = await OdooDesk.fault { () async throws(ERPFault) in
            try await desk.connector().push(OdooNotesTests.call(999), dry: false)
        }
        #expect(fault?.kind == .gone)
    }

    @Test(arguments: series)
    func aClientIsEnteredOnceWhateverBreaks(series: Int) async throws {
        let push = PartyPush(
            key: "quai/party/3", company: "Atelier Roux", name: "Jeanne Roux",
            numbers: ["+33465712003", "+33639985006"])
        try await OdooDesk.everyCrash(series) { (connector) async throws(ERPFault) in
            try await connector.push(push, dry: false)
        } check: { server, place in
            let made = server.partners(ref: "quai/party/3")
            #expect(made.count == 1, "\(place)")
            #expect(server.value("res.partner", made[0], "name") == "\"Atelier Roux\"", "\(place)")
        }
        let desk = OdooDesk(series)
        _ = try await desk.connector().push(push, dry: false)
        let found = try await desk.connector().parties(e164: "+33465712003", national: "04 65 71 20 03")
        #expect(found.map(\.name) == ["Jeanne Roux"])
        #expect(found.map(\.company) == ["Atelier Roux"])
        #expect(found.allSatisfy { !$0.isGuess && $0.code == nil })
    }

    @Test(arguments: series)
    func aDryRunOfANoteWritesNothing(series: Int) async throws {
        let desk = OdooDesk(series)
        let party = await desk.server.firstCustomer
        let connector = desk.connector()
        #expect(try await connector.push(OdooNotesTests.call(party), dry: true).plan.count == 1)
        let push = PartyPush(key: "quai/party/3", company: "", name: "Jeanne Roux", numbers: [])
        #expect(try await connector.push(push, dry: true).plan.map(\.summary) == ["res.partner.create"])
        #expect(await desk.server.writes == 0)
    }
}
