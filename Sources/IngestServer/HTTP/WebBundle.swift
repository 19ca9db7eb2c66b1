/// The pages' modules joined into one script, so that a page is one request instead of fifty.
///
/// Our modules are plain: each `import { a, b as c } from "./x.js";` is a line, and so is the beginning of each `export`. A module becomes a
/// block with its imports as constants, in the order in which a browser would run them (ECMA-262 §16.2.1.5); comments of whole lines and
/// indentation are left out. Where two modules need each other, the one that runs first is given functions that ask the other when they are
/// called. What is written in another way is not joined: then the pages are served module by module.
struct WebBundle: Sendable {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private struct Module {
        var imports: [(from: String, names: [(String, String)])] = []
        var exports: [String] = []
        /// Exports that are no functions: they exist only after their block ran.
        var values: Set<String> = []
        var body = ""
    }

    /// The script; it ends with what `entry` does.
    let text: String

    init(entry: String, read: (String) -> String?) throws {
        var modules: [String: Module] = [:]
        var order: [String] = []
        /// Modules whose imports are being looked at: whoever imports one of them closes a circle.
        var open: Set<String> = []
        var late: [String: Set<String>] = [:]
        func visit(_ name: String) throws {
            guard let text = read(name) else { throw Failure(description: "there is no \(name)") }
            let module = try WebBundle.parse(text, name)
            open.insert(name)
            modules[name] = module
            for (other, _) in module.imports where modules[other] == nil || open.contains(other) {
                if open.contains(other) { late[name, default: []].insert(other) } else { try visit(other) }
            }
            open.remove(name)
            order.append(name)
        }
        try visit(entry)
        var out = "const $ = {};\n"
        for name in order {
            guard let module = modules[name] else { continue }
            out += "{\n"
            for (other, names) in module.imports {
                let known = modules[other]
                for (name, _) in names where known?.exports.contains(name) != true {
                    throw Failure(description: "\(other) does not export \(name)")
                }
                if late[name]?.contains(other) == true {
                    for (name, local) in names {
                        if known?.values.contains(name) == true {
                            throw Failure(description: "\(name) is needed by what \(other) needs")
                        }
                        out += "const \(local) = (...all) => $[\"\(other)\"].\(name)(...all);\n"
                    }
                } else {
                    let list = names.map { $0.0 == $0.1 ? $0.0 : "\($0.0): \($0.1)" }
                    out += "const { \(list.joined(separator: ", ")) } = $[\"\(other)\"];\n"
                }
            }
            out += module.body
            if !module.exports.isEmpty {
                out += "$[\"\(name)\"] = { \(module.exports.joined(separator: ", ")) };\n"
            }
            out += "}\n"
        }
        text = out
    }

    private static func parse(_ text: String, _ name: String) throws -> Module {
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
            module.body += isText ? line : rest
            module.body += "\n"
            if line.utf8.count(where: { $0 == 0x60 }) % 2 == 1 { isText.toggle() }
        }
        return module
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
