import Glibc
import Model
import SQLite

/// What can still be read of a damaged outbox, without trusting its trees: every page of the file and of its write-ahead
/// log is looked at on its own (SQLite database file format, §1.3 to §1.6 and §4), and a row counts when its checksum holds.
public struct Salvage: Sendable {
    public struct SavedRow: Equatable, Sendable {
        public var boot: UInt64
        public var body: [UInt8]
    }

    public struct SavedBoot: Equatable, Sendable {
        public var random: UInt64
        public var kernel: String
        public var origin: Int64
        public var synced: Bool
    }

    /// Rows by their number.
    public private(set) var rows: [UInt64: SavedRow] = [:]
    /// Runs of the agent by their counter.
    public private(set) var boots: [UInt64: SavedBoot] = [:]
    /// Under which the numbers were issued; nil where that page is lost too.
    public private(set) var epoch: UInt64?
    /// Up to which the centre had settled; rows below it are of no use any more.
    public private(set) var forgotten: UInt64 = 0
    /// The next number that would have been issued.
    public private(set) var next: UInt64 = 0
    /// Runs of numbers that had other ones before, in order.
    public private(set) var formers: [OutboxFile.Former] = []
    /// Rows that are there and whose checksum does not hold.
    public private(set) var damaged = 0
    public private(set) var pages = 0

    /// Numbers that were issued, not settled, and are not here.
    public var missing: [ClosedRange<UInt64>] {
        var ranges: [ClosedRange<UInt64>] = []
        guard next > forgotten + 1 else { return [] }
        for seq in forgotten + 1..<next where rows[seq] == nil {
            if let last = ranges.last, last.upperBound + 1 == seq {
                ranges[ranges.count - 1] = last.lowerBound...seq
            } else {
                ranges.append(seq...seq)
            }
        }
        return ranges
    }

    public struct Unreadable: Error, CustomStringConvertible {
        public var description: String
    }

    /// `path` is the database file; its `-wal` beside it is read too.
    public init(path: String) throws(Unreadable) {
        let file = try Source(path)
        let head = file.read(at: 0, count: 100)
        var size = head.count == 100 ? Int(head[16]) << 8 | Int(head[17]) : 0
        if size == 1 { size = 65536 }
        // Where the head itself is damaged: what this program always writes.
        if size < 512 || size & (size - 1) != 0 { size = 4096 }
        let log = (try? Source("\(path)-wal")).map { Salvage.committed($0, page: size) } ?? [:]
        let count = max(file.size / size, log.keys.max() ?? 0)
        func page(_ number: Int) -> [UInt8] {
            log[number] ?? file.read(at: (number - 1) * size, count: size)
        }
        for number in 1...max(1, count) {
            let bytes = page(number)
            guard bytes.count == size else { continue }
            pages += 1
            read(bytes, isFirst: number == 1, size, page)
        }
        // The newest page with the counters may be the one that is lost.
        next = max(next, (rows.keys.max() ?? 0) + 1)
        rows = rows.filter { $0.key > forgotten }
    }

    // MARK: pages

    /// The last committed state of each page in a write-ahead log.
    private static func committed(_ log: Source, page size: Int) -> [Int: [UInt8]] {
        let head = log.read(at: 0, count: 32)
        guard head.count == 32 else { return [:] }
        var pages: [Int: [UInt8]] = [:]
        var open: [Int: [UInt8]] = [:]
        var at = 32
        while true {
            let frame = log.read(at: at, count: 24)
            // Frames of an older generation carry another salt.
            guard frame.count == 24, frame[8..<16] == head[16..<24] else { return pages }
            let content = log.read(at: at + 24, count: size)
            guard content.count == size else { return pages }
            open[Int(big(frame, 0, 4))] = content
            if big(frame, 4, 4) != 0 {
                pages.merge(open) { $1 }
                open = [:]
            }
            at += 24 + size
        }
    }

    /// A leaf of a table tree: its cells, each on its own.
    private mutating func read(_ page: [UInt8], isFirst: Bool, _ size: Int, _ other: (Int) -> [UInt8]) {
        let start = isFirst ? 100 : 0
        guard page[start] == 0x0D else { return }
        let cells = Int(Salvage.big(page, start + 3, 2))
        guard start + 8 + cells * 2 <= size else { return }
        for index in 0..<cells {
            let at = Int(Salvage.big(page, start + 8 + index * 2, 2))
            guard at >= start + 8, let cell = Salvage.cell(page, at, size, other) else { continue }
            take(cell.key, cell.payload)
        }
    }

    private static func cell(_ page: [UInt8], _ start: Int, _ size: Int, _ other: (Int) -> [UInt8])
        -> (key: UInt64, payload: [UInt8])?
    {
        var at = start
        guard let length = varint(page, &at), let key = varint(page, &at), length <= 1 << 20 else { return nil }
        let total = Int(length)
        let most = size - 35
        guard total > most else {
            guard at + total <= size else { return nil }
            return (key, Array(page[at..<at + total]))
        }
        let least = (size - 12) * 32 / 255 - 23
        let fitting = least + (total - least) % (size - 4)
        let here = fitting <= most ? fitting : least
        guard at + here + 4 <= size else { return nil }
        var payload = Array(page[at..<at + here])
        var next = Int(big(page, at + here, 4))
        // A chain has no more pages than its bytes need: a circle ends here.
        for _ in 0...(total / (size - 4) + 1) where payload.count < total {
            let more = next > 0 ? other(next) : []
            guard more.count == size else { return nil }
            payload += more[4..<min(size, 4 + total - payload.count)]
            next = Int(big(more, 0, 4))
        }
        return payload.count == total ? (key, payload) : nil
    }

    // MARK: records

    private enum Field: Equatable {
        case null
        case integer(Int64)
        case text(String)
        case blob([UInt8])
    }

    /// A record is known by its shape: each of the outbox's tables has another.
    private mutating func take(_ key: UInt64, _ payload: [UInt8]) {
        guard let fields = Salvage.fields(payload), fields.first == .null else { return }
        switch fields.dropFirst() {
        case let rest where rest.count == 2:
            guard case .integer(let epoch) = rest[1], case .integer(let shift) = rest[2] else { return }
            formers.removeAll { $0.last == key }
            formers.append(OutboxFile.Former(last: key, epoch: UInt64(bitPattern: epoch), shift: shift))
            formers.sort { $0.last < $1.last }
        case let rest where rest.count == 3:
            guard case .integer(let boot) = rest[1], case .blob(let body) = rest[2], case .integer(let crc) = rest[3],
                key > 0, key <= UInt64(Frame.sequenceLimit)
            else { return }
            guard Int64(CRC32C.checksum(body)) == crc else {
                damaged += 1
                return
            }
            rows[key] = SavedRow(boot: UInt64(bitPattern: boot), body: body)
        case let rest where rest.count == 5:
            guard case .integer(let random) = rest[1], case .text(let kernel) = rest[2],
                case .integer(let origin) = rest[3], case .integer(let synced) = rest[4], case .integer = rest[5]
            else { return }
            boots[key] = SavedBoot(
                random: UInt64(bitPattern: random), kernel: kernel, origin: origin, synced: synced != 0)
        // Seven as version 1 wrote it.
        case let rest where rest.count == 7 || rest.count == 8:
            let numbers = rest.compactMap { field -> Int64? in
                if case .integer(let value) = field { value } else { nil }
            }
            guard numbers.count == rest.count, key == 1, numbers[1] > 0, numbers[2] >= 0 else { return }
            (epoch, next, forgotten) = (UInt64(bitPattern: numbers[0]), UInt64(numbers[1]), UInt64(numbers[2]))
        default: return
        }
    }

    private static func fields(_ payload: [UInt8]) -> [Field]? {
        var at = 0
        guard let head = varint(payload, &at), head <= UInt64(payload.count) else { return nil }
        var types: [UInt64] = []
        while at < Int(head) {
            guard let type = varint(payload, &at), types.count < 16 else { return nil }
            types.append(type)
        }
        at = Int(head)
        var fields: [Field] = []
        for type in types {
            let width: Int
            switch type {
            case 0, 8, 9: width = 0
            case 1...4: width = Int(type)
            case 5: width = 6
            case 6: width = 8
            case 12...: width = Int(clamping: (type - 12) / 2)
            default: return nil
            }
            guard width <= payload.count - at else { return nil }
            let bytes = payload[at..<at + width]
            at += width
            switch type {
            case 0: fields.append(.null)
            case 8: fields.append(.integer(0))
            case 9: fields.append(.integer(1))
            case 1...6:
                let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                let shift = UInt64(64 - width * 8)
                fields.append(.integer(Int64(bitPattern: value << shift) >> Int64(shift)))
            case let type where type % 2 == 0: fields.append(.blob(Array(bytes)))
            default: fields.append(.text(String(decoding: bytes, as: UTF8.self)))
            }
        }
        return fields
    }

    private static func varint(_ bytes: [UInt8], _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<9 {
            guard at < bytes.count else { return nil }
            let byte = bytes[at]
            at += 1
            if index == 8 { return value << 8 | UInt64(byte) }
            value = value << 7 | UInt64(byte & 0x7F)
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    private static func big(_ bytes: [UInt8], _ at: Int, _ count: Int) -> UInt64 {
        bytes[at..<at + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A file read in pieces, whatever its size.
    private final class Source {
        private let descriptor: Int32
        let size: Int

        init(_ path: String) throws(Unreadable) {
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw Unreadable(description: "\(path): \(String(cString: strerror(errno)))") }
            size = Int(lseek(descriptor, 0, SEEK_END))
        }

        deinit { close(descriptor) }

        func read(at offset: Int, count: Int) -> [UInt8] {
            var buffer = [UInt8](repeating: 0, count: count)
            let got = pread(descriptor, &buffer, count, off_t(offset))
            return got == count ? buffer : Array(buffer.prefix(max(0, got)))
        }
    }
}

extension OutboxFile {
    /// Takes what was salvaged into this outbox: a new epoch in which the salvaged rows come first, each with its former
    /// key, so that the centre knows those that it has. One transaction; the number of rows taken.
    public func take(_ salvage: Salvage, random: inout some RandomNumberGenerator) throws -> Int {
        guard let old = salvage.epoch, !salvage.rows.isEmpty else { return 0 }
        let rows = salvage.rows.filter { salvage.boots[$0.value.boot] != nil }.sorted { $0.key < $1.key }
        guard !rows.isEmpty else { return 0 }
        let (mine, first) = (epoch, forgotten + 1)
        let waiting = next - first
        let shift = Int64(rows.count) - Int64(first) + 1
        try database.execute("BEGIN IMMEDIATE")
        epoch = random.next()
        try database.run("UPDATE row SET seq = -(seq + ?)", .integer(shift))
        try database.run("UPDATE row SET seq = -seq")
        var keys: [UInt64: UInt64] = [:]
        for (counter, boot) in salvage.boots {
            // A clock that was never set counts every file from 1.
            var key = counter
            while let taken = try database.integer("SELECT random FROM boot WHERE counter=?", .integer(key)),
                UInt64(bitPattern: taken) != boot.random
            {
                key += OutboxFile.counterMask + 1
            }
            keys[counter] = key
            try database.run(
                "INSERT INTO boot VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING", .integer(key),
                .integer(boot.random), .text(boot.kernel), .integer(boot.origin), .bool(boot.synced))
        }
        let older = try OutboxFile.formers(in: database)
        try database.run("DELETE FROM former")
        /// The first key that a row ever had.
        func key(_ number: UInt64) -> (epoch: UInt64, seq: Int64) {
            guard let former = salvage.formers.first(where: { number <= $0.last }) else { return (old, Int64(number)) }
            return (former.epoch, Int64(number) + former.shift)
        }
        var seq: UInt64 = 0
        for (index, row) in rows.enumerated() {
            seq += 1
            try database.run(
                "INSERT INTO row VALUES (?, ?, ?, ?)", .integer(seq), .integer(keys[row.value.boot]!),
                .blob(row.value.body),
                .integer(Int64(CRC32C.checksum(row.value.body))))
            // A run of keys without a hole stands in one line.
            let mine = key(row.key)
            let next = index + 1 < rows.count ? key(rows[index + 1].key) : nil
            if next?.epoch != mine.epoch || next?.seq != mine.seq + 1 {
                try database.run(
                    "INSERT INTO former VALUES (?, ?, ?)", .integer(seq), .integer(mine.epoch),
                    .integer(mine.seq - Int64(seq)))
            }
        }
        for former in older {
            try database.run(
                "INSERT INTO former VALUES (?, ?, ?)", .integer(Int64(former.last) + shift), .integer(former.epoch),
                .integer(former.shift - shift))
        }
        let covered = older.last?.last ?? 0
        if waiting > 0, covered < next - 1 {
            try database.run(
                "INSERT INTO former VALUES (?, ?, ?)", .integer(seq + waiting), .integer(mine), .integer(-shift))
        }
        next = seq + waiting + 1
        (forgotten, refused) = (0, 0)
        try assignBoots()
        account(salvaged: UInt64(rows.count))
        try store()
        try database.execute("COMMIT")
        return rows.count
    }
}
