// SPDX-License-Identifier: Apache-2.0
#include "start/detach.h"

#include "base/error.h"
#include "sys/file.h"
#include "sys/raw.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/single_threaded.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace lxcpp {
namespace {

void redirect(int from, int to) {
    if (::dup2(from, to) < 0) throw SystemError("redirect standard input and output");
}

} // namespace

namespace {

[[noreturn]] void run_and_end(const std::function<void()>& body) noexcept {
    try {
        body();
    } catch (...) { // the caller's code must not go on twice
    }
    ::_exit(1);
}

// The process in between borrows our memory instead of copying it. Only with one thread: _Fork(2) leaves the locks of
// the allocator as they are. Not inlined: after vfork(2) nothing but this frame may be in use twice.
[[gnu::noinline]] pid_t fork_twice_quickly(const std::function<void()>& body) noexcept {
    const pid_t first = ::vfork();
    if (first != 0) return first;
    const pid_t second = ::_Fork();
    if (second == 0) run_and_end(body);
    ::_exit(second < 0 ? 1 : 0);
}

pid_t fork_twice(const std::function<void()>& body) {
    const pid_t first = ::fork();
    if (first != 0) return first;
    const pid_t second = ::fork();
    if (second == 0) run_and_end(body);
    ::_exit(second < 0 ? 1 : 0);
}

#ifdef __SANITIZE_ADDRESS__
constexpr bool kMayBorrow = false; // its own memory of the stack would be used by two
#else
constexpr bool kMayBorrow = true;
#endif

} // namespace

void fork_detached(const std::function<void()>& body) {
    const pid_t first = kMayBorrow && __libc_single_threaded ? fork_twice_quickly(body) : fork_twice(body);
    if (first < 0) throw SystemError("create the starter process");
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
