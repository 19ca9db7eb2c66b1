extension Schema {
    /// As `ArticleTable.folded(reference:)` does it; SQLite's `upper` knows ASCII alone, as we do.
    static let foldedReference =
        "replace(replace(replace(replace(replace(upper(reference), ' ', ''), '-', ''), '.', ''), '/', ''), '_', '')"

    /// What could not be read of a label; references that are found however they are written.
    static let labels = """
        ALTER TABLE counted ADD COLUMN remark TEXT;
        ALTER TABLE stray ADD COLUMN remark TEXT;
        -- Whether another delivery's tag had been away (Receiving.Away).
        ALTER TABLE stray ADD COLUMN away INTEGER NOT NULL DEFAULT 0;
        -- Other codes of an article, folded as references are: of suppliers, of the ERP, in-house. Other GTINs are packagings of one.
        CREATE TABLE product_code (
            folded TEXT NOT NULL, gtin TEXT NOT NULL, code TEXT NOT NULL, PRIMARY KEY (folded, gtin)) WITHOUT ROWID;
        CREATE INDEX product_code_gtin ON product_code (gtin);
        CREATE INDEX decision_ignored ON decision (subject) WHERE kind='ignore';
        CREATE INDEX product_reference_folded ON product (\(foldedReference)) WHERE reference IS NOT NULL;
        """
}
