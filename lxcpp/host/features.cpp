// SPDX-License-Identifier: Apache-2.0
#include "host/features.h"

#include "host/feature_probes.h"

#include <span>

namespace lxcpp {
namespace {

using probes::Answer;
using probes::Context;
using sys::Call;

struct Row {
    std::string_view id;
    std::string_view name;
    bool required;
    Answer (*probe)(const Context&);
    std::string_view cost;
    std::string_view remedy;
};

constexpr std::string_view kNewerKernel = "a kernel of Linux 5.12 or later";

constexpr Row kNamespaces[] = {
    {"ns-user", "User namespace", true, [](const Context&) { return probes::user_namespace(); },
     "containers would have to be privileged",
     "CONFIG_USER_NS=y; sysctl user.max_user_namespaces=100000"},
    {"ns-mnt", "Mount namespace", true, [](const Context&) { return probes::name_space("mnt"); },
     "no container starts", "CONFIG_NAMESPACES=y"},
    {"ns-pid", "Pid namespace", true, [](const Context&) { return probes::name_space("pid"); },
     "no container starts", "CONFIG_PID_NS=y"},
    {"ns-uts", "UTS namespace", true, [](const Context&) { return probes::name_space("uts"); },
     "no container starts", "CONFIG_UTS_NS=y"},
    {"ns-ipc", "IPC namespace", true, [](const Context&) { return probes::name_space("ipc"); },
     "no container starts", "CONFIG_IPC_NS=y"},
    {"ns-net", "Network namespace", true, [](const Context&) { return probes::name_space("net"); },
     "only lxc.net.0.type = none works", "CONFIG_NET_NS=y"},
    {"ns-cgroup", "Cgroup namespace", false,
     [](const Context&) { return probes::name_space("cgroup"); },
     "containers see the host's cgroup paths", "CONFIG_CGROUPS=y, Linux 4.6"},
    {"ns-time", "Time namespace", false, [](const Context&) { return probes::name_space("time"); },
     "lxc.time.offset.* cannot be used", "CONFIG_TIME_NS=y, Linux 5.6"},
};

constexpr std::string_view kRaise = "raise it with sysctl(8) and keep that in /etc/sysctl.d";

constexpr Row kLimits[] = {
    {"max-user-ns", "User namespaces", true,
     [](const Context&) { return probes::limit_above("/proc/sys/user/max_user_namespaces", 1); },
     "containers would have to be privileged", kRaise},
    {"max-mnt-ns", "Mount namespaces", true,
     [](const Context&) { return probes::limit_above("/proc/sys/user/max_mnt_namespaces", 1); },
     "no container starts", kRaise},
    {"max-pid-ns", "Pid namespaces", true,
     [](const Context&) { return probes::limit_above("/proc/sys/user/max_pid_namespaces", 1); },
     "no container starts", kRaise},
    {"max-net-ns", "Network namespaces", true,
     [](const Context&) { return probes::limit_above("/proc/sys/user/max_net_namespaces", 1); },
     "only lxc.net.0.type = none works", kRaise},
    {"max-cgroup-ns", "Cgroup namespaces", false,
     [](const Context&) { return probes::limit_above("/proc/sys/user/max_cgroup_namespaces", 1); },
     "containers see the host's cgroup paths", kRaise},
    {"inotify-instances", "Inotify instances per user", false,
     [](const Context&) {
         return probes::limit_above("/proc/sys/fs/inotify/max_user_instances", 128);
     },
     "systemd inside fails with \"too many open files\"",
     "sysctl fs.inotify.max_user_instances=1024"},
    {"inotify-watches", "Inotify watches per user", false,
     [](const Context&) {
         return probes::limit_above("/proc/sys/fs/inotify/max_user_watches", 8192);
     },
     "services inside cannot watch their files", "sysctl fs.inotify.max_user_watches=1048576"},
    {"keys", "Keys per user", false,
     [](const Context&) { return probes::limit_above("/proc/sys/kernel/keys/maxkeys", 200); },
     "privileged containers that share an id run out of session keyrings",
     "sysctl kernel.keys.maxkeys=2000"},
    {"ptys", "Pseudo terminals", false,
     [](const Context&) { return probes::limit_above("/proc/sys/kernel/pty/max", 1024); },
     "consoles and attach fail when many containers run", "sysctl kernel.pty.max=4096"},
};

constexpr std::string_view kBootOption =
    "switch the controller on in the kernel or its command line";

constexpr Row kCgroups[] = {
    {"cgroups", "Cgroups that we may write", false, probes::writable_cgroups,
     "no limits, no freezing, processes that escape init are not found",
     "mount cgroup2 on /sys/fs/cgroup; users need a delegated group (systemd: Delegate=yes)"},
    {"cgroup-v2", "Unified hierarchy (v2)", false,
     [](const Context& context) {
         const bool there = context.facts.cgroups.unified() != nullptr;
         return Answer{there ? Presence::Available : Presence::Missing};
     },
     "systemd 258 and later do not run inside, users get no limits",
     "boot with systemd.unified_cgroup_hierarchy=1"},
    {"cgroup-memory", "Memory controller", false,
     [](const Context& context) { return probes::controller(context, "memory", "memory"); },
     "lxc.cgroup2.memory.* cannot be used", "CONFIG_MEMCG=y, cgroup_enable=memory"},
    {"cgroup-cpu", "CPU controller", false,
     [](const Context& context) { return probes::controller(context, "cpu", "cpu"); },
     "lxc.cgroup2.cpu.* cannot be used", kBootOption},
    {"cgroup-cpuset", "CPU set controller", false,
     [](const Context& context) { return probes::controller(context, "cpuset", "cpuset"); },
     "lxc.cgroup2.cpuset.* cannot be used", kBootOption},
    {"cgroup-io", "Block I/O controller", false,
     [](const Context& context) { return probes::controller(context, "blkio", "io"); },
     "lxc.cgroup2.io.* cannot be used", kBootOption},
    {"cgroup-pids", "Process number controller", false,
     [](const Context& context) { return probes::controller(context, "pids", "pids"); },
     "a fork bomb inside reaches the host", kBootOption},
    {"cgroup-devices", "Device control", false, probes::device_control,
     "privileged containers can open every device of the host",
     "CONFIG_CGROUP_BPF=y, or the v1 devices hierarchy"},
    {"cgroup-freezer", "Freezer", false, probes::freezer, "lxcpp-freeze does not work",
     "Linux 5.2 with cgroup v2, or the v1 freezer hierarchy"},
    {"cgroup-kill", "Killing a whole group", false,
     [](const Context& context) { return context.v2_kill; },
     "a container that forks fast takes longer to stop", "Linux 5.14 with cgroup v2"},
    {"clone-into-cgroup", "Starting inside a cgroup", false,
     [](const Context&) { return probes::answer_of(sys::probe_clone_into_cgroup()); },
     "each start waits some milliseconds for a move", "Linux 5.7 with cgroup v2"},
};

constexpr Row kStorage[] = {
    {"mount-api", "Mounts by descriptor", true, [](const Context&) { return probes::mount_api(); },
     "no container starts", kNewerKernel},
    {"openat2", "Lookups that stay below a directory", true,
     [](const Context&) { return probes::call(Call::Openat2); }, "no container starts",
     kNewerKernel},
    {"idmapped-mounts", "Idmapped mounts", false, probes::idmapped_mounts,
     "every file of a new unprivileged container is changed in owner",
     "Linux 5.12 and ext4, xfs (5.12), btrfs (5.15), overlay (5.19) or tmpfs (6.3)"},
    {"open-tree-attr", "Attributes while a mount is cloned", false,
     [](const Context&) { return probes::call(Call::OpenTreeAttr); },
     "an idmapped mount cannot be mapped once more", "Linux 6.15"},
    {"tmpfs", "tmpfs", true, [](const Context&) { return probes::file_system("tmpfs"); },
     "no container starts", "CONFIG_TMPFS=y"},
    {"devpts", "devpts", true, [](const Context&) { return probes::file_system("devpts"); },
     "no terminals, no container starts", "CONFIG_UNIX98_PTYS=y"},
    {"mqueue", "mqueue", false, [](const Context&) { return probes::file_system("mqueue"); },
     "no /dev/mqueue inside", "CONFIG_POSIX_MQUEUE=y"},
    {"overlay", "overlay", false, [](const Context&) { return probes::file_system("overlay"); },
     "copies of a container need the space of the whole", "CONFIG_OVERLAY_FS=m"},
    {"erofs", "erofs", false, [](const Context&) { return probes::file_system("erofs"); },
     "images are kept as unpacked directories", "CONFIG_EROFS_FS=m"},
    {"squashfs", "squashfs", false, [](const Context&) { return probes::file_system("squashfs"); },
     "squashfs images are unpacked instead of mounted", "CONFIG_SQUASHFS=m"},
    {"btrfs", "btrfs", false, [](const Context&) { return probes::file_system("btrfs"); },
     "no btrfs snapshots", "CONFIG_BTRFS_FS=m"},
    {"fuse", "fuse", false, [](const Context&) { return probes::file_system("fuse"); },
     "no FUSE file systems inside", "CONFIG_FUSE_FS=m"},
    {"loop", "Loop devices", false,
     [](const Context&) { return probes::path("/dev/loop-control"); },
     "no containers in image files", "CONFIG_BLK_DEV_LOOP=m; modprobe loop"},
};

constexpr Row kSecurity[] = {
    {"seccomp", "Seccomp filters", false,
     [](const Context&) { return probes::answer_of(sys::probe_seccomp_filter()); },
     "containers with lxc.seccomp.profile do not start", "CONFIG_SECCOMP_FILTER=y"},
    {"seccomp-notify", "Seccomp notification", false,
     [](const Context&) { return probes::answer_of(sys::probe_seccomp_notify()); },
     "lxc.seccomp.notify.* cannot be used", "Linux 5.0"},
    {"apparmor", "AppArmor", false,
     [](const Context& context) { return probes::lsm(context, "apparmor"); },
     "privileged containers have one wall less", "boot with lsm=...,apparmor; install apparmor"},
    {"selinux", "SELinux", false,
     [](const Context& context) { return probes::lsm(context, "selinux"); },
     "lxc.selinux.* cannot be used", "on distributions that use it: lsm=...,selinux"},
    {"landlock", "Landlock", false, [](const Context&) { return probes::landlock(); },
     "services inside cannot confine themselves with it", "CONFIG_SECURITY_LANDLOCK=y, Linux 5.13"},
    {"keyrings", "Keyrings", false, [](const Context&) { return probes::call(Call::Keyctl); },
     "containers get no session keyring of their own", "CONFIG_KEYS=y"},
};

constexpr Row kNetwork[] = {
    {"net-veth", "veth", false,
     [](const Context& context) { return probes::link_kind(context, "veth"); },
     "no lxc.net.*.type = veth", "CONFIG_VETH=m"},
    {"net-bridge", "Bridge", false,
     [](const Context& context) { return probes::link_kind(context, "bridge"); },
     "containers cannot share a bridge", "CONFIG_BRIDGE=m"},
    {"net-macvlan", "macvlan", false,
     [](const Context& context) { return probes::link_kind(context, "macvlan"); },
     "no lxc.net.*.type = macvlan", "CONFIG_MACVLAN=m"},
    {"net-ipvlan", "ipvlan", false,
     [](const Context& context) { return probes::link_kind(context, "ipvlan"); },
     "no lxc.net.*.type = ipvlan", "CONFIG_IPVLAN=m"},
    {"net-vlan", "vlan", false,
     [](const Context& context) { return probes::link_kind(context, "vlan"); },
     "no lxc.net.*.type = vlan", "CONFIG_VLAN_8021Q=m"},
    {"nf-tables", "nf_tables", false, probes::nf_tables,
     "no address translation for a bridge of our own", "CONFIG_NF_TABLES=m"},
    {"tun", "TUN/TAP", false, [](const Context&) { return probes::path("/dev/net/tun"); },
     "no VPN programs inside", "CONFIG_TUN=m; modprobe tun"},
};

constexpr Row kMisc[] = {
    {"pidfd", "Process descriptors", true,
     [](const Context&) { return probes::call(Call::PidfdOpen); }, "no container starts",
     kNewerKernel},
    {"clone3", "clone3", true, [](const Context&) { return probes::call(Call::Clone3); },
     "no container starts", kNewerKernel},
    {"close-range", "close_range", true,
     [](const Context&) { return probes::call(Call::CloseRange); }, "no container starts",
     kNewerKernel},
    {"pidfd-exit", "Exit status of a process that is not ours", false,
     [](const Context&) { return probes::answer_of(sys::probe_pidfd_exit_info()); },
     "after the death of its monitor a container's exit status is not known", "Linux 6.15"},
    {"fhandle", "File handles", false,
     [](const Context&) { return probes::call(Call::NameToHandleAt); },
     "systemd and udev inside do not recognise mounts", "CONFIG_FHANDLE=y"},
    {"binfmt-misc", "Programs of other architectures", false,
     [](const Context&) { return probes::path("/proc/sys/fs/binfmt_misc/status"); },
     "containers of other architectures do not run",
     "modprobe binfmt_misc; install qemu-user-static"},
    {"id-map-helpers", "newuidmap and newgidmap", false, probes::id_map_helpers,
     "your containers have one user id only", "install uidmap"},
    {"subordinate-ids", "Ids for containers", true, probes::subordinate_ids,
     "no unprivileged container can be created",
     "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER"},
};

constexpr Row kCheckpoint[] = {
    {"checkpoint-restore", "Checkpoint and restore", false,
     [](const Context&) { return probes::path("/proc/sys/kernel/ns_last_pid"); },
     "CRIU cannot checkpoint a container", "CONFIG_CHECKPOINT_RESTORE=y"},
    {"kcmp", "Comparing the resources of processes", false,
     [](const Context&) { return probes::call(Call::Kcmp); },
     "CRIU cannot tell what processes share", "CONFIG_KCMP=y"},
};

struct Group {
    std::string_view name;
    std::span<const Row> rows;
};

constexpr Group kGroups[] = {
    {"Namespaces", kNamespaces},
    {"Limits", kLimits},
    {"Control groups", kCgroups},
    {"Storage", kStorage},
    {"Security", kSecurity},
    {"Misc", kMisc},
    {"Checkpoint/Restore", kCheckpoint},
    {"Network", kNetwork}, // last: it leaves the host's network
};

FeatureReport try_row(std::string_view group, const Row& row, const Context& context) {
    Answer answer = row.probe(context);
    return {.group = group,
            .name = row.name,
            .id = row.id,
            .required = row.required,
            .presence = answer.presence,
            .value = std::move(answer.value),
            .cost = row.cost,
            .remedy = row.remedy};
}

} // namespace

std::vector<FeatureReport> probe_features(const HostFacts& facts, const std::string& state_dir) {
    Context context = probes::prepare(facts, state_dir);
    std::vector<FeatureReport> reports;
    for (const Group& group : kGroups) {
        if (group.name == "Network") probes::enter_own_network(context);
        for (const Row& row : group.rows) reports.push_back(try_row(group.name, row, context));
    }
    return reports;
}

} // namespace lxcpp
