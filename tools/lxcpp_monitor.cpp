// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/harmless.h"
#include "common/say.h"

#include "base/paths.h"
#include "base/strings.h"
#include "config/global.h"
#include "monitor/client.h"
#include "sys/epoll.h"
#include "start/run_note.h"
#include "start/runtime_state.h"
#include "sys/file.h"
#include "sys/signal.h"
#include "sys/watch.h"

#include <lxcpp/error.h>
#include <lxcpp/manager.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fmt/core.h>
#include <map>
#include <memory>
#include <regex.h>
#include <sys/epoll.h>
#include <unistd.h>

using namespace lxcpp;

namespace {

// An anchored extended regular expression.
class NamePattern {
public:
    explicit NamePattern(const std::string& text) {
        if (::regcomp(&regex_, ("^(" + text + ")$").c_str(), REG_EXTENDED | REG_NOSUB) != 0) {
            throw Error("\"" + text + "\" is not an extended regular expression");
        }
    }
    NamePattern(const NamePattern&) = delete;
    NamePattern& operator=(const NamePattern&) = delete;
    ~NamePattern() { ::regfree(&regex_); }
    [[nodiscard]] bool matches(const std::string& name) const {
        return ::regexec(&regex_, name.c_str(), 0, nullptr, 0) == 0;
    }

private:
    regex_t regex_{};
};

// Follows every container that runs or will run in some lxcpaths: there is no daemon, so a subscription to
// each one's monitor and a watch on the directory where they appear.
class Follower {
public:
    Follower(const NamePattern& pattern, const std::vector<std::filesystem::path>& directories) : pattern_(pattern) {
        epoll_.add(interrupts_.fd(), EPOLLIN, kInterrupt);
        for (const std::filesystem::path& directory : directories) {
            watches_.push_back({directory, nullptr});
            watch_again(watches_.size() - 1);
        }
        look_everywhere();
    }

    // Until a signal asks to end.
    void run() {
        while (!interrupted_) {
            std::array<sys::Ready, 16> ready{};
            // A directory appears a moment before its socket listens: look again until it does.
            const auto timeout = pending_ ? std::optional(std::chrono::milliseconds(20)) : std::nullopt;
            const std::size_t count = epoll_.wait(ready, timeout);
            for (std::size_t i = 0; i < count; ++i) handle(ready[i].tag);
            if (pending_ || count == 0) look_everywhere();
            (void)std::fflush(stdout);
        }
        for (const Watched& watched : watches_) (void)sys::try_remove_dir(watched.directory); // when empty
    }

private:
    struct Watched {
        std::filesystem::path directory;
        std::unique_ptr<sys::DirectoryWatch> watch;
    };
    static constexpr std::uint64_t kInterrupt = 1u << 20;
    static constexpr std::uint64_t kFirstClient = kInterrupt + 1;

    static std::unique_ptr<sys::DirectoryWatch> make_watch(const std::filesystem::path& directory) {
        for (int tries = 0;; ++tries) {
            make_runtime_parent(directory);
            try {
                return std::make_unique<sys::DirectoryWatch>(directory);
            } catch (const SystemError& error) {
                if (error.code() != ENOENT || tries == 100) throw; // removed again just now
            }
        }
    }

    // The directory goes with the last container in it, and its watch with the directory.
    void watch_again(std::size_t index) {
        Watched& watched = watches_[index];
        if (watched.watch) epoll_.remove(watched.watch->fd());
        watched.watch = make_watch(watched.directory);
        epoll_.add(watched.watch->fd(), EPOLLIN, index);
    }

    void handle(std::uint64_t tag) {
        if (tag == kInterrupt) {
            interrupted_ = interrupts_.next().has_value();
            return;
        }
        if (tag < kFirstClient) {
            (void)watches_[tag].watch->wait(std::chrono::milliseconds(0));
            look(tag);
            return;
        }
        const auto client = clients_.find(tag);
        if (client == clients_.end()) return;
        try {
            while (const auto event = client->second.monitor.next_event(std::chrono::milliseconds(0))) print(*event);
        } catch (const StateError&) {
            epoll_.remove(client->second.monitor.fd());
            followed_.erase(client->second.runtime);
            clients_.erase(client);
        }
    }

    static void print(const protocol::Event& event) {
        fmt::print("'{}' changed state to [{}]\n", event.name, state_name(event.state));
        if (event.state == State::Stopped && event.exit) {
            fmt::print("'{}' exited with status [{}]\n", event.name, event.exit->shell_code());
        }
    }

    void look_everywhere() {
        pending_ = false;
        for (std::size_t index = 0; index < watches_.size(); ++index) look(index);
    }

    void look(std::size_t index) {
        const std::filesystem::path& directory = watches_[index].directory;
        try {
            for (const std::string& name : sys::list_dir(directory)) {
                if (!name.starts_with('.') && pattern_.matches(name)) follow(directory / name);
            }
        } catch (const SystemError& error) {
            if (error.code() != ENOENT) throw;
            watch_again(index);
            pending_ = true; // something may have appeared before the new watch
        }
    }

    void follow(const std::filesystem::path& runtime) {
        if (followed_.contains(runtime)) return;
        auto monitor = sys::exists(runtime / "socket") ? MonitorClient::connect(runtime) : std::nullopt;
        if (!monitor) {
            pending_ = pending_ || sys::exists(runtime);
            return;
        }
        const protocol::Status status = monitor->subscribe();
        fmt::print("'{}' changed state to [{}]\n", runtime.filename().string(), state_name(status.state));
        const std::uint64_t tag = next_tag_++;
        epoll_.add(monitor->fd(), EPOLLIN, tag);
        followed_.emplace(runtime, tag);
        clients_.emplace(tag, Client{runtime, std::move(*monitor)});
    }

    struct Client {
        std::filesystem::path runtime;
        MonitorClient monitor;
    };

    const NamePattern& pattern_;
    sys::SignalFd interrupts_{SIGINT, SIGTERM, SIGHUP};
    bool interrupted_ = false;
    sys::Epoll epoll_;
    std::vector<Watched> watches_;
    std::map<std::uint64_t, Client> clients_;
    std::map<std::filesystem::path, std::uint64_t> followed_;
    std::uint64_t next_tag_ = kFirstClient;
    bool pending_ = false;
};

// Silence would say that nothing happens there. The default directory may still be missing.
void require_sight(const std::vector<std::string>& lxcpaths, bool given) {
    for (const std::string& lxcpath : lxcpaths) {
        const Manager manager(lxcpath);
        if (given && !sys::exists(manager.lxcpath())) throw StateError(StateProblem::NotFound, manager.lxcpath().string() + ": there is no such directory");
        (void)manager.names();
    }
}

// Their changes are told to who runs them alone.
void tell_of_others(const std::vector<std::string>& lxcpaths, const NamePattern& pattern) {
    for (const std::string& lxcpath : lxcpaths) {
        const Manager manager(lxcpath);
        for (const std::string& name : manager.names()) {
            if (!pattern.matches(name)) continue;
            const auto note = read_run_note(manager.lxcpath() / name);
            if (!note || note->init.pid <= 0 || note->runtime == runtime_dir(default_paths(), manager.lxcpath(), name)) continue;
            tools::say("lxcpp-monitor: {}: its changes are not seen here: {}\n", name, tools::harmless(run_note_text(*note, manager.lxcpath() / name)));
        }
    }
}

std::vector<std::filesystem::path> runtime_directories(const std::vector<std::string>& lxcpaths) {
    const Paths paths = default_paths();
    std::vector<std::filesystem::path> directories;
    for (const std::string& lxcpath : lxcpaths) {
        const auto absolute = std::filesystem::absolute(lxcpath).lexically_normal();
        const auto normal = absolute.has_filename() ? absolute : absolute.parent_path();
        directories.push_back(runtime_dir(paths, normal, "x").parent_path());
    }
    return directories;
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-monitor", "print the changes of state of containers", "[-n REGEX] [-P PATH]...",
                   tools::Cli::Name::None);
    std::string expression = ".*";
    std::vector<std::string> lxcpaths;
    bool quit = false;
    cli.option("-n,--name", expression, "regular expression for names (default .*)");
    cli.option("-P,--lxcpath", lxcpaths, "directory of containers; may be repeated");
    cli.flag("-Q,--quit", quit, "for lxc-monitor's users: there is no daemon to quit");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        if (quit) return 0;
        if (parsed.words().size() > 1) throw Error("more than one expression given");
        if (!parsed.words().empty()) expression = parsed.words().front();
        const NamePattern pattern(expression);
        const bool given = !lxcpaths.empty();
        if (!given) lxcpaths.push_back(load_global_config(default_paths()).lxcpath);
        require_sight(lxcpaths, given);
        if (!parsed.quiet()) tell_of_others(lxcpaths, pattern);
        try {
            Follower(pattern, runtime_directories(lxcpaths)).run();
        } catch (const SystemError& error) {
            if (::geteuid() == 0 || (error.code() != EACCES && error.code() != EPERM)) throw;
            throw StateError(StateProblem::Denied, "only root can watch the containers of " + join(lxcpaths, ", "));
        }
        return 0;
    });
}
