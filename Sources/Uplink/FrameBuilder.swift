internal import CZstd
public import Model
public import SQLite

/// Makes frames from stored rows; a second view of the outbox's file, used by the uplink's thread alone.
public final class FrameBuilder {
    private let database: Database
    private var boots: [UInt64: OutboxFile.BootRecord] = [:]
    private var formers: [OutboxFile.Former] = []
    private let compressor: OpaquePointer

    /// zstd level: the library's own default.
    private static let level: Int32 = 3

    public init(path: String) throws(SQLiteError) {
        database = try Database(path: path, readOnly: true)
        guard let context = ZSTD_createCCtx() else {
            throw SQLiteError(code: 7, message: "out of memory for zstd", statement: path)
        }
        compressor = context
    }

    deinit { ZSTD_freeCCtx(compressor) }

    /// Reads boots and former epochs again: after a start, an epoch change, or a correction of the clock.
    public func refresh() throws {
        boots = try OutboxFile.boots(in: database)
        formers = try OutboxFile.formers(in: database)
    }

    /// True unless this file says that another boot wrote the row of that number.
    public func wrote(_ boot: Boot, seq: UInt64) -> Bool {
        let writer = boots.values.filter { $0.first <= seq }.max {
            ($0.first, $0.boot.counter) < ($1.first, $1.boot.counter)
        }
        return writer.map { $0.boot == boot } ?? true
    }

    /// The moment of the oldest row that waits, in Unix milliseconds.
    public func oldest() throws -> Int64? {
        let first = try database.rows("SELECT boot, body FROM row ORDER BY seq LIMIT 1") { ($0.word(0), $0.blob(1)) }
            .first
        guard let (boot, body) = first, let origin = boots[boot]?.origin, let item = try? CBOR(decoding: body),
            let (dt, _) = try? Model.Row.decode(item)
        else { return nil }
        return origin + dt
    }

    /// The frame that begins at `first`, at most `count` rows of it; nil when that row is gone or not there yet.
    public func frame(epoch: UInt64, from first: UInt64, count: Int = Frame.rowLimit) throws -> Frame? {
        // One boot and one former epoch a frame; numbers without a hole.
        let former = formers.first { first <= $0.last }
        let rows = try OutboxFile.rows(
            in: database, from: first,
            limit: min(count, Frame.rowLimit, former.map { Int($0.last - first) + 1 } ?? .max),
            bytes: Frame.byteLimit - 16)
        guard let rows else { return nil }
        if boots[rows.boot] == nil { try refresh() }
        guard var record = boots[rows.boot] else { return nil }
        // The clock may have been set since: what is sent now carries the newest origin.
        if let (origin, synced) = try database.first(
            "SELECT origin, synced FROM boot WHERE counter=?", .integer(rows.boot), map: { ($0.integer(0), $0.bool(1)) }
        ) {
            (record.origin, record.synced) = (origin, synced)
        }
        let plain = Frame.body(of: rows.count, joined: rows.bodies)
        let (codec, body) = compress(plain)
        return Frame(
            epoch: epoch, lane: .bulk, first: first, count: rows.count, boot: record.boot, origin: record.origin,
            synced: record.synced, codec: codec, crc: CRC32C.checksum(plain), body: body,
            was: former.map { .init(epoch: $0.epoch, first: UInt64(Int64(first) + $0.shift)) })
    }

    private func compress(_ plain: [UInt8]) -> (Frame.Codec, [UInt8]) {
        guard plain.count > 64 else { return (.plain, plain) }
        var out = [UInt8](repeating: 0, count: ZSTD_compressBound(plain.count))
        let size = ZSTD_compressCCtx(compressor, &out, out.count, plain, plain.count, FrameBuilder.level)
        guard ZSTD_isError(size) == 0, size < plain.count else { return (.plain, plain) }
        return (.zstd, Array(out[..<size]))
    }
}
