public import Model

/// What an agent says of itself, and what is wrong with it.
extension GatewayDesk {
    static let accountMark = "account: "

    /// Takes down a status that was checked. `disagreement` says in what the agent's account and ours begin to differ, where they do.
    public func hear(
        _ status: JSON, of agent: String, clockOffset: Int64, at now: Int64
    ) throws -> (welcome: Welcome, disagreement: String?) {
        let welcome = try admit(status, of: agent, at: now)
        guard case .welcome(let site) = welcome else { return (welcome, nil) }
        let online = status["online"]?.truth ?? false
        try store.transaction {
            let was = try store.gateways.hear(
                online ? status : nil, of: agent, site: site, online: online, at: now)
            if was != online {
                try store.tell(
                    Fact(online ? .gatewayOnline : .gatewayOffline, agent), by: Author("edge-ingest"), site: site,
                    at: now)
            }
            if online { try NoticeDesk(store).watch(status, of: agent, at: now) }
        }
        guard online else { return (welcome, nil) }
        let disagreement = try compareAccounts(status, of: agent, at: now)
        try say(clockOffset: clockOffset, of: agent, at: now)
        return (welcome, disagreement)
    }

    /// Both ends count the same records: a difference is an alarm that names them, until they agree again.
    private func compareAccounts(_ status: JSON, of agent: String, at now: Int64) throws -> String? {
        guard let epoch = status["epoch"]?.text.flatMap(Hex.word),
            let settled = status["buffer"]?["settled"]?.integer
        else { return nil }
        let alarm = try store.gateways.alarm(of: agent)
        let found = try store.gateways.disagreement(
            agent: agent, epoch: epoch, account: Account(json: status["account"]), settled: UInt64(clamping: settled))
        guard let found else {
            if alarm?.hasPrefix(GatewayDesk.accountMark) ?? false { try self.alarm(agent, nil, at: now) }
            return nil
        }
        guard alarm != GatewayDesk.accountMark + found else { return nil }
        try self.alarm(agent, GatewayDesk.accountMark + found, at: now)
        return found
    }

    /// Something is wrong with an agent, or no more: a fact, for pages and whoever else follows.
    public func alarm(_ agent: String, _ text: String?, at now: Int64) throws {
        try store.transaction {
            try store.gateways.alarm(agent: agent, text, at: now)
            try store.tell(
                Fact(text == nil ? .gatewayHealed : .gatewayAlarm, agent, text), by: Author("edge-ingest"), at: now)
        }
    }

    /// What every agent is to be set to.
    public func desired() throws -> [(agent: String, configuration: DesiredConfiguration)] {
        try store.gateways.desired()
    }
}
