// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/manager.h>

#include "base/error.h"
#include "base/log.h"
#include "cgroup/freezer.h"
#include "cgroup/stats.h"
#include "config/load.h"
#include "container/impl.h"
#include "container/inside.h"
#include "container/record.h"
#include "host/cgroup_layout.h"
#include "start/owner.h"
#include "sys/file.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <sys/socket.h>
#include <type_traits>
#include <unistd.h>

namespace lxcpp {
namespace {

bool is_name(const std::string& name) {
    try {
        check_container_name(name);
        return true;
    } catch (const Error&) {
        return false;
    }
}

std::vector<std::string> valid_names(const std::filesystem::path& directory) {
    std::vector<std::string> names;
    if (!sys::stat_path(directory)) return names;
    for (std::string& name : sys::list_dir(directory)) {
        if (is_name(name)) names.push_back(std::move(name));
    }
    return names;
}

std::vector<std::string> defined_names(const std::filesystem::path& lxcpath) {
    std::vector<std::string> names = valid_names(lxcpath);
    std::erase_if(names, [&lxcpath](const std::string& name) { return !sys::stat_path(lxcpath / name / "config"); });
    return names;
}

// An empty list would be a lie to a user who may not look.
template <typename Look>
auto looking_into(const std::filesystem::path& lxcpath, Look look) {
    try {
        return look();
    } catch (const SystemError& error) {
        if (error.code() != EACCES && error.code() != EPERM) throw;
        throw StateError(StateProblem::Denied, "list the containers of " + lxcpath.string() + ": " + error.what() +
                                                   (::geteuid() == 0 ? "" : "; only root can do that"));
    }
}

// One broken or planted file must not hide the others.
template <typename Read> std::invoke_result_t<Read> unless_broken(Read read) {
    try {
        return read();
    } catch (const Error& error) {
        log::warn("{}", error.what());
        return {};
    }
}

// Everything that is read once for a whole listing.
class Listing {
public:
    Listing(const std::filesystem::path& lxcpath, const ListColumns& columns)
        : lxcpath_(lxcpath), columns_(columns), paths_(default_paths()), boot_id_(sys::boot_id()) {
        for (const std::string& name : defined_names(lxcpath)) entries_[name].defined = true;
        for (const std::string& name : valid_names(runtime_dir(paths_, lxcpath, "x").parent_path())) add_runtime(name);
    }

    std::vector<ListEntry> finish() {
        std::vector<ListEntry> list;
        for (auto& [name, entry] : entries_) {
            entry.name = name;
            if (!entry.defined && entry.state == State::Stopped) continue;
            if (columns_.configuration && entry.defined) read_configuration(entry);
            list.push_back(std::move(entry));
        }
        return list;
    }

private:
    void add_runtime(const std::string& name) {
        const std::filesystem::path runtime = runtime_dir(paths_, lxcpath_, name);
        const auto state = unless_broken([&] { return load_runtime_state(runtime); });
        auto [position, added] = entries_.try_emplace(name);
        ListEntry& entry = position->second;
        if (added) entry.defined = false;
        if (!state || !sys::is_alive(state->supervisor.init, boot_id_)) {
            if (unless_broken([&] { return is_owned(runtime); })) entry.state = state ? State::Stopping : State::Starting;
            return;
        }
        entry.pid = state->supervisor.init.pid;
        fill_running(entry, *state);
    }

    void fill_running(ListEntry& entry, const RuntimeState& state) {
        entry.state = running_state(state);
        if (columns_.memory) entry.memory_bytes = meter().usage(state.payload_cgroups);
        if (columns_.swap) entry.swap_bytes = meter().swap(state.payload_cgroups);
        if (!columns_.addresses) return;
        const NetworkInside network = network_inside(*entry.pid);
        for (const sys::NetLink& link : network.links) entry.interfaces.push_back(link.name);
        entry.ipv4 = global_addresses(network, AF_INET);
        entry.ipv6 = global_addresses(network, AF_INET6);
    }

    static State running_state(const RuntimeState& state) {
        switch (freezer_state(state.payload_cgroups)) {
        case FreezerState::Frozen: return State::Frozen;
        case FreezerState::Freezing: return State::Freezing;
        case FreezerState::Thawed: break;
        }
        return State::Running;
    }

    const MemoryMeter& meter() {
        if (!meter_) meter_.emplace(probe_cgroup_layout());
        return *meter_;
    }

    void read_configuration(ListEntry& entry) {
        try {
            LoadOptions options;
            options.data_dir = paths_.data;
            options.includes = &includes_;
            const Config config = load_config(lxcpath_ / entry.name / "config", options).config;
            entry.autostart = config.start.autostart;
            entry.groups = config.groups;
            entry.unprivileged = !config.idmap.empty();
        } catch (const Error& error) {
            entry.broken = error.what();
        }
    }

    const std::filesystem::path& lxcpath_;
    const ListColumns& columns_;
    Paths paths_;
    std::string boot_id_;
    std::optional<MemoryMeter> meter_;
    IncludeCache includes_;
    std::map<std::string, ListEntry> entries_;
};

} // namespace

Manager::Manager(std::filesystem::path lxcpath) : lxcpath_(normal_lxcpath(lxcpath, default_paths())) {}

std::vector<ListEntry> Manager::list(const ListColumns& columns) const {
    return looking_into(lxcpath_, [&] { return Listing(lxcpath_, columns).finish(); });
}

std::vector<std::string> Manager::names() const {
    return looking_into(lxcpath_, [&] { return defined_names(lxcpath_); });
}

} // namespace lxcpp
