// SPDX-License-Identifier: Apache-2.0
#include "container/impl.h"

#include "cgroup/stats.h"
#include "container/inside.h"
#include "host/cgroup_layout.h"

#include <sys/socket.h>

namespace lxcpp {
namespace {

Statistics statistics_of(const Running& running, const NetworkInside& network) {
    const CgroupStats stats = read_cgroup_stats(mounted_cgroup_layout(), running.state.payload_cgroups);
    Statistics result;
    result.cpu_ns = stats.cpu_nanoseconds;
    result.block_io_bytes = stats.block_io_bytes;
    result.memory_bytes = stats.memory_bytes;
    result.kernel_memory_bytes = stats.kernel_memory_bytes;
    result.swap_bytes = stats.swap_bytes;
    for (const sys::NetLink& link : network.links) {
        if (link.name != "lo") result.links.push_back({link.name, link.rx_bytes, link.tx_bytes});
    }
    return result;
}

std::vector<std::string> all_addresses(const NetworkInside& network) {
    std::vector<std::string> texts;
    for (const int family : {AF_INET, AF_INET6}) {
        for (const std::string& text : global_addresses(network, family)) texts.push_back(text);
    }
    return texts;
}

} // namespace

Statistics Container::statistics() const {
    const Running running = impl_->require_running();
    return statistics_of(running, network_inside(running.pid()));
}

std::vector<std::string> Container::addresses() const {
    const auto running = impl_->running();
    return running ? all_addresses(network_inside(running->pid())) : std::vector<std::string>();
}

Overview Container::overview() const {
    const std::optional<Running> running = impl_->running();
    Overview result;
    result.state = impl_->state_of(running);
    if (!running) return result;
    const NetworkInside network = network_inside(running->pid());
    result.init_pid = running->pid();
    result.addresses = all_addresses(network);
    result.statistics = statistics_of(*running, network);
    return result;
}

} // namespace lxcpp
