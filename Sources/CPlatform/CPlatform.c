#define _GNU_SOURCE
#include <malloc.h>
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <unistd.h>

int cplatform_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

void cplatform_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

bool cplatform_clock_is_set(void) {
    struct timex state = {0};
    return adjtimex(&state) != TIME_ERROR;
}

static void fail(int report) {
    int code = errno;
    if (write(report, &code, sizeof code) < 0) _exit(126);
    _exit(127);
}

int cplatform_spawn(const char *const *arguments, const char *const *environment, unsigned long long memory, int pipes[3]) {
    int ends[4][2];
    for (int i = 0; i < 4; i++) {
        if (pipe2(ends[i], O_CLOEXEC) != 0) {
            int code = errno;
            while (--i >= 0) close(ends[i][0]), close(ends[i][1]);
            return -code;
        }
    }
    int report = ends[3][1];
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) {
        // Between fork and exec only what is safe in a program of many threads.
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
        if (getppid() != parent) _exit(1);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        struct rlimit limit = {memory, memory};
        setrlimit(RLIMIT_AS, &limit);
        struct rlimit core = {0, 0};
        setrlimit(RLIMIT_CORE, &core);
        struct rlimit files = {256, 256};
        setrlimit(RLIMIT_NOFILE, &files);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        if (dup2(ends[0][0], 0) < 0 || dup2(ends[1][1], 1) < 0 || dup2(ends[2][1], 2) < 0) fail(report);
        for (int fd = 3; fd < 1024; fd++)
            if (fd != report) close(fd);
        execve(arguments[0], (char *const *)arguments, (char *const *)environment);
        fail(report);
    }
    int code = errno;
    close(ends[0][0]), close(ends[1][1]), close(ends[2][1]), close(ends[3][1]);
    if (child > 0) {
        // The pipe closes without a word when the program has begun.
        ssize_t count;
        while ((count = read(ends[3][0], &code, sizeof code)) < 0 && errno == EINTR) {}
        if (count > 0) waitpid(child, NULL, 0), child = -1;
    }
    close(ends[3][0]);
    pipes[0] = ends[0][1], pipes[1] = ends[1][0], pipes[2] = ends[2][0];
    if (child < 0) {
        for (int i = 0; i < 3; i++) close(pipes[i]);
        return -code;
    }
    for (int i = 0; i < 3; i++) fcntl(pipes[i], F_SETFL, O_NONBLOCK);
    return child;
}

int cplatform_either(int a, int b) {
    int either = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event first = {.events = EPOLLIN, .data.fd = a}, second = {.events = EPOLLIN, .data.fd = b};
    if (either >= 0) epoll_ctl(either, EPOLL_CTL_ADD, a, &first);
    if (either >= 0 && b >= 0) epoll_ctl(either, EPOLL_CTL_ADD, b, &second);
    return either;
}

void cplatform_with(int either, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(either, EPOLL_CTL_ADD, fd, &event);
}

void cplatform_without(int either, int fd) { epoll_ctl(either, EPOLL_CTL_DEL, fd, NULL); }

void cplatform_trim(void) { malloc_trim(0); }

void cplatform_keep_little(void) {
    mallopt(M_TRIM_THRESHOLD, 512 << 10);
    mallopt(M_MMAP_THRESHOLD, 2 << 20);
}
