#pragma once
#include <stdbool.h>
#include <stdint.h>

// Disks in memory for SQLite, with the ways in which real ones fail. Files are "file:/DISK/NAME?vfs=faulty"; a disk is used
// by one thread at a time. Source: SQLite's VFS interface (sqlite3.h), its atomic commit and WAL documents.

// Makes the VFS "faulty" known to SQLite; any number of times.
void faulty_register(void);

// A new empty disk; its number.
int faulty_new(void);
// Gives it back.
void faulty_free(int disk);
// Its files as they are now (also what no sync has reached), in place of those of `to`; open handles of `to` are dead.
void faulty_copy(int from, int to);

enum faulty_kind {
    // The process dies: its handles are dead, what it wrote stays.
    FAULTY_KILL,
    // The power goes: what was written since the last sync of its file is kept or lost, sector by sector.
    FAULTY_POWER,
    // One operation fails with an input/output error.
    FAULTY_EIO,
    // No room until it is healed: writes that make a file longer fail.
    FAULTY_FULL,
};

// The fault happens at the `after`-th write, truncation or sync from now, 0 being the next one.
void faulty_plan(int disk, enum faulty_kind kind, int after, uint64_t seed);
// At once, whatever is planned; nothing more is planned then.
void faulty_now(int disk, enum faulty_kind kind, uint64_t seed);
// Room again; a plan that did not come true is void.
void faulty_heal(int disk);
// True when the process that had it open is dead.
bool faulty_died(int disk);
