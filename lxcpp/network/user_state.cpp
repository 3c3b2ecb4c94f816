// SPDX-License-Identifier: Apache-2.0
#include "network/user_state.h"

#include "base/strings.h"
#include "config/load.h"
#include "network/user_forward.h"
#include "network/user_ports.h"
#include "network/user_program.h"
#include "plan/user_nic.h"
#include "sys/file.h"
#include "sys/own_file.h"

#include <algorithm>

namespace lxcpp {
namespace {

constexpr std::size_t kMostConfig = 1u << 20;

std::optional<NetDevice> user_device(const std::filesystem::path& runtime) {
    const auto text = sys::read_own_file_if_exists(runtime / "config", kMostConfig);
    if (!text) return std::nullopt;
    const auto devices = load_config_text(*text, runtime / "config").config.net;
    const auto found = std::ranges::find(devices, NetType::User, &NetDevice::type);
    return found == devices.end() ? std::nullopt : std::optional(*found);
}

// Those that listen already are the program's own.
std::vector<PublishedPort> new_ones(const std::vector<PublishedPort>& wanted,
                                    const std::vector<UserForward>& known) {
    std::vector<PublishedPort> result = wanted;
    for (const UserForward& one : known) std::erase(result, one.port);
    return result;
}

} // namespace

UserPublishing change_user_published(const Paths& paths, const std::filesystem::path& runtime,
                                     const std::vector<PublishedPort>& wanted) {
    const auto device = user_device(runtime);
    if (!device) return UserPublishing::None;
    const std::filesystem::path socket = runtime / kUserNetDirectory / kApiSocket;
    const auto known = user_forwards(socket);
    const PortQuestions ask = questions_of_host(paths.runtime, runtime);
    if (!known) { // it may be this container that listens on those of before
        check_user_port_numbers(wanted, ask);
        return UserPublishing::Later;
    }
    check_user_ports(new_ones(wanted, *known), ask);
    const std::string guest =
        device->ipv4_addresses.empty() ? kUserAddress4 : device->ipv4_addresses.front().address;
    return change_user_forwards(socket, wanted, guest) ? UserPublishing::Changed
                                                       : UserPublishing::Later;
}

} // namespace lxcpp
