private import CExpat

/// A small XML document as a tree, read by expat. No document type, so no entities of a stranger's making; names without
/// their namespace and in lower case, because CSTA servers differ in both (observed).
package struct XMLTree: Equatable {
    /// Deepest nesting and most elements believed; CSTA needs a dozen levels.
    static let depthLimit = 32
    static let sizeLimit = 4096

    package var name: String
    package var text = ""
    package var children: [XMLTree] = []

    /// The first element below this one that is called so, however deep.
    package subscript(_ name: String) -> XMLTree? {
        for child in children {
            if child.name == name { return child }
            if let found = child[name] { return found }
        }
        return nil
    }

    /// All such elements, in order; one inside another counts for itself.
    package func all(_ name: String) -> [XMLTree] {
        children.flatMap { ($0.name == name ? [$0] : []) + $0.all(name) }
    }

    package init(name: String) { self.name = name }

    /// Nil when it is not well-formed, has a document type, or is larger than the limits.
    package init?(parsing bytes: ArraySlice<UInt8>) {
        let builder = Builder()
        guard let parser = XML_ParserCreate(nil) else { return nil }
        defer { XML_ParserFree(parser) }
        builder.parser = parser
        XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
        XML_SetElementHandler(
            parser,
            { data, name, _ in
                guard let data, let name else { return }
                Unmanaged<Builder>.fromOpaque(data).takeUnretainedValue().open(String(cString: name))
            },
            { data, _ in
                guard let data else { return }
                Unmanaged<Builder>.fromOpaque(data).takeUnretainedValue().close()
            })
        XML_SetCharacterDataHandler(parser) { data, characters, count in
            guard let data, let characters else { return }
            let bytes = UnsafeRawBufferPointer(start: characters, count: Int(count))
            Unmanaged<Builder>.fromOpaque(data).takeUnretainedValue().add(String(decoding: bytes, as: UTF8.self))
        }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            guard let data else { return }
            Unmanaged<Builder>.fromOpaque(data).takeUnretainedValue().refuse()
        }
        let status = bytes.withUnsafeBytes {
            XML_Parse(parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32($0.count), 1)
        }
        guard status == XML_STATUS_OK, let root = builder.root else { return nil }
        self = root
    }

    private final class Builder {
        var parser: XML_Parser?
        var root: XMLTree?
        private var open: [XMLTree] = []
        private var count = 0

        func open(_ name: String) {
            count += 1
            guard open.count < XMLTree.depthLimit, count <= XMLTree.sizeLimit else { return refuse() }
            open.append(XMLTree(name: (name.split(separator: ":").last.map(String.init) ?? name).lowercased()))
        }

        func add(_ text: String) {
            if !open.isEmpty { open[open.count - 1].text += text }
        }

        func close() {
            guard let done = open.popLast() else { return }
            if open.isEmpty { root = done } else { open[open.count - 1].children.append(done) }
        }

        func refuse() { XML_StopParser(parser, XML_Bool(0)) }
    }
}
