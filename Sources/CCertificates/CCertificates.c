#include "CCertificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

// What is written into memory, as a text of our own.
static char *taken(BIO *bio, int good) {
    char *text = NULL, *bytes = NULL;
    long count = good ? BIO_get_mem_data(bio, &bytes) : 0;
    if (count > 0 && (text = malloc((size_t)count + 1))) {
        memcpy(text, bytes, (size_t)count);
        text[count] = 0;
    }
    BIO_free(bio);
    return text;
}

static int no_word(char *room, int size, int writes, void *context) {
    (void)room, (void)size, (void)writes, (void)context;
    return 0;  // What is behind a word is not asked for at the terminal.
}

#define READ(type, function, text)                                                                                                    \
    type *value = NULL;                                                                                                               \
    BIO *bio = text ? BIO_new_mem_buf(text, -1) : NULL;                                                                               \
    if (bio) value = function(bio, NULL, no_word, NULL);                                                                                 \
    BIO_free(bio);                                                                                                                    \
    return value

static X509 *certificate(const char *text) { READ(X509, PEM_read_bio_X509, text); }
static X509_REQ *request(const char *text) { READ(X509_REQ, PEM_read_bio_X509_REQ, text); }
static EVP_PKEY *private_key(const char *text) {
    BIO *bio = text ? BIO_new_mem_buf(text, -1) : NULL;
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_word, NULL) : NULL;
    BIO_free(bio);
    return key;
}

static bool is_p256(EVP_PKEY *key) {
    char group[32] = "";
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static bool say(X509_NAME *subject, const char *field, const char *text) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, (const unsigned char *)text, -1, -1, 0) == 1;
}

char *ccertificates_key(void) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIO *bio = BIO_new(BIO_s_mem());
    int good = key && bio && PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    EVP_PKEY_free(key);
    return taken(bio, good);
}

char *ccertificates_request(const char *key_text, const char *name) {
    EVP_PKEY *key = private_key(key_text);
    X509_REQ *made = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    int good = key && made && bio && X509_REQ_set_version(made, 0) && say(X509_REQ_get_subject_name(made), "CN", name) &&
               X509_REQ_set_pubkey(made, key) && X509_REQ_sign(made, key, EVP_sha256()) > 0 && PEM_write_bio_X509_REQ(bio, made);
    X509_REQ_free(made);
    EVP_PKEY_free(key);
    return taken(bio, good);
}

static bool extend(X509 *made, X509 *issuer, int kind, const char *text) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, made, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, text);
    bool good = extension && X509_add_ext(made, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static bool number(ASN1_INTEGER *out, const unsigned char *bytes, size_t count) {
    BIGNUM *value = BN_bin2bn(bytes, (int)count, NULL);
    bool good = value && BN_to_ASN1_INTEGER(value, out);
    BN_free(value);
    return good;
}

char *ccertificates_sign(const struct ccertificates_order *order) {
    X509 *made = X509_new(), *issuer = certificate(order->issuer);
    EVP_PKEY *key = private_key(order->issuer ? order->issuer_key : order->key), *whose = NULL;
    X509_REQ *asked = request(order->request);
    BIO *bio = BIO_new(BIO_s_mem());
    if (asked && X509_REQ_verify(asked, X509_REQ_get0_pubkey(asked)) == 1) whose = X509_REQ_get_pubkey(asked);
    if (!order->request) whose = private_key(order->key);
    bool is_authority = strcmp(order->use, "authority") == 0;
    X509_NAME *subject = made ? X509_get_subject_name(made) : NULL;
    bool good = made && key && whose && is_p256(whose) && bio && (!order->issuer || (issuer && X509_check_private_key(issuer, key))) &&
                X509_set_version(made, 2) && number(X509_get_serialNumber(made), order->serial, order->serials) &&
                (!order->organisation || say(subject, "O", order->organisation)) && say(subject, "CN", order->name) &&
                X509_set_issuer_name(made, issuer ? X509_get_subject_name(issuer) : subject) &&
                ASN1_TIME_set(X509_getm_notBefore(made), (time_t)order->begin) &&
                ASN1_TIME_set(X509_getm_notAfter(made), (time_t)order->end) && X509_set_pubkey(made, whose);
    X509 *above = issuer ? issuer : made;
    good = good && extend(made, above, NID_basic_constraints, is_authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
           extend(made, above, NID_key_usage, is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature") &&
           (is_authority || extend(made, above, NID_ext_key_usage, strcmp(order->use, "server") == 0 ? "serverAuth" : "clientAuth")) &&
           extend(made, above, NID_subject_key_identifier, "hash") &&
           (is_authority || extend(made, above, NID_authority_key_identifier, "keyid:always")) &&
           (!order->others || extend(made, above, NID_subject_alt_name, order->others)) && X509_sign(made, key, EVP_sha256()) > 0 &&
           PEM_write_bio_X509(bio, made);
    X509_free(made);
    X509_free(issuer);
    X509_REQ_free(asked);
    EVP_PKEY_free(key);
    EVP_PKEY_free(whose);
    return taken(bio, good);
}

static long long seconds(const ASN1_TIME *time) {
    struct tm parts;
    return ASN1_TIME_to_tm(time, &parts) == 1 ? (long long)timegm(&parts) : 0;
}

static void common_name(X509_NAME *subject, char out[128]) {
    out[0] = 0;
    X509_NAME_get_text_by_NID(subject, NID_commonName, out, 128);
}

static bool key_digest(X509_PUBKEY *key, unsigned char out[32]) {
    unsigned char *der = NULL;
    int length = i2d_X509_PUBKEY(key, &der);
    bool good = length > 0 && EVP_Digest(der, (size_t)length, out, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return good;
}

bool ccertificates_read(const char *pem, struct ccertificates_facts *facts) {
    X509 *read = certificate(pem);
    if (!read) return false;
    common_name(X509_get_subject_name(read), facts->name);
    common_name(X509_get_issuer_name(read), facts->issuer);
    facts->begin = seconds(X509_get0_notBefore(read));
    facts->end = seconds(X509_get0_notAfter(read));
    facts->is_authority = X509_check_ca(read) == 1;
    BIGNUM *value = ASN1_INTEGER_to_BN(X509_get0_serialNumber(read), NULL);
    char *hex = value ? BN_bn2hex(value) : NULL;
    bool good = hex && strlen(hex) < sizeof facts->serial && X509_digest(read, EVP_sha256(), facts->digest, NULL) == 1 &&
                key_digest(X509_get_X509_PUBKEY(read), facts->key);
    if (good) strcpy(facts->serial, hex);
    OPENSSL_free(hex);
    BN_free(value);
    X509_free(read);
    return good;
}

bool ccertificates_read_request(const char *pem, char name[128], unsigned char key[32]) {
    X509_REQ *asked = request(pem);
    EVP_PKEY *own = asked ? X509_REQ_get0_pubkey(asked) : NULL;
    bool good = own && is_p256(own) && X509_REQ_verify(asked, own) == 1 && key_digest(X509_REQ_get_X509_PUBKEY(asked), key);
    if (good) common_name(X509_REQ_get_subject_name(asked), name);
    X509_REQ_free(asked);
    return good;
}

bool ccertificates_belongs(const char *pem, const char *key_text) {
    X509 *read = certificate(pem);
    EVP_PKEY *key = private_key(key_text);
    bool good = read && key && X509_check_private_key(read, key) == 1;
    X509_free(read);
    EVP_PKEY_free(key);
    return good;
}

bool ccertificates_signed_by(const char *pem, const char *issuer) {
    X509 *read = certificate(pem), *above = certificate(issuer);
    bool good = read && above && X509_check_issued(above, read) == X509_V_OK && X509_verify(read, X509_get0_pubkey(above)) == 1;
    X509_free(read);
    X509_free(above);
    return good;
}

bool ccertificates_is_for(const char *pem, const char *host) {
    X509 *read = certificate(pem);
    bool good = read && (X509_check_ip_asc(read, host, 0) == 1 || X509_check_host(read, host, 0, 0, NULL) == 1);
    X509_free(read);
    return good;
}

char *ccertificates_revoked(const char *issuer, const char *issuer_key, const char *const *serials, const long long *moments,
                            size_t count, long long sequence, long long now, long long next) {
    X509_CRL *list = X509_CRL_new();
    X509 *above = certificate(issuer);
    EVP_PKEY *key = private_key(issuer_key);
    BIO *bio = BIO_new(BIO_s_mem());
    ASN1_TIME *begin = ASN1_TIME_set(NULL, (time_t)now), *end = ASN1_TIME_set(NULL, (time_t)next);
    ASN1_INTEGER *place = ASN1_INTEGER_new();
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, above, NULL, NULL, list, 0);
    X509_EXTENSION *whose = above ? X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always") : NULL;
    bool good = list && above && key && bio && begin && end && place && whose && X509_CRL_set_version(list, 1) &&
                X509_CRL_set_issuer_name(list, X509_get_subject_name(above)) && X509_CRL_set1_lastUpdate(list, begin) &&
                X509_CRL_set1_nextUpdate(list, end) && ASN1_INTEGER_set_int64(place, sequence) &&
                X509_CRL_add1_ext_i2d(list, NID_crl_number, place, 0, 0) == 1 && X509_CRL_add_ext(list, whose, -1);
    for (size_t index = 0; good && index < count; index++) {
        X509_REVOKED *entry = X509_REVOKED_new();
        BIGNUM *value = NULL;
        ASN1_INTEGER *serial = NULL;
        ASN1_TIME *at = ASN1_TIME_set(NULL, (time_t)moments[index]);
        good = entry && at && BN_hex2bn(&value, serials[index]) > 0 && (serial = BN_to_ASN1_INTEGER(value, NULL)) &&
               X509_REVOKED_set_serialNumber(entry, serial) && X509_REVOKED_set_revocationDate(entry, at) &&
               X509_CRL_add0_revoked(list, entry);
        if (!good) X509_REVOKED_free(entry);
        ASN1_INTEGER_free(serial);
        ASN1_TIME_free(at);
        BN_free(value);
    }
    good = good && X509_CRL_sort(list) && X509_CRL_sign(list, key, EVP_sha256()) > 0 && PEM_write_bio_X509_CRL(bio, list);
    X509_EXTENSION_free(whose);
    ASN1_INTEGER_free(place);
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    EVP_PKEY_free(key);
    X509_free(above);
    X509_CRL_free(list);
    return taken(bio, good);
}
