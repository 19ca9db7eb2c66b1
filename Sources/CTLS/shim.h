#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
// Macros that Swift does not import.
static inline long quai_tls_set_host(SSL *tls, const char *host) { return SSL_set_tlsext_host_name(tls, (char *)host); }
static inline long quai_tls_minimum(SSL_CTX *context) {
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
// What is sent may lie elsewhere when the call is made again, and may go in parts.
static inline long quai_tls_modes(SSL *tls) {
    return SSL_set_mode(tls, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
}
// A certificate that the file names is an end of the chain, whether or not it is an authority's.
static inline int quai_tls_partial_chain(SSL_CTX *context) {
    return X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
}
// The peer's certificate, to be freed; OpenSSL 1.1 and 3 call it differently.
static inline X509 *quai_tls_peer(const SSL *tls) {
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
    return SSL_get1_peer_certificate(tls);
#else
    return SSL_get_peer_certificate(tls);
#endif
}
// SHA-256, 32 bytes each: of the public key (SubjectPublicKeyInfo, RFC 7469 2.4) and of the whole certificate.
static inline int quai_tls_digests(X509 *certificate, unsigned char *key, unsigned char *whole) {
    unsigned char *der = NULL;
    unsigned int size = 0;
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length <= 0) return 0;
    int good = EVP_Digest(der, (size_t)length, key, &size, EVP_sha256(), NULL);
    OPENSSL_free(der);
    return good == 1 && X509_digest(certificate, EVP_sha256(), whole, &size) == 1;
}
// Whether a PEM file has this very certificate.
static inline int quai_tls_no_word(char *room, int size, int writes, void *context) {
    (void)room, (void)size, (void)writes, (void)context;
    return 0;
}
static inline int quai_tls_is_listed(const char *path, const X509 *certificate) {
    BIO *file = BIO_new_file(path, "r");
    if (file == NULL) return 0;
    int found = 0;
    X509 *next = NULL;
    while (!found && (next = PEM_read_bio_X509(file, NULL, quai_tls_no_word, NULL)) != NULL) {
        found = X509_cmp(next, certificate) == 0;
        X509_free(next);
    }
    BIO_free(file);
    ERR_clear_error();
    return found;
}
// Whether the certificate is for this host: a name or an address.
static inline int quai_tls_is_for(X509 *certificate, const char *host) {
    return X509_check_ip_asc(certificate, host, 0) == 1 || X509_check_host(certificate, host, 0, 0, NULL) == 1;
}
// Its subject in one line, for people; at most `room` bytes with the end.
static inline void quai_tls_subject(const X509 *certificate, char *out, int room) {
    X509_NAME_oneline(X509_get_subject_name(certificate), out, room);
}
