import Glibc
import Model
import Platform

/// The pages, read once at the start: files of the `Web` folder with their type and a tag for caching.
struct WebFiles: Sendable {
    struct File: Sendable {
        var bytes: [UInt8]
        var type: String
        var tag: String
    }

    private let files: [String: File]

    /// Looks beside the binary (as built) and where the package installs them.
    init(root: String?) throws {
        let candidates = root.map { [$0] } ?? WebFiles.places
        guard let folder = candidates.first(where: { Files.exists("\($0)/index.html") }) else {
            throw IngestFailure("the pages are not at \(candidates.joined(separator: " nor ")); set web-root in [http]")
        }
        var files: [String: File] = [:]
        for name in try WebFiles.names(folder) {
            let bytes = try Files.read("\(folder)/\(name)", limit: 4 << 20)
            files[name] = File(
                bytes: bytes, type: WebFiles.type(name), tag: "\"\(CRC32C.checksum(bytes))-\(bytes.count)\"")
        }
        self.files = files
    }

    subscript(_ name: String) -> File? { files[name] }

    private static var places: [String] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, 4095)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return ["\(folder)/quai_IngestServer.resources/Web", "\(folder)/../share/quai/web", "/usr/share/quai/web"]
    }

    private static func names(_ folder: String) throws -> [String] {
        guard let directory = opendir(folder) else { throw FileError(path: folder, code: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix("."), entry.pointee.d_type != UInt8(DT_DIR) { names.append(name) }
        }
        return names.sorted()
    }

    private static func type(_ name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "webmanifest": "application/manifest+json"
        default: "application/octet-stream"
        }
    }
}
