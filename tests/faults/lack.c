// SPDX-License-Identifier: Apache-2.0
// Runs a program on a kernel that lacks something:
//
//   lack CALL=ERROR[@ARGUMENT,ge|all,VALUE]… -- PROGRAM…
//
// CALL fails with ERROR for the program and all that comes of it; with a condition only where its argument is at
// least VALUE, or has all bits of VALUE.
#include "lack_table.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { kMost = 256 };
static struct sock_filter code[kMost];
static unsigned short length;

static _Noreturn void die(const char* what) {
    fprintf(stderr, "lack: %s: %s\n", what, errno ? strerror(errno) : "not understood");
    exit(126);
}

static void emit(unsigned short what, unsigned value, unsigned char yes, unsigned char no) {
    if (length == kMost) errno = E2BIG, die("too many calls");
    code[length++] = (struct sock_filter){what, yes, no, value};
}

static void load(size_t offset) { emit(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0); }

static long number_of(const char* name) {
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; ++i)
        if (!strcmp(lacking[i].name, name)) return lacking[i].number;
    errno = 0;
    die(name);
}

static unsigned error_of(const char* name) {
    static const struct { const char* name; unsigned number; } errors[] = {
        {"ENOSYS", ENOSYS}, {"EINVAL", EINVAL}, {"EPERM", EPERM}, {"E2BIG", E2BIG}, {"EOPNOTSUPP", EOPNOTSUPP}};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; ++i)
        if (!strcmp(errors[i].name, name)) return errors[i].number;
    errno = 0;
    die(name);
}

// The number of the call is compared each time anew, so that rules are independent of each other.
static void rule(const char* text) {
    char call[64], error[16], how[8] = "";
    unsigned argument = 0, value = 0;
    const int found = sscanf(text, "%63[a-z0-9_]=%15[A-Z0-9]@%u,%7[a-z],%u", call, error, &argument, how, &value);
    errno = 0;
    if (found != 2 && found != 5) die(text);
    const unsigned answer = SECCOMP_RET_ERRNO | error_of(error);
    load(offsetof(struct seccomp_data, nr));
    if (found == 2) {
        emit(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number_of(call), 0, 1);
        emit(BPF_RET | BPF_K, answer, 0, 0);
        return;
    }
    const int all = !strcmp(how, "all");
    emit(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number_of(call), 0, all ? 4 : 3);
    load(offsetof(struct seccomp_data, args) + argument * sizeof(__u64)); // the low half
    if (all) emit(BPF_ALU | BPF_AND | BPF_K, value, 0, 0);
    emit(BPF_JMP | (all ? BPF_JEQ : BPF_JGE) | BPF_K, value, 0, 1);
    emit(BPF_RET | BPF_K, answer, 0, 0);
}

int main(int argc, char** argv) {
    int i = 1;
    load(offsetof(struct seccomp_data, arch));
    emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    for (; i < argc && strcmp(argv[i], "--"); ++i) rule(argv[i]);
    emit(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    if (i + 1 >= argc) errno = EINVAL, die("no program");
    const struct sock_fprog program = {length, code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) die("seccomp");
    execvp(argv[i + 1], argv + i + 1);
    die(argv[i + 1]);
}
