extension Schema {
    /// Programs of others that are told what happens, and what each has still to be told.
    static let webhooks = """
        -- `types`: what it is told, apart by spaces; nothing: all. `since`: of entries after this one. `salt`: what its keys are made of,
        -- together with the installation's own secret, which `mark` tells from another; no secret stands here. `rest`: until then nothing
        -- is tried.
        CREATE TABLE webhook (
            id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, url TEXT NOT NULL, types TEXT NOT NULL,
            personal INTEGER NOT NULL, created INTEGER NOT NULL, created_by TEXT NOT NULL, since INTEGER NOT NULL,
            salt TEXT NOT NULL, mark TEXT NOT NULL, old_salt TEXT, old_until INTEGER, disabled INTEGER, why TEXT,
            failures INTEGER NOT NULL DEFAULT 0, rest INTEGER NOT NULL DEFAULT 0, answered INTEGER, status INTEGER, sentence TEXT);
        -- An entry of the ledger for one of them; what it says is read there when it is sent. `lane`: entries of one subject go one after
        -- the other.
        CREATE TABLE webhook_delivery (
            webhook INTEGER NOT NULL REFERENCES webhook, seq INTEGER NOT NULL, lane INTEGER NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, tried INTEGER, status INTEGER, sentence TEXT,
            milliseconds INTEGER, PRIMARY KEY (webhook, seq)) WITHOUT ROWID;
        CREATE INDEX webhook_delivery_waiting ON webhook_delivery (webhook, seq) WHERE state='waiting';
        CREATE INDEX webhook_delivery_lane ON webhook_delivery (webhook, lane, seq) WHERE state='waiting';
        CREATE INDEX webhook_delivery_dead ON webhook_delivery (webhook, seq) WHERE state='dead';
        """
}
