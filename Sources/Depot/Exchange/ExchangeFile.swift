/// A file that tells the ERP something, and how far it has come.
public struct ExchangeFile: Equatable, Sendable {
    /// From 1, no holes.
    public var number: Int64
    public var name: String
    public var job: Int64
    public var state: ERPJob.State
    public var due: Int64
    public var fault: String?
    /// When a person said: again.
    public var asked: Int64?
    /// Its whole content lies beside its place, under a hidden name.
    public var staged: Int64?
    /// It is in its place.
    public var written: Int64?
    /// What the other side answered with lies there still.
    public var isUntidy: Bool

    /// Where it is made ready; nobody else touches it.
    public var hidden: String { ".\(name).tmp" }

    /// What lies in the folder, as far as it concerns one file.
    public struct Seen: Equatable, Sendable {
        public var isReady = false
        public var isThere = false
        public var isTaken = false
        public var isAcknowledged = false
        public var isRefused = false

        public init(_ file: ExchangeFile, in folder: Set<String>, taken: Set<String>) {
            isReady = folder.contains(file.hidden)
            isThere = folder.contains(file.name)
            isTaken = taken.contains(file.name)
            isAcknowledged = folder.contains("\(file.name).ack")
            isRefused = folder.contains("\(file.name).nak")
        }
    }

    public enum Step: Equatable, Sendable {
        /// Nothing to do now.
        case rest
        /// Take away what the other side answered with.
        case tidy
        /// Write it beside its place.
        case stage
        /// Put it into its place.
        case publish
        /// It is in its place: write that down.
        case confirm
        /// The other side has it.
        case done
        /// The other side does not want it, and says why.
        case refused
        /// Nobody took it for too long.
        case late
        /// A person wants it written once more.
        case again
        /// It was given up: nobody is to take it any more.
        case withdraw
    }

    /// What is to be done next. The order of writing makes each moment plain after a crash: staged and hidden: not put there
    /// yet; staged and not hidden any more: put there, and perhaps taken since; written and gone: taken.
    public func next(_ seen: Seen, at now: Int64, acknowledgedWithin limit: Int64) -> Step {
        if isUntidy { return .tidy }
        switch state {
        case .dropped: return staged == nil ? .rest : .withdraw
        case .waiting, .running: break
        case .done, .dead: return .rest
        }
        guard staged != nil else { return due <= now ? .stage : .rest }
        guard let written else { return seen.isReady ? .publish : .confirm }
        if seen.isRefused { return .refused }
        if seen.isAcknowledged || seen.isTaken || !seen.isThere { return .done }
        if let asked, asked > written { return .again }
        return fault != "late" && now - written >= limit ? .late : .rest
    }
}
