// SPDX-License-Identifier: Apache-2.0
// Runs a program and lets one system call of it, or of a process that it makes, go wrong.
//
//   inject --list FILE [--attach PID] [--name NAME] -- PROGRAM…    one line for each call: LABEL LETTERS CALL WHAT
//   inject --at LABEL --call CALL --what WHAT --nth N (--kill | --kill-all | --interrupt | --terminate | --errno N) --report FILE
//          [--attach PID] [--name NAME] -- PROGRAM…
//
// LABEL is the way to the process: "0" is the program, "0.2" its second child, "m" the one of --attach. WHAT is the
// path, the file behind the descriptor or the size of the memory, with @ for NAME and # for numbers and random names, so that a place
// (the Nth such call of such a process) is the same one in every run, even when others come before it in one of
// them; the report has the call that was hit. The faulty process dies before the call, or gets the error instead of
// it, or all of its group SIGINT as ctrl-C sends it (--interrupt), or PROGRAM SIGTERM (--terminate); then nothing is
// traced any more. Memory that is refused stays refused for what malloc tries next. Programs that are not lxcpp's (a
// template, the container's init) are let go when they are executed.
// Exit code: the program's; 125 when the place was not reached.
#define _GNU_SOURCE
#include "syscall_table.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/ptrace.h> // after sys/ptrace.h, which it breaks otherwise

enum { kMaxTracees = 256, kLabel = 96 };
enum { kNotReached = 125, kBroken = 126 };
enum mode { List, Kill, KillAll, Interrupt, Terminate, Error };

struct tracee {
    pid_t pid;
    char label[kLabel]; // empty: not yet known whose child it is
    int children, count, armed, inject, refused;
    long brk; // what was asked for
};

static struct tracee tracees[kMaxTracees];
static struct {
    enum mode mode;
    int error, nth, hit;
    const char *label, *call, *what, *name;
    FILE* out;
    pid_t attach, program;
} o;

static _Noreturn void die(const char* what) {
    fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
    _exit(kBroken);
}

static struct tracee* find(pid_t pid, int add) {
    struct tracee* empty = NULL;
    for (int i = 0; i < kMaxTracees; ++i) {
        if (tracees[i].pid == pid) return &tracees[i];
        if (!tracees[i].pid && !empty) empty = &tracees[i];
    }
    if (!add) return NULL;
    if (!empty) die("too many processes");
    memset(empty, 0, sizeof *empty);
    empty->pid = pid;
    return empty;
}

static void go_on(pid_t pid, int signal) { (void)ptrace(PTRACE_SYSCALL, pid, 0, signal); }

static void seize(pid_t pid, const char* label) {
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    int status;
    if (ptrace(PTRACE_SEIZE, pid, 0, options) != 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0) die("trace");
    if (waitpid(pid, &status, __WALL) != pid) die("wait for the traced");
    snprintf(find(pid, 1)->label, kLabel, "%s", label);
    go_on(pid, 0);
}

static uint64_t peek(pid_t pid, uint64_t address) {
    uint64_t value = 0;
    const struct iovec here = {&value, sizeof value}, there = {(void*)(uintptr_t)address, sizeof value};
    (void)process_vm_readv(pid, &here, 1, &there, 1, 0);
    return value;
}

static const struct call* interesting(pid_t pid, const struct ptrace_syscall_info* info, char* letters) {
    const __u64* a = info->entry.args;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; ++i) {
        const struct call* call = &calls[i];
        if ((uint64_t)call->number != info->entry.nr) continue;
        snprintf(letters, 16, "%s", call->letters);
        uint64_t flags = 0;
        if (call->number == SYS_open) flags = a[1];
        if (call->number == SYS_openat) flags = a[2];
        if (call->number == SYS_openat2) flags = peek(pid, a[2]);
        if (flags & (O_CREAT | O_TRUNC)) strcat(letters, "ms");
        if (call->number == SYS_fcntl) {
            const int locks = a[1] == F_OFD_SETLK || a[1] == F_OFD_SETLKW || a[1] == F_SETLK || a[1] == F_SETLKW;
            if (locks) strcpy(letters, (peek(pid, a[2]) & 0xffff) == F_UNLCK ? "m" : "mne"); // an l_type comes first
            else if (a[1] == F_DUPFD_CLOEXEC || a[1] == F_DUPFD) strcpy(letters, "f");
            else return NULL;
        }
        if (call->number == SYS_mmap && !(a[3] & MAP_ANONYMOUS)) strcpy(letters, "-"); // of the loader
        return call;
    }
    return NULL;
}

static void read_string(pid_t pid, uint64_t address, char* text, size_t size) {
    const struct iovec here = {text, size - 1}, there = {(void*)(uintptr_t)address, size - 1};
    const ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
    text[got > 0 ? got : 0] = 0;
    if (got > 0) return;
    for (size_t i = 0; i + 1 < size; ++i) { // near the end of a page
        text[i] = (char)peek(pid, address + i);
        text[i + 1] = 0;
        if (!text[i]) return;
    }
}

// The length of the number at the start of TEXT; of a random name, too.
static size_t number_at(const char* text) {
    enum { kRandom = 8 };
    const size_t digits = strspn(text, "0123456789"), hex = strspn(text, "0123456789abcdef");
    return hex >= kRandom ? hex : digits;
}

// The length of the end of a name that mkdtemp made: "-" and six characters.
static size_t random_end(const char* text) {
    enum { kEnd = 7 };
    int mixed = 0;
    if (*text != '-') return 0;
    for (int i = 1; i < kEnd; ++i) {
        if (!isalnum((unsigned char)text[i])) return 0;
        mixed |= !islower((unsigned char)text[i]); // "-create" is another kind of name
    }
    return mixed && (text[kEnd] == '/' || !text[kEnd]) ? kEnd : 0;
}

// Without what differs from run to run.
static void generalise(const char* from, char* to, size_t size) {
    const size_t name = o.name ? strlen(o.name) : 0;
    char* const end = to + size - 1;
    while (*from && to < end) {
        if (name && !strncmp(from, o.name, name)) {
            *to++ = '@';
            from += name;
        } else if (random_end(from)) {
            *to++ = '#';
            from += random_end(from);
        } else if (number_at(from)) {
            *to++ = '#';
            from += number_at(from);
        } else {
            *to++ = *from < ' ' && *from >= 0 ? '?' : *from;
            ++from;
        }
    }
    *to = 0;
}

static void describe(pid_t pid, const struct call* call, const __u64* args, char* text, size_t size) {
    char raw[512] = "", link[64];
    if (call->path >= 0) {
        read_string(pid, args[call->path], raw, sizeof raw);
    } else if (call->path == -1) {
        snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, (int)args[0]);
        const ssize_t got = readlink(link, raw, sizeof raw - 1);
        raw[got > 0 ? got : 0] = 0;
    } else if (call->path == -3) {
        snprintf(text, size, "%llu bytes", (unsigned long long)args[1]);
        return;
    }
    generalise(raw, text, size);
}

// x86-64 only: where the registers of a call are is known to the architecture alone.
static void set_error(pid_t pid) {
    (void)ptrace(PTRACE_POKEUSER, pid, offsetof(struct user_regs_struct, rax), (long)-o.error);
}

static void skip_call(struct tracee* t, const struct ptrace_syscall_info* info) {
    const int is_brk = info->entry.nr == SYS_brk; // it fails by telling where the end is, as when asked for 0
    (void)ptrace(PTRACE_POKEUSER, t->pid, is_brk ? offsetof(struct user_regs_struct, rdi) : offsetof(struct user_regs_struct, orig_rax),
                 is_brk ? 0L : -1L);
    t->brk = is_brk ? (long)info->entry.args[0] : 0;
    t->inject = 1;
}

static void fail_call(struct tracee* t) {
    if (t->brk) (void)ptrace(PTRACE_POKEUSER, t->pid, offsetof(struct user_regs_struct, rdi), t->brk);
    else set_error(t->pid);
    t->inject = 0;
}

static int is_memory(const char* call) { return !strcmp(call, "mmap") || !strcmp(call, "mremap"); }

static int is_place(struct tracee* t, const struct call* call, const char* what) {
    return !strcmp(t->label, o.label) && !strcmp(call->name, o.call) && !strcmp(what, o.what) && ++t->count == o.nth;
}

static void tell(const struct tracee* t, const char* letters, const struct call* call, const char* what) {
    if (!o.out) return;
    fprintf(o.out, "%s %s %s %s\n", t->label, letters, call->name, what);
    fflush(o.out);
}

// malloc, refused by one system call, asks by another one.
static int is_the_same_wish(const struct ptrace_syscall_info* info) {
    enum { kSecondWish = 1 << 20 };
    return info->entry.nr == SYS_brk || (info->entry.nr == SYS_mmap && info->entry.args[1] >= kSecondWish);
}

// True when the fault is done and nothing is left to trace.
static int at_entry(struct tracee* t, const struct ptrace_syscall_info* info) {
    char letters[16], what[512];
    if (t->refused) {
        if (!is_the_same_wish(info)) return 1;
        skip_call(t, info);
        return 0;
    }
    const struct call* call = interesting(t->pid, info, letters);
    if (!call) return 0;
    describe(t->pid, call, info->entry.args, what, sizeof what);
    if (o.mode == List) return tell(t, letters, call, what), 0;
    if (!is_place(t, call, what)) return 0;
    o.hit = 1;
    tell(t, letters, call, what);
    if (o.mode == Error) {
        skip_call(t, info);
        return 0;
    }
    if (o.mode == Interrupt || o.mode == Terminate) return kill(o.mode == Interrupt ? 0 : o.program, o.mode == Interrupt ? SIGINT : SIGTERM), 1;
    for (int i = 0; o.mode == KillAll && i < kMaxTracees; ++i)
        if (tracees[i].pid) (void)kill(tracees[i].pid, SIGKILL);
    (void)kill(t->pid, SIGKILL);
    return 1;
}

static int at_syscall(struct tracee* t) {
    struct ptrace_syscall_info info;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof info, &info) <= 0) return 0;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && t->armed) return at_entry(t, &info);
    if (info.op != PTRACE_SYSCALL_INFO_EXIT || !t->inject) return 0;
    fail_call(t);
    t->refused = is_memory(o.call);
    return !t->refused;
}

static int is_ours(pid_t pid) {
    char link[64], program[4096];
    snprintf(link, sizeof link, "/proc/%d/exe", pid);
    const ssize_t size = readlink(link, program, sizeof program - 1);
    if (size <= 0) return 0;
    program[size] = 0;
    const char* base = strrchr(program, '/');
    return base && !strncmp(base + 1, "lxcpp", 5);
}

static void adopt_child(struct tracee* parent) {
    unsigned long pid = 0;
    if (ptrace(PTRACE_GETEVENTMSG, parent->pid, 0, &pid) != 0 || !pid) return;
    struct tracee* child = find((pid_t)pid, 0);
    const int waits = child != NULL; // its first stop came before this news
    if (!child) child = find((pid_t)pid, 1);
    snprintf(child->label, kLabel, "%.80s.%d", parent->label, ++parent->children);
    child->armed = parent->armed;
    if (waits) go_on(child->pid, 0);
}

// True at the end of the tracing.
static int handle(pid_t pid, int status) {
    struct tracee* t = find(pid, 0);
    if (!WIFSTOPPED(status)) {
        if (t) t->pid = 0;
        return t && t->refused;
    }
    if (!t) t = find(pid, 1);
    if (!t->label[0]) return 0; // stays stopped until its parent's event names it
    const int signal = WSTOPSIG(status), event = status >> 16;
    if (signal == (SIGTRAP | 0x80)) {
        if (at_syscall(t)) return 1;
        go_on(pid, 0);
        return 0;
    }
    switch (event) {
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE: adopt_child(t); go_on(pid, 0); return 0;
    case PTRACE_EVENT_EXEC:
        if (is_ours(pid)) {
            t->armed = 1;
            go_on(pid, 0);
        } else {
            (void)ptrace(PTRACE_DETACH, pid, 0, 0);
            t->pid = 0;
        }
        return 0;
    case PTRACE_EVENT_STOP:
        if (signal == SIGTRAP) go_on(pid, 0);
        else (void)ptrace(PTRACE_LISTEN, pid, 0, 0);
        return 0;
    default: go_on(pid, signal); return 0;
    }
}

// Some processes outlive the program (the monitor); they are seen until they are quiet.
static int trace(void) {
    sigset_t child;
    int program_ended = 0, done = 0;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while (!done) {
        int status;
        const pid_t pid = waitpid(-1, &status, __WALL | WNOHANG);
        if (pid < 0) break; // nobody is left
        if (pid == 0) {
            const struct timespec quiet = {0, 120 * 1000 * 1000};
            if (sigtimedwait(&child, NULL, &quiet) < 0 && errno == EAGAIN && program_ended) break;
            continue;
        }
        if (pid == o.program && !WIFSTOPPED(status)) program_ended = 1;
        done = handle(pid, status);
    }
    return o.mode == List || o.hit;
}

static void parse(int argc, char** argv) {
    int i = 1;
    for (; i < argc && strcmp(argv[i], "--"); ++i) {
        const char* next = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--kill")) o.mode = Kill;
        else if (!strcmp(argv[i], "--kill-all")) o.mode = KillAll;
        else if (!strcmp(argv[i], "--interrupt")) o.mode = Interrupt;
        else if (!strcmp(argv[i], "--terminate")) o.mode = Terminate;
        else if (!strcmp(argv[i], "--errno")) o.mode = Error, o.error = atoi(next), ++i;
        else if (!strcmp(argv[i], "--attach")) o.attach = atoi(next), ++i;
        else if (!strcmp(argv[i], "--list") || !strcmp(argv[i], "--report")) o.out = fopen(next, "we"), ++i;
        else if (!strcmp(argv[i], "--at")) o.label = next, ++i;
        else if (!strcmp(argv[i], "--call")) o.call = next, ++i;
        else if (!strcmp(argv[i], "--what")) o.what = next, ++i;
        else if (!strcmp(argv[i], "--name")) o.name = next, ++i;
        else if (!strcmp(argv[i], "--nth")) o.nth = atoi(next), ++i;
        else errno = EINVAL, die(argv[i]);
    }
    if (o.mode != List && (!o.label || !o.call || !o.what || !o.nth)) errno = EINVAL, die("no place");
    if (i + 1 >= argc) errno = EINVAL, die("no program");
    optind = i + 1;
}

int main(int argc, char** argv) {
    int go[2], status;
    char byte;
    parse(argc, argv);
    if (pipe2(go, O_CLOEXEC) != 0) die("pipe");
    o.program = fork();
    if (o.program < 0) die("fork");
    if (o.program == 0) {
        close(go[1]);
        if (read(go[0], &byte, 1) != 1) _exit(kBroken);
        signal(SIGINT, SIG_DFL);
        execvp(argv[optind], argv + optind);
        die(argv[optind]);
    }
    close(go[0]);
    signal(SIGINT, SIG_IGN);
    const pid_t tracer = fork();
    if (tracer < 0) die("fork");
    if (tracer == 0) {
        sigset_t child;
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        seize(o.program, "0");
        if (o.attach) {
            seize(o.attach, "m");
            find(o.attach, 0)->armed = 1;
        }
        if (write(go[1], "", 1) != 1) die("write");
        _exit(trace() ? 0 : kNotReached); // lets go of all that is traced
    }
    close(go[1]);
    if (waitpid(tracer, &status, 0) != tracer) die("wait");
    const int traced = WIFEXITED(status) ? WEXITSTATUS(status) : kBroken;
    if (waitpid(o.program, &status, 0) != o.program) die("wait");
    if (traced) return traced;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
