#include "CPhoneNumber.h"

#include <cstring>
#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

static void copy(char *into, size_t capacity, const std::string &text) {
    std::strncpy(into, text.c_str(), capacity - 1);
    into[capacity - 1] = 0;
}

extern "C" cphone_number cphone_parse(const char *text, const char *region) {
    static const ShortNumberInfo short_numbers;
    cphone_number result = {};
    PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    if (util->Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR) {
        result.is_emergency = short_numbers.IsEmergencyNumber(text, region);
        result.is_short = result.is_emergency;
        return result;
    }
    result.valid = util->IsValidNumber(number);
    if (!result.valid) {
        result.is_emergency = short_numbers.IsEmergencyNumber(text, region);
        result.is_short = result.is_emergency || short_numbers.IsValidShortNumberForRegion(number, region);
        return result;
    }
    std::string out;
    util->Format(number, PhoneNumberUtil::E164, &out);
    copy(result.e164, sizeof result.e164, out);
    util->Format(number, PhoneNumberUtil::NATIONAL, &out);
    copy(result.national, sizeof result.national, out);
    util->Format(number, PhoneNumberUtil::INTERNATIONAL, &out);
    copy(result.international, sizeof result.international, out);
    util->FormatOutOfCountryCallingNumber(number, region, &out);
    copy(result.dial, sizeof result.dial, out);
    result.type = util->GetNumberType(number);
    return result;
}
