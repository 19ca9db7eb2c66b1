#include <curl/curl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

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
typedef curl_socket_t (*ccurl_opener)(void *, curlsocktype, struct curl_sockaddr *);
static inline CURLcode ccurl_open_by(CURL *curl, ccurl_opener function) {
    return curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode ccurl_retry_after(CURL *curl, curl_off_t *seconds) {
    return curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, seconds);
}
// The address that is about to be connected to, in network order; how many bytes it has, 0 for another family.
static inline int ccurl_address(const struct curl_sockaddr *address, unsigned char *bytes) {
    const char *start = (const char *)address + offsetof(struct curl_sockaddr, addr);
    if (address->family == AF_INET) {
        memcpy(bytes, start + offsetof(struct sockaddr_in, sin_addr), 4);
        return 4;
    }
    if (address->family == AF_INET6) {
        memcpy(bytes, start + offsetof(struct sockaddr_in6, sin6_addr), 16);
        return 16;
    }
    return 0;
}
static inline curl_socket_t ccurl_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
static inline CURLcode ccurl_active_socket(CURL *curl, curl_socket_t *handle) {
    return curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, handle);
}
// Bytes that the other end's kernel has not acknowledged (tcp(7), SIOCOUTQ); -1 where that cannot be told.
static inline int ccurl_unacknowledged(int handle) {
    int bytes = 0;
    return ioctl(handle, SIOCOUTQ, &bytes) == 0 ? bytes : -1;
}
