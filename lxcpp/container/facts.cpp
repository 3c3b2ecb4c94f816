// SPDX-License-Identifier: Apache-2.0
#include "container/impl.h"

#include "cgroup/stats.h"
#include "container/inside.h"
#include "host/cgroup_layout.h"

#include <sys/socket.h>

namespace lxcpp {

Statistics Container::statistics() const {
    const Running running = impl_->require_running();
    const CgroupStats stats = read_cgroup_stats(probe_cgroup_layout(), running.state.payload_cgroups);
    Statistics result;
    result.cpu_ns = stats.cpu_nanoseconds;
    result.block_io_bytes = stats.block_io_bytes;
    result.memory_bytes = stats.memory_bytes;
    result.kernel_memory_bytes = stats.kernel_memory_bytes;
    result.swap_bytes = stats.swap_bytes;
    for (const sys::NetLink& link : network_inside(running.pid()).links) {
        if (link.name != "lo") result.links.push_back({link.name, link.rx_bytes, link.tx_bytes});
    }
    return result;
}

std::vector<std::string> Container::addresses() const {
    std::vector<std::string> texts;
    const auto running = impl_->running();
    if (!running) return texts;
    const NetworkInside network = network_inside(running->pid());
    for (const int family : {AF_INET, AF_INET6}) {
        for (const std::string& text : global_addresses(network, family)) texts.push_back(text);
    }
    return texts;
}

} // namespace lxcpp
