// SPDX-License-Identifier: Apache-2.0
#include "sys/watch.h"

#include "base/error.h"
#include "sys/epoll.h"

#include <sys/inotify.h>
#include <unistd.h>

namespace lxcpp::sys {

DirectoryWatch::DirectoryWatch(const std::filesystem::path& directory)
    : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (!fd_.valid()) throw SystemError("create an inotify instance");
    constexpr unsigned events = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;
    if (::inotify_add_watch(fd_.raw(), directory.c_str(), events) < 0) {
        throw SystemError("watch " + directory.string());
    }
}

bool DirectoryWatch::wait(std::optional<std::chrono::milliseconds> timeout) {
    if (!wait_readable(fd_, timeout)) return false;
    alignas(inotify_event) char buffer[4096];
    while (::read(fd_.raw(), buffer, sizeof buffer) > 0) {
    }
    return true;
}

} // namespace lxcpp::sys
