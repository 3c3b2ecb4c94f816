// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/log.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What an administrator can ask of a container: one struct per feature, its defaults beside the
// fields. A value without runtime state; the text form of every field is a row in keys.cpp (and
// keys_net.cpp), and lxcpp.container.conf(5) is printed from those rows.
//
// An empty string, an empty list and an empty optional mean "not set". Byte sizes are in bytes.
namespace lxcpp {

struct Uts {
    std::string name; // host name inside
    bool operator==(const Uts&) const = default;
};

// Which machine type uname(2) reports inside (personality(2)).
enum class Arch { Host, Bits32, Bits64 };

struct Autodev {
    bool enabled = true;               // a fresh, populated tmpfs on /dev
    std::uint64_t tmpfs_size = 500000; // bytes
    bool operator==(const Autodev&) const = default;
};

struct Tty {
    int max = 0;     // number of /dev/ttyN
    std::string dir; // directory below /dev that holds them; empty = /dev itself
    bool operator==(const Tty&) const = default;
};

struct Pty {
    int max = 0; // 0 = the kernel's default for the private devpts instance
    bool operator==(const Pty&) const = default;
};

struct Start {
    bool autostart = false;
    int delay = 0; // seconds to wait after starting it
    int order = 0; // lower starts first; may be negative
    bool operator==(const Start&) const = default;
};

enum class RestartPolicy { No, OnFailure, Always, UnlessStopped };

// Whether a container that ends without having been stopped is started again.
struct Restart {
    RestartPolicy policy = RestartPolicy::No;
    std::uint32_t most = 0; // of OnFailure: how many times; 0 = any number
    int delay = 1;          // seconds before the first time
    bool operator==(const Restart&) const = default;
};

struct Keyring {
    bool new_session = true; // a fresh session keyring for the payload
    bool operator==(const Keyring&) const = default;
};

struct MonitorOptions {
    bool unshare = false;             // the monitor leaves the host's mount namespace
    std::optional<int> signal_pdeath; // what init receives when its monitor dies
    bool operator==(const MonitorOptions&) const = default;
};

struct Signals {
    std::optional<int> halt;   // SIGPWR, or SIGRTMIN+3 when init turns out to be systemd
    std::optional<int> reboot; // SIGINT
    std::optional<int> stop;   // SIGKILL
    bool operator==(const Signals&) const = default;
};

struct Log {
    std::string file;
    std::optional<LogLevel> level;
    std::string syslog; // facility name
    bool operator==(const Log&) const = default;
};

struct Init {
    std::string cmd; // empty = /sbin/init
    std::string cwd;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::vector<std::uint32_t> groups;
    bool operator==(const Init&) const = default;
};

// NAME=VALUE each; a NAME without value was taken from the environment when the file was read.
struct Environment {
    std::vector<std::string> both;    // payload and hooks
    std::vector<std::string> runtime; // payload only
    std::vector<std::string> hooks;   // hook programs only
    bool operator==(const Environment&) const = default;
};

struct ConsoleOptions {
    std::string path;              // device or file; "none" = no console; empty = a pty
    std::string logfile;           // everything the console prints is appended here
    std::uint64_t buffer_size = 0; // ring buffer; 0 or a power of two of at least a page
    std::uint64_t log_size = 0;    // limit of logfile; 0 = none
    bool rotate = false;           // a full logfile becomes logfile.1
    bool operator==(const ConsoleOptions&) const = default;
};

// Names in lower case without CAP_, or numbers, in the order given.
struct Capabilities {
    std::vector<std::string> drop;
    std::optional<std::vector<std::string>> keep; // set but empty ("none") = keep nothing
    bool operator==(const Capabilities&) const = default;
};

struct AppArmor {
    std::string profile; // "unconfined", "unchanged", "generated" or a loaded profile
    bool allow_incomplete = false;
    bool allow_nesting = false;
    std::vector<std::string> raw; // rules appended to a generated profile
    bool operator==(const AppArmor&) const = default;
};

struct SeLinux {
    std::string context;
    std::string keyring_context;
    bool operator==(const SeLinux&) const = default;
};

struct Seccomp {
    std::string profile; // path of the policy file, or "none"
    bool allow_nesting = false;
    std::string notify_proxy; // "unix:/path" or "unix:@abstract"
    std::string notify_cookie;
    bool operator==(const Seccomp&) const = default;
};

enum class IdKind { Uid, Gid };

struct IdMapEntry {
    IdKind kind = IdKind::Uid;
    std::uint32_t nsid = 0;   // first id inside
    std::uint32_t hostid = 0; // first id on the host
    std::uint32_t range = 0;  // how many
    bool operator==(const IdMapEntry&) const = default;
};

struct NamespaceShare {
    std::string name;   // as in /proc/PID/ns: "net"
    std::string target; // a pid, a container's name or a path
    bool operator==(const NamespaceShare&) const = default;
};

// clone and keep are masks of CLONE_NEW* (sys::kNamespaces) and exclude each other.
struct Namespaces {
    std::uint64_t clone = 0; // exactly these are created; 0 = all that make sense
    std::uint64_t keep = 0;  // these are inherited from the starter
    std::vector<NamespaceShare> share;
    bool operator==(const Namespaces&) const = default;
};

// Added to the clock; seconds and nanoseconds have the same sign.
struct TimeOffset {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const TimeOffset&) const = default;
};

struct TimeOffsets {
    TimeOffset boot;
    TimeOffset monotonic;
    bool operator==(const TimeOffsets&) const = default;
};

struct ResourceLimit {
    std::string name;                  // "nofile", as in RLIMIT_NOFILE
    std::optional<std::uint64_t> soft; // not set = unlimited
    std::optional<std::uint64_t> hard;
    bool operator==(const ResourceLimit&) const = default;
};

// One file and what is written to it: lxc.sysctl.X, lxc.proc.X, lxc.cgroup2.X.
struct Setting {
    std::string name; // "net.ipv4.ip_forward", "oom_score_adj", "memory.max"
    std::string value;
    bool operator==(const Setting&) const = default;
};

// Command lines by the moment they run, in order.
struct Hooks {
    int version = 0; // 0: facts as arguments; 1: facts in the environment
    std::vector<std::string> pre_start;
    std::vector<std::string> pre_mount;
    std::vector<std::string> mount;
    std::vector<std::string> autodev;
    std::vector<std::string> start_host;
    std::vector<std::string> start;
    std::vector<std::string> stop;
    std::vector<std::string> post_stop;
    std::vector<std::string> clone;
    std::vector<std::string> destroy;
    bool operator==(const Hooks&) const = default;
};

struct Rootfs {
    std::string type;    // "dir", "overlay", "btrfs", ...; empty = to be detected
    std::string path;    // without the "type:" prefix
    std::string mount;   // where it is staged on the host; empty = Paths::rootfs_mount
    std::string options; // mount options, and idmap=container|PATH
    bool managed = true; // false: the storage is not ours, destroy leaves it alone
    bool operator==(const Rootfs&) const = default;
};

enum class AutoMode { Default, Mixed, ReadOnly, ReadWrite };
enum class AutoCgroup { None, Cgroup, CgroupFull, Cgroup2 };

// lxc.mount.auto, one field per class of token.
struct AutoMounts {
    std::optional<AutoMode> proc; // Mixed or ReadWrite
    std::optional<AutoMode> sys;  // Mixed, ReadOnly or ReadWrite
    AutoCgroup cgroup = AutoCgroup::None;
    AutoMode cgroup_mode = AutoMode::Default;
    bool cgroup_force = false;      // also where a cgroup namespace would let the payload do it
    std::string shmounts_host;      // directory shared with the host for later mounts
    std::string shmounts_container; // where it appears inside
    bool operator==(const AutoMounts&) const = default;
};

struct Mounts {
    std::string fstab;                // path of an fstab(5) file
    std::vector<std::string> entries; // fstab(5) lines, with LXC's extra options
    AutoMounts automatic;
    bool operator==(const Mounts&) const = default;
};

struct CgroupOptions {
    std::vector<Setting> v1; // lxc.cgroup.FILE, written in order to the hierarchy that has it
    std::vector<Setting> v2; // lxc.cgroup2.FILE
    std::string dir;         // parent of both groups, relative
    std::string dir_container;
    std::string dir_container_inner; // one component below dir_container
    std::string dir_monitor;
    std::string dir_monitor_pivot;
    bool relative = false; // below the caller's cgroup instead of pid 1's
    bool operator==(const CgroupOptions&) const = default;
};

enum class NetType { Empty, None, Veth, Macvlan, Ipvlan, Vlan, Phys, User };
enum class VethMode { Bridge, Router };
enum class MacvlanMode { Private, Vepa, Bridge, Passthru };
enum class IpvlanMode { L3, L3s, L2 };
enum class IpvlanIsolation { Bridge, Private, Vepa };

struct IpAddress {
    std::string address;        // "10.0.3.5"
    int prefix = 0;             // 24
    std::string broadcast = {}; // IPv4 only; empty = computed
    bool operator==(const IpAddress&) const = default;
};

struct Veth {
    VethMode mode = VethMode::Bridge;
    std::string pair; // name of the host's end
    int n_rxqueues = 0;
    int n_txqueues = 0;
    std::vector<IpAddress> ipv4_routes; // added on the host towards the container
    std::vector<IpAddress> ipv6_routes;
    std::string vlan_id; // untagged VLAN on the bridge: "0".."4094", "none"
    std::vector<std::uint16_t> vlan_tagged_ids;
    bool operator==(const Veth&) const = default;
};

// One lxc.net.N. veth, macvlan_mode, ipvlan_* and vlan_id matter for that type only.
struct NetDevice {
    unsigned index = 0; // N; sparse
    NetType type = NetType::Empty;
    bool up = false; // flags = up: also brings lo up
    std::string link;
    std::string name;
    std::string hwaddr; // x digits are still there in a configuration that was never created
    std::string mtu;
    bool l2proxy = false;
    std::vector<IpAddress> ipv4_addresses;
    std::string ipv4_gateway; // address, "auto" or "dev"
    std::vector<IpAddress> ipv6_addresses;
    std::string ipv6_gateway;
    std::string script_up;
    std::string script_down;
    Veth veth;
    MacvlanMode macvlan_mode = MacvlanMode::Private;
    IpvlanMode ipvlan_mode = IpvlanMode::L3;
    IpvlanIsolation ipvlan_isolation = IpvlanIsolation::Bridge;
    std::uint16_t vlan_id = 0;
    bool operator==(const NetDevice&) const = default;
};

// A port of the host that leads to the container: on the bridge that lxcpp-net manages, or by user-mode networking.
struct PublishedPort {
    std::string listen; // "" = each address of the host
    std::uint16_t host_port = 0;
    std::uint16_t port = 0;
    bool udp = false;
    bool operator==(const PublishedPort&) const = default;
};

struct Config {
    Uts uts;
    Arch arch = Arch::Host;
    bool ephemeral = false; // destroyed when it stops
    Autodev autodev;
    Tty tty;
    Pty pty;
    std::string execute_cmd;
    std::vector<std::string> groups; // autostart groups
    Start start;
    Restart restart;
    bool no_new_privs = false;
    bool sched_core = false; // a core-scheduling cookie of its own
    Keyring keyring;
    MonitorOptions monitor;
    Signals signals;
    Log log;
    Init init;
    Environment environment;
    ConsoleOptions console;
    Capabilities caps;
    AppArmor apparmor;
    SeLinux selinux;
    Seccomp seccomp;
    std::vector<IdMapEntry> idmap; // empty = no user namespace: privileged
    Namespaces namespaces;
    TimeOffsets time;
    std::vector<ResourceLimit> prlimits;
    std::vector<Setting> procs;
    std::vector<Setting> sysctls;
    Hooks hooks;
    Rootfs rootfs;
    Mounts mounts;
    CgroupOptions cgroup;
    std::vector<NetDevice> net; // sorted by index; empty = a new, empty network namespace
    std::vector<PublishedPort> publish;
    bool operator==(const Config&) const = default;
};

} // namespace lxcpp
