// SPDX-License-Identifier: Apache-2.0
#include "start/outside.h"

#include "base/error.h"
#include "base/strings.h"
#include "sys/socket.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{150}; // the managed bridge may have to be made
constexpr std::size_t kLargestAnswer = 1u << 17;
constexpr int kFirstFd = 3;

std::string carry_out(const sys::Packet& packet) {
    sys::SpawnOptions options;
    for (const std::string_view word : split(std::string_view(packet.data), '\n'))
        options.argv.emplace_back(word);
    options.env.emplace();
    int number = kFirstFd;
    for (const Fd& fd : packet.fds) options.extra_fds.emplace_back(fd, number++);
    const sys::RunResult result = sys::run_and_capture(options, kPatience);
    return std::to_string(result.status.shell_code()) + '\n' + result.output;
}

} // namespace

Outside stay_outside(const Paths& paths) {
    auto [ours, theirs] = sys::socket_pair();
    sys::SpawnOptions options;
    options.program = (paths.libexec / "lxcpp-outside").string();
    options.argv = {"lxcpp-outside"};
    options.extra_fds = {{theirs, kFirstFd}};
    return {sys::spawn(options), std::move(ours)};
}

OutsideResult run_outside(FdRef socket, const std::vector<std::string>& argv,
                          std::span<const FdRef> fds) {
    const std::string& program = argv.front();
    sys::send_packet(socket, join(argv, "\n"), fds);
    const auto packet =
        sys::receive_packet(socket, kLargestAnswer, kPatience + std::chrono::seconds(5));
    if (!packet) throw Error(program + " does not end");
    const std::string_view answer = packet->data;
    const auto end = answer.find('\n');
    const auto code = parse_u64(answer.substr(0, end));
    if (!code || end == answer.npos) throw Error("the process that runs " + program + " died");
    return {static_cast<int>(*code), std::string(answer.substr(end + 1))};
}

void serve_outside(FdRef socket) {
    for (;;) {
        const auto packet = sys::receive_packet(socket);
        if (!packet || packet->closed || packet->data.empty()) return;
        try {
            sys::send_packet(socket, carry_out(*packet));
        } catch (const Error& error) {
            (void)sys::try_send_packet(socket, std::string("127\n") + error.what());
        }
    }
}

} // namespace lxcpp
