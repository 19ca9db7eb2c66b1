import Platform

/// Where the broker is and how we introduce ourselves.
public struct BrokerOptions: Sendable {
    public var host: String
    public var port: UInt16
    public var tls: Bool
    public var clientID: String
    public var user: String?
    public var password: String?
    /// PEM file of the authority that signed the broker's certificate; nil takes the system's.
    public var authority: String?
    /// PEM files for mutual TLS.
    public var certificate: String?
    public var key: String?
    /// Seconds.
    public var keepAlive: Int32
    public var will: Will?

    public struct Will: Sendable {
        public var topic: String
        public var payload: [UInt8]

        public init(topic: String, payload: [UInt8]) {
            self.topic = topic
            self.payload = payload
        }
    }

    public init(host: String, port: UInt16, tls: Bool = false, clientID: String, keepAlive: Int32 = 20) {
        self.host = host
        self.port = port
        self.tls = tls
        self.clientID = clientID
        self.keepAlive = keepAlive
    }

    /// `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`; nil for anything else.
    public init?(url: String, clientID: String, keepAlive: Int32 = 20) {
        let tls = url.hasPrefix("mqtts://")
        guard tls || url.hasPrefix("mqtt://"),
            let place = HostPort(url.dropFirst(tls ? 8 : 7), usual: tls ? 8883 : 1883)
        else { return nil }
        self.init(host: place.host, port: place.port, tls: tls, clientID: clientID, keepAlive: keepAlive)
    }
}
