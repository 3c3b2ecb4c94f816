// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include "config/family.h"
#include "config/published_port.h"

#include <algorithm>
#include <array>

namespace lxcpp {
namespace {

// lxc.include is carried out by the reader of files; its row is for help and completion.
constexpr Key<Config> include_key() {
    Key<Config> row{kIncludeKey, "PATH",
                    "Reads another file here, or, when PATH is a directory, each file in it that "
                    "ends in .conf, sorted by name. A missing directory with a trailing slash is "
                    "no error. A relative path starts at the including file's directory."};
    row.list = true;
    row.set = [](Config&, std::string_view, std::string_view text) {
        reject(text, "a configuration file around it: lxc.include stands in files only");
    };
    row.get = [](const Config&, std::string_view) { return std::optional<std::string>(); };
    row.clear = [](Config&, const Config&, std::string_view) {};
    row.emit = [](const Config&, const Config&, std::string_view, std::vector<KeyText>&) {};
    return row;
}

constexpr auto kTable = std::to_array<Key<Config>>({
    key<&Config::apparmor, &AppArmor::allow_incomplete>(
        "lxc.apparmor.allow_incomplete",
        "Starts although the kernel lacks AppArmor features that the profile wants.")
        .later(),
    key<&Config::apparmor, &AppArmor::allow_nesting>(
        "lxc.apparmor.allow_nesting",
        "Containers may run inside: the built-in system call policy allows user namespaces, clone3(2) and "
        "keys, and proc and sysfs without masked or read-only places are mounted at /dev/.lxc, for root alone; "
        "the kernel lets a user namespace mount these two only where they are visible as a whole. Included "
        "with nesting.conf, which also brings /dev/fuse."),
    key<&Config::apparmor, &AppArmor::profile>(
        "lxc.apparmor.profile",
        "AppArmor profile of the payload, or unconfined, unchanged, generated.")
        .later(),
    key<&Config::apparmor, &AppArmor::raw>("lxc.apparmor.raw",
                                           "A rule added to a generated profile.")
        .later(),
    key<&Config::arch>("lxc.arch", "Machine type that the payload sees, for 32-bit systems on a "
                                   "64-bit host."),
    key<&Config::autodev, &Autodev::enabled>(
        "lxc.autodev", "Mounts a tmpfs on /dev and makes the usual device nodes in it. Without a "
                       "value it means 0.")
        .empty_is(OnEmpty::Zero),
    key_as<ByteSize, &Config::autodev, &Autodev::tmpfs_size>("lxc.autodev.tmpfs.size",
                                                             "Size of the tmpfs on /dev."),
    key_as<CapabilityDrop, &Config::caps>(
        "lxc.cap.drop", "Capabilities that the payload never gets. Excludes lxc.cap.keep. Without "
                        "a value both lists are cleared."),
    key_as<CapabilityKeep, &Config::caps>(
        "lxc.cap.keep", "The only capabilities that the payload keeps; none means that all are "
                        "dropped. Excludes lxc.cap.drop. Without a value both lists are cleared."),
    family<CgroupSettings, &Config::cgroup, &CgroupOptions::v1>(
        "lxc.cgroup", "Written to the file NAME of the container's cgroup v1 group, in order, "
                      "where a hierarchy has it."),
    key_as<RelativePath, &Config::cgroup, &CgroupOptions::dir>(
        "lxc.cgroup.dir", "Directory below which the container's groups are made."),
    key_as<RelativePath, &Config::cgroup, &CgroupOptions::dir_container>(
        "lxc.cgroup.dir.container",
        "Group of the payload. Needs lxc.cgroup.dir.monitor, excludes lxc.cgroup.dir."),
    key_as<PathComponent, &Config::cgroup, &CgroupOptions::dir_container_inner>(
        "lxc.cgroup.dir.container.inner",
        "A group below that of lxc.cgroup.dir.container in which the payload runs, so that limits "
        "on the outer one are out of its reach."),
    key_as<RelativePath, &Config::cgroup, &CgroupOptions::dir_monitor>(
        "lxc.cgroup.dir.monitor",
        "Group of the monitor. Needs lxc.cgroup.dir.container, excludes lxc.cgroup.dir."),
    key_as<RelativePath, &Config::cgroup, &CgroupOptions::dir_monitor_pivot>(
        "lxc.cgroup.dir.monitor.pivot", "Group into which the monitor moves when it ends."),
    key<&Config::cgroup, &CgroupOptions::relative>(
        "lxc.cgroup.relative", "Makes the groups below that of the starting process instead of "
                               "that of the host's init."),
    family<CgroupSettings, &Config::cgroup, &CgroupOptions::v2>(
        "lxc.cgroup2", "Written to the file NAME of the container's unified group, in order. "
                       "devices.allow and devices.deny are carried out with eBPF."),
    key_as<BufferSize, &Config::console, &ConsoleOptions::buffer_size>(
        "lxc.console.buffer.size", "Size of the ring buffer that keeps the console's output, "
                                   "rounded up to a power of two of at least a page."),
    key_as<PathText, &Config::console, &ConsoleOptions::logfile>(
        "lxc.console.logfile", "File to which the console's output is appended."),
    key_as<PathText, &Config::console, &ConsoleOptions::path>(
        "lxc.console.path", "Device or file that is the console; none for no console."),
    key<&Config::console, &ConsoleOptions::rotate>(
        "lxc.console.rotate", "A full console log becomes FILE.1 and a new one begins."),
    key_as<BufferSize, &Config::console, &ConsoleOptions::log_size>(
        "lxc.console.size", "Largest size of the console log; rounded as lxc.console.buffer.size."),
    key_as<EnvironmentEntries, &Config::environment, &Environment::both>(
        "lxc.environment", "A variable for the payload and for hooks. A NAME alone takes its value "
                           "from the environment of the program that reads the file. A VALUE of the form $'..' is "
                           "text with the escapes of the shells, such as \\n for a line break."),
    key_as<EnvironmentEntries, &Config::environment, &Environment::hooks>(
        "lxc.environment.hooks", "A variable for hooks only."),
    key_as<EnvironmentEntries, &Config::environment, &Environment::runtime>(
        "lxc.environment.runtime", "A variable for the payload and attached programs only."),
    key<&Config::ephemeral>("lxc.ephemeral",
                            "The container is destroyed when it stops (not when it reboots)."),
    key_as<CommandLine, &Config::execute_cmd>("lxc.execute.cmd",
                                              "What lxcpp-execute runs when it is given nothing. A container that has it and no "
                                              "lxc.init.cmd is one for this command: lxcpp-start runs it as lxcpp-execute does, "
                                              "below a small init, and lxcpp-attach takes over its variables, ids and directory."),
    key_as<Words, &Config::groups>(
        "lxc.group", "Groups of the container, for autostart and for lxcpp-ls --groups."),
    key_as<AllHooks, &Config::hooks>("lxc.hook", "Without a value: clears the hooks of all types."),
    key_as<CommandLines, &Config::hooks, &Hooks::autodev>(
        "lxc.hook.autodev", "Runs in the container's mount namespace once /dev is mounted."),
    key_as<CommandLines, &Config::hooks, &Hooks::clone>(
        "lxc.hook.clone", "Runs on the host for a container that was just copied.")
        .later(),
    key_as<CommandLines, &Config::hooks, &Hooks::destroy>(
        "lxc.hook.destroy", "Runs on the host before the container is destroyed."),
    key_as<CommandLines, &Config::hooks, &Hooks::mount>(
        "lxc.hook.mount", "Runs in the container's mount namespace after the mounts, before the "
                          "root is changed."),
    key_as<CommandLines, &Config::hooks, &Hooks::post_stop>(
        "lxc.hook.post-stop", "Runs on the host once the container is cleaned up. Its failure "
                              "turns a reboot into a stop."),
    key_as<CommandLines, &Config::hooks, &Hooks::pre_mount>(
        "lxc.hook.pre-mount",
        "Runs in the container's mount namespace before the root is mounted."),
    key_as<CommandLines, &Config::hooks, &Hooks::pre_start>(
        "lxc.hook.pre-start", "Runs on the host before anything is set up."),
    key_as<CommandLines, &Config::hooks, &Hooks::start>(
        "lxc.hook.start", "A program in the container that runs right before its init."),
    key_as<CommandLines, &Config::hooks, &Hooks::start_host>(
        "lxc.hook.start-host", "Runs on the host when all is set up, right before the init runs."),
    key_as<CommandLines, &Config::hooks, &Hooks::stop>(
        "lxc.hook.stop", "Runs on the host when the init has died; receives the namespaces (of an ordinary user's container as /proc/self/fd/N)."),
    key_as<HookVersion, &Config::hooks, &Hooks::version>(
        "lxc.hook.version", "How hooks learn the facts: 0 by arguments, 1 by the environment."),
    key<&Config::idmap>("lxc.idmap",
                        "A range of user (u) or group (g) ids of the container and where it lies "
                        "on the host. Several lines add up. Without any the container is "
                        "privileged."),
    include_key(),
    key_as<CommandLine, &Config::init, &Init::cmd>("lxc.init.cmd",
                                                   "The container's init instead of /sbin/init; goes before "
                                                   "lxc.execute.cmd."),
    key_as<PathText, &Config::init, &Init::cwd>("lxc.init.cwd", "Working directory of the init."),
    key<&Config::init, &Init::gid>("lxc.init.gid", "Group id of the init, inside."),
    key<&Config::init, &Init::groups>("lxc.init.groups",
                                      "Supplementary group ids of the init, inside."),
    key<&Config::init, &Init::uid>("lxc.init.uid", "User id of the init, inside."),
    key<&Config::keyring, &Keyring::new_session>(
        "lxc.keyring.session", "1: the payload gets a new session keyring. 0: it keeps that of "
                               "the starting process."),
    key_as<PathText, &Config::log, &Log::file>("lxc.log.file", "Log file of the container."),
    key<&Config::log, &Log::level>("lxc.log.level", "The least important messages that are logged: "
                                                    "TRACE, DEBUG, INFO, NOTICE, WARN, ERROR, "
                                                    "CRIT, ALERT, FATAL or 0 to 8."),
    key_as<SyslogFacility, &Config::log, &Log::syslog>("lxc.log.syslog",
                                                       "Logs to syslog too, with this facility.")
        .later(),
    key_as<SignalNumber, &Config::monitor, &MonitorOptions::signal_pdeath>(
        "lxc.monitor.signal.pdeath",
        "What the container's init receives when its monitor dies. Without it the container runs "
        "on and is adopted again."),
    key<&Config::monitor, &MonitorOptions::unshare>(
        "lxc.monitor.unshare", "The monitor gets a mount namespace of its own before anything is "
                               "set up: what hooks of the host mount is not seen outside."),
    key<&Config::mounts, &Mounts::automatic>(
        "lxc.mount.auto",
        "What is mounted without a line of its own. proc[:mixed|rw]; sys[:mixed|ro|rw]; "
        "cgroup[:mixed|ro|rw][:force]; cgroup-full[:mixed|ro|rw][:force]; cgroup2[:ro|rw][:force]; "
        "shmounts:HOST_DIR[:DIR], a directory through which the host adds mounts later. The last "
        "word of a kind counts."),
    key<&Config::mounts, &Mounts::entries>(
        "lxc.mount.entry",
        "A line as in fstab(5). The target is relative to the container's root. Options of ours: "
        "create=dir, create=file, optional, relative, move, nosymfollow, idmap=container|PATH and "
        "the propagation words."),
    key_as<PathText, &Config::mounts, &Mounts::fstab>("lxc.mount.fstab",
                                                      "A file of lines as for lxc.mount.entry.")
        .empty_is(OnEmpty::Refuse),
    key_as<NamespaceMask, &Config::namespaces, &Namespaces::clone>(
        "lxc.namespace.clone", "Exactly these namespaces are new; excludes lxc.namespace.keep."),
    key_as<NamespaceMask, &Config::namespaces, &Namespaces::keep>(
        "lxc.namespace.keep", "These namespaces are those of the starting process; excludes "
                              "lxc.namespace.clone."),
    family<NamespaceShares, &Config::namespaces, &Namespaces::share>(
        "lxc.namespace.share", "Whose namespace NAME is joined: that of a process, of a running "
                               "container, or a path."),
    family<NetDevices, &Config::net>(
        kNetKey, "Without a value: removes all network devices, or the device lxc.net.N."),
    key<&Config::no_new_privs>("lxc.no_new_privs",
                               "No program inside gains rights by set-user-id or file "
                               "capabilities, attached ones included."),
    family<ResourceLimits, &Config::prlimits>(
        "lxc.prlimit", "Resource limit NAME of the init, as in setrlimit(2), lower case without "
                       "RLIMIT_. One number sets both."),
    family<ProcSettings, &Config::procs>(
        "lxc.proc", "Written to /proc/PID/NAME of the init before it runs, such as "
                    "lxc.proc.oom_score_adj. Dots become slashes."),
    key_as<NonNegative, &Config::pty, &Pty::max>("lxc.pty.max",
                                                 "Number of ptys that the payload may open."),
    key_as<PublishedPorts, &Config::publish>(
        "lxc.publish", "Packets that come to this port of the host, or of one of its addresses, go to the port of the container, "
                       "which is on the bridge of lxcpp-net and sees who sends them, or has user-mode networking (lxc.net.N.type = user). "
                       "Lines add up. LXC has no such key."),
    key_as<NonNegative, &Config::restart, &Restart::delay>(
        "lxc.restart.delay", "Seconds before lxc.restart.policy starts the container again. They double each time, up to a "
                             "minute, until a run lasts ten seconds. 0: at once, each time."),
    key_as<RestartWord, &Config::restart>(
        "lxc.restart.policy", "What happens when the container ends and neither lxcpp-stop nor a power-off from inside was the "
                              "reason: no, nothing; on-failure, it is started again unless its init, or the program of "
                              "lxc.execute.cmd, exited with 0, N times at most since lxcpp-start; always and unless-stopped, "
                              "it is started again. Until then its state is STARTING, and lxcpp-stop ends that. Not "
                              "for lxcpp-execute. LXC has no such key."),
    key<&Config::rootfs, &Rootfs::managed>(
        "lxc.rootfs.managed", "0: the storage is not ours, and destroy leaves it alone."),
    key_as<StagingPath, &Config::rootfs, &Rootfs::mount>(
        "lxc.rootfs.mount", "Where the root is put together before the container moves into it."),
    key_as<RootfsOptions, &Config::rootfs, &Rootfs::options>(
        "lxc.rootfs.options", "Mount options of the root. idmap=container maps its owners to the "
                              "container's ids."),
    key_as<RootfsPath, &Config::rootfs>(
        "lxc.rootfs.path", "The root file system. TYPE is dir, btrfs, zfs, lvm, loop, rbd, nbd or "
                           "overlay; it is detected when absent. overlay:LOWER[:LOWER...]:UPPER stacks "
                           "directories, the topmost LOWER first: what is written goes to UPPER, and the "
                           "directory \"work\" beside it is overlayfs' own. The LOWER directories are only "
                           "read, and containers with different ids can share them (idmap=container in "
                           "lxc.rootfs.options). Needs Linux 5.19 in a container with lxc.idmap."),
    key<&Config::sched_core>("lxc.sched.core",
                             "The container shares processor cores with no other tasks."),
    key<&Config::seccomp, &Seccomp::allow_nesting>(
        "lxc.seccomp.allow_nesting",
        "Changes nothing here: the filter is always added to those that the starting process has, "
        "with 0 too. LXC leaves its own filter out when there is one already, unless this is 1."),
    key<&Config::seccomp, &Seccomp::notify_cookie>("lxc.seccomp.notify.cookie",
                                                   "Sent with each message to the proxy.")
        .later(),
    key_as<NotifyProxy, &Config::seccomp, &Seccomp::notify_proxy>(
        "lxc.seccomp.notify.proxy", "Socket of the program that decides about system calls with "
                                    "the action notify.")
        .later(),
    key_as<PathText, &Config::seccomp, &Seccomp::profile>(
        "lxc.seccomp.profile", "File with the system call policy, or none."),
    key<&Config::selinux, &SeLinux::context>("lxc.selinux.context", "SELinux label of the payload.")
        .later(),
    key<&Config::selinux, &SeLinux::keyring_context>("lxc.selinux.context.keyring",
                                                     "SELinux label of the session keyring.")
        .later(),
    key_as<SignalNumber, &Config::signals, &Signals::halt>(
        "lxc.signal.halt", "Asks the init to shut down. SIGPWR, or SIGRTMIN+3 when the init turns "
                           "out to be systemd."),
    key_as<SignalNumber, &Config::signals, &Signals::reboot>("lxc.signal.reboot",
                                                             "Asks the init to reboot; SIGINT."),
    key_as<SignalNumber, &Config::signals, &Signals::stop>("lxc.signal.stop",
                                                           "Ends the container; SIGKILL."),
    key<&Config::start, &Start::autostart>("lxc.start.auto", "Starts when the host boots.").later(),
    key_as<NonNegative, &Config::start, &Start::delay>(
        "lxc.start.delay", "Seconds to wait after its start before the next container starts.")
        .later(),
    key<&Config::start, &Start::order>("lxc.start.order", "Lower numbers start first.").later(),
    family<ProcSettings, &Config::sysctls>(
        "lxc.sysctl", "Kernel parameter NAME of the container's namespaces, as in sysctl(8)."),
    key<&Config::time, &TimeOffsets::boot>("lxc.time.offset.boot",
                                           "Added to the boot-time clock inside."),
    key<&Config::time, &TimeOffsets::monotonic>("lxc.time.offset.monotonic",
                                                "Added to the monotonic clock inside."),
    key_as<RelativePath, &Config::tty, &Tty::dir>(
        "lxc.tty.dir", "Directory below /dev for the ttys; links lead there from /dev."),
    key_as<NonNegative, &Config::tty, &Tty::max>("lxc.tty.max", "Number of ttys /dev/ttyN."),
    key_as<HostName, &Config::uts, &Uts::name>("lxc.uts.name", "Host name inside."),
});

constexpr auto name_of_row = &Key<Config>::name;
static_assert(std::ranges::is_sorted(kTable, {}, name_of_row));
static_assert(std::ranges::adjacent_find(kTable, {}, name_of_row) == kTable.end());

} // namespace

std::span<const Key<Config>> config_keys() noexcept {
    return kTable;
}

} // namespace lxcpp
