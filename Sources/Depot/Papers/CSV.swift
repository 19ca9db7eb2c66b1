/// Rows of a CSV file (RFC 4180) with the line each began on: imports must say where a mistake is. Separator `;`, `,` or
/// tab, whichever the header holds most; UTF-8 with or without BOM, else Windows-1252, as Excel writes it in France.
public struct CSV: Sendable {
    public struct Row: Sendable {
        /// From 1.
        public var line: Int
        public var fields: [String]

        /// Without the spaces around it; empty where there is no such column.
        func field(_ index: Int?) -> String {
            index.flatMap { $0 < fields.count ? fields[$0].trimming(" \t") : nil } ?? ""
        }

        /// Nil where it is empty.
        func filled(_ index: Int?) -> String? {
            let text = field(index)
            return text.isEmpty ? nil : text
        }

        /// Why the row cannot be read at all; nil when it can.
        var problem: String? {
            fields.contains { $0.count > CSV.fieldLimit } ? "a field has more than \(CSV.fieldLimit) characters" : nil
        }
    }

    public var header: [String]
    public var rows: [Row]

    /// Longest field in characters.
    public static let fieldLimit = 4096

    public init(_ bytes: [UInt8]) {
        let text = CSV.text(bytes)
        let firstLine = text.prefix { !$0.isNewline }
        let separator = [";", ",", "\t"].max { a, b in
            firstLine.count { String($0) == a } < firstLine.count { String($0) == b }
        }!
        var all: [Row] = []
        var fields: [String] = []
        var field = ""
        var quoted = false
        var line = 1
        var start = 1
        var iterator = text.unicodeScalars.makeIterator()
        var pushed: Unicode.Scalar?
        func finishRow() {
            fields.append(field)
            field = ""
            if fields != [""] { all.append(Row(line: start, fields: fields)) }
            fields = []
            start = line
        }
        while let scalar = pushed ?? iterator.next() {
            pushed = nil
            if scalar == "\n" { line += 1 }
            if quoted {
                if scalar == "\"" {
                    pushed = iterator.next()
                    if pushed == "\"" {
                        field.unicodeScalars.append("\"")
                        pushed = nil
                    } else {
                        quoted = false
                    }
                } else {
                    field.unicodeScalars.append(scalar)
                }
            } else if scalar == "\"", field.isEmpty {
                quoted = true
            } else if String(scalar) == separator {
                fields.append(field)
                field = ""
            } else if scalar == "\n" {
                finishRow()
            } else if scalar != "\r" {
                field.unicodeScalars.append(scalar)
            }
        }
        if !field.isEmpty || !fields.isEmpty { finishRow() }
        header = (all.first?.fields ?? []).map { $0.trimming(" \t").lowercased() }
        rows = Array(all.dropFirst())
    }

    static func text(_ bytes: [UInt8]) -> String {
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        return String(validating: body, as: UTF8.self)
            ?? String(String.UnicodeScalarView(body.map { Unicode.Scalar($0) }))
    }

    /// The column of the first of several names that the header has.
    public func column(_ names: [String]) -> Int? { names.lazy.compactMap { header.firstIndex(of: $0) }.first }

    /// A line as Excel in France opens it: `;` between fields, quotes where needed. A field that a spreadsheet would run
    /// as a formula is defused with an apostrophe.
    public static func line(_ fields: [String]) -> String {
        fields.map { field in
            var field = field
            if let first = field.first, "=+-@\t\r".contains(first), Double(field) == nil { field = "'" + field }
            return field.unicodeScalars.contains(where: { ";\"\r\n".unicodeScalars.contains($0) })
                ? "\"\(field.replacing("\"", with: "\"\""))\"" : field
        }.joined(separator: ";") + "\r\n"
    }
}
