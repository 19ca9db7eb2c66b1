import Followers
import Model
import Testing

/// What pages are told of many gateways.
struct GatewayNewsTests {
    private static func gateway(online: Bool = true, pending: Int64 = 0) -> JSON {
        .object([
            ("online", .bool(online)),
            ("status", .object([("account", .object([("pending", .int(pending))]))])),
        ])
    }

    /// So many that not everything is told.
    private static func many() -> GatewayNews {
        var news = GatewayNews()
        for number in 0..<200 { _ = news.isNews("gate-\(number)", gateway()) }
        return news
    }

    @Test func ofAFewEverythingIsTold() {
        var news = GatewayNews()
        let told = [news.isNews("a", Self.gateway()), news.isNews("a", Self.gateway())]
        #expect(told == [true, true])
    }

    @Test func ofManyWhatSomebodyWouldActOn() {
        var news = Self.many()
        var told = [
            news.isNews("gate-7", Self.gateway()), news.isNews("gate-7", Self.gateway(online: false)),
            news.isNews("gate-7", Self.gateway()),
        ]
        // What nobody was told is news when it comes back.
        news.forget("gate-7")
        told.append(news.isNews("gate-7", Self.gateway()))
        #expect(told == [false, true, true, true])
    }

    @Test func whatWaitsIsToldAsItDoubles() {
        var news = Self.many()
        let told = (Array(0...1000) + [500, 3, 0]).filter { news.isNews("gate-7", Self.gateway(pending: $0)) }
        #expect(told == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 500, 3, 0])
    }
}
