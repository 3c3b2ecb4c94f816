// SPDX-License-Identifier: Apache-2.0
#include "container/record.h"

#include "base/error.h"
#include "base/log.h"
#include "host/own_ids.h"
#include "sys/file.h"

#include <unistd.h>

namespace lxcpp {
namespace {

template <typename Body>
bool attempt(const Paths& paths, Body&& body) {
    try {
        Inventory inventory = Inventory::open(inventory_file(paths));
        body(inventory);
        return true;
    } catch (const Error& error) {
        log::warn("inventory: {}", error.what());
        return false;
    }
}

Event make_event(const ContainerKey& key, const std::string& name) {
    Event event;
    event.key = key;
    event.event = name;
    event.uid = our_uid_outside();
    return event;
}

} // namespace

std::filesystem::path inventory_file(const Paths& paths) { return paths.state / "inventory.db"; }

void record_start(const Paths& paths, const ContainerKey& key, const StartReport& report, const std::string& name) {
    attempt(paths, [&](Inventory& inventory) {
        RunRecord run;
        run.init = {report.init.pid, report.init.start_time, report.init.boot_id};
        run.supervisor = {report.monitor, sys::start_time(report.monitor).value_or(0), report.init.boot_id};
        run.state = State::Running;
        run.started_by = our_uid_outside();
        Event event = make_event(key, name);
        event.state = State::Running;
        inventory.set_run(key, run, &event);
    });
}

void record_state(const Paths& paths, const ContainerKey& key, State state, const std::string& name) {
    attempt(paths, [&](Inventory& inventory) {
        Event event = make_event(key, name);
        event.state = state;
        inventory.set_run_state(key, state, &event);
    });
}

void record_stop(const Paths& paths, const ContainerKey& key, const Stop& stop) {
    attempt(paths, [&](Inventory& inventory) {
        Event event = make_event(key, "stop");
        event.state = State::Stopped;
        event.time_ms = stop.time_ms;
        if (stop.exit) event.exit_status = stop.exit->shell_code();
        inventory.clear_run(key, {stop.init.pid, stop.init.start_time, stop.init.boot_id}, &event);
    });
}

bool forget_container(const Paths& paths, const ContainerKey& key) {
    return attempt(paths, [&](Inventory& inventory) {
        inventory.remove_container(key);
        inventory.record_event(make_event(key, "destroy"));
    });
}

void drop_stale_claim(Inventory& inventory, const Container::Impl& impl) {
    const auto record = inventory.find(impl.key());
    if (!record || sys::exists(impl.directory())) return;
    const sys::ProcessId creator{record->creator.pid, record->creator.start_time, record->creator.boot_id};
    if (!record->ready && sys::is_alive(creator, sys::boot_id())) {
        throw StateError(StateProblem::Busy, "the container is being created by process " + std::to_string(creator.pid));
    }
    inventory.remove_container(impl.key());
}

void release_claim(const Paths& paths, const ContainerKey& key) {
    attempt(paths, [&](Inventory& inventory) { inventory.remove_container(key); });
}

void mark_ready(const Paths& paths, const ContainerKey& key, const std::optional<struct stat>& rootfs) {
    attempt(paths, [&](Inventory& inventory) {
        const Event event = make_event(key, "create");
        inventory.set_ready(key, rootfs ? rootfs->st_dev : 0, rootfs ? rootfs->st_ino : 0, &event);
    });
}

void record_event(const Paths& paths, const ContainerKey& key, const std::string& name, const std::string& detail) {
    attempt(paths, [&](Inventory& inventory) {
        Event event = make_event(key, name);
        event.detail = detail;
        inventory.record_event(event);
    });
}

} // namespace lxcpp
