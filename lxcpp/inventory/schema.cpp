// SPDX-License-Identifier: Apache-2.0
#include "inventory/schema.h"

#include <fmt/core.h>

#include <array>

namespace lxcpp {
namespace {

// Never changed once released: a new version is a new list below.
constexpr std::array<std::string_view, 6> kVersion1 = {
    R"(CREATE TABLE containers (
        id INTEGER PRIMARY KEY,
        lxcpath TEXT NOT NULL,
        name TEXT NOT NULL,
        created INTEGER NOT NULL,
        origin TEXT NOT NULL,
        create_args TEXT NOT NULL,
        privileged INTEGER NOT NULL,
        verified INTEGER NOT NULL,
        ready INTEGER NOT NULL,
        creator_pid INTEGER NOT NULL,
        creator_start INTEGER NOT NULL,
        creator_boot TEXT NOT NULL,
        rootfs_device INTEGER NOT NULL,
        rootfs_inode INTEGER NOT NULL,
        UNIQUE (lxcpath, name)) STRICT)",
    // Overlaps are possible on purpose: an explicit lxc.idmap is obeyed.
    R"(CREATE TABLE id_ranges (
        container INTEGER NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
        first INTEGER NOT NULL CHECK (first BETWEEN 0 AND 4294967294),
        count INTEGER NOT NULL CHECK (count > 0 AND first + count <= 4294967295),
        PRIMARY KEY (container, first)) STRICT, WITHOUT ROWID)",
    R"(CREATE TABLE runs (
        container INTEGER PRIMARY KEY REFERENCES containers (id) ON DELETE CASCADE,
        init_pid INTEGER NOT NULL,
        init_start INTEGER NOT NULL,
        boot TEXT NOT NULL,
        supervisor_pid INTEGER NOT NULL,
        supervisor_start INTEGER NOT NULL,
        state TEXT NOT NULL,
        started_at INTEGER NOT NULL,
        started_by INTEGER NOT NULL) STRICT)",
    R"(CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time_ms INTEGER NOT NULL,
        lxcpath TEXT NOT NULL,
        name TEXT NOT NULL,
        event TEXT NOT NULL,
        state TEXT,
        uid INTEGER NOT NULL,
        exit_status INTEGER,
        detail TEXT NOT NULL) STRICT)",
    "CREATE INDEX events_by_container ON events (lxcpath, name, id)",
    "CREATE INDEX id_ranges_by_first ON id_ranges (first)",
};

constexpr std::array<std::string_view, 4> kVersion2 = {
    R"(CREATE TABLE container_images (
        container INTEGER PRIMARY KEY REFERENCES containers (id) ON DELETE CASCADE,
        fingerprint TEXT NOT NULL,
        source TEXT NOT NULL,
        signer TEXT NOT NULL,
        verified INTEGER NOT NULL,
        verification TEXT NOT NULL) STRICT)",
    R"(CREATE TABLE container_trees (
        container INTEGER NOT NULL REFERENCES containers (id) ON DELETE CASCADE,
        tree TEXT NOT NULL,
        PRIMARY KEY (container, tree)) STRICT, WITHOUT ROWID)",
    "CREATE INDEX container_images_by_fingerprint ON container_images (fingerprint)",
    "CREATE INDEX container_trees_by_tree ON container_trees (tree)",
};

constexpr std::array<Migration, 2> kMigrations = {Migration(kVersion1), Migration(kVersion2)};

std::int64_t version_of(const Database& database) {
    return database.integer("PRAGMA user_version");
}

} // namespace

std::span<const Migration> schema_migrations() {
    return kMigrations;
}

bool migrate(Database& database, std::span<const Migration> migrations) {
    const auto last = static_cast<std::int64_t>(migrations.size());
    const std::int64_t now = version_of(database);
    if (now > last) {
        throw InventoryError(
            InventoryProblem::TooNew,
            fmt::format("inventory {}: it has format {}, this release knows {}: use "
                        "the newer release",
                        database.file(), now, last));
    }
    if (now == last) return false;
    if (now == 0) database.use_write_ahead_log();
    return database.write(Durability::Disk, [&] {
        const std::int64_t from = version_of(database); // another process may have been faster
        for (std::int64_t version = from; version < last; ++version) {
            for (const std::string_view sql : migrations[static_cast<std::size_t>(version)]) {
                database.execute(sql);
            }
        }
        if (from < last) database.execute(fmt::format("PRAGMA user_version={}", last));
        return from == 0;
    });
}

} // namespace lxcpp
