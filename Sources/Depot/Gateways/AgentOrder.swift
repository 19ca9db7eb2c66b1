public import Model

/// A command and the agent that it is for: kept already; whoever asked the desk sends it.
public struct AgentOrder: Equatable, Sendable {
    public var agent: String
    public var command: Command
}
