/// A sentence for the person who started the server.
struct IngestFailure: Error, CustomStringConvertible {
    var description: String
    init(_ text: String) { description = text }
}
