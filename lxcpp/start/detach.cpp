// SPDX-License-Identifier: Apache-2.0
#include "start/detach.h"

#include "base/error.h"
#include "sys/file.h"
#include "sys/raw.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace lxcpp {
namespace {

void redirect(int from, int to) {
    if (::dup2(from, to) < 0) throw SystemError("redirect standard input and output");
}

} // namespace

void fork_detached(const std::function<void()>& body) {
    const pid_t first = ::fork();
    if (first < 0) throw SystemError("create the starter process");
    if (first == 0) {
        const pid_t second = ::fork();
        if (second == 0) {
            try {
                body();
            } catch (...) { // the caller's code must not go on twice
            }
            ::_exit(1);
        }
        ::_exit(second < 0 ? 1 : 0);
    }
    int status = 0;
    while (::waitpid(first, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) throw Error("the starter process could not be created");
}

void leave_caller() {
    sigset_t none;
    sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::setsid() < 0 || ::chdir("/") < 0) throw SystemError("detach from the terminal");
}

void detach_stdio(const std::filesystem::path& output) {
    const Fd null = sys::open_file("/dev/null", {.access = sys::Access::ReadWrite});
    redirect(null.raw(), 0);
    Fd log;
    if (!output.empty()) {
        log = sys::open_file(output, {.access = sys::Access::Append, .create = true, .mode = 0640});
    }
    redirect(log.valid() ? log.raw() : null.raw(), 1);
    redirect(log.valid() ? log.raw() : null.raw(), 2);
}

void keep_only(std::span<const FdRef> fds) {
    std::vector<int> keep;
    for (const FdRef fd : fds) {
        if (fd.valid()) keep.push_back(fd.raw());
    }
    std::ranges::sort(keep);
    if (const int error = sys::raw::close_all_but(keep); error < 0) throw SystemError("close inherited files", -error);
}

} // namespace lxcpp
