// SPDX-License-Identifier: Apache-2.0
#include "start/starter.h"

#include "base/error.h"
#include "base/log.h"
#include "base/scope_exit.h"
#include "base/strings.h"
#include "cgroup/devices.h"
#include "cgroup/devices_bpf.h"
#include "cgroup/devices_v1.h"
#include "cgroup/enter.h"
#include "cgroup/tree.h"
#include "config/load.h"
#include "host/own_ids.h"
#include "monitor/handover.h"
#include "monitor/protocol.h"
#include "security/container_filter.h"
#include "security/seccomp_run.h"
#include "start/console_target.h"
#include "start/enter.h"
#include "start/init_handle.h"
#include "start/made.h"
#include "start/mounted_devices.h"
#include "start/network.h"
#include "start/notes.h"
#include "start/payload.h"
#include "start/run_note.h"
#include "start/shared_mounts.h"
#include "sys/file.h"
#include "sys/memfd.h"
#include "sys/namespace.h"
#include "sys/own_namespace.h"
#include "sys/raw.h"
#include "sys/socket.h"

#include <algorithm>
#include <iterator>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace lxcpp {
namespace {

// The container's root, who manages what is below its groups, in our numbers.
std::optional<CgroupOwner> cgroup_owner(const StartPlan& plan) {
    CgroupOwner owner;
    bool uid = false;
    bool gid = false;
    for (const IdMapEntry& entry : plan.idmap) {
        if (entry.nsid != 0) continue;
        (entry.kind == IdKind::Uid ? owner.uid : owner.gid) = entry.hostid;
        (entry.kind == IdKind::Uid ? uid : gid) = true;
    }
    if (!uid || !gid) return std::nullopt;
    return owner;
}

CgroupPlan plan_groups(const StarterInput& input, const StartPlan& start, const CgroupLayout& layout, const DevicePlan& devices) {
    CgroupWish wish;
    wish.name = input.request.name;
    wish.suffix = cgroup_suffix(input.request.lxcpath, input.paths.state);
    wish.options = input.config.cgroup;
    wish.pattern = input.remember.cgroup_pattern;
    for (const std::string_view word : split(input.remember.cgroup_use, ',')) {
        if (!trim(word).empty()) wish.use.emplace_back(trim(word));
    }
    wish.relative = input.config.cgroup.relative || sys::in_own_namespace(); // what a user may change is below their own group
    wish.without = sys::in_own_namespace();
    wish.owner = cgroup_owner(start);
    // Root of a user namespace may not change a list; one that allows all but some has nothing to guard.
    const bool lists = !devices.v1.empty() && !reduce_device_rules(devices.v1).allow_by_default;
    wish.guard_devices = lists && input.config.idmap.empty();
    CgroupPlan plan = plan_cgroups(layout, wish);
    for (const std::string& note : plan.notes) log::info("{}", note);
    return plan;
}

std::vector<std::uint8_t> seccomp_program(const Config& config, const Paths& paths) {
    SeccompProgram program = container_filter(config, paths.cache);
    for (const std::string& name : program.unknown) {
        log::warn("seccomp: the system call '{}' is not known here, and not filtered", name);
    }
    return std::move(program.bpf);
}

// A profile of one's own need not let lxcpp-enter be executed by its descriptor.
bool lets_enter(std::span<const std::uint8_t> seccomp) {
    if (seccomp.empty()) return true;
    const std::uint32_t arch = seccomp_arch_token(native_seccomp_archs().front());
    for (const int number : {SYS_execveat, SYS_fcntl}) {
        const seccomp_data call{.nr = number, .arch = arch};
        if (run_seccomp(seccomp, call) == SECCOMP_RET_ALLOW) continue;
        log::info("the seccomp profile does not let init's program be run by lxcpp-enter: execveat and fcntl are needed");
        return false;
    }
    return true;
}

bool names_devices(const CgroupOptions& options) {
    const auto of_devices = [](const Setting& setting) { return setting.name.starts_with("devices."); };
    return std::ranges::any_of(options.v1, of_devices) || std::ranges::any_of(options.v2, of_devices);
}

bool has_group_with(const CgroupTree& tree, const char* file) {
    return std::ranges::any_of(tree.payload(), [file](const std::filesystem::path& dir) { return sys::exists(dir / file); });
}

std::vector<DeviceRule> usual_devices(const StartPlan& plan, const PlanHost& host) {
    std::vector<DeviceRule> defaults;
    if (host.inside_user_namespace) return defaults; // the container around has set them
    defaults = default_device_rules();
    allow_mounted_devices(plan, defaults);
    return defaults;
}

void apply_devices(const DevicePlan& devices, const Config& config, const PlanHost& host, const CgroupTree& tree) {
    const bool possible = has_group_with(tree, devices.v1.empty() ? "cgroup.controllers" : "devices.allow");
    if (!host.inside_user_namespace && !possible && !names_devices(config.cgroup)) {
        log::warn("no cgroup of this container can limit which devices it uses: neither a v1 devices group nor a v2 group");
        return;
    }
    if (!devices.v1.empty()) apply_device_rules_v1(tree.payload(), devices.v1);
    if (!devices.v2.empty()) apply_device_rules_v2(tree.payload(), devices.v2);
}

void fill_state(RuntimeState& state, const StarterInput& input, const sys::ProcessId& init, const CgroupTree& tree,
                const std::string& console_log) {
    SupervisorState& supervisor = state.supervisor;
    supervisor.name = input.request.name;
    supervisor.lxcpath = input.request.lxcpath;
    supervisor.init = init;
    supervisor.state = State::Running;
    supervisor.console_buffer = input.config.console.buffer_size;
    const ConsoleOptions& console = input.config.console;
    supervisor.console_logfile = console_log;
    supervisor.console_size = console.log_size;
    supervisor.console_rotate = console.rotate;
    supervisor.cleanup = (input.paths.libexec / "lxcpp-cleanup").string();
    supervisor.log = input.config.log.file;
    if (::geteuid() != 0) supervisor.uid = ::geteuid();
    state.payload_cgroups = tree.payload();
    state.other_cgroups = tree.beside_payload();
    state.monitor_cgroups = tree.monitor();
    state.ephemeral = input.config.ephemeral;
    state.started = monotonic_ms();
}

// Numbers of the descriptors in the supervisor's table: they stay what they are here.
void fill_descriptors(SupervisorState& supervisor, const StarterFds& fds, FdRef pidfd,
                      const std::vector<Fd>& masters, bool console) {
    supervisor.socket = fds.socket.raw();
    supervisor.pidfd = pidfd.raw();
    supervisor.status = -1; // told before the monitor takes over
    supervisor.session = fds.session.raw();
    number_terminals(supervisor, masters, console);
}

// Before they are there: killed in between, we would leave groups that nobody knows.
CgroupTree make_groups(const std::filesystem::path& runtime, const CgroupPlan& plan) {
    return with_context("cgroups", [&] {
        return CgroupTree::create(plan, [&] {
            PlannedGroups planned = planned_groups(plan);
            Made made = load_made(runtime);
            made.payload = std::move(planned.payload);
            made.others = std::move(planned.others);
            save_made(runtime, made);
        });
    });
}

// What the tool waits for. From here on the container is what everybody finds in the runtime directory, also when we
// die before the monitor has taken over.
void announce_running(const Fd& status, const SupervisorState& state) {
    const protocol::Event running{state.name, State::Running, state.init.pid, std::nullopt};
    (void)sys::try_send_packet(status, protocol::encode(0, running));
}

// It runs and that has been said: what goes wrong now is no reason to end it. As after any end of a monitor, the
// next command takes it over.
template <typename Work>
void without_ending_it(const std::string& name, Work work) noexcept {
    try {
        work();
    } catch (const std::exception& error) {
        log::error("{}: {}", name, error.what());
    }
}

void release_quietly(const StarterInput& input) noexcept {
    (void)release_network(input.runtime, {input.request, input.config, input.paths, -1});
    try {
        release_host_directory(input.paths, input.runtime);
    } catch (const std::exception& error) {
        log::warn("{}", error.what());
    }
}

Fd make_network_of(const StartPlan& plan, StarterInput& input, const StarterFds& fds, const CgroupTree& tree, pid_t init, Fd socket) {
    try {
        return make_network({plan, input.runtime, input.paths, init, tree.monitor(), fds.outside, fds.old_network}, input.config, std::move(socket));
    } catch (const ConfigError& error) {
        throw at_origin(error, input.request.assignments);
    }
}

std::string make_name_servers_file(const StarterInput& input) {
    std::string file = name_servers_file(input.request, input.config, input.paths, input.runtime);
    if (!file.empty()) (void)sys::open_file(file, {.access = sys::Access::Write, .create = true, .truncate = true, .mode = 0644});
    return file;
}

// Who has another runtime directory than ours has to find it, too.
void note_run(const StarterInput& input, Fd claim, const sys::ProcessId& init) {
    const std::filesystem::path directory = std::filesystem::path(input.request.lxcpath) / input.request.name;
    if (!claim.valid()) return renew_run_note(directory, input.runtime, init);
    const pid_t pid = ::getpid();
    write_run_note(directory, std::move(claim), {init, {pid, sys::start_time(pid).value_or(0), init.boot_id}, our_uid_outside(), input.runtime, 0, 0});
}

std::vector<int> numbers(const std::vector<Fd>& fds) {
    std::vector<int> result;
    for (const Fd& fd : fds) result.push_back(fd.raw());
    return result;
}

// A container of a user is worth having without them; who counts on one has to know.
std::vector<std::string> cgroup_notes(const CgroupPlan& plan, const CgroupOptions& options) {
    if (!sys::in_own_namespace()) return {};
    std::vector<std::string> notes;
    if (names_devices(options)) notes.emplace_back("lxc.cgroup.devices.*: only root can limit devices; a user's container has no others than those that are bound into it");
    const std::string keys = plan.left_out.empty() ? "" : " (" + join(plan.left_out, ", ") + ')';
    if (plan.groups.empty()) {
        notes.push_back("no cgroup here is this user's: nothing limits the container's memory, processor time and number of processes" + keys +
                        ", it cannot be frozen, and an init that is systemd does not start without one; a login through systemd has one");
    } else if (!keys.empty()) {
        notes.push_back("these limits do not apply, for their controllers are not delegated to this user" + keys);
    }
    return notes;
}

// lxc.monitor.unshare: what hooks mount is seen by the container and by nobody else; what the host mounts later
// still comes in.
void leave_host_mounts() {
    sys::unshare_namespaces(CLONE_NEWNS);
    if (const int error = sys::raw::set_root_propagation(MS_SLAVE); error < 0) throw SystemError("lxc.monitor.unshare: leave the host's mounts", -error);
}

// Found out before there is a container to lose.
void require_program(const std::filesystem::path& program) {
    if (sys::exists(program)) return;
    throw Error(program.string() + " is missing, without which no container is supervised: install lxcpp again");
}

} // namespace

void log_to_container(const Log& wish) {
    if (wish.file.empty()) return;
    log::configure({.program = "lxcpp-start", .level = wish.level.value_or(LogLevel::Error), .file = wish.file,
                    .to_stderr = false});
}

void become_monitor(StarterInput input, StarterFds fds, const std::function<void(const StartReport&)>& running) {
    const auto deadline = std::chrono::steady_clock::now() + input.timeout;
    log_to_container(input.config.log);
    require_program(input.paths.libexec / "lxcpp-supervisor");
    const CgroupLayout layout = probe_cgroup_layout();
    PlanHost host = probe_plan_host(input.config, layout, input.paths);
    host.name_servers = make_name_servers_file(input);
    input.request.fstab = read_fstab(input.config.mounts.fstab);
    const StartPlan plan = plan_start(input.request, input.config, host);
    const DevicePlan devices = with_context("devices", [&] {
        if (sys::in_own_namespace()) return DevicePlan(); // no node can be made in it, nor a list
        return plan_devices(layout, input.config.cgroup, usual_devices(plan, host));
    });
    const CgroupPlan groups = with_context("cgroups", [&] { return plan_groups(input, plan, layout, devices); });
    std::vector<std::string> notes = plan.warnings;
    std::ranges::copy(cgroup_notes(groups, input.config.cgroup), std::back_inserter(notes));
    sys::remove_file(input.runtime / kStartNotes); // of the run before a reboot
    add_start_notes(input.runtime, notes);
    share_host_directory(plan.shared_mount_dir, input.paths, input.runtime);
    const ScopeExit unshare_again([&] { release_quietly(input); }); // not after exec
    if (input.config.monitor.unshare) leave_host_mounts();
    run_host_hooks(plan.pre_start);
    ConsoleTarget console = open_console_target(input.config.console);
    if (!plan.rootfs.path.empty() && !sys::exists(host.staging)) sys::make_dirs(host.staging, 0755);

    CgroupTree tree = make_groups(input.runtime, groups);
    InitResources resources;
    for (const Fd& tasks : tree.entry().tasks) resources.cgroup_tasks.emplace_back(tasks);
    resources.cgroup_v2 = tree.entry().unified;
    resources.seccomp = with_context("seccomp", [&] { return seccomp_program(input.config, input.paths); });
    if (plan.needs_init_program) resources.init_program = sys::sealed_program(input.paths.libexec / "lxcpp-init");
    if (may_write_to_us(plan.idmap) && lets_enter(resources.seccomp)) resources.enter = sealed_enter(input.paths);
    resources.shared_namespaces = open_shared_namespaces(plan, input);

    Fd network;
    resources.network = [&](pid_t pid, Fd socket) { network = make_network_of(plan, input, fds, tree, pid, std::move(socket)); };

    InitHandle init = InitHandle::spawn(plan, resources, deadline);
    with_context("devices", [&] { apply_devices(devices, input.config, host, tree); });
    run_host_hooks(plan.start_host, {"LXC_PID=" + std::to_string(init.pid())});
    std::vector<Fd> held = init.take_namespaces();
    if (network.valid()) held.push_back(std::move(network));
    const sys::ProcessId first{init.pid(), sys::start_time(init.pid()).value_or(0), sys::boot_id()};
    note_init(input.runtime, first);
    note_run(input, std::move(fds.run_claim), first);
    init.exec();

    fds.outside.reset(); // the tool waits for the end of who has it
    fds.old_network.reset();
    const std::vector<Fd> masters = init.take_masters();
    RuntimeState state = input.remember;
    fill_state(state, input, first, tree, console.logfile);
    if (console.device.valid()) fds.sessions.push_back(std::move(console.device));
    fill_descriptors(state.supervisor, fds, init.pidfd(), masters, plan.console);
    save_runtime_state(input.runtime, state);
    if (!input.pid_file.empty()) {
        sys::write_file_atomic(input.pid_file, std::to_string(::getpid()) + "\n", 0644);
    }
    // The inventory and the monitor's program cost more than all the rest from init's exec on: nobody waits for them.
    announce_running(std::exchange(fds.status, {}), state.supervisor);
    without_ending_it(state.supervisor.name, [&] {
        if (running) running({state.supervisor.init, ::getpid()});
    });
    without_ending_it(state.supervisor.name, [&] {
        const SupervisorArguments arguments{fds.runtime.raw(), numbers(fds.subscribers), numbers(fds.sessions), numbers(held)};
        tree.close_entry();
        // Last: on cgroup v2 the move takes the kernel some milliseconds, and nobody waits for it now.
        if (!tree.monitor().empty()) enter_cgroups(tree.monitor());
        exec_supervisor(input.paths.libexec / "lxcpp-supervisor", state.supervisor, arguments);
    });
    ::_exit(1);
}

} // namespace lxcpp
