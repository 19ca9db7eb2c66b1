import Model

/// Clients and suppliers, and who calls (`res.partner`).
extension OdooConnector {
    /// Which of the fields that not every server has are there.
    func partnerFields() async throws(ERPFault) -> Set<String> {
        if let partnerFields { return partnerFields }
        let answer = try await send(.fields("res.partner", ["mobile", "phone_sanitized", "phone_mobile_search"]))
        let fields = Set(answer.fields?.map(\.name) ?? [])
        partnerFields = fields
        return fields
    }

    private func partnerReading() async throws(ERPFault) -> [String] {
        let fields = ["name", "is_company", "commercial_partner_id", "ref", "phone"]
        return try await partnerFields().contains("mobile") ? fields + ["mobile"] : fields
    }

    /// Companies, and persons with a number.
    public func parties(after cursor: String?) async throws(ERPFault) -> ERPPage<ERPParty> {
        let page = try await page("res.partner", after: cursor, [], try await partnerReading())
        let parties = page.items.filter { $0["is_company"]?.truth == true || !OdooConnector.numbers(of: $0).isEmpty }
        return ERPPage(items: parties.compactMap { party($0) }, next: page.next)
    }

    private static func numbers(of record: JSON) -> [String] {
        ["phone", "mobile"].compactMap { record[$0]?.odooText }
    }

    private func party(_ record: JSON, isGuess: Bool = false) -> ERPParty? {
        guard let id = record["id"]?.integer else { return nil }
        let name = record["name"]?.odooText ?? ""
        let isCompany = record["is_company"]?.truth == true
        let commercial = record["commercial_partner_id"]
        let company = isCompany ? name : commercial?.odooID == id ? "" : commercial?.odooName ?? ""
        let code = record["ref"]?.odooText
        return ERPParty(
            id: String(id), company: company, name: isCompany ? "" : name,
            code: code?.hasPrefix("quai/") == true ? nil : code, numbers: OdooConnector.numbers(of: record),
            isGuess: isGuess, path: path("res.partner", id))
    }

    // MARK: By number

    /// At most five, from the first search that finds any.
    public func parties(e164: String, national: String) async throws(ERPFault) -> [ERPParty] {
        let fields = try await partnerFields()
        let reading = try await partnerReading()
        for domain in OdooConnector.exactDomains(e164: e164, national: national, fields) {
            let found = try await records(.search("res.partner", domain, reading, order: "id", limit: 5))
            if !found.isEmpty { return found.compactMap { party($0) } }
        }
        let tail = String(OdooConnector.digits(e164).suffix(9))
        // A shorter one would be everybody's, and Odoo refuses less than three.
        guard tail.count >= 6 else { return [] }
        let found = try await records(
            .search("res.partner", OdooConnector.tailDomain(tail, fields), reading, order: "id", limit: 20))
        let hits = found.filter { record in
            OdooConnector.numbers(of: record).contains { OdooConnector.digits($0).hasSuffix(tail) }
        }
        return hits.prefix(5).compactMap { party($0, isGuess: true) }
    }

    static func digits(_ text: String) -> String { text.filter { ("0"..."9").contains($0) } }

    /// The E.164 form, then the national one. `phone_mobile_search` looks at punctuation-free numbers as stored; where
    /// there is none, the usual ways to write a number are tried.
    static func exactDomains(e164: String, national: String, _ fields: Set<String>) -> [[JSON]] {
        var domains: [[JSON]] = []
        if fields.contains("phone_sanitized") { domains.append([.clause("phone_sanitized", "=", .string(e164))]) }
        if fields.contains("phone_mobile_search") {
            if !fields.contains("phone_sanitized") {
                domains.append([.clause("phone_mobile_search", "=", .string(e164))])
            }
            if digits(national).count >= 3 {
                domains.append([.clause("phone_mobile_search", "=", .string(digits(national)))])
            }
            return domains
        }
        if domains.isEmpty { domains.append(inNumbers([e164], fields)) }
        return domains + [inNumbers(written(national), fields)]
    }

    /// `0199001234` and `01 99 00 12 34`, with dots and dashes.
    private static func written(_ national: String) -> [String] {
        let digits = Array(digits(national))
        let pairs = stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<min($0 + 2, digits.count)]) }
        var forms = [national, String(digits)] + [" ", ".", "-"].map { pairs.joined(separator: $0) }
        forms = forms.enumerated().filter { index, form in !form.isEmpty && !forms[..<index].contains(form) }.map(
            \.element)
        return forms
    }

    private static func inNumbers(_ forms: [String], _ fields: Set<String>) -> [JSON] {
        let phone = JSON.clause("phone", "in", .texts(forms))
        return fields.contains("mobile") ? ["|", phone, .clause("mobile", "in", .texts(forms))] : [phone]
    }

    static func tailDomain(_ tail: String, _ fields: Set<String>) -> [JSON] {
        if fields.contains("phone_mobile_search") { return [.clause("phone_mobile_search", "like", .string(tail))] }
        // Digits with anything between: checked again here.
        let pattern = JSON.string("%" + tail.map { "\($0)" }.joined(separator: "%"))
        let phone = JSON.clause("phone", "=like", pattern)
        return fields.contains("mobile") ? ["|", phone, .clause("mobile", "=like", pattern)] : [phone]
    }
}
