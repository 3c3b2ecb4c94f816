// SPDX-License-Identifier: Apache-2.0
#include "sys/signal.h"

#include "base/strings.h"
#include "sys/eintr.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <array>
#include <strings.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

constexpr int kLastSignal = 64;

struct SignalName {
    int number;
    std::string_view name;
};

// The first name of a number is the one that is printed.
constexpr std::array<SignalName, 35> kSignals{{
    {SIGHUP, "SIGHUP"},       {SIGINT, "SIGINT"},       {SIGQUIT, "SIGQUIT"},
    {SIGILL, "SIGILL"},       {SIGTRAP, "SIGTRAP"},     {SIGABRT, "SIGABRT"},
    {SIGIOT, "SIGIOT"},       {SIGBUS, "SIGBUS"},       {SIGFPE, "SIGFPE"},
    {SIGKILL, "SIGKILL"},     {SIGUSR1, "SIGUSR1"},     {SIGSEGV, "SIGSEGV"},
    {SIGUSR2, "SIGUSR2"},     {SIGPIPE, "SIGPIPE"},     {SIGALRM, "SIGALRM"},
    {SIGTERM, "SIGTERM"},     {SIGSTKFLT, "SIGSTKFLT"}, {SIGCHLD, "SIGCHLD"},
    {SIGCHLD, "SIGCLD"},      {SIGCONT, "SIGCONT"},     {SIGSTOP, "SIGSTOP"},
    {SIGTSTP, "SIGTSTP"},     {SIGTTIN, "SIGTTIN"},     {SIGTTOU, "SIGTTOU"},
    {SIGURG, "SIGURG"},       {SIGXCPU, "SIGXCPU"},     {SIGXFSZ, "SIGXFSZ"},
    {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"},     {SIGWINCH, "SIGWINCH"},
    {SIGIO, "SIGIO"},         {SIGIO, "SIGPOLL"},       {SIGPWR, "SIGPWR"},
    {SIGSYS, "SIGSYS"},       {SIGSYS, "SIGUNUSED"},
}};

bool same_word(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

// "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX-14": real-time signals move with the C library.
std::optional<int> parse_real_time(std::string_view text) noexcept {
    constexpr std::string_view kMin = "SIGRTMIN";
    const std::string_view base = text.substr(0, kMin.size());
    const bool from_min = same_word(base, kMin);
    if (!from_min && !same_word(base, "SIGRTMAX")) return std::nullopt;
    const int start = from_min ? SIGRTMIN : SIGRTMAX;
    const std::string_view rest = text.substr(kMin.size());
    if (rest.empty()) return start;
    const std::optional<std::uint64_t> offset = parse_u64(rest.substr(1));
    if (rest.front() != (from_min ? '+' : '-') || !offset) return std::nullopt;
    if (*offset > static_cast<std::uint64_t>(SIGRTMAX - SIGRTMIN)) return std::nullopt;
    return from_min ? start + static_cast<int>(*offset) : start - static_cast<int>(*offset);
}

} // namespace

std::optional<int> parse_signal(std::string_view text) noexcept {
    if (const auto number = parse_u64(text)) {
        if (*number < 1 || *number > kLastSignal) return std::nullopt;
        return static_cast<int>(*number);
    }
    for (const SignalName& signal : kSignals) {
        if (same_word(text, signal.name)) return signal.number;
    }
    return parse_real_time(text);
}

std::string signal_name(int signal) {
    for (const SignalName& known : kSignals) {
        if (known.number == signal) return std::string(known.name);
    }
    if (signal == SIGRTMIN) return "SIGRTMIN";
    if (signal > SIGRTMIN && signal <= SIGRTMAX)
        return fmt::format("SIGRTMIN+{}", signal - SIGRTMIN);
    return fmt::format("signal {}", signal);
}

void ignore_file_size_signal() noexcept {
    (void)::signal(SIGXFSZ, SIG_IGN);
}

void ignore_stop_signal() noexcept {
    (void)::signal(SIGTSTP, SIG_IGN);
}

std::vector<int> not_ignored(std::span<const int> signals) {
    std::vector<int> wanted;
    for (const int signal : signals) {
        struct sigaction action {};
        if (::sigaction(signal, nullptr, &action) != 0 || action.sa_handler != SIG_IGN) wanted.push_back(signal);
    }
    return wanted;
}

SignalFd::SignalFd(std::span<const int> signals) {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int signal : signals) ::sigaddset(&wanted, signal);
    fd_ = Fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd_.valid()) throw SystemError("create a signal descriptor");
    if (::sigprocmask(SIG_BLOCK, &wanted, &old_) != 0) throw SystemError("block signals");
}

SignalFd::~SignalFd() {
    ::sigprocmask(SIG_SETMASK, &old_, nullptr);
}

std::optional<int> SignalFd::next() {
    signalfd_siginfo info{};
    const ssize_t size = retry_eintr([&] { return ::read(fd_.raw(), &info, sizeof info); });
    if (size == sizeof info) return static_cast<int>(info.ssi_signo);
    if (size < 0 && errno != EAGAIN) throw SystemError("read a signal");
    return std::nullopt;
}

} // namespace lxcpp::sys
