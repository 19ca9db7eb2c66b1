#pragma once
// Linux calls that Swift's Glibc module leaves out. No system header here: it would take over Glibc's own types.
#include <stdbool.h>

// Non-blocking, closed on exec; -1 when there is none left.
int cplatform_eventfd(void);

// At most 15 bytes.
void cplatform_name_thread(const char *name);

// What the kernel says: has anything disciplined the clock since it started?
bool cplatform_clock_is_set(void);
