#include <stddef.h>
#include <winscard.h>
// Macros with casts that Swift does not import.
static const LONG quai_pcsc_no_service = SCARD_E_NO_SERVICE;
static const LONG quai_pcsc_service_stopped = SCARD_E_SERVICE_STOPPED;
static const LONG quai_pcsc_no_readers = SCARD_E_NO_READERS_AVAILABLE;
static const LONG quai_pcsc_unknown_reader = SCARD_E_UNKNOWN_READER;
static const LONG quai_pcsc_timeout = SCARD_E_TIMEOUT;
static const LONG quai_pcsc_cancelled = SCARD_E_CANCELLED;
static const LONG quai_pcsc_denied = SCARD_W_SECURITY_VIOLATION;
static inline LONG quai_pcsc_transmit(
    SCARDHANDLE card, DWORD protocol, const unsigned char *out, DWORD count, unsigned char *in, DWORD *size) {
    return SCardTransmit(card, protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0, out, count, NULL, in, size);
}
