#pragma once
// A C face for Google's libphonenumber (Debian: libphonenumber-dev).
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool valid;             // a number that the region's plan knows
    bool is_short;          // a short number of the region (3631, 15)
    bool is_emergency;
    char e164[32];
    char national[64];
    char international[64];
    char dial[64];          // how a telephone of the region dials it
    int type;               // phonenumbers::PhoneNumberUtil::PhoneNumberType
} cphone_number;

// `number` is UTF-8 text as received; `region` an ISO 3166 alpha-2 code such as "FR".
cphone_number cphone_parse(const char *number, const char *region);

#ifdef __cplusplus
}
#endif
