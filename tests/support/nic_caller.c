// SPDX-License-Identifier: Apache-2.0
// Runs lxcpp-user-nic as a starter would, or as somebody who means harm:
//   nic-caller PID|- NETNS|- PROGRAM [ARGUMENT…]      with a pidfd as 3 and that file as 4; "-": none
//   nic-caller compare ROUNDS PID NETNS BRIDGE BRIDGE PROGRAM create X ARGUMENT…   how long it takes, for two of X
//   nic-caller race ROUNDS PROGRAM [ARGUMENT…]         the process ends at any moment while the program looks at it
// In the environment: CLOSE=012 closes these, ARGC0=1 gives no argv at all, BIG=N adds an argument of N bytes,
// LIMIT=RESOURCE:VALUE (a number of setrlimit(2)) bounds it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what) {
    fprintf(stderr, "nic-caller: %s: %s\n", what, strerror(errno));
    exit(99);
}

static void put(int fd, int number) {
    if (fd == number) { // a pidfd is born with close-on-exec
        fcntl(fd, F_SETFD, 0);
        return;
    }
    if (dup2(fd, number) < 0) die("dup2");
    close(fd);
}

static void run(int pidfd, int netns, char **argv) {
    static char *none[] = {NULL};
    const char *program = argv[0];
    if (netns >= 0) put(netns, 10);
    if (pidfd >= 0) put(pidfd, 3);
    else close(3);
    if (netns >= 0) put(10, 4);
    else close(4);
    const char *limit = getenv("LIMIT");
    if (limit) {
        const char *value = strchr(limit, ':');
        if (!value) die("LIMIT");
        const struct rlimit bound = {strtoull(value + 1, NULL, 10), strtoull(value + 1, NULL, 10)};
        if (setrlimit(atoi(limit), &bound) < 0) die("setrlimit");
    }
    if (getenv("BIG")) {
        const size_t size = strtoull(getenv("BIG"), NULL, 10);
        char *big = malloc(size + 1);
        memset(big, 'a', size);
        big[size] = 0;
        argv[2] = big;
    }
    if (getenv("ARGC0")) argv = none;
    const char *numbers = getenv("CLOSE");
    for (; numbers && *numbers; ++numbers) close(*numbers - '0');
    execve(program, argv, environ);
    die("execve");
}

static int open_pidfd(pid_t pid) {
    const int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) die("pidfd_open");
    return fd;
}

static void silence(void) {
    const int null = open("/dev/null", O_WRONLY);
    if (null < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0) die("/dev/null");
    if (null > 2) close(null);
}

static int race(int rounds, char **argv) {
    int codes[256] = {0};
    for (int i = 0; i < rounds; ++i) {
        int ready[2];
        if (pipe2(ready, O_CLOEXEC) < 0) die("pipe2");
        const pid_t target = fork();
        if (target == 0) {
            if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) die("unshare");
            close(ready[1]);
            pause();
            _exit(0);
        }
        close(ready[1]);
        char byte;
        char path[64];
        (void)!read(ready[0], &byte, 1);
        close(ready[0]);
        const int pidfd = open_pidfd(target);
        snprintf(path, sizeof path, "/proc/%d/ns/net", target);
        const int netns = open(path, O_RDONLY | O_CLOEXEC);
        if (netns < 0) die(path);
        const pid_t helper = fork();
        if (helper == 0) {
            silence();
            run(pidfd, netns, argv);
        }
        close(pidfd);
        close(netns);
        int status = -1;
        if (i % 10 == 0) waitpid(helper, &status, 0); // one that is left in peace
        else usleep((useconds_t)(i * 37 % (i % 2 ? 3000 : 30000)));
        kill(target, SIGKILL);
        waitpid(target, NULL, 0);
        if (i % 10 != 0) waitpid(helper, &status, 0);
        ++codes[WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)];
    }
    for (int i = 0; i < 256; ++i)
        if (codes[i]) printf("%d: %d times\n", i, codes[i]);
    return 0;
}

// The shortest of many calls for each of two bridges, in turn, in microseconds.
static int compare(int rounds, pid_t pid, const char *netns, char **bridges, char **argv) {
    long shortest[2] = {1000000000, 1000000000};
    for (int i = 0; i < 2 * rounds; ++i) {
        struct timespec start, end;
        argv[2] = bridges[i % 2];
        clock_gettime(CLOCK_MONOTONIC, &start);
        const pid_t helper = fork();
        if (helper == 0) {
            silence();
            run(open_pidfd(pid), open(netns, O_RDONLY), argv);
        }
        int status;
        waitpid(helper, &status, 0);
        clock_gettime(CLOCK_MONOTONIC, &end);
        if (status != 3 << 8) die("another exit code than 3");
        const long took = (end.tv_sec - start.tv_sec) * 1000000 + (end.tv_nsec - start.tv_nsec) / 1000;
        if (took < shortest[i % 2]) shortest[i % 2] = took;
    }
    printf("%ld %ld\n", shortest[0], shortest[1]);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 4) return 99;
    if (!strcmp(argv[1], "race")) return race(atoi(argv[2]), argv + 3);
    if (!strcmp(argv[1], "compare") && argc > 9) return compare(atoi(argv[2]), atoi(argv[3]), argv[4], argv + 5, argv + 7);
    const int pidfd = strcmp(argv[1], "-") ? open_pidfd(atoi(argv[1])) : -1;
    const int netns = strcmp(argv[2], "-") ? open(argv[2], O_RDONLY | O_NONBLOCK) : -1;
    if (netns < 0 && strcmp(argv[2], "-")) die(argv[2]);
    run(pidfd, netns, argv + 3);
    return 99;
}
