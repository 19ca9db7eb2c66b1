import Glibc

/// Ctrl-C as an event instead of an end.
public enum Interrupt {
    // Written once before the handler is set, read in the handler, which may touch nothing else.
    nonisolated(unsafe) private static var descriptor: Int32 = -1

    /// From now on SIGINT and SIGTERM wake whoever waits; `wake` must live as long as the program.
    /// Ctrl-C ends the program again.
    public static func restore() {
        for number in [SIGINT, SIGTERM] { signal(number, SIG_DFL) }
    }

    public static func `catch`(_ wake: Wakeup) {
        descriptor = dup(wake.descriptor)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                var one: UInt64 = 1
                _ = write(Interrupt.descriptor, &one, 8)
            }
        }
    }
}
