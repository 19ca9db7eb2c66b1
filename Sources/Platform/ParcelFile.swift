internal import CZstd

/// One text among those that go to whoever helps from afar.
public struct ParcelFile: Equatable, Sendable {
    public var name: String
    /// What it is, for the list.
    public var about: String
    public var text: String

    public init(name: String, about: String, text: String) { (self.name, self.about, self.text) = (name, about, text) }

    /// Writes all of them, for their owner alone, into the folder `target`, or as one archive, compressed where its name
    /// ends in `.zst`; nil makes `NAME.tar.zst` here. Returns where they are.
    public static func write(
        _ files: [ParcelFile], to target: String?, named name: String, at now: Int64
    ) throws(FileError) -> String {
        let place = target ?? "\(name).tar.zst"
        if place.hasSuffix("/") || FileLook(place)?.isFolder ?? false {
            try Files.makeFolder(place)
            for file in files { try Files.write(Array(file.text.utf8), to: "\(place)/\(file.name)", mode: 0o600) }
        } else {
            let archive = Tar.archive(files.map { ("\(name)/\($0.name)", Array($0.text.utf8)) }, at: now)
            try Files.write(place.hasSuffix(".zst") ? packed(archive) : archive, to: place, mode: 0o600)
        }
        return place
    }

    /// One frame (RFC 8878), which `tar --zstd` reads; as it is where there is no memory for it.
    static func packed(_ bytes: [UInt8]) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: ZSTD_compressBound(bytes.count))
        let size = ZSTD_compress(&out, out.count, bytes, bytes.count, 9)
        return ZSTD_isError(size) == 0 ? Array(out[..<size]) : bytes
    }

    /// A line for each, as the verbs print them.
    public var line: String { "  \(name)  \(text.utf8.count) bytes  \(about)" }
}
