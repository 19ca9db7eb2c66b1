import Hummingbird
import Model
import NIOCore
import Sheets

/// What makes a tablet the screen of a dock: its address as a QR code.
struct StationEndpoints {
    /// Longest text of a code, in UTF-8 bytes: larger ones are hard to read from a screen.
    static let textLimit = 300

    var list: [Endpoint] {
        [
            Endpoint(
                .get, "/api/v1/qr", "A text as a QR code, as SVG: ?text=, such as the address of a dock's screen",
                needs: .session, answers: .file(["image/svg+xml"])
            ) { incoming in
                _ = try incoming.who()
                guard let text = incoming.query("text"), !text.isEmpty, text.utf8.count <= StationEndpoints.textLimit,
                    let code = QRCode(text)
                else {
                    throw APIProblem(
                        .badRequest, "bad-text",
                        "A text of 1 to \(StationEndpoints.textLimit) bytes is drawn, without control characters.")
                }
                return Response(
                    status: .ok, headers: [.contentType: "image/svg+xml"],
                    body: .init(byteBuffer: ByteBuffer(string: StationEndpoints.picture(code))))
            }
        ]
    }

    /// A module is one unit; dark on white with the quiet zone that ISO/IEC 18004 asks for.
    static func picture(_ code: QRCode) -> String {
        let side = code.size + 2 * QRCode.quietZone
        var path = ""
        for row in 0..<code.size {
            for column in 0..<code.size where code[row, column] {
                path += "M\(column + QRCode.quietZone) \(row + QRCode.quietZone)h1v1h-1z"
            }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(side) \(side)" width="\(side * 8)" height="\(side * 8)" \
            shape-rendering="crispEdges"><path fill="#fff" d="M0 0h\(side)v\(side)H0z"/><path d="\(path)"/></svg>
            """
    }
}
