/// A table in which something about a person may be kept. The one list of them: an access file walks it (`AccessTable`), and an
/// erasure looks for a number in its texts (`ErasureTable`). A test holds it against the schema: a new table is here, or among those
/// that know nobody.
struct PersonalPlace: Sendable {
    let table: String
    /// Columns in which people or machines may have written a number or a name.
    var texts: [String] = []
    /// Of these, where an erasure writes over the number and the row stays; documents of JSON lose it from their lists.
    var overwritten: [String] = []
    /// What tells a row from the others.
    var keys = ["rowid"]
    /// Rows that are looked at.
    var rows = "1=1"
    /// Columns that name a call, a client, a job of the ERP's queue, a number's key, a client's reference.
    var call: String?
    var party: String?
    var job: String?
    var number: String?
    var reference: String?
    /// Column with the number of an entry of the ledger.
    var entry: String?
    /// Columns with the name, and with the number, of somebody of the house.
    var names: [String] = []
    var users: [String] = []
    /// Texts are JSON.
    var documents: [String] = []
    /// What no file says: secrets, and what only the program can read.
    var hidden: Set<String> = []
    /// Bodies are binary: what stands before and after digits says nothing.
    var isBinary = false

    static func of(_ table: String) -> PersonalPlace {
        guard let place = all.first(where: { $0.table == table }) else { preconditionFailure("no place \(table)") }
        return place
    }

    /// SQL: whether a number, its core bound as `?1`, may be written in one of the texts. Finds too much, never too little.
    var mayMention: String {
        "(\(texts.map { "instr(\(WrittenNumber.squeezed($0)), ?1)>0" }.joined(separator: " OR ")))"
    }

    static let all: [PersonalPlace] = [
        // Clients and calls.
        PersonalPlace(
            table: "party", texts: ["name", "company"], overwritten: ["name", "company"], party: "id",
            names: ["created_by"]),
        PersonalPlace(
            table: "party_number", texts: ["number"], keys: ["party", "key"], party: "party", number: "key"),
        PersonalPlace(table: "call", texts: ["snapshot"], call: "id", number: "key", documents: ["snapshot"]),
        PersonalPlace(
            table: "call_note", texts: ["note", "disposition"], overwritten: ["note", "disposition"], call: "call",
            party: "party", names: ["who"]),
        PersonalPlace(table: "call_desk", keys: ["desk", "started", "call"], call: "call"),
        PersonalPlace(table: "missed", call: "call", names: ["taken_by", "done_by"]),
        PersonalPlace(table: "reminder", call: "call", names: ["who", "done_by"], users: ["user"]),
        PersonalPlace(table: "command", texts: ["body"], call: "call", users: ["user"], documents: ["body"]),
        PersonalPlace(
            table: "record", texts: ["body"], keys: ["stream", "seq"], rows: "kind IN (6, 9)", isBinary: true),
        PersonalPlace(
            table: "dead_letter", texts: ["body", "detail"], keys: ["stream", "seq"], isBinary: true),
        // What others are told.
        PersonalPlace(
            table: "erp_job", texts: ["payload", "sentence", "fault", "reason"],
            overwritten: ["payload", "sentence", "fault", "reason"], job: "id", names: ["who"],
            documents: ["payload"]),
        PersonalPlace(
            table: "erp_call", texts: ["summary", "outcome"], overwritten: ["summary", "outcome"], job: "job"),
        PersonalPlace(
            table: "exchange_entry", texts: ["rows"], overwritten: ["rows"], documents: ["rows"]),
        PersonalPlace(
            table: "exchange_read", texts: ["report"], overwritten: ["report"], keys: ["name", "digest"]),
        PersonalPlace(
            table: "notice", texts: ["data"], overwritten: ["data"], names: ["done_by"], documents: ["data"]),
        PersonalPlace(
            table: "inbox", texts: ["data"], overwritten: ["data"], call: "subject", users: ["user"],
            documents: ["data"]),
        // Deliveries, as far as people stand in them.
        PersonalPlace(
            table: "delivery", texts: ["supplier", "client"], overwritten: ["supplier", "client"],
            reference: "client", names: ["opened_by", "closed_by"]),
        PersonalPlace(
            table: "delivery_detail", texts: ["value"], overwritten: ["value"],
            keys: ["delivery", "kind", "code", "value"]),
        PersonalPlace(table: "decision", texts: ["reason"], overwritten: ["reason"], names: ["who"]),
        PersonalPlace(
            table: "reopening", texts: ["reason"], overwritten: ["reason"], keys: ["delivery", "number"],
            names: ["who", "closed_by"]),
        PersonalPlace(
            table: "depot_decision", texts: ["text"], overwritten: ["text"], names: ["settled_by"],
            documents: ["text"]),
        PersonalPlace(table: "photo", names: ["who"], hidden: ["body"]),
        PersonalPlace(table: "movement", names: ["who"]),
        PersonalPlace(table: "stock_take", names: ["opened_by", "closed_by"]),
        PersonalPlace(table: "label", keys: ["subject"], names: ["who"]),
        PersonalPlace(table: "page_scan", keys: ["key"], users: ["person", "sender"], documents: ["answer"]),
        // People of the house.
        PersonalPlace(table: "user", names: ["name"], users: ["id"], hidden: ["password", "pin", "badge"]),
        PersonalPlace(table: "session", users: ["user"], hidden: ["token"]),
        PersonalPlace(table: "desk", users: ["user"]),
        PersonalPlace(
            table: "sign_in_try", keys: ["kind", "subject", "source"], rows: "kind IN ('name', 'pin', 'own')",
            names: ["subject"]),
        PersonalPlace(table: "sign_in_refusal", keys: ["subject", "source"], names: ["subject"]),
        PersonalPlace(table: "inbox_preference", keys: ["user", "type"], users: ["user"]),
        PersonalPlace(table: "inbox_quiet", users: ["user"]),
        PersonalPlace(table: "user_role", keys: ["user", "role"], users: ["user"]),
        PersonalPlace(table: "user_scope", keys: ["user", "kind", "name"], users: ["user"]),
        PersonalPlace(table: "one_time_code", users: ["user"], hidden: ["salt", "mark", "next"]),
        PersonalPlace(
            table: "recovery_code", keys: ["user", "digest"], users: ["user"], hidden: ["digest"]),
        PersonalPlace(table: "passkey", users: ["user"], hidden: ["credential", "key"]),
        PersonalPlace(table: "token", keys: ["id"], users: ["user"], hidden: ["digest"]),
        PersonalPlace(table: "screen", names: ["who"], hidden: ["secret"]),
        PersonalPlace(
            table: "openid_identity", keys: ["issuer", "subject"], users: ["user"]),
        PersonalPlace(table: "sign_in_place", keys: ["user", "source"], users: ["user"]),
        PersonalPlace(table: "channel", users: ["user"], hidden: ["sealed", "mark"]),
        PersonalPlace(table: "channel_choice", keys: ["user", "type", "kind"], users: ["user"]),
        PersonalPlace(table: "channel_habit", users: ["user"]),
        PersonalPlace(table: "duty", users: ["user"]),
        PersonalPlace(table: "escalation", names: ["done_by"]),
        PersonalPlace(table: "escalation_step", keys: ["fact", "channel"], users: ["user"]),
        PersonalPlace(table: "desired", keys: ["agent"], names: ["who"], hidden: ["text"]),
        PersonalPlace(table: "agent_grant", keys: ["name"], names: ["who"]),
        PersonalPlace(table: "agent_invitation", keys: ["id"], names: ["who"], hidden: ["digest", "key"]),
        PersonalPlace(table: "rollout", names: ["who"], hidden: ["value"]),
        PersonalPlace(table: "webhook", names: ["created_by"], hidden: ["salt", "old_salt", "mark"]),
        // The trail: an erasure takes whole entries away, so that the chain stays.
        PersonalPlace(
            table: "entry", texts: ["subject", "detail", "reason"], rows: "salt IS NOT NULL", entry: "seq",
            names: ["who", "subject"],
            hidden: ["salt", "digest", "chain"]),
    ]

    /// Tables that know nobody: goods, places, devices, how far a program has come. `search` and `trail` point into others.
    static let withoutPeople: Set<String> = [
        "agent", "agent_certificate", "agent_grant_change", "archive_file", "archived", "channel_line", "counted",
        "delivery_booked",
        "delivery_content",
        "delivery_line", "delivery_name", "delivery_serial", "delivery_unit", "epcis_event", "erp_state", "erp_touch",
        "erp_wait", "exchange_file", "follower", "import_map", "import_reading", "inbox_head", "item", "moved",
        "packaging", "product", "product_code", "search", "search_config", "search_content", "search_data",
        "role", "search_docsize", "search_idx", "stock", "stray", "stream", "stream_boot", "tag_memory", "take_begin",
        "take_counted", "take_expected", "take_line", "take_lot", "told_day", "trail", "webhook_delivery",
    ]
}
