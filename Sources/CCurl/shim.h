#include <curl/curl.h>

// Swift cannot call C functions with variable arguments.
static inline CURLcode ccurl_long(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}
static inline CURLcode ccurl_pointer(CURL *curl, CURLoption option, const void *value) {
    return curl_easy_setopt(curl, option, value);
}
typedef size_t (*ccurl_taker)(char *, size_t, size_t, void *);
static inline CURLcode ccurl_function(CURL *curl, CURLoption option, ccurl_taker function) {
    return curl_easy_setopt(curl, option, function);
}
static inline CURLcode ccurl_status(CURL *curl, long *status) {
    return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
}
