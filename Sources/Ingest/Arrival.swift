internal import CZstd
import Model

/// A frame as it came, taken apart: the work that needs no database, so that it can be done while the last one is written.
public struct Arrival: Sendable {
    struct Row: Sendable {
        /// Where it stands in the plain body.
        var range: Range<Int>
        /// Milliseconds after the frame's origin; 0 where the row does not say.
        var dt: Int64
        /// The number of its kind as it came; -1 where it has none.
        var kind: Int64
        var row: Result<Model.Row, RowError>
    }

    struct Content: Sendable {
        var frame: Frame
        var rows: [Row]
        var plain: [UInt8]
    }

    public let agent: String
    let content: Result<Content, FrameError>

    public init(agent: String, payload: [UInt8]) {
        self.agent = agent
        content = Arrival.read(payload)
    }

    private static func read(_ payload: [UInt8]) -> Result<Content, FrameError> {
        do throws(FrameError) {
            let frame = try Frame(decoding: payload)
            let plain = try plain(frame)
            return .success(Content(frame: frame, rows: try frame.rows(plain: plain).map(row), plain: plain))
        } catch { return .failure(error) }
    }

    private static func row(_ item: Frame.Item) -> Row {
        let fields = item.item.items ?? []
        let row: Result<Model.Row, RowError>
        do throws(RowError) { row = .success(try Model.Row.decode(item.item).row) } catch { row = .failure(error) }
        return Row(
            range: item.range, dt: fields.first?.integer ?? 0, kind: fields.count > 1 ? fields[1].integer ?? -1 : -1,
            row: row)
    }

    /// The plain body, bounded whatever the compressed one claims.
    private static func plain(_ frame: Frame) throws(FrameError) -> [UInt8] {
        guard frame.codec == .zstd else { return frame.body }
        var out = [UInt8](repeating: 0, count: Frame.byteLimit)
        let size = ZSTD_decompress(&out, out.count, frame.body, frame.body.count)
        guard ZSTD_isError(size) == 0 else { throw .malformed("zstd: \(String(cString: ZSTD_getErrorName(size)))") }
        return Array(out[..<size])
    }
}
