#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

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
