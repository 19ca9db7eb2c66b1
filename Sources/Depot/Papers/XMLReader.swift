private import CExpat

/// Takes an XML document as it is read.
protocol XMLTaker: AnyObject {
    /// Names without their namespace's prefix. False ends the reading.
    func open(_ name: String, _ attributes: XMLAttributes) -> Bool
    func text(_ bytes: UnsafeRawBufferPointer)
    func close(_ name: String) -> Bool
}

/// Attributes of an element, while it is being opened.
struct XMLAttributes {
    fileprivate let pointer: UnsafeMutablePointer<UnsafePointer<CChar>?>?

    /// By its name without a prefix; nil where there is none.
    subscript(_ name: String) -> String? {
        guard var at = pointer else { return nil }
        while let key = at[0], let value = at[1] {
            if XMLReader.local(key) == name { return String(cString: value) }
            at += 2
        }
        return nil
    }
}

/// Reads XML in pieces, by expat. No document type, so no entities of a stranger's making; depth and elements are bounded.
final class XMLReader {
    /// Deepest nesting and most elements.
    static let depthLimit = 64
    static let elementLimit = 20_000_000

    private let parser: XML_Parser
    private let state: State
    /// Why it was given up; nil while all is well, or where the taker ended it.
    private(set) var fault: Phrase?

    /// Nil where there is no memory. `encoding`: whatever the document says of its own.
    init?(_ taker: any XMLTaker, encoding: String? = nil) {
        guard let parser = XML_ParserCreate(encoding) else { return nil }
        (self.parser, state) = (parser, State(taker, parser))
        XML_SetUserData(parser, Unmanaged.passUnretained(state).toOpaque())
        XML_SetElementHandler(
            parser,
            { data, name, attributes in
                guard let data, let name else { return }
                Unmanaged<State>.fromOpaque(data).takeUnretainedValue()
                    .open(XMLReader.local(name), XMLAttributes(pointer: attributes))
            },
            { data, name in
                guard let data, let name else { return }
                Unmanaged<State>.fromOpaque(data).takeUnretainedValue().close(XMLReader.local(name))
            })
        XML_SetCharacterDataHandler(parser) { data, characters, count in
            guard let data, let characters else { return }
            Unmanaged<State>.fromOpaque(data).takeUnretainedValue().taker
                .text(UnsafeRawBufferPointer(start: characters, count: Int(count)))
        }
        XML_SetStartDoctypeDeclHandler(parser) { data, _, _, _, _ in
            guard let data else { return }
            Unmanaged<State>.fromOpaque(data).takeUnretainedValue().stop(
                "it has a document type (DOCTYPE), which is not read")
        }
    }

    deinit { XML_ParserFree(parser) }

    /// False where no more is wanted, see `fault`.
    func feed(_ bytes: UnsafeRawBufferPointer, isLast: Bool = false) -> Bool {
        guard fault == nil, !state.isDone else { return false }
        let status = XML_Parse(
            parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: bytes.count), isLast ? 1 : 0
        )
        if let reason = state.reason { fault = reason }
        guard !state.isDone else { return false }
        guard status == XML_STATUS_OK else {
            let text = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "unknown"
            fault = "line \(XML_GetCurrentLineNumber(parser)): this is not XML (\(text))"
            return false
        }
        return true
    }

    func finish() -> Bool { feed(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) }

    /// Line of what is being read, from 1.
    var line: Int { Int(XML_GetCurrentLineNumber(parser)) }

    fileprivate static func local(_ name: UnsafePointer<CChar>) -> String {
        var (start, at) = (name, name)
        while at.pointee != 0 {
            if at.pointee == 0x3A { start = at + 1 }
            at += 1
        }
        return String(cString: start)
    }

    private final class State {
        let taker: any XMLTaker
        private let parser: XML_Parser
        private var (depth, count) = (0, 0)
        var isDone = false
        var reason: Phrase?

        init(_ taker: any XMLTaker, _ parser: XML_Parser) { (self.taker, self.parser) = (taker, parser) }

        func open(_ name: String, _ attributes: XMLAttributes) {
            guard !isDone else { return }
            (depth, count) = (depth + 1, count + 1)
            guard depth <= XMLReader.depthLimit, count <= XMLReader.elementLimit else {
                return stop("it is nested deeper than \(XMLReader.depthLimit), or has too many elements")
            }
            if !taker.open(name, attributes) { stop(nil) }
        }

        func close(_ name: String) {
            guard !isDone else { return }
            depth -= 1
            if !taker.close(name) { stop(nil) }
        }

        func stop(_ reason: Phrase?) {
            guard !isDone else { return }
            (isDone, self.reason) = (true, reason)
            XML_StopParser(parser, XML_Bool(0))
        }
    }
}
