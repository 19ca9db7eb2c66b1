#include <openssl/err.h>
#include <openssl/ssl.h>
// Macros that Swift does not import.
static inline long quai_tls_set_host(SSL *tls, const char *host) { return SSL_set_tlsext_host_name(tls, (char *)host); }
static inline long quai_tls_minimum(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
// What is sent may lie elsewhere when the call is made again, and may go in parts.
static inline long quai_tls_modes(SSL *tls) {
    return SSL_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
}
