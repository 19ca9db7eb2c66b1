import Identifiers

/// Despatch advices in XML (OASIS UBL 2.1, DespatchAdvice, as Peppol BIS Despatch Advice 3 uses it), alone or in an envelope
/// (StandardBusinessDocument).
///
/// The delivery note is the document's own number. It is expected when the delivery is estimated, else promised or requested.
/// Articles are known by their GTIN, else by a reference that the catalogue has. Quantities are what `unitCode`
/// says (UN/ECE Recommendation 20), of what the item names.
public enum UBL {
    /// Bytes of a document, elements of it.
    static let sizeLimit = 16 << 20
    static let elementLimit = 500_000

    /// UTF-16 with a mark, which begins like a table of Excel.
    static func isWide(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0xFF, 0xFE, 0x3C, 0]) || bytes.starts(with: [0xFE, 0xFF, 0, 0x3C])
    }

    /// What can be received, and what was refused: a refused line is not in its delivery, the rest is. Lines of refusals are
    /// lines of the file, from 1. `article` finds the GTIN of a supplier's reference, where a line names nothing better; `counting`
    /// says what an article is counted in; `own` names an article that has a reference alone.
    public static func parse(
        _ bytes: [UInt8], article: (String) -> String? = { _ in nil },
        counting: @escaping (String) -> ArticleCounting = { _ in ArticleCounting() },
        own: @escaping (String) -> String? = { _ in nil }
    ) -> ParsedDeliveries {
        let units = PaperUnits(counting)
        units.own = own
        func refused(_ line: Int, _ reason: Phrase) -> ParsedDeliveries {
            ParsedDeliveries(refused: [.init(line: line, reason: reason)])
        }
        guard bytes.count <= sizeLimit else {
            return refused(1, "the file has \(bytes.count) bytes; at most \(sizeLimit) are read")
        }
        // Whatever it says of its characters: what is UTF-8 by its bytes is hardly anything else.
        let text = Array(PaperText.read(bytes).drop { $0 == "\u{FEFF}" }.utf8)
        let tree = Tree()
        guard let reader = XMLReader(tree, encoding: "UTF-8") else {
            return refused(1, "there is no memory to read it")
        }
        tree.reader = reader
        _ = text.withUnsafeBytes { reader.feed($0, isLast: true) }
        if let reason = tree.fault ?? reader.fault { return refused(max(1, reader.line), reason) }
        guard let root = tree.root else { return refused(1, "there is no element in it") }
        let documents = root.name == "DespatchAdvice" ? [root] : root.children.filter { $0.name == "DespatchAdvice" }
        guard !documents.isEmpty else {
            let names =
                [root.name] + root.children.map(\.name).filter { $0 != "StandardBusinessDocumentHeader" }.prefix(2)
            let name = root.name == "StandardBusinessDocument" ? names.last ?? "" : root.name
            return refused(
                root.line, "an XML document of type \"\(name.prefix(64))\" announces no delivery; DespatchAdvice does")
        }
        var parsed = ParsedDeliveries()
        var notes: [String: [String]] = [:]
        for document in documents {
            var reading = Reading(document)
            let announced = reading.announced(article: article, units)
            parsed.refused += reading.refused
            parsed.remarks += reading.remarks
            guard let announced else { continue }
            guard Again.isFirst(announced, &notes) else {
                parsed.refused.append(
                    .init(line: document.line, reason: "the delivery \(announced.note) stands twice in the file"))
                continue
            }
            parsed.deliveries.append(announced)
        }
        return parsed
    }

    /// An element with what is in it.
    final class Node {
        let name: String
        let line: Int
        /// `schemeID` or `unitCode`.
        let scheme: String
        fileprivate(set) var bytes: [UInt8] = []
        fileprivate(set) var children: [Node] = []

        fileprivate init(name: String, line: Int, scheme: String) {
            (self.name, self.line, self.scheme) = (name, line, scheme)
        }

        var text: String { String(decoding: bytes, as: UTF8.self).trimming(" \t\r\n") }

        /// Elements by a path of names, each a child of the one before.
        func all(_ path: String...) -> [Node] {
            path.reduce([self]) { nodes, name in nodes.flatMap { $0.children.filter { $0.name == name } } }
        }

        /// The first text at such a path that is not empty.
        func first(_ path: String...) -> String? {
            let nodes = path.reduce([self]) { nodes, name in nodes.flatMap { $0.children.filter { $0.name == name } } }
            return nodes.lazy.map(\.text).first { !$0.isEmpty }
        }
    }

    private final class Tree: XMLTaker {
        weak var reader: XMLReader?
        var root: Node?
        var fault: Phrase?
        private var open: [Node] = []
        private var count = 0

        func open(_ name: String, _ attributes: XMLAttributes) -> Bool {
            count += 1
            guard count <= UBL.elementLimit else {
                fault = "more than \(UBL.elementLimit) elements"
                return false
            }
            let node = Node(
                name: name, line: reader?.line ?? 1, scheme: attributes["schemeID"] ?? attributes["unitCode"] ?? "")
            open.last?.children.append(node)
            open.append(node)
            return true
        }

        /// Of a text that is longer than any we want, the rest is left out: attachments are.
        func text(_ bytes: UnsafeRawBufferPointer) {
            guard let node = open.last, node.bytes.count < 4 * CSV.fieldLimit else { return }
            node.bytes += bytes
        }

        func close(_: String) -> Bool {
            if let done = open.popLast(), open.isEmpty { root = done }
            return true
        }
    }
}
