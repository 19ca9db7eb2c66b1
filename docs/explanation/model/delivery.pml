/*
 * Delivery, as a model for spin: an agent with its outbox, a wire that misbehaves, a centre with its database.
 *
 * Read it beside docs/explanation/delivery.md; README.md says what is left out and what was learnt. Each inline names the
 * Swift function that it follows. `check` runs every scenario; one scenario by hand:
 *
 *     spin -a -DROLLBACK delivery.pml && gcc -O2 -DSAFETY -DNOCLAIM -o pan pan.c && ./pan -m100000
 *
 * Scenarios, one at a time (without any: crashes, loss, repetition, disorder, cut connections):
 *     ROLLBACK  the outbox is replaced once by an older copy of itself
 *     CLONE     a second machine starts with a copy of the outbox
 *     RESTORE   the centre's database is replaced once by an older copy of itself
 * with, if wanted:
 *     LATE      messages outlive the replacement (otherwise whatever was on its way then is lost)
 *     HELLOS    hellos, too, may be repeated and overtaken (on one TCP connection they are not)
 *     SLOW      opening a new epoch on disk may take longer than the uplink waits for it
 *
 * Repairs, which the code does not have (README.md, "What was learnt"); without them the model is the code as it is:
 *     SETTLE    the answer to a hello also lets rows be forgotten
 *     TIP       the answer to a hello names who wrote the highest row, not the one at the frontier
 *     COUNT     a centre that is older than its acknowledgements counts as lost only what it lacks
 *     VERDICT   a clone is told so without being taken for the one that replaced the other, and only it obeys
 *     ONCE      a request for a new epoch names the epoch that it leaves, and is void in another
 *     FENCE     the answer to a hello opens a session; frames and acks of any other session are ignored
 */

#ifndef SCANS
#define SCANS 3         /* scans in one story */
#endif
#ifndef FAULTS
#define FAULTS 3        /* things that go wrong in one story */
#endif
#ifndef RUNS
#define RUNS 3          /* runs of agent processes, all machines together */
#endif
#if defined(CLONE) || defined(SLOW)
#define EPOCHS 3
#elif defined(ROLLBACK)
#define EPOCHS 2
#else
#define EPOCHS 1
#endif
#if defined(ROLLBACK) || defined(CLONE)
#define FILES 3         /* the machine's, its clone's, a backup */
#else
#define FILES 1
#endif
#ifdef CLONE
#define AGENTS 2
#else
#define AGENTS 1
#endif
#ifdef RESTORE
#define BASES 2         /* the database and its backup */
#else
#define BASES 1
#endif
#ifndef POISON
#define POISON 1        /* the scan that the centre cannot read: it belongs in the dead letters */
#endif

#define NONE 15
#define BIT(n)      (1 << (n))
#define HAS(set, n) (((set) >> (n)) & 1)
#define MAX(x, y)   ((x) > (y) -> (x) : (y))

/* ---------------------------------------------------------------- what lies on a disk, what is held in memory */

/* OutboxFile. Rows are numbered from 1 in each epoch; a run is a start of a process: its boot pair and its nonce. */
typedef File {
    byte epoch;
    byte next;                  /* the next number */
    byte forgotten;             /* settled and deleted up to here */
    byte scan[SCANS + 2];       /* which scan the row holds; 0: no row. Only the oracle reads it, the code cannot. */
    byte by[SCANS + 2];         /* the run that wrote it */
    byte first[RUNS + 1];       /* table `boot`: the first number a run could issue; NONE: this file does not know it */
    byte wasLast;               /* table `former`: rows up to here had the number n + wasShift in wasEpoch */
    byte wasEpoch;
    byte wasShift;
    byte produced;              /* the account; pending is the number of rows */
    byte committed;
    byte rejected
};
File disk[FILES];

mtype = { Off, Greeting, Open, Stopped };

/* Delivery (a value in memory) and what Outbox still has to do. */
typedef Ram {
    mtype link;
    byte who;
    byte epoch;
    byte frontier;              /* the centre has everything up to here */
    byte next;                  /* what lies between frontier and next is on its way */
    byte arrived;               /* numbers on their way that the centre has beyond a hole */
    byte tries;                 /* timeouts in a row */
    byte forget;                /* to be deleted with the next commit */
    byte refused;               /* of those, the ones that the centre could not apply */
    byte jobs;                  /* requests for a new epoch that the writer has not seen */
    byte leaves;                /* (ONCE) the epoch they leave */
    byte session                /* (FENCE) */
};
Ram ram[AGENTS];

/* One epoch of the agent in the centre's database: tables stream, record, dead_letter and stream_boot. */
typedef Stream {
    byte frontier;
    byte have;                  /* numbers with a record */
    byte dead;                  /* numbers with a dead letter */
    byte applied;
    byte rejected;
    byte skipped;
    byte lo[RUNS + 1];          /* numbers that came from a run: one range; lo = 0: none */
    byte hi[RUNS + 1]
};
typedef Base {
    Stream at[EPOCHS];
    byte effects;               /* the oracle: scans that had their effect ... */
    byte letters;               /* ... and those in the dead letters */
    byte session                /* (FENCE) the newest session, and whose it is */
    byte owner;
    byte ownerEpoch
};
Base base[BASES];

/* The centre's memory (Centre.nonces, only their last and their set matter; Centre.clones). */
byte heard, newest, clones;

/* ---------------------------------------------------------------- messages */

typedef Up {                    /* hello: first = lowest, rows = highest */
    bit hello; byte who; byte epoch; byte first; byte rows;
    byte scan1; byte scan2;     /* what the rows hold; scan2 = 0: one row */
    byte boot;                  /* who wrote them */
    byte was; byte wasEpoch;    /* the former number of the first; 0: none */
    byte session
};
typedef Down {                  /* hello = 0: an ordinary ack */
    byte hello; byte epoch; byte cum; byte sack; byte dead;
    byte top; byte boot;        /* answer to a hello: who wrote the row `top`; 0: nobody known */
    bit cloned;
    byte session
};
chan up = [2] of { Up };
chan dn = [2] of { Down };      /* to whoever holds the agent's session at the broker */
byte holder;

#define QUIET (len(up) == 0 && len(dn) == 0)

/* ---------------------------------------------------------------- the oracle */

byte scans;                     /* scans accepted so far: 1 ... scans */
byte runs, epochs;
byte gone;                      /* accepted, not committed, and lost with the disk that was replaced: nobody's fault */
byte said;                      /* numbers of the first epoch that the centre has declared lost */
byte faults = FAULTS;
bool replaced;

#define HANDLED(s) (HAS(base[0].effects | base[0].letters, s))

/* Scratch of one indivisible step; never part of a state. */
hidden Up u;
hidden Down d;
hidden byte i, j, k, n, lo;
hidden byte yes;

inline blankUp()   { u.hello = 0; u.who = 0; u.epoch = 0; u.first = 0; u.rows = 0; u.scan1 = 0; u.scan2 = 0; u.boot = 0;
                     u.was = 0; u.wasEpoch = 0; u.session = 0 }
inline blankDown() { d.hello = 0; d.epoch = 0; d.cum = 0; d.sack = 0; d.dead = 0; d.top = 0; d.boot = 0; d.cloned = 0;
                     d.session = 0 }

/* ---------------------------------------------------------------- the agent */

/* A process starts on the file of machine a (OutboxFile.begin, UplinkLoop.who). */
inline start(a) {
    runs++;
    printf("agent %d starts as run %d, next number %d\n", a, runs, disk[a].next);
    disk[a].first[runs] = disk[a].next;
    ram[a].link = Off;
    ram[a].who = runs;
    ram[a].epoch = disk[a].epoch;
    ram[a].frontier = disk[a].forgotten;
    ram[a].next = disk[a].forgotten + 1;
    ram[a].arrived = 0; ram[a].tries = 0; ram[a].forget = 0; ram[a].refused = 0; ram[a].jobs = 0; ram[a].session = 0
}

/* Account.isClosed, whatever happens. */
inline audit(a) {
    j = 0;
    for (i : 1 .. SCANS) { if :: disk[a].scan[i] -> j++ :: else fi }
    assert(disk[a].produced == disk[a].committed + disk[a].rejected + j)
}

/* Outbox: a scan is saved, and only then accepted. */
inline accept(a) {
    scans++;
    printf("agent %d saves scan %d as %d/%d\n", a, scans, disk[a].epoch, disk[a].next);
    disk[a].scan[disk[a].next] = scans;
    disk[a].by[disk[a].next] = ram[a].who;
    disk[a].next++;
    disk[a].produced++;
    audit(a)
}

/* Delivery.connected, UplinkLoop.sayHello. */
inline greet(a) {
    ram[a].link = Greeting;
    ram[a].arrived = 0;
    ram[a].tries = 0;
    ram[a].next = ram[a].frontier + 1;
    blankUp();
    u.hello = 1; u.who = ram[a].who; u.epoch = ram[a].epoch;
    u.first = ram[a].frontier + 1; u.rows = disk[a].next - 1;
    printf("agent %d (run %d) greets in epoch %d: has up to %d, frontier %d\n", a, u.who, u.epoch, u.rows, u.first - 1);
    up!u
}

/* FrameBuilder.frame from the number `n` on: at most two rows here, of one run and on one side of `former`. */
inline send(a) {
    blankUp();
    u.who = ram[a].who; u.epoch = ram[a].epoch; u.first = n; u.session = ram[a].session;
    u.boot = disk[a].by[n]; u.scan1 = disk[a].scan[n]; u.rows = 1;
    if
    :: n + 1 < disk[a].next && disk[a].by[n + 1] == u.boot && n != disk[a].wasLast ->
        u.scan2 = disk[a].scan[n + 1]; u.rows = 2
    :: else
    fi;
    if
    :: n <= disk[a].wasLast -> u.was = n + disk[a].wasShift; u.wasEpoch = disk[a].wasEpoch
    :: else
    fi;
    ram[a].next = MAX(ram[a].next, n + u.rows);
    printf("agent %d sends %d/%d: scans %d %d of run %d, was %d/%d\n", a, u.epoch, n, u.scan1, u.scan2, u.boot,
        u.wasEpoch, u.was);
    up!u
}

/* Numbers on their way that the centre is not known to have. */
#define WAITING(a) (BIT(ram[a].next) - BIT(ram[a].frontier + 1) - ram[a].arrived)

/* The oldest frame goes again. */
inline resend(a) {
    n = 0;
    for (i : 1 .. SCANS) { if :: n == 0 && HAS(WAITING(a), i) -> n = i :: else fi }
    ram[a].tries = 1;
    send(a)
}

/* FrameBuilder.wrote: yes unless this file says that another run wrote the number m. */
inline wrote(a, r, m) {
    j = 0;
    for (i : 1 .. RUNS) {
        if
        :: disk[a].first[i] != NONE && disk[a].first[i] <= m && (j == 0 || disk[a].first[i] >= disk[a].first[j]) -> j = i
        :: else
        fi
    }
    yes = (j == 0 || j == r)
}

/* OutboxFile.reissue: what waits gets numbers from 1 on in a new epoch and keeps its old ones beside them. */
inline reissue(a) {
    assert(epochs < EPOCHS);
    printf("agent %d opens epoch %d in its file\n", a, epochs);
    lo = 0;
    for (i : 1 .. SCANS) { if :: lo == 0 && disk[a].scan[i] -> lo = i :: else fi }
    disk[a].wasEpoch = 0; disk[a].wasLast = 0; disk[a].wasShift = 0;
    if
    :: lo ->
        j = lo - 1;
        for (i : 1 .. SCANS) {
            if
            :: i + j < disk[a].next ->
                disk[a].scan[i] = disk[a].scan[i + j]; disk[a].by[i] = disk[a].by[i + j];
                if :: j -> disk[a].scan[i + j] = 0; disk[a].by[i + j] = 0 :: else fi
            :: else
            fi
        }
        disk[a].wasLast = disk[a].next - 1 - j;
        disk[a].wasEpoch = disk[a].epoch;
        disk[a].wasShift = j
    :: else
    fi;
    disk[a].next = disk[a].wasLast + 1;
    disk[a].forgotten = 0;
    disk[a].epoch = epochs;
    epochs++;
    for (k : 1 .. RUNS) {
        if
        :: disk[a].first[k] != NONE ->
            disk[a].first[k] = (k == ram[a].who -> disk[a].next : 0);
            for (i : 1 .. SCANS) {
                if :: disk[a].by[SCANS + 1 - i] == k -> disk[a].first[k] = SCANS + 1 - i :: else fi
            }
        :: else
        fi
    }
    audit(a)
}

/* Delivery.restarted: the new epoch is on disk. */
inline restarted(a) {
    ram[a].epoch = disk[a].epoch;
    ram[a].frontier = 0; ram[a].next = 1; ram[a].forget = 0; ram[a].refused = 0;
    ram[a].arrived = 0; ram[a].tries = 0; ram[a].link = Off
}

/* Delivery.acknowledged. */
inline acknowledged(a) {
    yes = 1;
    if
    :: d.cloned -> printf("agent %d hears that run %d is a clone\n", a, d.hello)
    :: !d.cloned && d.hello ->
        printf("agent %d hears the answer to run %d: epoch %d up to %d, row %d is of run %d\n", a, d.hello, d.epoch,
            d.cum, d.top, d.boot)
    :: else -> printf("agent %d hears an ack: epoch %d up to %d\n", a, d.epoch, d.cum)
    fi;
    if
    :: d.epoch != ram[a].epoch || ram[a].link == Off || ram[a].link == Stopped -> yes = 0
    :: else ->
        if
        :: d.cloned ->
#ifdef MINE
            if :: d.hello == ram[a].who -> ram[a].link = Stopped :: else fi;
#else
            ram[a].link = Stopped;
#endif
            yes = 0
        :: else ->
            lo = ram[a].frontier;
            if
            :: d.hello && d.hello != ram[a].who -> yes = 0
            :: d.hello && d.hello == ram[a].who ->
                wrote(a, d.boot, d.top);
                if
                :: d.top >= disk[a].next || (d.boot && !yes) ->
                    ram[a].link = Off;     /* the file is older than what the centre has from it */
                    yes = 0;
#ifdef SLOW
                    ram[a].jobs++; ram[a].leaves = ram[a].epoch
#else
                    reissue(a); restarted(a)
#endif
                :: else ->
                    yes = 1;
                    ram[a].link = Open;
                    ram[a].tries = 0; ram[a].arrived = 0;
                    ram[a].session = d.session;
                    ram[a].frontier = MAX(ram[a].frontier, d.cum);
                    ram[a].next = ram[a].frontier + 1;
#ifndef SETTLE
                    lo = ram[a].frontier    /* `before` is taken after the rewind: nothing is new any more */
#endif
                fi
            :: else
            fi
        fi
    fi;
    if
    :: yes && ram[a].link == Open && d.cum < disk[a].next && d.session == ram[a].session ->
        ram[a].frontier = MAX(ram[a].frontier, d.cum);
        ram[a].next = MAX(ram[a].next, ram[a].frontier + 1);
        for (i : 1 .. SCANS) {
            if
            :: i <= ram[a].frontier -> ram[a].arrived = ram[a].arrived & ~BIT(i)
            :: i > ram[a].frontier && i < ram[a].next && HAS(d.sack, i) -> ram[a].arrived = ram[a].arrived | BIT(i)
            :: else
            fi
        }
        if
        :: ram[a].frontier > lo ->
            ram[a].tries = 0;
            ram[a].forget = ram[a].frontier;
            for (i : lo + 1 .. ram[a].frontier) {
                if :: HAS(d.dead, i) -> ram[a].refused = ram[a].refused | BIT(i) :: else fi
            }
        :: else
        fi
    :: else
    fi
}

/* OutboxFile.forget. This is where a scan would be lost: the oracle looks at each row that goes. */
inline settle(a) {
    printf("agent %d deletes %d to %d\n", a, disk[a].forgotten + 1, ram[a].forget);
    for (i : disk[a].forgotten + 1 .. ram[a].forget) {
        if
        :: disk[a].scan[i] ->
            assert(HANDLED(disk[a].scan[i]) || (replaced && AGENTS == 1 && FILES == 1));
            if :: HAS(ram[a].refused, i) -> disk[a].rejected++ :: else -> disk[a].committed++ fi;
            disk[a].scan[i] = 0; disk[a].by[i] = 0
        :: else
        fi
    }
    disk[a].forgotten = ram[a].forget;
    ram[a].refused = 0;
    if
    :: disk[a].wasLast <= disk[a].forgotten -> disk[a].wasLast = 0; disk[a].wasEpoch = 0; disk[a].wasShift = 0
    :: else
    fi;
    audit(a)
}

proctype Agent(byte a)
{
end:
    do
    :: d_step { scans < SCANS && disk[a].next <= SCANS -> accept(a) }

    :: d_step { ram[a].forget > disk[a].forgotten && ram[a].epoch == disk[a].epoch -> settle(a) }

    /* It connects. Both machines have one name at the broker: the other is cut off, and finds it too soon or when all is
       quiet. */
    :: d_step { ram[a].link == Off && ram[a].jobs == 0 && nfull(up) && holder == a -> greet(a) }
#ifdef CLONE
    :: d_step {
           ram[a].link == Off && nfull(up) && holder != a && (QUIET || faults) ->
           if :: QUIET :: else -> faults-- fi;
           holder = a;
           if :: ram[1 - a].link != Stopped -> ram[1 - a].link = Off :: else fi;
           do :: dn?d :: empty(dn) -> break od;
           greet(a)
       }
#endif
    :: d_step { ram[a].link == Open && nfull(up) && ram[a].next < disk[a].next ->
           n = ram[a].next; send(a) }

    /* Delivery.tick: silence. First the oldest frame goes again, then the agent greets. Too early is a fault. */
    :: d_step {
           nfull(up) && holder == a && (QUIET || faults) &&
           (ram[a].link == Greeting || ram[a].link == Open && WAITING(a)) ->
           if :: QUIET :: else -> faults-- fi;
           if :: ram[a].link == Open && ram[a].tries == 0 -> resend(a) :: else -> greet(a) fi
       }

    :: d_step { holder == a && nempty(dn) -> dn?d; acknowledged(a) }

#ifdef SLOW
    /* The writer opens the new epoch; the uplink sees it, or has given up waiting and greets again as before. */
    :: d_step {
           ram[a].jobs ->
           ram[a].jobs--;
#ifdef ONCE
           if :: ram[a].leaves == disk[a].epoch -> reissue(a) :: else fi;
#else
           reissue(a);
#endif
           if :: ram[a].jobs == 0 && ram[a].link == Off -> restarted(a) :: else -> ram[a].forget = 0 fi
       }
    :: d_step { ram[a].jobs == 1 && ram[a].link == Off && faults && nfull(up) -> faults--; greet(a) }
#endif

    :: d_step { faults && runs + (FILES == 3 && !replaced) < RUNS -> faults--; start(a) }      /* killed, started again */
    od
}

/* ---------------------------------------------------------------- the centre */

#define AT  base[0].at[u.epoch]
#define WAS base[0].at[u.wasEpoch]

/* Store.contiguous */
inline advance() {
    for (i : 1 .. SCANS) { if :: i == AT.frontier + 1 && HAS(AT.have, i) -> AT.frontier = i :: else fi }
}

/* Applier.apply, one row. */
inline applyRow(m, x, old) {
    if
    :: m <= AT.frontier || HAS(AT.have, m)      /* known */
    :: else ->
        AT.have = AT.have | BIT(m);
        if
        :: old && HAS(WAS.have, old) && WAS.lo[u.boot] && WAS.lo[u.boot] <= old && old <= WAS.hi[u.boot] ->
            AT.applied++                        /* Store.isKnown: the same scan under its former key */
        :: else ->
            if
            :: x == POISON ->
                AT.rejected++;
                AT.dead = AT.dead | BIT(m);
                base[0].letters = base[0].letters | BIT(x)
            :: else ->
                AT.applied++;
                assert(!HAS(base[0].effects, x));           /* nothing is applied twice */
                base[0].effects = base[0].effects | BIT(x)
            fi
        fi
    fi
}

inline applyFrame() {
    applyRow(u.first, u.scan1, u.was);
    if :: u.was -> u.was++ :: else fi;
    if :: u.scan2 -> applyRow(u.first + 1, u.scan2, u.was) :: else fi;
    if :: u.first <= AT.frontier + 1 -> AT.frontier = MAX(AT.frontier, u.first + u.rows - 1) :: else fi;
    advance();
    /* Store.note: one range for each run, whether its rows were new or known */
    if
    :: AT.lo[u.boot] == 0 -> AT.lo[u.boot] = u.first; AT.hi[u.boot] = u.first + u.rows - 1
    :: else ->
        AT.lo[u.boot] = (u.first < AT.lo[u.boot] -> u.first : AT.lo[u.boot]);
        AT.hi[u.boot] = MAX(AT.hi[u.boot], u.first + u.rows - 1)
    fi
}

/* The stream's own account: each number up to the frontier, and each beyond it that is there, is one of the three. */
inline reconcile() {
    j = AT.frontier;
    for (i : 1 .. SCANS) { if :: i > AT.frontier && HAS(AT.have, i) -> j++ :: else fi }
    assert(j == AT.applied + AT.rejected + AT.skipped)
}

/* Applier.ack */
inline answer() {
    d.epoch = u.epoch;
    d.cum = AT.frontier;
    d.dead = AT.dead;
    for (i : 1 .. SCANS) { if :: i > AT.frontier && HAS(AT.have, i) -> d.sack = d.sack | BIT(i) :: else fi }
}

/* Applier.greet */
inline welcome() {
    if
    :: u.first > AT.frontier + 1 ->             /* the agent has settled more than is here */
        k = AT.frontier;
        advance();
        if
        :: AT.frontier < u.first - 1 ->
            for (i : AT.frontier + 1 .. u.first - 1) {
                if
#ifdef COUNT
                :: HAS(AT.have, i)
#endif
                :: else -> AT.skipped++; assert(!HAS(AT.have, i)); said = said | BIT(i)
                fi
            }
            AT.frontier = u.first - 1;
            advance()
        :: else
        fi
    :: else
    fi;
    answer();
    d.hello = u.who;
    d.top = d.cum;
#ifdef TIP
    for (i : 1 .. SCANS) { if :: HAS(d.sack, i) -> d.top = i :: else fi }
#endif
    /* Store.boot: of the runs whose range holds that number, the one whose range begins last */
    for (i : 1 .. RUNS) {
        if
        :: AT.lo[i] && AT.lo[i] <= d.top && d.top <= AT.hi[i] && (d.boot == 0 || AT.lo[i] > AT.lo[d.boot]) -> d.boot = i
        :: else
        fi
    }
#ifdef FENCE
    if
    :: base[0].owner == u.who && base[0].ownerEpoch == u.epoch
    :: else -> base[0].session++; base[0].owner = u.who; base[0].ownerEpoch = u.epoch
    fi;
    d.session = base[0].session
#endif
}

/* Centre.greet: a nonce that was replaced and speaks again means that two processes live with one buffer. */
inline hear() {
#ifdef VERDICT
    if
    :: HAS(clones, u.who) -> d.cloned = 1
    :: else ->
#endif
    if
    :: newest == u.who
    :: else ->
        if :: HAS(heard, u.who) -> clones = clones | BIT(newest) :: else fi;
        heard = heard | BIT(u.who);
        newest = u.who
    fi;
#ifdef VERDICT
    fi;
#endif
    if
    :: HAS(clones, u.who) -> d.cloned = 1; d.hello = u.who; d.epoch = u.epoch
    :: else -> welcome()
    fi
}

/* One message, one transaction; `yes`: there is something to answer. */
inline handle() {
    blankDown();
    yes = 1;
    if
    :: u.hello -> printf("centre takes the hello of run %d, epoch %d from %d\n", u.who, u.epoch, u.first)
    :: else -> printf("centre takes a frame of run %d, %d/%d\n", u.who, u.epoch, u.first)
    fi;
    if
    :: u.hello -> hear()
#ifdef FENCE
    :: !u.hello && u.session != base[0].session -> yes = 0
#endif
    :: else ->
        applyFrame(); answer();
        d.session = u.session
    fi;
    printf("centre has epoch %d up to %d; of all scans (bits) %d had their effect\n", u.epoch, AT.frontier,
        base[0].effects);
    reconcile()
}

inline fall() { printf("centre falls\n"); heard = 0; newest = 0; clones = 0 }

proctype Centre()
{
end:
    do
    :: d_step { nempty(up) && nfull(dn) -> up?u; handle(); if :: yes -> dn!d :: else fi }
    /* It falls, after its last answer was out or before, and forgets who spoke. */
    :: d_step { faults -> faults--; fall() }
    :: d_step { faults && len(dn) -> faults--; fall(); if :: len(dn) == 2 -> dn?d; dn!d :: else fi; dn?d }
    od
}

/* ---------------------------------------------------------------- the wire */

#ifdef HELLOS
#define FREE true
#else
#define FREE !u.hello           /* hellos stay in order, each once; they may be lost */
#endif

proctype Wire()
{
end:
    do
    :: d_step { faults && nempty(up) -> up?u; faults--; printf("lost on the way up\n") }
    :: d_step { faults && nempty(dn) -> dn?d; faults--; printf("lost on the way down\n") }
    :: d_step { faults && nempty(up) && nfull(up) -> faults--; printf("doubled on the way up\n");
           up?<u>; if :: FREE -> up!u :: else fi }
    :: d_step { faults && nempty(dn) && nfull(dn) -> faults--; printf("doubled on the way down\n"); dn?<d>; dn!d }
    :: d_step { faults && len(up) == 2 -> faults--; printf("overtaken on the way up\n");
           up?<u>; if :: FREE -> up?u; up!u :: else fi }
    :: d_step { faults && len(dn) == 2 -> faults--; printf("overtaken on the way down\n"); dn?d; dn!d }
    :: d_step { faults && (ram[holder].link == Open || ram[holder].link == Greeting) ->
           faults--; printf("the connection of agent %d breaks\n", holder); ram[holder].link = Off }
    :: d_step { faults -> faults = 0 }          /* peace from here on */
    od
}

/* ---------------------------------------------------------------- the one great misfortune of a scenario */

inline copyFile(to, from) {
    disk[to].epoch = disk[from].epoch; disk[to].next = disk[from].next; disk[to].forgotten = disk[from].forgotten;
    disk[to].wasLast = disk[from].wasLast; disk[to].wasEpoch = disk[from].wasEpoch;
    disk[to].wasShift = disk[from].wasShift; disk[to].produced = disk[from].produced;
    disk[to].committed = disk[from].committed; disk[to].rejected = disk[from].rejected;
    for (i : 1 .. SCANS) { disk[to].scan[i] = disk[from].scan[i]; disk[to].by[i] = disk[from].by[i] }
    for (i : 1 .. RUNS) { disk[to].first[i] = disk[from].first[i] }
}

inline flush() {
#ifndef LATE
    do :: up?u :: empty(up) -> break od;
    do :: dn?d :: empty(dn) -> break od
#else
    skip
#endif
}

#ifdef RESTORE
inline copyBase(to, from) {
    base[to].effects = base[from].effects; base[to].letters = base[from].letters;
    base[to].session = base[from].session; base[to].owner = base[from].owner;
    base[to].ownerEpoch = base[from].ownerEpoch;
    base[to].at[0].frontier = base[from].at[0].frontier; base[to].at[0].have = base[from].at[0].have;
    base[to].at[0].dead = base[from].at[0].dead; base[to].at[0].applied = base[from].at[0].applied;
    base[to].at[0].rejected = base[from].at[0].rejected; base[to].at[0].skipped = base[from].at[0].skipped;
    for (i : 1 .. RUNS) {
        base[to].at[0].lo[i] = base[from].at[0].lo[i]; base[to].at[0].hi[i] = base[from].at[0].hi[i]
    }
}
#endif

proctype Fate()
{
#if defined(ROLLBACK)
    d_step { printf("the outbox is backed up\n"); copyFile(2, 0) }
    d_step {                    /* the disk goes, the backup comes; it knows nothing of what was accepted since */
        flush();
        for (i : 1 .. SCANS) { if :: i <= scans && !HANDLED(i) -> gone = gone | BIT(i) :: else fi }
        for (i : 1 .. SCANS) { if :: disk[2].scan[i] -> gone = gone & ~BIT(disk[2].scan[i]) :: else fi }
        printf("the outbox is restored\n");
        copyFile(0, 2);
        start(0);
        replaced = true
    }
#elif defined(CLONE)
    d_step { printf("a second machine starts with a copy\n"); copyFile(1, 0); start(1); replaced = true }
    run Agent(1)
#elif defined(RESTORE)
    d_step { printf("the database is backed up\n"); copyBase(1, 0) }
    d_step {                    /* the centre was down for it: the agent sees that, and greets */
        flush();
        printf("the database is restored\n");
        copyBase(0, 1);
        copyBase(1, 1);
        heard = 0; newest = 0; clones = 0;
        if :: ram[0].link != Stopped -> ram[0].link = Off :: else fi;
        replaced = true
    }
#else
    skip
#endif
}

init {
    d_step {
        epochs = 1;
        for (j : 0 .. FILES - 1) { disk[j].next = 1; for (i : 0 .. RUNS) { disk[j].first[i] = NONE } }
        for (j : 0 .. AGENTS - 1) { ram[j].link = Stopped }
        start(0)
    }
    atomic { run Agent(0); run Centre(); run Wire(); run Fate() }
}

/* ---------------------------------------------------------------- what must come true in the end */

/* Every scan accepted was applied or is a dead letter, was declared lost (RESTORE), or went with the disk (ROLLBACK). */
#define ALL     (BIT(scans + 1) - 2)
#define KNOWN   ((base[0].effects | base[0].letters | gone | said) == ALL)
#define EMPTY   (disk[0].produced == disk[0].committed + disk[0].rejected)
#define EMPTY1  (disk[1].produced == disk[1].committed + disk[1].rejected)

#if defined(CLONE)
/* The older machine has delivered everything. What the younger had accepted lies in its file, safe and undelivered; what
   it has deleted, `settle` has looked at. */
ltl settled { <>[] (EMPTY && ram[0].link != Stopped || EMPTY1 && ram[1].link != Stopped) }
#elif defined(ROLLBACK) || defined(RESTORE)
ltl settled { <>[] (EMPTY && KNOWN) }
#else
/* And both ends count the same. */
ltl settled { <>[] (EMPTY && KNOWN && scans == SCANS && disk[0].committed == base[0].at[0].applied &&
                    disk[0].rejected == base[0].at[0].rejected) }
#endif
