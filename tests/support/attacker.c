// SPDX-License-Identifier: Apache-2.0
// The hostile process of the replays (tests/system/test_replay_*.sh): static, and harmless unless
// something that we promise is broken. Runs one verb; what it got hold of goes to standard output.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

// Exchanges two names until it is killed or they are gone.
static int swap(const char* one, const char* other) {
    int misses = 0;
    while (misses < 100000) {
        if (renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0)
            misses = 0;
        else if (errno == ENOENT)
            ++misses;
    }
    return 0;
}

static int is_own(const struct stat* info) {
    struct stat own;
    return stat("/proc/self/exe", &own) == 0 && own.st_dev == info->st_dev && own.st_ino == info->st_ino;
}

static void found(const char* what, const char* name) {
    char target[4096] = "";
    ssize_t length = readlink(name, target, sizeof target - 1);
    if (length > 0) target[length] = '\0';
    printf("%s %s -> %s\n", what, name, target);
    fflush(stdout);
}

// A directory that is not below our root, or a program that is not of our root's file system.
static void try_links(const char* pid) {
    char name[300];
    struct stat info, root;
    int fd;
    if (stat("/", &root) < 0) return;
    for (int number = 0; number < 32; ++number) {
        snprintf(name, sizeof name, "/proc/%s/fd/%d", pid, number);
        fd = open(name, O_PATH | O_CLOEXEC);
        if (fd < 0) continue;
        if (fstat(fd, &info) == 0 && (S_ISDIR(info.st_mode) || (S_ISREG(info.st_mode) && info.st_dev != root.st_dev)))
            found("descriptor", name);
        close(fd);
    }
    static const char* const links[] = {"exe", "cwd", "root"};
    for (int i = 0; i < 3; ++i) {
        snprintf(name, sizeof name, "/proc/%s/%s", pid, links[i]);
        fd = open(name, O_PATH | O_CLOEXEC);
        if (fd < 0) continue;
        if (fstat(fd, &info) == 0 && info.st_dev != root.st_dev && !is_own(&info)) found("link", name);
        close(fd);
    }
    snprintf(name, sizeof name, "/proc/%s/exe", pid);
    fd = open(name, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        found("writable", name);
        close(fd);
    }
}

// Looks into every process that appears until the file exists; traces none that is alive already.
static int hunt(const char* until) {
    int self = getpid();
    long looks = 0;
    while (access(until, F_OK) != 0) {
        DIR* proc = opendir("/proc");
        if (!proc) return 1;
        for (struct dirent* entry; (entry = readdir(proc));) {
            int pid = atoi(entry->d_name);
            if (pid <= 1 || pid == self) continue;
            ++looks;
            try_links(entry->d_name);
        }
        closedir(proc);
    }
    printf("looks %ld\n", looks);
    return 0;
}

// CVE-2019-5736: keeps the programs of all processes that it sees until the file exists, and then tells which of
// them it can write to.
static int seize(const char* until) {
    static char seen[4096][40];
    static int kept[4096];
    int count = 0;
    long looks = 0;
    while (access(until, F_OK) != 0) {
        DIR* proc = opendir("/proc");
        if (!proc) return 1;
        for (struct dirent* entry; (entry = readdir(proc));) {
            char name[300], id[40];
            struct stat info;
            if (atoi(entry->d_name) <= 0 || count == 4096) continue;
            snprintf(name, sizeof name, "/proc/%s/exe", entry->d_name);
            int fd = open(name, O_PATH | O_CLOEXEC), known = 0;
            ++looks;
            if (fd < 0) continue;
            if (fstat(fd, &info) < 0) return 1;
            snprintf(id, sizeof id, "%lu:%lu", (unsigned long)info.st_dev, (unsigned long)info.st_ino);
            for (int i = 0; i < count; ++i) known |= strcmp(seen[i], id) == 0;
            if (known) {
                close(fd);
                continue;
            }
            strcpy(seen[count], id);
            kept[count++] = fd;
        }
        closedir(proc);
    }
    for (int i = 0; i < count; ++i) {
        char name[40];
        snprintf(name, sizeof name, "/proc/self/fd/%d", kept[i]);
        int fd = open(name, O_RDWR | O_CLOEXEC), writable;
        // With what is there already. Busy: somebody runs it now, and ends some day.
        char byte;
        writable = fd < 0 ? errno == ETXTBSY : pread(fd, &byte, 1, 0) == 1 && pwrite(fd, &byte, 1, 0) == 1;
        printf("%s %s\n", writable ? "writable" : "safe", seen[i]);
        if (fd >= 0) close(fd);
    }
    printf("looks %ld\n", looks);
    return 0;
}

// What the process that is or becomes init runs, into a file: a hook has no output that is seen.
static int try_init_program(const char* result) {
    FILE* file = fopen(result, "w");
    struct stat info;
    if (!file) return 1;
    int fd = open("/proc/1/exe", O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) < 0)
        fprintf(file, "%s\n", strerrorname_np(errno));
    else
        fprintf(file, "%lu:%lu\n", (unsigned long)info.st_dev, (unsigned long)info.st_ino);
    return fclose(file) != 0;
}

static int as_init(char** argv) {
    if (fork() == 0) _exit(hunt(argv[2]));
    for (;;)
        if (waitpid(-1, NULL, 0) < 0) pause();
}

// Types into the terminal of whoever started us; prints what the kernel says.
static int type_into(const char* text) {
    int result = 0;
    for (const char* byte = text; *byte; ++byte)
        if (ioctl(0, TIOCSTI, byte) < 0) result = errno;
    char paste[2] = {3, 0}; // TIOCL_PASTESEL
    int console = ioctl(0, TIOCLINUX, paste) < 0 ? errno : 0;
    printf("TIOCSTI %s TIOCLINUX %s\n", result ? strerrorname_np(result) : "ok", console ? strerrorname_np(console) : "ok");
    return 0;
}

// Every abstract socket that is seen, and a path: prints those that accept a connection.
static int try_connect(struct sockaddr_un* address, socklen_t size, const char* name) {
    static const int types[] = {SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM};
    for (int i = 0; i < 3; ++i) {
        int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);
        if (fd >= 0 && connect(fd, (struct sockaddr*)address, size) == 0) printf("connected %s\n", name);
        if (fd >= 0) close(fd);
    }
    return 0;
}

static int connect_to(const char* path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) return puts("too long"), 1;
    strcpy(address.sun_path, path);
    return try_connect(&address, sizeof address, path);
}

// What the listener says to somebody who sends it one byte.
static int hello(const char* path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[4096];
    if (strlen(path) >= sizeof address.sun_path) return puts("too long"), 1;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) < 0) return puts(strerrorname_np(errno)), 0;
    (void)send(fd, "", 1, MSG_NOSIGNAL); // it may have closed by now
    ssize_t size = recv(fd, answer, sizeof answer, 0);
    // A listener that closed without reading our byte: told once, before what it said last.
    if (size < 0 && errno == ECONNRESET) size = recv(fd, answer, sizeof answer, 0);
    for (ssize_t i = 0; i < size; ++i)
        if (answer[i] >= ' ') putchar(answer[i]);
    putchar('\n');
    return 0;
}

// A device of the host by its numbers, in a tree of our own.
static int open_device(const char* kind, const char* numbers) {
    unsigned major = 0, minor = 0;
    if (sscanf(numbers, "%u:%u", &major, &minor) != 2) return 98;
    unlink("/tmp/device");
    if (mknod("/tmp/device", (*kind == 'b' ? S_IFBLK : S_IFCHR) | 0600, makedev(major, minor)) < 0)
        return printf("mknod %s\n", strerrorname_np(errno)), 0;
    int fd = open("/tmp/device", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    printf("open %s\n", fd < 0 ? strerrorname_np(errno) : "ok");
    return unlink("/tmp/device");
}

// The file of a v1 hierarchy whose content the host's root runs (CVE-2022-0492); opened, not written.
static int find_release_agent(const char* controller) {
    mkdir("/tmp/cgroup", 0755);
    if (mount("cgroup", "/tmp/cgroup", "cgroup", 0, controller) < 0) return printf("mount %s\n", strerrorname_np(errno)), 0;
    int fd = open("/tmp/cgroup/release_agent", O_WRONLY | O_CLOEXEC);
    printf("open %s\n", fd < 0 ? strerrorname_np(errno) : "ok");
    if (fd >= 0) close(fd);
    return umount2("/tmp/cgroup", MNT_DETACH);
}

static int print_seals(const char* path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    printf("seals %d\n", fd < 0 ? -errno : fcntl(fd, F_GET_SEALS));
    return 0;
}

// More devices by the v1 controller: what its root says through a mount of our own, and what mknod(2) says then.
static int widen_devices(void) {
    mkdir("/tmp/cgroup", 0755);
    if (mount("cgroup", "/tmp/cgroup", "cgroup", 0, "devices") < 0) return printf("mount %s\n", strerrorname_np(errno)), 0;
    static const char* const rules[] = {"a", "c *:* rwm", "b 7:0 rwm"};
    for (int i = 0; i < 3; ++i) {
        int fd = open("/tmp/cgroup/devices.allow", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || write(fd, rules[i], strlen(rules[i])) < 0) printf("allow %s\n", strerrorname_np(errno));
        if (fd >= 0) close(fd);
    }
    umount2("/tmp/cgroup", MNT_DETACH);
    return open_device("b", "7:0");
}

int main(int argc, char** argv) {
    if (argc == 4 && !strcmp(argv[1], "swap")) return swap(argv[2], argv[3]);
    if (argc == 3 && !strcmp(argv[1], "hunt")) return hunt(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "seize")) return seize(argv[2]);
    if (argc >= 3 && !strcmp(argv[1], "init-exe")) return try_init_program(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "init-hunt")) return as_init(argv);
    if (argc == 3 && !strcmp(argv[1], "type")) return type_into(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "connect")) return connect_to(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "hello")) return hello(argv[2]);
    if (argc == 4 && !strcmp(argv[1], "device")) return open_device(argv[2], argv[3]);
    if (argc == 2 && !strcmp(argv[1], "widen-devices")) return widen_devices();
    if (argc == 3 && !strcmp(argv[1], "release-agent")) return find_release_agent(argv[2]);
    if (argc == 3 && !strcmp(argv[1], "seals")) return print_seals(argv[2]);
    fprintf(stderr, "attacker: swap A B | hunt FILE | init-hunt FILE | type TEXT | connect PATH | hello PATH |\n"
                    "  device b|c MAJOR:MINOR | release-agent CONTROLLER | seals PATH | seize FILE | init-exe FILE | widen-devices\n");
    return 98;
}
