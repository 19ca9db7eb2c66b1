/*
 * What if each run of the agent had an epoch of its own? A PROPOSAL, not the code: read delivery.pml first.
 *
 * A start of the process mints an epoch (today's boot pair would do); its rows are numbered from 1 in it. What earlier runs
 * left is delivered first, under the keys that it has. A frame holds rows of one run already. Then no number can ever be
 * used twice, whatever was restored or copied: there is nothing to detect, nothing to reissue (`was`, `former`, the boot of
 * the frontier), and nobody to stop. Two machines with one buffer deliver what they share once and what is theirs as well;
 * for that, each process needs its own name at the broker, and both hear the acks.
 *
 * The agent greets in each epoch that it knows, oldest first (a list in one hello would do the same), so that a centre that
 * was restored hears what it lacks of earlier runs, too.
 *
 * The oracle and the scenarios are those of delivery.pml: ROLLBACK, CLONE, RESTORE. Its LOOSE is here in two: LATE, messages
 * outlive the replacement; HELLOS, hellos are repeated and overtaken, too. Frames keep no order in any case.
 */

#ifndef SCANS
#define SCANS 3
#endif
#ifndef FAULTS
#define FAULTS 3
#endif
#ifndef RUNS
#define RUNS 3
#endif
#if defined(ROLLBACK) || defined(CLONE)
#define FILES 3
#else
#define FILES 1
#endif
#ifdef CLONE
#define AGENTS 2
#else
#define AGENTS 1
#endif
#ifdef RESTORE
#define BASES 2
#else
#define BASES 1
#endif
#ifndef POISON
#define POISON 1
#endif

#define BIT(n)      (1 << (n))
#define HAS(set, n) (((set) >> (n)) & 1)
#define MAX(x, y)   ((x) > (y) -> (x) : (y))
#define MIN(x, y)   ((x) < (y) -> (x) : (y))

/* Rows lie in the file under a running number; a run's numbers on the wire begin at 1. */
typedef File {
    byte next;
    byte forgotten;
    byte scan[SCANS + 2];
    byte first[RUNS + 1];       /* the running number of a run's first row; 0: this file does not know that run */
    byte produced;
    byte committed;
    byte rejected
};
File disk[FILES];

mtype = { Off, Greeting, Open };

typedef Ram {
    mtype link;
    byte who;                   /* this run */
    byte epoch;                 /* the run whose rows are being delivered ... */
    byte end;                   /* ... and the first running number of the one after it */
    byte frontier;              /* running number; so are the next four */
    byte next;
    byte arrived;
    byte forget;
    byte refused;
    byte tries
};
Ram ram[AGENTS];

typedef Stream {
    byte frontier;
    byte have;
    byte dead;
    byte applied;
    byte rejected;
    byte skipped
};
typedef Base {
    Stream at[RUNS + 1];
    byte effects;
    byte letters
};
Base base[BASES];

typedef Up {
    bit hello; byte who; byte epoch; byte first; byte rows;
    byte scan1; byte scan2;
    byte shift                  /* for the oracle */
};
typedef Down { byte hello; byte epoch; byte cum; byte sack; byte dead };
chan up = [2] of { Up };
chan dn[AGENTS] = [2] of { Down };

#ifdef CLONE
#define QUIET  (len(up) == 0 && len(dn[0]) == 0 && len(dn[1]) == 0)
#define ROOM   (nfull(dn[0]) && nfull(dn[1]))
#else
#define QUIET  (len(up) == 0 && len(dn[0]) == 0)
#define ROOM   nfull(dn[0])
#endif

byte scans, runs, gone, said;
byte faults = FAULTS;
bool replaced;

#define HANDLED(s) (HAS(base[0].effects | base[0].letters, s))

hidden Up u;
hidden Down d;
hidden byte i, j, k, n, lo, last, shift;
hidden byte yes;

inline blankUp()   { u.hello = 0; u.who = 0; u.epoch = 0; u.first = 0; u.rows = 0; u.scan1 = 0; u.scan2 = 0; u.shift = 0 }
inline blankDown() { d.hello = 0; d.epoch = 0; d.cum = 0; d.sack = 0; d.dead = 0 }

/* Delivers the oldest known run after `after`. */
inline turnTo(a, after) {
    k = after;
    ram[a].epoch = k; ram[a].end = 0;
    for (i : 1 .. RUNS) {
        if
        :: i > k && disk[a].first[i] && ram[a].epoch == k -> ram[a].epoch = i
        :: i > k && disk[a].first[i] && ram[a].epoch != k && ram[a].end == 0 -> ram[a].end = disk[a].first[i]
        :: else
        fi
    }
    ram[a].link = Off;
    ram[a].arrived = 0
}
#define END(a) (ram[a].epoch == ram[a].who -> disk[a].next : ram[a].end)

inline start(a) {
    runs++;
    printf("agent %d starts as run %d\n", a, runs);
    disk[a].first[runs] = disk[a].next;
    ram[a].who = runs;
    ram[a].frontier = disk[a].forgotten;
    ram[a].next = disk[a].forgotten + 1;
    ram[a].arrived = 0; ram[a].tries = 0; ram[a].forget = 0; ram[a].refused = 0;
    turnTo(a, 0)
}

inline audit(a) {
    j = 0;
    for (i : 1 .. SCANS) { if :: disk[a].scan[i] -> j++ :: else fi }
    assert(disk[a].produced == disk[a].committed + disk[a].rejected + j)
}

inline accept(a) {
    scans++;
    printf("agent %d saves scan %d\n", a, scans);
    disk[a].scan[disk[a].next] = scans;
    disk[a].next++;
    disk[a].produced++;
    audit(a)
}

/* The last running number of the run being delivered, and what lies between those and its numbers on the wire. */
inline bounds(a) {
    last = END(a) - 1;
    shift = disk[a].first[ram[a].epoch] - 1
}

inline greet(a) {
    bounds(a);
    ram[a].link = Greeting;
    ram[a].arrived = 0;
    ram[a].tries = 0;
    ram[a].next = MAX(MIN(ram[a].frontier, last), shift) + 1;
    blankUp();
    u.hello = 1; u.who = ram[a].who; u.epoch = ram[a].epoch; u.shift = shift;
    u.first = ram[a].next - shift; u.rows = last - shift;
    printf("agent %d greets in epoch %d: from %d to %d\n", a, u.epoch, u.first, u.rows);
    up!u
}

inline send(a) {
    bounds(a);
    blankUp();
    u.who = ram[a].who; u.epoch = ram[a].epoch; u.first = n - shift; u.shift = shift;
    u.scan1 = disk[a].scan[n]; u.rows = 1;
    if :: n < last -> u.scan2 = disk[a].scan[n + 1]; u.rows = 2 :: else fi;
    ram[a].next = MAX(ram[a].next, n + u.rows);
    printf("agent %d sends %d/%d, scans %d %d\n", a, u.epoch, u.first, u.scan1, u.scan2);
    up!u
}

#define WAITING(a) (BIT(ram[a].next) - BIT(MAX(ram[a].frontier, disk[a].first[ram[a].epoch] - 1) + 1) - ram[a].arrived)

inline resend(a) {
    n = 0;
    for (i : 1 .. SCANS) { if :: n == 0 && HAS(WAITING(a), i) -> n = i :: else fi }
    ram[a].tries = 1;
    send(a)
}

inline acknowledged(a) {
    bounds(a);
    printf("agent %d hears: epoch %d up to %d, answer to %d\n", a, d.epoch, d.cum, d.hello);
    yes = (d.epoch == ram[a].epoch && ram[a].link != Off);
    if
    :: yes && d.hello == ram[a].who -> ram[a].link = Open; ram[a].tries = 0; ram[a].arrived = 0
    :: yes && d.hello && d.hello != ram[a].who -> yes = 0
    :: else
    fi;
    if
    :: yes && ram[a].link == Open ->
        lo = ram[a].frontier;
        /* The centre may have more of this run than this file: it was rolled back, or is a copy. */
        ram[a].frontier = MAX(lo, MIN(d.cum + shift, last));
        ram[a].next = MAX(ram[a].next, MIN(ram[a].frontier, last) + 1);
        for (i : 1 .. SCANS) {
            if
            :: i <= ram[a].frontier -> ram[a].arrived = ram[a].arrived & ~BIT(i)
            :: i > ram[a].frontier && i < ram[a].next && i > shift && HAS(d.sack, i - shift) ->
                ram[a].arrived = ram[a].arrived | BIT(i)
            :: else
            fi
        }
        if
        :: ram[a].frontier > lo ->
            ram[a].tries = 0;
            ram[a].forget = ram[a].frontier;
            for (i : lo + 1 .. ram[a].frontier) {
                if :: i > shift && HAS(d.dead, i - shift) -> ram[a].refused = ram[a].refused | BIT(i) :: else fi
            }
        :: else
        fi;
        if
        :: ram[a].frontier >= last && ram[a].epoch != ram[a].who -> k = ram[a].epoch; turnTo(a, k)
        :: else
        fi
    :: else
    fi
}

inline settle(a) {
    printf("agent %d deletes up to %d\n", a, ram[a].forget);
    for (i : disk[a].forgotten + 1 .. ram[a].forget) {
        if
        :: disk[a].scan[i] ->
            assert(HANDLED(disk[a].scan[i]) || (replaced && AGENTS == 1 && FILES == 1));
            if :: HAS(ram[a].refused, i) -> disk[a].rejected++ :: else -> disk[a].committed++ fi;
            disk[a].scan[i] = 0
        :: else
        fi
    }
    disk[a].forgotten = ram[a].forget;
    ram[a].refused = 0;
    audit(a)
}

proctype Agent(byte a)
{
end:
    do
    :: d_step { scans < SCANS && disk[a].next <= SCANS -> accept(a) }
    :: d_step { ram[a].forget > disk[a].forgotten -> settle(a) }
    :: d_step { ram[a].link == Off && nfull(up) -> greet(a) }
    :: d_step { ram[a].link == Open && nfull(up) && ram[a].next < END(a) -> n = ram[a].next; send(a) }
    :: d_step {
           nfull(up) && (QUIET || faults) && (ram[a].link == Greeting || ram[a].link == Open && WAITING(a)) ->
           if :: QUIET :: else -> faults-- fi;
           if :: ram[a].link == Open && ram[a].tries == 0 -> resend(a) :: else -> greet(a) fi
       }
    :: d_step { nempty(dn[a]) -> dn[a]?d; acknowledged(a) }
    :: d_step { faults && runs + (FILES == 3 && !replaced) < RUNS -> faults--; start(a) }
    od
}

#define AT  base[0].at[u.epoch]

inline advance() {
    for (i : 1 .. SCANS) { if :: i == AT.frontier + 1 && HAS(AT.have, i) -> AT.frontier = i :: else fi }
}

inline applyRow(m, x) {
    if
    :: m <= AT.frontier || HAS(AT.have, m)      /* known */
    :: else ->
        AT.have = AT.have | BIT(m);
        if
        :: x == POISON -> AT.rejected++; AT.dead = AT.dead | BIT(m); base[0].letters = base[0].letters | BIT(x)
        :: else ->
            AT.applied++;
            assert(!HAS(base[0].effects, x));               /* nothing is applied twice */
            base[0].effects = base[0].effects | BIT(x)
        fi
    fi
}

inline applyFrame() {
    applyRow(u.first, u.scan1);
    if :: u.scan2 -> applyRow(u.first + 1, u.scan2) :: else fi;
    advance()
}

inline reconcile() {
    j = AT.frontier;
    for (i : 1 .. SCANS) { if :: i > AT.frontier && HAS(AT.have, i) -> j++ :: else fi }
    assert(j == AT.applied + AT.rejected + AT.skipped)
}

inline welcome() {
    if
    :: u.first > AT.frontier + 1 ->
        advance();
        for (i : AT.frontier + 1 .. u.first - 1) {
            if :: !HAS(AT.have, i) -> AT.skipped++; said = said | BIT(i + u.shift) :: else fi
        }
        AT.frontier = MAX(AT.frontier, u.first - 1);
        advance()
    :: else
    fi;
    d.hello = u.who
}

inline handle() {
    blankDown();
    if :: u.hello -> welcome() :: else -> applyFrame() fi;
    d.epoch = u.epoch; d.cum = AT.frontier; d.dead = AT.dead;
    for (i : 1 .. SCANS) { if :: i > AT.frontier && HAS(AT.have, i) -> d.sack = d.sack | BIT(i) :: else fi }
    printf("centre: epoch %d up to %d, records %d, effects %d\n", u.epoch, AT.frontier, AT.have, base[0].effects);
    reconcile()
}

inline tell() {
    dn[0]!d;
#ifdef CLONE
    dn[1]!d
#endif
}

/* The centre remembers nothing but its database: that it falls is that its last answer is lost. */
proctype Centre()
{
end:
    do
    :: d_step { nempty(up) && ROOM -> up?u; handle(); tell() }
    od
}

#ifdef HELLOS
#define FREE true
#else
#define FREE !u.hello
#endif

proctype Wire()
{
end:
    do
    :: d_step { faults && nempty(up) -> up?u; faults--; printf("lost on the way up\n") }
    :: d_step { faults && nempty(up) && nfull(up) -> up?<u>; faults--; if :: FREE -> up!u :: else fi }
    :: d_step { faults && len(up) == 2 -> up?<u>; faults--; if :: FREE -> up?u; up!u :: else fi }
    :: d_step { faults -> faults = 0 }
    od
}

proctype WireDown(byte a)
{
end:
    do
    :: d_step { faults && nempty(dn[a]) -> dn[a]?d; faults--; printf("lost on the way down\n") }
    :: d_step { faults && nempty(dn[a]) && nfull(dn[a]) -> dn[a]?<d>; dn[a]!d; faults-- }
    :: d_step { faults && len(dn[a]) == 2 -> dn[a]?d; dn[a]!d; faults-- }
    :: d_step { faults && ram[a].link != Off -> ram[a].link = Off; faults-- }
    od
}

inline copyFile(to, from) {
    disk[to].next = disk[from].next; disk[to].forgotten = disk[from].forgotten;
    disk[to].produced = disk[from].produced; disk[to].committed = disk[from].committed;
    disk[to].rejected = disk[from].rejected;
    for (i : 1 .. SCANS) { disk[to].scan[i] = disk[from].scan[i] }
    for (i : 1 .. RUNS) { disk[to].first[i] = disk[from].first[i] }
}

#ifdef LATE
#define flush() skip
#else
inline flush() {
    do :: up?u :: empty(up) -> break od;
    do :: dn[0]?d :: empty(dn[0]) -> break od
}
#endif

#ifdef RESTORE
inline copyBase(to, from) {
    base[to].effects = base[from].effects; base[to].letters = base[from].letters;
    for (i : 1 .. RUNS) {
        base[to].at[i].frontier = base[from].at[i].frontier; base[to].at[i].have = base[from].at[i].have;
        base[to].at[i].dead = base[from].at[i].dead; base[to].at[i].applied = base[from].at[i].applied;
        base[to].at[i].rejected = base[from].at[i].rejected; base[to].at[i].skipped = base[from].at[i].skipped
    }
}
#endif

proctype Fate()
{
#if defined(ROLLBACK)
    d_step { copyFile(2, 0) }
    d_step {
        flush();
        for (i : 1 .. SCANS) { if :: i <= scans && !HANDLED(i) -> gone = gone | BIT(i) :: else fi }
        for (i : 1 .. SCANS) { if :: disk[2].scan[i] -> gone = gone & ~BIT(disk[2].scan[i]) :: else fi }
        copyFile(0, 2);
        start(0);
        replaced = true
    }
#elif defined(CLONE)
    d_step { copyFile(1, 0); start(1); replaced = true }
    atomic { run Agent(1); run WireDown(1) }
#elif defined(RESTORE)
    d_step { copyBase(1, 0) }
    d_step {
        flush();
        copyBase(0, 1);
        copyBase(1, 1);
        turnTo(0, 0);           /* the agent sees the centre come back, and begins again with the oldest run */
        replaced = true
    }
#else
    skip
#endif
}

init {
    d_step {
        for (j : 0 .. FILES - 1) { disk[j].next = 1 }
        for (j : 0 .. AGENTS - 1) { ram[j].link = Off }
        start(0)
    }
    atomic { run Agent(0); run Centre(); run Wire(); run WireDown(0); run Fate() }
}

#define ALL     (BIT(scans + 1) - 2)
#define KNOWN   ((base[0].effects | base[0].letters | gone | said) == ALL)
#define EMPTY   (disk[0].produced == disk[0].committed + disk[0].rejected)
#define EMPTY1  (disk[1].produced == disk[1].committed + disk[1].rejected)

/* Here both machines deliver everything. */
#ifdef CLONE
ltl settled { <>[] (EMPTY && EMPTY1 && KNOWN) }
#else
ltl settled { <>[] (EMPTY && KNOWN) }
#endif
