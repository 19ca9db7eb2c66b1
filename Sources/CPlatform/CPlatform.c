#include "CPlatform.h"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/timex.h>

int cplatform_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void cplatform_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

bool cplatform_clock_is_set(void) {
    struct timex state = {0};
    return adjtimex(&state) != TIME_ERROR;
}
