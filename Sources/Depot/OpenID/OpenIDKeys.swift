/// The keys of a provider as they were fetched, and when they may be fetched again: a token that names an unknown key is asked about once,
/// and strangers who invent names do not make requests.
public struct OpenIDKeys: Sendable {
    /// The token names a key that is not here.
    struct Missing: Error {}

    /// Fetched again after this, in milliseconds: a key that was withdrawn is believed no longer.
    static let life: Int64 = 3_600_000
    /// At the earliest after this.
    static let pause: Int64 = 60_000

    public private(set) var keys: [ProviderKey] = []
    private var fetched: Int64?
    private var asked: Int64?

    public init() {}

    /// Whether they are to be fetched before they are used. Times in Unix milliseconds.
    public func areOld(at now: Int64) -> Bool {
        guard let fetched else { return true }
        return abs(now - fetched) >= OpenIDKeys.life
    }

    /// Whether they may be fetched because a key is missing; if so that is noted.
    public mutating func mayAsk(at now: Int64) -> Bool {
        if let asked, abs(now - asked) < OpenIDKeys.pause { return false }
        asked = now
        return true
    }

    public mutating func take(_ keys: [ProviderKey], at now: Int64) { (self.keys, fetched) = (keys, now) }

    /// What `read` makes of a token by these keys. Nil where its key is not among them.
    public func read<T>(_ read: ([ProviderKey]) throws -> T) throws -> T? {
        do { return try read(keys) } catch is Missing { return nil }
    }
}
