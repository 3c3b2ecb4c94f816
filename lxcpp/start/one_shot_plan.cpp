// SPDX-License-Identifier: Apache-2.0
#include "start/one_shot_plan.h"

#include "plan/planner.h"
#include "security/capabilities.h"

#include <csignal>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <tuple>

namespace lxcpp {
namespace {

constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr std::uint64_t kInert = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
constexpr std::string_view kDevices[] = {"full", "null", "random", "tty", "urandom", "zero"};
constexpr std::uint64_t kMostProcesses = 8192; // of each of its users

// What packages look for, and mount on; nothing in there is the host's.
constexpr std::string_view kSysDirectories[] = {"block", "bus", "class/net", "dev", "devices/system/cpu", "firmware", "fs/cgroup",
                                                "kernel", "module", "power"};

class Planner {
public:
    Planner(const OneShot& request, const std::vector<IdMapEntry>& idmap) : request_(request) {
        plan_.name = "one-shot";
        plan_.clone_flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
        if (!request.network) plan_.clone_flags |= CLONE_NEWNET;
        plan_.needs_init_program = true;
        if (idmap.empty()) return;
        plan_.clone_flags |= CLONE_NEWUSER;
        plan_.idmap = idmap;
        plan_.rootfs.path = request.rootfs; // the way there may be closed to its root
    }

    StartPlan run(const std::vector<std::string>& command) {
        isolate();
        mount_dev();
        mount_proc();
        link_dev();
        if (request_.build) mount_for_builds();
        add(PivotRoot{});
        add(ReportReady{});
        add(NewSession{});
        if (request_.terminal) add(StdioFromConsole{});
        // Without a user namespace nothing else would keep a package script from the host's kernel.
        add(DropBounding{default_capabilities(request_.build)});
        add(LoadSeccomp{});
        std::vector<std::string> argv{"lxcpp-init", "--"};
        argv.insert(argv.end(), command.begin(), command.end());
        add(Exec{std::move(argv), request_.env, true});
        return std::move(plan_);
    }

private:
    void add(Step step) { plan_.child.steps.push_back(std::move(step)); }

    void isolate() {
        if (!plan_.idmap.empty()) add(BecomeRoot{}); // before the signal, which a change of ids takes back
        add(DieWithParent{SIGKILL});
        if (!request_.network) add(LoopbackUp{});
        add(NewKeyring{});
        add(SetHostName{request_.host_name});
        add(RootPropagation{MS_PRIVATE});
        if (plan_.idmap.empty()) add(BindRoot{request_.rootfs.string()});
        else add(AttachRoot{"/"}); // which is ours alone, and left
    }

    void mount_dev() {
        add(MountFs{.type = "tmpfs", .source = "none", .options = {"mode=0755", "size=512k"},
                    .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, .target = {"dev", Create::Dir}});
        for (const std::string_view device : kDevices) {
            const std::string path = "dev/" + std::string(device);
            add(MountBind{.source = "/" + path, .target = {path, Create::File}});
        }
    }

    void mount_proc() {
        add(MountFs{.type = "proc", .source = "proc", .attributes = kQuiet, .target = {"proc", Create::Dir}});
        for (Step& step : protect_proc(!request_.network)) add(std::move(step)); // as a container that runs
    }

    void link_dev() {
        add(SetupPtys{.options = {"mode=0620", "ptmxmode=0666", "max=64", "gid=5"}, .console = request_.terminal,
                      .console_file = "dev/console"});
        add(MountFs{.type = "tmpfs", .source = "shm", .options = {"mode=1777", "size=64m"}, .attributes = kInert,
                    .target = {"dev/shm", Create::Dir}});
        for (const auto& [target, name] : {std::pair("/proc/self/fd", "fd"), std::pair("/proc/self/fd/0", "stdin"),
                                           std::pair("/proc/self/fd/1", "stdout"), std::pair("/proc/self/fd/2", "stderr"),
                                           std::pair("pts/ptmx", "ptmx")}) {
            add(MakeLink{target, std::string("dev/") + name});
        }
    }

    // /tmp before /run, which some systems have in there.
    void mount_for_builds() {
        // Both of them full leave the machine memory to go on with.
        for (const auto& [path, mode, size] : {std::tuple("tmp", "mode=1777", "size=50%"),
                                               std::tuple("run", "mode=0755", "size=20%")}) {
            Target target{.path = path, .create = Create::Dir, .follow = true};
            if (!request_.kept.empty()) {
                add(MountInside{.source = request_.kept + "/" + path,
                                .attributes_set = kInert,
                                .target = std::move(target)});
                continue;
            }
            add(MountFs{.type = "tmpfs",
                        .source = "tmpfs",
                        .options = {mode, size},
                        .attributes = kInert,
                        .target = std::move(target)});
        }
        if (!request_.kept.empty())
            add(MountFs{.type = "tmpfs",
                        .source = "none",
                        .options = {"mode=0555", "size=4k"},
                        .attributes = kQuiet | MOUNT_ATTR_RDONLY,
                        .target = {request_.kept}});
        add(MountFs{.type = "tmpfs",
                    .source = "tmpfs",
                    .options = {"mode=0755", "size=512k"},
                    .attributes = kQuiet,
                    .target = {"sys", Create::Dir}});
        for (const std::string_view name : kSysDirectories) add(MakeDir{"sys/" + std::string(name)});
        add(MountText{request_.resolv_conf, {.path = "etc/resolv.conf", .create = Create::File, .follow = true}});
        plan_.limits.push_back({"nproc", RLIMIT_NPROC, kMostProcesses, kMostProcesses});
        plan_.limits.push_back({"core", RLIMIT_CORE, 0, 0}); // it would be a file of the image
    }

    const OneShot& request_;
    StartPlan plan_;
};

} // namespace

StartPlan plan_one_shot(const OneShot& request, const std::vector<std::string>& command, const std::vector<IdMapEntry>& idmap) {
    return Planner(request, idmap).run(command);
}

} // namespace lxcpp
