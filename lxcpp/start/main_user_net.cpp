// SPDX-License-Identifier: Apache-2.0
// lxcpp-user-net CHANNEL: has a program carry the packets of one container, and sees to it that the
// program ends with the container and with nothing else. It is init of a pid namespace in which
// there is nothing but the program: whatever ends it, the kernel ends the program too.
#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "cgroup/enter.h"
#include "network/tap_filter.h"
#include "network/user_forward.h"
#include "network/user_program.h"
#include "network/user_state.h"
#include "start/user_net_task.h"
#include "sys/capability.h"
#include "sys/epoll.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/own_namespace.h"
#include "sys/pipe.h"
#include "sys/reap.h"
#include "sys/signal.h"
#include "sys/socket.h"
#include "sys/spawn.h"
#include "sys/stream.h"
#include "sys/tap.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <utility>

namespace lxcpp {
namespace {

using std::chrono::seconds;

constexpr seconds kStartPatience{20};
constexpr std::size_t kMostSaid = 64 * 1024; // in a log of what a program says, as long as it runs
constexpr std::size_t kLastWords = 400;
constexpr const char* kResolverFile = "/etc/resolv.conf";

// What the program says, which is little unless something is wrong.
class Words {
public:
    Words() {
        auto [ours, theirs] = sys::make_pipe();
        sys::set_nonblocking(ours, true);
        ours_ = std::move(ours);
        theirs_ = std::move(theirs);
    }
    [[nodiscard]] FdRef ours() const noexcept { return ours_; }
    [[nodiscard]] FdRef theirs() const noexcept { return theirs_; }
    void close_theirs() noexcept { theirs_.reset(); }

    // False when there will be nothing any more.
    bool read() {
        for (;;) {
            std::array<char, 4096> buffer{};
            const long size = sys::try_read(ours_, buffer);
            if (size == -EAGAIN) return true;
            if (size <= 0) return false;
            take({buffer.data(), static_cast<std::size_t>(size)});
        }
    }
    [[nodiscard]] std::string last() const { return printable(trim(last_)); }

private:
    void take(std::string_view text) {
        rest_ += text;
        for (auto end = rest_.find('\n'); end != rest_.npos; end = rest_.find('\n')) {
            say(rest_.substr(0, end));
            rest_.erase(0, end + 1);
        }
        if (rest_.size() > kLastWords) say(std::exchange(rest_, {}));
    }
    void say(const std::string& line) {
        // There need not be a logger on the host; each message is repeated here anyway.
        if (line.find("to syslog") != line.npos || trim(line).empty()) return;
        last_ = line.substr(0, kLastWords);
        if (said_ > kMostSaid) return;
        said_ += line.size();
        log::info("{}", printable(line));
        if (said_ > kMostSaid) log::info("what the program says from here on is not written down");
    }

    Fd ours_;
    Fd theirs_;
    std::string rest_;
    std::string last_;
    std::size_t said_ = 0;
};

class UserNet {
public:
    explicit UserNet(Fd channel) : channel_(std::move(channel)) {
        const auto packet = sys::receive_packet(channel_, 65536, kStartPatience);
        if (!packet || packet->closed || packet->fds.size() != 3)
            throw Error("no task came from the starter");
        task_ = parse_task(packet->data);
        init_ = sys::duplicate(packet->fds[0]);
        network_ = sys::duplicate(packet->fds[1]);
        directory_ = sys::duplicate(packet->fds[2]);
    }

    void run() {
        try {
            prepare();
            start();
        } catch (const Error& error) {
            (void)sys::try_send_packet(channel_, std::string(kFailed) + error.what());
            return;
        }
        (void)sys::try_send_packet(channel_, kCarries);
        channel_.reset();
        sys::set_capabilities({}); // to wait takes none
        watch();
    }

private:
    void prepare() {
        if (!task_.log_file.empty())
            log::configure({.program = "lxcpp-user-net",
                            .level = parse_log_level(task_.log_level).value_or(LogLevel::Error),
                            .file = task_.log_file,
                            .to_stderr = false});
        std::vector<std::filesystem::path> groups(task_.cgroups.begin(), task_.cgroups.end());
        if (!groups.empty()) enter_cgroups(groups);
        sys::make_tap(network_, task_.interface);
        sys::send_packet(channel_, kTapMade);
        auto owner = sys::user_namespace_of(network_);
        if (!owner) throw Error("the network namespace is not one of this user's");
        user_ = std::move(*owner);
        if (!task_.as_root_inside) prepare_mounts();
    }

    // In a mount namespace of our own: what a program of the user's finds by names. What is mounted
    // has to come from the namespace before, but for namespaces.
    void prepare_mounts() {
        const std::filesystem::path directory = task_.directory;
        const auto write = [&](const char* name, const std::string& text) {
            const sys::OpenOptions options{
                .access = sys::Access::Write, .create = true, .truncate = true};
            sys::write_all(sys::open_file(directory / name, options), text, name);
            return directory / name;
        };
        const auto resolver = sys::MountTree::clone(write("resolv.conf", task_.resolv_conf));
        sys::unshare_namespaces(CLONE_NEWNS);
        sys::make_mounts_private();
        sys::MountTree::clone_fd(network_).attach(write(kNetworkFile, ""));
        sys::MountTree::clone_fd(user_).attach(write(kUserFile, ""));
        if (!task_.resolv_conf.empty() && sys::exists(kResolverFile))
            resolver.attach_fd(sys::open_file(kResolverFile, {.access = sys::Access::Path}));
    }

    void start() {
        auto [ready, theirs] = sys::make_pipe();
        const Fd null = sys::open_file("/dev/null", {.access = sys::Access::Write});
        sys::SpawnOptions options{.argv = task_.argv, .program = task_.argv.front()};
        options.env.emplace(); // none of ours is its business
        options.working_directory = "/";
        options.standard_output = task_.ready == 1 ? FdRef(theirs) : FdRef(null);
        options.standard_error = words_.theirs();
        if (task_.ready != 1) options.extra_fds.emplace_back(theirs, task_.ready);
        if (task_.as_root_inside) { // the other finds them by names, and must not find more
            options.user_namespace = user_;
            options.extra_fds.emplace_back(directory_, kApiDirectory);
            options.extra_fds.emplace_back(network_, kNetworkNamespace);
        }
        // Its socket is its user's, who is not the one that will write to it.
        const mode_t before = ::umask(0);
        program_.emplace(sys::spawn(options));
        ::umask(before);
        network_.reset(); // or it would outlive the container in us
        user_.reset();
        theirs.reset();
        words_.close_theirs();
        wait_until_ready(ready);
        keep_from_loopback();
        const std::filesystem::path socket = sys::fd_path(directory_) + '/' + kApiSocket;
        for (const PublishedPort& port : task_.forwards)
            add_user_forward(socket, port, task_.guest);
    }

    void wait_until_ready(FdRef ready) {
        const auto end = std::chrono::steady_clock::now() + kStartPatience;
        sys::Epoll epoll;
        epoll.add(ready, EPOLLIN, 0);
        epoll.add(program_->pidfd(), EPOLLIN, 1);
        epoll.add(init_, EPOLLIN, 2);
        epoll.add(channel_, EPOLLIN, 2); // the starter has ended
        for (;;) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(
                end - std::chrono::steady_clock::now());
            if (left.count() <= 0) throw Error(name() + " is not ready in time");
            std::array<sys::Ready, 4> events{};
            const std::size_t count = epoll.wait(events, left);
            for (std::size_t i = 0; i < count; ++i) {
                if (events[i].tag == 2) throw Error("the container has ended");
                if (events[i].tag == 1) throw Error(end_text(program_->wait()));
                std::array<char, 64> buffer{};
                if (sys::try_read(ready, buffer) > 0) return;
                const auto status = program_->wait_for(kStartPatience);
                throw Error(status ? end_text(*status) : name() + " does not say that it is ready");
            }
        }
    }

    void keep_from_loopback() {
        const auto tap = sys::tap_of(program_->pidfd());
        if (!tap) throw Error(name() + " has not opened the interface");
        sys::filter_tap(*tap, tap_filter());
    }

    void watch() {
        sys::SignalFd children{SIGCHLD};
        sys::Epoll epoll;
        epoll.add(init_, EPOLLIN, 0);
        epoll.add(program_->pidfd(), EPOLLIN, 1);
        epoll.add(words_.ours(), EPOLLIN, 2);
        epoll.add(children.fd(), EPOLLIN, 3);
        for (;;) {
            std::array<sys::Ready, 4> events{};
            const std::size_t count = epoll.wait(events, std::nullopt);
            for (std::size_t i = 0; i < count; ++i) {
                if (events[i].tag == 0) return;
                if (events[i].tag == 1) return note_end();
                if (events[i].tag == 2 && !words_.read()) epoll.remove(words_.ours());
                while (children.next()) {
                }
                sys::reap_all_except(program_->pid());
            }
        }
    }

    // The container lives on.
    void note_end() {
        const std::string text = end_text(program_->wait()) +
                                 "; the container is without network until it is started again";
        log::error("{}", text);
        sys::write_all(sys::open_file(sys::fd_path(directory_) + '/' + kUserNetEnded,
                                      {.access = sys::Access::Write, .create = true, .mode = 0600}),
                       text + '\n', "why user-mode networking ended");
    }

    [[nodiscard]] std::string name() const {
        return std::filesystem::path(task_.argv.front()).filename().string();
    }

    std::string end_text(const sys::ExitStatus& status) {
        (void)words_.read();
        const std::string how = status.signaled ? "was ended by " + sys::signal_name(status.value)
                                                : fmt::format("ended with {}", status.value);
        const std::string why = words_.last();
        return fmt::format("{} {}{}{}", name(), how, why.empty() ? "" : ": ", why);
    }

    Fd channel_;
    UserNetTask task_;
    Fd init_;
    Fd network_;
    Fd user_; // the one that it belongs to
    Fd directory_;
    Words words_;
    std::optional<sys::Child> program_;
};

} // namespace
} // namespace lxcpp

int main(int argc, char** argv) {
    try {
        const auto number = argc == 2 ? lxcpp::parse_u64(argv[1]) : std::nullopt;
        if (!number || *number < 3 || *number > 1024) return 2;
        lxcpp::Fd channel(static_cast<int>(*number));
        const std::array<lxcpp::FdRef, 1> keep{channel};
        lxcpp::sys::close_all_except(keep);
        lxcpp::sys::set_inheritable(channel, false);
        lxcpp::sys::null_standard_fds();
        lxcpp::sys::ignore_file_size_signal();
        if (lxcpp::sys::in_own_namespace()) lxcpp::sys::keep_rights_to_ourselves();
        lxcpp::UserNet(std::move(channel)).run();
        return 0;
    } catch (const std::exception& error) {
        lxcpp::log::error("{}", error.what());
        return 1;
    }
}
