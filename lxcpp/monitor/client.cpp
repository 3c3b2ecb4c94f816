// SPDX-License-Identifier: Apache-2.0
#include "monitor/client.h"

#include <lxcpp/error.h>

#include "sys/own_file.h"
#include "sys/socket.h"

#include <algorithm>
#include <cerrno>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace lxcpp {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMaxConsoleLog = std::size_t{1} << 30; // as large as a ring buffer can be

std::chrono::milliseconds left_until(Clock::time_point deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    return std::max(left, std::chrono::milliseconds(0));
}

[[noreturn]] void throw_failure(const protocol::Failure& failure) {
    switch (failure.error) {
    case EPERM:
    case EACCES: throw StateError(StateProblem::Denied, failure.text);
    case EBUSY:
    case EUSERS: throw StateError(StateProblem::Busy, failure.text);
    case ENOENT:
    case ENODATA: throw StateError(StateProblem::NotFound, failure.text);
    case ESRCH: throw StateError(StateProblem::NotRunning, failure.text);
    case EOPNOTSUPP:
        throw Error("the container's monitor is of an older version that cannot do this; a new one comes with the next start");
    default: throw Error(failure.text);
    }
}

[[noreturn]] void no_answer(const std::string& name) {
    throw StateError(StateProblem::TimedOut, "the monitor of " + name + " does not answer");
}

} // namespace

std::optional<MonitorClient> MonitorClient::connect(const std::filesystem::path& runtime_dir,
                                                    std::chrono::milliseconds timeout) {
    const std::string name = runtime_dir.filename().string();
    try {
        std::optional<Fd> socket = sys::connect_to(runtime_dir / "socket");
        if (!socket) return std::nullopt;
        sys::require_own_peer(*socket, "the monitor of " + name);
        return MonitorClient(std::move(*socket), name, timeout);
    } catch (const SystemError& error) {
        if (error.code() != EAGAIN) throw; // its queue is full: it has not accepted for a long time
        no_answer(name);
    }
}

void MonitorClient::gone() const {
    throw StateError(StateProblem::NotRunning, "the monitor of " + name_ + " is gone");
}

protocol::Frame MonitorClient::receive(Clock::time_point deadline, Fd* received) {
    std::optional<sys::Packet> packet =
        sys::receive_packet(socket_, protocol::kMaxPacket, left_until(deadline));
    if (!packet) no_answer(name_);
    if (packet->closed) gone();
    if (received != nullptr && !packet->fds.empty()) *received = std::move(packet->fds.front());
    return protocol::decode(packet->data);
}

template <typename Reply>
Reply MonitorClient::call(const protocol::Message& request, Fd* received) {
    const Clock::time_point deadline = Clock::now() + timeout_;
    const std::uint32_t id = ++last_id_;
    const int sent = sys::try_send_packet(socket_, protocol::encode(id, request));
    // What the monitor said before it hung up (a refusal) is still to be read then.
    const bool hung_up = sent == -EPIPE || sent == -ECONNRESET;
    if (sent != 0 && !hung_up) throw SystemError("ask the monitor of " + name_, -sent);
    for (;;) {
        protocol::Frame frame = receive(deadline, received);
        if (auto* event = std::get_if<protocol::Event>(&frame.message)) {
            events_.push_back(std::move(*event));
            continue;
        }
        const auto* failure = std::get_if<protocol::Failure>(&frame.message);
        if (failure != nullptr && (frame.id == id || frame.id == 0)) throw_failure(*failure);
        if (frame.id != id) continue; // late answer to a request that was given up
        if (auto* reply = std::get_if<Reply>(&frame.message)) return std::move(*reply);
        throw Error("the monitor of " + name_ + " answered something else than it was asked");
    }
}

protocol::Version MonitorClient::version() { return call<protocol::Version>(protocol::GetVersion{}); }

protocol::Status MonitorClient::status() { return call<protocol::Status>(protocol::GetStatus{}); }

protocol::Status MonitorClient::subscribe() { return call<protocol::Status>(protocol::Subscribe{}); }

std::optional<protocol::Event>
MonitorClient::next_event(std::optional<std::chrono::milliseconds> timeout) {
    const Clock::time_point deadline = Clock::now() + timeout.value_or(std::chrono::milliseconds(0));
    while (events_.empty()) {
        const auto left = timeout ? std::optional(left_until(deadline)) : std::nullopt;
        const auto packet = sys::receive_packet(socket_, protocol::kMaxPacket, left);
        if (!packet) return std::nullopt;
        if (packet->closed) gone();
        protocol::Frame frame = protocol::decode(packet->data);
        auto* event = std::get_if<protocol::Event>(&frame.message);
        if (event != nullptr) events_.push_back(std::move(*event));
    }
    protocol::Event first = std::move(events_.front());
    events_.pop_front();
    return first;
}

void MonitorClient::kill(int signal) { call<protocol::Ok>(protocol::Kill{signal}); }

void MonitorClient::set_state(State state) { call<protocol::Ok>(protocol::SetState{state}); }

OpenedConsole MonitorClient::open_console(int tty) {
    OpenedConsole opened;
    opened.tty = call<protocol::Opened>(protocol::OpenConsole{tty}, &opened.fd).tty;
    if (!opened.fd.valid()) {
        throw Error("the monitor of " + name_ + " opened a terminal but sent no descriptor");
    }
    return opened;
}

void MonitorClient::resize(const winsize& size) {
    call<protocol::Ok>(protocol::Resize{size.ws_row, size.ws_col});
}

std::string MonitorClient::console_log(bool clear) {
    std::string text;
    std::uint64_t position = 0;
    for (;;) {
        const auto part = call<protocol::ConsoleLog>(protocol::ReadConsoleLog{position, clear});
        text += part.data;
        position = part.next;
        // A container that prints faster than we read must not keep us here.
        if (!part.more || part.data.empty() || text.size() > kMaxConsoleLog) return text;
    }
}

void MonitorClient::upgrade() { call<protocol::Ok>(protocol::Upgrade{}); }

void MonitorClient::clear_console_log() { call<protocol::Ok>(protocol::ClearConsoleLog{}); }

} // namespace lxcpp
