private import CZlib

/// Bytes in the form that every browser unpacks (RFC 1952): the pages once at the start, long answers as they are asked for.
enum Gzip {
    /// Whoever asks this request takes packed answers.
    @TaskLocal static var isAsked = false
    /// In bytes; a shorter answer fits into one packet of the network anyway.
    static let answerFloor = 1024

    /// Nil where zlib has no memory. `isQuick` for what is packed once for one reader.
    static func packed(_ bytes: [UInt8], isQuick: Bool = false) -> [UInt8]? {
        var stream = z_stream()
        // 16 more than the window: a gzip header and trailer (zlib.h, deflateInit2).
        guard
            deflateInit2_(
                &stream, isQuick ? Z_BEST_SPEED : Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count))))
        let status = input.withUnsafeMutableBufferPointer { from in
            output.withUnsafeMutableBufferPointer { to in
                stream.next_in = from.baseAddress
                stream.avail_in = UInt32(from.count)
                stream.next_out = to.baseAddress
                stream.avail_out = UInt32(to.count)
                return deflate(&stream, Z_FINISH)
            }
        }
        guard status == Z_STREAM_END else { return nil }
        return Array(output.prefix(Int(stream.total_out)))
    }

    /// Whether whoever asks takes it (RFC 9110 §12.5.3).
    static func isTaken(_ accepted: String?) -> Bool {
        (accepted ?? "").split(separator: ",").contains { part in
            let words = part.lowercased().filter { $0 != " " && $0 != "\t" }.split(separator: ";")
            guard words.first == "gzip" || words.first == "*" else { return false }
            return !words.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
        }
    }
}
