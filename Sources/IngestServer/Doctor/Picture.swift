import Depot
import Model

/// What the probes saw: values alone, so that every check can be tried without a machine. What nobody looked at is nil or empty.
struct Picture: Sendable {
    /// Unix milliseconds.
    var now: Int64
    var version: String
    var clockIsSet = true
    /// Mistakes with their places; then little else was looked at.
    var mistakes: [String] = []
    var warnings: [String] = []
    var folders: [String] = []
    var disk: Disk?
    var storage: Storage?
    var secrets: [Secret] = []
    var certificates: [Certificate] = []
    /// Why the pages would not be served under theirs.
    var pageCertificate: String?
    /// Of the site's authority; nil where there is none, or whoever asks may not look.
    var authority: Replacement?
    /// What a unit edge-ingest.socket listens on, and what [http] says; empty where both are the same, or there is no unit.
    var elsewhere: [String] = []
    /// Whether anybody has the database open.
    var isRunning: Bool?
    /// On one server's database: who was heard in the last seven days. Empty for a file.
    var centres: [CentreSeat.Other] = []
    /// Which of them gave their place up for the broker's sake, the last one first.
    var given: [CentreSeat.Given] = []
    var broker: Broker?
    var brokerAddress = ""
    /// Nil where the database could not be read.
    var gateways: [Gateway]?
    /// Agents that somebody added.
    var expected: [String] = []
    /// The version whose roll-out stands still, and why, a gateway each; nil where none does.
    var rollout: (version: String, why: [String])?
    var deadLetters: DeadLetters?
    var erp: ERPAnswer?
    /// Those of `[sign-in.NAME]`.
    var providers: [Provider] = []
    var deadPushes: Int64 = 0
    var unreached: [Other] = []
    var webhooks: [Hook] = []
    var epcis: Repository?
    var channels: [Way] = []
    /// Files of archived records that are not there, or have another size; a sentence each.
    var archive: [String] = []
    /// The moment of the newest copy beside the database, as in its name; nil when there is none.
    var lastCopy: String?
    /// A server keeps everything: its own people copy it.
    var isServer = false

    struct Disk: Sendable {
        var path: String
        var free: Int64
        var size: Int64
    }

    enum Storage: Equatable, Sendable {
        case missing(String)
        /// There, and this user or the service may not: who, why.
        case closed([String])
        /// A server's; what it, or the way to it, says.
        case unreachable(String)
        case damaged(String)
        /// The form that it has, and the newest that this program knows.
        case form(Int, newest: Int)
    }

    struct Secret: Sendable {
        /// Whose: `[broker]`, `[erp]`, `[feed.NAME]`.
        var subject: String
        /// Nil when it can be read.
        var problem: String?
        /// Of whom the file is, where that is not who the state belongs to.
        var stranger: String?
        /// Whether root or the service asks.
        var mayLook = true
    }

    struct Certificate: Sendable {
        var subject: String
        var path: String
        /// Of those who are believed, not shown to others.
        var isAuthority = false
        /// Unix milliseconds. Of a chain the first that ends; of authorities the last, for one that holds is enough.
        var ends: Int64?
        /// Why it cannot be read.
        var problem: String?
    }

    struct Replacement: Sendable {
        var path: String
        /// When whoever signs ends, in Unix milliseconds.
        var ends: Int64
        var stage: AuthorityRotation.Stage = .none
        /// When the next one was made.
        var since: Int64?
        var carry = 0
        var gateways = 0
        var missing: [String] = []
        /// Who carries a certificate of another than those who are believed.
        var former: [String] = []
    }

    enum Broker: Equatable, Sendable {
        case good
        /// Good, in MQTT 3.1.1.
        case older
        case unreachable(String)
        case refused(String)
        /// What was written did not come back.
        case denied(String)
    }

    struct Gateway: Sendable {
        var name: String
        var isOnline: Bool
        var seen: Int64
        var alarm: String?
        var version: String?
        /// Why its buffer takes nothing.
        var trouble: String?
    }

    struct Hook: Sendable {
        /// Its number: names and addresses are the site's.
        var id: Int64
        /// Why it is told nothing more, where nobody asked for that.
        var trouble: String?
        var dead: Int64 = 0
    }

    /// Somebody else whom the configuration names, and who was not reached.
    struct Other: Equatable, Sendable {
        var subject: String
        var why: String
    }

    /// An EPCIS repository.
    struct Repository: Sendable {
        /// When the oldest event was told that waits for it, in Unix milliseconds.
        var waiting: Int64?
        var dead: Int64 = 0
    }

    /// A way in which somebody is told, and that gave something up.
    struct Way: Sendable {
        var name: String
        var kind: String
        var sentence: String
    }

    struct DeadLetters: Sendable {
        var count: Int
        /// How often each reason.
        var codes: [String: Int] = [:]
    }

    struct Provider: Sendable {
        /// `[sign-in.NAME]`
        var subject: String
        var trouble: Trouble?
        /// Roles that its groups give and that are not there.
        var missing: [String] = []
        /// How far its clock is ahead of ours, in seconds; nil where it did not say.
        var ahead: Int64?

        enum Trouble: Sendable {
            case away(String)
            case wrong(String)
        }
    }

    enum ERPAnswer: Sendable {
        case good(remarks: [String])
        case unreachable(String)
        case refused(String)
        case lacks(String)
    }
}
