// SPDX-License-Identifier: Apache-2.0
#include "user_nic/port_runner.h"

#include "base/strings.h"
#include "sys/confine.h"
#include "sys/fd_table.h"
#include "sys/program.h"
#include "sys/socket.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <unistd.h>
#include <utility>
#include <vector>

namespace lxcpp::user_nic {
namespace {

constexpr const char* kProgram = LXCPP_PREFIX_LIBEXEC "/lxcpp-bridge-port";
constexpr std::chrono::seconds kPatience{120}; // it may have to make the bridge
constexpr int kUnmanaged = 3;

std::string run_program(std::vector<std::string> words) {
    words.insert(words.begin(), "lxcpp-bridge-port");
    sys::SpawnOptions options;
    options.program = kProgram;
    options.argv = std::move(words);
    options.env.emplace();
    options.new_process_group = true;
    const sys::RunResult result = sys::run_and_capture(options, kPatience);
    return std::to_string(result.status.signaled ? 1 : result.status.value) + ' ' + result.output;
}

[[noreturn]] void serve(const Fd& socket, std::vector<std::string> words) noexcept {
    try {
        sys::leave_terminal();
        const std::array<FdRef, 1> keep{socket};
        sys::close_all_except(keep);
        sys::null_standard_fds();
        const auto packet = sys::receive_packet(socket);
        if (!packet || packet->closed || packet->data.empty()) ::_exit(0);
        const std::string_view asked = packet->data;
        for (const std::string_view word : split(asked, '\n')) words.emplace_back(word);
        sys::send_packet(socket, run_program(std::move(words)));
    } catch (const std::exception& error) {
        (void)sys::try_send_packet(socket, std::string("1 ") + error.what());
    }
    ::_exit(0);
}

} // namespace

PortRunner::PortRunner(const Request& request, uid_t owner) {
    auto [ours, theirs] = sys::socket_pair();
    std::vector<std::string> words{"attach",
                                   request.bridge,
                                   std::to_string(owner),
                                   request.container,
                                   std::to_string(request.index),
                                   request.address.empty() ? "-" : request.address};
    if (sys::clone_in_top_cgroup().pid == 0) {
        ours.reset();
        serve(theirs, std::move(words));
    }
    socket_ = std::move(ours);
}

std::optional<std::string> PortRunner::attach(const Port& port, const std::string& user) {
    sys::send_packet(socket_, port.name + '\n' + port.subject + '\n' + std::to_string(port.most) +
                                  '\n' + user);
    const auto packet =
        sys::receive_packet(socket_, 1u << 17, kPatience + std::chrono::seconds(10));
    if (!packet || packet->data.empty()) throw Error("lxcpp-bridge-port does not answer");
    const std::string_view answer = packet->data;
    const auto blank = answer.find(' ');
    std::string_view text = trim(answer.substr(std::min(blank, answer.size())));
    const auto code = parse_u64(answer.substr(0, blank));
    if (code == kUnmanaged) return std::nullopt;
    if (code == 0) text = text.substr(text.rfind('\n') + 1); // behind what was said of the bridge
    if (code != 0 || split_words(text).size() != 5)
        throw Error(text.empty() ? "lxcpp-bridge-port failed" : printable(text));
    return std::string(text);
}

} // namespace lxcpp::user_nic
