/// The pages' modules joined into one script, so that a page is one request instead of fifty; what no first page shows comes in parts.
///
/// Our modules are plain: each `import { a, b as c } from "./x.js";` is a line, and so is the beginning of each `export`. A module becomes a
/// block with its imports as constants, in the order in which a browser would run them (ECMA-262 §16.2.1.5); comments of whole lines and
/// indentation are left out. Where two modules need each other, the one that runs first is given functions that ask the other when they are
/// called. What is asked for by `await import("./x.js")` is a part: a script of its own with what the first one does not have. What is
/// written in another way is not joined: then the pages are served module by module.
struct WebBundle: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// A script that is asked for later, under a name that holds what it is.
    struct Part: Sendable {
        var file: String
        var text: String
    }

    /// Words that the first script does not bring: of its language, and of all others. As modules they are empty.
    static let rest = "words-rest.js", others = "words-others.js"

    fileprivate struct Module {
        var imports: [(from: String, names: [(String, String)])] = []
        var exports: [String] = []
        /// Exports that are no functions: they exist only after their block ran.
        var values: Set<String> = []
        var body = ""
    }

    /// The script; it ends with what `entry` does.
    let text: String
    let parts: [Part]

    /// With the words of one language where one is named; `digest` is what a part's name holds of its text.
    init(
        entry: String, language: String? = nil, digest: (String) -> String = { _ in "0" }, read: (String) -> String?
    ) throws {
        var all = Modules()
        let first = try all.add(entry, read)
        var instead: [String: String] = [:]
        if let language {
            let words = try WebWords(language, first.map { ($0, read($0) ?? "") })
            for (name, text) in words.kept { all.modules[name]?.body = try Module(text, name).body }
            instead = [WebBundle.rest: words.rest, WebBundle.others: words.others]
        }
        var parts: [Part] = []
        var files: [(asked: String, name: String, file: String)] = []
        for name in all.asked(by: first) {
            let own = try all.add(name) { instead[$0] ?? read($0) }
            guard own.last == name else { throw Failure(description: "\(name) is in another script already") }
            guard all.asked(by: own).isEmpty else { throw Failure(description: "\(name) asks for a part itself") }
            let text = "export const make = ($) => {\n\(try all.blocks(own))return $[\"\(name)\"];\n};\n"
            let file = "\(name.dropLast(3))-\(digest(text)).js"
            parts.append(Part(file: file, text: text))
            files.append(("await import(\"./\(name)\")", name, file))
        }
        var text = "const $ = {};\n"
        if !parts.isEmpty { text += WebBundle.loader }
        text += try all.blocks(first)
        for (asked, name, file) in files {
            text = text.replacing(asked, with: "await $part(\"./\(file)\", \"\(name)\")")
        }
        self.text = text
        self.parts = parts
    }

    /// A browser may remember that a script did not come: it is asked for by another address then.
    private static let loader = """
        let $tries = 0;
        const $part = async (place, name) => {
        try {
        const { make } = await import($tries ? `${place}?${$tries}` : place);
        return $[name] ?? make($);
        } catch (error) { $tries += 1; throw error; }
        };

        """

    /// Those that were read, in one or the other script.
    private struct Modules {
        var modules: [String: Module] = [:]
        /// Of a module those it needs that run after it.
        var late: [String: Set<String>] = [:]

        /// Reads a module and what it needs; those that are new, in the order in which they run.
        mutating func add(_ name: String, _ read: (String) -> String?) throws -> [String] {
            var order: [String] = []
            var open: Set<String> = []
            try visit(name, read, &open, &order)
            return order
        }

        /// `open` are those whose imports are being looked at: whoever imports one of them closes a circle.
        private mutating func visit(
            _ name: String, _ read: (String) -> String?, _ open: inout Set<String>, _ order: inout [String]
        ) throws {
            if open.contains(name) || modules[name] != nil { return }
            guard let text = read(name) else { throw Failure(description: "there is no \(name)") }
            let module = try Module(text, name)
            open.insert(name)
            modules[name] = module
            for (other, _) in module.imports {
                if open.contains(other) { late[name, default: []].insert(other) }
                try visit(other, read, &open, &order)
            }
            open.remove(name)
            order.append(name)
        }

        /// What modules ask for when they need it, in that order, each once.
        func asked(by names: [String]) -> [String] {
            var found: [String] = []
            for name in names {
                for piece in (modules[name]?.body ?? "").matches(of: /await import\("\.\/([a-z-]+\.js)"\)/) {
                    let part = String(piece.1)
                    if !found.contains(part) { found.append(part) }
                }
            }
            return found
        }

        func blocks(_ order: [String]) throws -> String {
            var out = ""
            for name in order {
                guard let module = modules[name] else { continue }
                out += "{\n"
                for (other, names) in module.imports { out += try constants(name, other, names) }
                out += module.body
                if !module.exports.isEmpty {
                    out += "$[\"\(name)\"] = { \(module.exports.joined(separator: ", ")) };\n"
                }
                out += "}\n"
            }
            return out
        }

        /// What a module imports from another one.
        private func constants(_ name: String, _ other: String, _ names: [(String, String)]) throws -> String {
            let known = modules[other]
            for (name, _) in names where known?.exports.contains(name) != true {
                throw Failure(description: "\(other) does not export \(name)")
            }
            guard late[name]?.contains(other) == true else {
                let list = names.map { $0.0 == $0.1 ? $0.0 : "\($0.0): \($0.1)" }
                return "const { \(list.joined(separator: ", ")) } = $[\"\(other)\"];\n"
            }
            return try names.map { name, local in
                if known?.values.contains(name) == true {
                    throw Failure(description: "\(name) is needed by what \(other) needs")
                }
                return "const \(local) = (...all) => $[\"\(other)\"].\(name)(...all);\n"
            }.joined()
        }
    }
}

extension WebBundle.Module {
    fileprivate init(_ text: String, _ name: String) throws {
        self = try WebBundle.parse(text, name)
    }
}

extension WebBundle {
    fileprivate static func parse(_ text: String, _ name: String) throws -> Module {
        var module = Module()
        var isComment = false
        // A text over several lines keeps its blanks.
        var isText = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            var rest = line.drop { $0 == " " }
            if isComment {
                isComment = !rest.hasSuffix("*/")
                continue
            }
            if !isText {
                if rest.isEmpty || rest.hasPrefix("//") { continue }
                if rest.hasPrefix("/**") {
                    if rest.hasSuffix("*/") { continue }
                    guard rest.contains("*/") else {
                        isComment = true
                        continue
                    }
                }
                if line.hasPrefix("import ") {
                    module.imports.append(try imported(line, name))
                    continue
                }
                if line.hasPrefix("export ") {
                    guard let kept = try exported(line.dropFirst(7), &module, name) else { continue }
                    rest = kept
                }
            }
            module.body += isText ? line : withoutTypes(rest)
            module.body += "\n"
            if line.utf8.count(where: { $0 == 0x60 }) % 2 == 1 { isText.toggle() }
        }
        return module
    }

    /// Without what is written for `tsc` inside a line: `/** @type {X} */ (value)`.
    private static func withoutTypes(_ line: Substring) -> Substring {
        guard let from = line.firstRange(of: "/** @"),
            let end = line[from.upperBound...].firstRange(of: "*/")
        else { return line }
        return line[..<from.lowerBound] + withoutTypes(line[end.upperBound...].drop { $0 == " " })
    }

    /// `import { a, b as c } from "./x.js";`
    private static func imported(_ line: Substring, _ name: String) throws -> (String, [(String, String)]) {
        let failure = Failure(description: "\(name): \(line)")
        guard line.hasPrefix("import { "), line.hasSuffix(".js\";"), let end = line.firstIndex(of: "}") else {
            throw failure
        }
        let names = try line[..<end].dropFirst(9).split(separator: ",").map { part in
            let words = part.split(separator: " ").map(String.init)
            switch words.count {
            case 1: return (words[0], words[0])
            case 3 where words[1] == "as": return (words[0], words[2])
            default: throw failure
            }
        }
        let place = line[end...].dropFirst(2)
        guard place.hasPrefix("from \"./") else { throw failure }
        return (String(place.dropFirst(8).dropLast(2)), names)
    }

    /// The line without `export`; nil of one that is nothing else.
    private static func exported(_ line: Substring, _ module: inout Module, _ name: String) throws -> Substring? {
        let failure = Failure(description: "\(name): export \(line)")
        if line.hasPrefix("{ "), line.hasSuffix(" };") {
            module.exports += line.dropFirst(2).dropLast(3).split(separator: ", ").map(String.init)
            return nil
        }
        var words = line.split(whereSeparator: { " (={<".contains($0) })
        if words.first == "async" { words.removeFirst() }
        guard words.count > 1, ["function", "class", "const"].contains(words[0]) else { throw failure }
        let what = String(words[1])
        module.exports.append(what)
        if words[0] == "class" || words[0] == "const" && !line.contains("=>") { module.values.insert(what) }
        return line
    }
}
