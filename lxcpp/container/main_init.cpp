// SPDX-License-Identifier: Apache-2.0
// lxcpp-init: process 1 of a container that runs one command. Static and free of anything but system
// calls, because it is exec'd inside whatever the container's root file system is.
//   lxcpp-init -- COMMAND [ARGUMENT ...]
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <initializer_list>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// An exec that failed is told apart from a command that exits by itself with lxc-execute's code.
constexpr int kExecFailed = 255;

void say(const char* text) {
    (void)!::write(2, text, std::strlen(text));
}

[[noreturn]] void run_command(char** argv, const sigset_t& original) {
    ::sigprocmask(SIG_SETMASK, &original, nullptr);
    // A process group of its own, in front of the terminal if there is one.
    ::setpgid(0, 0);
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    ::sigaction(SIGTTOU, &ignore, nullptr);
    ::tcsetpgrp(0, ::getpid());
    ::sigaction(SIGTTOU, &standard, nullptr);
    ::execvp(argv[0], argv);
    say("lxcpp-init: cannot run ");
    say(argv[0]);
    say(": ");
    say(std::strerror(errno));
    say("\n");
    ::_exit(kExecFailed);
}

int shell_code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

// Reaps everything that is dead. True when the command is among it; its code is then in code.
bool reap(pid_t command, int& code) {
    bool ended = false;
    for (;;) {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return ended;
        if (pid == command) {
            code = shell_code(status);
            ended = true;
        }
    }
}

// TERM to all, and KILL after a second to what is left. Only process 1 has all to itself: in a shared
// pid namespace -1 would mean the host.
void end_all(pid_t command) {
    if (::getpid() != 1) {
        ::kill(-command, SIGTERM);
        return;
    }
    ::kill(-1, SIGTERM);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    timespec deadline{};
    ::clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += 1;
    for (;;) {
        int code = 0;
        reap(-1, code);
        if (::kill(-1, 0) < 0 && errno == ESRCH) return;
        timespec now{};
        ::clock_gettime(CLOCK_MONOTONIC, &now);
        const long left = (deadline.tv_sec - now.tv_sec) * 1000 + (deadline.tv_nsec - now.tv_nsec) / 1000000;
        if (left <= 0) break;
        const timespec wait{left / 1000, left % 1000 * 1000000};
        (void)::sigtimedwait(&child, nullptr, &wait);
    }
    ::kill(-1, SIGKILL);
    int status = 0;
    while (::waitpid(-1, &status, 0) > 0 || errno == EINTR) {
    }
}

int supervise(pid_t command, const sigset_t& signals) {
    int code = 0;
    for (;;) {
        siginfo_t info{};
        const int signal = ::sigwaitinfo(&signals, &info);
        if (signal < 0) continue;
        // The kernel's own is the console that hung up with a monitor that was killed: no reason for the command to end.
        if (signal == SIGHUP && info.si_code == SI_KERNEL) continue;
        if (signal == SIGCHLD) {
            if (reap(command, code)) break;
        } else if (signal == SIGPWR) {
            ::kill(command, SIGTERM); // a shut-down: the command first, the rest when it is gone
        } else {
            ::kill(command, signal);
        }
    }
    end_all(command);
    return code;
}

} // namespace

int main(int argc, char** argv) {
    int first = 1;
    while (first < argc && std::strcmp(argv[first], "--") != 0) ++first;
    if (first + 1 >= argc) {
        say("usage: lxcpp-init -- COMMAND [ARGUMENT ...]\n");
        return kExecFailed;
    }
    sigset_t all;
    sigset_t original;
    sigfillset(&all);
    for (const int fault : {SIGILL, SIGBUS, SIGFPE, SIGSEGV, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
    ::sigprocmask(SIG_SETMASK, &all, &original);
    sigset_t none;
    sigemptyset(&none);
    ::prctl(PR_SET_NAME, "lxcpp-init");
    const pid_t command = ::fork();
    if (command < 0) {
        say("lxcpp-init: cannot fork\n");
        return kExecFailed;
    }
    if (command == 0) run_command(argv + first + 1, none);
    return supervise(command, all);
}
