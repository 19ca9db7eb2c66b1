/// A stretch of time in words.
public enum Span {
    /// The largest unit that says it: `3 hours`. Of milliseconds.
    public static func words(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        for (size, name) in [(Int64(86_400), "days"), (3600, "hours"), (60, "minutes")] where seconds >= 2 * size {
            return "\(seconds / size) \(name)"
        }
        return seconds == 1 ? "1 second" : "\(seconds) seconds"
    }
}
