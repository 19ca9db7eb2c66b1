import Hummingbird
import NIOCore

/// What the router knows of a request beside the request: where it comes from.
struct DoorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection's other end; a proxy's where there is one.
    let peer: SocketAddress?
    /// From whom; the router's first middleware says it.
    var visit: Visit

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress
        visit = Visit(source: Sources.name(peer), isProxied: true)
    }
}
