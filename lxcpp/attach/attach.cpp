// SPDX-License-Identifier: Apache-2.0
#include "attach/attach.h"

#include "attach/environment.h"
#include "attach/failure_text.h"
#include "attach/join.h"
#include "attach/sealed_join.h"
#include "base/error.h"
#include "base/log.h"
#include "base/program_path.h"
#include "base/strings.h"
#include "cgroup/devices_v1.h"
#include "cgroup/enter.h"
#include "config/application.h"
#include "config/load.h"
#include "console/session.h"
#include "host/id_map.h"
#include "security/capabilities.h"
#include "security/container_filter.h"
#include "start/enter.h"
#include "sys/capability.h"
#include "sys/clone.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/own_namespace.h"
#include "sys/process_group.h"
#include "sys/pty.h"
#include "sys/raw.h"
#include "sys/rooted_dir.h"
#include "sys/signal.h"
#include "sys/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fmt/core.h>
#include <csignal>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/personality.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::array kEnds{SIGTERM, SIGHUP, SIGINT, SIGQUIT};

// A container that ends meanwhile must never look like one that shares everything: its command would
// run on the host. An init that is dead but not reaped has no namespaces, and its number may be another's.
[[noreturn]] void stopped() { throw StateError(StateProblem::NotRunning, "the container is not running: it stopped during the attach"); }

void require_alive(const AttachTarget& target) {
    if (sys::wait_exited(target.init, std::chrono::milliseconds(0))) stopped();
}

bool shares(pid_t pid, std::string_view name) {
    const auto ours = sys::stat_path(fmt::format("/proc/self/ns/{}", name));
    if (!ours) return true; // a kernel without this type
    const auto theirs = sys::stat_path(fmt::format("/proc/{}/ns/{}", pid, name));
    if (!theirs) stopped();
    return theirs->st_ino == ours->st_ino && theirs->st_dev == ours->st_dev;
}

// setns(2) refuses to "enter" the namespace one is in already, for some types.
std::uint64_t namespaces_to_enter(pid_t pid, std::uint64_t wanted) {
    std::uint64_t flags = 0;
    for (const sys::NamespaceType& type : sys::kNamespaces) {
        if (wanted != 0 && (wanted & type.flag) == 0) continue;
        if (!shares(pid, type.name)) flags |= type.flag;
    }
    return flags;
}

// Where the payload's processes live: below the group with its limits when the configuration says so.
std::vector<std::filesystem::path> homes(const AttachTarget& target) {
    std::vector<std::filesystem::path> dirs = target.cgroups;
    const std::string& inner = target.config.cgroup.dir_container_inner;
    for (std::filesystem::path& dir : dirs) {
        const std::filesystem::path guarded = target.config.idmap.empty() ? guarded_group(dir) : "";
        if (!guarded.empty()) dir = guarded;
        else if (!inner.empty() && sys::exists(dir / inner)) dir /= inner;
    }
    return dirs;
}

std::vector<std::string> our_environment() {
    std::vector<std::string> env;
    for (char** entry = ::environ; *entry != nullptr; ++entry) env.emplace_back(*entry);
    return env;
}

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

std::optional<PasswdEntry> user_inside(pid_t pid, uid_t uid) {
    const sys::RootedDir root(sys::open_file("/proc/" + std::to_string(pid) + "/root", {.access = sys::Access::Path, .directory = true}),
                              "the container");
    const auto passwd = root.read_file("etc/passwd", 4u << 20, sys::Links::InRoot);
    return passwd ? find_passwd(*passwd, uid) : std::nullopt;
}

std::vector<std::string> command_for(const AttachTarget& target, const AttachOptions& options) {
    if (!options.command.empty()) return options.command;
    const auto user = user_inside(target.pid, options.uid.value_or(target.config.init.uid));
    if (user && !user->shell.empty()) return {user->shell};
    return {"/bin/sh"};
}

void confine(JoinPlan& plan, const AttachTarget& target, const AttachOptions& options) {
    const Config& config = target.config;
    if (!options.elevation.capabilities) {
        plan.bounding_set = bounding_set(config.caps, default_capabilities(!config.idmap.empty()), sys::last_capability());
    }
    if (!options.elevation.lsm) {
        plan.no_new_privs = config.no_new_privs;
        plan.seccomp = container_filter(config, target.paths.cache).bpf;
        // Of a profile nobody knows what it leaves of clone(2).
        plan.confine_first = config.seccomp.profile.empty() || plan.seccomp.empty();
    }
    if (options.remount_proc_sys) plan.confine_first = false;
    plan.personality = options.personality;
    if (!plan.personality && config.arch == Arch::Bits32) plan.personality = PER_LINUX32;
}

// One attached program from fork to its end.
class Session {
public:
    Session(const AttachTarget& target, const AttachOptions& options) : target_(target), options_(options) {
        namespaces_ = namespaces_to_enter(target.pid, options.namespaces);
        env_ = attach_environment(target.config, options, our_environment());
        add_home();
        command_ = command_for(target, options);
        fill_plan();
        require_alive(target); // what was read below /proc/PID was init's
    }

    sys::ExitStatus run() {
        if (options_.timeout) deadline_ = Clock::now() + *options_.timeout;
        auto [ours, theirs] = sys::socket_pair();
        plan_.report = theirs.raw();
        seal();
        if (!plan_.terminal) signals_.emplace(sys::not_ignored(kEnds)); // before there is a program to miss one
        sys::CloneOptions clone;
        clone.into_cgroup = entry_.unified;
        sys::Cloned joining = clone_into(clone);
        if (joining.pid == 0) {
            redirect();
            run_join(plan_);
        }
        joining_ = std::move(joining.pidfd);
        leader_ = joining.pid;
        theirs.reset();
        relay_until_end(ours);
        return sys::reap(child());
    }

    [[nodiscard]] const std::optional<JoinReport>& failure() const { return failure_; }
    [[nodiscard]] const std::string& program() const { return command_.front(); }

private:
    using Clock = std::chrono::steady_clock;

    static sys::Cloned clone_into(const sys::CloneOptions& clone) {
        try {
            return sys::clone_process(clone);
        } catch (const SystemError& error) {
            if (error.code() != EACCES || !sys::in_own_namespace()) throw;
            throw Error("from the cgroup of this login no process may go to that of the container: "
                        "use systemd-run --user --scope lxcpp-attach ..., or -eCGROUP to stay outside of its limits");
        }
    }

    // As an engine of OCI images does where the image names none.
    void add_home() {
        const auto is_home = [](const std::string& assignment) { return assignment.starts_with("HOME="); };
        if (!is_application(target_.config) || std::ranges::any_of(env_, is_home)) return;
        const auto user = user_inside(target_.pid, options_.uid.value_or(target_.config.init.uid));
        env_.push_back("HOME=" + (user && !user->home.empty() ? user->home : "/"));
    }

    void fill_plan() {
        plan_.init_pidfd = target_.init.raw();
        plan_.namespaces = namespaces_;
        plan_.become_root = (namespaces_ & CLONE_NEWUSER) != 0;
        plan_.remount_proc_sys = options_.remount_proc_sys;
        if (!options_.elevation.cgroup) entry_ = attach_fds(homes(target_));
        for (const Fd& tasks : entry_.tasks) plan_.cgroup_tasks.push_back(tasks.raw());
        confine(plan_, target_, options_);
        plan_.uid = options_.uid.value_or(target_.config.init.uid);
        plan_.gid = options_.gid.value_or(options_.uid ? 0 : target_.config.init.gid);
        plan_.change_ids = true;
        check_mapped();
        if (!options_.uid && !options_.gid && is_application(target_.config)) plan_.groups.assign(target_.config.init.groups.begin(), target_.config.init.groups.end());
        plan_.working_directory = attach_directory(target_.config);
        plan_.programs = program_candidates(command_.front(), env_);
        plan_.argv = c_strings(command_);
        plan_.envp = c_strings(env_);
        for (const int fd : {options_.standard_input, options_.standard_output, options_.standard_error}) {
            if (sys::is_terminal(FdRef(fd))) plan_.terminal = true;
        }
        if (plan_.terminal) {
            fallback_ = sys::open_pty();
            plan_.fallback_slave = fallback_.slave.raw();
        }
    }

    // Where nobody inside can write to our program, or sees us whatever we do, there is nothing to seal.
    void seal() {
        if ((namespaces_ & CLONE_NEWPID) == 0) return;
        if (plan_.become_root && !may_write_to_us(target_.pid)) return;
        sealed_.apply(plan_, target_.paths, plan_.terminal ? first_terminal() : -1);
    }

    [[nodiscard]] int first_terminal() const {
        if (sys::is_terminal(FdRef(options_.standard_input))) return 0;
        return sys::is_terminal(FdRef(options_.standard_output)) ? 1 : 2;
    }

    // An id that the container does not have cannot be taken on; "Invalid argument" would not say so.
    void check_mapped() const {
        // For the kernel this number means "leave it as it is": root would stay root.
        constexpr std::uint32_t none = 0xffffffff;
        if (plan_.uid == none || plan_.gid == none) throw Error(fmt::format("{} is no user or group id", none));
        if (!plan_.become_root) return;
        const std::string process = "/proc/" + std::to_string(target_.pid);
        const auto check = [&process](const char* kind, std::uint32_t id) {
            // The kernel's map and not the configuration's: --rcfile and a later edit change only that one.
            if (parse_id_map(sys::read_file(process + '/' + kind + "_map")).to_host(id)) return;
            throw Error(fmt::format("{} {} does not exist in the container: lxc.idmap does not map it", kind, id));
        };
        check("uid", plan_.uid);
        check("gid", plan_.gid);
    }

    void redirect() const {
        const std::array<int, 3> wanted{options_.standard_input, options_.standard_output, options_.standard_error};
        for (int fd = 0; fd <= 2; ++fd) {
            if (wanted[static_cast<std::size_t>(fd)] != fd) (void)::dup2(wanted[static_cast<std::size_t>(fd)], fd);
        }
    }

    // Takes one report; false at the end of file, which exec makes.
    bool take_report(const Fd& channel) {
        JoinReport report;
        std::array<int, 1> fds{-1};
        std::size_t count = 0;
        const int size = sys::raw::receive_message(channel.raw(), &report, sizeof report, fds, count);
        Fd received(count == 1 ? fds[0] : -1);
        if (size < 0 && size != -ECONNRESET) {
            kill_all(); // whether it runs, nobody would know
            throw SystemError("hear from the attached program", -size);
        }
        if (size != static_cast<int>(sizeof report)) return false;
        if (report.stage == JoinStage::Born) {
            // A child of ours: nobody else can reap it, so that the number is its own.
            if (auto born = sys::open_pidfd(report.error)) program_ = std::move(*born);
            if (program_.valid()) leader_ = report.error;
        } else if (report.stage != JoinStage::PtyMaster) {
            failure_ = report;
        } else if (received.valid() && sys::is_ptmx_master(received)) {
            master_ = std::move(received); // a container could have sent anything else
        }
        return true;
    }

    [[nodiscard]] std::optional<std::chrono::milliseconds> left() const {
        if (!deadline_) return std::nullopt;
        const auto rest = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - Clock::now());
        return std::max(rest, std::chrono::milliseconds(0));
    }

    // Who runs the program, or is about to.
    [[nodiscard]] FdRef child() const { return program_.valid() ? program_ : joining_; }

    // A process that it had just made ends by itself when it finds nobody here.
    void kill_all() const {
        if (joining_.valid()) (void)sys::try_send_signal(joining_, SIGKILL);
        if (program_.valid()) (void)sys::try_send_signal(program_, SIGKILL);
    }

    // A container can keep even a killed process from ending (frozen, or in a file system that it serves): the
    // kernel reaps it for whoever inherits it.
    void give_up_when_late() const {
        if (!deadline_ || Clock::now() < *deadline_) return;
        kill_all();
        for (const Fd* process : {&joining_, &program_}) {
            if (process->valid() && sys::wait_exited(*process, std::chrono::seconds(1))) (void)sys::reap(*process);
        }
        throw StateError(StateProblem::TimedOut, command_.front() + " did not end in time and was killed");
    }

    // Until the program runs a signal is for the tool: left unread, it acts as soon as it is no longer blocked.
    void end_by_signal_before(const Fd& channel) {
        sys::Epoll epoll;
        epoll.add(channel, EPOLLIN, 0);
        epoll.add(signals_->fd(), EPOLLIN, 1);
        std::array<sys::Ready, 1> ready{};
        while (epoll.wait(ready, left()) == 0) give_up_when_late();
        if (ready[0].tag == 0) return;
        kill_all();
        signals_.reset();
    }

    // As a terminal's ^C: a shell that has it for itself would leave what it waits for inside.
    void pass_on(int signal) const {
        if (sys::try_kill_group(leader_, signal) != 0) (void)sys::try_send_signal(child(), signal);
    }

    // Who ends the tool ("timeout 10 lxcpp-attach ...") means the program; it would stay inside for ever.
    void pass_signals_until_end() {
        constexpr std::uint64_t kChild = 0;
        constexpr std::uint64_t kSignal = 1;
        sys::Epoll epoll;
        epoll.add(child(), EPOLLIN, kChild);
        epoll.add(signals_->fd(), EPOLLIN, kSignal);
        for (;;) {
            std::array<sys::Ready, 2> ready{};
            const std::size_t count = epoll.wait(ready, left());
            if (count == 0) give_up_when_late();
            for (std::size_t i = 0; i < count; ++i) {
                if (ready[i].tag == kChild) return;
                if (const auto signal = signals_->next()) pass_on(*signal);
            }
        }
    }

    void relay_until_end(const Fd& channel) {
        do {
            if (signals_) end_by_signal_before(channel);
        } while (take_report(channel));
        fallback_.slave.reset();
        if (program_.valid()) { // the other has done its work; who looks for our child finds the program alone
            (void)sys::reap(joining_);
            joining_.reset();
        }
        if (failure_) return (void)sys::wait_exited(child(), {});
        if (!plan_.terminal) return pass_signals_until_end();
        RelayOptions relay_options;
        relay_options.until = child();
        Fd log;
        if (!options_.pty_log.empty()) {
            log = sys::open_file(options_.pty_log, {.access = sys::Access::Append, .create = true, .mode = 0600});
        }
        relay_options.log = log;
        const FdRef master = master_.valid() ? FdRef(master_) : FdRef(fallback_.master);
        const SessionResult result = relay(terminal_input(), terminal_output(), master, relay_options);
        if (result.end == SessionEnd::Signal) (void)sys::try_send_signal(child(), result.signal);
        (void)sys::wait_exited(child(), {});
    }

    [[nodiscard]] FdRef terminal_input() const {
        const FdRef input(options_.standard_input);
        return sys::is_terminal(input) ? input : FdRef();
    }
    [[nodiscard]] FdRef terminal_output() const {
        for (const int fd : {options_.standard_output, options_.standard_error, options_.standard_input}) {
            if (sys::is_terminal(FdRef(fd))) return FdRef(fd);
        }
        return {};
    }

    const AttachTarget& target_;
    const AttachOptions& options_;
    std::uint64_t namespaces_ = 0;
    std::vector<std::string> env_;
    std::vector<std::string> command_;
    CgroupEntry entry_;
    SealedJoin sealed_;
    sys::Pty fallback_;
    Fd master_;
    Fd joining_; // pidfds
    Fd program_; // in a pid namespace of its own
    pid_t leader_ = -1; // of the program's process group: a child of ours until we have reaped it
    JoinPlan plan_;
    std::optional<sys::SignalFd> signals_; // without a terminal; the relay has its own
    std::optional<JoinReport> failure_;
    std::optional<Clock::time_point> deadline_;
};

} // namespace

sys::ExitStatus attach(const AttachTarget& target, const AttachOptions& options) {
    if (!options.selinux_context.empty()) throw Error("-c: this host has no SELinux to take a context from");
    try {
        Session session(target, options);
        const sys::ExitStatus status = session.run();
        if (!session.failure()) return status;
        if (session.failure()->stage != JoinStage::Exec) require_alive(target);
        if (session.failure()->stage != JoinStage::Exec) throw Error(failure_text(*session.failure(), session.program()));
        throw ProgramError(failure_text(*session.failure(), session.program()), status.value);
    } catch (const SystemError&) {
        require_alive(target); // its cgroups and namespaces went away under us
        throw;
    }
}

} // namespace lxcpp
