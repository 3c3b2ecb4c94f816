// SPDX-License-Identifier: Apache-2.0
#include "start/network.h"

#include "base/error.h"
#include "base/log.h"
#include "config/item.h"
#include "network/bridge_port.h"
#include "network/make.h"
#include "network/phys.h"
#include "network/proxy.h"
#include "plan/user_nic.h"
#include "start/made.h"
#include "start/notes.h"
#include "start/starter.h"
#include "start/user_network.h"
#include "start/user_nic.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/mount_point.h"
#include "sys/own_namespace.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <sys/socket.h>
#include <utility>

namespace lxcpp {
namespace {

// The network namespace, mounted here: it lives on when the container and its monitor were killed.
constexpr const char* kPinned = "netns";
constexpr const char* kNameServers = "resolv.conf";

bool outlives_its_end(const NicPlan& nic) {
    return nic.type == NetType::Phys || nic.script_down;
}

void pin(FdRef network_namespace, const std::filesystem::path& runtime) {
    const std::filesystem::path file = runtime / kPinned;
    (void)sys::open_file(file, {.access = sys::Access::Write, .create = true, .mode = 0600});
    with_context("keep the network namespace",
                 [&] { sys::MountTree::clone_fd(network_namespace).attach(file); });
}

Fd pinned(const std::filesystem::path& runtime) {
    const std::filesystem::path file = runtime / kPinned;
    if (!sys::exists(file) || !sys::is_mount_point(file)) return {};
    return sys::open_file(file);
}

void unpin(const std::filesystem::path& runtime) {
    const std::filesystem::path file = runtime / kPinned;
    if (!sys::exists(file)) return;
    if (sys::is_mount_point(file)) sys::unmount(file, true);
    sys::remove_file(file);
}

// A second record of a taken link says more of it than the first.
void add_record(std::vector<NicRecord>& records, const NicRecord& record) {
    if (std::holds_alternative<TakenLink>(record.what)) {
        std::erase_if(records, [&](const NicRecord& old) {
            return old.nic == record.nic && std::holds_alternative<TakenLink>(old.what);
        });
    }
    records.push_back(record);
}

void note(const std::filesystem::path& runtime, const NicRecord& record) {
    Made made = load_made(runtime);
    add_record(made.nics, record);
    save_made(runtime, made);
}

// True when the configuration did not say it.
bool remember(const MadeNic& made, Config& config) {
    const auto device = std::ranges::find(config.net, made.nic, &NetDevice::index);
    if (device == config.net.end()) return false;
    const NetDevice before = *device;
    if (device->type == NetType::Veth) device->veth.pair = made.peer;
    if (device->type == NetType::Phys) device->link = made.link;
    return *device != before;
}

void run_script(const RunProgram& script, pid_t init) {
    std::vector<std::string> more;
    if (init > 0) more.push_back("LXC_PID=" + std::to_string(init));
    run_host_hooks({script}, more);
}

// The container's first device on a managed bridge is what its name and its published ports are of.
class Ports {
public:
    Ports(const NetworkMaking& wish, const Config& config) : wish_(wish), config_(config) {}

    std::optional<PortAddresses> join(const NicPlan& nic, const std::string& port,
                                      const std::string& mac) {
        PortRequest request{.bridge = nic.link, .port = port};
        request.owner = {wish_.plan.lxcpath, wish_.plan.name, nic.index};
        request.mac = mac;
        request.named = !named_;
        if (!named_) request.publish = config_.publish;
        const auto device = std::ranges::find(config_.net, nic.index, &NetDevice::index);
        if (device != config_.net.end()) {
            request.ipv4 = device->ipv4_addresses;
            request.ipv6 = device->ipv6_addresses;
        }
        note(wish_.runtime, {nic.index, ManagedPort{nic.link, port}});
        auto joined = attach_port(wish_.paths, request);
        if (joined) {
            named_ = true;
            add_start_notes(wish_.runtime, joined->notes);
        }
        return joined;
    }

    void require_all_published(bool in_user_mode) const {
        if (config_.publish.empty() || named_ || in_user_mode) return;
        if (sys::in_own_namespace())
            throw ConfigError("", 0, "lxc.publish",
                              "ports of the host that a bridge leads to are root's to publish; a "
                              "user's container has its own with lxc.net.N.type = user");
        throw ConfigError("", 0, "lxc.publish",
                          "the container has no device on the managed bridge, and none of "
                          "user-mode networking: only there are ports published");
    }

private:
    const NetworkMaking& wish_;
    const Config& config_;
    bool named_ = false;
};

// resolv.conf(5), for a program that asks nobody for it. The file is mounted inside already: it
// stays the same one.
class NameServers {
public:
    explicit NameServers(const NetworkMaking& wish) : file_(wish.runtime / kNameServers) {}

    // The first device that knows some names them.
    void add(const NicPlan& nic, const MadeNic& made) {
        if (written_ || !sys::exists(file_)) return;
        if (made.lease)
            write(made.lease->domain, {made.lease->ipv4_gateway, made.lease->ipv6_gateway});
        else if (nic.type == NetType::User)
            write("", {user_resolver(nic, AF_INET), user_resolver(nic, AF_INET6)});
    }

private:
    void write(const std::string& domain, const std::array<std::string, 2>& servers) {
        std::string text = "# Written by lxcpp\n";
        if (!domain.empty()) text += "search " + domain + '\n';
        for (const std::string& server : servers) {
            if (!server.empty()) text += "nameserver " + server + '\n';
        }
        sys::write_all(sys::open_file(file_, {.access = sys::Access::Write}), text,
                       "write the name servers");
        written_ = true;
    }

    std::filesystem::path file_;
    bool written_ = false;
};

// Why a user's device is on no bridge, for a note.
struct NoBridge {
    std::string why;                // empty: it is on one
    std::string mended_by = {}; // "; what to do"
};

// What a user has in place of a device on a bridge, and where it says so. It is one program, and
// one device, that carries everything.
class UserMode {
public:
    UserMode(const NetworkMaking& wish, Config& config) : wish_(wish), config_(config) {}

    // As it can be made here; nullopt: not at all, which a note says. why: a user's device is on no
    // bridge.
    std::optional<NicPlan> fit(const NicPlan& nic, const NoBridge& why) {
        const bool falls_back = nic.type == NetType::Veth && sys::in_own_namespace();
        if (falls_back && !can_replace(nic, why)) return std::nullopt;
        if (!falls_back && nic.type != NetType::User) return nic;
        NicPlan plan = plan_user_nic(falls_back ? as_user_nic(nic) : nic, host());
        if (falls_back) tell_fallback(nic, plan, why);
        used_ = true;
        return plan;
    }

    [[nodiscard]] MadeNic make(const NicPlan& nic, const NicWork& work) {
        const UserNetwork network{wish_.paths, wish_.runtime, config_, wish_.monitor_cgroups,
                                  wish_.init};
        return make_user_nic(nic, work, network, host());
    }

    [[nodiscard]] bool used() const noexcept { return used_; }

private:
    const UserHost& host() {
        if (!host_) host_ = probe_user_host();
        return *host_;
    }

    // Nobody asked for it by its name: a container without it is better than none.
    bool can_replace(const NicPlan& nic, const NoBridge& no_bridge) {
        const std::string why =
            used_ ? "user-mode networking carries one device" : why_no_user_network(host());
        if (why.empty()) return true;
        note(nic, fmt::format("{}, and there is no user-mode networking instead: {}; the device is left out{}", no_bridge.why, why,
                              no_bridge.mended_by));
        return false;
    }

    void tell_fallback(const NicPlan& nic, const NicPlan& plan, const NoBridge& no_bridge) {
        const NicAddress* address = user_address(plan, AF_INET);
        if (address == nullptr) address = user_address(plan, AF_INET6);
        note(nic, fmt::format("{}: user-mode networking instead, with the address {} behind those of the host{}{}", no_bridge.why,
                              address == nullptr ? "" : address->address,
                              nic.addresses.empty() ? "" : " (those of the configuration are the bridge's)",
                              no_bridge.mended_by));
        const auto device = std::ranges::find(config_.net, nic.index, &NetDevice::index);
        if (device != config_.net.end()) device->type = NetType::User;
    }

    void note(const NicPlan& nic, const std::string& text) const {
        add_start_notes(wish_.runtime, {fmt::format("lxc.net.{}: {}", nic.index, text)});
    }

    const NetworkMaking& wish_;
    Config& config_;
    std::optional<UserHost> host_;
    bool used_ = false;
};

// By number of the device: those that root lets a user have on a bridge.
using UsersPairs = std::map<unsigned, NicWork::UsersPair>;

NoBridge join_bridge(const NicPlan& nic, const NetworkMaking& wish, const NicWork& work,
                     UsersPairs& pairs) {
    const UserNicAnswer answer =
        ask_user_nic(nic, {wish.paths, wish.runtime, wish.plan.name, wish.init, wish.outside,
                           wish.old_network, work});
    if (!answer.made) return {fmt::format("a user may join no bridge here ({})", answer.why), "; " + how_root_allows(nic)};
    pairs[nic.index] = {answer.made->peer, answer.made->index, answer.made->managed};
    return {};
}

// What listens on the host for a user is the user's own program, whatever root allows on bridges.
bool only_user_mode_publishes(const Config& config, const UserMode& user_mode) {
    return !config.publish.empty() && !user_mode.used() &&
           std::ranges::count(config.net, NetType::User, &NetDevice::type) == 0;
}

template <typename Step>
void attempt(unsigned nic, Step&& step) noexcept {
    try {
        step();
    } catch (const std::exception& error) {
        log::error("lxc.net.{}: {}", nic, error.what());
    }
}

class Release {
public:
    Release(FdRef network_namespace, const NetworkRelease& wish)
        : network_namespace_(network_namespace), wish_(wish) {}

    // LXC's order: first what was taken from the host, then the scripts.
    std::vector<Fd> undo(const std::vector<NicRecord>& records) {
        each<TakenLink>(records, [&](unsigned nic, const TakenLink& taken) {
            const std::string news = give_phys_back(taken, network_namespace_);
            if (!news.empty()) log::error("lxc.net.{}: {}", nic, news);
        });
        each<HostProxy>(records, [](unsigned, const HostProxy& proxy) {
            sys::Netlink host;
            answer_no_more(proxy, host);
        });
        each<ManagedPort>(records, [this](unsigned, const ManagedPort& one) {
            sockets_.push_back(detach_port(wish_.paths, one.bridge, one.port));
        });
        each<UserProcess>(records, [](unsigned, const UserProcess& one) { end_user_process(one); });
        each<ScriptRun>(records, [&](unsigned nic, const ScriptRun& run) { run_down(nic, run); });
        return std::move(sockets_);
    }

private:
    template <typename What, typename Step>
    void each(const std::vector<NicRecord>& records, Step&& step) {
        for (const NicRecord& record : records) {
            if (const auto* what = std::get_if<What>(&record.what))
                attempt(record.nic, [&] { step(record.nic, *what); });
        }
    }

    void run_down(unsigned index, const ScriptRun& about) {
        const std::vector<NicPlan> nics =
            plan_nics(wish_.request, wish_.config, wish_.paths.rootfs_mount.string());
        const auto nic = std::ranges::find(nics, index, &NicPlan::index);
        if (nic != nics.end() && nic->script_down)
            run_script(script_for(*nic->script_down, about), wish_.init);
    }

    FdRef network_namespace_;
    const NetworkRelease& wish_;
    std::vector<Fd> sockets_;
};

} // namespace

std::string name_servers_file(const StartRequest& request, const Config& config, const Paths& paths,
                              const std::filesystem::path& runtime) {
    if (!runs_below_init(request, config)) return "";
    const bool user = sys::in_own_namespace();
    const bool leases = std::ranges::any_of(config.net, [&](const NetDevice& device) {
        if (user && device.type == NetType::User) return true;
        return may_take_lease(device) && (user || is_managed_bridge(paths, device.link));
    });
    return leases ? (runtime / kNameServers).string() : "";
}

Fd make_network(const NetworkMaking& wish, Config& config, Fd socket) {
    sys::Netlink inside(std::move(socket));
    sys::Netlink host;
    Fd network_namespace = inside.network_namespace();
    const std::vector<NicPlan>& nics = wish.plan.nics;
    if (std::ranges::any_of(nics, outlives_its_end)) pin(network_namespace, wish.runtime);
    Ports ports(wish, config);
    UserMode user_mode(wish, config);
    UsersPairs pairs;
    NicWork work{
        host,
        inside,
        network_namespace,
        [&wish](const NicRecord& record) { note(wish.runtime, record); },
        [&wish](const std::string& bridge) { return is_managed_bridge(wish.paths, bridge); },
        [&ports](const NicPlan& nic, const std::string& port, const std::string& mac) {
            return ports.join(nic, port, mac);
        },
        {},
        {}};
    work.user_mode = [&](const NicPlan& nic) { return user_mode.make(nic, work); };
    const bool for_user = sys::in_own_namespace();
    if (for_user) work.make_for_user = [&pairs](const NicPlan& nic) { return pairs.at(nic.index); };
    const auto run = [&wish](const RunProgram& script) { run_script(script, wish.init); };
    bool news = false;
    NameServers servers(wish);
    for (const NicPlan& nic : nics) {
        NoBridge why;
        if (for_user && nic.type == NetType::Veth)
            why = only_user_mode_publishes(config, user_mode) ? NoBridge{"a user's ports (lxc.publish) are not published on a bridge"}
                                                              : join_bridge(nic, wish, work, pairs);
        const auto possible = pairs.contains(nic.index) ? nic : user_mode.fit(nic, why);
        if (!possible) continue;
        const MadeNic made = make_nic(*possible, work, run);
        news = remember(made, config) || news;
        servers.add(*possible, made);
    }
    ports.require_all_published(user_mode.used());
    if (news || user_mode.used())
        sys::write_file_atomic(wish.runtime / "config", effective_text(config), 0600);
    if (pairs.empty() || !config.hooks.stop.empty()) return {};
    return network_namespace;
}

std::vector<Fd> release_network(const std::filesystem::path& runtime,
                                const NetworkRelease& wish) noexcept {
    std::vector<Fd> sockets;
    try {
        Made made = load_made(runtime);
        const std::vector<NicRecord> records = std::exchange(made.nics, {});
        if (!records.empty()) {
            const Fd network_namespace = pinned(runtime);
            sockets = Release(network_namespace, wish).undo(records);
            save_made(runtime, made);
        }
        unpin(runtime);
    } catch (const std::exception& error) {
        log::error("the network of {}: {}", wish.request.name, error.what());
    }
    return sockets;
}

} // namespace lxcpp
