extension Schema {
    /// Articles without a GTIN are found by the ERP's number of them, which every line of a receipt asks for.
    static let articleCodes = "CREATE INDEX product_erp ON product (erp) WHERE erp IS NOT NULL;"
}
