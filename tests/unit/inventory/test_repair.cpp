// SPDX-License-Identifier: Apache-2.0
#include "unit/inventory/inventory_fixture.h"

#include "inventory/database.h"
#include "inventory/schema.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>

#include <fstream>

using namespace lxcpp;
using namespace lxcpp::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Repair = InventoryTest;
namespace fs = std::filesystem;

namespace {

// A data base with enough rows for several pages, all of it in the main file.
void fill(const fs::path& file, int containers) {
    Inventory inventory = Inventory::open(file);
    for (int i = 0; i < containers; ++i) inventory.add_container(record("c" + std::to_string(i)));
    Database(file, OpenMode::ReadWrite).execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

void overwrite(const fs::path& file, std::streamoff offset, const std::string& bytes) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(offset);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

InventoryProblem problem_of_open(const fs::path& file) {
    try {
        static_cast<void>(Inventory::open(file));
    } catch (const InventoryError& error) {
        return error.problem();
    }
    return InventoryProblem::Other;
}

int set_aside(const fs::path& file) {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(file.parent_path())) {
        const std::string name = entry.path().filename();
        if (name.find(".corrupt-") == std::string::npos) continue;
        if (!name.ends_with("-wal") && !name.ends_with("-shm")) ++count;
    }
    return count;
}

} // namespace

TEST_F(Repair, AFileThatIsNoDataBaseIsMovedAsideAndTheNextOpenIsNew) {
    fill(file(), 3);
    overwrite(file(), 0, "this is not a data base, it only has its name");
    try {
        static_cast<void>(open());
        FAIL() << "a damaged file was opened";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::Corrupt);
        EXPECT_THAT(error.what(),
                    HasSubstr("was damaged and is now " + file().string() + ".corrupt-"));
        EXPECT_THAT(error.what(), HasSubstr("run lxcpp-inventory rebuild"));
    }
    EXPECT_EQ(set_aside(file()), 1);
    Inventory inventory = open();
    EXPECT_FALSE(inventory.complete());
    EXPECT_TRUE(inventory.list().empty());
    EXPECT_FALSE(fs::exists(file().string() + ".lock"));
}

TEST_F(Repair, CutAtAnyPageItIsReportedOrSound) {
    fill(file(), 60);
    const auto pages = Database(file(), OpenMode::ReadOnly).integer("PRAGMA page_count");
    ASSERT_GT(pages, 6);
    const fs::path original = file().string() + ".original";
    fs::copy_file(file(), original);
    for (std::int64_t kept = 0; kept <= pages; ++kept) {
        for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file().string() + suffix);
        fs::copy_file(original, file());
        fs::resize_file(file(), static_cast<std::uintmax_t>(kept) * 4096);
        bool corrupt = false;
        bool empty = false;
        try {
            const Inventory inventory = open();
            empty = inventory.list().empty();
            corrupt = !inventory.check().empty();
        } catch (const InventoryError& error) {
            corrupt = error.problem() == InventoryProblem::Corrupt;
        }
        EXPECT_EQ(corrupt, kept > 0 && kept < pages) << kept << " of " << pages << " pages";
        EXPECT_EQ(empty, kept == 0);
    }
}

TEST_F(Repair, ASoundFileIsNotMovedAside) {
    fill(file(), 3);
    EXPECT_EQ(Inventory::quarantine(file()), std::nullopt);
    EXPECT_EQ(open().list().size(), 3u);
    EXPECT_EQ(Inventory::quarantine(file().string() + ".none"), std::nullopt);
}

TEST_F(Repair, DamageFoundLaterIsQuarantinedOnRequest) {
    fill(file(), 200);
    // Everything but the first page, so that opening and the schema still work.
    const auto size = fs::file_size(file());
    overwrite(file(), 4096, std::string(size - 4096, '\x5a'));
    try {
        static_cast<void>(open().list());
        FAIL() << "damaged pages were read";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::Corrupt);
    }
    const auto moved = Inventory::quarantine(file());
    ASSERT_TRUE(moved);
    EXPECT_TRUE(fs::exists(*moved));
    EXPECT_TRUE(open().list().empty());
}

TEST_F(Repair, ManyProcessesFindTheDamageAndOneFileIsMoved) {
    fill(file(), 3);
    overwrite(file(), 0, std::string(4096, 'x'));
    std::vector<pid_t> children;
    for (int i = 0; i < 6; ++i) {
        children.push_back(in_child([&] {
            static_cast<void>(problem_of_open(file()));
            Inventory inventory = open();
            inventory.add_container(record("c" + std::to_string(::getpid())));
            return true;
        }));
    }
    for (const pid_t child : children) EXPECT_TRUE(succeeded(child));
    EXPECT_EQ(set_aside(file()), 1);
    EXPECT_EQ(open().list().size(), 6u);
}

TEST_F(Repair, RebuildMakesItWhatIsOnDisk) {
    Inventory inventory = open();
    inventory.add_container(record("kept", {{100, 10}}));
    inventory.add_container(record("lost", {{200, 10}}));
    inventory.add_container(record("changed", {{300, 10}}));
    ContainerRecord making = record("making");
    making.ready = false;
    inventory.add_container(making);
    ContainerRecord elsewhere = record("elsewhere");
    elsewhere.key.lxcpath = "/srv/ct";
    inventory.add_container(elsewhere);
    inventory.set_run(key("kept"), {.init = {.pid = 5}});

    ContainerRecord kept = record("kept", {{100, 10}});
    kept.origin = kept.create_args = "";
    ContainerRecord changed = record("changed", {{400, 10}});
    ContainerRecord fresh = record("fresh", {{500, 10}});
    fresh.origin = "";
    const std::vector<std::string> lxcpaths = {"/var/lib/lxcpp/"};
    const std::vector<ContainerRecord> found = {kept, changed, fresh};
    const RebuildReport report = inventory.rebuild(lxcpaths, [&] { return found; });

    EXPECT_THAT(report.added, ElementsAre(key("fresh")));
    EXPECT_THAT(report.updated, ElementsAre(key("changed")));
    EXPECT_THAT(report.removed, ElementsAre(key("lost")));
    EXPECT_EQ(inventory.find(key("kept"))->origin, "template debian");
    EXPECT_TRUE(inventory.find_run(key("kept")));
    EXPECT_EQ(inventory.find(key("fresh"))->origin, "rebuild");
    EXPECT_THAT(inventory.find(key("changed"))->ranges, ElementsAre(IdRange{400, 10}));
    EXPECT_TRUE(inventory.find(key("making")));
    EXPECT_TRUE(inventory.find(elsewhere.key));
    EXPECT_TRUE(open().complete());
    const RebuildReport again = inventory.rebuild(lxcpaths, [&] { return found; });
    EXPECT_TRUE(again.added.empty() && again.updated.empty() && again.removed.empty());
}

TEST_F(Repair, AFinishedCreateThatWasInterruptedBecomesReady) {
    Inventory inventory = open();
    ContainerRecord making = record("c1", {{100, 10}});
    making.ready = false;
    inventory.add_container(making);
    const std::vector<std::string> lxcpaths = {"/var/lib/lxcpp"};
    const std::vector<ContainerRecord> found = {record("c1", {{100, 10}})};
    EXPECT_THAT(inventory.rebuild(lxcpaths, [&] { return found; }).updated, ElementsAre(key("c1")));
    EXPECT_TRUE(inventory.find(key("c1"))->ready);
}

TEST_F(Repair, MigrationsRunOnceInOrderAndKeepTheRows) {
    sys::make_dirs(file().parent_path());
    static_cast<void>(sys::open_file(file(), {.access = sys::Access::ReadWrite, .create = true}));
    Database database(file(), OpenMode::ReadWrite);
    const std::vector<std::string_view> one = {"CREATE TABLE t (a INTEGER)",
                                               "INSERT INTO t VALUES (7)"};
    const std::vector<std::string_view> two = {"ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 8"};
    const std::vector<Migration> first = {one};
    const std::vector<Migration> both = {one, two};
    EXPECT_TRUE(migrate(database, first));
    EXPECT_FALSE(migrate(database, first));
    EXPECT_FALSE(migrate(database, both));
    EXPECT_EQ(database.integer("SELECT a + b FROM t"), 15);
    EXPECT_EQ(database.integer("PRAGMA user_version"), 2);
    try {
        migrate(database, first);
        FAIL() << "a newer format was opened";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::TooNew);
        EXPECT_THAT(error.what(), HasSubstr("it has format 2, this release knows 1"));
    }
}

TEST_F(Repair, AFailedMigrationLeavesTheOldFormat) {
    sys::make_dirs(file().parent_path());
    static_cast<void>(sys::open_file(file(), {.access = sys::Access::ReadWrite, .create = true}));
    Database database(file(), OpenMode::ReadWrite);
    const std::vector<std::string_view> bad = {"CREATE TABLE t (a INTEGER)", "no such statement"};
    const std::vector<Migration> migrations = {bad};
    EXPECT_THROW(migrate(database, migrations), InventoryError);
    EXPECT_EQ(database.integer("PRAGMA user_version"), 0);
    EXPECT_EQ(database.integer("SELECT count(*) FROM sqlite_schema"), 0);
}

TEST_F(Repair, ALockedDataBaseIsReportedAfterTheTimeout) {
    fill(file(), 1);
    Database holder(file(), OpenMode::ReadWrite);
    holder.execute("BEGIN IMMEDIATE");
    Database waiter(file(), OpenMode::ReadWrite, 20);
    try {
        waiter.write(Durability::Process, [] {});
        FAIL() << "a lock was ignored";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::Busy);
        EXPECT_THAT(error.what(), HasSubstr("another process keeps it locked"));
    }
    EXPECT_EQ(waiter.integer("SELECT count(*) FROM containers"), 1) << "a reader had to wait";
}

TEST_F(Repair, RebuildTakesTheImageFromTheDirectory) {
    Inventory inventory = open();
    ContainerRecord known = record("c1");
    known.image = ImageOrigin{.fingerprint = "aa", .source = "", .signer = "", .verification = "", .verified = true, .trees = {"t1"}};
    inventory.add_container(known);
    ContainerRecord found = known;
    found.image->trees = {"t2", "t3"};
    const std::vector<std::string> lxcpaths = {"/var/lib/lxcpp"};
    EXPECT_THAT(inventory.rebuild(lxcpaths, [&] { return std::vector{found}; }).updated, ElementsAre(key("c1")));
    EXPECT_EQ(inventory.find(key("c1"))->image, found.image);
    EXPECT_TRUE(inventory.users_of_tree("t1").empty());
    EXPECT_TRUE(inventory.rebuild(lxcpaths, [&] { return std::vector{found}; }).updated.empty());
}
