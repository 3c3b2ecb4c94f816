// SPDX-License-Identifier: Apache-2.0
// The payload of the system tests: static, tiny, and exact about what it sees. It runs the verbs of
// its command line one after the other, or, with none, those of /etc/testinit (one a line, '#'
// comments). As PID 1 of a container it is the init; under attach or execute it is a probe.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern char** environ;

static _Noreturn void die(const char* what) {
    fprintf(stderr, "testinit: %s: %s\n", what, strerror(errno));
    exit(99);
}

static void print_file(const char* path) {
    char buffer[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(path);
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
        fwrite(buffer, 1, (size_t)n, stdout);
    close(fd);
}

static void print_status_lines(const char* prefix) {
    char line[512];
    FILE* file = fopen("/proc/self/status", "re");
    if (!file) die("/proc/self/status");
    while (fgets(line, sizeof line, file))
        if (strncmp(line, prefix, strlen(prefix)) == 0) fputs(line, stdout);
    fclose(file);
}

static void print_ids(void) {
    gid_t groups[64];
    int count = getgroups(64, groups);
    printf("uid=%u gid=%u groups=", getuid(), getgid());
    for (int i = 0; i < count; ++i) printf("%s%u", i ? "," : "", groups[i]);
    putchar('\n');
}

static void print_fds(void) {
    for (int fd = 0; fd < 1024; ++fd)
        if (fcntl(fd, F_GETFD) >= 0) printf("%d ", fd);
    putchar('\n');
}

static void print_ttys(void) {
    for (int fd = 0; fd < 3; ++fd) printf("%d=%s ", fd, isatty(fd) ? "tty" : "file");
    putchar('\n');
}

static void print_limit(const char* number) {
    struct rlimit limit;
    if (getrlimit((unsigned)atoi(number), &limit) != 0) die("getrlimit");
    printf("%lld %lld\n", (long long)limit.rlim_cur, (long long)limit.rlim_max);
}

static void print_namespace(const char* name) {
    char path[64], link[128];
    snprintf(path, sizeof path, "/proc/self/ns/%s", name);
    ssize_t n = readlink(path, link, sizeof link - 1);
    if (n < 0) die(path);
    printf("%.*s\n", (int)n, link);
}

static void write_text(const char* path, const char* text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0 || write(fd, text, strlen(text)) < 0 || write(fd, "\n", 1) < 0) die(path);
    close(fd);
}

// Halt as asked by any of the signals in use, restart on the others; tell the tests which came.
static _Noreturn void serve(int obey) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (;;) {
        int signal = sigwaitinfo(&all, NULL);
        char name[32];
        if (signal == SIGCHLD) {
            while (waitpid(-1, NULL, WNOHANG) > 0) {}
            continue;
        }
        if (signal <= 0) continue;
        snprintf(name, sizeof name, "signal %d", signal);
        write_text("/signals", name);
        if (!obey) continue;
        if (signal == SIGPWR || signal == SIGRTMIN + 3 || signal == SIGTERM || signal == SIGUSR1) exit(0);
        if (signal == SIGINT || signal == SIGRTMIN + 5) reboot(LINUX_REBOOT_CMD_RESTART);
    }
}

static void leave_children(int count) {
    for (int i = 0; i < count; ++i)
        if (fork() == 0)
            for (;;) pause();
}

static void try_syscall(const char* number) {
    long result = syscall(atol(number), 0, 0, 0, 0, 0, 0);
    printf("%s\n", result < 0 ? strerrorname_np(errno) : "ok");
}

// Rows with an argument take the next word.
static int run_verb(const char* verb, const char* argument) {
    struct utsname name;
    if (!strcmp(verb, "pause")) serve(1);
    if (!strcmp(verb, "pause-deaf")) serve(0);
    if (!strcmp(verb, "env")) {
        for (char** e = environ; *e; ++e) puts(*e);
        return 0;
    }
    if (!strcmp(verb, "caps")) return print_status_lines("Cap"), 0;
    if (!strcmp(verb, "status")) return print_file("/proc/self/status"), 0;
    if (!strcmp(verb, "mounts")) return print_file("/proc/self/mountinfo"), 0;
    if (!strcmp(verb, "uid-map")) return print_file("/proc/self/uid_map"), 0;
    if (!strcmp(verb, "gid-map")) return print_file("/proc/self/gid_map"), 0;
    if (!strcmp(verb, "cgroup")) return print_file("/proc/self/cgroup"), 0;
    if (!strcmp(verb, "ids")) return print_ids(), 0;
    if (!strcmp(verb, "fds")) return print_fds(), 0;
    if (!strcmp(verb, "ttys")) return print_ttys(), 0;
    if (!strcmp(verb, "pid")) return printf("%d\n", getpid()), 0;
    if (!strcmp(verb, "cwd")) return puts(getcwd((char[4096]){0}, 4096)), 0;
    if (!strcmp(verb, "hostname")) return uname(&name), puts(name.nodename), 0;
    if (!strcmp(verb, "machine")) return uname(&name), puts(name.machine), 0;
    if (!strcmp(verb, "no-new-privs")) return printf("%d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)), 0;
    if (!strcmp(verb, "reboot")) return reboot(LINUX_REBOOT_CMD_RESTART), 0;
    if (!strcmp(verb, "halt")) return reboot(LINUX_REBOOT_CMD_HALT), 0;
    if (!argument) {
        fprintf(stderr, "testinit: unknown verb or missing argument: %s\n", verb);
        exit(98);
    }
    if (!strcmp(verb, "exit")) {
        fflush(NULL);
        _exit(atoi(argument));
    }
    if (!strcmp(verb, "cat")) return print_file(argument), 1;
    if (!strcmp(verb, "echo")) return puts(argument), 1;
    if (!strcmp(verb, "limit")) return print_limit(argument), 1;
    if (!strcmp(verb, "namespace")) return print_namespace(argument), 1;
    if (!strcmp(verb, "touch")) return write_text(argument, ""), 1;
    if (!strcmp(verb, "children")) return leave_children(atoi(argument)), 1;
    if (!strcmp(verb, "syscall")) return try_syscall(argument), 1;
    if (!strcmp(verb, "kill")) {
        fflush(NULL);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(atoi(argument), SIG_DFL);
        return kill(getpid(), atoi(argument)), 1;
    }
    if (!strcmp(verb, "reboot-once")) { // restarts, but not when the file is already there
        if (access(argument, F_OK) != 0) {
            write_text(argument, "");
            reboot(LINUX_REBOOT_CMD_RESTART);
        }
        return 1;
    }
    fprintf(stderr, "testinit: unknown verb: %s\n", verb);
    exit(98);
}

static void run_all(char** words, int count) {
    for (int i = 0; i < count; ++i) {
        i += run_verb(words[i], i + 1 < count ? words[i + 1] : NULL);
        fflush(stdout);
    }
}

static int read_script(char** words, int limit, char* text, size_t size) {
    int count = 0;
    FILE* file = fopen("/etc/testinit", "re");
    if (!file) return 0;
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
    for (char* word = strtok(text, " \t\n"); word && count < limit; word = strtok(NULL, " \t\n"))
        words[count++] = word;
    return count;
}

int main(int argc, char** argv) {
    static char text[4096];
    char* words[256];
    // Before anything else: a signal that comes early must wait, not kill or vanish.
    sigset_t all;
    sigfillset(&all);
    if (getpid() == 1) sigprocmask(SIG_SETMASK, &all, NULL);
    int count = argc - 1;
    if (count > 0)
        run_all(argv + 1, count);
    else if ((count = read_script(words, 256, text, sizeof text)) > 0)
        run_all(words, count);
    else
        serve(1);
    return 0;
}
