extension Schema {
    /// Deliveries that were opened again, and what the closings before had put into the book.
    static let reopening = """
        -- What was missing of a paper, and is expected still: of which delivery.
        ALTER TABLE delivery ADD COLUMN rest_of INTEGER;
        CREATE INDEX delivery_rest ON delivery (rest_of) WHERE rest_of IS NOT NULL;
        CREATE TABLE reopening (
            delivery INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, who TEXT NOT NULL, station TEXT,
            zone TEXT NOT NULL, cause TEXT, reason TEXT NOT NULL, closed INTEGER NOT NULL, closed_by TEXT NOT NULL,
            PRIMARY KEY (delivery, number)) WITHOUT ROWID;
        -- As it was when it was opened again the last time: tagged pieces by their subject, the rest under ''. A lot of '' is none.
        CREATE TABLE delivery_booked (
            delivery INTEGER NOT NULL, subject TEXT NOT NULL, gtin TEXT NOT NULL, lot TEXT NOT NULL, quantity INTEGER NOT NULL,
            PRIMARY KEY (delivery, subject, gtin, lot)) WITHOUT ROWID;
        CREATE INDEX movement_delivery ON movement (delivery) WHERE delivery IS NOT NULL;
        -- Numbers of deliveries that are gone are given again.
        CREATE TRIGGER delivery_unbooked AFTER DELETE ON delivery BEGIN
            DELETE FROM reopening WHERE delivery=OLD.id;
            DELETE FROM delivery_booked WHERE delivery=OLD.id;
        END;
        """
}
