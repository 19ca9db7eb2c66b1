import Model

extension GatewayTable {
    /// Whether the link that a call came by works, and says that it can.
    func can(_ act: CallAct, agent: String, line: String) throws -> Bool {
        guard try book().mayTelephone(agent: agent), let row = try rows(agent).first, row.online else { return false }
        return (row.status?["devices"]?.list ?? []).contains {
            $0["kind"]?.text == "telephony" && $0["state"]?.text == "ready" && $0["name"]?.text == line
                && ($0["can"]?.list ?? []).contains(.string(act.rawValue))
        }
    }
}
