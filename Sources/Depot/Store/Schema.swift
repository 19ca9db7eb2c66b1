import SQLite

/// The centre's tables, one step per version. A step is never edited once it has been released.
enum Schema {
    static let steps: [String] = [
        """
        CREATE TABLE agent (
            name TEXT PRIMARY KEY, site TEXT, online INTEGER NOT NULL DEFAULT 0, status TEXT, seen INTEGER NOT NULL,
            since INTEGER NOT NULL, alarm TEXT);
        CREATE TABLE stream (
            id INTEGER PRIMARY KEY, agent TEXT NOT NULL, epoch INTEGER NOT NULL, frontier INTEGER NOT NULL DEFAULT 0,
            applied INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,
            skipped INTEGER NOT NULL DEFAULT 0, UNIQUE (agent, epoch));
        -- Which boot wrote which numbers: tells rows of a restored file from those that took their numbers since.
        CREATE TABLE stream_boot (
            stream INTEGER NOT NULL, counter INTEGER NOT NULL, random INTEGER NOT NULL, first INTEGER NOT NULL,
            last INTEGER NOT NULL, PRIMARY KEY (stream, counter, random)) WITHOUT ROWID;
        -- Every record once: the key decides. Clustered, so that appending stays cheap at any size.
        CREATE TABLE record (
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, captured INTEGER NOT NULL,
            received INTEGER NOT NULL, synced INTEGER NOT NULL, device TEXT, zone TEXT, subject TEXT, body BLOB NOT NULL,
            PRIMARY KEY (stream, seq)) WITHOUT ROWID;
        CREATE TABLE dead_letter (
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, code TEXT NOT NULL, detail TEXT NOT NULL, body BLOB NOT NULL,
            at INTEGER NOT NULL, PRIMARY KEY (stream, seq)) WITHOUT ROWID;
        CREATE TABLE product (gtin TEXT PRIMARY KEY, description TEXT NOT NULL);
        CREATE TABLE item (
            epc TEXT PRIMARY KEY, gtin TEXT, serial TEXT, zone TEXT, present INTEGER NOT NULL, first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL, delivery INTEGER);
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY, note TEXT NOT NULL UNIQUE, supplier TEXT NOT NULL, expected TEXT, status TEXT NOT NULL,
            client TEXT, zone TEXT, opened INTEGER, opened_by TEXT, closed INTEGER, closed_by TEXT);
        CREATE TABLE delivery_line (
            delivery INTEGER NOT NULL REFERENCES delivery, position INTEGER NOT NULL, gtin TEXT NOT NULL,
            description TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (delivery, position)) WITHOUT ROWID;
        -- What was counted: one row a tag, or a barcode scan with its record as subject.
        CREATE TABLE counted (
            delivery INTEGER NOT NULL REFERENCES delivery, subject TEXT NOT NULL, gtin TEXT, serial TEXT, at INTEGER NOT NULL,
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (delivery, subject)) WITHOUT ROWID;
        CREATE INDEX counted_subject ON counted (subject);
        CREATE TABLE party (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, company TEXT NOT NULL, reference TEXT UNIQUE, created INTEGER NOT NULL,
            created_by TEXT);
        CREATE TABLE party_number (
            party INTEGER NOT NULL REFERENCES party, key TEXT NOT NULL, number TEXT NOT NULL, label TEXT,
            PRIMARY KEY (party, key)) WITHOUT ROWID;
        CREATE INDEX party_number_key ON party_number (key);
        CREATE TABLE call (
            id TEXT PRIMARY KEY, agent TEXT NOT NULL, revision INTEGER NOT NULL, state TEXT NOT NULL, direction TEXT,
            key TEXT, started INTEGER NOT NULL, answered INTEGER, ended INTEGER, snapshot TEXT NOT NULL);
        CREATE INDEX call_started ON call (started);
        CREATE INDEX call_key ON call (key, started);
        CREATE TABLE missed (
            call TEXT PRIMARY KEY, at INTEGER NOT NULL, done INTEGER, done_by TEXT);
        CREATE TABLE command (
            id TEXT PRIMARY KEY, agent TEXT NOT NULL, user INTEGER, body TEXT NOT NULL, issued INTEGER NOT NULL,
            expires INTEGER NOT NULL, state TEXT NOT NULL, cause TEXT, call TEXT);
        CREATE TABLE user (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created INTEGER NOT NULL);
        CREATE TABLE session (
            token TEXT PRIMARY KEY, user INTEGER NOT NULL REFERENCES user, created INTEGER NOT NULL, seen INTEGER NOT NULL);
        CREATE TABLE desk (user INTEGER PRIMARY KEY REFERENCES user, extension TEXT NOT NULL, since INTEGER NOT NULL);
        CREATE INDEX desk_extension ON desk (extension);
        CREATE TABLE audit (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL,
            detail TEXT);
        """,
        """
        -- Which telephones took part: a person's history is found without reading everybody's.
        CREATE TABLE call_desk (
            desk TEXT NOT NULL, started INTEGER NOT NULL, call TEXT NOT NULL, PRIMARY KEY (desk, started, call))
            WITHOUT ROWID;
        CREATE INDEX call_desk_call ON call_desk (call);
        INSERT OR IGNORE INTO call_desk SELECT json_extract(leg.value, '$.desk'), call.started, call.id
            FROM call, json_each(call.snapshot, '$.legs') AS leg WHERE json_extract(leg.value, '$.desk') IS NOT NULL;
        ALTER TABLE call ADD COLUMN queue TEXT;
        CREATE INDEX call_queue ON call (queue, started) WHERE queue IS NOT NULL;
        -- What people write about a call: its revision tells two who write at once.
        CREATE TABLE call_note (
            call TEXT PRIMARY KEY, revision INTEGER NOT NULL, note TEXT NOT NULL, disposition TEXT, party INTEGER,
            who TEXT NOT NULL, at INTEGER NOT NULL);
        ALTER TABLE missed ADD COLUMN taken INTEGER;
        ALTER TABLE missed ADD COLUMN taken_by TEXT;
        CREATE INDEX missed_open ON missed (at) WHERE done IS NULL;
        CREATE INDEX record_call ON record (subject) WHERE kind=6;
        -- The last seven digits: what a shortened number is guessed by.
        ALTER TABLE party_number ADD COLUMN tail TEXT;
        UPDATE party_number SET tail=substr(key, -7) WHERE length(key)>=9;
        CREATE INDEX party_number_tail ON party_number (tail);
        """,
        """
        -- Clustered by its key: half the trees to walk for each sighting.
        CREATE TABLE item_clustered (
            epc TEXT PRIMARY KEY, gtin TEXT, serial TEXT, zone TEXT, present INTEGER NOT NULL, first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL, delivery INTEGER) WITHOUT ROWID;
        INSERT INTO item_clustered SELECT * FROM item ORDER BY epc;
        DROP TABLE item;
        ALTER TABLE item_clustered RENAME TO item;
        -- Rows that were applied under another key than this one, with the boot that wrote them: should they come again from
        -- an image of the agent's disk, they are known.
        CREATE TABLE moved (
            stream INTEGER NOT NULL, seq INTEGER NOT NULL, counter INTEGER NOT NULL, random INTEGER NOT NULL,
            PRIMARY KEY (stream, seq, counter, random)) WITHOUT ROWID;
        -- What each agent is to be set to; none goes by its own file.
        CREATE TABLE desired (
            agent TEXT PRIMARY KEY, revision INTEGER NOT NULL, text TEXT NOT NULL, expires INTEGER, who TEXT NOT NULL,
            at INTEGER NOT NULL) WITHOUT ROWID;
        """,
        inventory, ledger, people, gateways, filedCalls, labels, papers, reminders, trail, tagMemory, quantities,
        notesOfSuppliers, takeRemarks,
        articleCodes, deliveryNames,
        erpQueue,
        reopening,
        exchange,
        pageScans,
        pageScanAge,
        tastes,
        photos,
        inbox,
        inboxPreferences,
        webhooks,
        // A client is known by its name in an import, row for row.
        "CREATE INDEX party_named ON party (name, company);",
        importReading,
        depotDecisions,
        roles,
        epcis,
        channels,
        secondFactors,
        openID,
        screens,
        enrolment,
        rollout,
        fleet,
        archive,
    ]

    /// What readers read of tags beside their ids, where a site asked for it.
    private static let tagMemory = """
        CREATE TABLE tag_memory (epc TEXT PRIMARY KEY, tid TEXT, user TEXT, seen INTEGER NOT NULL) WITHOUT ROWID;
        """

    /// Catalogue, receptions with decisions, stock takes, movements, the ERP's queue, passwords.
    private static let inventory = """
        ALTER TABLE product ADD COLUMN reference TEXT;
        ALTER TABLE product ADD COLUMN supplier TEXT;
        ALTER TABLE product ADD COLUMN unit TEXT;
        ALTER TABLE product ADD COLUMN tracking TEXT NOT NULL DEFAULT 'none';
        ALTER TABLE product ADD COLUMN minimum INTEGER;
        ALTER TABLE product ADD COLUMN erp TEXT;
        CREATE INDEX product_reference ON product (reference) WHERE reference IS NOT NULL;
        CREATE TABLE packaging (gtin TEXT PRIMARY KEY, product TEXT NOT NULL, quantity INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX packaging_product ON packaging (product);
        -- What a person said that a tag or a text is.
        CREATE TABLE label (
            subject TEXT PRIMARY KEY, gtin TEXT NOT NULL, serial TEXT, lot TEXT, who TEXT NOT NULL, at INTEGER NOT NULL);
        ALTER TABLE party ADD COLUMN erp TEXT;
        CREATE INDEX party_erp ON party (erp) WHERE erp IS NOT NULL;

        ALTER TABLE delivery ADD COLUMN source TEXT NOT NULL DEFAULT 'file';
        ALTER TABLE delivery ADD COLUMN dock TEXT;
        ALTER TABLE delivery ADD COLUMN erp TEXT;
        ALTER TABLE delivery ADD COLUMN erp_path TEXT;
        ALTER TABLE delivery ADD COLUMN mode TEXT NOT NULL DEFAULT 'add';
        CREATE INDEX delivery_erp ON delivery (erp) WHERE erp IS NOT NULL;
        CREATE INDEX delivery_status ON delivery (status, closed);
        ALTER TABLE delivery_line ADD COLUMN lot TEXT;
        ALTER TABLE delivery_line ADD COLUMN expires TEXT;
        ALTER TABLE delivery_line ADD COLUMN erp TEXT;
        ALTER TABLE delivery_line ADD COLUMN erp_product TEXT;
        CREATE INDEX delivery_line_gtin ON delivery_line (gtin);
        CREATE TABLE delivery_serial (
            delivery INTEGER NOT NULL REFERENCES delivery, gtin TEXT NOT NULL, serial TEXT NOT NULL,
            PRIMARY KEY (delivery, gtin, serial)) WITHOUT ROWID;
        -- Pallets and what stands on them: parent is the pallet below.
        CREATE TABLE delivery_unit (
            delivery INTEGER NOT NULL REFERENCES delivery, sscc TEXT NOT NULL, parent TEXT, PRIMARY KEY (delivery, sscc))
            WITHOUT ROWID;
        CREATE INDEX delivery_unit_sscc ON delivery_unit (sscc);
        CREATE TABLE delivery_content (
            delivery INTEGER NOT NULL REFERENCES delivery, sscc TEXT NOT NULL, gtin TEXT NOT NULL, lot TEXT NOT NULL,
            quantity INTEGER NOT NULL, PRIMARY KEY (delivery, sscc, gtin, lot)) WITHOUT ROWID;
        ALTER TABLE counted ADD COLUMN quantity INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE counted ADD COLUMN lot TEXT;
        ALTER TABLE counted ADD COLUMN expires TEXT;
        ALTER TABLE counted ADD COLUMN unit TEXT;
        ALTER TABLE counted ADD COLUMN absorbed INTEGER NOT NULL DEFAULT 0;
        -- The decision that took it back.
        ALTER TABLE counted ADD COLUMN removed INTEGER;
        -- What people decided, in the order they did; none is ever changed, one may be undone by a later one.
        CREATE TABLE decision (
            id INTEGER PRIMARY KEY, delivery INTEGER, take INTEGER, at INTEGER NOT NULL, who TEXT NOT NULL, station TEXT,
            kind TEXT NOT NULL, subject TEXT, gtin TEXT, quantity INTEGER, lot TEXT, reason TEXT, photo INTEGER,
            undone_by INTEGER);
        CREATE INDEX decision_delivery ON decision (delivery) WHERE delivery IS NOT NULL;
        CREATE INDEX decision_take ON decision (take) WHERE take IS NOT NULL;
        CREATE TABLE photo (
            id INTEGER PRIMARY KEY, type TEXT NOT NULL, body BLOB NOT NULL, who TEXT NOT NULL, at INTEGER NOT NULL);
        -- Read where nothing was open, for a short while: a delivery is proposed by it, and begins with it.
        CREATE TABLE stray (
            zone TEXT NOT NULL, subject TEXT NOT NULL, gtin TEXT, serial TEXT, quantity INTEGER NOT NULL, lot TEXT,
            at INTEGER NOT NULL, stream INTEGER NOT NULL, seq INTEGER NOT NULL, expires TEXT, PRIMARY KEY (zone, subject))
            WITHOUT ROWID;

        -- Which zone the book has a tagged piece in.
        ALTER TABLE item ADD COLUMN stock_zone TEXT;
        CREATE INDEX item_stock_zone ON item (stock_zone) WHERE stock_zone IS NOT NULL;
        CREATE TABLE stock (
            zone TEXT NOT NULL, gtin TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (zone, gtin)) WITHOUT ROWID;
        CREATE INDEX stock_gtin ON stock (gtin);
        CREATE TABLE movement (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, gtin TEXT NOT NULL, quantity INTEGER NOT NULL,
            lot TEXT, from_zone TEXT, to_zone TEXT, subject TEXT, who TEXT NOT NULL, delivery INTEGER, take INTEGER,
            stream INTEGER, seq INTEGER);
        CREATE INDEX movement_gtin ON movement (gtin, at);
        CREATE INDEX movement_at ON movement (at);
        CREATE TABLE stock_take (
            id INTEGER PRIMARY KEY, zone TEXT NOT NULL, blind INTEGER NOT NULL, status TEXT NOT NULL, opened INTEGER NOT NULL,
            opened_by TEXT NOT NULL, reviewed INTEGER, closed INTEGER, closed_by TEXT, complete INTEGER NOT NULL DEFAULT 0,
            mode TEXT NOT NULL DEFAULT 'add', sources TEXT NOT NULL DEFAULT '');
        CREATE UNIQUE INDEX stock_take_open ON stock_take (zone) WHERE status IN ('counting', 'review');
        CREATE TABLE take_expected (
            take INTEGER NOT NULL, gtin TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (take, gtin)) WITHOUT ROWID;
        CREATE TABLE take_counted (
            take INTEGER NOT NULL, subject TEXT NOT NULL, gtin TEXT, serial TEXT, quantity INTEGER NOT NULL, lot TEXT,
            device TEXT, at INTEGER NOT NULL, stream INTEGER NOT NULL, seq INTEGER NOT NULL, removed INTEGER,
            PRIMARY KEY (take, subject)) WITHOUT ROWID;
        CREATE TABLE take_line (
            take INTEGER NOT NULL, gtin TEXT NOT NULL, expected INTEGER NOT NULL, counted INTEGER NOT NULL,
            moved INTEGER NOT NULL, book INTEGER NOT NULL, PRIMARY KEY (take, gtin)) WITHOUT ROWID;

        -- What happened that others may want to know: pages, the ERP, later webhooks.
        CREATE TABLE business_event (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, who TEXT NOT NULL,
            data TEXT NOT NULL);
        CREATE TABLE notice (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL,
            done INTEGER, done_by TEXT);
        CREATE UNIQUE INDEX notice_open ON notice (kind, subject) WHERE done IS NULL;

        CREATE TABLE erp_job (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, subject TEXT NOT NULL, state TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0, due INTEGER NOT NULL, created INTEGER NOT NULL, who TEXT NOT NULL,
            station TEXT, reason TEXT, payload TEXT NOT NULL, fault TEXT, sentence TEXT, remote TEXT, done INTEGER);
        CREATE INDEX erp_job_due ON erp_job (due) WHERE state='waiting';
        CREATE TABLE erp_call (
            id INTEGER PRIMARY KEY, job INTEGER NOT NULL, at INTEGER NOT NULL, summary TEXT NOT NULL, written INTEGER NOT NULL,
            outcome TEXT NOT NULL, milliseconds INTEGER NOT NULL);
        CREATE INDEX erp_call_job ON erp_call (job);
        CREATE TABLE erp_state (name TEXT PRIMARY KEY, value TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;

        ALTER TABLE user ADD COLUMN password TEXT;
        ALTER TABLE user ADD COLUMN pin TEXT;
        ALTER TABLE user ADD COLUMN badge TEXT;
        ALTER TABLE user ADD COLUMN rights TEXT NOT NULL DEFAULT '';
        ALTER TABLE user ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
        CREATE UNIQUE INDEX user_badge ON user (badge) WHERE badge IS NOT NULL;
        ALTER TABLE session ADD COLUMN station TEXT;
        ALTER TABLE session ADD COLUMN expires INTEGER;
        ALTER TABLE audit ADD COLUMN station TEXT;
        ALTER TABLE audit ADD COLUMN reason TEXT;
        CREATE INDEX audit_at ON audit (at);

        -- One row a thing that can be found; kept by triggers, so that no way in forgets it.
        CREATE VIRTUAL TABLE search USING fts5(
            title, body, kind UNINDEXED, ref UNINDEXED, tokenize="unicode61 remove_diacritics 2", prefix='2 3 4');
        CREATE TRIGGER product_found AFTER INSERT ON product BEGIN
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+0, NEW.description, NEW.gtin || ' ' || ltrim(NEW.gtin, '0') || ' ' || coalesce(NEW.reference, '') || ' ' || coalesce(NEW.supplier, ''), 'product', NEW.gtin);
        END;
        CREATE TRIGGER product_refound AFTER UPDATE ON product BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+0;
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+0, NEW.description, NEW.gtin || ' ' || ltrim(NEW.gtin, '0') || ' ' || coalesce(NEW.reference, '') || ' ' || coalesce(NEW.supplier, ''), 'product', NEW.gtin);
        END;
        CREATE TRIGGER product_lost AFTER DELETE ON product BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+0;
        END;
        INSERT INTO search (rowid, title, body, kind, ref) SELECT product.rowid*4+0, product.description, product.gtin || ' ' || ltrim(product.gtin, '0') || ' ' || coalesce(product.reference, '') || ' ' || coalesce(product.supplier, ''), 'product', product.gtin FROM product;
        CREATE TRIGGER party_found AFTER INSERT ON party BEGIN
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+1, NEW.company || ' ' || NEW.name, coalesce(NEW.reference, '') || ' ' || coalesce((SELECT group_concat(number || ' ' || replace(replace(number, ' ', ''), '+33', '0'), ' ') FROM party_number WHERE party=NEW.id), ''), 'party', NEW.id);
        END;
        CREATE TRIGGER party_refound AFTER UPDATE ON party BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+1;
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+1, NEW.company || ' ' || NEW.name, coalesce(NEW.reference, '') || ' ' || coalesce((SELECT group_concat(number || ' ' || replace(replace(number, ' ', ''), '+33', '0'), ' ') FROM party_number WHERE party=NEW.id), ''), 'party', NEW.id);
        END;
        CREATE TRIGGER party_lost AFTER DELETE ON party BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+1;
        END;
        INSERT INTO search (rowid, title, body, kind, ref) SELECT party.rowid*4+1, party.company || ' ' || party.name, coalesce(party.reference, '') || ' ' || coalesce((SELECT group_concat(number || ' ' || replace(replace(number, ' ', ''), '+33', '0'), ' ') FROM party_number WHERE party=party.id), ''), 'party', party.id FROM party;
        CREATE TRIGGER party_number_found AFTER INSERT ON party_number BEGIN
            UPDATE party SET name=name WHERE id=NEW.party;
        END;
        CREATE TRIGGER party_number_lost AFTER DELETE ON party_number BEGIN
            UPDATE party SET name=name WHERE id=OLD.party;
        END;
        CREATE TRIGGER delivery_found AFTER INSERT ON delivery BEGIN
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+2, NEW.note, NEW.supplier || ' ' || coalesce(NEW.client, ''), 'delivery', NEW.id);
        END;
        CREATE TRIGGER delivery_refound AFTER UPDATE ON delivery BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+2;
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+2, NEW.note, NEW.supplier || ' ' || coalesce(NEW.client, ''), 'delivery', NEW.id);
        END;
        CREATE TRIGGER delivery_lost AFTER DELETE ON delivery BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+2;
        END;
        INSERT INTO search (rowid, title, body, kind, ref) SELECT delivery.rowid*4+2, delivery.note, delivery.supplier || ' ' || coalesce(delivery.client, ''), 'delivery', delivery.id FROM delivery;
        CREATE TRIGGER label_found AFTER INSERT ON label BEGIN
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+3, NEW.subject, substr(NEW.subject, instr(NEW.subject, ':') + 1) || ' ' || NEW.gtin || ' ' || coalesce(NEW.serial, '') || ' ' || coalesce(NEW.lot, ''), 'tag', NEW.subject);
        END;
        CREATE TRIGGER label_refound AFTER UPDATE ON label BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+3;
            INSERT INTO search (rowid, title, body, kind, ref) VALUES (NEW.rowid*4+3, NEW.subject, substr(NEW.subject, instr(NEW.subject, ':') + 1) || ' ' || NEW.gtin || ' ' || coalesce(NEW.serial, '') || ' ' || coalesce(NEW.lot, ''), 'tag', NEW.subject);
        END;
        CREATE TRIGGER label_lost AFTER DELETE ON label BEGIN
            DELETE FROM search WHERE rowid=OLD.rowid*4+3;
        END;
        INSERT INTO search (rowid, title, body, kind, ref) SELECT label.rowid*4+3, label.subject, substr(label.subject, instr(label.subject, ':') + 1) || ' ' || label.gtin || ' ' || coalesce(label.serial, '') || ' ' || coalesce(label.lot, ''), 'tag', label.subject FROM label;
        """

    /// Brings a database to the newest version, each step in a transaction of its own.
    static func migrate(_ database: Database, upTo newest: Int = steps.count) throws {
        let version = Int(try database.integer("PRAGMA user_version") ?? 0)
        guard version <= steps.count else {
            throw SQLiteError(
                code: 1, message: "written by a newer version of edge-ingest (\(version)); install that one",
                statement: "open")
        }
        for index in version..<newest {
            try database.transaction {
                try database.execute(steps[index])
                try database.execute("PRAGMA user_version=\(index + 1)")
            }
        }
    }
}
