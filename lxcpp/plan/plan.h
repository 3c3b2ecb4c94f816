// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "plan/nic_plan.h"
#include "plan/run_program.h"

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <variant>
#include <vector>

// What a start will do, as values: nothing here touches the kernel. The child interprets the steps
// after clone without allocating; the parent does the rest.
namespace lxcpp {

enum class Create : std::uint8_t { No, Dir, File };

// A place below the container's root ("dev/pts"). No component may be a symbolic link.
struct Target {
    std::string path;
    Create create = Create::No;
    bool optional = false; // a missing source or target, or a refused mount, is skipped
    bool follow = false;   // links are followed as if the root were "/"; where they end, create makes what is missing
};

// fsopen(2) of a file system and move_mount(2) onto the target.
struct MountFs {
    std::string type;
    std::string source;
    std::vector<std::string> options; // "key" or "key=value" of the file system
    std::uint64_t attributes = 0;     // MOUNT_ATTR_*
    std::uint64_t propagation = 0;    // MS_SHARED, ...; 0 = leave
    Target target;
};

// A bind mount of a host path, opened before the host's tree is left.
struct MountBind {
    std::string source;
    bool recursive = false;
    std::uint64_t attributes_set = 0;
    std::uint64_t attributes_clear = 0;
    std::uint64_t propagation = 0;
    bool move = false; // move the mount instead of cloning it
    Target target;
};

// A bind of one place of the container onto another, or itself.
struct MountInside {
    std::string source;
    bool recursive = false;
    std::uint64_t attributes_set = 0;
    std::uint64_t attributes_clear = 0;
    std::uint64_t propagation = 0;
    Target target;
};

// A mount that the parent prepared because the child may not (idmapped mounts); arrives with Go.
struct MountPrepared {
    std::size_t index = 0; // into StartPlan::prepared_mounts
    std::uint64_t propagation = 0;
    Target target;
};

// Changes what is mounted at target.
struct ChangeMount {
    std::uint64_t set = 0;
    std::uint64_t clear = 0;
    std::uint64_t propagation = 0;
    bool recursive = false;
    Target target;
};

// For a container in the host's cgroup namespace: its own group of one hierarchy, at the path that
// /proc/self/cgroup names, below directory; with whole, the rest of the hierarchy around it.
struct MountOwnCgroup {
    std::string source;      // where the host has the hierarchy
    std::string controllers; // as in /proc/self/cgroup; empty for cgroup2
    std::string directory;   // below the root
    std::uint64_t attributes = 0; // MOUNT_ATTR_* of the own group
    bool whole = false;
    std::uint64_t whole_attributes = 0;
};

// A file of our own making, mounted onto the target: whoever unmounts it finds what is below.
struct MountText {
    std::string content;
    Target target;
};

struct MakeDir {
    std::string path;
    mode_t mode = 0755;
};
struct MakeLink { // symbolic; an existing entry stays
    std::string target;
    std::string path;
    bool optional = false;
};
struct MakeNode {
    std::string path;
    mode_t mode = 0;
    dev_t device = 0;
};
// Covers files and directories, each with an empty read-only inode of our own that nobody may read; one that
// is not there is skipped. '#' in a path stands for 0, 1, 2, ... as long as its directory is there.
struct Mask {
    std::vector<std::string> paths;
};
// Writes into a file of procfs (relative to /proc), through a mount of our own.
struct WriteProc {
    std::string path;
    std::string value;
    std::string key; // for messages
};
// A private devpts on dev/pts and, from it, the console and ttys; their masters go to the parent.
struct SetupPtys {
    std::vector<std::string> options;
    bool console = true;
    std::string console_file;      // "dev/console"
    std::vector<std::string> ttys; // "dev/tty1"
};
struct RootPropagation { // of the tree the child starts with
    std::uint64_t flags = 0;
};
struct AttachRoot { // the root file system onto the staging directory; opens the root descriptor
    std::string staging;
};
// An overlay of what came with Layers and Go onto the staging directory, as AttachRoot. The layers are attached to a
// tmpfs below it, by short names: mount(2) takes a page of options, and paths of the host need not be seen inside.
inline constexpr const char* kUpperDirectory = "u"; // of UPPER and its work directory, on the tmpfs
inline constexpr const char* kUpperLink = "p";      // to UPPER, whose name may have a ',' in it
struct AttachOverlay {
    std::string staging;
    std::string upper;               // name of UPPER in its directory
    std::vector<std::string> lowers; // names of the layers on the tmpfs, the topmost first
    std::string options;
    std::uint64_t attributes = 0; // MOUNT_ATTR_*
};
struct BindRoot { // a directory of ours bound onto itself; opens the root descriptor
    std::string path;
};
struct UseHostRoot {}; // no rootfs configured: the host's tree is the root
struct PivotRoot {
    std::uint64_t propagation = 0; // of the root afterwards: pivot_root(2) takes no shared mount
    bool recursive = false;
};
struct SetHostName {
    std::string name;
};
struct Unshare {
    std::uint64_t flags = 0;
};
struct EnterTimeNamespace { // unshare, offsets, enter
    std::string offsets;    // text of /proc/self/timens_offsets; may be empty
};
// A file of our own making below the root (a fresh /dev), never through a link.
struct WriteInside {
    std::string path;
    std::string content;
    mode_t mode = 0444;
};
struct BecomeRoot {}; // ids 0:0 and no groups, once the maps are written
struct NewKeyring {};
struct LoopbackUp {};
struct OfferNamespaces {}; // descriptors of all its namespaces go to the parent, for lxc.hook.stop
struct OfferNetwork {}; // a netlink socket of the new network namespace goes to the parent, which fills it
struct AwaitNetwork {}; // until it has: what follows may need the interfaces
struct SetPersonality {
    unsigned long persona = 0;
};
struct DropBounding {
    std::uint64_t keep = ~0ull; // bit n = capability n
};
struct NoNewPrivs {};
struct LoadSeccomp {};    // what prepare() compiled
struct CoreScheduling {}; // PR_SCHED_CORE_CREATE
struct NewSession {};     // setsid(2); a console becomes the controlling terminal
struct StdioFromConsole {
    bool only_terminals = false; // standard descriptors that are no terminals stay
};
struct ChangeDir {
    std::string path;
    bool create = false;
};
struct SetIds {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;
};
struct DieWithParent {
    int signal = 9;
};
struct JoinCgroupsV1 {}; // "0" into every tasks file that prepare() opened
struct ReportReady {};   // SetupDone with the pty masters, then waits for Exec
struct Exec {
    std::vector<std::string> argv;
    std::vector<std::string> env;
    bool from_init_fd = false;         // the program is lxcpp-init, by descriptor
    std::vector<std::string> programs; // else the paths to try, in order; empty = argv[0]
};

using Step = std::variant<MountFs, MountBind, MountInside, MountPrepared, ChangeMount, MountOwnCgroup, MountText, MakeDir, MakeLink,
                          MakeNode, Mask, WriteProc, SetupPtys, RunProgram, RootPropagation, AttachRoot,
                          AttachOverlay, BindRoot, UseHostRoot, PivotRoot, SetHostName, Unshare, EnterTimeNamespace,
                          WriteInside, BecomeRoot, NewKeyring, LoopbackUp, OfferNamespaces, OfferNetwork, AwaitNetwork, SetPersonality,
                          DropBounding, NoNewPrivs, LoadSeccomp, CoreScheduling, NewSession, StdioFromConsole,
                          ChangeDir, SetIds, DieWithParent, JoinCgroupsV1, ReportReady, Exec>;

struct ChildPlan {
    std::vector<Step> steps;
};

// A mount that needs the rights of the host and the container's user namespace.
struct PreparedMount {
    std::string source; // host path
    std::string idmap;  // "container", or a path to a user namespace; empty: ids as they are
    bool recursive = false;
    std::uint64_t attributes_set = 0;
    std::uint64_t attributes_clear = 0;
    bool optional = false;
};

struct RootfsPlan {
    std::string path;  // host directory, of an overlay the upper one; empty = the host's root
    std::vector<std::string> lowers; // of an overlay, the topmost first; empty = none
    std::string idmap; // "", "container" or a path
    std::uint64_t attributes = 0;
};

// Entered by the parent around clone, so that the child is born in it.
struct SharedNamespace {
    std::string name;
    std::string target; // a pid, a container's name or a path
    std::uint64_t flag = 0;
};

// prlimit(2) on the child by the parent, which may raise what the child may not.
struct LimitPlan {
    std::string name;
    int resource = 0;
    std::uint64_t soft = 0; // RLIM_INFINITY for unlimited
    std::uint64_t hard = 0;
};

struct StartPlan {
    std::string name;
    std::string lxcpath;
    std::uint64_t clone_flags = 0; // CLONE_NEW* for clone3
    std::vector<IdMapEntry> idmap; // empty = no user namespace
    RootfsPlan rootfs;
    std::vector<PreparedMount> prepared_mounts;
    std::vector<SharedNamespace> shared_namespaces;
    std::vector<LimitPlan> limits;
    std::vector<NicPlan> nics; // made by the parent while the child mounts
    std::vector<RunProgram> pre_start;  // on the host, before anything
    std::vector<RunProgram> start_host; // on the host, once the child is set up
    std::vector<std::pair<std::string, std::string>> proc_writes; // lxc.proc.*: file of /proc/PID, value
    std::string seccomp_profile;        // path; empty = the built-in policy
    std::string shared_mount_dir;       // host directory that must be a shared mount (shmounts)
    bool needs_init_program = false;
    bool console = true;
    std::vector<std::string> warnings; // for the administrator, each one line
    ChildPlan child;
};

// One line for a step, as in error messages: "mount proc on /proc (type proc, nosuid)".
[[nodiscard]] std::string describe(const Step& step);
// The whole plan, one act a line, stable: golden tests and `lxcpp-start --print-plan`.
[[nodiscard]] std::string print_plan(const StartPlan& plan);

} // namespace lxcpp
