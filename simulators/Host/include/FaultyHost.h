/* A machine with a wrong clock or a bad disk, for one process: preload the library, name a file of struct faulty_host in
   QUAI_FAULTY_HOST, and change the file while the process runs. */
#pragma once
#include <stdint.h>

enum {
    FAULTY_HOST_FINE = 0,
    /* Nothing can grow (ENOSPC); what is there can be written over. */
    FAULTY_HOST_FULL = 1,
    /* As a file system that the kernel made read-only after an error (EROFS). */
    FAULTY_HOST_READ_ONLY = 2,
    /* Every write and sync fails (EIO). */
    FAULTY_HOST_BROKEN = 3,
};

struct faulty_host {
    int64_t clock_offset_ms;
    int32_t disk;
    int32_t unused;
};
