#include <sqlite3.h>

// Does not count what it allocates: that costs a lock for each call. Before the first connection only.
static inline void csqlite_be_lean(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }
