#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include "FaultyHost.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Only what SQLite and the clocks of the product use is replaced. */

static volatile struct faulty_host fine;
static volatile struct faulty_host *host = &fine;

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("QUAI_FAULTY_HOST");
    if (!path) return;
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    void *map = mmap(NULL, sizeof *host, PROT_READ, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (map != MAP_FAILED) host = map;
}

#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* The error that a write to `descriptor` up to `end` gets; 0 for none. */
static int refusal(int descriptor, off64_t end) {
    struct stat64 status;
    switch (host->disk) {
    case FAULTY_HOST_FULL: return fstat64(descriptor, &status) == 0 && end > status.st_size ? ENOSPC : 0;
    case FAULTY_HOST_READ_ONLY: return EROFS;
    case FAULTY_HOST_BROKEN: return EIO;
    default: return 0;
    }
}

static int refused(int descriptor, off64_t end) {
    int code = refusal(descriptor, end);
    if (code) errno = code;
    return code != 0;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t at) {
    NEXT(pwrite64);
    return refused(descriptor, at + (off64_t)count) ? -1 : next(descriptor, bytes, count, at);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t at) { return pwrite64(descriptor, bytes, count, at); }

int ftruncate64(int descriptor, off64_t size) {
    NEXT(ftruncate64);
    return refused(descriptor, size) ? -1 : next(descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

int posix_fallocate(int descriptor, off_t at, off_t count) {
    NEXT(posix_fallocate);
    int code = refusal(descriptor, at + count);
    return code ? code : next(descriptor, at, count);
}

int fdatasync(int descriptor) {
    NEXT(fdatasync);
    if (host->disk == FAULTY_HOST_BROKEN) {
        errno = EIO;
        return -1;
    }
    return next(descriptor);
}

/* A file that is there opens for reading alone, one that is not cannot be made. */
int open64(const char *path, int flags, ...) {
    NEXT(open64);
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (host->disk == FAULTY_HOST_READ_ONLY && (flags & O_ACCMODE) != O_RDONLY) {
        errno = EROFS;
        return -1;
    }
    if (host->disk == FAULTY_HOST_FULL && flags & O_CREAT && access(path, F_OK) != 0) {
        errno = ENOSPC;
        return -1;
    }
    return next(path, flags, mode);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    NEXT(clock_gettime);
    int code = next(clock, time);
    if (code == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t offset = host->clock_offset_ms;
        time->tv_sec += offset / 1000;
        time->tv_nsec += offset % 1000 * 1000000;
        if (time->tv_nsec < 0 || time->tv_nsec >= 1000000000) {
            int borrow = time->tv_nsec < 0 ? -1 : 1;
            time->tv_sec += borrow;
            time->tv_nsec -= borrow * 1000000000L;
        }
    }
    return code;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
