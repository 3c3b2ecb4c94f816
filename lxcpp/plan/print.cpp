// SPDX-License-Identifier: Apache-2.0
#include "plan/plan.h"
#include "plan/print_network.h"

#include "base/strings.h"
#include "sys/namespace.h"

#include <array>
#include <fmt/core.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

namespace lxcpp {
namespace {

struct FlagName {
    std::uint64_t flag;
    std::string_view set;
    std::string_view clear;
};
constexpr FlagName kAttributeNames[] = {
    {MOUNT_ATTR_RDONLY, "ro", "rw"},       {MOUNT_ATTR_NOSUID, "nosuid", "suid"},
    {MOUNT_ATTR_NODEV, "nodev", "dev"},    {MOUNT_ATTR_NOEXEC, "noexec", "exec"},
    {MOUNT_ATTR_NOATIME, "noatime", ""},   {MOUNT_ATTR_STRICTATIME, "strictatime", ""},
    {MOUNT_ATTR_NODIRATIME, "nodiratime", "diratime"}, {0x00200000, "nosymfollow", "symfollow"},
};
constexpr std::array<std::pair<std::uint64_t, std::string_view>, 4> kPropagationNames{{
    {MS_SHARED, "shared"}, {MS_SLAVE, "slave"}, {MS_PRIVATE, "private"}, {MS_UNBINDABLE, "unbindable"},
}};

struct Words {
    std::string text;
    void add(std::string_view word) {
        if (word.empty()) return;
        text += text.empty() ? "" : ", ";
        text += word;
    }
    void add_attributes(std::uint64_t set, std::uint64_t clear) {
        for (const FlagName& row : kAttributeNames) {
            if ((set & row.flag) != 0) add(row.set);
            if ((clear & row.flag) != 0) add(row.clear);
        }
    }
    void add_propagation(std::uint64_t flags) {
        for (const auto& [flag, name] : kPropagationNames) {
            if ((flags & flag) != 0) add(name);
        }
    }
    void add_target(const Target& target) {
        if (target.create == Create::Dir) add("create=dir");
        if (target.create == Create::File) add("create=file");
        if (target.optional) add("optional");
        if (target.follow) add("links followed");
    }
    [[nodiscard]] std::string in_parentheses() const { return text.empty() ? "" : " (" + text + ")"; }
};

std::string namespaces(std::uint64_t flags) {
    std::string text;
    for (const sys::NamespaceType& type : sys::kNamespaces) {
        if ((flags & type.flag) == 0) continue;
        text += text.empty() ? "" : " ";
        text += type.name;
    }
    return text;
}

std::string command(const std::vector<std::string>& argv) { return join(argv, " "); }

std::string limit_text(std::uint64_t value) {
    return value == RLIM_INFINITY ? "unlimited" : std::to_string(value);
}

struct Describe {
    std::string operator()(const MountFs& step) const {
        Words words;
        words.add("type " + step.type);
        words.add_attributes(step.attributes, 0);
        words.add_propagation(step.propagation);
        for (const std::string& option : step.options) words.add(option);
        words.add_target(step.target);
        return fmt::format("mount {} on /{}{}", step.source, step.target.path, words.in_parentheses());
    }
    std::string operator()(const MountBind& step) const {
        Words words;
        words.add(step.recursive ? "recursive" : "");
        words.add_attributes(step.attributes_set, step.attributes_clear);
        words.add_propagation(step.propagation);
        words.add_target(step.target);
        return fmt::format("{} host {} on /{}{}", step.move ? "move" : "bind", step.source, step.target.path,
                           words.in_parentheses());
    }
    std::string operator()(const MountInside& step) const {
        Words words;
        words.add(step.recursive ? "recursive" : "");
        words.add_attributes(step.attributes_set, step.attributes_clear);
        words.add_propagation(step.propagation);
        words.add_target(step.target);
        return fmt::format("bind /{} on /{}{}", step.source, step.target.path, words.in_parentheses());
    }
    std::string operator()(const MountPrepared& step) const {
        Words words;
        words.add_target(step.target);
        return fmt::format("attach prepared mount {} on /{}{}", step.index, step.target.path, words.in_parentheses());
    }
    std::string operator()(const ChangeMount& step) const {
        Words words;
        words.add_attributes(step.set, step.clear);
        words.add_propagation(step.propagation);
        words.add_target(step.target);
        return fmt::format("change mount /{}{}", step.target.path, words.in_parentheses());
    }
    std::string operator()(const MountText& step) const {
        Words words;
        words.add_target(step.target);
        return fmt::format("mount a text on /{}{}", step.target.path, words.in_parentheses());
    }
    std::string operator()(const MakeDir& step) const {
        return fmt::format("make directory /{} (mode {:04o})", step.path, step.mode);
    }
    std::string operator()(const MakeLink& step) const {
        return fmt::format("link /{} to {}", step.path, step.target);
    }
    std::string operator()(const MakeNode& step) const {
        return fmt::format("make device /{} ({}:{}, mode {:04o})", step.path, ::major(step.device),
                           ::minor(step.device), step.mode & 07777);
    }
    std::string operator()(const Mask& step) const { return "mask /" + join(step.paths, ", /"); }
    std::string operator()(const WriteProc& step) const {
        return fmt::format("write \"{}\" to /proc/{} ({})", step.value, step.path, step.key);
    }
    std::string operator()(const WriteInside& step) const {
        return fmt::format("write file /{} (mode {:04o})", step.path, step.mode);
    }
    std::string operator()(const SetupPtys& step) const {
        return fmt::format("set up /dev/pts ({}), {}, {} ttys", join(step.options, ", "),
                           step.console ? "console on /" + step.console_file : "no console", step.ttys.size());
    }
    std::string operator()(const RunProgram& step) const { return "run " + step.what; }
    std::string operator()(const RootPropagation& step) const {
        Words words;
        words.add_propagation(step.flags);
        return "make all mounts " + words.text;
    }
    std::string operator()(const AttachRoot& step) const { return "attach the root file system on " + step.staging; }
    std::string operator()(const AttachOverlay& step) const {
        Words words;
        words.add_attributes(step.attributes, 0);
        words.add(step.options);
        return fmt::format("stack {} directories and {} on {}{}", step.lowers.size(), step.upper, step.staging, words.in_parentheses());
    }
    std::string operator()(const MountOwnCgroup& step) const {
        Words words;
        words.add(step.controllers.empty() ? "cgroup2" : step.controllers);
        words.add_attributes(step.attributes, 0);
        if (step.whole) words.add("all of it");
        if (step.whole) words.add_attributes(step.whole_attributes, 0);
        return "mount the container's own cgroup of " + step.source + " below /" + step.directory + words.in_parentheses();
    }
    std::string operator()(const BindRoot& step) const { return "bind the root file system " + step.path; }
    std::string operator()(const UseHostRoot&) const { return "use the host's root file system"; }
    std::string operator()(const PivotRoot& step) const {
        Words words;
        words.add_propagation(step.propagation);
        words.add(step.recursive ? "recursive" : "");
        return "pivot to the root file system" + words.in_parentheses();
    }
    std::string operator()(const SetHostName& step) const { return "set host name " + step.name; }
    std::string operator()(const Unshare& step) const { return "unshare " + namespaces(step.flags); }
    std::string operator()(const EnterTimeNamespace& step) const {
        Words words;
        for (const std::string_view line : split_lines(step.offsets)) words.add(line);
        return "enter a time namespace" + words.in_parentheses();
    }
    std::string operator()(const BecomeRoot&) const { return "become root of the user namespace"; }
    std::string operator()(const NewKeyring&) const { return "create a session keyring"; }
    std::string operator()(const LoopbackUp&) const { return "bring lo up"; }
    std::string operator()(const OfferNamespaces&) const { return "keep the namespaces for lxc.hook.stop"; }
    std::string operator()(const OfferNetwork&) const { return "let the host make the network interfaces"; }
    std::string operator()(const AwaitNetwork&) const { return "wait for the network interfaces"; }
    std::string operator()(const SetPersonality& step) const { return fmt::format("set personality {:#x}", step.persona); }
    std::string operator()(const DropBounding& step) const {
        return fmt::format("limit capabilities to {:#x}", step.keep);
    }
    std::string operator()(const NoNewPrivs&) const { return "set no_new_privs"; }
    std::string operator()(const LoadSeccomp&) const { return "load the seccomp filter"; }
    std::string operator()(const CoreScheduling&) const { return "create a core-scheduling cookie"; }
    std::string operator()(const NewSession&) const { return "start a session"; }
    std::string operator()(const StdioFromConsole&) const { return "connect standard input and output"; }
    std::string operator()(const ChangeDir& step) const { return "change directory to " + step.path; }
    std::string operator()(const SetIds& step) const {
        return fmt::format("become uid {} gid {} ({} groups)", step.uid, step.gid, step.groups.size());
    }
    std::string operator()(const DieWithParent& step) const {
        return fmt::format("receive signal {} when the monitor dies", step.signal);
    }
    std::string operator()(const JoinCgroupsV1&) const { return "join the cgroups"; }
    std::string operator()(const ReportReady&) const { return "report that set-up is done"; }
    std::string operator()(const Exec& step) const { return "exec " + command(step.argv); }
};

std::string id_line(const IdMapEntry& entry) {
    return fmt::format("{} {} -> {} ({})", entry.kind == IdKind::Uid ? "uid" : "gid", entry.nsid, entry.hostid,
                       entry.range);
}

void print_host(std::string& out, const StartPlan& plan) {
    out += fmt::format("container {} in {}\n", plan.name, plan.lxcpath);
    for (const RunProgram& hook : plan.pre_start) out += "host: run " + hook.what + '\n';
    for (const SharedNamespace& share : plan.shared_namespaces) {
        out += fmt::format("host: share namespace {} of {}\n", share.name, share.target);
    }
    out += "clone: " + namespaces(plan.clone_flags) + '\n';
    for (const IdMapEntry& entry : plan.idmap) out += "map: " + id_line(entry) + '\n';
    if (!plan.rootfs.path.empty()) {
        for (const std::string& lower : plan.rootfs.lowers) out += "layer: " + lower + '\n';
        out += "root: " + plan.rootfs.path + (plan.rootfs.idmap.empty() ? "" : " (idmap " + plan.rootfs.idmap + ")") + '\n';
    }
    for (const PreparedMount& mount : plan.prepared_mounts) {
        Words words;
        words.add(mount.idmap.empty() ? "" : "idmap " + mount.idmap);
        words.add(mount.recursive ? "recursive" : "");
        words.add_attributes(mount.attributes_set, mount.attributes_clear);
        words.add(mount.optional ? "optional" : "");
        out += "prepare: " + mount.source + words.in_parentheses() + '\n';
    }
    for (const LimitPlan& limit : plan.limits) {
        out += fmt::format("limit: {} {}:{}\n", limit.name, limit_text(limit.soft), limit_text(limit.hard));
    }
    out += print_nics(plan.nics);
    for (const auto& [file, value] : plan.proc_writes) out += fmt::format("host: write {} to /proc/PID/{}\n", value, file);
}

} // namespace

std::string describe(const Step& step) { return std::visit(Describe{}, step); }

std::string print_plan(const StartPlan& plan) {
    std::string out;
    print_host(out, plan);
    for (const Step& step : plan.child.steps) out += "child: " + describe(step) + '\n';
    for (const RunProgram& hook : plan.start_host) out += "host: run " + hook.what + '\n';
    for (const std::string& warning : plan.warnings) out += "note: " + warning + '\n';
    return out;
}

} // namespace lxcpp
