/*
 * yardstick: what a careful engineer gets out of the C libraries alone (sqlite3, libpq, libmosquitto, libzstd, pthreads) for
 * the same work and the same durability as the product: a row is synced on the sender's disk before it counts as
 * accepted, synced on the centre's before it is acknowledged, and deleted at the sender, synced, only after that.
 *
 *   gcc -O2 -Wall -Wextra -o yardstick main.c -lsqlite3 -lpq -lmosquitto -lzstd -lpthread
 *
 * Prints lines of name, value and unit, separated by tabs. Errors go to stderr; then the exit status is 2.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <mosquitto.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>

enum {
    BODY = 40,               /* bytes of one row */
    FRAME_ROWS = 500,        /* a frame holds at most so many rows */
    FRAME_BYTES = 16 * 1024, /* and at most so many bytes before compression */
    FRAME_HEAD = 10,         /* first seq (8 bytes), number of rows (2 bytes) */
    WINDOW = 64,             /* frames that the centre has not acknowledged */
    LIVE_WINDOW = 8,         /* the same for live: with more outstanding, rows wait and share a frame */
    GATHER = 32,             /* frames in one transaction of the centre */
    TOGETHER = 16,           /* rows in one INSERT where there are so many; each costs a quarter to a third less then */
    DELETE_ACKS = 16,        /* the outbox deletes after so many acknowledgements */
    DELETE_MS = 50,          /* or after so long */
    LOG_PAGES = 1020,        /* length that the databases' logs get before the clock starts */
    STALL_MS = 30000,        /* nothing acknowledged for so long is an error */
};

/* MARK: errors, clocks, figures */

static pid_t child = 0; /* the centre's process, seen from the sender */

_Noreturn __attribute__((format(printf, 1, 2))) static void die(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("yardstick: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    if (child > 0) {
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
    }
    _exit(2);
}

static int64_t nanoseconds(clockid_t id) {
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}
static int64_t now_ns(void) { return nanoseconds(CLOCK_MONOTONIC); }
static int64_t wall_ms(void) { return nanoseconds(CLOCK_REALTIME) / 1000000; }

/* Memory that is there already, so that no page fault comes later. */
static void *allocate(size_t size) {
    void *memory = malloc(size);
    if (!memory) die("no memory for %zu bytes", size);
    return memset(memory, 0, size);
}

static void print(const char *name, double value, int digits, const char *unit) {
    printf("%s\t%.*f\t%s\n", name, digits, value, unit);
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* `values` are nanoseconds and are sorted here. */
static void print_latencies(const char *name, int64_t *values, size_t count) {
    char line[64];
    qsort(values, count, sizeof *values, ascending);
    snprintf(line, sizeof line, "%s-median-ms", name);
    print(line, values[count / 2] / 1e6, 3, "ms");
    snprintf(line, sizeof line, "%s-p99-ms", name);
    print(line, values[count * 99 / 100] / 1e6, 3, "ms");
}

/* MARK: rows */

/*
 * The body of a row, a CBOR array of 40 bytes: kind, when captured, device, zone, the tag's id, signal, antenna, times
 * read. The id is an SGTIN-96: company and article are always the same, the serial number (38 bits) looks random.
 */
static void make_body(uint8_t *body, uint64_t seq, uint64_t captured) {
    static const char pattern[BODY + 1] =
        "\x88\x02\x1b........\x64gate\x66" "dock-1\x4c\x30\x74\x25\x7b\xf7\x19\x40.....\x38\x2f\x01\x03";
    memcpy(body, pattern, BODY);
    for (int i = 0; i < 8; i++) body[3 + i] = (uint8_t)(captured >> (56 - 8 * i));
    /* Multiplying by an odd number modulo 2^38 gives every serial number once. */
    uint64_t serial = (seq * UINT64_C(0x9e3779b97f4a7c15)) & ((UINT64_C(1) << 38) - 1);
    for (int i = 0; i < 5; i++) body[31 + i] = (uint8_t)(serial >> (32 - 8 * i));
}

/* What the centre stores of a row; the texts point into its body. */
struct fields {
    uint64_t kind, captured;
    const uint8_t *device, *zone, *tag;
    uint64_t device_size, zone_size, tag_size;
};

/* Reads the head of a CBOR item of the given major type. */
static bool head(const uint8_t **at, const uint8_t *end, unsigned major, uint64_t *value) {
    if (*at == end || **at >> 5 != major) return false;
    unsigned low = *(*at)++ & 31, size;
    if (low < 24) {
        *value = low;
        return true;
    }
    if (low > 27 || (size = 1u << (low - 24)) > (size_t)(end - *at)) return false;
    for (*value = 0; size > 0; size--) *value = *value << 8 | *(*at)++;
    return true;
}

/* Reads a text (major type 3) or a byte string (2). */
static bool string(const uint8_t **at, const uint8_t *end, unsigned major, const uint8_t **bytes, uint64_t *size) {
    if (!head(at, end, major, size) || *size > (uint64_t)(end - *at)) return false;
    *bytes = *at;
    *at += *size;
    return true;
}

static bool read_body(const uint8_t *at, size_t size, struct fields *row) {
    const uint8_t *end = at + size;
    uint64_t count;
    return head(&at, end, 4, &count) && count == 8 && head(&at, end, 0, &row->kind) && head(&at, end, 0, &row->captured)
        && string(&at, end, 3, &row->device, &row->device_size) && string(&at, end, 3, &row->zone, &row->zone_size)
        && string(&at, end, 2, &row->tag, &row->tag_size);
}

/* CRC32C: with the processor's instruction where there is one, else with a table. */
static uint32_t crc_table[256];

static uint32_t crc_by_table(const uint8_t *bytes, size_t size) {
    uint32_t crc = ~0u;
    for (; size > 0; size--) crc = crc >> 8 ^ crc_table[(crc ^ *bytes++) & 255];
    return ~crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t crc_by_instruction(const uint8_t *bytes, size_t size) {
    uint64_t crc = ~0u, word;
    for (; size >= 8; size -= 8, bytes += 8) {
        memcpy(&word, bytes, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; size > 0; size--) crc = __builtin_ia32_crc32qi((uint32_t)crc, *bytes++);
    return ~(uint32_t)crc;
}
#endif

static uint32_t (*crc32c)(const uint8_t *bytes, size_t size) = crc_by_table;

static void prepare_crc(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
        crc_table[i] = crc;
    }
#ifdef __x86_64__
    if (__builtin_cpu_supports("sse4.2")) crc32c = crc_by_instruction;
#endif
    if (crc32c((const uint8_t *)"123456789", 9) != 0xe3069283) die("wrong CRC32C");
}

/* MARK: databases */

static const char outbox_schema[] =
    "CREATE TABLE row (seq INTEGER PRIMARY KEY, boot INTEGER NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL)";
static const char centre_schema[] =
    "CREATE TABLE record (stream INTEGER, seq INTEGER, kind INTEGER, captured INTEGER, received INTEGER,"
    " synced INTEGER, device TEXT, zone TEXT, subject TEXT, body BLOB, PRIMARY KEY (stream, seq)) WITHOUT ROWID";

static void check(sqlite3 *db, int code) {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) die("sqlite: %s", sqlite3_errmsg(db));
}

static void execute(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, NULL, NULL, NULL)); }

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

static void run(sqlite3 *db, sqlite3_stmt *statement) {
    sqlite3_step(statement);
    check(db, sqlite3_reset(statement));
}

static int64_t integer(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = prepare(db, sql);
    check(db, sqlite3_step(statement));
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/*
 * Brings the log to the length that it has in the long run: SQLite begins it anew after 1000 pages but leaves the file
 * as long as it is, and a commit within the file costs a quarter less than one that makes it longer. This is done
 * without syncs; then a checkpoint with syncs makes everything durable before the first row comes.
 */
static void lengthen_log(sqlite3 *db) {
    char sql[64];
    execute(db, "PRAGMA synchronous=OFF");
    for (int i = 1; i <= LOG_PAGES; i++) {
        snprintf(sql, sizeof sql, "PRAGMA user_version=%d", i); /* a transaction of one page */
        execute(db, sql);
    }
    execute(db, "PRAGMA synchronous=FULL; PRAGMA wal_checkpoint;");
    if (integer(db, "PRAGMA synchronous") != 2) die("the database is not in synchronous=FULL");
}

/* Opens folder/name; creates it with `schema` if that isn't NULL, and then it must not be there yet. */
static sqlite3 *open_database(const char *folder, const char *name, const char *schema) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) die("the folder's name is too long");
    if (schema && access(path, F_OK) == 0) die("%s is there already", path);
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | (schema ? SQLITE_OPEN_CREATE : 0) | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) die("%s: %s", path, sqlite3_errmsg(db));
    /*
     * Durability as asked: WAL, FULL. The rest is speed: nobody else opens the file, so no locks; Debian's library
     * would overwrite deleted rows with zeros. Larger caches, longer logs and mmap made no difference in trials.
     */
    execute(db, "PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=FULL; PRAGMA secure_delete=OFF; PRAGMA cache_size=-16384;");
    if (schema) execute(db, schema);
    lengthen_log(db);
    return db;
}

/* Closing copies the log into the database and syncs it. */
static void close_database(sqlite3 *db) {
    for (sqlite3_stmt *statement; (statement = sqlite3_next_stmt(db, NULL));) sqlite3_finalize(statement);
    check(db, sqlite3_close(db));
}

/* Prepares an INSERT of so many rows. */
static sqlite3_stmt *prepare_insert(sqlite3 *db, const char *into, const char *row, const char *rest, int rows) {
    char sql[1024];
    strcpy(sql, into);
    for (int i = 0; i < rows; i++) strcat(strcat(sql, i == 0 ? " VALUES " : ", "), row);
    return prepare(db, strcat(sql, rest));
}

/* The writing side of the outbox. */
struct outbox {
    sqlite3 *db;
    sqlite3_stmt *begin, *one, *many, *commit;
};

static struct outbox open_outbox(const char *folder, const char *schema) {
    static const char into[] = "INSERT INTO row (seq, boot, body, crc)", row[] = "(?, 1, ?, ?)";
    struct outbox out = {.db = open_database(folder, "outbox.db", schema)};
    out.begin = prepare(out.db, "BEGIN IMMEDIATE");
    out.one = prepare_insert(out.db, into, row, "", 1);
    out.many = prepare_insert(out.db, into, row, "", TOGETHER);
    out.commit = prepare(out.db, "COMMIT");
    return out;
}

/* Inserts `count` rows from `seq` on; their bodies are `stride` bytes apart. */
static void insert_rows(struct outbox *out, int64_t seq, const uint8_t *body, size_t stride, int64_t count) {
    while (count > 0) {
        int together = count < TOGETHER ? 1 : TOGETHER;
        sqlite3_stmt *insert = together == 1 ? out->one : out->many;
        for (int place = 0; place < together; place++, seq++, count--, body += stride) {
            sqlite3_bind_int64(insert, place * 3 + 1, seq);
            sqlite3_bind_blob(insert, place * 3 + 2, body, BODY, SQLITE_STATIC);
            sqlite3_bind_int64(insert, place * 3 + 3, crc32c(body, BODY));
        }
        run(out->db, insert);
    }
}

static void fill(struct outbox *out, int64_t rows, int64_t batch) {
    uint8_t bodies[TOGETHER][BODY];
    uint64_t origin = (uint64_t)wall_ms();
    for (int64_t seq = 1; seq <= rows;) {
        int64_t next = seq + batch <= rows ? seq + batch : rows + 1;
        run(out->db, out->begin);
        while (seq < next) {
            int64_t count = next - seq < TOGETHER ? next - seq : TOGETHER;
            for (int64_t i = 0; i < count; i++) make_body(bodies[i], (uint64_t)(seq + i), origin + (uint64_t)(seq + i));
            insert_rows(out, seq, bodies[0], BODY, count);
            seq += count;
        }
        run(out->db, out->commit);
    }
}

/* MARK: arrivals */

/* Rows that arrive at a steady rate, made by a thread of their own. Row number n (from 1) is scan[n - 1]. */
struct arrivals {
    struct scan {
        int64_t at;
        uint8_t body[BODY];
    } *scan;
    int64_t total, rate;
    int64_t count; /* arrived so far, under the mutex */
    pthread_mutex_t mutex;
    pthread_cond_t more;
    int event; /* eventfd to wake a poll(), or -1 */
    pthread_t thread;
};

static void *produce(void *argument) {
    struct arrivals *in = argument;
    prctl(PR_SET_TIMERSLACK, 1); /* wake when it is time, not up to 50 µs later */
    int64_t start = now_ns() + 1000000;
    for (int64_t i = 0; i < in->total; i++) {
        int64_t due = start + (int64_t)((double)i * 1e9 / (double)in->rate);
        struct timespec until = {due / 1000000000, due % 1000000000};
        while (now_ns() < due) clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        struct scan *scan = &in->scan[i];
        scan->at = now_ns(); /* it arrives now */
        make_body(scan->body, (uint64_t)i + 1, (uint64_t)wall_ms());
        pthread_mutex_lock(&in->mutex);
        in->count = i + 1;
        pthread_mutex_unlock(&in->mutex);
        if (in->event < 0) pthread_cond_signal(&in->more);
        else if (eventfd_write(in->event, 1) != 0) die("eventfd: %s", strerror(errno));
    }
    return NULL;
}

static void start_arrivals(struct arrivals *in, int64_t total, int64_t rate, bool wakes_poll) {
    *in = (struct arrivals){.total = total, .rate = rate, .event = -1};
    in->scan = allocate((size_t)total * sizeof *in->scan);
    pthread_mutex_init(&in->mutex, NULL);
    pthread_cond_init(&in->more, NULL);
    if (wakes_poll && (in->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0) die("eventfd: %s", strerror(errno));
    int code = pthread_create(&in->thread, NULL, produce, in);
    if (code != 0) die("thread: %s", strerror(code));
}

/* How many rows have arrived; waits for more than `taken` unless the caller polls. */
static int64_t arrived(struct arrivals *in, int64_t taken) {
    pthread_mutex_lock(&in->mutex);
    while (in->event < 0 && in->count == taken) pthread_cond_wait(&in->more, &in->mutex);
    int64_t count = in->count;
    pthread_mutex_unlock(&in->mutex);
    return count;
}

/* Group commit: the rows from `taken` to `count` in one transaction. */
static void commit_arrivals(struct outbox *out, struct arrivals *in, int64_t taken, int64_t count) {
    run(out->db, out->begin);
    insert_rows(out, taken + 1, in->scan[taken].body, sizeof *in->scan, count - taken);
    run(out->db, out->commit);
}

/* MARK: accept */

static void accept_rows(const char *folder, int64_t rows, int64_t batch, int64_t rate) {
    struct outbox out = open_outbox(folder, outbox_schema);
    if (rate == 0) {
        int64_t start = now_ns();
        fill(&out, rows, batch);
        print("accept-rows-per-s", (double)rows * 1e9 / (double)(now_ns() - start), 0, "rows/s");
    } else {
        struct arrivals in;
        int64_t *latency = allocate((size_t)rows * sizeof *latency);
        start_arrivals(&in, rows, rate, false);
        for (int64_t taken = 0; taken < rows;) {
            int64_t count = arrived(&in, taken);
            commit_arrivals(&out, &in, taken, count);
            for (int64_t done = now_ns(); taken < count; taken++) latency[taken] = done - in.scan[taken].at;
        }
        pthread_join(in.thread, NULL);
        print_latencies("accept", latency, (size_t)rows);
    }
    if (integer(out.db, "SELECT count(*) FROM row") != rows) die("rows are missing");
    close_database(out.db);
}

/* MARK: MQTT */

static void check_link(int code) {
    if (code != MOSQ_ERR_SUCCESS) die("mqtt: %s", code == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(code));
}

static bool subscribed = false;

static void on_subscribe(struct mosquitto *link, void *user, int id, int count, const int *granted) {
    (void)link, (void)user, (void)id;
    subscribed = count == 1 && granted[0] < 128;
}

/*
 * Connects and subscribes. There is no network thread: with a loop of one's own a publish is written to the socket at
 * once, and no lock or wake-up stands between the network and the database.
 */
static struct mosquitto *open_link(int port, const char *topic, int qos, void *user,
    void (*on_message)(struct mosquitto *, void *, const struct mosquitto_message *)) {
    check_link(mosquitto_lib_init());
    struct mosquitto *link = mosquitto_new(NULL, true, user);
    if (!link) die("mqtt: %s", strerror(errno));
    check_link(mosquitto_int_option(link, MOSQ_OPT_TCP_NODELAY, 1));
    check_link(mosquitto_max_inflight_messages_set(link, 0));
    mosquitto_subscribe_callback_set(link, on_subscribe);
    mosquitto_message_callback_set(link, on_message);
    int code = mosquitto_connect(link, "127.0.0.1", port, 60);
    if (code != MOSQ_ERR_SUCCESS) die("no broker at 127.0.0.1:%d: %s", port, strerror(errno));
    check_link(mosquitto_subscribe(link, NULL, topic, qos));
    for (int64_t deadline = now_ns() + 5000000000; !subscribed;) {
        check_link(mosquitto_loop(link, 100, 1));
        if (now_ns() > deadline) die("the broker does not answer");
    }
    return link;
}

/* Waits for the broker or `other`, sends what could not be sent at once; true if the broker has sent something. */
static bool wait_link(struct mosquitto *link, struct pollfd *other, int count, int timeout) {
    struct pollfd all[3] = {{.fd = mosquitto_socket(link), .events = POLLIN}};
    if (mosquitto_want_write(link)) all[0].events |= POLLOUT;
    memcpy(all + 1, other, (size_t)count * sizeof *other);
    if (poll(all, (nfds_t)count + 1, timeout) < 0 && errno != EINTR) die("poll: %s", strerror(errno));
    memcpy(other, all + 1, (size_t)count * sizeof *other);
    if (all[0].revents & POLLOUT) check_link(mosquitto_loop_write(link, 1));
    check_link(mosquitto_loop_misc(link));
    return all[0].revents & ~POLLOUT;
}

static bool is_readable(struct mosquitto *link) {
    struct pollfd socket = {.fd = mosquitto_socket(link), .events = POLLIN};
    return poll(&socket, 1, 0) > 0;
}

/* MARK: the centre */

struct centre {
    sqlite3 *db;
    sqlite3_stmt *begin, *one, *many, *commit;
    ZSTD_DCtx *decompressor;
    PGconn *server;     /* instead of db, where the store is PostgreSQL */
    int frames;         /* in the open transaction */
    int64_t contiguous; /* all rows up to this one are stored */
    int64_t received;
    uint8_t frame[FRAME_BYTES];
};

/* Binds the row that stands at `at` as the one with number `place` of an INSERT; answers where the row ends. */
static const uint8_t *bind_row(
    struct centre *centre, sqlite3_stmt *insert, int place, int64_t seq, const uint8_t *at, const uint8_t *end) {
    static const char digits[] = "0123456789abcdef";
    static char subjects[TOGETHER][64];
    char *subject = subjects[place];
    struct fields row;
    uint16_t length;
    if (end - at < 2) die("the centre got a short frame");
    memcpy(&length, at, 2);
    at += 2;
    if (length > end - at || !read_body(at, length, &row) || row.tag_size > sizeof subjects[0] / 2)
        die("the centre got a bad row");
    for (uint64_t i = 0; i < row.tag_size; i++) {
        subject[2 * i] = digits[row.tag[i] >> 4];
        subject[2 * i + 1] = digits[row.tag[i] & 15];
    }
    int first = place * 8;
    sqlite3_bind_int64(insert, first + 1, seq);
    sqlite3_bind_int64(insert, first + 2, (int64_t)row.kind);
    sqlite3_bind_int64(insert, first + 3, (int64_t)row.captured);
    sqlite3_bind_int64(insert, first + 4, centre->received);
    sqlite3_bind_text(insert, first + 5, (const char *)row.device, (int)row.device_size, SQLITE_STATIC);
    sqlite3_bind_text(insert, first + 6, (const char *)row.zone, (int)row.zone_size, SQLITE_STATIC);
    sqlite3_bind_text(insert, first + 7, subject, (int)row.tag_size * 2, SQLITE_STATIC);
    sqlite3_bind_blob(insert, first + 8, at, length, SQLITE_STATIC);
    return at + length;
}

/* MARK: the centre on PostgreSQL */

static const char server_schema[] =
    "CREATE SCHEMA IF NOT EXISTS yard; DROP TABLE IF EXISTS yard.record;"
    "CREATE TABLE yard.record (stream bigint NOT NULL, seq bigint NOT NULL, kind bigint NOT NULL, captured bigint NOT NULL,"
    " received bigint NOT NULL, synced bigint NOT NULL, device text COLLATE \"C\", zone text COLLATE \"C\","
    " subject text COLLATE \"C\", body bytea NOT NULL, PRIMARY KEY (stream, seq))";

/* One command that answers with no rows. */
static void command(PGconn *server, const char *sql) {
    PGresult *result = PQexec(server, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_COPY_IN) die("postgresql: %s", PQerrorMessage(server));
    PQclear(result);
}

static PGconn *open_server(const char *store) {
    PGconn *server = PQconnectdb(store);
    if (PQstatus(server) != CONNECTION_OK) die("postgresql: %s", PQerrorMessage(server));
    command(server, "SET client_min_messages = error; SET synchronous_commit = on");
    return server;
}

static uint8_t *put(uint8_t *at, uint64_t value, int size) {
    for (int i = size - 1; i >= 0; i--) *at++ = (uint8_t)(value >> (8 * i));
    return at;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size) {
    at = put(at, size, 4);
    memcpy(at, bytes, size);
    return at + size;
}

/* All frames of a transaction are one COPY in binary form; a row is at most 4 times as long as in its frame. */
static void copy_frame(struct centre *centre, int64_t first, int count, const uint8_t *at, const uint8_t *end) {
    static const char digits[] = "0123456789abcdef";
    static uint8_t out[FRAME_BYTES * 2 + FRAME_ROWS * 160];
    uint8_t *to = out;
    for (int done = 0; done < count; done++) {
        struct fields row;
        uint16_t length;
        char subject[64];
        if (end - at < 2) die("the centre got a short frame");
        memcpy(&length, at, 2);
        at += 2;
        if (length > end - at || !read_body(at, length, &row) || row.tag_size > sizeof subject / 2)
            die("the centre got a bad row");
        for (uint64_t i = 0; i < row.tag_size; i++) {
            subject[2 * i] = digits[row.tag[i] >> 4];
            subject[2 * i + 1] = digits[row.tag[i] & 15];
        }
        const uint64_t numbers[] = {1, (uint64_t)first + (uint64_t)done, row.kind, row.captured, (uint64_t)centre->received, 1};
        to = put(to, 10, 2);
        for (int i = 0; i < 6; i++) to = put(put(to, 8, 4), numbers[i], 8);
        to = put_bytes(to, row.device, row.device_size);
        to = put_bytes(to, row.zone, row.zone_size);
        to = put_bytes(to, subject, row.tag_size * 2);
        to = put_bytes(to, at, length);
        at += length;
    }
    if (PQputCopyData(centre->server, (char *)out, (int)(to - out)) != 1) die("postgresql: %s", PQerrorMessage(centre->server));
}

static void begin_copy(struct centre *centre) {
    static const char header[19] = "PGCOPY\n\377\r\n";
    command(centre->server, "BEGIN");
    command(centre->server, "COPY yard.record FROM STDIN (FORMAT binary)");
    if (PQputCopyData(centre->server, header, sizeof header) != 1) die("postgresql: %s", PQerrorMessage(centre->server));
}

static void commit_copy(struct centre *centre) {
    PGresult *result;
    if (PQputCopyData(centre->server, "\377\377", 2) != 1 || PQputCopyEnd(centre->server, NULL) != 1)
        die("postgresql: %s", PQerrorMessage(centre->server));
    while ((result = PQgetResult(centre->server))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) die("postgresql: %s", PQerrorMessage(centre->server));
        PQclear(result);
    }
    command(centre->server, "COMMIT");
}

/* A frame: its rows are inserted at once; its transaction is committed once no more frames are waiting, or after 32. */
static void on_frame(struct mosquitto *link, void *user, const struct mosquitto_message *message) {
    (void)link;
    struct centre *centre = user;
    size_t size = ZSTD_decompressDCtx(
        centre->decompressor, centre->frame, FRAME_BYTES, message->payload, (size_t)message->payloadlen);
    if (ZSTD_isError(size) || size < FRAME_HEAD) die("the centre got a bad frame");
    int64_t first;
    uint16_t count;
    memcpy(&first, centre->frame, 8);
    memcpy(&count, centre->frame + 8, 2);
    if (centre->frames++ == 0) {
        if (centre->server) begin_copy(centre);
        else run(centre->db, centre->begin);
        centre->received = wall_ms();
    }
    const uint8_t *at = centre->frame + FRAME_HEAD, *end = centre->frame + size;
    if (centre->server) copy_frame(centre, first, count, at, end);
    for (int done = 0; !centre->server && done < count;) {
        int together = count - done < TOGETHER ? 1 : TOGETHER;
        sqlite3_stmt *insert = together == 1 ? centre->one : centre->many;
        for (int place = 0; place < together; place++) at = bind_row(centre, insert, place, first + done++, at, end);
        run(centre->db, insert);
    }
    int64_t last = first + count - 1;
    if (first <= centre->contiguous + 1 && last > centre->contiguous) centre->contiguous = last;
}

/* The centre's process; says a byte on `control` when it is ready, and ends when the sender closes it. */
_Noreturn static void centre_process(const char *folder, const char *store, int port, int control) {
    static const char into[] =
        "INSERT INTO record (stream, seq, kind, captured, received, synced, device, zone, subject, body)";
    static const char row[] = "(1, ?, ?, ?, ?, 1, ?, ?, ?, ?)", rest[] = " ON CONFLICT DO NOTHING";
    struct centre centre = {.decompressor = ZSTD_createDCtx()};
    if (!centre.decompressor) die("zstd does not start");
    if (store) {
        centre.server = open_server(store);
        command(centre.server, server_schema);
    } else {
        centre.db = open_database(folder, "centre.db", centre_schema);
        centre.begin = prepare(centre.db, "BEGIN IMMEDIATE");
        centre.one = prepare_insert(centre.db, into, row, rest, 1);
        centre.many = prepare_insert(centre.db, into, row, rest, TOGETHER);
        centre.commit = prepare(centre.db, "COMMIT");
    }
    struct mosquitto *link = open_link(port, "y/s", 1, &centre, on_frame);
    if (write(control, "r", 1) != 1) die("the sender is gone");
    for (struct pollfd end = {.fd = control, .events = POLLIN}; !end.revents;) {
        if (!wait_link(link, &end, 1, 1000)) continue;
        do check_link(mosquitto_loop_read(link, 1));
        while (centre.frames < GATHER && is_readable(link));
        if (centre.frames == 0) continue;
        if (store) commit_copy(&centre);
        else run(centre.db, centre.commit);
        centre.frames = 0;
        check_link(mosquitto_publish(link, NULL, "y/ack", sizeof centre.contiguous, &centre.contiguous, 0, false));
    }
    if (store) PQfinish(centre.server);
    else close_database(centre.db);
    _exit(0);
}

/* Starts the centre's process and waits until it has subscribed; the answer is its control socket. */
static int start_centre(const char *folder, const char *store, int port) {
    int pair[2];
    char ready;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) die("socketpair: %s", strerror(errno));
    pid_t process = fork();
    if (process < 0) die("fork: %s", strerror(errno));
    if (process == 0) {
        close(pair[0]);
        centre_process(folder, store, port, pair[1]);
    }
    child = process;
    close(pair[1]);
    if (read(pair[0], &ready, 1) != 1) die("the centre does not start");
    return pair[0];
}

/* Ends the centre's process and looks whether it has all rows. */
static void stop_centre(const char *folder, const char *store, int control, int64_t rows) {
    int status;
    close(control);
    if (waitpid(child, &status, 0) != child || status != 0) die("the centre did not end well");
    child = 0;
    if (store) {
        PGconn *server = open_server(store);
        PGresult *result = PQexec(server, "SELECT count(*) FROM yard.record WHERE length(body) = 40 AND length(subject) = 24");
        if (PQntuples(result) != 1 || strtoll(PQgetvalue(result, 0, 0), NULL, 10) != rows) die("the centre misses rows");
        PQclear(result);
        command(server, "DROP SCHEMA yard CASCADE");
        PQfinish(server);
        return;
    }
    sqlite3 *db = open_database(folder, "centre.db", NULL);
    if (integer(db, "SELECT count(*) FROM record WHERE length(body) = 40 AND length(subject) = 24") != rows
        || integer(db, "SELECT seq FROM record ORDER BY stream DESC, seq DESC") != rows) die("the centre misses rows");
    close_database(db);
}

/* MARK: the sender */

struct sender {
    struct outbox out;
    sqlite3_stmt *select, *delete;
    struct mosquitto *link;
    ZSTD_CCtx *compressor;
    int64_t top;               /* rows up to this one are in the outbox */
    int64_t sent;              /* published */
    int64_t acknowledged;      /* stored by the centre */
    int64_t deleted;           /* deleted here */
    int64_t last[WINDOW];      /* last rows of the frames on their way, a ring: */
    unsigned oldest, newest;   /* from newest - oldest frames ago */
    unsigned acks;             /* since the last delete */
    int64_t last_delete;       /* when */
    int64_t last_ack;          /* when */
    int64_t wire;              /* bytes published */
    const struct arrivals *in; /* live only */
    int64_t *latency;          /* live only */
    uint8_t frame[FRAME_BYTES];
    uint8_t packed[ZSTD_COMPRESSBOUND(FRAME_BYTES)];
};

static void on_ack(struct mosquitto *link, void *user, const struct mosquitto_message *message) {
    (void)link;
    struct sender *sender = user;
    int64_t upto, now = now_ns();
    if (message->payloadlen != sizeof upto) die("bad acknowledgement");
    memcpy(&upto, message->payload, sizeof upto);
    if (upto > sender->sent) die("acknowledgement of rows that were not sent");
    sender->acks++;
    sender->last_ack = now;
    while (sender->oldest != sender->newest && sender->last[sender->oldest % WINDOW] <= upto) sender->oldest++;
    for (; sender->acknowledged < upto; sender->acknowledged++) {
        if (sender->in) sender->latency[sender->acknowledged] = now - sender->in->scan[sender->acknowledged].at;
    }
}

/* Publishes the next rows of the outbox as one frame. */
static void send_frame(struct sender *sender) {
    int64_t first = sender->sent + 1, next = first;
    size_t size = FRAME_HEAD;
    int code;
    sqlite3_bind_int64(sender->select, 1, sender->sent);
    while ((code = sqlite3_step(sender->select)) == SQLITE_ROW) {
        const void *body = sqlite3_column_blob(sender->select, 1);
        uint16_t length = (uint16_t)sqlite3_column_bytes(sender->select, 1);
        if (sqlite3_column_int64(sender->select, 0) != next || size + 2 + length > FRAME_BYTES) break;
        memcpy(sender->frame + size, &length, 2);
        memcpy(sender->frame + size + 2, body, length);
        size += 2u + length;
        next++;
    }
    check(sender->out.db, sqlite3_reset(sender->select));
    uint16_t count = (uint16_t)(next - first);
    if (count == 0) die("row %" PRId64 " is missing in the outbox", next);
    memcpy(sender->frame, &first, 8);
    memcpy(sender->frame + 8, &count, 2);
    size = ZSTD_compress2(sender->compressor, sender->packed, sizeof sender->packed, sender->frame, size);
    if (ZSTD_isError(size)) die("zstd: %s", ZSTD_getErrorName(size));
    check_link(mosquitto_publish(sender->link, NULL, "y/s", (int)size, sender->packed, 1, false));
    sender->wire += (int64_t)size;
    sender->sent = next - 1;
    sender->last[sender->newest++ % WINDOW] = sender->sent;
}

/* One DELETE is a transaction of its own. */
static void delete_acknowledged(struct sender *sender) {
    sqlite3_bind_int64(sender->delete, 1, sender->acknowledged);
    run(sender->out.db, sender->delete);
    sender->deleted = sender->acknowledged;
    sender->acks = 0;
    sender->last_delete = now_ns();
}

/* Works until `rows` rows have been acknowledged and deleted; `in` gives them while it does so, or is NULL. */
static void work(struct sender *sender, struct arrivals *in, int64_t rows, int control) {
    unsigned window = in ? LIVE_WINDOW : WINDOW;
    sender->last_ack = sender->last_delete = now_ns();
    for (;;) {
        while (sender->sent < sender->top && sender->newest - sender->oldest < window) send_frame(sender);
        int timeout = 1000;
        if (sender->acknowledged > sender->deleted) {
            /* After the last acknowledgement there is nothing left to wait for. */
            int64_t left = DELETE_MS - (now_ns() - sender->last_delete) / 1000000;
            if (sender->acks >= DELETE_ACKS || left <= 0 || sender->acknowledged == rows) delete_acknowledged(sender);
            else timeout = (int)left;
        }
        if (sender->deleted == rows) return;
        struct pollfd other[2] = {{.fd = control, .events = POLLIN}, {.fd = in ? in->event : -1, .events = POLLIN}};
        bool readable = wait_link(sender->link, other, 2, timeout);
        if (other[0].revents) die("the centre has ended");
        if (readable) {
            do check_link(mosquitto_loop_read(sender->link, 1));
            while (is_readable(sender->link));
        }
        if (other[1].revents) {
            eventfd_t ignored;
            eventfd_read(in->event, &ignored);
            int64_t count = arrived(in, sender->top);
            if (count > sender->top) commit_arrivals(&sender->out, in, sender->top, count);
            sender->top = count;
        }
        if (sender->sent > sender->acknowledged && now_ns() - sender->last_ack > STALL_MS * INT64_C(1000000))
            die("no acknowledgement for %d s", STALL_MS / 1000);
    }
}

static void open_sender(struct sender *sender, const char *folder, int port, const char *schema) {
    memset(sender, 0, sizeof *sender);
    sender->out = open_outbox(folder, schema);
    sender->select = prepare(sender->out.db, "SELECT seq, body FROM row WHERE seq > ? ORDER BY seq LIMIT 500");
    sender->delete = prepare(sender->out.db, "DELETE FROM row WHERE seq <= ?");
    sender->compressor = ZSTD_createCCtx();
    if (!sender->compressor || ZSTD_isError(ZSTD_CCtx_setParameter(sender->compressor, ZSTD_c_compressionLevel, 3)))
        die("zstd does not start");
    sender->link = open_link(port, "y/ack", 0, sender, on_ack);
}

static void close_sender(struct sender *sender) {
    if (integer(sender->out.db, "SELECT count(*) FROM row") != 0) die("the outbox is not empty");
    close_database(sender->out.db);
    check_link(mosquitto_disconnect(sender->link));
}

static struct sender sender;

static void replay(const char *folder, const char *store, int64_t rows, int port) {
    struct outbox out = open_outbox(folder, outbox_schema);
    fill(&out, rows, 50000);
    close_database(out.db); /* none may be open across the fork */
    int control = start_centre(folder, store, port);
    open_sender(&sender, folder, port, NULL);
    sender.top = rows;
    int64_t start = now_ns();
    work(&sender, NULL, rows, control);
    double seconds = (double)(now_ns() - start) / 1e9;
    close_sender(&sender);
    stop_centre(folder, store, control, rows);
    print("replay-rows-per-s", (double)rows / seconds, 0, "rows/s");
    print("replay-wire-bytes-per-row", (double)sender.wire / (double)rows, 2, "bytes");
    print("replay-seconds", seconds, 3, "s");
}

static void live(const char *folder, const char *store, int port, int64_t rate, int64_t seconds) {
    int64_t rows = rate * seconds;
    int control = start_centre(folder, store, port);
    open_sender(&sender, folder, port, outbox_schema);
    struct arrivals in;
    sender.in = &in;
    sender.latency = allocate((size_t)rows * sizeof *sender.latency);
    start_arrivals(&in, rows, rate, true);
    work(&sender, &in, rows, control);
    pthread_join(in.thread, NULL);
    close_sender(&sender);
    stop_centre(folder, store, control, rows);
    print_latencies("live", sender.latency, (size_t)rows);
}

/* MARK: the command line */

_Noreturn static void usage(void) {
    fputs("usage: yardstick accept --folder DIR --rows N --batch B [--rate R]\n"
          "       yardstick replay --folder DIR --rows N --port P [--store URL]\n"
          "       yardstick live --folder DIR --port P --rate R --seconds S [--store URL]\n"
          "DIR is created if it is missing and keeps the databases, which must not be there yet. With --rate, all\n"
          "rows that arrived during the last commit share the next one, and B is ignored. replay and live need a\n"
          "broker at 127.0.0.1:P that takes anonymous clients. With --store the centre COPYs into that PostgreSQL database.\n",
        stderr);
    exit(2);
}

int main(int argc, char **argv) {
    /* Which options each subcommand needs (n) or allows (a). */
    static const struct {
        const char *name, *options;
    } commands[] = {{"accept", "nn-an--"}, {"replay", "nnn---a"}, {"live", "n-nn-na"}};
    static const struct {
        const char *name;
        int64_t most;
    } options[] = {{"--folder", 0}, {"--rows", 100000000}, {"--port", 65535},
        {"--rate", 1000000}, {"--batch", 100000000}, {"--seconds", 3600}, {"--store", 0}};
    const char *folder = NULL, *store = NULL, *allowed = NULL;
    int64_t values[7] = {0};
    for (size_t i = 0; argc > 1 && i < 3; i++) {
        if (strcmp(argv[1], commands[i].name) == 0) allowed = commands[i].options;
    }
    if (!allowed || argc % 2 != 0) usage();
    for (int i = 2; i < argc; i += 2) {
        size_t option = 0;
        while (option < 7 && strcmp(argv[i], options[option].name) != 0) option++;
        if (option == 7 || allowed[option] == '-' || values[option] != 0) usage();
        if (option == 0 || option == 6) {
            *(option == 0 ? &folder : &store) = argv[i + 1];
            values[option] = 1;
            continue;
        }
        char *end;
        errno = 0;
        values[option] = strtoll(argv[i + 1], &end, 10);
        if (errno || *end || values[option] < 1 || values[option] > options[option].most) usage();
    }
    for (size_t option = 0; option < 7; option++) {
        if (allowed[option] == 'n' && values[option] == 0) usage();
    }
    if (mkdir(folder, 0755) != 0 && errno != EEXIST) die("%s: %s", folder, strerror(errno));
    /* Each process uses SQLite from one thread only, so its mutexes are not needed; nor are its statistics. */
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    signal(SIGPIPE, SIG_IGN);
    prepare_crc();
    if (allowed == commands[0].options) accept_rows(folder, values[1], values[4], values[3]);
    else if (allowed == commands[1].options) replay(folder, store, values[1], (int)values[2]);
    else live(folder, store, (int)values[2], values[3], values[5]);
    return 0;
}
