private import CZlib

/// The files of a ZIP archive (PKWARE APPNOTE 6.3), found by its central directory and unpacked piece by piece: what swells
/// without end costs no memory, and no name becomes a path.
struct ZIPArchive {
    struct Fault: Error, Equatable { var reason: Phrase }

    /// Files of an archive, and bytes of one of them when it is unpacked.
    static let entryLimit = 4096
    static let sizeLimit = 256 << 20
    private static let pieceSize = 64 << 10

    private struct Entry {
        var local: Int
        var packed: Int
        var method: Int
        var checksum: Int
        var isEncrypted: Bool
    }

    private let bytes: [UInt8]
    private var entries: [String: Entry] = [:]

    init(_ bytes: [UInt8]) throws(Fault) {
        self.bytes = bytes
        // The end's record, before a comment of up to 64 KiB.
        let last = bytes.count - 22
        guard last >= 0,
            let end = stride(from: last, through: max(0, last - 0xFFFF), by: -1).first(where: {
                bytes[$0] == 0x50 && number($0, 4) == 0x0605_4B50
            })
        else { throw Fault(reason: "it is cut: its end is not there") }
        let count = number(end + 10, 2)
        var at = number(end + 16, 4)
        guard count != 0xFFFF, at != 0xFFFF_FFFF else { throw Fault(reason: "it is larger than 4 GiB") }
        guard count <= ZIPArchive.entryLimit else {
            throw Fault(reason: "it holds \(count) files; at most \(ZIPArchive.entryLimit) are looked at")
        }
        for _ in 0..<count {
            guard at + 46 <= bytes.count, number(at, 4) == 0x0201_4B50 else {
                throw Fault(reason: "the list of its files is damaged")
            }
            let (name, extra, comment) = (number(at + 28, 2), number(at + 30, 2), number(at + 32, 2))
            guard at + 46 + name <= bytes.count else { throw Fault(reason: "the list of its files is damaged") }
            // Some write `\` between folders.
            let path = String(decoding: bytes[(at + 46)..<(at + 46 + name)], as: UTF8.self).replacing("\\", with: "/")
            entries[path.lowercased()] = Entry(
                local: number(at + 42, 4), packed: number(at + 20, 4), method: number(at + 10, 2),
                checksum: number(at + 16, 4), isEncrypted: number(at + 8, 2) & 1 == 1)
            at += 46 + name + extra + comment
        }
    }

    /// Little endian; bytes behind the end are 0.
    private func number(_ at: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { at + $1 < bytes.count ? $0 | Int(bytes[at + $1]) << (8 * $1) : $0 }
    }

    /// Case aside, as Excel does.
    func has(_ name: String) -> Bool { entries[name.lowercased()] != nil }

    /// Gives a file in pieces, in order; `take` says whether to go on. Throws where it is not there, damaged or too large;
    /// pieces were given before, then.
    func unpack(_ name: String, take: (UnsafeRawBufferPointer) -> Bool) throws(Fault) {
        guard let entry = entries[name.lowercased()] else { throw Fault(reason: "\(name.prefix(64)) is missing in it") }
        guard !entry.isEncrypted else { throw Fault(reason: "it has a password") }
        let start = entry.local + 30 + number(entry.local + 26, 2) + number(entry.local + 28, 2)
        guard number(entry.local, 4) == 0x0403_4B50, start <= bytes.count, entry.packed <= bytes.count - start else {
            throw Fault(reason: "\(name.prefix(64)) is cut")
        }
        let packed = start..<(start + entry.packed)
        switch entry.method {
        case 0: try copy(packed, entry, name, take)
        case 8: try inflate(packed, entry, name, take)
        default: throw Fault(reason: "\(name.prefix(64)) is packed in a way that is not read (\(entry.method))")
        }
    }

    private func copy(
        _ range: Range<Int>, _ entry: Entry, _ name: String, _ take: (UnsafeRawBufferPointer) -> Bool
    ) throws(Fault) {
        let checksum = bytes.withUnsafeBytes { all in
            let data = UnsafeRawBufferPointer(rebasing: all[range])
            _ = take(data)
            return crc32(0, data.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(data.count))
        }
        guard Int(checksum) == entry.checksum else { throw Fault(reason: "\(name.prefix(64)) is damaged") }
    }

    private func inflate(
        _ range: Range<Int>, _ entry: Entry, _ name: String, _ take: (UnsafeRawBufferPointer) -> Bool
    ) throws(Fault) {
        // zlib remembers where its state lies: it may not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: ZIPArchive.pieceSize, alignment: 1)
        defer {
            piece.deallocate()
            stream.deallocate()
        }
        guard inflateInit2_(stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw Fault(reason: "there is no memory to unpack it")
        }
        defer { inflateEnd(stream) }
        var (size, checksum, status, goesOn) = (0, crc32(0, nil, 0), Z_OK, true)
        bytes.withUnsafeBufferPointer { all in
            stream.pointee.next_in = all.baseAddress.map { UnsafeMutablePointer(mutating: $0 + range.lowerBound) }
            stream.pointee.avail_in = UInt32(range.count)
            while status == Z_OK, goesOn, size <= ZIPArchive.sizeLimit {
                stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(piece.count)
                status = CZlib.inflate(stream, Z_NO_FLUSH)
                let count = piece.count - Int(stream.pointee.avail_out)
                guard count > 0 else { break }
                size += count
                checksum = crc32(checksum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(count))
                goesOn = take(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(piece)[..<count]))
            }
        }
        guard goesOn else { return }
        guard size <= ZIPArchive.sizeLimit else {
            throw Fault(
                reason: "\(name.prefix(64)) has more than \(ZIPArchive.sizeLimit >> 20) MiB when it is unpacked")
        }
        guard status == Z_STREAM_END, Int(checksum) == entry.checksum else {
            throw Fault(reason: "\(name.prefix(64)) is damaged")
        }
    }
}
