/*
 * Several centres on one database, as a model for spin: who works, under which number, and what becomes of what agents send.
 *
 * Read it beside docs/decisions/0045-one-centre-works.md; README.md says what is left out and what was learnt. Comments name the
 * Swift function that an inline follows. `check` runs every scenario.
 *
 * No clock: that a process is stopped and wakes up is that it takes no step for a while; that a silent one is taken for dead
 * although it lives is a fault that may come at any moment. One transaction is three steps: begun (lock and number), committed,
 * answered; whatever can happen, happens between them.
 *
 * Scenarios, one at a time (without any: kills, cuts, wrong guesses, commits in doubt, loss and breaks on the wire):
 *     SYNC        the server fails over to a synchronous standby: connections and locks go, rows stay
 *     ASYNC       to one that may lack the last commits; what it has is an older state of the same database
 * with, if wanted:
 *     FROZEN      a process stops for ever, its connections stand
 *     MISSED      taking over ends the former's connections but for one that has no name yet
 * What the code does not do; each is found at once:
 *     NOEPOCH     a transaction does not ask for its number
 *     EARLY       it asks before it has the writers' lock
 *     NOEND       who takes over does not end the former's connections
 *     DOUBT       a commit in doubt counts as done
 *     SOON        the ack leaves before the commit
 *     NOKEY       a row is applied without a look at its key
 * The code as it was before this model (README.md, "What was learnt"):
 *     BARE        a number is asked for without whose it is
 *     DEAF        an agent does not greet where a hole is not its own
 */
#ifndef SCANS
#define SCANS 2         /* rows in one story */
#endif
#ifndef FAULTS
#define FAULTS 2        /* things that go wrong in one story */
#endif
#ifndef CENTRES
#define CENTRES 2
#endif
#define NONE 15
#define BIT(n)          (1 << (n))
#define HAS(set, n)     (((set) >> (n)) & 1)
#define MAX(x, y)       ((x) > (y) -> (x) : (y))
#define when(c, s)      if :: (c) -> s :: else fi
#define choose(c, s, t) if :: (c) -> s :: else -> t fi
#define HELLO 0         /* a message is a row's number, or this */

/* ---------------------------------------------------------------- the server */
typedef Base {
    byte holder, epoch;                 /* quai_centres.lease: the process, not the machine */
    byte have, frontier, skipped;       /* rows; all up to here; of those, what was declared lost */
    byte effects                        /* the oracle: rows that had their effect */
};
#ifdef ASYNC
Base base[2];                           /* the second is what the standby has */
#else
Base base[1];
#endif
#define DB base[0]
byte centreLock = NONE, writer = NONE;  /* advisory locks: of who works; of the one that writes */
byte last;                              /* the oracle: the greatest number under which anything was committed, */
byte whose;                             /* and by which process */

/* ---------------------------------------------------------------- the centres */
mtype = { Gone, Stands, Ends, Works };
mtype = { Idle, Asked, Begun, Done };
typedef Process {
    mtype is, step;
    byte who, epoch;                    /* this process; the number under which it believes to work */
    byte row, first;                    /* what it applies; of a hello: the first row that the agent still has */
    bit session, named, frozen          /* its connection stands; the server knows it by its number; stopped for ever */
};
Process centre[CENTRES];
chan box[CENTRES] = [2] of { byte, byte };      /* what the broker has for each: row, first */
#if CENTRES > 2
#define QUIET (len(box[0]) == 0 && len(box[1]) == 0 && len(box[2]) == 0 && len(dn) == 0)
#else
#define QUIET (len(box[0]) == 0 && len(box[1]) == 0 && len(dn) == 0)
#endif

/* ---------------------------------------------------------------- the agent */
typedef Ack { byte cum, sack; bit hello };
chan dn = [2] of { byte, byte, bit };
byte frontier, sent, arrived;           /* Delivery: the centre has all up to here, and it is gone from the file; on its way; beyond a hole */
bit open, greets;                       /* the answer to a hello has come; a hello is due */
byte known[CENTRES];                    /* presence: the process that the agent heard of last */
bit met, alarmed;                       /* somebody was greeted; the accounts differ, and people are told (ASYNC) */

byte faults = FAULTS, runs;
bool failed;                            /* the one great misfortune has been */
hidden byte i, j, row, first, cum, sack;
hidden byte hello;

#define C centre[c]
#define BUSY(c) (C.step != Idle)
#define MINE(p)   (p.is == Works && p.who == DB.holder && p.epoch == DB.epoch)
#define HAND(p)   (MINE(p) && !p.frozen)
/* It is in the midst of nothing. */
#define STILL(p)  (p.frozen || p.is == Stands || MINE(p) && p.session && p.step == Idle)
#if CENTRES > 2
#define WORKING   (HAND(centre[0]) || HAND(centre[1]) || HAND(centre[2]))
#define CALM      (QUIET && WORKING && STILL(centre[0]) && STILL(centre[1]) && STILL(centre[2]))
#else
#define WORKING   (HAND(centre[0]) || HAND(centre[1]))
#define CALM      (QUIET && WORKING && STILL(centre[0]) && STILL(centre[1]))
#endif
/* A timeout that comes too early. */
#define early()   when(!CALM, faults--)

inline advance() { for (i : 1 .. SCANS) { when(i == DB.frontier + 1 && HAS(DB.have, i), DB.frontier = i) } i = 0 }

/* The server ends a connection: what was begun is rolled back, its locks are free. */
inline cut(c) {
    when(writer == c, writer = NONE);
    when(centreLock == c, centreLock = NONE);
    C.session = 0; C.named = 0
}

/* And the client sees it: with nothing committed, or with a commit in doubt. No ack either way: the agent sends again. */
inline noticed(c) {
#ifdef DOUBT
    if :: C.step == Begun && C.row != HELLO && len(dn) < 2 -> dn!C.row(0, 0) :: C.step != Begun || C.row == HELLO || len(dn) == 2 fi;
#endif
    when(C.step != Done || !C.frozen, C.step = Idle)
}

inline begin(c) {                       /* a process starts, and stands by (CentreDuty.stand) */
    runs++;
    printf("centre %d starts as process %d\n", c, runs);
    C.is = Stands; C.step = Idle; C.who = runs; C.epoch = 0; C.session = 1; C.named = 0;
    do :: nempty(box[c]) -> box[c]?row, first :: empty(box[c]) -> break od;
    row = 0
}

inline die(c) { cut(c); C.is = Gone; C.step = Idle }

#ifdef MISSED
#define READY(c)  (C.is == Works && C.session && C.step == Idle && !C.frozen && C.named)
#else
#define READY(c)  (C.is == Works && C.session && C.step == Idle && !C.frozen)
#endif
#ifdef BARE
#define ADMITS(c) (DB.epoch == C.epoch)
#else
#define ADMITS(c) (DB.epoch == C.epoch && DB.holder == C.who)
#endif

/* Applier.ack: in the transaction, sent after its commit. */
inline answer(c) {
    cum = DB.frontier; sack = 0; hello = C.row == HELLO;
    for (i : 1 .. SCANS) { when(i > cum && HAS(DB.have, i), sack = sack | BIT(i)) }
    printf("centre %d answers: up to %d, beyond %d\n", c, cum, sack);
    if :: nfull(dn) -> dn!cum(sack, hello) :: full(dn) fi
}

#ifdef NOKEY
#define ISNEW(c) true
#else
#define ISNEW(c) (C.row > DB.frontier && !HAS(DB.have, C.row))
#endif

/* COMMIT at the server: the effect of one row (Applier.apply), or a hello's (Applier.greet). */
inline commit(c) {
    printf("centre %d commits %d under %d\n", c, C.row, C.epoch);
    /* No write of a former number after a take-over, and under one number one process. */
    assert(C.epoch >= last && (C.epoch > last || C.who == whose));
    last = C.epoch; whose = C.who;
    choose(C.row == HELLO,
        for (i : 1 .. SCANS) { when(i < C.first && i > DB.frontier && !HAS(DB.have, i), DB.skipped = DB.skipped | BIT(i)) }
        DB.frontier = MAX(DB.frontier, C.first - 1),
        when(ISNEW(c),
            assert(!HAS(DB.effects, C.row));                    /* nothing is counted twice */
            DB.effects = DB.effects | BIT(C.row); DB.have = DB.have | BIT(C.row)));
    advance()
}

proctype Centre(byte c)
{
end:
    do
    /* Connection.revive: a connection that was lost is made anew. */
    :: d_step { C.is != Gone && !C.session && C.step == Idle && !C.frozen -> C.session = 1; C.named = 0 }
#ifdef MISSED
    :: d_step { C.is == Works && C.session && !C.named && ADMITS(c) && !C.frozen -> C.named = 1 }
#endif
    :: d_step { C.is != Gone && !C.session && C.step != Idle && !C.frozen -> noticed(c) }

    /* LeaseRow.claim: the lock is free, or its holder was silent for too long. A wrong guess is a fault. */
    :: d_step { C.is == Stands && C.session && !C.frozen && (centreLock == NONE || centreLock == c ||
           centre[centreLock].frozen || faults) ->
           when(centreLock != NONE && centreLock != c,
               when(!centre[centreLock].frozen, faults--);
               printf("centre %d takes centre %d for dead\n", c, centreLock));
           /* LeaseRow.end */
           for (j : 0 .. CENTRES - 1) {
#ifdef NOEND
               skip
#elif defined(MISSED)
               when(j != c && centre[j].is == Works && centre[j].session && (centre[j].named || centreLock == j), cut(j))
#else
               when(j != c && centre[j].is == Works && centre[j].session, cut(j))
#endif
           }
           when(centreLock == NONE, centreLock = c);
           C.is = Ends; C.epoch = DB.epoch }
    /* LeaseRow.number: under the writers' lock, if nobody was faster. */
    :: d_step { C.is == Ends && C.session && !C.frozen && (writer == NONE || C.epoch != DB.epoch) ->
           choose(C.epoch != DB.epoch || centreLock != c && centreLock != NONE,
               C.is = Stands; C.epoch = 0; when(centreLock == c, centreLock = NONE),
               DB.epoch++; DB.holder = C.who; centreLock = c;
               printf("process %d works under %d\n", C.who, DB.epoch);
               C.epoch = DB.epoch; C.is = Works; C.named = 1) }
    /* The same, and the answer is lost: it does not know that it works, and asks again (a next number). */
    :: d_step { C.is == Ends && C.session && !C.frozen && writer == NONE && C.epoch == DB.epoch && centreLock == c && faults -> faults--;
           DB.epoch++; DB.holder = C.who;
           printf("process %d would work under %d, and does not hear it\n", C.who, DB.epoch);
           cut(c); C.is = Stands; C.epoch = 0 }
    :: d_step { C.is == Ends && !C.session && !C.frozen -> C.is = Stands; C.epoch = 0 }

    /* Patience.lock: somebody stopped for ever between the two has the writers' lock; its connections are ended once more. */
    :: d_step { C.is == Ends && C.session && writer != NONE && centre[writer].frozen -> C.is = Stands; C.epoch = 0; when(centreLock == c, centreLock = NONE) }

    /* CentreDuty.renew: another has it; this one ends, and begins anew. Otherwise it takes the lock where nobody has it. */
    :: d_step { C.is == Works && C.session && C.step == Idle && !C.frozen && (DB.holder != C.who || DB.epoch != C.epoch) ->
           printf("process %d hears that another works\n", C.who); die(c); begin(c) }
    :: d_step { C.is == Works && C.session && !C.frozen && DB.holder == C.who && DB.epoch == C.epoch && centreLock == NONE -> centreLock = c }

    /* Connection.begin: the writers' lock, and then the number. Where it is refused nothing happens, and there is no ack. */
#ifdef EARLY
    :: d_step { READY(c) && nempty(box[c]) ->
           box[c]?row, first; C.row = row; C.first = first;
           when(ADMITS(c), C.step = Asked) }
    :: d_step { C.is == Works && C.session && C.step == Asked && writer == NONE && !C.frozen -> writer = c; C.step = Begun }
#else
    :: d_step { READY(c) && nempty(box[c]) && writer == NONE ->
           box[c]?row, first; C.row = row; C.first = first;
#ifdef NOEPOCH
           writer = c; C.step = Begun }
#else
           when(ADMITS(c), writer = c; C.step = Begun) }
#endif
#endif
#ifdef SOON
    :: d_step { C.is == Works && C.session && C.step == Begun && !C.frozen ->
           if :: C.row != HELLO && nfull(dn) -> dn!C.row(0, 0) :: C.row == HELLO || full(dn) fi; C.step = Asked }
    :: d_step { C.is == Works && C.session && C.step == Asked && !C.frozen -> commit(c); writer = NONE; C.step = Done }
    :: d_step { C.is == Works && C.session && C.step == Done && !C.frozen -> when(C.row == HELLO, answer(c)); C.step = Idle }
#else
    :: d_step { C.is == Works && C.session && C.step == Begun && !C.frozen -> commit(c); writer = NONE; C.step = Done }
    :: d_step { C.is == Works && C.session && C.step == Done && !C.frozen -> answer(c); C.step = Idle }
#endif

    /* What goes wrong. */
    :: d_step { faults && C.is != Gone && !C.frozen -> faults--; printf("process %d is killed\n", C.who); die(c); begin(c) }
    :: d_step { faults && C.session && !C.frozen -> faults--; printf("centre %d loses its connection\n", c); cut(c) }
#ifdef FROZEN
    :: d_step { !failed && C.is == Works -> failed = true; printf("process %d stops for ever\n", C.who); C.frozen = 1;
           do :: nempty(box[c]) -> box[c]?row, first :: empty(box[c]) -> break od; row = 0 }
#endif
    od
}

/* ---------------------------------------------------------------- the agent and the wire */
/* The broker gives it to whoever works or once did, and is there; nobody who stands by listens. */
#define LISTENS(c) (centre[c].is == Works && !centre[c].frozen)
inline publish(r, f) {
    for (j : 0 .. CENTRES - 1) { if :: LISTENS(j) && nfull(box[j]) -> box[j]!r(f) :: !LISTENS(j) || len(box[j]) == 2 fi }
    j = 0
}
#define HEARS(c) (LISTENS(c) && known[c] != centre[c].who)
inline hear(c) { known[c] = centre[c].who; met = 1; greets = 1; open = 0 }

#ifdef ASYNC
#define SAFE(n) (HAS(DB.effects, n) || failed)
#else
#define SAFE(n) HAS(DB.effects, n)
#endif

proctype Agent()
{
end:
    do
    /* Conversation.take(.presence): a centre that was not there before is greeted. */
    :: d_step { HEARS(0) -> hear(0) }
    :: d_step { HEARS(1) -> hear(1) }
#if CENTRES > 2
    :: d_step { HEARS(2) -> hear(2) }
#endif
    :: d_step { greets -> greets = 0; sent = frontier; arrived = 0;
           printf("the agent greets from %d on\n", frontier + 1); publish(HELLO, frontier + 1) }
    :: d_step { open && sent == frontier && sent < SCANS -> sent++; printf("the agent sends %d\n", sent); publish(sent, 0) }
    /* Delivery.tick: silence. What is known to be there is not sent again. */
    :: d_step { !greets && met && (CALM || faults) && (!open || sent > frontier && !arrived) -> early();
           printf("the agent waits no longer\n"); greets = 1; open = 0 }
#ifndef DEAF
    :: d_step { !greets && open && arrived -> printf("the agent sees a hole that is not its own\n"); greets = 1; open = 0 }
#endif
#ifdef ASYNC
    /* RecordTable.disagreement, with a heartbeat. */
    :: d_step { !alarmed && open && CALM && frontier > DB.frontier -> printf("the accounts differ\n"); alarmed = 1 }
#endif
    :: d_step { nempty(dn) -> dn?cum, sack, hello;
           when(hello, open = 1; sent = MAX(frontier, cum); arrived = 0);
           when(open && cum <= SCANS,
               for (i : frontier + 1 .. cum) { assert(SAFE(i)) }        /* OutboxFile.forget: nothing acknowledged is lost */
               frontier = MAX(frontier, cum); sent = MAX(sent, frontier);
               choose(sent > frontier && HAS(sack, sent), arrived = 1, when(sent == frontier, arrived = 0))) }
    od
}

proctype Wire()
{
end:
    do
    :: d_step { faults && nempty(box[0]) -> faults--; printf("lost on the way to 0\n"); box[0]?row, first }
    :: d_step { faults && nempty(box[1]) -> faults--; printf("lost on the way to 1\n"); box[1]?row, first }
    :: d_step { faults && nempty(dn) -> faults--; printf("lost on the way down\n"); dn?cum, sack, hello }
    /* The broker begins anew and keeps nothing: agents see that, and greet. */
    :: d_step { faults && met -> faults--; printf("the broker forgets\n");
           for (j : 0 .. CENTRES - 1) { do :: nempty(box[j]) -> box[j]?row, first :: empty(box[j]) -> break od }
           do :: nempty(dn) -> dn?cum, sack, hello :: empty(dn) -> break od;
           greets = 1; open = 0 }
    :: d_step { faults -> faults = 0 }          /* peace from here on */
    od
}

/* ---------------------------------------------------------------- the server's one great misfortune */
#define KEEP(f) base[to].f = base[from].f
inline copyBase(to, from) { KEEP(holder); KEEP(epoch); KEEP(have); KEEP(frontier); KEEP(skipped); KEEP(effects) }

proctype Fate()
{
#ifdef ASYNC
    d_step { printf("the standby has what the primary has\n"); copyBase(1, 0) }
#endif
#if defined(ASYNC) || defined(SYNC)
    d_step {
        printf("failover\n");
        for (j : 0 .. CENTRES - 1) { cut(j) }
#ifdef ASYNC
        copyBase(0, 1);
        last = DB.epoch; whose = DB.holder;     /* what was written after that is not there */
#endif
        failed = true
    }
#else
    skip
#endif
}

init {
    d_step {
        for (j : 0 .. CENTRES - 1) { centre[j].is = Gone; centre[j].step = Idle; begin(j) }
    }
    atomic {
        for (j : 0 .. CENTRES - 1) { run Centre(j) }
        run Agent(); run Wire(); run Fate()
    }
}

/* ---------------------------------------------------------------- what must come true in the end */
/* Somebody works, and all that was accepted is settled: it had its effect, or (ASYNC) was declared lost. */
#define ALL     (BIT(SCANS + 1) - 2)
#if defined(ASYNC) && !defined(LOSS)
/* Or people were told that it is gone. LOSS asks for what a company would wish, and an asynchronous standby does not give. */
#define TOLD    ((DB.effects | DB.skipped) == ALL || alarmed)
#else
#define TOLD    (DB.effects == ALL)
#endif
ltl settled { <>[] (WORKING && frontier == SCANS && TOLD) }
