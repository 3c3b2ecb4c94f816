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
#include "start/run_note.h"
#include "sys/file.h"
#include "sys/own_namespace.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/core.h>
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

bool is_ours(const std::filesystem::path& lxcpath) {
    if (::geteuid() == 0) return true;
    const auto info = sys::stat_path(lxcpath);
    return info && sys::is_trusted_owner(info->st_uid);
}

struct Defined {
    std::string name;
    std::string closed; // why nobody may look into it
};

// Nothing there: no container. One closed directory among ours must not hide the others.
std::optional<Defined> look_for(const std::filesystem::path& lxcpath, const std::string& name) {
    try {
        if (!sys::stat_path(lxcpath / name / "config")) return std::nullopt;
        return Defined{name, {}};
    } catch (const SystemError& error) {
        if ((error.code() != EACCES && error.code() != EPERM) || !is_ours(lxcpath)) throw;
        return Defined{name, fmt::format("{} cannot be looked into ({}): give its owner the rights again with chmod u+rwx",
                                         (lxcpath / name).string(), std::strerror(error.code()))};
    }
}

std::vector<Defined> defined_containers(const std::filesystem::path& lxcpath) {
    std::vector<Defined> found;
    for (const std::string& name : valid_names(lxcpath)) {
        if (auto one = look_for(lxcpath, name)) found.push_back(std::move(*one));
    }
    return found;
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
        for (Defined& found : defined_containers(lxcpath)) {
            ListEntry& entry = entries_[found.name];
            entry.defined = true;
            entry.broken = std::move(found.closed);
        }
        for (const std::string& name : valid_names(runtime_dir(paths_, lxcpath, "x").parent_path())) add_runtime(name);
    }

    std::vector<ListEntry> finish() {
        std::vector<ListEntry> list;
        for (auto& [name, entry] : entries_) {
            entry.name = name;
            if (!entry.defined && entry.state == State::Stopped) continue;
            if (columns_.elsewhere && entry.defined && entry.state == State::Stopped) look_elsewhere(entry);
            if (columns_.configuration && entry.defined && entry.broken.empty()) read_configuration(entry);
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

    void look_elsewhere(ListEntry& entry) const {
        const auto note = read_run_note(lxcpath_ / entry.name);
        if (!note) return;
        entry.state = note->init.pid <= 0 ? State::Starting : init_lives(*note) ? State::Running : State::Stopping;
        if (entry.state == State::Running) entry.pid = note->init.pid;
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
    return looking_into(lxcpath_, [&] {
        std::vector<std::string> names;
        for (Defined& found : defined_containers(lxcpath_)) names.push_back(std::move(found.name));
        return names;
    });
}

} // namespace lxcpp
