// SPDX-License-Identifier: Apache-2.0
#include "fake_container.h"

#include "monitor/handover.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/socket.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp::test {
namespace {

std::filesystem::path supervisor_program() {
    if (const char* libexec = std::getenv("LXCPP_LIBEXEC_DIR")) {
        return std::filesystem::path(libexec) / "lxcpp-supervisor";
    }
    const std::filesystem::path self = *sys::read_link("/proc/self/exe");
    return self.parent_path().parent_path() / "libexec" / "lxcpp-supervisor";
}

int wait_for_order(FdRef order) {
    unsigned char code = 0;
    return ::read(order.raw(), &code, 1) == 1 ? code : 99;
}

// Like a real init it holds no descriptor of its monitor.
pid_t fork_init(const std::function<int()>& body, const std::vector<FdRef>& keep = {}) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    ::setsid();
    sys::close_all_except(keep);
    ::_exit(body());
}

void describe_init(SupervisorState& state, pid_t pid, Fd& pidfd) {
    pidfd = std::move(*sys::open_pidfd(pid));
    state.init = {pid, *sys::start_time(pid), sys::boot_id()};
    state.pidfd = pidfd.raw();
}

void write_state(const std::filesystem::path& dir, const SupervisorState& state) {
    sys::write_file_atomic(dir / "state", print_state(state), 0600);
}

} // namespace

FakeContainer::FakeContainer(Options options) : options_(std::move(options)), runtime_(temp_ / "c1") {
    sys::make_dir(runtime_, 0700);
    if (options_.cleanup == CleanupMode::Reboot) sys::write_file_atomic(runtime_ / "reboot", "1");
    std::filesystem::create_symlink(*sys::read_link("/proc/self/exe"), temp_ / "lxcpp-cleanup");
    sys::write_file_atomic(runtime_ / "supervisor", supervisor_program().string());
    listener_ = sys::listen_at(runtime_ / "socket");
    std::tie(order_, init_order_) = sys::socket_pair();
    std::tie(waiter_, status_) = sys::socket_pair();
    state_.name = "c1";
    state_.lxcpath = "/var/lib/lxcpp-test";
    state_.socket = listener_.raw();
    state_.status = status_.raw();
    state_.cleanup = temp_ / "lxcpp-cleanup";
    state_.log = log();
    if (options_.console) console_ = sys::open_pty(), state_.console = console_.master.raw();
    for (int i = 1; i <= options_.ttys; ++i) {
        ttys_.push_back(sys::open_pty());
        state_.ttys.push_back({i, ttys_.back().master.raw()});
    }
    if (options_.adjust) options_.adjust(state_);
    if (options_.adopt) {
        init_ = fork_init([&] { return wait_for_order(init_order_); }, {init_order_});
    }
    supervisor_ = ::fork();
    if (supervisor_ == 0) run_starter();
    for (Fd* fd : {&listener_, &init_order_, &status_, &console_.master, &console_.slave}) fd->reset();
    ttys_.clear();
    // The supervisor says when it serves; EOF says that it never will.
    const auto packet = sys::receive_packet(waiter_, protocol::kMaxPacket, std::chrono::seconds(5));
    if (!packet || packet->closed) {
        ADD_FAILURE() << "the supervisor did not start";
        return;
    }
    const auto event = std::get<protocol::Event>(protocol::decode(packet->data).message);
    EXPECT_EQ(event.state, state_.state);
    init_ = event.pid;
}

void FakeContainer::run_starter() {
    order_.reset();
    waiter_.reset();
    const auto body = [&] {
        return options_.init ? options_.init(console_.slave) : wait_for_order(init_order_);
    };
    const pid_t init = options_.adopt ? init_ : fork_init(body, {init_order_, console_.slave});
    Fd pidfd;
    describe_init(state_, init, pidfd);
    write_state(runtime_, state_);
    const Fd dir = sys::open_file(runtime_, {.directory = true});
    if (options_.before_exec) options_.before_exec();
    try {
        exec_supervisor(supervisor_program(), state_, {dir.raw(), {}, {}});
    } catch (const std::exception& error) {
        (void)!::write(2, error.what(), std::string_view(error.what()).size());
    }
    ::_exit(127);
}

FakeContainer::~FakeContainer() {
    // Orders that nobody waits for end init (99); a stopped or endless one is killed.
    order_.reset();
    if (init_ > 0) ::kill(init_, SIGKILL);
    if (supervisor_ > 0) {
        ::kill(supervisor_, SIGKILL);
        ::waitpid(supervisor_, nullptr, 0);
    }
    if (options_.adopt) ::waitpid(init_, nullptr, 0);
}

MonitorClient FakeContainer::client(std::chrono::milliseconds timeout) const {
    std::optional<MonitorClient> client = MonitorClient::connect(runtime_, timeout);
    if (!client) throw std::runtime_error("nobody listens in " + runtime_.string());
    return std::move(*client);
}

void FakeContainer::exit_with(int code) {
    const char byte = static_cast<char>(code);
    sys::send_packet(order_, std::string_view(&byte, 1));
}

int FakeContainer::wait_supervisor() {
    int status = -1;
    EXPECT_EQ(::waitpid(supervisor_, &status, 0), supervisor_);
    supervisor_ = -1;
    return status;
}

protocol::Event next_event(MonitorClient& client) {
    const std::optional<protocol::Event> event = client.next_event(std::chrono::seconds(5));
    EXPECT_TRUE(event.has_value()) << "no event within 5 s";
    return event.value_or(protocol::Event{});
}

namespace {

// lxcpp-cleanup: notes how it was called, then announces the end, or starts the container again.
int cleanup(const std::vector<std::string>& words) {
    const CleanupArguments arguments = parse_cleanup_arguments(words);
    const std::filesystem::path dir = sys::fd_path(FdRef(arguments.runtime_dir));
    SupervisorState state = parse_state_file(sys::read_file(dir / "state"));
    const bool reboot = sys::exists(dir / "reboot");
    std::string note = "pid=" + std::to_string(::getpid()) + " status=" + print_exit(arguments.exit);
    note += " oom=" + sys::read_file("/proc/self/oom_score_adj");
    sys::write_file_atomic(dir / "cleanup", note);
    if (!reboot) {
        const protocol::Event event{state.name, State::Stopped, state.init.pid, arguments.exit};
        for (const int fd : arguments.subscribers) {
            sys::send_packet(FdRef(fd), protocol::encode(0, event));
        }
        return 0;
    }
    sys::remove_file(dir / "reboot");
    Fd pidfd;
    const auto body = [] { // nobody else knows this init: it ends with the supervisor that we become
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        return ::pause();
    };
    describe_init(state, fork_init(body), pidfd);
    state.status = state.console = state.session = -1;
    state.ttys.clear();
    write_state(dir, state);
    exec_supervisor(sys::read_file(dir / "supervisor"), state,
                    {arguments.runtime_dir, arguments.subscribers, arguments.sessions});
    return 1;
}

// Before main(), because main is googletest's.
__attribute__((constructor)) void act_as_cleanup(int argc, char** argv, char**) {
    if (argc < 1 || std::string_view(argv[0]) != "lxcpp-cleanup") return;
    try {
        ::_exit(cleanup({argv + 1, argv + argc}));
    } catch (const std::exception& error) {
        (void)!::write(2, error.what(), std::string_view(error.what()).size());
        ::_exit(126);
    }
}

} // namespace
} // namespace lxcpp::test
