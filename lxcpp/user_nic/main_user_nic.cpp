// SPDX-License-Identifier: Apache-2.0
// lxcpp-user-nic(1), which is setuid root: gives the container of an ordinary user one end of a
// pair of interfaces and puts the other on a bridge, where lxcpp-usernet(5) allows it. Whoever runs
// it is an attacker until shown otherwise.
#include "base/strings.h"
#include "sys/capability.h"
#include "sys/confine.h"
#include "sys/cred.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/raw.h"
#include "user_nic/pair.h"
#include "user_nic/port_runner.h"
#include "user_nic/target.h"

#include <lxcpp/error.h>

#include <array>
#include <chrono>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace lxcpp::user_nic {
namespace {

constexpr const char* kUsernet = "/etc/lxcpp/lxcpp-usernet";
constexpr const char* kLock = "/run/.lxcpp-user-nic.lock";
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kMoment{1};
constexpr std::uint64_t kGroupLocks = std::uint64_t{1} << 32; // beyond those of users

// Exit code 3. One text for everything that is not there or not for this user: it tells nobody what
// exists.
struct Denied {};

// The caller can neither stop nor kill what is root alone; what they may have left us is gone.
std::vector<gid_t> become_root() {
    std::vector<gid_t> groups = sys::groups();
    groups.push_back(::getgid());
    sys::set_groups({});
    sys::set_ids(0, 0);
    sys::forget_caller();
    return groups;
}

// All that is opened by name.
struct Files {
    Fd usernet;
    Fd passwd = sys::open_file("/etc/passwd");
    Fd group = sys::open_file("/etc/group");
    Fd lock;
    Fd sysctls = sys::open_file("/proc/sys/net", {.access = sys::Access::Path});

    Files() {
        auto file = sys::try_open_file(kUsernet, {.follow = false, .nonblock = true});
        if (!file) throw Denied();
        usernet = std::move(*file);
        const struct stat info = sys::stat_fd(usernet);
        if (!S_ISREG(info.st_mode) || info.st_uid != 0 || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
            throw Error(std::string(kUsernet) +
                        ": it must be a file of root that nobody else may write to");
        lock = sys::open_file(
            kLock,
            {.access = sys::Access::ReadWrite, .create = true, .follow = false, .mode = 0600});
    }
};

void give_up_rights() {
    const sys::CapMask needed = sys::cap_bit(CAP_NET_ADMIN); // sysctls of networks ask for nothing else
    sys::set_file_ids(65534, 65534); // nobody
    sys::limit_bounding_set(0);
    sys::set_capabilities({.effective = needed, .permitted = needed, .inheritable = 0});
    sys::set_no_new_privs();
    // Locks, netlink, namespaces, and waiting for the runner of programs.
    sys::allow_only_calls(std::array{SYS_fcntl, SYS_fstatfs, SYS_ioctl, SYS_sendto, SYS_recvfrom,
                                     SYS_sendmsg, SYS_recvmsg, SYS_ppoll, SYS_epoll_create1,
                                     SYS_epoll_ctl, SYS_epoll_pwait, SYS_openat2});
}

class Helper {
public:
    Helper(Request request, uid_t uid, std::span<const gid_t> groups)
        : request_(std::move(request)), target_(look_at_target()), uid_(uid),
          runner_(request_, uid_), random_(sys::random_bytes(256)) {
        give_up_rights();
        require_owned(target_, uid_);
        caller_ = {uid_, user_name(sys::read_all(files_.passwd, "passwd"), uid_),
                   named_groups(sys::read_all(files_.group, "group"), groups)};
    }

    // False: there are as many as are allowed.
    bool create() {
        const auto allowed =
            allotments(sys::read_all(files_.usernet, kUsernet), caller_, request_.bridge);
        if (allowed.empty()) throw Denied();
        bool full = false;
        for (const Allotment& allotment : allowed) {
            if (allotment.most == 0) continue;
            hold(allotment.subject);
            if (has_room(allotment)) {
                create_for(allotment);
                return true;
            }
            full = true;
        }
        if (!full) throw Denied();
        return false;
    }

private:
    // Two of one user are not made at once; other users never wait for this one, who may be frozen
    // while they hold it.
    void hold(const std::string& subject) {
        const std::uint64_t number = parse_u64(std::string_view(subject).substr(1)).value_or(0);
        const std::uint64_t place = number + (subject.front() == 'g' ? kGroupLocks : 0);
        const auto end = std::chrono::steady_clock::now() + kPatience;
        while (!sys::try_lock_byte(files_.lock, place)) {
            if (std::chrono::steady_clock::now() >= end)
                throw Error("another call for this user takes too long; try again");
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
    }

    // What a container had that has just ended is still there for a moment, at first without a sign
    // of its end.
    bool has_room(const Allotment& allotment) {
        const auto start = std::chrono::steady_clock::now();
        for (;;) {
            const Count now = count_marked(netlink_.links(), allotment.subject, request_.bridge);
            if (now.all < allotment.most) return true;
            const bool will_have = now.all - now.dying < allotment.most;
            if (std::chrono::steady_clock::now() >= start + (will_have ? kPatience : kMoment))
                return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }

    void create_for(const Allotment& allotment) {
        Pair pair{.host = free_name(netlink_, uid_, random_),
                  .inside = request_.name,
                  .network_namespace = kNetworkNamespace,
                  .sysctls = files_.sysctls};
        std::optional<sys::NetLink> bridge;
        std::string addresses = "- - - - -";
        if (request_.bridge != kNoBridge) {
            if (auto port =
                    runner_.attach({pair.host, allotment.subject, allotment.most}, caller_.name)) {
                addresses = std::move(*port);
                pair.mac = addresses.substr(0, addresses.find(' '));
            }
            bridge = find_bridge(netlink_, request_.bridge);
            if (!bridge) throw Denied();
            pair.bridge = &*bridge;
        }
        pair.mark = mark_of(request_, allotment.subject, uid_);
        // A bridge takes the lowest address of its ports as its own: ours must never be that.
        pair.host_mac = sys::mac_text("\xfe" + std::string(random_.end() - 5, random_.end()));
        const sys::NetLink made = make_pair(netlink_, pair);
        const std::string line =
            made.name + ' ' + std::to_string(made.index) + ' ' + addresses + '\n';
        if (sys::raw::write_fd(1, line.data(), line.size()) == 0) return;
        sys::delete_link(netlink_, made); // nobody knows of it
        throw Error("standard output cannot be written to");
    }

    Request request_;
    Files files_;
    Target target_;
    uid_t uid_;
    sys::Netlink netlink_;
    PortRunner runner_;
    std::vector<unsigned char> random_;
    Caller caller_;
};

int fail(int code, std::string_view why) noexcept {
    const std::string line = "lxcpp-user-nic: " + std::string(why) + '\n';
    (void)sys::raw::write_fd(2, line.data(), line.size());
    return code;
}

int run(int argc, char** argv) {
    if (::geteuid() != 0)
        return fail(3, "it is not setuid root, or runs where programs may not gain rights");
    sys::fill_standard_fds();
    const std::array kept{kProcess, kNetworkNamespace};
    sys::close_all_except(kept);
    const uid_t uid = ::getuid();
    const std::vector<gid_t> groups = become_root();
    try {
        Request request = parse_request({argv + (argc > 0 ? 1 : 0), argv + (argc > 0 ? argc : 0)});
        if (Helper(std::move(request), uid, groups).create()) return 0;
        return fail(3, "this user has as many interfaces on that bridge as " +
                           std::string(kUsernet) + " allows");
    } catch (const Misuse& misuse) {
        return fail(2, misuse.what());
    } catch (const Denied&) {
        return fail(3, "not permitted");
    }
}

} // namespace
} // namespace lxcpp::user_nic

int main(int argc, char** argv) {
    try {
        return lxcpp::user_nic::run(argc, argv);
    } catch (const std::exception& error) {
        return lxcpp::user_nic::fail(1, error.what());
    }
}
