/// What the channels' secrets are made of: one secret of the installation, in a file of its own. With it addresses are sealed where they
/// lie in the database, so that its copies and what is exported of it hold none; it signs what ends a digest by one click; and Web Push's
/// key follows from it.
public struct ChannelKeys: Sendable {
    private let master: [UInt8]

    /// Shortest secret, in bytes.
    public static let shortest = 32

    /// Nil where the secret is too short to be one.
    public init?(master text: String) {
        guard text.utf8.count >= ChannelKeys.shortest else { return nil }
        master = Array(text.utf8)
    }

    private func key(_ use: String) -> [UInt8] { Sealing.mac(master, Array("quai channel \(use)".utf8)) }

    /// In base64url: nonce, cipher, tag.
    public func seal(_ text: String) -> String {
        let nonce = Sealing.random(Sealing.nonceSize)
        return Sealing.base64URL(nonce + (Sealing.seal(Array(text.utf8), key: key("address"), nonce: nonce) ?? []))
    }

    /// Nil where another secret sealed it.
    public func open(_ sealed: String) -> String? {
        guard let bytes = Sealing.bytes(base64URL: sealed), bytes.count > Sealing.nonceSize else { return nil }
        return Sealing.open(
            Array(bytes.dropFirst(Sealing.nonceSize)), key: key("address"),
            nonce: Array(bytes.prefix(Sealing.nonceSize))
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The same for the same address, and it says nothing of it.
    func mark(_ text: String) -> String {
        Sealing.base64URL(Array(Sealing.mac(key("mark"), Array(text.utf8)).prefix(16)))
    }

    /// What stands in a digest's address of unsubscribing: the channel, and that we wrote it.
    public func token(of channel: Int64) -> String {
        "\(channel).\(Sealing.base64URL(Array(Sealing.mac(key("unsubscribe"), Array(String(channel).utf8)).prefix(16))))"
    }

    /// The channel of a token; nil for one that we did not write.
    public func channel(ofToken token: String) -> Int64? {
        guard let id = Int64(token.prefix { $0 != "." }) else { return nil }
        let (given, right) = (Array(token.utf8), Array(self.token(of: id).utf8))
        // Takes as long wherever the two differ.
        return given.count == right.count && zip(given, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0 ? id : nil
    }

    /// What browsers subscribe with.
    public var pushKey: String? { VAPID(master: master, contact: "")?.publicKey }

    func vapid(contact: String) -> VAPID? { VAPID(master: master, contact: contact) }
}
