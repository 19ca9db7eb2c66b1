import Model
import TestSupport
import Testing

/// The vectors of docs/reference/wire-vectors.txt: `hex | what it is`. QUAI_WRITE=1 writes the file from the code.
struct WireVectorTests {
    static let path = Fixture.root + "/docs/reference/wire-vectors.txt"

    static var rows: [(Int64, Row)] {
        let sighting = Row.Sighting(
            device: "dock-left", zone: "dock-1", tag: TagID(.epcGen2, Hex.bytes("30396062C3950D400011B897")!),
            rssiDBm: -55.5,
            antenna: nil, reads: 12)
        var call = CallSnapshot(call: "pbx/1795240694.4", revision: 4_294_967_297, startedAt: 1_795_240_694_000)
        call.state = .ringing
        call.direction = .inbound
        call.caller = Party(number: "0199001234", name: "DUPONT SARL")
        call.legs = [.init(id: "1795240694.5", desk: "101", state: .ringing, rangAt: 1_795_240_694_050)]
        return [
            (0, .skipped(reason: "damaged on disk")), (1500, .appeared(sighting)),
            (5000, .left(sighting, present: .milliseconds(3450))),
            (7, .barcode(device: "gate", zone: "dock-1", Barcode(symbology: "]C0", text: "BL-2026-0117"))),
            (8, .key(device: "wedge", zone: "desk", text: "0027314141")),
            (9, .device(name: "dock-left", driver: "m100", state: "gone", reason: "/dev/ttyUSB0 was unplugged")),
            (10, .call(device: "pbx", call)),
        ]
    }

    static var lines: [String] {
        var lines = ["# Rows, then a plain frame of all of them. `hex | what it is`; read by WireVectorTests."]
        for (dt, row) in rows { lines.append("\(Hex.string(row.encoded(at: dt))) | \(row.kind) at \(dt) ms") }
        let plain = Frame.body(of: rows.map { $1.encoded(at: $0) })
        let frame = Frame(
            epoch: 0xA1B2_C3D4_E5F6_0718, lane: .bulk, first: 42, count: rows.count,
            boot: Boot(counter: 3, random: 0x1122_3344_5566_7788),
            origin: 1_795_240_000_000, synced: true, codec: .plain, crc: CRC32C.checksum(plain), body: plain,
            was: .init(epoch: 5, first: 7))
        lines.append("\(Hex.string(frame.encoded)) | frame, first 42, \(rows.count) rows, formerly epoch 5 from 7")
        return lines
    }

    @Test func theDocumentedBytesAreOurs() throws {
        if environment("QUAI_WRITE") != nil {
            try Fixture.write(WireVectorTests.lines.joined(separator: "\n") + "\n", at: WireVectorTests.path)
        }
        let text = String(decoding: Fixture.bytes(at: WireVectorTests.path), as: UTF8.self)
        let written = text.split(separator: "\n").map(String.init)
        #expect(written == WireVectorTests.lines)
        for (line, expected) in zip(written.dropFirst(), WireVectorTests.rows) {
            let bytes = try #require(Hex.bytes(line.prefix { $0 != " " }))
            let (dt, row) = try Row.decode(try CBOR(decoding: bytes))
            #expect(dt == expected.0 && row == expected.1)
        }
        let last = try #require(written.last.flatMap { Hex.bytes($0.prefix { $0 != " " }) })
        let frame = try Frame(decoding: last)
        #expect(try frame.rows(plain: frame.body).count == frame.count && frame.was?.first == 7)
    }
}
