// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

// System calls for a process between clone and exec: no allocation, no locks, no exceptions, no
// libc state. Everything returns 0, a descriptor or a count, or -errno.
namespace lxcpp::sys::raw {

// Below root with openat2(2): no symbolic link, no magic link, never above.
[[nodiscard]] int open_in(int root, const char* path, int flags, mode_t mode = 0) noexcept;
// What is at path (O_PATH), links resolved as if root were "/", magic ones refused. With make, a file or a directory
// that is not there is made where the links end, with the directories above it.
[[nodiscard]] int open_following(int root, const char* path, bool directory, bool make) noexcept;
[[nodiscard]] int make_dirs_in(int root, const char* path, mode_t mode) noexcept;
[[nodiscard]] int make_file_in(int root, const char* path, mode_t mode) noexcept; // with its directories
[[nodiscard]] int make_link_in(int root, const char* target, const char* path) noexcept;
[[nodiscard]] int make_node_in(int root, const char* path, mode_t mode, dev_t device) noexcept;

// A file system by fsopen(2): options "key" or "key=value". Returns the detached mount.
[[nodiscard]] int new_mount(const char* type, const char* source, std::span<const std::string> options,
                            std::uint64_t attributes) noexcept;
// mount(2) of a file system onto the directory itself, in which relative paths of the options begin; they may fill a page.
[[nodiscard]] int mount_over(int directory, const char* type, const char* options) noexcept;
[[nodiscard]] int clone_tree(int directory, const char* path, bool recursive) noexcept;
[[nodiscard]] int open_path(int directory, const char* path) noexcept; // O_PATH, follows links
[[nodiscard]] int open_here(const char* path, int flags) noexcept; // open(2) in the process's own view; no O_CREAT
[[nodiscard]] int change_mount(int mount, std::uint64_t set, std::uint64_t clear,
                               std::uint64_t propagation, bool recursive) noexcept;
[[nodiscard]] int attach_mount(int mount, int target) noexcept;
[[nodiscard]] int move_mount_path(const char* source, int target) noexcept;
[[nodiscard]] int detach_mount(int mount) noexcept; // leaves the working directory in it
[[nodiscard]] int set_root_propagation(std::uint64_t flags) noexcept;
[[nodiscard]] int pivot_to(int root) noexcept; // pivot_root(".", "."), the old root is let go

[[nodiscard]] int write_file(int directory, const char* path, const char* data, std::size_t size) noexcept;
[[nodiscard]] int write_proc(int proc, const char* path, const char* data, std::size_t size) noexcept;
[[nodiscard]] int write_fd(int fd, const char* data, std::size_t size) noexcept; // all of it

[[nodiscard]] int open_ptmx(int devpts_mount) noexcept;  // unlocked master
[[nodiscard]] int open_pty_peer(int master) noexcept;    // TIOCGPTPEER: no path is involved
[[nodiscard]] bool is_terminal(int fd) noexcept;
[[nodiscard]] int become(uid_t uid, gid_t gid, std::span<const gid_t> groups, bool set_groups) noexcept;
// Nothing inheritable, nothing ambient: root's execve(2) would add it to what the bounding set allows.
[[nodiscard]] int clear_inheritable() noexcept;
// The opposite: all that is permitted stays over execve(2), also of who is not root.
[[nodiscard]] int inherit_capabilities() noexcept;
// Takes from the capability bounding set what keep does not name (bit = capability).
[[nodiscard]] int drop_bounding(std::uint64_t keep) noexcept;
// Takes away what keep has not (bit n = capability n), effective and permitted.
[[nodiscard]] int limit_permitted(std::uint64_t keep) noexcept;
[[nodiscard]] int loopback_up() noexcept;
[[nodiscard]] int open_route_socket() noexcept; // rtnetlink(7)
// A fork whose child has our parent: the pid there, 0 in the child. clone(2), because filters hide clone3(2).
[[nodiscard]] int fork_as_sibling() noexcept;
// argv and envp end in nullptr. Waits; returns the wait status >= 0.
// unprying: it gets no CAP_SYS_PTRACE, and cannot look into us when we are not dumpable.
[[nodiscard]] int run_program(char* const* argv, char* const* envp, bool unprying = false) noexcept;
[[nodiscard]] int reset_signals() noexcept; // default handlers, nothing blocked
[[nodiscard]] int block_signals() noexcept; // all of them; those that come wait
// Keeps 0, 1, 2 and the sorted descriptors; closes all others.
[[nodiscard]] int close_all_but(std::span<const int> keep_sorted) noexcept;

// One datagram with descriptors. receive returns the bytes read (0 = peer gone) and fills fds.
inline constexpr std::size_t kMaxFds = 200;
[[nodiscard]] int send_message(int socket, const void* data, std::size_t size,
                               std::span<const int> fds) noexcept;
[[nodiscard]] int receive_message(int socket, void* data, std::size_t size, std::span<int> fds,
                                  std::size_t& fd_count) noexcept;

} // namespace lxcpp::sys::raw
