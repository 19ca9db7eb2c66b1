/*
 * Delivery, as a model for spin: an agent with its outbox, a wire that misbehaves, a centre with its database.
 *
 * Read it beside docs/explanation/delivery.md; README.md says what is left out and what was learnt. Comments name the Swift
 * function that an inline follows. `check` runs every scenario.
 *
 * Scenarios, one at a time (without any: crashes, loss, repetition, disorder, cut connections):
 *     ROLLBACK=n  the outbox is replaced n times by an older copy of itself
 *     CLONE       a second machine starts with a copy of the outbox
 *     RESTORE     the centre's database is replaced once by an older copy of itself
 * with, if wanted:
 *     SLOW        opening a new epoch on disk may take longer than the uplink waits for it
 *     LOOSE       the wire keeps no order between two processes and repeats hellos; messages outlive RESTORE
 * A repair that the code does not have (README.md, "What was learnt"):
 *     BIRTH       a row that changes its key again keeps the first one beside it, not the last
 *
 * Order on the wire. A process speaks on two connections, so its own messages may overtake each other, hellos and frames
 * alike. Those of two processes may not: a process greets only after the broker has taken both names from the one before
 * it, and the centre has one queue for frames and hellos.
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
#ifdef BIRTH
#define BORN(m) DISK.was[m]
#else
#define BORN(m) 0
#endif
#define POISON 1        /* the scan that the centre cannot read: it belongs in the dead letters */

#if defined(ROLLBACK)
#define COMING ROLLBACK /* runs that the misfortune starts */
#define EPOCHS (1 + ROLLBACK)
#elif defined(CLONE)
#define COMING 1
#define EPOCHS 4
#else
#define COMING 0
#define EPOCHS 1
#endif
#define NONE 15
#define BIT(n)          (1 << (n))
#define HAS(set, n)     (((set) >> (n)) & 1)
#define MAX(x, y)       ((x) > (y) -> (x) : (y))
#define when(c, s)      if :: (c) -> s :: else fi
#define choose(c, s, t) if :: (c) -> s :: else -> t fi

/* ---------------------------------------------------------------- what lies on a disk, what is held in memory */
/* OutboxFile. Rows are numbered from 1 in each epoch; a run is a start of a process: its boot pair and its nonce. */
typedef File {
    byte epoch, next, forgotten;        /* the next number; settled and deleted up to here */
    byte scan[SCANS + 2];               /* what the row holds; 0: no row. Only the oracle reads it, the code cannot. */
    byte by[SCANS + 2];                 /* the run that wrote it */
    byte was[SCANS + 2], wasEpoch[SCANS + 2];   /* table `former`, row by row: the key before; 0: none */
    byte first[RUNS + 1];               /* table `boot`: the first number a run could issue; NONE: not known to this file */
    byte produced, committed, rejected  /* the account; pending is the number of rows */
};
File disk[2];                           /* the machine's; its backup, or its clone's */

/* Delivery (a value in memory) and what Outbox still has to do. */
mtype = { Off, Greeting, Open, Stopped };
typedef Ram {
    mtype link;
    byte who, epoch, highest;
    byte frontier, next;                /* the centre has all up to frontier; what follows until next is on its way */
    byte arrived;                       /* numbers on their way that the centre has beyond a hole */
    byte tries;                         /* timeouts in a row */
    byte forget, refused;               /* to be deleted with the next commit; of those, what the centre could not apply */
    byte jobs, leaving;                 /* SLOW: requests for a new epoch before the writer; the epoch they leave */
    bit waits                           /* SLOW: the uplink waits for the writer */
};
Ram ram[2];

/* One epoch of the agent in the centre's database: tables stream, record, dead_letter, stream_boot, moved. */
typedef Stream {
    byte frontier, applied, rejected, skipped;
    byte have, dead;                    /* numbers with a record, and with a dead letter */
    byte lo[RUNS + 1], hi[RUNS + 1];    /* numbers that came from a run: one range; lo = 0: none */
    byte moved[SCANS + 2]               /* by number: runs whose row of it was applied under another key */
};
typedef Base {
    Stream at[EPOCHS];
    byte effects, letters               /* the oracle: scans that had their effect, and those in the dead letters */
};
#ifdef RESTORE
Base base[2];                           /* the database and its backup */
#else
Base base[1];
#endif
byte heard, newest, clones;             /* the centre's memory: CloneWatch: all nonces and their last */

/* ---------------------------------------------------------------- messages */
typedef Up {
    bit hello; byte who, epoch, first;
    byte scan1, scan2;                  /* what the rows hold; scan2 = 0: one row */
    byte boot, was, wasEpoch            /* who wrote them, and the former key of the first; 0: none */
};
typedef Down {
    byte hello, epoch, cum, sack, dead; /* hello: for whom the answer is; 0: an ordinary ack */
    byte tip, boot;                     /* answer to a hello: the highest row, and who wrote it; 0: nobody known */
    bit cloned
};
chan up = [2] of { Up };
chan dn = [2] of { Down };              /* to whoever holds the agent's name at the broker */
byte holder;
#define QUIET   (len(up) == 0 && len(dn) == 0)
#define early() when(!QUIET, faults--)

/* ---------------------------------------------------------------- the oracle */
byte scans, runs, epochs;               /* so far */
byte gone;                              /* scans not committed and lost with the disk that was replaced: nobody's fault */
byte said;                              /* numbers that the centre has declared lost */
byte faults = FAULTS, coming = COMING;
bool restored;
#define HANDLED(s) (HAS(base[0].effects | base[0].letters, s))

/* Scratch of one indivisible step; never part of a state. */
hidden Up u, v;
hidden Down d;
hidden byte i, j, k, n, lo, yes;
inline blankUp() {
    u.hello = 0; u.who = 0; u.epoch = 0; u.first = 0; u.scan1 = 0; u.scan2 = 0; u.boot = 0; u.was = 0; u.wasEpoch = 0
}
inline blankDown() { d.hello = 0; d.epoch = 0; d.cum = 0; d.sack = 0; d.dead = 0; d.tip = 0; d.boot = 0; d.cloned = 0 }

/* ---------------------------------------------------------------- the agent */
#define DISK disk[a]
#define RAM  ram[a]

/* A process starts on the file of machine a (OutboxFile.begin, Conversation.init). */
inline start(a) {
    runs++;
    printf("agent %d starts as run %d, next number %d\n", a, runs, DISK.next);
    DISK.first[runs] = DISK.next;
    RAM.link = Off; RAM.who = runs; RAM.epoch = DISK.epoch; RAM.highest = DISK.next - 1;
    RAM.frontier = DISK.forgotten; RAM.next = DISK.forgotten + 1;
    RAM.arrived = 0; RAM.tries = 0; RAM.forget = 0; RAM.refused = 0; RAM.jobs = 0; RAM.leaving = 0; RAM.waits = 0
}

inline audit(a) {                                               /* Account.isClosed, whatever happens */
    j = 0; for (i : 1 .. SCANS) { when(DISK.scan[i], j++) }
    assert(DISK.produced == DISK.committed + DISK.rejected + j)
}

inline accept(a) {                                              /* Outbox: a scan is saved, and only then accepted */
    scans++;
    printf("agent %d saves scan %d as %d/%d\n", a, scans, DISK.epoch, DISK.next);
    DISK.scan[DISK.next] = scans; DISK.by[DISK.next] = RAM.who;
    DISK.next++; DISK.produced++;
    when(RAM.epoch == DISK.epoch, RAM.highest = DISK.next - 1);
    audit(a)
}

inline greet(a) {                                               /* Delivery.connected, Conversation.greet */
    RAM.link = Greeting; RAM.arrived = 0; RAM.tries = 0; RAM.next = RAM.frontier + 1;
    blankUp();
    u.hello = 1; u.who = RAM.who; u.epoch = RAM.epoch; u.first = RAM.next;
    printf("agent %d (run %d) greets in epoch %d from %d on\n", a, u.who, u.epoch, u.first);
    up!u
}

/* FrameBuilder.frame from the number `n` on: at most two rows here, of one run and with former keys in one line. */
inline send(a) {
    blankUp();
    u.who = RAM.who; u.epoch = RAM.epoch; u.first = n;
    u.boot = DISK.by[n]; u.scan1 = DISK.scan[n]; u.was = DISK.was[n]; u.wasEpoch = DISK.wasEpoch[n];
    when(n < RAM.highest && DISK.by[n + 1] == u.boot && DISK.wasEpoch[n + 1] == u.wasEpoch &&
         DISK.was[n + 1] == (u.was -> u.was + 1 : 0), u.scan2 = DISK.scan[n + 1]);
    RAM.next = MAX(RAM.next, n + 1 + (u.scan2 > 0));
    printf("agent %d sends %d/%d: scans %d %d of run %d, was %d/%d\n", a, u.epoch, n, u.scan1, u.scan2, u.boot,
        u.wasEpoch, u.was);
    up!u
}

/* Numbers on their way that the centre is not known to have; the oldest frame goes again, if its rows are still there. */
#define WAITING(a) (BIT(RAM.next) - BIT(RAM.frontier + 1) - RAM.arrived)
inline resend(a) {
    n = 0; for (i : 1 .. SCANS) { when(n == 0 && HAS(WAITING(a), i), n = i) }
    RAM.tries = 1;
    when(DISK.scan[n], send(a))
}

/* OutboxFile.reissue: what waits gets numbers from 1 on in a new epoch and keeps its old ones beside them. */
inline erase(a, m) { DISK.scan[m] = 0; DISK.by[m] = 0; DISK.was[m] = 0; DISK.wasEpoch[m] = 0 }
inline reissue(a) {
    assert(epochs < EPOCHS);
    printf("agent %d opens epoch %d in its file\n", a, epochs);
    n = 1;
    for (i : 1 .. SCANS) {
        when(DISK.scan[i],
            DISK.wasEpoch[n] = (BORN(i) -> DISK.wasEpoch[i] : DISK.epoch); DISK.was[n] = (BORN(i) -> DISK.was[i] : i);
            DISK.scan[n] = DISK.scan[i]; DISK.by[n] = DISK.by[i];
            when(i != n, erase(a, i));
            n++)
    }
    DISK.next = n; DISK.forgotten = 0; DISK.epoch = epochs; epochs++;
    for (k : 1 .. RUNS) {                                       /* OutboxFile.assignBoots */
        when(DISK.first[k] != NONE, DISK.first[k] = (k == RAM.who -> n : 0));
        for (i : 1 .. SCANS) { when(DISK.by[SCANS + 1 - i] == k, DISK.first[k] = SCANS + 1 - i) }
    }
    RAM.forget = 0; RAM.refused = 0;                            /* Outbox.apply */
    audit(a)
}

inline restarted(a) {                                           /* Delivery.restarted: the new epoch is on disk */
    RAM.epoch = DISK.epoch; RAM.highest = DISK.next - 1; RAM.frontier = 0; RAM.next = 1;
    RAM.arrived = 0; RAM.tries = 0; RAM.link = Off; RAM.waits = 0
}
#ifdef SLOW
#define renew(a) RAM.jobs++; RAM.leaving = RAM.epoch; RAM.waits = 1
#else
#define renew(a) reissue(a); restarted(a)
#endif

/* Delivery.acknowledged, the answer to a hello. FrameBuilder.wrote: j is the run that wrote d.tip in this file. */
inline answered(a) {
    j = 0; for (i : 1 .. RUNS) {
        when(DISK.first[i] != NONE && DISK.first[i] <= d.tip && (j == 0 || DISK.first[i] >= DISK.first[j]), j = i)
    }
    choose(d.tip > RAM.highest || d.boot && j && j != d.boot,
        RAM.link = Off; renew(a),                               /* the file is older than what the centre has from it */
        RAM.link = Open; RAM.tries = 0; RAM.arrived = 0; RAM.next = MAX(RAM.frontier, d.cum) + 1)
}

inline progress(a) {                                            /* Delivery.acknowledged, any ack */
    lo = RAM.frontier;
    RAM.frontier = MAX(RAM.frontier, d.cum);
    RAM.next = MAX(RAM.next, RAM.frontier + 1);
    for (i : 1 .. SCANS) {
        when(i <= RAM.frontier, RAM.arrived = RAM.arrived & ~BIT(i));
        when(i > RAM.frontier && i < RAM.next && HAS(d.sack, i), RAM.arrived = RAM.arrived | BIT(i));
        when(i > lo && i <= RAM.frontier && HAS(d.dead, i), RAM.refused = RAM.refused | BIT(i))
    }
    when(RAM.frontier > lo, RAM.tries = 0; RAM.forget = RAM.frontier)
}

inline acknowledged(a) {
    printf("agent %d hears: hello of run %d, clone %d, epoch %d up to %d, tip %d of run %d\n", a, d.hello, d.cloned,
        d.epoch, d.cum, d.tip, d.boot);
    when(d.epoch == RAM.epoch && RAM.link != Off && RAM.link != Stopped && (d.hello == 0 || d.hello == RAM.who),
        choose(d.cloned, RAM.link = Stopped, when(d.hello, answered(a)));
        when(RAM.link == Open && d.cum <= RAM.highest, progress(a)))
}

inline settle(a) {                                              /* OutboxFile.forget, with the next commit */
    printf("agent %d deletes %d to %d\n", a, DISK.forgotten + 1, RAM.forget);
    for (i : DISK.forgotten + 1 .. RAM.forget) {
        when(DISK.scan[i],
            assert(HANDLED(DISK.scan[i]) || restored);
            choose(HAS(RAM.refused, i), DISK.rejected++, DISK.committed++);
            erase(a, i))
    }
    DISK.forgotten = RAM.forget; RAM.refused = 0;
    audit(a)
}

proctype Agent(byte a)
{
end:
    do
    :: d_step { scans < SCANS && DISK.next <= SCANS -> accept(a) }
    :: d_step { RAM.forget > DISK.forgotten -> settle(a) }
    :: d_step { RAM.link == Off && !RAM.waits && nfull(up) && holder == a -> greet(a) }
#ifdef CLONE
    /* Both machines have one name at the broker: the other is cut off, and finds it too soon or when all is quiet. */
    :: d_step { RAM.link == Off && !RAM.waits && nfull(up) && holder != a && (QUIET || faults) -> early();
           holder = a;
           when(ram[1 - a].link != Stopped, ram[1 - a].link = Off);
           do :: dn?d :: empty(dn) -> break od;
           greet(a) }
#endif
    :: d_step { RAM.link == Open && nfull(up) && RAM.next <= RAM.highest && DISK.scan[RAM.next] -> n = RAM.next; send(a) }
    /* Delivery.tick: silence. First the oldest frame goes again, then the agent greets. Too early is a fault. */
    :: d_step { nfull(up) && holder == a && (QUIET || faults) &&
           (RAM.link == Greeting || RAM.link == Open && WAITING(a)) -> early();
           choose(RAM.link == Open && RAM.tries == 0, resend(a), greet(a)) }
    :: d_step { holder == a && nempty(dn) -> dn?d; acknowledged(a) }
#ifdef SLOW
    /* Conversation, `.reissue`: the writer opens the new epoch, once; the uplink sees it, or gives up and greets in the old. */
    :: d_step { RAM.jobs -> RAM.jobs--;
           when(RAM.leaving == DISK.epoch, reissue(a));
           when(RAM.jobs == 0 && RAM.waits, restarted(a)) }
    :: d_step { RAM.waits && faults -> faults--; RAM.waits = 0; printf("agent %d waits no longer\n", a) }
#endif
    :: d_step { faults && runs + coming < RUNS -> faults--; start(a) }          /* killed, started again */
    od
}

/* ---------------------------------------------------------------- the centre */
#define AT  base[0].at[u.epoch]
#define WAS base[0].at[u.wasEpoch]

inline advance() {                                              /* Store.contiguous */
    for (i : 1 .. SCANS) { when(i == AT.frontier + 1 && HAS(AT.have, i), AT.frontier = i) }
}

inline note(S, m) {                                             /* Store.note: one range for each run */
    S.lo[u.boot] = (S.lo[u.boot] == 0 || m < S.lo[u.boot] -> m : S.lo[u.boot]);
    S.hi[u.boot] = MAX(S.hi[u.boot], m)
}

/* Store.isKnown and Store.moved: the same row was applied under its former key, or under another than this. */
#define RECORDED(old) (old && HAS(WAS.have, old) && WAS.lo[u.boot] && WAS.lo[u.boot] <= old && old <= WAS.hi[u.boot])
#define KNOWN(m, old) (HAS(AT.moved[m], u.boot) || old && HAS(WAS.moved[old], u.boot) || RECORDED(old))

inline apply(m, x, old) {                                       /* Applier.apply, one row; `old` is its former number */
    when(m > AT.frontier && !HAS(AT.have, m),
        AT.have = AT.have | BIT(m);
        note(AT, m);
        choose(KNOWN(m, old), AT.applied++,                     /* kept, without effect */
            when(old, WAS.moved[old] = WAS.moved[old] | BIT(u.boot));       /* Store.move */
            assert(!HANDLED(x));                                /* nothing is applied twice */
            choose(x == POISON,
                AT.rejected++; AT.dead = AT.dead | BIT(m); base[0].letters = base[0].letters | BIT(x),
                AT.applied++; base[0].effects = base[0].effects | BIT(x))))
}

inline answer() {                                               /* Applier.ack */
    d.epoch = u.epoch; d.cum = AT.frontier; d.dead = AT.dead;
    for (i : 1 .. SCANS) { when(i > AT.frontier && HAS(AT.have, i), d.sack = d.sack | BIT(i)) }
}

inline take() {                                                 /* Applier.apply, one frame */
    apply(u.first, u.scan1, u.was);
    when(u.was, u.was++);
    when(u.scan2, apply(u.first + 1, u.scan2, u.was));
    when(u.first <= AT.frontier + 1, AT.frontier = MAX(AT.frontier, u.first + (u.scan2 > 0)));
    advance();
    answer()
}

/* Applier.greet; d.tip is Store.tip, d.boot is Store.boot: of the runs whose range holds it, the one that begins last. */
inline welcome() {
    when(u.first > AT.frontier + 1,                             /* the agent has settled more than is here */
        for (i : AT.frontier + 1 .. u.first - 1) { when(!HAS(AT.have, i), AT.skipped++; said = said | BIT(i)) }
        AT.frontier = u.first - 1;
        advance());
    answer();
    d.hello = u.who; d.tip = d.cum;
    for (i : 1 .. SCANS) { when(HAS(d.sack, i), d.tip = i) }
    for (i : 1 .. RUNS) {
        when(AT.lo[i] && AT.lo[i] <= d.tip && d.tip <= AT.hi[i] && (d.boot == 0 || AT.lo[i] > AT.lo[d.boot]), d.boot = i)
    }
}

/* AgentIntake.greet: a nonce that was replaced and speaks again means that two processes live with one buffer. */
inline hear() {
    when(newest != u.who && !HAS(clones, u.who),
        when(HAS(heard, u.who), clones = clones | BIT(newest));
        heard = heard | BIT(u.who); newest = u.who);
    choose(HAS(clones, u.who), d.cloned = 1; d.hello = u.who; d.epoch = u.epoch, welcome())
}

/* One message, one transaction, one answer. In each stream the account closes: every number up to the frontier, and every
   one beyond it that is there, is applied, rejected or skipped. */
inline handle() {
    blankDown();
    choose(u.hello,
        printf("centre takes the hello of run %d, epoch %d from %d\n", u.who, u.epoch, u.first); hear(),
        printf("centre takes a frame of run %d, %d/%d\n", u.who, u.epoch, u.first); take());
    printf("centre has epoch %d up to %d; of all scans (bits) %d had an effect\n", u.epoch, AT.frontier, base[0].effects);
    j = AT.frontier; for (i : 1 .. SCANS) { when(i > AT.frontier && HAS(AT.have, i), j++) }
    assert(j == AT.applied + AT.rejected + AT.skipped)
}

inline fall() { printf("centre falls\n"); heard = 0; newest = 0; clones = 0 }

proctype Centre()
{
end:
    do
    :: d_step { nempty(up) && nfull(dn) -> up?u; handle(); dn!d }
    /* It falls, after its last answer was out or before, and forgets who spoke. */
    :: d_step { faults -> faults--; fall() }
    :: d_step { faults && len(dn) -> faults--; fall(); when(len(dn) == 2, dn?d; dn!d); dn?d }
    od
}

/* ---------------------------------------------------------------- the wire */
#ifdef LOOSE
#define REPEATABLE   true
#define EXCHANGEABLE true
#else
#define REPEATABLE   !u.hello
#define EXCHANGEABLE u.who == v.who
#endif

proctype Wire()
{
end:
    do
    :: d_step { faults && nempty(up) -> faults--; printf("lost on the way up\n"); up?u }
    :: d_step { faults && nempty(dn) -> faults--; printf("lost on the way down\n"); dn?d }
    :: d_step { faults && len(up) == 1 -> faults--; printf("doubled on the way up\n"); up?<u>; when(REPEATABLE, up!u) }
    :: d_step { faults && len(dn) == 1 -> faults--; printf("doubled on the way down\n"); dn?<d>; dn!d }
    :: d_step { faults && len(up) == 2 -> faults--; printf("overtaken on the way up\n");
           up?u; up?v; choose(EXCHANGEABLE, up!v; up!u, up!u; up!v) }
    :: d_step { faults && len(dn) == 2 -> faults--; printf("overtaken on the way down\n"); dn?d; dn!d }
    :: d_step { faults && (ram[holder].link == Open || ram[holder].link == Greeting) -> faults--;
           printf("the connection of agent %d breaks\n", holder); ram[holder].link = Off }
    :: d_step { faults -> faults = 0 }          /* peace from here on */
    od
}

/* ---------------------------------------------------------------- the one great misfortune of a scenario */
#define COPY(f)  disk[to].f = disk[from].f
inline copyFile(to, from) {
    for (i : 1 .. SCANS) { COPY(scan[i]); COPY(by[i]); COPY(was[i]); COPY(wasEpoch[i]) }
    for (i : 1 .. RUNS) { COPY(first[i]) }
    COPY(epoch); COPY(next); COPY(forgotten); COPY(produced); COPY(committed); COPY(rejected)
}

#define KEEP(f)  base[to].f = base[from].f
inline copyBase(to, from) {                     /* RESTORE has one epoch, and nothing moved */
    for (i : 1 .. RUNS) { KEEP(at[0].lo[i]); KEEP(at[0].hi[i]) }
    KEEP(at[0].frontier); KEEP(at[0].have); KEEP(at[0].dead); KEEP(effects); KEEP(letters);
    KEEP(at[0].applied); KEEP(at[0].rejected); KEEP(at[0].skipped)
}

proctype Fate()
{
#if defined(ROLLBACK)
    do
    :: coming ->
        if
        :: d_step { printf("the outbox is backed up\n"); copyFile(1, 0) }
        :: coming < ROLLBACK                    /* or the old copy serves again */
        fi;
        d_step {                                /* the disk goes, the copy comes; it knows nothing of what came since */
            printf("the outbox is restored\n");
            for (i : 1 .. SCANS) { when(i <= scans && !HANDLED(i), gone = gone | BIT(i)) }
            for (i : 1 .. SCANS) { when(disk[1].scan[i], gone = gone & ~BIT(disk[1].scan[i])) }
            copyFile(0, 1);
            coming--; start(0)
        }
    :: coming == 0 -> break
    od
#elif defined(CLONE)
    d_step { printf("a second machine starts with a copy\n"); copyFile(1, 0); coming--; start(1) }
    run Agent(1)
#elif defined(RESTORE)
    d_step { printf("the database is backed up\n"); copyBase(1, 0) }
    d_step {                                    /* the centre was down for it: the agent sees that, and greets */
        printf("the database is restored\n");
#ifndef LOOSE
        do :: up?u :: empty(up) -> break od;
        do :: dn?d :: empty(dn) -> break od;
#endif
        copyBase(0, 1);
        heard = 0; newest = 0; clones = 0; restored = true;
        when(ram[0].link != Stopped, ram[0].link = Off)
    }
#else
    skip
#endif
}

init {
    d_step {
        epochs = 1;
        for (j : 0 .. 1) { disk[j].next = 1; for (i : 0 .. RUNS) { disk[j].first[i] = NONE } }
        ram[1].link = Stopped; start(0)
    }
    atomic { run Agent(0); run Centre(); run Wire(); run Fate() }
}

/* ---------------------------------------------------------------- what must come true in the end */
/* Every scan accepted was applied or is a dead letter, was declared lost (RESTORE), or went with the disk (ROLLBACK). */
#define TOLD    ((base[0].effects | base[0].letters | gone | said) == BIT(scans + 1) - 2)
#define EMPTY   (disk[0].produced == disk[0].committed + disk[0].rejected)
#define EMPTY1  (disk[1].produced == disk[1].committed + disk[1].rejected)

#if defined(CLONE)
/* One machine has delivered everything. What the other had accepted lies in its file, safe and undelivered; what it has
   deleted, `settle` has looked at. */
ltl settled { <>[] (EMPTY && ram[0].link != Stopped || EMPTY1 && ram[1].link != Stopped) }
#elif defined(ROLLBACK) || defined(RESTORE)
ltl settled { <>[] (EMPTY && TOLD) }
#else
/* And both ends count the same. */
ltl settled { <>[] (EMPTY && TOLD && scans == SCANS && disk[0].committed == base[0].at[0].applied &&
                    disk[0].rejected == base[0].at[0].rejected) }
#endif
