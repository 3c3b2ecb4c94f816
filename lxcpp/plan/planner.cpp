// SPDX-License-Identifier: Apache-2.0
#include "plan/planner.h"

#include "base/error.h"
#include "base/kernel_names.h"
#include "base/strings.h"
#include "sys/namespace.h"

#include <algorithm>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kTimeNamespace = 0x80; // CLONE_NEWTIME, shares its bit with CSIGNAL

bool wants_own_network(const Config& config) {
    // Only "none" devices: the host's network is shared (lxc.container.conf, lxc.net.N.type).
    return config.net.empty() || std::ranges::any_of(config.net, [](const NetDevice& device) {
               return device.type != NetType::None;
           });
}

bool has_time_offset(const Config& config) { return config.time != TimeOffsets{}; }

std::uint64_t default_namespaces(const Config& config, const PlanHost& host) {
    std::uint64_t flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
    if (wants_own_network(config)) flags |= CLONE_NEWNET;
    if (!config.idmap.empty()) flags |= CLONE_NEWUSER;
    if (host.time_namespaces || has_time_offset(config)) flags |= kTimeNamespace;
    return flags;
}

std::uint64_t chosen_namespaces(const Config& config, const PlanHost& host) {
    std::uint64_t flags = default_namespaces(config, host);
    if (config.namespaces.clone != 0) flags = config.namespaces.clone;
    flags &= ~config.namespaces.keep;
    // A user namespace without maps, or maps without one, would be neither thing.
    if (!config.idmap.empty()) flags |= CLONE_NEWUSER;
    return flags;
}

void plan_shares(const PlanContext& context, std::uint64_t& flags) {
    std::vector<NamespaceShare> shares = context.config.namespaces.share;
    shares.insert(shares.end(), context.request.share.begin(), context.request.share.end());
    for (const NamespaceShare& share : shares) {
        const sys::NamespaceType* type = sys::find_namespace(share.name);
        if (type == nullptr) throw ConfigError("", 0, "lxc.namespace.share." + share.name, "no such namespace");
        if (type->flag == CLONE_NEWUSER) {
            throw ConfigError("", 0, "lxc.namespace.share.user",
                              "a user namespace cannot be shared; give both containers the same lxc.idmap instead");
        }
        flags &= ~type->flag;
        context.plan.shared_namespaces.push_back({share.name, share.target, type->flag});
    }
}

// Without one, everything that is mounted and pivoted would happen to the host.
void require_mount_namespace(const Namespaces& wish, std::uint64_t flags) {
    if ((flags & CLONE_NEWNS) != 0) return;
    const std::string why = "a container needs a mount namespace of its own";
    if ((wish.keep & CLONE_NEWNS) != 0) throw ConfigError("", 0, "lxc.namespace.keep", "mnt: " + why);
    if (wish.clone != 0 && (wish.clone & CLONE_NEWNS) == 0) {
        throw ConfigError("", 0, "lxc.namespace.clone", "mnt is missing: " + why);
    }
    throw ConfigError("", 0, "lxc.namespace.share.mnt", why);
}

// Everything is set up by the container's root.
void require_root(const std::vector<IdMapEntry>& map) {
    for (const IdKind kind : {IdKind::Uid, IdKind::Gid}) {
        const bool mapped = map.empty() || std::ranges::any_of(map, [kind](const IdMapEntry& entry) {
                                return entry.kind == kind && entry.nsid == 0;
                            });
        if (mapped) continue;
        throw ConfigError("", 0, "lxc.idmap", std::string(kind == IdKind::Uid ? "user" : "group") + " 0 is not mapped, and root sets a container up");
    }
}

std::string offset_line(std::string_view clock, const TimeOffset& offset) {
    return std::string(clock) + ' ' + std::to_string(offset.seconds) + ' ' +
           std::to_string(offset.nanoseconds) + '\n';
}

std::string time_offsets(const TimeOffsets& time) {
    std::string text;
    if (time.monotonic != TimeOffset{}) text += offset_line("monotonic", time.monotonic);
    if (time.boot != TimeOffset{}) text += offset_line("boottime", time.boot);
    return text;
}

void plan_limits(const PlanContext& context) {
    for (const ResourceLimit& limit : context.config.prlimits) {
        const auto number = rlimit_number(limit.name);
        if (!number) {
            throw ConfigError("", 0, "lxc.prlimit." + limit.name, "no such resource limit (see prlimit(1))");
        }
        context.plan.limits.push_back({limit.name, *number, limit.soft.value_or(RLIM_INFINITY),
                                       limit.hard.value_or(RLIM_INFINITY)});
    }
}

void plan_proc_writes(const PlanContext& context) {
    for (const Setting& setting : context.config.procs) {
        std::string file = setting.name;
        std::ranges::replace(file, '.', '/');
        context.plan.proc_writes.emplace_back(file, setting.value);
    }
}

} // namespace

bool PlanContext::creates(std::uint64_t flag) const {
    if ((plan.clone_flags & flag) != 0) return true;
    return std::ranges::any_of(plan.child.steps, [flag](const Step& step) {
        if (const auto* unshare = std::get_if<Unshare>(&step)) return (unshare->flags & flag) != 0;
        return false;
    });
}

void plan_namespaces(const PlanContext& context) {
    std::uint64_t flags = chosen_namespaces(context.config, context.host);
    plan_shares(context, flags);
    require_mount_namespace(context.config.namespaces, flags);
    require_root(context.config.idmap);
    // A network namespace takes the owner of its sysctls from the maps, and a cgroup namespace its
    // root from the membership: both must be there first.
    const std::uint64_t late = flags & (CLONE_NEWNET | CLONE_NEWCGROUP);
    context.plan.clone_flags = flags & ~(late | kTimeNamespace);
    context.plan.idmap = map_inside(context.config.idmap, context.host.own);
    context.add(JoinCgroupsV1{});
    if ((flags & CLONE_NEWUSER) != 0) context.add(BecomeRoot{});
    if (late != 0) context.add(Unshare{late});
    if ((flags & kTimeNamespace) != 0) context.add(EnterTimeNamespace{time_offsets(context.config.time)});
    if (!context.config.hooks.stop.empty()) context.add(OfferNamespaces{});
    if ((flags & CLONE_NEWNET) != 0) context.add(LoopbackUp{});
    if (context.config.keyring.new_session) context.add(NewKeyring{});
    if ((flags & CLONE_NEWUTS) != 0) {
        const std::string& name = context.config.uts.name;
        context.add(SetHostName{name.empty() ? context.request.name : name});
    }
}

namespace {

StartPlan make_plan(const StartRequest& request, const Config& config, const PlanHost& host) {
    StartPlan plan;
    plan.name = request.name;
    plan.lxcpath = request.lxcpath;
    const PlanContext context{request, config, host, plan};
    plan.pre_start = plan_hooks(request, config, host.staging, "pre-start", config.hooks.pre_start);
    plan.start_host = plan_hooks(request, config, host.staging, "start-host", config.hooks.start_host);
    if (config.monitor.unshare && !config.mounts.automatic.shmounts_host.empty()) {
        throw ConfigError("", 0, "lxc.monitor.unshare", "excludes shmounts of lxc.mount.auto, which the host must see");
    }
    plan_limits(context);
    plan_proc_writes(context);
    plan_namespaces(context);
    plan_root(context);
    plan_dev_tmpfs(context);
    plan_proc_sys(context);
    plan_cgroup_mounts(context);
    plan_name_servers(context);
    plan_mount_entries(context);
    plan_dev(context);
    plan_pivot(context);
    plan_security(context);
    plan_payload(context);
    plan_network(context);
    return plan;
}

} // namespace

StartPlan plan_start(const StartRequest& request, const Config& config, const PlanHost& host) {
    try {
        return make_plan(request, config, host);
    } catch (const ConfigError& error) {
        if (error.file().empty()) throw at_origin(error, request.assignments);
        throw;
    }
}

} // namespace lxcpp
