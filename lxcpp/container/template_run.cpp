// SPDX-License-Identifier: Apache-2.0
#include "container/template_run.h"

#include "base/error.h"
#include "base/scope_exit.h"
#include "container/image_create.h"
#include "container/template_namespace.h"
#include "plan/own_map.h"
#include "start/idmap_write.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/minder.h"
#include "sys/namespace.h"
#include "sys/own_namespace.h"
#include "sys/signal.h"
#include "sys/spawn.h"
#include "sys/terminal.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <sched.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace lxcpp {
namespace {

std::string available(const Paths& paths) {
    std::string names;
    for (const auto& [directory, prefix] : {std::pair(paths.data / "templates", std::string("lxcpp-")),
                                            std::pair(std::filesystem::path("/usr/share/lxc/templates"), std::string("lxc-"))}) {
        if (!sys::exists(directory)) continue;
        for (const std::string& file : sys::list_dir(directory)) {
            if (!file.starts_with(prefix)) continue;
            names += names.empty() ? "" : ", ";
            names += file.substr(prefix.size());
        }
    }
    return names.empty() ? "none are installed" : "there are: " + names;
}

// A process of a user's own that is root in there: the user themself is behind the ids of the container, so that
// the way to the container's directory is open.
std::vector<IdMapEntry> with_ourselves(std::vector<IdMapEntry> idmap) {
    for (const IdKind kind : {IdKind::Uid, IdKind::Gid}) {
        const auto is_ours = [kind](const IdMapEntry& entry) {
            return entry.kind == kind && sys::kOwnUserInside >= entry.hostid && sys::kOwnUserInside - entry.hostid < entry.range;
        };
        if (std::ranges::any_of(idmap, is_ours)) continue;
        std::uint64_t behind = sys::kOwnUserInside;
        for (const IdMapEntry& entry : idmap) {
            if (entry.kind == kind) behind = std::max(behind, std::uint64_t{entry.nsid} + entry.range);
        }
        idmap.push_back({kind, static_cast<std::uint32_t>(behind), sys::kOwnUserInside, 1});
    }
    return idmap;
}

// In the store of images each user has the records, and those who bring an image into it give away only what is in
// the trees: not as root of the container, but as the user.
bool works_as_user(const TemplateRun& run) { return run.as_user && run.brings_images; }

// Where another template of ours keeps what it has verified and made: it is root of the container, whose files those are.
std::filesystem::path cache_of(const Container::Impl& impl, const TemplateRun& run) {
    if (!run.own) return {};
    if (!run.as_user || works_as_user(run)) return impl.paths.cache;
    const std::uint32_t root = host_root(run.idmap, IdKind::Uid);
    const std::uint32_t outside = probe_own_maps().uids.to_host(root).value_or(root);
    const std::filesystem::path cache = impl.paths.cache / ("as-" + std::to_string(outside));
    if (sys::exists(cache)) return cache;
    sys::make_dirs(cache, 0700);
    sys::chown(cache, root, host_root(run.idmap, IdKind::Gid));
    return cache;
}

// Root's directories are not meant by who is root inside.
std::vector<std::string> user_environment(const Paths& paths) {
    std::vector<std::string> env;
    for (char** entry = ::environ; *entry != nullptr; ++entry) {
        if (!std::string_view(*entry).starts_with("LXCPP_")) env.emplace_back(*entry);
    }
    for (const auto& [name, path] : {std::pair("CONFIG", &paths.config), std::pair("STATE", &paths.state), std::pair("CACHE", &paths.cache),
                                     std::pair("RUNTIME", &paths.runtime), std::pair("LOG", &paths.log), std::pair("LIBEXEC", &paths.libexec),
                                     std::pair("DATA", &paths.data)}) {
        env.push_back(std::string("LXCPP_") + name + "_DIR=" + path->string());
    }
    for (const char* name : {"LXCPP_REGISTRY_PASSWORD", "LXCPP_ROOTFS_MOUNT"}) {
        if (const char* value = std::getenv(name)) env.push_back(std::string(name) + '=' + value);
    }
    return env;
}

// What the caller is called in there.
std::uint32_t caller_inside(const std::vector<IdMapEntry>& idmap, IdKind kind) {
    for (const IdMapEntry& entry : idmap) {
        if (entry.kind == kind && entry.range > 0 && entry.hostid <= sys::kOwnUserInside && sys::kOwnUserInside - entry.hostid < entry.range) {
            return entry.nsid + (sys::kOwnUserInside - entry.hostid);
        }
    }
    return 0;
}

std::vector<std::string> arguments(const Container::Impl& impl, const TemplateRun& run) {
    std::vector<std::string> argv{run.program.string(), "--path=" + impl.directory().string(), "--name=" + impl.name,
                                  "--rootfs=" + (run.rootfs.empty() ? impl.directory() / "rootfs" : run.rootfs).string()};
    if (!run.own) argv.insert(argv.end(), run.arguments.begin(), run.arguments.end());
    if (run.own && run.quiet) argv.emplace_back("--quiet"); // errors still come, on standard error
    if (!run.idmap.empty()) {
        // The ids of the caller inside the map, as LXC's templates want them.
        const std::vector<IdMapEntry> idmap = run.as_user ? with_ourselves(run.idmap) : std::vector<IdMapEntry>();
        for (const auto& [option, kind] : {std::pair("--mapped-uid", IdKind::Uid), std::pair("--mapped-gid", IdKind::Gid)}) {
            argv.emplace_back(option);
            argv.emplace_back(std::to_string(caller_inside(idmap, kind)));
        }
    }
    if (!run.image.empty()) argv.push_back("--image-at=" + (impl.lxcpath / kTemplateImage).string());
    // An option of theirs without its value does not take one of ours for it.
    if (run.own) argv.insert(argv.end(), run.arguments.begin(), run.arguments.end());
    return argv;
}

// Waits for the template, or for a signal to us: then it ends with all that it has started.
sys::ExitStatus supervise(sys::MindedProgram& program, sys::SignalFd& signals, const std::string& name) {
    sys::Epoll epoll;
    epoll.add(program.ended(), EPOLLIN, 0);
    epoll.add(signals.fd(), EPOLLIN, 1);
    for (;;) {
        std::array<sys::Ready, 2> ready{};
        const std::size_t count = epoll.wait(ready, std::nullopt);
        for (std::size_t i = 0; i < count; ++i) {
            if (ready[i].tag == 0) return with_context("template " + name, [&] { return program.wait(); });
            const auto signal = signals.next();
            if (!signal) continue;
            program.terminate(std::chrono::seconds(5));
            throw Error("interrupted by " + sys::signal_name(*signal) + "; nothing was created");
        }
    }
}

} // namespace

std::filesystem::path find_template(const Paths& paths, const std::string& name) {
    if (name.starts_with('/')) {
        if (!sys::exists(name)) throw Error("template " + name + " does not exist");
        return name;
    }
    if (name.find('/') != std::string::npos) throw Error("template " + name + ": give a name or an absolute path");
    for (const std::filesystem::path& path : {paths.data / "templates" / ("lxcpp-" + name),
                                              std::filesystem::path("/usr/share/lxc/templates") / ("lxc-" + name)}) {
        if (sys::exists(path)) return path;
    }
    throw Error("no template " + name + "; " + available(paths));
}

void run_template(const Container::Impl& impl, const std::filesystem::path& construction, const TemplateRun& run,
                  sys::SignalFd& signals) {
    Fd user_namespace;
    if (!run.idmap.empty() && !works_as_user(run)) {
        const std::vector<IdMapEntry> idmap = run.as_user ? with_ourselves(run.idmap) : run.idmap;
        user_namespace = sys::make_user_namespace(id_map_text(idmap, IdKind::Uid), id_map_text(idmap, IdKind::Gid));
    }
    const Fd mount_namespace = make_template_namespace(
        {impl.lxcpath, impl.name, construction, run.rootfs, run.idmapped ? FdRef(user_namespace) : FdRef(),
         run.own ? impl.paths.cache : std::filesystem::path(), cache_of(impl, run), run.rootfs_fd, run.image, user_namespace});
    sys::SpawnOptions options;
    options.keep_rights = works_as_user(run);
    if (run.as_user) options.env = user_environment(impl.paths);
    options.argv = arguments(impl, run);
    options.program = run.program.string();
    options.user_namespace = user_namespace;
    options.mount_namespace = mount_namespace;
    const Fd null = sys::open_file("/dev/null", {.access = sys::Access::ReadWrite});
    if (run.quiet) options.standard_output = null;
    // Ours may ask for what it was not told. It takes the terminal for that; we take it back.
    const FdRef input(STDIN_FILENO);
    const bool may_ask = run.own && !run.quiet && sys::is_our_terminal(input);
    if (may_ask) options.standard_input = input;
    const ScopeExit take_back([&] {
        if (may_ask) sys::take_terminal(input);
    });
    sys::MindedProgram program(options);
    const std::string name = run.program.filename().string();
    const sys::ExitStatus status = supervise(program, signals, name);
    if (status == sys::ExitStatus{}) return;
    throw Error("template " + name + (status.signaled ? " was killed by " + sys::signal_name(status.value)
                                                      : " failed with exit code " + std::to_string(status.value)));
}

} // namespace lxcpp
