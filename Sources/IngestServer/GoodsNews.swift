import Depot
import Logging
import Model
import Platform

/// Tells agents that show a page at the depot what is expected and what was counted there: retained at the broker, so that they know it
/// also when they are cut off, or start without us.
actor GoodsNews {
    /// How often at most, while something changes.
    static let pause: Duration = .seconds(3)

    private let reads: LongReads
    private let mail: AgentMail
    /// To which PINs are sealed at depots.
    private let key: [UInt8]?
    private let troubles: Troubles
    /// What each was told last, but for its moment: the digest of it.
    private var told: [String: String] = [:]
    private var version: Int64?
    private var next = Instant.zero

    init(reads: LongReads, mail: AgentMail, key: [UInt8]?, logger: Logger) {
        (self.reads, self.mail, self.key, troubles) = (reads, mail, key, Troubles(logger))
    }

    /// The broker may have forgotten what it kept.
    func begin() { (told, version) = ([:], nil) }

    /// It has not kept it for these.
    func begin(_ agents: [String]) {
        for agent in agents { told[agent] = nil }
        version = nil
    }

    /// Called now and then.
    func tell() async {
        guard Clocks.now >= next else { return }
        next = Clocks.now + GoodsNews.pause
        let (before, now) = (version, Clocks.wall)
        do {
            let news = try await reads.read {
                store -> (version: Int64, goods: [(agent: String, goods: ExpectedGoods)])? in
                let version = try store.dataVersion()
                return version == before ? nil : (version, try store.deliveries.expectedGoods(at: now))
            }
            troubles.ends("agents are not told what is expected", as: "agents are told what is expected")
            guard let news else { return }
            version = news.version
            var longest = 0
            for (agent, goods) in news.goods { longest = max(longest, tell(goods, to: agent)) }
            // A line of a depot is thin: at most some 20 kB a second to each.
            next = Clocks.now + max(GoodsNews.pause, .milliseconds(longest / 20))
        } catch {
            // It is tried again in a moment.
            troubles.begins("agents are not told what is expected", .error, ["reason": "\(error)"])
        }
    }

    /// How many bytes.
    private func tell(_ goods: ExpectedGoods, to agent: String) -> Int {
        var goods = goods
        goods.key = key
        var timeless = goods
        timeless.at = 0
        let digest = Topic.digest(of: timeless.json.text8)
        guard told.updateValue(digest, forKey: agent) != digest else { return 0 }
        var bytes = goods.json.text8
        // The page says how many are not shown.
        while bytes.count > ExpectedGoods.byteLimit, !goods.deliveries.isEmpty {
            let count = max(1, goods.deliveries.count / 8)
            goods.deliveries.removeLast(count)
            goods.more += count
            bytes = goods.json.text8
        }
        mail.post(.expected(agent: agent, bytes))
        return bytes.count
    }
}
