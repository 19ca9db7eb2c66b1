import Model
import SQLite

/// Where is this tag? Every agent that is there is asked to tell where its readers hear it. Commands are in the database; whoever asks
/// sends the orders, after the desk has returned them.
public struct TagSearchDesk {
    /// How long readers tell of a tag before they must be asked again, in seconds.
    public static let pause = 60
    /// How long a reader may take to hear that it is to look, in seconds.
    public static let life = 10
    /// Digits of a tag's number: 16 bit to 512 bit.
    public static let digits = 4...128

    let store: Store

    public init(_ store: Store) { self.store = store }

    /// A tag as people write it, in any case; nil when it is none.
    public static func tag(_ text: String) -> String? {
        let tag = text.uppercased()
        return digits.contains(tag.utf8.count) && tag.utf8.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
            ? tag : nil
    }

    /// All agents are asked or none. Empty when none is there. `makeID` names each command.
    public func look(for tag: String, at now: Int64, makeID: () -> String) throws -> [AgentOrder] {
        try order(.find(tag: tag, seconds: TagSearchDesk.pause), at: now, makeID: makeID)
    }

    /// It is found, or given up.
    public func end(_ tag: String, at now: Int64, makeID: () -> String) throws -> [AgentOrder] {
        try order(.find(tag: tag, seconds: 0), at: now, makeID: makeID)
    }

    private func order(_ action: Command.Action, at now: Int64, makeID: () -> String) throws -> [AgentOrder] {
        try store.transaction {
            try store.gateways.rows().filter(\.online).map { agent in
                let command = Command(id: makeID(), action: action, issued: now, ttl: TagSearchDesk.life)
                try store.calls.add(command, agent: agent.name, user: nil)
                return AgentOrder(agent: agent.name, command: command)
            }
        }
    }
}
