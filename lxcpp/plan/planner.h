// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.h"
#include "plan/own_map.h"
#include "plan/plan.h"

#include <string>
#include <vector>

namespace lxcpp {

// What the planner must know of the host and of the payload; probed by the caller, so that the same
// values give the same plan everywhere.
struct PlanHost {
    bool unified_cgroups = false;           // one cgroup2 hierarchy and nothing else
    std::vector<std::string> cgroup_v1;     // mounted v1 hierarchies: "memory", "cpu,cpuacct", "name=systemd"
    bool cgroup_v2 = false;                 // a cgroup2 hierarchy is there too
    std::vector<std::string> cgroup_v1_mounts; // where those of cgroup_v1 are mounted
    std::string cgroup_v2_mount;
    bool time_namespaces = false;           // the kernel has them
    bool inside_user_namespace = false;     // we are ourselves mapped: no mknod, no idmapped mounts
    OwnMaps own;                            // of an ordinary user's own namespace: what ids are called in there
    bool payload_unified_only = false;      // the rootfs has a systemd that refuses cgroup v1
    std::uint64_t bounding_set = ~0ull;     // capabilities that stay: security/ reads the names
    std::string staging;                    // directory on which the rootfs is staged
    // The file that will name the servers of a managed bridge; empty unless an application is on one.
    std::string name_servers;
    std::string boot_id;                    // fresh UUID for the payload
};

enum class StartKind { System, Execute };

// One request to start: what the administrator typed, beside the configuration.
struct StartRequest {
    std::string name;
    std::string lxcpath;
    std::string config_file; // for hooks; may be empty
    StartKind kind = StartKind::System;
    std::vector<std::string> command;       // empty = lxc.init.cmd, then lxc.execute.cmd
    std::vector<NamespaceShare> share;      // --share-net ..., on top of lxc.namespace.share
    std::vector<std::string> fstab;         // lines of lxc.mount.fstab, read by the caller
    bool keep_stdio = false;                // foreground execute: descriptors that are no terminals stay
    std::string target = "stop";            // LXC_TARGET for hooks: "stop" or "reboot"
    std::string log_level = "ERROR";
    std::vector<Assignment> assignments;    // the lines behind the configuration, for error messages
};

// Pure. Throws ConfigError for what cannot be planned (unknown mount option, bad hook), with the
// file and the line that the request's assignments name.
[[nodiscard]] StartPlan plan_start(const StartRequest& request, const Config& config,
                                   const PlanHost& host);

// Whether what runs is a program below our init, which asks no DHCP server: lxc.execute.cmd, lxcpp-execute.
[[nodiscard]] bool runs_below_init(const StartRequest& request, const Config& config);

// Such a program's device gets what DHCP would give, where its link is a managed bridge.
[[nodiscard]] bool may_take_lease(const NetDevice& device);

// Parts of plan_start, one file each.
struct PlanContext {
    const StartRequest& request;
    const Config& config;
    const PlanHost& host;
    StartPlan& plan;
    [[nodiscard]] bool creates(std::uint64_t namespace_flag) const; // with clone or unshare
    void add(Step step) const { plan.child.steps.push_back(std::move(step)); }
};

void plan_namespaces(const PlanContext& context);
void plan_root(const PlanContext& context);
void plan_pivot(const PlanContext& context);
void plan_dev_tmpfs(const PlanContext& context);
void plan_dev(const PlanContext& context);
// Where SetupPtys binds terminals, in the order of their masters: the console, if there is one, then the ttys.
[[nodiscard]] std::vector<std::string> terminal_files(const Config& config);
void plan_proc_sys(const PlanContext& context);
// For a new /proc: read-only and masked are what lxc.mount.auto = proc:mixed says.
[[nodiscard]] std::vector<Step> protect_proc(bool own_network);
void plan_cgroup_mounts(const PlanContext& context);
void plan_name_servers(const PlanContext& context);
void plan_mount_entries(const PlanContext& context);
void plan_security(const PlanContext& context);
void plan_payload(const PlanContext& context);
void plan_network(const PlanContext& context); // last: it looks at what the other steps need

// What a hook is for: lxc.hook.TYPE ("lxc", "mount") or lxc.net.N.script.TYPE ("net", "up").
struct HookKind {
    std::string type;
    std::string section = "lxc";
};
// Environment of hooks, and one hook as a program to run.
[[nodiscard]] std::vector<std::string> hook_environment(const StartRequest& request,
                                                        const Config& config, const std::string& staging,
                                                        const HookKind& kind);
// key: for messages. The arguments are those of the command, then name, section and type.
[[nodiscard]] RunProgram plan_hook(const StartRequest& request, const Config& config, const std::string& staging,
                                   const HookKind& kind, const std::string& key, const std::string& command);
[[nodiscard]] std::vector<RunProgram> plan_hooks(const StartRequest& request, const Config& config,
                                                 const std::string& staging, const std::string& type,
                                                 const std::vector<std::string>& commands);

// The devices of a configuration: those of a plan, and at a container's end those whose script.down runs.
[[nodiscard]] std::vector<NicPlan> plan_nics(const StartRequest& request, const Config& config, const std::string& staging);

// Whether a device with these addresses reaches it without a route; of IPv6 also what is only valid on the link.
[[nodiscard]] bool is_in_networks(const std::vector<NicAddress>& addresses, int family, const std::string& address);

} // namespace lxcpp
