// SPDX-License-Identifier: Apache-2.0
#include "container/template_run.h"

#include "base/error.h"
#include "base/scope_exit.h"
#include "container/template_namespace.h"
#include "start/idmap_write.h"
#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/minder.h"
#include "sys/namespace.h"
#include "sys/signal.h"
#include "sys/spawn.h"
#include "sys/terminal.h"

#include <array>
#include <csignal>
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

std::vector<std::string> arguments(const Container::Impl& impl, const TemplateRun& run) {
    std::vector<std::string> argv{run.program.string(), "--path=" + impl.directory().string(), "--name=" + impl.name,
                                  "--rootfs=" + (run.rootfs.empty() ? impl.directory() / "rootfs" : run.rootfs).string()};
    if (!run.own) argv.insert(argv.end(), run.arguments.begin(), run.arguments.end());
    if (run.own && run.quiet) argv.emplace_back("--quiet"); // errors still come, on standard error
    if (!run.idmap.empty()) {
        // The ids of the caller inside the map, as LXC's templates want them.
        for (const char* option : {"--mapped-uid", "--mapped-gid"}) {
            argv.emplace_back(option);
            argv.emplace_back("0");
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
    if (!run.idmap.empty()) {
        user_namespace = sys::make_user_namespace(id_map_text(run.idmap, IdKind::Uid), id_map_text(run.idmap, IdKind::Gid));
    }
    const Fd mount_namespace = make_template_namespace(
        {impl.lxcpath, impl.name, construction, run.rootfs, run.idmapped ? FdRef(user_namespace) : FdRef(),
         run.own ? impl.paths.cache : std::filesystem::path(), run.rootfs_fd, run.image, user_namespace});
    sys::SpawnOptions options;
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
