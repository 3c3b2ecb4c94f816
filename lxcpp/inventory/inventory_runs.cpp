// SPDX-License-Identifier: Apache-2.0
#include "inventory/database.h"
#include "inventory/inventory.h"
#include "inventory/rows.h"

#include <fmt/core.h>

#include <algorithm>

namespace lxcpp {
namespace {

void replace_run(const Database& database, std::int64_t container, const RunRecord& run) {
    Statement insert = database.prepare(
        "INSERT OR REPLACE INTO runs (container, init_pid, init_start, boot, supervisor_pid, "
        "supervisor_start, state, started_at, started_by) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    insert.bind(container).bind(run.init.pid);
    insert.bind(static_cast<std::int64_t>(run.init.start_time)).bind(run.init.boot_id);
    insert.bind(run.supervisor.pid).bind(static_cast<std::int64_t>(run.supervisor.start_time));
    insert.bind(state_name(run.state));
    insert.bind(run.started_at != 0 ? run.started_at : rows::now_seconds());
    insert.bind(run.started_by);
    insert.run();
}

Event event_of(const Statement& row) {
    Event event;
    event.id = row.integer(0);
    event.time_ms = row.integer(1);
    event.key = {.lxcpath = row.text(2), .name = row.text(3)};
    event.event = row.text(4);
    if (!row.is_null(5)) event.state = parse_state(row.text(5));
    event.uid = static_cast<uid_t>(row.integer(6));
    if (!row.is_null(7)) event.exit_status = static_cast<int>(row.integer(7));
    event.detail = row.text(8);
    return event;
}

} // namespace

void Inventory::set_run(const ContainerKey& key, RunRecord run, const Event* event) {
    database_->write(Durability::Process, [&] {
        replace_run(*database_, rows::find_or_add(*database_, key), run);
        if (event != nullptr) rows::insert_event(*database_, *event);
    });
}

void Inventory::set_run_state(const ContainerKey& key, State state, const Event* event) {
    const ContainerKey normal = rows::normal_key(key);
    database_->write(Durability::Process, [&] {
        database_
            ->prepare("UPDATE runs SET state = ?3 WHERE container = "
                      "(SELECT id FROM containers WHERE lxcpath = ?1 AND name = ?2)")
            .bind(normal.lxcpath)
            .bind(normal.name)
            .bind(state_name(state))
            .run();
        if (event != nullptr) rows::insert_event(*database_, *event);
    });
}

void Inventory::clear_run(const ContainerKey& key, const ProcessRecord& init, const Event* event) {
    const ContainerKey normal = rows::normal_key(key);
    database_->write(Durability::Process, [&] {
        database_
            ->prepare("DELETE FROM runs WHERE container = "
                      "(SELECT id FROM containers WHERE lxcpath = ?1 AND name = ?2) "
                      "AND init_pid = ?3 AND init_start = ?4 AND boot = ?5")
            .bind(normal.lxcpath)
            .bind(normal.name)
            .bind(init.pid)
            .bind(static_cast<std::int64_t>(init.start_time))
            .bind(init.boot_id)
            .run();
        if (event != nullptr) rows::insert_event(*database_, *event);
    });
}

std::optional<RunRecord> Inventory::find_run(const ContainerKey& key) const {
    const ContainerKey normal = rows::normal_key(key);
    const auto found = rows::select_containers(*database_, "WHERE c.lxcpath = ?1 AND c.name = ?2",
                                               {normal.lxcpath, normal.name});
    return found.empty() ? std::nullopt : found.front().run;
}

void Inventory::record_event(const Event& event) {
    database_->write(Durability::Process, [&] { rows::insert_event(*database_, event); });
}

std::vector<Event> Inventory::events(const EventFilter& filter) const {
    // The newest of those that match are wanted, and shown in the order they happened.
    Statement query = database_->prepare(
        "SELECT id, time_ms, lxcpath, name, event, state, uid, exit_status, detail FROM events "
        "WHERE id > ?1 AND time_ms >= ?2 AND (?3 IS NULL OR lxcpath = ?3) "
        "AND (?4 IS NULL OR name = ?4) AND (?5 IS NULL OR event = ?5) ORDER BY id DESC LIMIT ?6");
    std::optional<std::string> lxcpath = filter.lxcpath;
    if (lxcpath) lxcpath = rows::normal_lxcpath(*lxcpath);
    query.bind(filter.after_id).bind(filter.since_ms);
    query.bind(lxcpath).bind(filter.name).bind(filter.event);
    query.bind(filter.limit == 0 ? -1 : static_cast<std::int64_t>(filter.limit));
    std::vector<Event> found;
    while (query.step()) found.push_back(event_of(query));
    std::reverse(found.begin(), found.end());
    return found;
}

} // namespace lxcpp
