// SPDX-License-Identifier: Apache-2.0
#include "start/child_state.h"
#include "start/raw_fd.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>

namespace lxcpp {

namespace raw = sys::raw;

namespace {

constexpr std::size_t kMaxPath = 4096;

int read_all(const char* file, char* text, std::size_t size) noexcept {
    const RawFd fd(raw::open_here(file, O_RDONLY));
    if (fd.failed()) return fd.get();
    std::size_t length = 0;
    while (length + 1 < size) {
        const ssize_t count = ::read(fd.get(), text + length, size - 1 - length);
        if (count < 0) return -errno;
        if (count == 0) {
            text[length] = '\0';
            return 0;
        }
        length += static_cast<std::size_t>(count);
    }
    return -E2BIG;
}

// The path in the line "N:controllers:/path" of /proc/self/cgroup.
int own_path(const char* controllers, char (&path)[kMaxPath]) noexcept {
    char text[4 * kMaxPath];
    if (const int error = read_all("/proc/self/cgroup", text, sizeof text); error < 0) return error;
    const std::size_t length = std::strlen(controllers);
    for (char* line = text; *line != '\0';) {
        char* end = std::strchr(line, '\n');
        if (end == nullptr) return -EINVAL;
        *end = '\0';
        const char* names = std::strchr(line, ':');
        line = end + 1;
        if (names == nullptr || std::strncmp(++names, controllers, length) != 0 || names[length] != ':') continue;
        const char* found = names + length + 1;
        if (std::strlen(found) >= kMaxPath) return -ENAMETOOLONG;
        std::strcpy(path, found); // its length was checked
        return 0;
    }
    return -ENOENT;
}

int bind(int source, int target, std::uint64_t attributes) noexcept {
    const RawFd mount(raw::clone_tree(source, "", false));
    if (mount.failed()) return mount.get();
    if (const int error = raw::change_mount(mount.get(), attributes, 0, 0, false); error < 0) return error;
    return raw::attach_mount(mount.get(), target);
}

} // namespace

int run(const MountOwnCgroup& step, ChildState& state) noexcept {
    char path[kMaxPath];
    if (const int error = own_path(step.controllers.c_str(), path); error < 0) return error;
    const RawFd hierarchy(raw::open_path(AT_FDCWD, step.source.c_str()));
    if (hierarchy.failed()) return hierarchy.get();
    const RawFd own(raw::open_in(hierarchy.get(), path, O_PATH | O_DIRECTORY));
    if (own.failed()) return own.get();
    if (const int error = raw::make_dirs_in(state.root, step.directory.c_str(), 0755); error < 0) return error;
    if (step.whole) {
        const RawFd place(raw::open_in(state.root, step.directory.c_str(), O_PATH | O_DIRECTORY));
        if (place.failed()) return place.get();
        if (const int error = bind(hierarchy.get(), place.get(), step.whole_attributes); error < 0) return error;
    }
    // Through what is mounted there now.
    const RawFd directory(raw::open_in(state.root, step.directory.c_str(), O_PATH | O_DIRECTORY));
    if (directory.failed()) return directory.get();
    if (!step.whole) {
        if (const int error = raw::make_dirs_in(directory.get(), path, 0755); error < 0) return error;
    }
    const RawFd place(raw::open_in(directory.get(), path, O_PATH | O_DIRECTORY));
    if (place.failed()) return place.get();
    return bind(own.get(), place.get(), step.attributes);
}

} // namespace lxcpp
