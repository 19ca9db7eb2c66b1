public import Depot

/// Who changes the database on behalf of the exchange, one deed after the other; `now` is the moment of each.
public protocol ExchangeDeeds: Sendable {
    func run<T: Sendable>(_ deed: @Sendable (_ store: Store, _ now: Int64) throws -> T) async throws -> T
}

/// What a look at a folder found wrong; nil: nothing.
public struct ExchangeFinding: Error, Equatable, Sendable, CustomStringConvertible {
    public var path: String
    public var sentence: String

    public init(_ path: String, _ sentence: String) { (self.path, self.sentence) = (path, sentence) }

    public init(_ fault: FolderFault) { self.init(fault.path, "\(fault)") }

    public var description: String { sentence }
}
