extension Schema {
    /// Suppliers number their papers as they like: the supplier and the number together name a delivery. A table with its own UNIQUE
    /// is made anew (SQLite, "Making Other Kinds Of Table Schema Changes"); rows that refer to it wait for the end of the step.
    static let notesOfSuppliers = """
        PRAGMA defer_foreign_keys=ON;
        CREATE TABLE delivery_kept AS SELECT * FROM delivery;
        DROP TABLE delivery;
        CREATE TABLE delivery (
            id INTEGER PRIMARY KEY, note TEXT NOT NULL, supplier TEXT NOT NULL, expected TEXT, status TEXT NOT NULL,
            client TEXT, zone TEXT, opened INTEGER, opened_by TEXT, closed INTEGER, closed_by TEXT,
            source TEXT NOT NULL DEFAULT 'file', dock TEXT, erp TEXT, erp_path TEXT, mode TEXT NOT NULL DEFAULT 'add');
        INSERT INTO delivery (id, note, supplier, expected, status, client, zone, opened, opened_by, closed, closed_by, source,
                dock, erp, erp_path, mode)
            SELECT id, note, supplier, expected, status, client, zone, opened, opened_by, closed, closed_by, source, dock, erp,
                erp_path, mode FROM delivery_kept;
        DROP TABLE delivery_kept;
        CREATE INDEX delivery_note ON delivery (note);
        CREATE INDEX delivery_erp ON delivery (erp) WHERE erp IS NOT NULL;
        CREATE INDEX delivery_status ON delivery (status, closed);
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
        """

    /// What could not be read of a label that was counted in a stock take.
    static let takeRemarks = "ALTER TABLE take_counted ADD COLUMN remark TEXT;"
}
