// SPDX-License-Identifier: Apache-2.0
#include "container/impl.h"

#include "cgroup/stats.h"
#include "container/inside.h"
#include "host/cgroup_layout.h"
#include "sys/netlink_link.h"

#include <algorithm>
#include <map>
#include <sys/socket.h>

namespace lxcpp {
namespace {

bool is_loopback(const sys::NetLink& link) { return link.name == "lo"; }

// What lxc-info calls a link: of a pair the end on the host.
std::map<int, std::string> host_ends(const Container::Impl& impl, const NetworkInside& network) {
    std::map<int, std::string> ends; // by the index inside
    if (std::ranges::all_of(network.links, is_loopback)) return ends;
    try {
        sys::Netlink host;
        for (const NetDevice& device : impl.running_config().net) {
            if (device.type != NetType::Veth || device.veth.pair.empty()) continue;
            const auto link = sys::find_link(host, device.veth.pair);
            if (link && link->kind == "veth") ends[link->parent] = link->name;
        }
    } catch (const Error&) { // it ends just now: their names inside will do
    }
    return ends;
}

Statistics statistics_of(const Container::Impl& impl, const Running& running, const NetworkInside& network) {
    const CgroupStats stats = read_cgroup_stats(mounted_cgroup_layout(), running.state.payload_cgroups);
    Statistics result;
    result.cpu_ns = stats.cpu_nanoseconds;
    result.block_io_bytes = stats.block_io_bytes;
    result.memory_bytes = stats.memory_bytes;
    result.kernel_memory_bytes = stats.kernel_memory_bytes;
    result.swap_bytes = stats.swap_bytes;
    const std::map<int, std::string> ends = host_ends(impl, network);
    for (const sys::NetLink& link : network.links) {
        if (is_loopback(link)) continue;
        const auto end = ends.find(link.index);
        result.links.push_back({end == ends.end() ? link.name : end->second, link.rx_bytes, link.tx_bytes});
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
    return statistics_of(*impl_, running, network_inside(running.pid()));
}

std::vector<std::string> Container::addresses() const {
    const auto running = impl_->running();
    return running ? all_addresses(network_inside(running->pid())) : std::vector<std::string>();
}

Overview Container::overview() const {
    const std::optional<Running> running = impl_->running();
    Overview result;
    result.state = impl_->state_of(running);
    if (!running) {
        const auto note = result.state == State::Stopped ? std::nullopt : impl_->run_by_others();
        if (note) result.elsewhere = run_note_text(*note, impl_->directory());
        if (note && init_lives(*note)) result.init_pid = note->init.pid;
        return result;
    }
    const NetworkInside network = network_inside(running->pid());
    result.init_pid = running->pid();
    result.addresses = all_addresses(network);
    result.statistics = statistics_of(*impl_, *running, network);
    return result;
}

} // namespace lxcpp
