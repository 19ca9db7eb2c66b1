import Foundation
import Model
import StoreSupport
import TestSupport
import Testing

@testable import Depot

/// Whose name a telephone that rings is given.
struct TelephoneNameTests {
    private let folder = TemporaryFolder()
    private let store: Store
    private static let plan = NumberPlan(internalPlan: #"[1-8]\d\d"#, outsidePrefix: "0")

    init() throws {
        store = try TestStore.open("\(folder.path)/db")
        try line(can: ["hangup", "name", "transfer"])
        try client("Zoé Martin", company: "", "06 39 98 00 01")
        try client("Marc Dupont", company: "DUPONT SARL", "01 99 00 12 34")
        try client("Ana Dupont", company: "DUPONT SARL", "01 99 00 12 34")
        try client("Luc Petit", company: "PETIT", "01 99 00 55 55")
        try client("Eve Grand", company: "GRAND", "01 99 00 55 55")
    }

    private func line(can: [String], online: Bool = true) throws {
        let device = JSON.object([
            ("name", "pbx"), ("kind", "telephony"), ("state", "ready"), ("can", .array(can.map(JSON.string))),
        ])
        try store.gateways.update(
            agent: "dock", site: nil, online: online, status: JSON.object([("devices", .array([device]))]).description,
            at: 1)
    }

    private func client(_ name: String, company: String, _ number: String) throws {
        try store.parties.add(
            name: name, company: company, reference: nil, numbers: [Self.plan.number(number)], by: "test", at: 1)
    }

    private func call(_ number: String?, withheld: Bool = false) -> CallSnapshot {
        var call = CallSnapshot(call: "dock/pbx/17", revision: 1, startedAt: 5)
        (call.state, call.direction) = (.ringing, .inbound)
        call.caller = withheld ? .hidden : Party(number: number, name: nil)
        return call
    }

    private func name(_ call: CallSnapshot) throws -> String? {
        let order = try TelephoneName(store, plan: Self.plan).order(for: call, of: "dock", id: "01A", at: 10)
        guard let order else { return nil }
        guard case .name("pbx/17", let name) = order.command.action, order.agent == "dock" else {
            Issue.record("\(order)")
            return nil
        }
        return name
    }

    @Test func theCompanyOrThePersonWhoHasTheNumber() throws {
        #expect(try name(call("0639980001")) == "Zoé Martin")
        #expect(try name(call("+33199001234")) == "DUPONT SARL", "several people of one company")
    }

    @Test func nobodyIsNamedInDoubt() throws {
        #expect(try name(call("0199005555")) == nil, "two clients share it")
        #expect(try name(call("0199007777")) == nil)
        #expect(try name(call("101")) == nil)
        #expect(try name(call(nil)) == nil)
        #expect(try name(call("0639980001", withheld: true)) == nil)
    }

    @Test func onlyACallFromOutsideThatNobodyHasAnswered() throws {
        for state in CallSnapshot.State.allCases {
            var call = call("0639980001")
            call.state = state
            #expect(try (name(call) != nil) == [.offered, .queued, .ringing].contains(state), "\(state)")
        }
        var own = call("0639980001")
        own.direction = .outbound
        #expect(try name(own) == nil)
    }

    @Test func onlyALineThatCan() throws {
        try line(can: ["hangup", "transfer"])
        #expect(try name(call("0639980001")) == nil, "an older agent")
        try line(can: ["name"], online: false)
        #expect(try name(call("0639980001")) == nil)
    }
}
