// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_policy.h"

#include "base/strings.h"
#include "security/seccomp_calls.h"

#include <cerrno>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kLinuxTerminalIoctl = 0x541c; // TIOCLINUX, of the kernel's header only
constexpr SeccompVerdict kAllow{};
constexpr SeccompVerdict kAbsent{SeccompAction::Errno, ENOSYS};
constexpr SeccompVerdict kRefused{SeccompAction::Errno, EPERM};
constexpr SeccompVerdict kDone{SeccompAction::Errno, 0};
constexpr std::string_view kSyncCalls = "fdatasync fsync sync sync_file_range sync_file_range2 syncfs";
constexpr SeccompVerdict kNoFamily{SeccompAction::Errno, EAFNOSUPPORT};

#ifdef __s390__
constexpr unsigned kCloneFlags = 1;
#else
constexpr unsigned kCloneFlags = 0;
#endif

// Of an int argument: the kernel ignores the upper half of the register, and so must a rule.
SeccompCompare is(unsigned argument, std::uint64_t value) {
    return {argument, SeccompOp::MaskedEqual, value, 0xffffffff};
}
SeccompCompare has(unsigned argument, std::uint64_t bit) { return {argument, SeccompOp::MaskedEqual, bit, bit}; }

class Builder {
public:
    explicit Builder(const DefaultPolicyOptions& options) {
        policy_.otherwise = kAbsent;
        policy_.first_match = true;
        policy_.native_only = !options.compatible_abi;
        if (options.no_sync) add_all(kSyncCalls, kDone);
        for (const std::string_view words : kAllowedCalls) add_all(words, kAllow);
        if (options.compatible_abi) add_all(kMultiplexers, kAllow);
        for (const std::string_view words : kRefusedCalls) add_all(words, kRefused);
        add_all(kKeyCalls, options.nesting ? kAllow : kAbsent);
        add_sockets();
        add_terminals();
        add("umount2", {SeccompAction::Errno, EACCES}, {has(1, MNT_FORCE)});
        add("umount2", kAllow);
        add_user_namespaces(options.nesting);
    }

    SeccompPolicy run() { return std::move(policy_); }

private:
    void add(std::string_view name, const SeccompVerdict& verdict, std::vector<SeccompCompare> compares = {}) {
        policy_.rules.push_back({std::string(name), SeccompArch::All, verdict, std::move(compares)});
    }

    void add_all(std::string_view words, const SeccompVerdict& verdict) {
        for (const std::string_view word : split_words(words)) {
            const std::size_t equals = word.find('=');
            add(equals == word.npos ? word : word.substr(equals + 1), verdict);
        }
    }

    void add_sockets() {
        add("socket", kNoFamily, {is(0, AF_NETLINK), is(2, NETLINK_AUDIT)});
        for (const int family : {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET}) {
            add("socket", kAllow, {is(0, static_cast<std::uint64_t>(family))});
        }
        add("socket", kNoFamily);
        add("socketpair", kAllow, {is(0, AF_UNIX)});
        add("socketpair", kNoFamily);
    }

    // They type into the terminal of who looks at it.
    void add_terminals() {
        add("ioctl", kRefused, {is(1, TIOCSTI)});
        add("ioctl", kRefused, {is(1, kLinuxTerminalIoctl)});
        add("ioctl", kAllow);
    }

    void add_user_namespaces(bool allowed) {
        if (!allowed) {
            add("clone", kRefused, {has(kCloneFlags, CLONE_NEWUSER)});
            add("unshare", kRefused, {has(0, CLONE_NEWUSER)});
        }
        add("clone", kAllow);
        add("unshare", kAllow);
        // Its flags are in memory, out of a filter's sight; C libraries fall back to clone(2).
        add("clone3", allowed ? kAllow : kAbsent);
    }

    SeccompPolicy policy_;
};

} // namespace

SeccompPolicy default_policy(const DefaultPolicyOptions& options) { return Builder(options).run(); }

DefaultPolicyOptions default_policy_options(const Config& config) {
    return {.nesting = config.apparmor.allow_nesting, .compatible_abi = config.arch == Arch::Bits32};
}

} // namespace lxcpp
