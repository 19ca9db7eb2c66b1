#pragma once
// X.509 as a small site needs it, over libcrypto: keys of P-256, signing requests (PKCS#10, RFC 2986), certificates and lists of revoked ones
// (RFC 5280). No type of OpenSSL here. Texts that come back are to be freed with free(); NULL where it could not be done.
#include <stdbool.h>
#include <stddef.h>

// A private key in PEM (PKCS#8).
char *ccertificates_key(void);

// A signing request in PEM for this key and common name.
char *ccertificates_request(const char *key, const char *name);

struct ccertificates_order {
    // PEM of the authority; NULL with `key` alone makes one that signs itself.
    const char *issuer, *issuer_key;
    // PEM of whom it is for: one of both.
    const char *request, *key;
    const char *name, *organisation;
    // Unix seconds.
    long long begin, end;
    // Twenty bytes at most, the first below 0x80.
    const unsigned char *serial;
    size_t serials;
    // "authority", "server" or "client".
    const char *use;
    // "DNS:a,IP:1.2.3.4"; NULL for none.
    const char *others;
};
char *ccertificates_sign(const struct ccertificates_order *order);

struct ccertificates_facts {
    // Common names, cut to 127 bytes; serial in hex digits.
    char name[128], issuer[128], serial[48];
    long long begin, end;
    // SHA-256 of the whole certificate, and of its public key (SubjectPublicKeyInfo).
    unsigned char digest[32], key[32];
    bool is_authority;
};
bool ccertificates_read(const char *pem, struct ccertificates_facts *facts);

// Of a request whose signature is good and whose key is of P-256.
bool ccertificates_read_request(const char *pem, char name[128], unsigned char key[32]);

// Whether the private key is the certificate's; whether the authority signed the certificate.
bool ccertificates_belongs(const char *pem, const char *key);
bool ccertificates_signed_by(const char *pem, const char *issuer);

// Whether it is for this host: a name or an address.
bool ccertificates_is_for(const char *pem, const char *host);

// A list of revoked certificates in PEM. Serials are hex digits, moments Unix seconds.
char *ccertificates_revoked(const char *issuer, const char *issuer_key, const char *const *serials, const long long *moments,
                            size_t count, long long number, long long now, long long next);
