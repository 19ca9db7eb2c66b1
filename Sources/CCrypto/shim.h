#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

// A key of P-256 from its point and, where there is one, its secret; NULL where the point is none. Parameters hold what they are given by its
// address until the key is made, which only C can promise.
static inline EVP_PKEY *ccrypto_p256(const unsigned char *point, size_t count, const unsigned char *secret, size_t secrets) {
    EVP_PKEY *key = NULL;
    BIGNUM *number = secrets ? BN_bin2bn(secret, (int)secrets, NULL) : NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (build && context && OSSL_PARAM_BLD_push_utf8_string(build, "group", "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(build, "pub", point, count) &&
        (!number || OSSL_PARAM_BLD_push_BN(build, "priv", number)) &&
        (parameters = OSSL_PARAM_BLD_to_param(build)) && EVP_PKEY_fromdata_init(context) == 1)
        EVP_PKEY_fromdata(context, &key, number ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_clear_free(number);
    return key;
}

// SHA-256 by the library's own functions instead of EVP, whose providers take 1.6 MB that an agent without TLS needs for
// nothing else.
static inline void ccrypto_sha256(const void *bytes, size_t count, unsigned char digest[SHA256_DIGEST_LENGTH]) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, bytes, count);
    SHA256_Final(digest, &context);
#pragma clang diagnostic pop
}
