// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/attach.h>
#include <lxcpp/error.h>
#include <lxcpp/export.h>
#include <lxcpp/state.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lxcpp {

// How a container's init ended; signaled: value is the signal.
struct Exit {
    bool signaled = false;
    int value = 0;
};

struct CreateOptions {
    std::string template_name;        // "debian", an absolute path, or "none"; or instead of a template
    std::string image;                // an image of the store: alias, fingerprint, or the beginning of one
    std::vector<std::string> template_args;
    std::filesystem::path config;     // initial configuration; empty = <config dir>/default.conf
    bool replace = false;             // a container that is there gets this image for its root, and keeps the rest
    std::string backend = "best";     // -B; "btrfs", "reflink", "overlay", "dir", or the first of these that is possible
    std::filesystem::path directory;  // --dir: rootfs elsewhere; absolute
    bool privileged = false;          // no user namespace
    bool quiet = false;               // the template's standard output goes nowhere
    std::function<void(const std::string&)> note; // gets lines for the administrator, as soon as they are known
};

struct ShareNamespace {
    std::string name;   // "net", "ipc", "uts", "pid"
    std::string target; // pid, container name or path
};

struct StartOptions {
    bool foreground = false;             // the caller's terminal is the console; returns when it stops
    std::vector<std::string> command;    // instead of lxc.init.cmd
    std::vector<std::string> defines;    // "key=value" on top of the configuration
    std::filesystem::path config;        // instead of the container's own (also for undefined ones)
    std::filesystem::path pid_file;      // gets the monitor's pid
    std::string console_path;            // lxc.console.path for this run
    std::string console_log;             // lxc.console.logfile for this run
    std::vector<ShareNamespace> share;
    std::string log_level;               // for hooks (LXC_LOG_LEVEL)
    bool execute = false;                // run command (or lxc.execute.cmd) under our init
    std::optional<std::uint32_t> uid, gid; // lxc.init.uid, lxc.init.gid
    std::chrono::seconds timeout{300};   // until RUNNING
    std::function<void(const std::string&)> note; // gets lines for the administrator, as soon as they are known
};

struct StartResult {
    pid_t init_pid = -1;
    std::optional<Exit> exit;       // foreground only
    bool one_program = false;       // and it is that of the program of lxc.execute.cmd
};

struct StopOptions {
    bool kill = false;                             // at once, with lxc.signal.stop
    bool reboot = false;
    bool wait = true;
    std::optional<std::chrono::seconds> timeout = std::chrono::seconds(60); // none = for ever
    bool kill_after_timeout = true;
};

struct DestroyOptions {
    bool force = false;     // stop it first
    bool snapshots = false; // its snapshots go too
};

struct LinkStatistics {
    std::string name; // inside
    std::uint64_t rx_bytes = 0;
    std::uint64_t tx_bytes = 0;
};

struct Statistics {
    std::optional<std::uint64_t> cpu_ns;
    std::optional<std::uint64_t> block_io_bytes;
    std::optional<std::uint64_t> memory_bytes;
    std::optional<std::uint64_t> kernel_memory_bytes;
    std::optional<std::uint64_t> swap_bytes;
    std::vector<LinkStatistics> links;
};

// Everything above at one moment; what does not run has a state only.
struct Overview {
    State state = State::Stopped;
    std::optional<pid_t> init_pid;
    std::vector<std::string> addresses;
    Statistics statistics;
    std::string elsewhere; // not empty: somebody else runs it, and who; nothing else than state and init is known then
};

struct StateChange {
    State state;
    std::optional<Exit> exit;
};

// One container by name in one directory of containers (the lxcpath). A cheap handle: it reads the
// disk and asks the monitor when a member is called. Not thread-safe; use one a thread. Members
// throw Error (see error.h); StateError tells what state was in the way.
class LXCPP_API Container {
public:
    class __attribute__((visibility("hidden"))) Impl; // not for callers

    // lxcpath empty = the default (lxc.lxcpath of lxcpp.conf, else /var/lib/lxcpp). Throws Error for a
    // name that is not 1..64 bytes of [A-Za-z0-9._-].
    explicit Container(std::string name, std::filesystem::path lxcpath = {});
    Container(Container&&) noexcept;
    Container& operator=(Container&&) noexcept;
    ~Container();

    [[nodiscard]] const std::string& name() const noexcept;
    [[nodiscard]] const std::filesystem::path& lxcpath() const noexcept;
    [[nodiscard]] std::filesystem::path config_file() const;

    [[nodiscard]] bool is_defined() const; // a config file exists
    [[nodiscard]] State state() const;
    [[nodiscard]] bool is_running() const; // any state but STOPPED
    [[nodiscard]] std::optional<pid_t> init_pid() const;

    void create(const CreateOptions& options);
    // The plan of a start as text; nothing is started.
    [[nodiscard]] std::string print_plan(const StartOptions& options);
    StartResult start(const StartOptions& options);
    // Gives a running container whose monitor died a new one, as every other command that changes a container does
    // by itself. False when its monitor lives. Throws StateError NotRunning, Error.
    bool adopt();
    // Lets the monitor go on with the installed program, in its process: nothing else changes. Returns the new one's
    // version. Throws Error when the new one cannot be run or does not answer; the old one goes on then.
    std::string upgrade_monitor();
    // Graceful by default: lxc.signal.halt, then after the time-out lxc.signal.stop. False when it still runs
    // (no kill_after_timeout, or not waited for).
    bool stop(const StopOptions& options);
    void destroy(const DestroyOptions& options);
    void freeze(std::chrono::milliseconds timeout = std::chrono::seconds(10));
    void unfreeze(std::chrono::milliseconds timeout = std::chrono::seconds(10));
    // Waits until the state is one of these; none = for ever. nullopt on time-out. An undefined container counts
    // as STOPPED.
    [[nodiscard]] std::optional<State> wait(const std::vector<State>& states,
                                            std::optional<std::chrono::milliseconds> timeout) const;

    // Runs a program in the running container; see attach.h.
    Exit attach(const AttachOptions& options);

    // Configuration on disk, or with a path that file instead. get: as lxc-info -c prints it; nullopt for an
    // unknown key.
    [[nodiscard]] std::optional<std::string> config_item(const std::string& key) const;
    void set_config_item(const std::string& key, const std::string& value); // and saves

    // One value of the container's cgroup, such as "memory.max". Running containers only.
    [[nodiscard]] std::string cgroup_item(const std::string& key) const;
    void set_cgroup_item(const std::string& key, const std::string& value);

    [[nodiscard]] Statistics statistics() const;
    // state(), init_pid(), addresses() and statistics() for the price of little more than one of them.
    [[nodiscard]] Overview overview() const;
    // Addresses inside, global scope, IPv4 first; without a running container empty.
    [[nodiscard]] std::vector<std::string> addresses() const;

    // Connects this terminal to tty N (0 = console, -1 = first free) until the escape key sequence or the end.
    // escape: control character code, -1 = none. connected is called with the number of the tty once it is open.
    void console(int tty, int escape, const std::function<void(int)>& connected = {});

private:
    std::unique_ptr<Impl> impl_;
};

} // namespace lxcpp
