import Curl
import Testing

/// Who is connected to by the wire of webhooks; nothing here leaves this machine.
struct HookWireTests {
    private func wire(mayPlain: Bool = true, permits: Bool) -> HookWire {
        HookWire(HookWire.Rules(mayPlain: mayPlain, authority: nil) { _ in permits })
    }

    private func send(_ url: String, by wire: HookWire) async -> HookWire.Reply {
        await wire.send(HookWire.Request(url: url, headers: [("webhook-id", "1")], body: [0x7B, 0x7D]))
    }

    @Test func anAddressThatIsNotPermittedIsNotConnectedTo() async {
        let wire = wire(permits: false)
        for (url, address) in [
            ("http://127.0.0.1:1/", "127.0.0.1"), ("http://0x7f000001:1/", "127.0.0.1"),
            ("http://[::1]:1/", "0:0:0:0:0:0:0:1"),
        ] {
            let reply = await send(url, by: wire)
            #expect(
                reply.status == nil && reply.text.contains("its address \(address) is not a public one"),
                "\(reply.text)")
        }
        let named = await send("http://localhost:1/", by: wire)
        #expect(named.status == nil && named.text.contains("is not a public one"), "a name counts for nothing")
    }

    @Test func aPermittedAddressIsConnectedTo() async {
        let reply = await send("http://127.0.0.1:1/", by: wire(permits: true))
        #expect(reply.status == nil && !reply.text.contains("public") && !reply.text.isEmpty)
    }

    @Test func withoutTLSNothingIsSentWhereItIsNotAllowed() async {
        let reply = await send("http://127.0.0.1:1/", by: wire(mayPlain: false, permits: true))
        #expect(reply.status == nil && reply.text.lowercased().contains("protocol"), "\(reply.text)")
        #expect(await send("file:///etc/hostname", by: wire(permits: true)).status == nil)
    }

    @Test func manyAtOnceAreAllAnswered() async {
        let wire = wire(permits: false)
        let replies = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 { group.addTask { await send("http://127.0.0.1:1/", by: wire).status == nil } }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(replies == 50)
    }
}
