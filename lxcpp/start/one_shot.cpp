// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/one_shot.h>

#include "base/error.h"
#include "base/paths.h"
#include "plan/planner.h"
#include "security/capabilities.h"
#include "security/seccomp_cache.h"
#include "start/init_handle.h"
#include "start/payload.h"
#include "sys/file.h"
#include "sys/memfd.h"

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr std::string_view kDevices[] = {"full", "null", "random", "tty", "urandom", "zero"};

StartPlan plan_one_shot(const OneShot& request) {
    StartPlan plan;
    plan.name = "one-shot";
    plan.clone_flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS;
    if (!request.network) plan.clone_flags |= CLONE_NEWNET;
    plan.needs_init_program = true;
    std::vector<Step>& steps = plan.child.steps;
    steps.emplace_back(DieWithParent{SIGKILL});
    if (!request.network) steps.emplace_back(LoopbackUp{});
    steps.emplace_back(NewKeyring{});
    steps.emplace_back(SetHostName{"localhost"});
    steps.emplace_back(RootPropagation{MS_PRIVATE});
    steps.emplace_back(BindRoot{request.rootfs.string()});
    steps.emplace_back(MountFs{.type = "tmpfs", .source = "none", .options = {"mode=0755", "size=512k"},
                               .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, .target = {"dev", Create::Dir}});
    for (const std::string_view device : kDevices) {
        const std::string path = "dev/" + std::string(device);
        steps.emplace_back(MountBind{.source = "/" + path, .target = {path, Create::File}});
    }
    steps.emplace_back(MountFs{.type = "proc", .source = "proc", .attributes = kQuiet, .target = {"proc", Create::Dir}});
    for (Step& step : protect_proc(!request.network)) steps.push_back(std::move(step)); // as a container that runs
    steps.emplace_back(SetupPtys{.options = {"mode=0620", "ptmxmode=0666", "max=64", "gid=5"}, .console = false});
    steps.emplace_back(MountFs{.type = "tmpfs", .source = "shm", .options = {"mode=1777", "size=64m"},
                               .attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, .target = {"dev/shm", Create::Dir}});
    for (const auto& [target, name] : {std::pair("/proc/self/fd", "fd"), std::pair("/proc/self/fd/0", "stdin"),
                                       std::pair("/proc/self/fd/1", "stdout"), std::pair("/proc/self/fd/2", "stderr"),
                                       std::pair("pts/ptmx", "ptmx")}) {
        steps.emplace_back(MakeLink{target, std::string("dev/") + name});
    }
    steps.emplace_back(PivotRoot{});
    steps.emplace_back(ReportReady{});
    steps.emplace_back(NewSession{});
    // Without a user namespace nothing else would keep a package script from the host's kernel.
    steps.emplace_back(DropBounding{default_capabilities(false)});
    steps.emplace_back(LoadSeccomp{});
    std::vector<std::string> argv{"lxcpp-init", "--"};
    argv.insert(argv.end(), request.argv.begin(), request.argv.end());
    steps.emplace_back(Exec{std::move(argv), request.env, true});
    return plan;
}

// While the child is made, which inherits them, our standard input is empty and our standard output
// and error go to the log: a script that asks a question must not wait for the administrator.
class Streams {
public:
    explicit Streams(const std::filesystem::path& log) : Streams() {
        const Fd null = sys::open_file("/dev/null");
        redirect(0, null);
        if (log.empty()) return;
        const Fd file = sys::open_file(log, {.access = sys::Access::Append, .create = true, .mode = 0640});
        redirect(1, file);
        redirect(2, file);
    }
    Streams(const Streams&) = delete;
    Streams& operator=(const Streams&) = delete;
    ~Streams() { // runs for a constructor that threw, too: it delegates
        for (int fd = 0; fd <= 2; ++fd) {
            if (saved_[fd].valid()) (void)::dup2(saved_[fd].raw(), fd);
        }
    }

private:
    Streams() = default;

    void redirect(int fd, FdRef to) {
        saved_[fd] = Fd(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
        if (!saved_[fd].valid() || ::dup2(to.raw(), fd) < 0) {
            throw SystemError("redirect descriptor " + std::to_string(fd));
        }
    }

    Fd saved_[3];
};

} // namespace

int run_one_shot(const OneShot& request) {
    if (request.argv.empty() || !request.argv.front().starts_with('/')) {
        throw Error("a program to run in a root file system needs an absolute path");
    }
    const StartPlan plan = plan_one_shot(request);
    const Paths paths = default_paths();
    InitResources resources;
    resources.init_program = sys::sealed_program(paths.libexec / "lxcpp-init");
    // A 32-bit system is set up here as well.
    const SeccompPolicy policy = default_policy({.compatible_abi = true});
    resources.seccomp = compile_bpf_cached(policy, native_seccomp_archs(), paths.cache).bpf;
    const Streams streams(request.log);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    InitHandle init = InitHandle::spawn(plan, resources, deadline);
    init.exec();
    (void)sys::wait_exited(init.pidfd(), {});
    const Fd pidfd = init.release();
    return sys::reap(pidfd).shell_code();
}

} // namespace lxcpp
