// SPDX-License-Identifier: Apache-2.0
#include "inventory/rows.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

namespace lxcpp::rows {
namespace {

// Old events are cut off in steps, so that the file does not grow with the age of the host.
constexpr std::int64_t kKeptEvents = 100'000;
constexpr std::int64_t kEventStep = 1'000;

constexpr std::string_view kColumns =
    "c.id, c.lxcpath, c.name, c.created, c.origin, c.create_args, c.privileged, c.verified, "
    "c.ready, c.creator_pid, c.creator_start, c.creator_boot, c.rootfs_device, c.rootfs_inode, "
    "r.init_pid, r.init_start, r.boot, r.supervisor_pid, r.supervisor_start, r.state, "
    "r.started_at, r.started_by, i.first, i.count, "
    "m.fingerprint, m.source, m.signer, m.verification, m.verified, "
    "(SELECT group_concat(t.tree, ' ') FROM container_trees t WHERE t.container = c.id)";
constexpr int kRunColumn = 14;
constexpr int kRangeColumn = 22;
constexpr int kImageColumn = 24;

template <typename Duration>
std::int64_t wall_clock() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Duration>(since).count();
}

std::uint64_t unsigned_column(const Statement& row, int column) {
    return static_cast<std::uint64_t>(row.integer(column));
}

std::optional<ImageOrigin> image_of(const Statement& row) {
    if (row.is_null(kImageColumn)) return std::nullopt;
    ImageOrigin image{.fingerprint = row.text(kImageColumn),
                      .source = row.text(kImageColumn + 1),
                      .signer = row.text(kImageColumn + 2),
                      .verification = row.text(kImageColumn + 3),
                      .verified = row.integer(kImageColumn + 4) != 0,
                      .trees = {}};
    const std::string trees = row.is_null(kImageColumn + 5) ? "" : row.text(kImageColumn + 5);
    for (const std::string_view tree : split_words(trees)) image.trees.emplace_back(tree);
    std::sort(image.trees.begin(), image.trees.end());
    return image;
}

ContainerRecord container_of(const Statement& row) {
    ContainerRecord record;
    record.key = {.lxcpath = row.text(1), .name = row.text(2)};
    record.created = row.integer(3);
    record.origin = row.text(4);
    record.create_args = row.text(5);
    record.privileged = row.integer(6) != 0;
    record.verified = row.integer(7) != 0;
    record.ready = row.integer(8) != 0;
    record.creator = {.pid = static_cast<pid_t>(row.integer(9)),
                      .start_time = unsigned_column(row, 10),
                      .boot_id = row.text(11)};
    record.rootfs_device = unsigned_column(row, 12);
    record.rootfs_inode = unsigned_column(row, 13);
    record.image = image_of(row);
    return record;
}

std::optional<RunRecord> run_of(const Statement& row) {
    if (row.is_null(kRunColumn)) return std::nullopt;
    const auto process = [&](int column) {
        return ProcessRecord{.pid = static_cast<pid_t>(row.integer(column)),
                             .start_time = unsigned_column(row, column + 1),
                             .boot_id = row.text(kRunColumn + 2)};
    };
    RunRecord run;
    run.init = process(kRunColumn);
    run.supervisor = process(kRunColumn + 3);
    run.state = parse_state(row.text(kRunColumn + 5)).value_or(State::Stopped);
    run.started_at = row.integer(kRunColumn + 6);
    run.started_by = static_cast<uid_t>(row.integer(kRunColumn + 7));
    return run;
}

IdRange range_of(const Statement& row, int column) {
    return {static_cast<std::uint32_t>(row.integer(column)),
            static_cast<std::uint32_t>(row.integer(column + 1))};
}

} // namespace

std::string normal_lxcpath(std::string_view lxcpath) {
    std::string normal = std::filesystem::path(lxcpath).lexically_normal().string();
    while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
    return normal;
}

ContainerKey normal_key(const ContainerKey& key) {
    return {normal_lxcpath(key.lxcpath), key.name};
}

std::string label(const ContainerKey& key) {
    return fmt::format("{} in {}", key.name, key.lxcpath);
}

std::int64_t now_seconds() {
    return wall_clock<std::chrono::seconds>();
}
std::int64_t now_milliseconds() {
    return wall_clock<std::chrono::milliseconds>();
}

std::optional<std::int64_t> find_id(const Database& database, const ContainerKey& key) {
    const ContainerKey normal = normal_key(key);
    Statement query =
        database.prepare("SELECT id FROM containers WHERE lxcpath = ?1 AND name = ?2");
    query.bind(normal.lxcpath).bind(normal.name);
    if (!query.step()) return std::nullopt;
    return query.integer(0);
}

std::int64_t require_id(const Database& database, const ContainerKey& key) {
    if (const auto id = find_id(database, key)) return *id;
    throw StateError(StateProblem::NotFound,
                     fmt::format("container {} is not in the inventory", label(key)));
}

std::int64_t find_or_add(const Database& database, const ContainerKey& key) {
    if (const auto id = find_id(database, key)) return *id;
    return insert_container(database, {.key = key, .origin = "found"});
}

std::int64_t insert_container(const Database& database, const ContainerRecord& record) {
    const ContainerKey key = normal_key(record.key);
    Statement insert = database.prepare(
        "INSERT INTO containers (lxcpath, name, created, origin, create_args, privileged, "
        "verified, "
        "ready, creator_pid, creator_start, creator_boot, rootfs_device, rootfs_inode) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    insert.bind(key.lxcpath).bind(key.name);
    insert.bind(record.created != 0 ? record.created : now_seconds());
    insert.bind(record.origin).bind(record.create_args);
    insert.bind(record.privileged).bind(record.verified).bind(record.ready);
    insert.bind(record.creator.pid).bind(static_cast<std::int64_t>(record.creator.start_time));
    insert.bind(record.creator.boot_id);
    insert.bind(static_cast<std::int64_t>(record.rootfs_device));
    insert.bind(static_cast<std::int64_t>(record.rootfs_inode));
    insert.run();
    const std::int64_t id = database.last_insert_id();
    insert_ranges(database, id, record.ranges);
    if (record.image) insert_image(database, id, *record.image);
    return id;
}

void insert_ranges(const Database& database, std::int64_t container,
                   const std::vector<IdRange>& ranges) {
    for (const IdRange& range : join_ranges(ranges)) {
        database.prepare("INSERT INTO id_ranges (container, first, count) VALUES (?1, ?2, ?3)")
            .bind(container)
            .bind(range.first)
            .bind(range.count)
            .run();
    }
}

void replace_ranges(const Database& database, std::int64_t container,
                    const std::vector<IdRange>& ranges) {
    database.prepare("DELETE FROM id_ranges WHERE container = ?1").bind(container).run();
    insert_ranges(database, container, ranges);
}

void insert_image(const Database& database, std::int64_t container, const ImageOrigin& image) {
    database
        .prepare("INSERT INTO container_images (container, fingerprint, source, signer, verified, "
                 "verification) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
        .bind(container)
        .bind(image.fingerprint)
        .bind(image.source)
        .bind(image.signer)
        .bind(image.verified)
        .bind(image.verification)
        .run();
    for (const std::string& tree : image.trees) {
        database.prepare("INSERT OR IGNORE INTO container_trees (container, tree) VALUES (?1, ?2)")
            .bind(container)
            .bind(tree)
            .run();
    }
}

void replace_image(const Database& database, std::int64_t container,
                   const std::optional<ImageOrigin>& image) {
    for (const char* sql : {"DELETE FROM container_images WHERE container = ?1",
                            "DELETE FROM container_trees WHERE container = ?1"}) {
        database.prepare(sql).bind(container).run();
    }
    if (image) insert_image(database, container, *image);
}

void insert_event(const Database& database, const Event& event) {
    const ContainerKey key = normal_key(event.key);
    std::optional<std::string_view> state;
    if (event.state) state = state_name(*event.state);
    Statement insert = database.prepare(
        "INSERT INTO events (time_ms, lxcpath, name, event, state, uid, exit_status, detail) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    insert.bind(event.time_ms != 0 ? event.time_ms : now_milliseconds());
    insert.bind(key.lxcpath).bind(key.name).bind(event.event).bind(state).bind(event.uid);
    insert.bind(event.exit_status).bind(event.detail);
    insert.run();
    const std::int64_t id = database.last_insert_id();
    if (id % kEventStep != 0) return;
    database.prepare("DELETE FROM events WHERE id <= ?1").bind(id - kKeptEvents).run();
}

std::vector<IdRange> all_ranges(const Database& database) {
    Statement query = database.prepare("SELECT first, count FROM id_ranges ORDER BY first");
    std::vector<IdRange> ranges;
    while (query.step()) ranges.push_back(range_of(query, 0));
    return ranges;
}

std::vector<ListedContainer> select_containers(const Database& database, std::string_view condition,
                                               const std::vector<std::string>& values) {
    Statement query = database.prepare(fmt::format(
        "SELECT {} FROM containers c LEFT JOIN runs r ON r.container = c.id "
        "LEFT JOIN id_ranges i ON i.container = c.id "
        "LEFT JOIN container_images m ON m.container = c.id {} ORDER BY c.lxcpath, c.name, i.first",
        kColumns, condition));
    for (const std::string& value : values) query.bind(value);
    std::vector<ListedContainer> found;
    std::int64_t last = 0; // rows of one container (one for each range) follow each other
    while (query.step()) {
        const std::int64_t id = query.integer(0);
        if (found.empty() || id != last) found.push_back({container_of(query), run_of(query)});
        last = id;
        if (query.is_null(kRangeColumn)) continue;
        found.back().container.ranges.push_back(range_of(query, kRangeColumn));
    }
    return found;
}

std::optional<IdRange> find_free_range(const RangeWish& wish, std::vector<IdRange> taken) {
    if (wish.count == 0) return std::nullopt;
    const std::vector<IdRange> used = join_ranges(std::move(taken));
    for (const IdRange& pool : wish.pools) {
        std::uint64_t first = pool.first;
        for (const IdRange& range : used) {
            if (range.end() <= first) continue;
            if (range.first >= first + wish.count) break;
            // Whole steps from the pool's beginning: a stray small range costs one step, not more.
            const std::uint64_t steps = (range.end() - pool.first + wish.count - 1) / wish.count;
            first = pool.first + steps * wish.count;
        }
        if (first + wish.count <= pool.end()) {
            return IdRange{static_cast<std::uint32_t>(first), wish.count};
        }
    }
    return std::nullopt;
}

IdRange take_free_range(const Database& database, const RangeWish& wish) {
    if (const auto range = find_free_range(wish, all_ranges(database))) return *range;
    throw Error(fmt::format("no free range of {} ids for another container: destroy one, or give "
                            "root more in /etc/subuid and /etc/subgid",
                            wish.count));
}

} // namespace lxcpp::rows
