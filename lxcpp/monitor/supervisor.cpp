// SPDX-License-Identifier: Apache-2.0
#include "monitor/supervisor.h"

#include <lxcpp/error.h>
#include <lxcpp/version.h>

#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/memory_file.h"
#include "sys/pidfd.h"
#include "sys/reap.h"
#include "sys/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <sys/epoll.h>
#include <utility>

namespace lxcpp {
namespace {

// The upper half of an epoll tag says whose it is, the lower half is the owner's.
enum class Source : std::uint32_t { Pidfd, Signals, Console, Clients };

constexpr std::uint64_t tag(Source source) { return static_cast<std::uint64_t>(source) << 32; }

// All that would end us, or stop us at a terminal.
constexpr std::initializer_list<int> kSignals{SIGTERM, SIGINT,  SIGHUP,  SIGQUIT, SIGCHLD,
                                              SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP};
constexpr std::size_t kMaxHistory = std::size_t{1} << 30; // as large as a ring buffer can be
// An error that comes back at every turn of the loop must not fill the disk.
constexpr int kMaxReports = 100;

template <typename... Lambdas> struct Overloaded : Lambdas... {
    using Lambdas::operator()...;
};
template <typename... Lambdas> Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

std::vector<int> numbers(const std::vector<FdRef>& fds) {
    std::vector<int> out;
    for (const FdRef fd : fds) out.push_back(fd.raw());
    return out;
}

Answer refusal(int code, std::string text) {
    return {.message = protocol::Failure{code, std::move(text)}};
}

// How a process ended: from wait(2) when it was our child, else from the kernel's record of it.
std::optional<sys::ExitStatus> exit_status(const sys::ProcessId& init, FdRef pidfd, EventLog& log) {
    try {
        return sys::reap(pidfd);
    } catch (const SystemError& error) {
        if (error.code() != ECHILD) log.error(error.what());
    }
    return sys::exit_of_other(init, pidfd, std::chrono::seconds(2));
}

// The container runs already: when its console log cannot be opened it keeps a console without one.
std::optional<ConsoleLog> console_log(const SupervisorState& state, EventLog& log) {
    if (state.console_logfile.empty()) return std::nullopt;
    try {
        return ConsoleLog({.path = state.console_logfile,
                           .limit = state.console_size,
                           .rotate = state.console_rotate});
    } catch (const Error& error) {
        log.error(std::string("console log: ") + error.what());
        return std::nullopt;
    }
}

} // namespace

Supervisor::Supervisor(const SupervisorState& state, const SupervisorArguments& arguments)
    : name_(state.name), init_(state.init), runtime_dir_(arguments.runtime_dir),
      log_(state.log, state.name), machine_(state.state),
      signals_(std::in_place, kSignals),
      pidfd_(state.pidfd), server_(Fd(state.socket), state.uid, epoll_, tag(Source::Clients),
                                   {.answer = [this](ClientId client, const protocol::Message& m) {
                                        return answer(client, m);
                                    },
                                    .gone = [this](ClientId client) { release_ttys(client); }}) {
    sys::reap_all_except(init_.pid); // whose SIGCHLD came before we listened
    epoll_.add(pidfd_, EPOLLIN, tag(Source::Pidfd));
    epoll_.add(signals_->fd(), EPOLLIN, tag(Source::Signals));
    for (const int fd : arguments.held) held_.emplace_back(fd);
    for (const auto& tty : state.ttys) ttys_.push_back({tty.number, Fd(tty.fd), std::nullopt});
    try {
        start_console(state, arguments);
    } catch (const std::exception& error) { // likewise: better no console than no monitor
        report(error);
    }
    for (const int fd : arguments.subscribers) {
        Fd socket(fd);
        sys::set_nonblocking(socket, true);
        server_.adopt_subscriber(std::move(socket));
    }
    if (arguments.ready < 0) announce_running(state); // an upgrade changes nothing for anybody
}

void Supervisor::start_console(const SupervisorState& state, const SupervisorArguments& arguments) {
    std::vector<Fd> sessions;
    for (const int fd : arguments.sessions) sessions.emplace_back(fd);
    if (state.session >= 0) sessions.emplace_back(state.session);
    if (state.console < 0) return;
    Fd master(state.console);
    console_.emplace(std::move(master), RingBuffer(state.console_buffer), console_log(state, log_),
                     epoll_, tag(Source::Console));
    for (Fd& session : sessions) console_->add_session(std::move(session));
    const Fd history(arguments.console_log);
    if (history.valid()) console_->ring().append(sys::read_file(sys::fd_path(history), kMaxHistory));
}

void Supervisor::announce_running(const SupervisorState& state) {
    const protocol::Event running = event(machine_.state());
    server_.broadcast(running);
    const Fd waiter(state.status);
    if (waiter.valid()) {
        sys::set_nonblocking(waiter, true);
        (void)sys::try_send_packet(waiter, protocol::encode(0, running));
    }
    log_.info("supervising init, process " + std::to_string(init_.pid));
}

bool Supervisor::run() {
    while (!machine_.init_exited() && !upgrade_wanted_) {
        std::array<sys::Ready, 16> ready{};
        const std::size_t count = epoll_.wait(ready, time_to_tick());
        for (std::size_t i = 0; i < count; ++i) {
            try {
                dispatch(ready[i]);
            } catch (const std::exception& error) { // nothing that fails here may end the monitor
                report(error);
            }
        }
        tick();
    }
    return machine_.init_exited();
}

CleanupArguments Supervisor::cleanup_arguments() const {
    CleanupArguments arguments;
    arguments.runtime_dir = runtime_dir_;
    arguments.exit = machine_.exit();
    arguments.socket = server_.listener().raw();
    arguments.subscribers = numbers(server_.subscribers());
    if (console_) arguments.sessions = numbers(console_->sessions());
    for (const Fd& fd : held_) arguments.held.push_back(fd.raw());
    return arguments;
}

SupervisorArguments Supervisor::handover(SupervisorState& state) {
    const CleanupArguments same = cleanup_arguments();
    SupervisorArguments arguments{same.runtime_dir, same.subscribers, same.sessions, same.held, -1, -1};
    state.state = machine_.state();
    state.status = state.session = -1;
    if (!console_ || console_->ring().begin() == console_->ring().end()) return arguments;
    console_history_ = sys::memory_file("console");
    const RingBuffer& ring = console_->ring();
    const RingBuffer::Slice all = ring.read(ring.begin(), ring.capacity());
    sys::write_all(console_history_, all.data, "what the console has shown");
    arguments.console_log = console_history_.raw();
    return arguments;
}

void Supervisor::dispatch(const sys::Ready& ready) {
    const auto offset = static_cast<std::uint32_t>(ready.tag);
    switch (static_cast<Source>(ready.tag >> 32)) {
    case Source::Pidfd: return take_exit();
    case Source::Signals: return take_signals();
    case Source::Console: return console_->handle(offset, ready.events);
    case Source::Clients: return server_.handle(offset);
    }
}

void Supervisor::tick() {
    const auto now = std::chrono::steady_clock::now();
    server_.tick(now);
    if (console_) console_->tick(now);
}

std::optional<std::chrono::milliseconds> Supervisor::time_to_tick() const {
    auto first = server_.deadline();
    const auto other = console_ ? console_->deadline() : std::nullopt;
    if (!first || (other && *other < *first)) first = other;
    if (!first) return std::nullopt;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        *first - std::chrono::steady_clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

void Supervisor::take_signals() {
    while (const std::optional<int> signal = signals_->next()) {
        if (*signal == SIGCHLD) sys::reap_all_except(init_.pid);
        if (*signal == SIGCHLD || *signal == SIGPIPE) continue;
        log_.warn(sys::signal_name(*signal) + " ignored: to end the container, use lxcpp-stop");
    }
}

void Supervisor::take_exit() {
    const std::optional<sys::ExitStatus> exit = exit_status(init_, pidfd_, log_);
    epoll_.remove(pidfd_);
    log_.info("init ended: " + print_exit(exit));
    const std::vector<State> states = machine_.init_exit(exit);
    if (console_) console_->drain();
    for (const State state : states) server_.broadcast(event(state));
}

void Supervisor::report(const std::exception& error) noexcept {
    if (reports_++ < kMaxReports) log_.error(error.what());
}

void Supervisor::release_signals() {
    take_signals(); // one that waits would end us now
    signals_.reset();
}

void Supervisor::announce_stopped() { server_.broadcast(event(State::Stopped)); }

Answer Supervisor::answer(ClientId client, const protocol::Message& request) {
    using namespace protocol;
    return std::visit(
        Overloaded{
            [](const GetVersion&) { return Answer{.message = Version{.program = version()}}; },
            [&](const GetStatus&) { return Answer{.message = status()}; },
            [&](const Subscribe&) { return Answer{.message = status(), .subscribe = true}; },
            [&](const Kill& kill) {
                sys::send_signal(pidfd_, kill.signal);
                return Answer{.message = Ok{}};
            },
            [&](const SetState& wanted) { return set_state(wanted.state); },
            [&](const OpenConsole& open) { return open_console(client, open.tty); },
            [&](const Resize& size) {
                return with_console([&](ConsoleHub& console) {
                    console.resize({size.rows, size.columns, 0, 0});
                    return Answer{.message = Ok{}};
                });
            },
            [&](const ReadConsoleLog& read) { return read_console_log(read); },
            [&](const ClearConsoleLog&) {
                return with_console([](ConsoleHub& console) {
                    console.ring().clear();
                    return Answer{.message = Ok{}};
                });
            },
            [&](const Upgrade&) {
                upgrade_wanted_ = true; // once this answer is sent
                return Answer{.message = Ok{}};
            },
            [](const auto&) -> Answer {
                throw ProtocolError(Problem::Value, 0, "malformed message: a reply, not a request");
            }},
        request);
}

Answer Supervisor::set_state(State wanted) {
    const std::optional<std::vector<State>> states = machine_.notice(wanted);
    if (!states) {
        return refusal(EINVAL, "container " + name_ + " is " +
                                   std::string(state_name(machine_.state())) +
                                   ", it cannot become " + std::string(state_name(wanted)));
    }
    Answer reply{.message = protocol::Ok{}};
    for (const State state : *states) reply.events.push_back(event(state));
    return reply;
}

template <typename Action> Answer Supervisor::with_console(Action action) {
    if (console_) return action(*console_);
    return refusal(ENOENT, "container " + name_ + " has no console here (see lxc.console.path)");
}

Answer Supervisor::open_console(ClientId client, int tty) {
    if (tty != 0) return open_tty(client, tty);
    return with_console([&](ConsoleHub& console) -> Answer {
        std::optional<Fd> end = console.open_session();
        if (!end) return refusal(EBUSY, "the console of " + name_ + " has too many viewers");
        return {.message = protocol::Opened{0}, .owned = std::move(*end), .holds = true};
    });
}

Answer Supervisor::open_tty(ClientId client, int number) {
    Tty* found = nullptr;
    bool exists = false;
    for (Tty& tty : ttys_) {
        if (number != -1 && tty.number != number) continue;
        exists = true;
        if (!tty.holder && found == nullptr) found = &tty;
    }
    if (found == nullptr) {
        const std::string which = number == -1 ? "tty" : "tty " + std::to_string(number);
        const std::string why = exists ? "is free, somebody is connected" : "exists (see lxc.tty.max)";
        return refusal(exists ? EBUSY : ENOENT, "no " + which + " of " + name_ + " " + why);
    }
    found->holder = client;
    return {.message = protocol::Opened{found->number}, .lent = found->master, .holds = true};
}

Answer Supervisor::read_console_log(const protocol::ReadConsoleLog& request) {
    return with_console([&](ConsoleHub& console) -> Answer {
        RingBuffer& ring = console.ring();
        if (ring.capacity() == 0) {
            return refusal(ENODATA, "container " + name_ +
                                        " keeps no console log (see lxc.console.buffer.size)");
        }
        RingBuffer::Slice slice = ring.read(request.position, protocol::kConsoleChunk);
        if (request.clear && !slice.more) ring.clear();
        return {.message = protocol::ConsoleLog{slice.next, slice.more, std::move(slice.data)}};
    });
}

void Supervisor::release_ttys(ClientId client) {
    for (Tty& tty : ttys_) {
        if (tty.holder == client) tty.holder.reset();
    }
}

protocol::Status Supervisor::status() const {
    return {machine_.state(), init_.pid, init_.start_time, machine_.exit()};
}

protocol::Event Supervisor::event(State state) const {
    return {name_, state, init_.pid, machine_.exit()};
}

} // namespace lxcpp
