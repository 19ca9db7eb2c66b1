#include "FaultyDisk.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, FILES = 8, DISKS = 4096, REGION = 32768, REGIONS = 16 };

typedef struct write {
    struct write *next;
    int64_t at;
    int size; // -1: cut to `at`
    unsigned char bytes[];
} Write;

typedef struct {
    char name[64];
    bool exists;
    unsigned char *now, *safe; // what the program sees, and what the platter has
    int64_t size, room, safe_size, safe_room;
    Write *first, *last; // since the last sync
    void *regions[REGIONS];
    int shared; // handles that have it open
} File;

typedef struct {
    bool full, died;
    // Shared memory of dead handles, which may still look at it.
    void **garbage;
    int garbage_count;
    uint64_t generation;
    int planned; // operations until the fault; -1: none
    enum faulty_kind kind;
    uint64_t seed;
    File files[FILES];
} Disk;

typedef struct {
    sqlite3_file base;
    Disk *disk;
    File *file;
    uint64_t generation;
    bool shares;
} Handle;

static Disk *disks[DISKS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static uint64_t next_random(uint64_t *state) {
    uint64_t z = (*state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

// MARK: files

static void grow(unsigned char **bytes, int64_t *room, int64_t size) {
    if (size <= *room) return;
    int64_t wanted = size + size / 2 + 4096;
    *bytes = realloc(*bytes, wanted);
    memset(*bytes + *room, 0, wanted - *room);
    *room = wanted;
}

static void put(unsigned char **bytes, int64_t *size, int64_t *room, int64_t at, const unsigned char *from, int count) {
    grow(bytes, room, at + count);
    if (at > *size) memset(*bytes + *size, 0, at - *size);
    memcpy(*bytes + at, from, count);
    if (at + count > *size) *size = at + count;
}

static void forget_writes(File *file) {
    for (Write *write = file->first, *next; write; write = next) {
        next = write->next;
        free(write);
    }
    file->first = file->last = NULL;
}

static void settle(File *file) {
    for (Write *write = file->first; write; write = write->next) {
        if (write->size < 0) {
            if (write->at < file->safe_size) file->safe_size = write->at;
        } else {
            put(&file->safe, &file->safe_size, &file->safe_room, write->at, write->bytes, write->size);
        }
    }
    forget_writes(file);
}

static void drop_regions(Disk *disk, File *file) {
    for (int i = 0; i < REGIONS; i++) {
        if (!file->regions[i]) continue;
        disk->garbage = realloc(disk->garbage, (disk->garbage_count + 1) * sizeof(void *));
        disk->garbage[disk->garbage_count++] = file->regions[i];
        file->regions[i] = NULL;
    }
}

static void wipe(Disk *disk, File *file) {
    forget_writes(file);
    free(file->now);
    free(file->safe);
    drop_regions(disk, file);
    memset(file, 0, sizeof *file);
}

// MARK: faults

static void power(Disk *disk, uint64_t seed) {
    uint64_t state = seed;
    for (int i = 0; i < FILES; i++) {
        File *file = &disk->files[i];
        if (!file->exists) continue;
        // How much of it the drive's cache had written: none, all, or some sectors of some writes.
        int mood = next_random(&state) % 4;
        for (Write *write = file->first; write; write = write->next) {
            if (write->size < 0) {
                if (mood != 0 && write->at < file->safe_size) file->safe_size = write->at;
                continue;
            }
            for (int at = 0; at < write->size; at += SECTOR) {
                bool kept = mood == 0 ? false : mood == 1 ? true : next_random(&state) & 1;
                int count = write->size - at < SECTOR ? write->size - at : SECTOR;
                if (kept) put(&file->safe, &file->safe_size, &file->safe_room, write->at + at, write->bytes + at, count);
            }
        }
        forget_writes(file);
        grow(&file->now, &file->room, file->safe_size);
        memcpy(file->now, file->safe, file->safe_size);
        file->size = file->safe_size;
    }
}

static void strike(Disk *disk, enum faulty_kind kind, uint64_t seed) {
    switch (kind) {
    case FAULTY_KILL:
    case FAULTY_POWER:
        disk->generation++;
        disk->died = true;
        for (int i = 0; i < FILES; i++) drop_regions(disk, &disk->files[i]), disk->files[i].shared = 0;
        if (kind == FAULTY_POWER) power(disk, seed);
        break;
    case FAULTY_FULL: disk->full = true; break;
    case FAULTY_EIO: break;
    }
}

// Before each operation that changes something; what it must answer, or SQLITE_OK.
static int tick(Handle *handle) {
    Disk *disk = handle->disk;
    if (handle->generation != disk->generation) return SQLITE_IOERR;
    if (disk->planned < 0 || disk->planned-- > 0) return SQLITE_OK;
    strike(disk, disk->kind, disk->seed);
    if (disk->kind == FAULTY_FULL) return SQLITE_OK;
    return SQLITE_IOERR;
}

// MARK: the VFS

static int vClose(sqlite3_file *base) {
    Handle *handle = (Handle *)base;
    if (handle->shares && handle->generation == handle->disk->generation) handle->file->shared--;
    return SQLITE_OK;
}

static int vRead(sqlite3_file *base, void *out, int count, sqlite3_int64 at) {
    Handle *handle = (Handle *)base;
    if (handle->generation != handle->disk->generation) return SQLITE_IOERR_READ;
    File *file = handle->file;
    int64_t there = file->size - at;
    if (there >= count) {
        memcpy(out, file->now + at, count);
        return SQLITE_OK;
    }
    if (there > 0) memcpy(out, file->now + at, there);
    if (there < 0) there = 0;
    memset((char *)out + there, 0, count - there);
    return SQLITE_IOERR_SHORT_READ;
}

static int vWrite(sqlite3_file *base, const void *from, int count, sqlite3_int64 at) {
    Handle *handle = (Handle *)base;
    File *file = handle->file;
    int code = tick(handle);
    if (code != SQLITE_OK) return SQLITE_IOERR_WRITE;
    if (handle->disk->full && at + count > file->size) return SQLITE_FULL;
    put(&file->now, &file->size, &file->room, at, from, count);
    Write *write = malloc(sizeof *write + count);
    write->next = NULL;
    write->at = at;
    write->size = count;
    memcpy(write->bytes, from, count);
    if (file->last) file->last->next = write; else file->first = write;
    file->last = write;
    return SQLITE_OK;
}

static int vTruncate(sqlite3_file *base, sqlite3_int64 size) {
    Handle *handle = (Handle *)base;
    File *file = handle->file;
    if (tick(handle) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
    if (size < file->size) file->size = size;
    Write *write = malloc(sizeof *write);
    *write = (Write){.at = size, .size = -1};
    if (file->last) file->last->next = write; else file->first = write;
    file->last = write;
    return SQLITE_OK;
}

static int vSync(sqlite3_file *base, int flags) {
    (void)flags;
    Handle *handle = (Handle *)base;
    if (tick(handle) != SQLITE_OK) return SQLITE_IOERR_FSYNC;
    settle(handle->file);
    return SQLITE_OK;
}

static int vFileSize(sqlite3_file *base, sqlite3_int64 *size) {
    *size = ((Handle *)base)->file->size;
    return SQLITE_OK;
}

// One thread, and no transaction is held while another begins: nobody ever waits. Only that others have the file open
// counts: who closes it must not take their log away.
static int vLock(sqlite3_file *base, int level) {
    Handle *handle = (Handle *)base;
    if (handle->generation != handle->disk->generation) return SQLITE_OK;
    if (level == SQLITE_LOCK_EXCLUSIVE && handle->file->shared > (handle->shares ? 1 : 0)) return SQLITE_BUSY;
    if (level != SQLITE_LOCK_NONE && !handle->shares) handle->shares = true, handle->file->shared++;
    if (level == SQLITE_LOCK_NONE && handle->shares) handle->shares = false, handle->file->shared--;
    return SQLITE_OK;
}

static int vCheckReservedLock(sqlite3_file *base, int *taken) { (void)base; *taken = 0; return SQLITE_OK; }

static int vFileControl(sqlite3_file *base, int op, void *argument) {
    Handle *handle = (Handle *)base;
    // A dead process closes nothing: the log of its successor must not be deleted in its name.
    if (op == SQLITE_FCNTL_PERSIST_WAL && handle->generation != handle->disk->generation) {
        *(int *)argument = 1;
        return SQLITE_OK;
    }
    return SQLITE_NOTFOUND;
}

static int vSectorSize(sqlite3_file *base) { (void)base; return SECTOR; }
static int vDeviceCharacteristics(sqlite3_file *base) { (void)base; return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

static int vShmMap(sqlite3_file *base, int region, int size, int extend, void volatile **out) {
    Handle *handle = (Handle *)base;
    *out = NULL;
    if (handle->generation != handle->disk->generation) return SQLITE_IOERR_SHMMAP;
    if (region >= REGIONS || size != REGION) return SQLITE_IOERR_SHMMAP;
    if (!handle->file->regions[region]) {
        if (!extend) return SQLITE_OK;
        handle->file->regions[region] = calloc(1, REGION);
    }
    *out = handle->file->regions[region];
    return SQLITE_OK;
}

static int vShmLock(sqlite3_file *base, int offset, int count, int flags) {
    (void)base; (void)offset; (void)count; (void)flags;
    return SQLITE_OK;
}

static void vShmBarrier(sqlite3_file *base) { (void)base; }
static int vShmUnmap(sqlite3_file *base, int delete_it) { (void)base; (void)delete_it; return SQLITE_OK; }

static const sqlite3_io_methods methods = {
    2, vClose, vRead, vWrite, vTruncate, vSync, vFileSize, vLock, vLock, vCheckReservedLock, vFileControl, vSectorSize,
    vDeviceCharacteristics, vShmMap, vShmLock, vShmBarrier, vShmUnmap, NULL, NULL,
};

// "/DISK/NAME"
static Disk *find(const char *path, const char **name) {
    char *end;
    long number = strtol(path + 1, &end, 10);
    if (path[0] != '/' || *end != '/' || number < 0 || number >= DISKS) return NULL;
    *name = end + 1;
    return disks[number];
}

static File *file_named(Disk *disk, const char *name, bool make) {
    File *spare = NULL;
    for (int i = 0; i < FILES; i++) {
        if (disk->files[i].exists && strcmp(disk->files[i].name, name) == 0) return &disk->files[i];
        if (!disk->files[i].exists && !spare) spare = &disk->files[i];
    }
    if (!make || !spare) return NULL;
    wipe(disk, spare);
    spare->exists = true;
    strncpy(spare->name, name, sizeof spare->name - 1);
    return spare;
}

static sqlite3_vfs *real;

static int vOpen(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out) {
    (void)vfs;
    // What a long statement puts aside is no part of the disk: it is gone with the process.
    if (!path) return real->xOpen(real, NULL, base, flags, out);
    Handle *handle = (Handle *)base;
    memset(handle, 0, sizeof *handle);
    const char *name;
    Disk *disk = find(path, &name);
    if (!disk) return SQLITE_CANTOPEN;
    File *file = file_named(disk, name, flags & SQLITE_OPEN_CREATE);
    if (!file) return SQLITE_CANTOPEN;
    *handle = (Handle){{&methods}, disk, file, disk->generation, false};
    disk->died = false;
    if (out) *out = flags;
    return SQLITE_OK;
}

static int vDelete(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs; (void)sync;
    const char *name;
    Disk *disk = find(path, &name);
    if (!disk || disk->died) return SQLITE_IOERR_DELETE;
    File *file = file_named(disk, name, false);
    if (!file) return SQLITE_IOERR_DELETE_NOENT;
    wipe(disk, file);
    return SQLITE_OK;
}

static int vAccess(sqlite3_vfs *vfs, const char *path, int flags, int *out) {
    (void)vfs; (void)flags;
    const char *name;
    Disk *disk = find(path, &name);
    File *file = disk ? file_named(disk, name, false) : NULL;
    *out = file && (flags != SQLITE_ACCESS_EXISTS || file->size > 0);
    return SQLITE_OK;
}

static int vFullPathname(sqlite3_vfs *vfs, const char *path, int count, char *out) {
    (void)vfs;
    sqlite3_snprintf(count, out, "%s", path);
    return SQLITE_OK;
}

void faulty_register(void) {
    static sqlite3_vfs vfs;
    pthread_mutex_lock(&mutex);
    if (!vfs.zName) {
        real = sqlite3_vfs_find(NULL);
        vfs = *real;
        vfs.pNext = NULL;
        vfs.zName = "faulty";
        if (vfs.szOsFile < (int)sizeof(Handle)) vfs.szOsFile = sizeof(Handle);
        vfs.mxPathname = 128;
        vfs.xOpen = vOpen;
        vfs.xDelete = vDelete;
        vfs.xAccess = vAccess;
        vfs.xFullPathname = vFullPathname;
        sqlite3_vfs_register(&vfs, 0);
    }
    pthread_mutex_unlock(&mutex);
}

// MARK: for the simulation

int faulty_new(void) {
    pthread_mutex_lock(&mutex);
    int number = -1;
    for (int i = 0; i < DISKS && number < 0; i++) {
        if (disks[i]) continue;
        disks[i] = calloc(1, sizeof(Disk));
        disks[i]->planned = -1;
        number = i;
    }
    pthread_mutex_unlock(&mutex);
    return number;
}

void faulty_free(int number) {
    for (int i = 0; i < FILES; i++) wipe(disks[number], &disks[number]->files[i]);
    for (int i = 0; i < disks[number]->garbage_count; i++) free(disks[number]->garbage[i]);
    free(disks[number]->garbage);
    pthread_mutex_lock(&mutex);
    free(disks[number]);
    disks[number] = NULL;
    pthread_mutex_unlock(&mutex);
}

void faulty_copy(int from, int to) {
    Disk *source = disks[from], *target = disks[to];
    target->generation++;
    target->died = true;
    for (int i = 0; i < FILES; i++) {
        File *file = &source->files[i], *copy = &target->files[i];
        wipe(target, copy);
        if (!file->exists) continue;
        memcpy(copy->name, file->name, sizeof copy->name);
        copy->exists = true;
        if (file->size == 0) continue;
        put(&copy->now, &copy->size, &copy->room, 0, file->now, (int)file->size);
        put(&copy->safe, &copy->safe_size, &copy->safe_room, 0, file->now, (int)file->size);
    }
}

void faulty_plan(int disk, enum faulty_kind kind, int after, uint64_t seed) {
    disks[disk]->kind = kind;
    disks[disk]->planned = after;
    disks[disk]->seed = seed;
}

void faulty_now(int disk, enum faulty_kind kind, uint64_t seed) {
    disks[disk]->planned = -1;
    strike(disks[disk], kind, seed);
}

void faulty_heal(int disk) {
    disks[disk]->planned = -1;
    disks[disk]->full = false;
}

bool faulty_died(int disk) { return disks[disk]->died; }
