extension Schema {
    /// As `Store.folded(reference:)` does it; SQLite's `upper` knows ASCII alone, as we do.
    static let foldedReference =
        "replace(replace(replace(replace(replace(upper(reference), ' ', ''), '-', ''), '.', ''), '/', ''), '_', '')"

    /// What could not be read of a label; references that are found however they are written.
    static let labels = """
        ALTER TABLE counted ADD COLUMN remark TEXT;
        ALTER TABLE stray ADD COLUMN remark TEXT;
        CREATE INDEX decision_ignored ON decision (subject) WHERE kind='ignore';
        CREATE INDEX product_reference_folded ON product (\(foldedReference)) WHERE reference IS NOT NULL;
        """
}
