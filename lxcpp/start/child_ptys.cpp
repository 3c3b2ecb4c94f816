// SPDX-License-Identifier: Apache-2.0
#include "start/child_state.h"
#include "start/raw_fd.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

namespace lxcpp {

namespace raw = sys::raw;

namespace {

// Binds the terminal on a file below the root.
int bind_terminal(int slave, const char* path, const ChildState& state) noexcept {
    if (const int error = raw::make_file_in(state.root, path, 0600); error < 0) return error;
    const RawFd place(raw::open_in(state.root, path, O_PATH));
    if (place.failed()) return place.get();
    const RawFd mount(raw::clone_tree(slave, "", false));
    if (mount.failed()) return mount.get();
    return raw::attach_mount(mount.get(), place.get());
}

// A pty of the container's devpts bound at path; its master is queued for the parent.
int add_terminal(int devpts, const char* path, int& slave, ChildState& state) noexcept {
    if (state.master_count >= state.masters.size()) return -E2BIG;
    const int master = raw::open_ptmx(devpts);
    if (master < 0) return master;
    state.masters[state.master_count++] = master;
    slave = raw::open_pty_peer(master);
    if (slave < 0) return slave;
    return bind_terminal(slave, path, state);
}

int add_ttys(const SetupPtys& step, int devpts, ChildState& state) noexcept {
    for (const std::string& path : step.ttys) {
        int slave = -1;
        const int error = add_terminal(devpts, path.c_str(), slave, state);
        if (slave >= 0) ::close(slave);
        if (error < 0) return error;
    }
    return 0;
}

int mount_devpts(int devpts, ChildState& state) noexcept {
    if (const int error = raw::make_dirs_in(state.root, "dev/pts", 0755); error < 0) return error;
    const RawFd place(raw::open_in(state.root, "dev/pts", O_PATH | O_DIRECTORY));
    return place.failed() ? place.get() : raw::attach_mount(devpts, place.get());
}

int replace_stdio(int source, bool only_terminals) noexcept {
    for (int fd = 0; fd <= 2; ++fd) {
        if (only_terminals && !raw::is_terminal(fd)) continue;
        if (::dup2(source, fd) < 0) return -errno;
    }
    return 0;
}

} // namespace

int run(const SetupPtys& step, ChildState& state) noexcept {
    const RawFd devpts(raw::new_mount("devpts", "devpts", step.options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC));
    if (devpts.failed()) return devpts.get();
    if (const int error = mount_devpts(devpts.get(), state); error < 0) return error;
    if (step.console) {
        const int error = add_terminal(devpts.get(), step.console_file.c_str(), state.console_slave, state);
        if (error < 0) return error;
    }
    return add_ttys(step, devpts.get(), state);
}

int run(const NewSession&, ChildState& state) noexcept {
    if (::setsid() < 0 && errno != EPERM) return -errno; // EPERM: it leads a session already
    if (state.console_slave < 0) return 0;
    return ::ioctl(state.console_slave, TIOCSCTTY, 0) < 0 ? -errno : 0;
}

int run(const StdioFromConsole& step, ChildState& state) noexcept {
    if (state.console_slave >= 0) return replace_stdio(state.console_slave, step.only_terminals);
    if (step.only_terminals) return 0; // the caller's own terminal, if any, stays
    const RawFd null(raw::open_here("/dev/null", O_RDWR | O_NOCTTY));
    return null.failed() ? null.get() : replace_stdio(null.get(), false);
}

} // namespace lxcpp
