// SPDX-License-Identifier: Apache-2.0
#include "inventory/inventory.h"

#include "inventory/database.h"
#include "inventory/rows.h"
#include "inventory/schema.h"
#include "sys/cred.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <optional>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr mode_t kFileMode = 0600;  // template arguments may be secrets
constexpr mode_t kStateMode = 0711; // of root: a container's own ids pass through to their root file system

void make_file(const std::filesystem::path& file) {
    if (sys::exists(file)) return;
    std::optional<sys::ScopedUmask> private_parents; // as where containers are made
    if (::geteuid() != 0) private_parents.emplace(0077);
    sys::make_dirs(file.parent_path(), ::geteuid() == 0 ? kStateMode : 0700);
    static_cast<void>(sys::open_file(
        file, {.access = sys::Access::ReadWrite, .create = true, .mode = kFileMode}));
    sys::fsync_dir(file.parent_path());
}

[[noreturn]] void report_set_aside(const std::filesystem::path& file,
                                   const std::filesystem::path& moved) {
    throw InventoryError(InventoryProblem::Corrupt,
                         fmt::format("inventory {} was damaged and is now {}: run lxcpp-inventory "
                                     "rebuild",
                                     file.string(), moved.string()));
}

std::unique_ptr<Database> open_for_writing(const std::filesystem::path& file) {
    make_file(file);
    auto database = std::make_unique<Database>(file, OpenMode::ReadWrite);
    // A new file takes its space now, not when there is none.
    if (migrate(*database, schema_migrations())) database->fold_log();
    return database;
}

// The log of a data base on a read-only file system cannot be shared; without one it is not needed.
std::unique_ptr<Database> open_for_reading(const std::filesystem::path& file) {
    try {
        auto database = std::make_unique<Database>(file, OpenMode::ReadOnly);
        static_cast<void>(database->integer("PRAGMA schema_version"));
        return database;
    } catch (const InventoryError& error) {
        const auto log = sys::stat_path(file.string() + "-wal");
        if (error.problem() == InventoryProblem::Corrupt || (log && log->st_size > 0)) throw;
        return std::make_unique<Database>(file, OpenMode::Immutable);
    }
}

StateError exists_error(const ContainerKey& key) {
    return {StateProblem::Exists,
            fmt::format("container {} is already in the inventory", rows::label(key))};
}

} // namespace

Inventory::Inventory(std::unique_ptr<Database> database) : database_(std::move(database)) {}
Inventory::Inventory(Inventory&&) noexcept = default;
Inventory& Inventory::operator=(Inventory&&) noexcept = default;
Inventory::~Inventory() = default;

Inventory Inventory::open(const std::filesystem::path& file) {
    try {
        return Inventory(open_for_writing(file));
    } catch (const InventoryError& error) {
        if (error.problem() != InventoryProblem::Corrupt) throw;
        if (const auto moved = quarantine(file)) report_set_aside(file, *moved);
    }
    // Another process was faster: what stands there now is new.
    return Inventory(open_for_writing(file));
}

std::optional<Inventory> Inventory::open_read_only(const std::filesystem::path& file) {
    if (!sys::exists(file)) return std::nullopt;
    auto database = open_for_reading(file);
    const auto version = static_cast<std::size_t>(database->integer("PRAGMA user_version"));
    const std::size_t known = schema_migrations().size();
    if (version > known) {
        throw InventoryError(
            InventoryProblem::TooNew,
            fmt::format("inventory {}: it has format {}, this release knows {}: use "
                        "the newer release",
                        file.string(), version, known));
    }
    // An older one is brought up to date by the next writer; until then the directories tell.
    if (version < known) return std::nullopt;
    return Inventory(std::move(database));
}

ContainerRecord Inventory::add_container(ContainerRecord record,
                                         const std::optional<RangeWish>& wish) {
    return database_->write(Durability::Disk, [&] {
        if (rows::find_id(*database_, record.key)) throw exists_error(record.key);
        ContainerRecord stored = record;
        if (wish) stored.ranges.push_back(rows::take_free_range(*database_, *wish));
        rows::insert_container(*database_, stored);
        return *find(record.key);
    });
}

void Inventory::set_ready(const ContainerKey& key, std::uint64_t rootfs_device,
                          std::uint64_t rootfs_inode, const Event* event) {
    database_->write(Durability::Disk, [&] {
        const std::int64_t id = rows::require_id(*database_, key);
        database_
            ->prepare("UPDATE containers SET ready = 1, creator_pid = 0, creator_start = 0, "
                      "creator_boot = '', rootfs_device = ?2, rootfs_inode = ?3 WHERE id = ?1")
            .bind(id)
            .bind(static_cast<std::int64_t>(rootfs_device))
            .bind(static_cast<std::int64_t>(rootfs_inode))
            .run();
        if (event != nullptr) rows::insert_event(*database_, *event);
    });
}

void Inventory::remove_container(const ContainerKey& key) {
    const ContainerKey normal = rows::normal_key(key);
    database_->write(Durability::Disk, [&] {
        database_->prepare("DELETE FROM containers WHERE lxcpath = ?1 AND name = ?2")
            .bind(normal.lxcpath)
            .bind(normal.name)
            .run();
    });
}

void Inventory::rename_container(const ContainerKey& from, const ContainerKey& to) {
    const ContainerKey normal = rows::normal_key(to);
    database_->write(Durability::Disk, [&] {
        const std::int64_t id = rows::require_id(*database_, from);
        const auto other = rows::find_id(*database_, to);
        if (other && *other != id) throw exists_error(to);
        database_->prepare("UPDATE containers SET lxcpath = ?2, name = ?3 WHERE id = ?1")
            .bind(id)
            .bind(normal.lxcpath)
            .bind(normal.name)
            .run();
    });
}

std::optional<ContainerRecord> Inventory::find(const ContainerKey& key) const {
    const ContainerKey normal = rows::normal_key(key);
    auto found = rows::select_containers(*database_, "WHERE c.lxcpath = ?1 AND c.name = ?2",
                                         {normal.lxcpath, normal.name});
    if (found.empty()) return std::nullopt;
    return std::move(found.front().container);
}

std::vector<ListedContainer> Inventory::list(const std::optional<std::string>& lxcpath) const {
    if (!lxcpath) return rows::select_containers(*database_, "", {});
    return rows::select_containers(*database_, "WHERE c.lxcpath = ?1",
                                   {rows::normal_lxcpath(*lxcpath)});
}

std::vector<ContainerRecord> Inventory::unfinished(const std::string& lxcpath) const {
    std::vector<ContainerRecord> found;
    for (ListedContainer& row : rows::select_containers(*database_, "WHERE c.lxcpath = ?1 AND c.ready = 0",
                                                        {rows::normal_lxcpath(lxcpath)})) {
        found.push_back(std::move(row.container));
    }
    return found;
}

} // namespace lxcpp
