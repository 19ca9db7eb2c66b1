import Glibc

/// Lines for people and pipes.
public enum Terminal {
    /// At once, also into a pipe.
    public static func line(_ text: String) { put(text + "\n", 1) }

    /// As it is, without an end of the line.
    public static func put(_ text: String) { put(text, 1) }

    public static func error(_ text: String) { put(text + "\n", 2) }

    private static func put(_ text: String, _ descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
