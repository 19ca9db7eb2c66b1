#include <xlsxwriter.h>

// Of the C library; Swift's Glibc module leaves it out.
int memfd_create(const char *name, unsigned int flags);
// An empty file without a name that exists in memory until it is closed; closed on exec. -1 when there is none left.
static inline int quai_memory_file(void) { return memfd_create("sheet", 1 /* MFD_CLOEXEC */); }
