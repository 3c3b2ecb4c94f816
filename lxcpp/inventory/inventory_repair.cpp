// SPDX-License-Identifier: Apache-2.0
#include "inventory/database.h"
#include "inventory/inventory.h"
#include "inventory/rows.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxReports = 100;
// SQLite's application id is ours to use: set once a rebuild has seen every container.
constexpr std::int64_t kComplete = 0x6c786370;

std::vector<std::string> problems_of(const Database& database) {
    std::vector<std::string> problems;
    Statement integrity = database.prepare(fmt::format("PRAGMA integrity_check({})", kMaxReports));
    while (integrity.step()) {
        if (integrity.text(0) != "ok") problems.push_back(integrity.text(0));
    }
    Statement foreign = database.prepare("PRAGMA foreign_key_check");
    while (foreign.step()) {
        problems.push_back(fmt::format("table {}: row {} belongs to no container", foreign.text(0),
                                       foreign.integer(1)));
    }
    return problems;
}

bool is_damaged(const fs::path& file) {
    try {
        const Database database(file, OpenMode::ReadOnly);
        return !problems_of(database).empty();
    } catch (const InventoryError& error) {
        return error.problem() == InventoryProblem::Corrupt;
    }
}

fs::path free_name(const fs::path& file) {
    const std::string base = fmt::format("{}.corrupt-{}", file.string(), rows::now_seconds());
    fs::path name = base;
    for (int number = 2; sys::exists(name); ++number) name = fmt::format("{}-{}", base, number);
    return name;
}

using Known = std::vector<ListedContainer>;

void add_found(const Database& database, ContainerRecord record, RebuildReport& report) {
    if (record.origin.empty()) record.origin = "rebuild";
    report.added.push_back(record.key);
    rows::insert_container(database, record);
}

// It says so when it could not be read: then what is known of it stays.
bool needs_every_tree(const ContainerRecord& record) {
    return record.image && record.image->trees == std::vector<std::string>{std::string(kEveryTree)};
}

// Only what the container's own files say; the rest is known to the inventory alone. A directory
// appears as a whole, so that an interrupted create with one had been finished.
void update_known(const Database& database, const ContainerRecord& old,
                  const ContainerRecord& record, RebuildReport& report) {
    const std::vector<IdRange> ranges = join_ranges(record.ranges);
    const std::optional<ImageOrigin>& image = old.image && needs_every_tree(record) ? old.image : record.image;
    const bool same_root = record.rootfs_inode == 0 || (record.rootfs_device == old.rootfs_device &&
                                                        record.rootfs_inode == old.rootfs_inode);
    const bool same = old.ranges == ranges && old.privileged == record.privileged && same_root &&
                      old.image == image;
    if (same && old.ready) return;
    const std::int64_t id = rows::require_id(database, record.key);
    rows::replace_ranges(database, id, ranges);
    rows::replace_image(database, id, image);
    database
        .prepare("UPDATE containers SET ready = 1, privileged = ?2, rootfs_device = ?3, "
                 "rootfs_inode = ?4 WHERE id = ?1")
        .bind(id)
        .bind(record.privileged)
        .bind(static_cast<std::int64_t>(same_root ? old.rootfs_device : record.rootfs_device))
        .bind(static_cast<std::int64_t>(same_root ? old.rootfs_inode : record.rootfs_inode))
        .run();
    report.updated.push_back(record.key);
}

void remove_lost(const Database& database, const Known& known,
                 const std::vector<ContainerRecord>& found, RebuildReport& report) {
    for (const ListedContainer& row : known) {
        const ContainerKey& key = row.container.key;
        const bool there =
            std::any_of(found.begin(), found.end(),
                        [&](const ContainerRecord& record) { return record.key == key; });
        if (there || !row.container.ready) continue;
        database.prepare("DELETE FROM containers WHERE lxcpath = ?1 AND name = ?2")
            .bind(key.lxcpath)
            .bind(key.name)
            .run();
        report.removed.push_back(key);
    }
}

} // namespace

std::optional<fs::path> Inventory::quarantine(const fs::path& file) {
    using namespace std::chrono_literals;
    // Two processes find the damage at the same moment: the second must not move the new file.
    const fs::path lock_file = file.string() + ".lock";
    const auto lock = sys::FileLock::acquire(lock_file, 30s, true);
    if (!lock) {
        throw InventoryError(
            InventoryProblem::Busy,
            fmt::format("inventory {}: another process repairs it", file.string()));
    }
    if (!sys::exists(file) || !is_damaged(file)) return std::nullopt;
    const fs::path target = free_name(file);
    // The log first: with another file it would be played into it.
    for (const char* suffix : {"-wal", "-shm", ""}) {
        const fs::path part = file.string() + suffix;
        if (sys::exists(part)) sys::rename(part, target.string() + suffix);
    }
    sys::fsync_dir(file.parent_path());
    return target;
}

bool Inventory::complete() const {
    return database_->integer("PRAGMA application_id") == kComplete;
}

RebuildReport Inventory::rebuild(std::span<const std::string> lxcpaths,
                                 const std::function<std::vector<ContainerRecord>()>& scan) {
    return database_->write(Durability::Disk, [&] {
        RebuildReport report;
        std::vector<ContainerRecord> records = scan();
        for (ContainerRecord& record : records) record.key = rows::normal_key(record.key);
        Known known;
        for (const std::string& lxcpath : lxcpaths) {
            const Known here = list(lxcpath);
            known.insert(known.end(), here.begin(), here.end());
        }
        remove_lost(*database_, known, records, report);
        for (const ContainerRecord& record : records) {
            if (const auto old = find(record.key)) {
                update_known(*database_, *old, record, report);
            } else {
                add_found(*database_, record, report);
            }
        }
        database_->execute(fmt::format("PRAGMA application_id={}", kComplete));
        return report;
    });
}

std::vector<std::string> Inventory::check() const {
    return problems_of(*database_);
}

} // namespace lxcpp
