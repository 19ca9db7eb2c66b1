import Hummingbird
import NIOCore

/// What the router knows of a request beside the request: where it comes from.
struct DoorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection's other end; a proxy's where there is one.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = Sources.name(source.channel.remoteAddress)
    }
}
