internal import CPCSC
import Drivers
import Glibc
import Platform

/// A contactless reader behind pcscd, speaking CCID like the reader itself: slot changes, power, transfers.
///
/// The waiting (`SCardGetStatusChange`) is done by a thread of its own, which also carries out what was written.
public final class PCSCPort: Port, @unchecked Sendable {
    // `context` belongs to the thread, except for SCardCancel, which is made to be called from another.

    /// How long pcscd is asked to wait before we look whether we are still wanted, in milliseconds.
    static let wait: UInt = 1000
    static let busyWait: UInt = 20
    /// Messages kept for a pump that does not read; beyond it the oldest slot is still right, so the newest are dropped.
    static let inboxLimit = 256

    private struct State {
        var incoming: [[UInt8]] = []
        var outgoing: [UInt8] = []
        var error: PortError?
        var stopping = false
        var ended = false
        var overruns: UInt64 = 0
    }

    private let context: SCARDCONTEXT
    private let reader: String
    private let state = Locked(State())
    private let wake = Wakeup()

    public var descriptor: Int32 { wake.descriptor }
    public var overruns: UInt64 { state.with { $0.overruns } }

    /// `name` begins the reader's name as `pcsc_scan` prints it; nil takes the first.
    public init(name: String?) throws(PortError) {
        var context = SCARDCONTEXT()
        let code = SCardEstablishContext(DWORD(SCARD_SCOPE_SYSTEM), nil, nil, &context)
        guard code == SCARD_S_SUCCESS else {
            if code == quai_pcsc_no_service {
                throw .missing("pcscd does not run: install pcscd, or start pcscd.socket")
            }
            if code == quai_pcsc_denied { throw .denied("pcscd refuses us: its polkit rule must allow this service") }
            throw .failed("pcscd: \(String(cString: pcsc_stringify_error(code)))")
        }
        guard let found = PCSCPort.readers(context).first(where: { name == nil || $0.hasPrefix(name!) }) else {
            SCardReleaseContext(context)
            throw .missing("pcscd sees no reader\(name.map { " named \($0)" } ?? "")")
        }
        self.context = context
        reader = found
        startThread("pcsc") { [context, state, wake] in PCSCPort.serve(context, found, state, wake) }
    }

    deinit {
        state.change { $0.stopping = true }
        SCardCancel(context)
        _ = state.wait(timeout: 3000) { $0.ended ? true : nil }
        SCardReleaseContext(context)
    }

    /// Names of the readers that pcscd sees now; empty without pcscd.
    public static func present() -> [String] {
        var context = SCARDCONTEXT()
        guard SCardEstablishContext(DWORD(SCARD_SCOPE_SYSTEM), nil, nil, &context) == SCARD_S_SUCCESS else { return [] }
        defer { SCardReleaseContext(context) }
        return readers(context)
    }

    private static func readers(_ context: SCARDCONTEXT) -> [String] {
        var size = DWORD(0)
        guard SCardListReaders(context, nil, nil, &size) == SCARD_S_SUCCESS, size > 0 else { return [] }
        var buffer = [CChar](repeating: 0, count: Int(size))
        guard SCardListReaders(context, nil, &buffer, &size) == SCARD_S_SUCCESS else { return [] }
        return buffer.split(separator: 0).map { String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self) }
    }

    public func read() throws(PortError) -> [UInt8] {
        let (bytes, error) = state.change { state -> ([UInt8], PortError?) in
            wake.drain()
            defer { state.incoming = [] }
            return (Array(state.incoming.joined()), state.incoming.isEmpty ? state.error : nil)
        }
        if let error { throw error }
        if !bytes.isEmpty, state.with({ $0.error != nil }) { wake.signal() }
        return bytes
    }

    public func write(_ bytes: ArraySlice<UInt8>) throws(PortError) -> Int {
        state.change { $0.outgoing += bytes }
        SCardCancel(context)
        return bytes.count
    }

    // MARK: the thread

    private static func serve(_ context: SCARDCONTEXT, _ name: String, _ state: Locked<State>, _ wake: Wakeup) {
        var card: (handle: SCARDHANDLE, protocol: DWORD)?
        var known = DWORD(SCARD_STATE_UNAWARE)
        var isPresent = false
        func post(_ bytes: [UInt8]) {
            state.change { state in
                if state.incoming.count < inboxLimit { state.incoming.append(bytes) } else { state.overruns += 1 }
            }
            wake.signal()
        }
        func drop() {
            if let old = card { SCardDisconnect(old.handle, DWORD(SCARD_LEAVE_CARD)) }
            card = nil
        }
        loop: while !state.with({ $0.stopping }) {
            for message in takeMessages(state) {
                post(answer(message, context, name, isPresent, &card))
            }
            let code = name.withCString { text -> LONG in
                var item = SCARD_READERSTATE()
                item.szReader = text
                item.dwCurrentState = known
                // SCardCancel ends only a wait that has begun: with a card there, the next command is near.
                let patience = isPresent ? busyWait : wait
                let code = SCardGetStatusChange(context, DWORD(patience), &item, 1)
                if code == SCARD_S_SUCCESS { known = item.dwEventState & ~DWORD(SCARD_STATE_CHANGED) }
                return code
            }
            switch code {
            case SCARD_S_SUCCESS:
                if known & DWORD(SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE) != 0 {
                    state.change { $0.error = .gone("\(name) was unplugged") }
                    break loop
                }
                let present = known & DWORD(SCARD_STATE_PRESENT) != 0
                if present != isPresent {
                    isPresent = present
                    if !present { drop() }
                    post([0x50, present ? 0x03 : 0x02])
                }
            case quai_pcsc_timeout, quai_pcsc_cancelled: break
            case quai_pcsc_unknown_reader, quai_pcsc_no_readers:
                state.change { $0.error = .gone("\(name) was unplugged") }
                break loop
            default:
                state.change { $0.error = .gone("pcscd: \(String(cString: pcsc_stringify_error(code)))") }
                break loop
            }
        }
        drop()
        state.change { $0.ended = true }
        wake.signal()
    }

    private static func takeMessages(_ state: Locked<State>) -> [CCIDFrame.Message] {
        state.change { state in
            var messages: [CCIDFrame.Message] = []
            while let step = CCIDFrame.take(from: &state.outgoing) {
                if case .frame(.message(let message)) = step { messages.append(message) }
            }
            return messages
        }
    }

    private static func answer(
        _ message: CCIDFrame.Message, _ context: SCARDCONTEXT, _ name: String, _ isPresent: Bool,
        _ card: inout (handle: SCARDHANDLE, protocol: DWORD)?
    ) -> [UInt8] {
        func reply(_ type: UInt8, _ data: [UInt8] = [], status: UInt8 = 0) -> [UInt8] {
            CCIDFrame.Message(type, sequence: message.sequence, extra: [status, 0, 0], data).bytes
        }
        switch message.type {
        case CCIDFrame.Kind.slotStatus:
            return reply(CCIDFrame.Kind.status, status: isPresent ? 0 : 2)
        case CCIDFrame.Kind.powerOn:
            if let old = card { SCardDisconnect(old.handle, DWORD(SCARD_LEAVE_CARD)) }
            card = nil
            var handle = SCARDHANDLE()
            var active = DWORD(0)
            guard
                SCardConnect(
                    context, name, DWORD(SCARD_SHARE_SHARED), DWORD(SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1), &handle,
                    &active) == SCARD_S_SUCCESS
            else { return reply(CCIDFrame.Kind.data, status: 0x42) }
            card = (handle, active)
            var atr = [UInt8](repeating: 0, count: 33)
            var (size, length, status, mode) = (DWORD(33), DWORD(0), DWORD(0), DWORD(0))
            SCardStatus(handle, nil, &length, &status, &mode, &atr, &size)
            return reply(CCIDFrame.Kind.data, Array(atr.prefix(Int(size))))
        case CCIDFrame.Kind.transfer:
            guard let card else { return reply(CCIDFrame.Kind.data, status: 0x42) }
            var answer = [UInt8](repeating: 0, count: 512)
            var size = DWORD(answer.count)
            let code = quai_pcsc_transmit(
                card.handle, card.protocol, message.data, DWORD(message.data.count), &answer, &size)
            guard code == SCARD_S_SUCCESS else { return reply(CCIDFrame.Kind.data, status: 0x40) }
            return reply(CCIDFrame.Kind.data, Array(answer.prefix(Int(size))))
        default: return reply(CCIDFrame.Kind.status, status: 0x40)
        }
    }
}
