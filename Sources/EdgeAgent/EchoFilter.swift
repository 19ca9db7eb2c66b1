/// Takes our own questions out of what was heard: what a line or a console returns is no answer.
enum EchoFilter {
    /// What is left; nil where none of the questions is in it.
    static func rest(of heard: [UInt8], after questions: [[UInt8]]) -> [UInt8]? {
        var rest = heard
        var found = false
        for question in questions {
            // A console makes CR LF of a CR, or leaves one of the two out.
            let core = question.prefix(question.count - question.reversed().prefix { isEnd($0) }.count)
            guard !core.isEmpty else { continue }
            // A text is also part of its answer (`CS: .vr`): an echo of it stands at the beginning of a line.
            let isText = core.allSatisfy { (0x20..<0x7F).contains($0) }
            while let start = place(of: core, in: rest, atLine: isText) {
                found = true
                var end = start + core.count
                while core.count < question.count, end < rest.count, isEnd(rest[end]) { end += 1 }
                rest.removeSubrange(start..<end)
            }
        }
        return found ? rest : nil
    }

    private static func isEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private static func place(of core: ArraySlice<UInt8>, in bytes: [UInt8], atLine: Bool) -> Int? {
        guard bytes.count >= core.count else { return nil }
        return (0...(bytes.count - core.count)).first { start in
            bytes[start] == core.first && bytes[start...].starts(with: core)
                && (!atLine || start == 0 || isEnd(bytes[start - 1]))
        }
    }
}
