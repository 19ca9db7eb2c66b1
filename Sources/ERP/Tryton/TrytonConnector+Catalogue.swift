import Model

/// What the depots work with: articles, parties, callers.
extension TrytonConnector {
    private static let pageSize = 200
    static let byID: JSON = [["id", "ASC"]]

    /// Articles that can lie in stock, with or without a GTIN, and kits of them, by ascending id, 200 at a time: one call a page. What a carton
    /// holds is not known there, so there are no packagings.
    public func products(after cursor: String?) async throws(ERPFault) -> ERPPage<ERPProduct> {
        let domain: JSON = [
            ["id", ">", .int(cursor.flatMap { Int64($0) } ?? 0)], ["type", "in", ["goods", "assets", "kit"]],
        ]
        do throws(TrytonError) {
            let rows = try await productRows(domain, limit: Self.pageSize, order: Self.byID)
            let items = rows.compactMap(TrytonProduct.init).map { product in
                ERPProduct(
                    id: String(product.id), gtins: product.gtins, reference: product.code, description: product.name,
                    unit: product.unitSymbol, tracking: product.tracksLots ? .lot : .none,
                    codes: product.otherCodes)
            }
            return ERPPage(items: items, next: Self.next(rows))
        } catch {
            throw error.asFault
        }
    }

    public func parties(after cursor: String?) async throws(ERPFault) -> ERPPage<ERPParty> {
        let domain: JSON = [["id", ">", .int(cursor.flatMap { Int64($0) } ?? 0)]]
        let fields = ["name", "code", "contact_mechanisms.type", "contact_mechanisms.value"]
        do throws(TrytonError) {
            let rows = try await rows(
                .search("party.party", domain, limit: Self.pageSize, order: Self.byID, fields))
            return ERPPage(items: rows.compactMap { party($0) }, next: Self.next(rows))
        } catch {
            throw error.asFault
        }
    }

    private static func next(_ rows: [JSON]) -> String? {
        rows.count < pageSize ? nil : rows.last?["id"]?.integer.map { String($0) }
    }

    // MARK: Callers

    /// Three searches at most: E.164 as the server normalised it, the national form as somebody typed it, the last nine
    /// digits. Kinds are not looked at: a number that is invalid to the server sits under `other`.
    public func parties(e164: String, national: String) async throws(ERPFault) -> [ERPParty] {
        let digits = String(e164.filter { $0.isASCII && $0.isNumber })
        let local = String(national.filter { $0.isASCII && $0.isNumber })
        var steps: [(domain: JSON, isGuess: Bool)] = [([["value_compact", "=", .string(e164)]], false)]
        if !local.isEmpty {
            let forms: JSON = .array(Set([national, local]).sorted().map { .string($0) })
            steps.append((["OR", [["value_compact", "in", forms]], [["value", "in", forms]]], false))
        }
        let tail = String(digits.suffix(9))
        if tail.count == 9 {
            let pairs =
                tail.prefix(1)
                + stride(from: 1, to: 9, by: 2).map { place in
                    let start = tail.index(tail.startIndex, offsetBy: place)
                    return "_" + tail[start...].prefix(2)
                }.joined()
            steps.append(
                (
                    [
                        "OR", [["value_compact", "like", .string("%" + tail)]],
                        [["value", "like", .string("%" + pairs)]],
                    ], true
                ))
        }
        do throws(TrytonError) {
            for step in steps {
                let found = try await parties(step.domain, isGuess: step.isGuess)
                if !found.isEmpty { return found }
            }
            return []
        } catch {
            throw error.asFault
        }
    }

    private func parties(_ domain: JSON, isGuess: Bool) async throws(TrytonError) -> [ERPParty] {
        let fields = [
            "name", "party.name", "party.code", "party.contact_mechanisms.type", "party.contact_mechanisms.value",
        ]
        let active: JSON = [domain, ["party.active", "=", true]]
        let rows = try await rows(.search("party.contact_mechanism", active, limit: 20, order: Self.byID, fields))
        var found: [ERPParty] = []
        for row in rows {
            guard var party = row["party."].flatMap({ party($0) }), !found.contains(where: { $0.id == party.id }) else {
                continue
            }
            party.name = row["name"]?.text ?? ""
            party.isGuess = isGuess
            found.append(party)
        }
        return found
    }

    /// Tryton has one name for a party; a person's stands with a number, if anywhere.
    private func party(_ row: JSON) -> ERPParty? {
        guard let id = row["id"]?.integer else { return nil }
        let numbers = (row["contact_mechanisms."]?.list ?? []).compactMap { mechanism -> String? in
            guard let value = mechanism["value"]?.text, Self.isNumber(value, kind: mechanism["type"]?.text ?? "") else {
                return nil
            }
            return value
        }
        return ERPParty(
            id: String(id), company: row["name"]?.text ?? "", name: "", code: row["code"]?.text, numbers: numbers,
            path: path("party.party", id))
    }

    /// Also what is filed under another kind, as numbers that the server thinks invalid are: 8.2 files them as `email`.
    private static func isNumber(_ value: String, kind: String) -> Bool {
        ["phone", "mobile", "fax"].contains(kind)
            || value.filter { $0.isASCII && $0.isNumber }.count >= 6 && value.allSatisfy { $0.isASCII && !$0.isLetter }
    }
}
