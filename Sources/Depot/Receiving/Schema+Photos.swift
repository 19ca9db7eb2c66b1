extension Schema {
    /// A picture goes with the last decision that names it: whoever erases a delivery erases its pictures.
    static let photos = """
        CREATE INDEX decision_photo ON decision (photo) WHERE photo IS NOT NULL;
        -- Pictures that nothing names are looked for by their age.
        CREATE INDEX photo_at ON photo (at);
        CREATE TRIGGER decision_unpictured AFTER DELETE ON decision WHEN OLD.photo IS NOT NULL BEGIN
            DELETE FROM photo WHERE id=OLD.photo AND NOT EXISTS (SELECT 1 FROM decision WHERE photo=OLD.photo);
        END;
        """
}
