import Glibc
import Model
import Platform

/// The pages, read once at the start: files of the `Web` folder with their type and a tag for caching, and packed.
///
/// What a page needs first is joined, for each language: the document names one script and one style by names that hold their tag, so that
/// a browser keeps them for a year and asks for new ones as soon as they are others. The script asks for the other pages, for sentences and
/// for other languages by such names, too. The modules can be had one by one all the same.
struct WebFiles: Sendable {
    struct File: Sendable {
        var bytes: [UInt8]
        var type: String
        var tag: String
        /// Its name holds its tag: what it names never changes.
        var isForGood = false
        /// With gzip (RFC 1952); nil where that makes it no shorter.
        var packed: [UInt8]?

        init(_ bytes: [UInt8], named name: String) {
            self.bytes = bytes
            type = WebFiles.type(name)
            tag = "\"\(WebFiles.digest(bytes))\""
            packed = Gzip.packed(bytes).flatMap { $0.count < bytes.count ? $0 : nil }
        }
    }

    private var files: [String: File]
    /// Why the modules are served one by one; nil where they are joined.
    private(set) var whyApart: String?

    /// Looks beside the binary (as built) and where the package installs them.
    init(root: String?) throws {
        let candidates = root.map { [$0] } ?? WebFiles.places
        guard let folder = candidates.first(where: { Files.exists("\($0)/index.html") }) else {
            throw IngestFailure("the pages are not at \(candidates.joined(separator: " nor ")); set web-root in [http]")
        }
        var files: [String: File] = [:]
        for name in try WebFiles.names(folder) {
            files[name] = File(try Files.read("\(folder)/\(name)", limit: 4 << 20), named: name)
        }
        self.files = files
        do { try join() } catch { whyApart = "\(error)" }
    }

    /// For each language a document that names `app-TAG.js` and `style-TAG.css`, and the parts that its script asks for.
    private mutating func join() throws {
        let known = files
        guard let style = files["style.css"], let document = files["index.html"] else { return }
        var made: [String: File] = [:]
        /// Keeps a file under a name that holds its tag.
        func keep(_ name: String, _ bytes: [UInt8]) {
            var file = File(bytes, named: name)
            file.isForGood = true
            made[name] = file
        }
        let sheet = Array(WebStyle.lean(String(decoding: style.bytes, as: UTF8.self)).utf8)
        let styleName = "style-\(WebFiles.digest(sheet)).css"
        keep(styleName, sheet)
        for language in WebFiles.languages {
            let script = try WebBundle(
                entry: "app.js", language: language, digest: { WebFiles.digest(Array($0.utf8)) },
                read: { name in known[name].map { String(decoding: $0.bytes, as: UTF8.self) } })
            for part in script.parts { keep(part.file, Array(part.text.utf8)) }
            let bytes = Array(script.text.utf8)
            let scriptName = "app-\(WebFiles.digest(bytes)).js"
            keep(scriptName, bytes)
            var page = String(decoding: document.bytes, as: UTF8.self)
            for (place, name) in [("\"/web/app.js\"", scriptName), ("\"/web/style.css\"", styleName)] {
                guard page.contains(place) else { throw IngestFailure("index.html does not name \(place)") }
                page = page.replacing(place, with: "\"/web/\(name)\"")
            }
            made[WebFiles.document(language)] = File(Array(page.utf8), named: "index.html")
        }
        files.merge(made) { $1 }
    }

    /// The languages of the pages; the last one is for those who speak none of them (`ofBrowser` in i18n.js).
    static let languages = ["fr", "en"]

    private static func document(_ language: String) -> String { "index.html \(language)" }

    /// The document whose script has the words of whoever asks (RFC 9110 §12.5.4). A browser's own language is the first that it names;
    /// whoever chose another one on the page is brought its words by the script.
    func document(accepting languages: String?) -> File? {
        let first = languages?.split(separator: ",").first?.lowercased().drop { $0 == " " } ?? ""
        let language =
            WebFiles.languages.first { first.hasPrefix($0) } ?? WebFiles.languages[WebFiles.languages.count - 1]
        return files[WebFiles.document(language)] ?? files["index.html"]
    }

    private static func digest(_ bytes: [UInt8]) -> String { "\(CRC32C.checksum(bytes))-\(bytes.count)" }

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
        case "png": "image/png"
        case "svg": "image/svg+xml"
        case "txt": "text/plain; charset=utf-8"
        case "wasm": "application/wasm"
        case "webmanifest": "application/manifest+json"
        default: "application/octet-stream"
        }
    }
}
