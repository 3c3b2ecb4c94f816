// SPDX-License-Identifier: Apache-2.0
#include "sys/raw.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/magic.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace lxcpp::sys::raw {
namespace {

int result(long value) noexcept { return value < 0 ? -errno : static_cast<int>(value); }

// One write; kernel files take a value whole or not at all.
int write_and_close(int fd, const char* data, std::size_t size) noexcept {
    if (fd < 0) return fd;
    const ssize_t written = ::write(fd, data, size);
    const int status = written < 0 ? -errno : (static_cast<std::size_t>(written) == size ? 0 : -EIO);
    ::close(fd);
    return status;
}

bool is_procfs(int fd) noexcept {
    struct statfs info{};
    return ::fstatfs(fd, &info) == 0 && info.f_type == PROC_SUPER_MAGIC;
}

} // namespace

int write_file(int directory, const char* path, const char* data, std::size_t size) noexcept {
    return write_and_close(result(::openat(directory, path, O_WRONLY | O_CLOEXEC)), data, size);
}

int write_proc(int proc, const char* path, const char* data, std::size_t size) noexcept {
    // What stands in for /proc, or is mounted over it, must neither receive what is meant for the kernel nor be opened:
    // a pipe would let us wait for ever, and a device does what it does.
    if (!is_procfs(proc)) return -EXDEV;
    const int fd = open_in(proc, path, O_WRONLY | O_NONBLOCK);
    if (fd < 0) return fd;
    if (!is_procfs(fd)) {
        ::close(fd);
        return -EXDEV;
    }
    return write_and_close(fd, data, size);
}

int write_fd(int fd, const char* data, std::size_t size) noexcept {
    while (size > 0) {
        const ssize_t written = ::write(fd, data, size);
        if (written < 0) {
            if (errno == EINTR) continue;
            return -errno;
        }
        data += written;
        size -= static_cast<std::size_t>(written);
    }
    return 0;
}

int open_ptmx(int devpts_mount) noexcept {
    const int master = open_in(devpts_mount, "ptmx", O_RDWR | O_NOCTTY);
    if (master < 0) return master;
    int unlock = 0;
    if (::ioctl(master, TIOCSPTLCK, &unlock) < 0) {
        const int error = -errno;
        ::close(master);
        return error;
    }
    return master;
}

int open_pty_peer(int master) noexcept {
    return result(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

bool is_terminal(int fd) noexcept {
    termios settings{};
    return ::ioctl(fd, TCGETS, &settings) == 0;
}

// The libc wrappers would signal other threads to change along; here there is one thread.
int become(uid_t uid, gid_t gid, std::span<const gid_t> groups, bool set_groups) noexcept {
    // To the kernel -1 means "keep": root would stay root.
    if (uid == static_cast<uid_t>(-1) || gid == static_cast<gid_t>(-1)) return -EINVAL;
    if (set_groups && ::syscall(SYS_setgroups, groups.size(), groups.data()) < 0) return -errno;
    if (::syscall(SYS_setresgid, gid, gid, gid) < 0) return -errno;
    if (::syscall(SYS_setresuid, uid, uid, uid) < 0) return -errno;
    return 0;
}

int clear_inheritable() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (::syscall(SYS_capget, &header, data) < 0) return -errno;
    for (__user_cap_data_struct& half : data) half.inheritable = 0;
    if (::syscall(SYS_capset, &header, data) < 0) return -errno;
    return result(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

int inherit_capabilities() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (::syscall(SYS_capget, &header, data) < 0) return -errno;
    for (__user_cap_data_struct& half : data) half.inheritable = half.permitted;
    if (::syscall(SYS_capset, &header, data) < 0) return -errno;
    for (unsigned long number = 0; number < 64; ++number) {
        if ((data[number / 32].permitted >> number % 32 & 1) == 0) continue;
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) return -errno;
    }
    return 0;
}

int drop_bounding(std::uint64_t keep) noexcept {
    for (unsigned long number = 0; number < 64; ++number) {
        if ((keep >> number & 1) != 0 || ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
        const int error = errno;
        if (error == EINVAL) return 0; // past the kernel's last capability
        // Nothing may be dropped without CAP_SETPCAP, but what is gone need not be.
        if (::prctl(PR_CAPBSET_READ, number, 0, 0, 0) != 0) return -error;
    }
    return 0;
}

int limit_permitted(std::uint64_t keep) noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (::syscall(SYS_capget, &header, data) < 0) return -errno;
    for (int half = 0; half < 2; ++half) {
        const auto kept = static_cast<std::uint32_t>(keep >> (32 * half));
        data[half].permitted &= kept;
        data[half].effective &= kept;
    }
    return result(::syscall(SYS_capset, &header, data));
}

int fork_as_sibling() noexcept {
#ifdef __s390__
    return result(::syscall(SYS_clone, 0, CLONE_PARENT | SIGCHLD, 0, 0, 0));
#else
    return result(::syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0));
#endif
}

int loopback_up() noexcept {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return -errno;
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    const int status = result(::ioctl(socket, SIOCSIFFLAGS, &request));
    ::close(socket);
    return status;
}

int open_route_socket() noexcept {
    return result(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}

int run_program(char* const* argv, char* const* envp, bool unprying) noexcept {
    // A pid namespace that has lost its first process cannot fork; the caller is that process.
    const pid_t pid = ::_Fork();
    if (pid < 0) return -errno;
    if (pid == 0) {
        const int empty = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (empty >= 0) ::dup2(empty, 0);
        (void)reset_signals();
        if (unprying && ::prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0) < 0) ::_exit(126);
        ::execve(argv[0], argv, envp);
        ::_exit(errno == ENOENT ? 127 : 126);
    }
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return -errno;
    }
    return status;
}

int reset_signals() noexcept {
    struct sigaction action{};
    action.sa_handler = SIG_DFL;
    for (int signal = 1; signal < NSIG; ++signal) (void)::sigaction(signal, &action, nullptr);
    sigset_t none;
    sigemptyset(&none);
    return result(::sigprocmask(SIG_SETMASK, &none, nullptr));
}

int block_signals() noexcept {
    sigset_t all;
    sigfillset(&all);
    return result(::sigprocmask(SIG_SETMASK, &all, nullptr));
}

int close_all_but(std::span<const int> keep_sorted) noexcept {
    unsigned next = 3;
    for (const int fd : keep_sorted) {
        if (fd < 3 || static_cast<unsigned>(fd) < next) continue;
        if (static_cast<unsigned>(fd) > next && ::close_range(next, static_cast<unsigned>(fd) - 1, 0) < 0) {
            return -errno;
        }
        next = static_cast<unsigned>(fd) + 1;
    }
    return result(::close_range(next, ~0U, 0));
}

int send_message(int socket, const void* data, std::size_t size, std::span<const int> fds) noexcept {
    if (fds.size() > kMaxFds) return -E2BIG;
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))];
    iovec part{const_cast<void*>(data), size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!fds.empty()) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
        std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
    }
    for (;;) {
        const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
        if (sent >= 0) return 0;
        if (errno != EINTR) return -errno;
    }
}

int receive_message(int socket, void* data, std::size_t size, std::span<int> fds,
                    std::size_t& fd_count) noexcept {
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxFds * sizeof(int))];
    iovec part{data, size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t received = -1;
    do {
        received = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    fd_count = 0;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (fd_count < fds.size()) {
                fds[fd_count++] = fd;
            } else {
                ::close(fd);
            }
        }
    }
    return static_cast<int>(received);
}

} // namespace lxcpp::sys::raw
