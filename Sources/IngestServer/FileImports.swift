import Depot
import Model

/// Files that people bring, from their bytes to the database.
struct FileImports: Sendable {
    enum Kind: String, CaseIterable, Sendable { case deliveries, parties, products, codes, tags }

    let writer: Writer
    /// The database's file: what is looked up while a file is read, is looked up in a view of its own.
    let database: String
    /// How the site writes telephone numbers.
    let plan: NumberPlan

    /// What would become of it, with the changes row by row; writes nothing. `options`: what the person says of the file.
    @concurrent
    func compare(_ bytes: [UInt8], _ kind: Kind, _ options: Import.Options) async throws -> ImportReport {
        let store = try Store(reading: database)
        let checked = try kind.check(bytes, plan, options, in: store)
        var report = checked.report
        report.changes = try checked.changes(in: store)
        return report
    }

    /// What would become of it, without what it would change.
    func report(_ bytes: [UInt8], _ kind: Kind, _ options: Import.Options) async throws -> ImportReport {
        try await check(bytes, kind, options).report
    }

    func run(
        _ bytes: [UInt8], _ kind: Kind, _ options: Import.Options, person: Person
    ) async throws -> ImportReport {
        let checked = try await check(bytes, kind, options)
        var report = checked.report
        // What waits for the database goes in between.
        for portion in checked.portions {
            report.add(
                late: try await writer.run {
                    try $0.imports.write(
                        portion, of: checked, by: kind == .parties ? "import" : person.name, at: $1)
                })
        }
        let written = report
        try await writer.run { try $0.imports.finish(kind.rawValue, written, by: person.author, at: $1) }
        return report
    }

    /// Reads a file while others write.
    @concurrent
    private func check(
        _ bytes: [UInt8], _ kind: Kind, _ options: Import.Options
    ) async throws -> CheckedImport {
        try kind.check(bytes, plan, options, in: Store(reading: database))
    }
}

extension FileImports.Kind {
    /// What a file of this kind would bring; `plan` is how the site writes telephone numbers.
    func check(
        _ bytes: [UInt8], _ plan: NumberPlan, _ options: Import.Options, in store: Store
    ) throws -> CheckedImport {
        func table() throws -> CSV { try CSV(bytes, rawValue, options, in: store) }
        return switch self {
        case .deliveries: try Import.check(deliveries: bytes, options: options, in: store)
        case .parties:
            try Import.check(
                parties: table(), region: plan.region, internalPlan: plan.internalPlan, options: options, in: store)
        case .products: try Import.check(products: table(), options: options, in: store)
        case .codes: try Import.check(codes: table(), options: options, in: store)
        case .tags: try Import.check(tags: table(), options: options, in: store)
        }
    }
}

extension FileImports {
    /// Tells what a file holds that somebody put there, and reads it; nil where nothing tells.
    @concurrent
    func recognise(_ name: String, _ bytes: [UInt8]) async throws -> (ArrivedKind, CheckedImport)? {
        let store = try Store(reading: database)
        guard let arrived = ArrivedKind(name: name, bytes: bytes, in: store),
            let kind = Kind(rawValue: arrived.rawValue)
        else { return nil }
        return (arrived, try await check(bytes, kind, Import.Options()))
    }
}
