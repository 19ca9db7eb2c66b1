#pragma once
// Linux calls that Swift's Glibc module leaves out. No system header here: it would take over Glibc's own types.
#include <stdbool.h>

// Non-blocking, closed on exec; -1 when there is none left.
int cplatform_eventfd(void);

// At most 15 bytes.
void cplatform_name_thread(const char *name);

// What the kernel says: has anything disciplined the clock since it started?
bool cplatform_clock_is_set(void);

// Starts a program that dies with the calling thread, gains no rights, and holds no descriptor but its own three.
// Its standard streams are pipes whose near ends (non-blocking, closed on exec) are stored in `pipes`: in, out, error.
// Address space and open files are limited. Returns the process id, the leader of a group of its own; -errno otherwise.
int cplatform_spawn(const char *const *arguments, const char *const *environment, unsigned long long memory, int pipes[3]);

// A descriptor that is readable when one of the two is (or of one, where b is -1); -1 when there is none left.
int cplatform_either(int a, int b);

// One more that it waits for.
void cplatform_with(int either, int fd);

// Takes one of them out again.
void cplatform_without(int either, int fd);

// What the allocator holds and nobody uses goes back to the system.
void cplatform_trim(void);
void cplatform_keep_little(void);
