// SPDX-License-Identifier: Apache-2.0
// What a 32-bit program can call inside a container, and which sockets it can make, for doc/security.md. Without a C
// library: any compiler that knows -m32 builds it. Prints what "escape calls" does, and "open FAMILY" for socket(2) and
// "through FAMILY" for socketcall(2).
enum { kExit = 1, kFork = 2, kWrite = 4, kClose = 6, kWaitpid = 7, kAlarm = 27, kSocketcall = 102, kUnshare = 310, kSocket = 359 };
enum { kPerm = 1, kNoCall = 38, kNoFamily = 97, kSigsys = 31 };

// The sixth argument is always one that nothing accepts.
static long call(long number, long a, long b, long c) {
    long result;
    __asm__ volatile("push %%ebp\n mov $-1, %%ebp\n int $0x80\n pop %%ebp"
                     : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(-1), "D"(-1) : "memory");
    return result;
}

static long address(const void* data) { return (long)data; }

static void print(const char* word, long number, const char* end) {
    char line[64], digits[12];
    long size = 0, count = 0;
    while (*word) line[size++] = *word++;
    line[size++] = ' ';
    do digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0) line[size++] = digits[--count];
    while (*end) line[size++] = *end++;
    call(kWrite, 1, address(line), size);
}

// These never return, or would hit other processes or the terminal: exit fork pause sync kill sigsuspend vhangup sigreturn clone
// rt_sigreturn vfork futex exit_group.
static int is_left_out(long number) {
    static const short left[] = {1, 2, 29, 36, 37, 72, 111, 119, 120, 173, 190, 240, 252};
    for (unsigned i = 0; i < sizeof left / sizeof *left; ++i)
        if (left[i] == number) return 1;
    return 0;
}

static const char* verdict(long number) {
    if (is_left_out(number)) return "reachable";
    long pid = call(kFork, 0, 0, 0);
    if (pid == 0) {
        call(kAlarm, 1, 0, 0);
        // With all its flags set unshare(2) would be refused for one of them.
        long result = call(number, number == kUnshare ? 0 : -1, -1, -1);
        call(kExit, result < 0 ? -result & 0xff : 0, 0, 0);
    }
    int status = 0;
    call(kWaitpid, pid, address(&status), 0);
    if ((status & 0x7f) != 0) return (status & 0x7f) == kSigsys ? "killed" : "reachable";
    int error = status >> 8 & 0xff;
    return error == kPerm ? "refused" : error == kNoCall ? "absent" : "reachable";
}

static long make_socket(int through, int family, int type) {
    if (!through) return call(kSocket, family, type, 0);
    const long arguments[] = {family, type, 0};
    return call(kSocketcall, 1, address(arguments), 0);
}

static int has_family(int through, int family) {
    int has = 0;
    static const int types[] = {1, 2, 3, 5}; // stream, datagram, raw, packets in order
    for (int i = 0; i < 4; ++i) {
        long fd = make_socket(through, family, types[i]);
        if (fd >= 0) call(kClose, fd, 0, 0);
        has |= fd != -kNoFamily;
    }
    return has;
}

static void run(void) {
    for (long number = 0; number < 512; ++number) print(verdict(number), number, " -\n");
    for (int through = 0; through < 2; ++through)
        for (int family = 0; family < 64; ++family)
            if (has_family(through, family)) print(through ? "through" : "open", family, "\n");
}

void _start(void) {
    run();
    for (;;) call(kExit, 0, 0, 0);
}
