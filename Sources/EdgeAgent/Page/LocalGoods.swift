import Glibc
import Model
import Platform
import SQLite
import Uplink

/// What the page at the depot knows of deliveries: what the centre said last, kept in a file beside the buffer, and what was read
/// since. Safe from any thread.
final class LocalGoods: Sendable {
    /// Reads that the centre has not counted yet; beyond it the oldest half is forgotten here, and said. The buffer has them all.
    static let readLimit = 20_000
    /// How often the file is written at most, while the centre is there.
    static let writePause: Duration = .seconds(60)

    private struct State {
        var goods: ExpectedGoods?
        var reads: [GoodsRead] = []
        var isShort = false
        var isWritten = true
        var written: Instant?
    }

    private let path: String
    private let state = Locked(State())

    init(path: String) {
        self.path = path
        let json = (try? Files.read(path, limit: ExpectedGoods.byteLimit)).flatMap { try? JSON(parsing: $0) }
        state.with { $0.goods = json.flatMap(ExpectedGoods.init(json:)) }
    }

    // MARK: what comes

    /// What the centre says, on the uplink's thread. It has counted what it says it has, and that is counted here no more.
    func take(_ goods: ExpectedGoods, epoch: UInt64) {
        state.with { state in
            state.goods = goods
            state.isWritten = false
            state.reads.removeAll { read in
                // Numbers of an epoch that was left are nobody's any more.
                read.epoch == goods.epoch ? read.seq <= goods.through : read.epoch != epoch
            }
            if state.reads.isEmpty { state.isShort = false }
        }
    }

    /// Scans with their places among the rows that were saved as `first` and after it.
    func add(_ reads: [(index: Int, read: GoodsRead)], from first: UInt64, epoch: UInt64) {
        guard !reads.isEmpty else { return }
        state.with { state in
            for (index, read) in reads {
                var read = read
                (read.epoch, read.seq) = (epoch, first + UInt64(index))
                state.reads.append(read)
            }
            LocalGoods.bound(&state)
        }
    }

    private static func bound(_ state: inout State) {
        guard state.reads.count > readLimit else { return }
        state.reads = Array(state.reads.suffix(readLimit / 2))
        state.isShort = true
    }

    /// What of rows brings goods.
    static func goods(in entries: [Outbox.Entry], skipping count: Int) -> [(index: Int, read: GoodsRead)] {
        entries.indices.dropFirst(count).compactMap { index in
            GoodsRead(entries[index].row).map { (index: index, read: $0) }
        }
    }

    /// What waited in the buffer when this run began; on the page's thread, because it may take a moment.
    func recall(buffer path: String, epoch: UInt64) {
        guard let database = try? Database(path: path, readOnly: true),
            let rows = try? database.rows(
                "SELECT seq, body FROM row ORDER BY seq DESC LIMIT ?", .integer(LocalGoods.readLimit / 2),
                map: { ($0.word(0), $0.blob(1)) })
        else { return }
        let waited = rows.reversed().compactMap { seq, body -> GoodsRead? in
            guard let item = try? CBOR(decoding: body), let (_, row) = try? Row.decode(item),
                var read = GoodsRead(row)
            else { return nil }
            (read.epoch, read.seq) = (epoch, seq)
            return read
        }
        state.with { state in
            // What this run has read itself is there already.
            let first = state.reads.first { $0.epoch == epoch }?.seq ?? .max
            let through = state.goods.flatMap { $0.epoch == epoch ? $0.through : nil } ?? 0
            state.reads = waited.filter { $0.seq < first && $0.seq > through } + state.reads
            LocalGoods.bound(&state)
        }
    }

    // MARK: what is kept

    /// Writes what the centre said last, where that is due: at once when it is away, else once a minute.
    func keep(isCentreThere: Bool, at now: Instant) {
        let goods = state.with { state -> ExpectedGoods? in
            guard !state.isWritten, let goods = state.goods else { return nil }
            if isCentreThere, let written = state.written, now - written < LocalGoods.writePause { return nil }
            (state.isWritten, state.written) = (true, now)
            return goods
        }
        guard let goods else { return }
        let new = "\(path).new"
        guard (try? Files.write(goods.json.text8, to: new, mode: 0o600)) != nil else { return }
        let descriptor = open(new, O_RDONLY | O_CLOEXEC)
        fsync(descriptor)
        close(descriptor)
        rename(new, path)
    }

    // MARK: what is shown

    /// To which PINs are sealed; nil where the centre has not said.
    var key: [UInt8]? { state.with { $0.goods?.key } }

    /// Null where the centre has never said anything.
    var json: JSON {
        let (goods, reads, isShort) = state.with { ($0.goods, $0.reads, $0.isShort) }
        guard let goods else { return .null }
        return GoodsCount(goods, reads).json.with("at", .int(goods.at)).with("reads", .int(Int64(reads.count)))
            .with("short", isShort ? .bool(true) : nil).with("more", goods.more > 0 ? .int(Int64(goods.more)) : nil)
    }
}
